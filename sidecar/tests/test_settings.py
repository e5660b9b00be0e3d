"""The environment: defaults, problems, and that all of it is written down."""

from pathlib import Path

import pytest

from wings_infer.environment import contract_table
from wings_infer.errors import SettingsError
from wings_infer.front_door.settings import FrontDoorSettings
from wings_infer.group.settings import GroupSettings
from wings_infer.settings import Settings, load_settings

CONTRACT = Path(__file__).parents[2] / "docs/reference/sidecar-contract.md"


def test_defaults():
    settings = load_settings({}, ("engine",))
    assert settings == Settings(argv=("engine",))
    assert (settings.engine_type, settings.engine_port, settings.client_port) == ("vllm", 8000, 9000)
    assert (str(settings.model_path), settings.tp_size, settings.max_model_len) == ("/models", 1, "4096")


def test_values():
    settings = load_settings(
        {"ENGINE_PORT": "8001", "WINGS_FORWARD_PATHS": "/a/, /b", "WINGS_BACKOFF_SECONDS": "0 1.5",
         "WINGS_ENGINE_METRICS_APPEND": "False", "MODEL_NAME": "m", "WINGS_API_KEYS_FILE": "/k"},
        ("engine",),
    )  # fmt: skip
    assert (settings.engine_port, settings.forward, settings.backoff) == (8001, ("/a/", "/b"), (0, 1.5))
    assert (settings.append_metrics, settings.model_name, settings.keys_file) == (False, "m", Path("/k"))


def test_an_empty_variable_is_an_absent_one():
    assert load_settings({"ENGINE_PORT": "", "MODEL_NAME": ""}, ("engine",)) == Settings(
        argv=("engine",)
    )


def test_all_problems_at_once():
    environment = {
        "ENGINE_PORT": "http", "WINGS_PORT": "-1", "WINGS_LOAD_DEADLINE_SECONDS": "inf", "WINGS_ACCESS_LOG": "xml",
        "WINGS_ENGINE_GENERATE": "maybe", "WINGS_TLS_CERT_FILE": "/c", "WINGS_ENGINE_METRICS_APPEND": "si",
    }  # fmt: skip
    with pytest.raises(SettingsError) as problems:
        load_settings(environment, ())
    assert len(str(problems.value).splitlines()) == 8


def test_wrong_settings_end_the_program_with_2(start_agent):
    with pytest.raises(AssertionError, match="WINGS_ACCESS_LOG: neither"):
        start_agent(WINGS_ACCESS_LOG="xml")


def test_the_contract_has_the_table_of_variables():
    """To renew one, put the text of contract_table() between the marks."""
    assert contract_table(Settings) in CONTRACT.read_text()
    assert contract_table(GroupSettings) in CONTRACT.read_text()
    assert contract_table(FrontDoorSettings) in CONTRACT.read_text()
