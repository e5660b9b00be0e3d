"""`wingsctl init` with options alone: what it proposes, writes and refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.models.evidence import config_file
from wingsctl.adapters.yaml_files import parse_yaml

QWEN = ("--model", "qwen3-32b", "--yes")
L40S = ("--accelerator", "nvidia-l40s")
H100 = ("--accelerator", "nvidia-h100")


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def made(wingsctl):
    """What is proposed and written for these words, as programs get it."""

    def run(*words: object) -> dict:
        outcome = wingsctl("init", *words, "-o", "json")
        assert outcome.code == 0, outcome.stderr + outcome.stdout
        return json.loads(outcome.stdout)["data"]

    return run


def profile(path: str = "qwen3-32b.wings.yaml") -> dict:
    return parse_yaml(Path(path).read_text(encoding="utf-8"), path).data


def test_the_profile_is_valid_and_holds_what_its_comment_says(wingsctl, made):
    data = made(*QWEN, *L40S)
    plan = json.loads(wingsctl("plan", "qwen3-32b.wings.yaml", "-o", "json").stdout)
    assert (plan["ok"], plan["problems"]) == (True, [])
    figures = plan["data"][0]["figures"]
    (first, *_) = data["proposals"]
    assert data["chosen"] == 1
    assert (figures["verdict"], figures["tokens"]) == ("fits", first["tokens"])
    text = Path("qwen3-32b.wings.yaml").read_text(encoding="utf-8")
    assert text == data["profile"]["text"]
    assert f"{first['tokens']:,} tokens in all: {first['requests']:g} requests" in text


def test_parsers_are_spelled_out_where_the_engine_has_them(made):
    text = made(*QWEN, *L40S)["profile"]["text"]
    assert "# vLLM's parser for it is hermes.\n  toolCalls: true" in text
    assert "reasoning: true" in text
    text = made("--model", "qwen3-embedding-8b", "--yes", *L40S)["profile"]["text"]
    assert "toolCalls" not in text


def test_what_matters_decides_which_layout_comes_first(made):
    def first(goal: str) -> dict:
        data = made(*QWEN, *L40S, *H100, "--for", goal, "--to", "-")
        return data["proposals"][0]

    cheapest, fastest = first("cost"), first("latency")
    assert (cheapest["accelerator"], cheapest["cards"]) == ("nvidia-l40s", 2)
    assert fastest["cards"] == 8
    assert first("context")["length"] == 40_960
    most = first("throughput")
    assert most["requests"] * most["length"] / most["cards"] > (
        cheapest["requests"] * cheapest["length"] / cheapest["cards"]
    )


def test_each_card_that_works_is_proposed(made):
    cards = {"nvidia-l40s", "nvidia-h100", "nvidia-h200", "nvidia-b200"}
    data = made(*QWEN, *(word for card in cards for word in ("--accelerator", card)), "--to", "-")
    assert {each["accelerator"] for each in data["proposals"]} == cards


def test_prices_decide_what_costs_least(made):
    YAML().dump({"nvidia-l40s": 9, "nvidia-h100": 2.5}, Path("prices.yaml"))
    (first, *_) = made(*QWEN, *L40S, *H100, "--prices", "prices.yaml")["proposals"]
    assert (first["accelerator"], first["price"]) == ("nvidia-h100", 5.0)


def test_a_layout_is_taken_by_its_number(made):
    data = made(*QWEN, *L40S, "--layout", "2")
    assert data["chosen"] == 2
    assert profile()["accelerator"]["count"] == data["proposals"][1]["count"]


def test_numbers_that_are_given_are_kept(made):
    words = ("--count", "4", "--length", "20000", "--requests", "3", "--name", "chat")
    data = made(*QWEN, *L40S, *words)
    assert [each["count"] for each in data["proposals"]] == [4]
    assert data["proposals"][0]["requests"] >= 3
    found = profile("chat.wings.yaml")
    assert (found["name"], found["model"]["maxLength"]) == ("chat", 20000)


def test_a_group_has_nodes_and_a_fabric(made):
    made("--model", "deepseek-r1", "--yes", *H100, "--nodes", "2", "--fabric", "roce-sriov")
    found = profile("deepseek-r1.wings.yaml")
    assert (found["nodes"], found["accelerator"]["count"]) == (2, 8)
    assert found["fabric"] == "roce-sriov"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("huggingface", None),
        ("HuggingFace:my-token", {"huggingface": {"tokenSecret": {"name": "my-token"}}}),
        ("modelscope", {"modelscope": {}}),
        ("pvc:models", {"pvc": {"claimName": "models"}}),
        ("pvc:models/a/b", {"pvc": {"claimName": "models"}, "directory": "a/b"}),
        ("hostPath:/data/qwen", {"hostPath": {"path": "/data/qwen"}}),
        ("image:r.example/q:1", {"image": {"reference": "r.example/q:1"}}),
    ],
)
def test_the_source_of_the_weights(source, expected, made):
    made(*QWEN, *L40S, "--source", source, "--count", "2", "--nodes", "1")
    assert profile()["model"].get("source") == expected


def test_a_gated_model_names_a_secret(made, wingsctl):
    made("--model", "llama-3.1-70b-instruct", "--yes", *H100)
    found = profile("llama-3-1-70b-instruct.wings.yaml")
    assert found["model"]["source"] == {"huggingface": {"tokenSecret": {"name": "hf-token"}}}


def test_a_model_of_ones_own_is_named_by_its_file_from_the_profile(made, wingsctl):
    Path("tuned").mkdir()
    Path("out").mkdir()
    Path("tuned/config.json").write_bytes(config_file("Qwen/Qwen3-32B").read_bytes())
    words = ("--model", "tuned/config.json", "--source", "pvc:models/tuned", "--yes")
    made(*words, *L40S, "--to", "out/x.wings.yaml")
    found = profile("out/x.wings.yaml")
    assert (found["name"], found["model"]["config"]) == ("tuned", "../tuned/config.json")
    outcome = wingsctl("validate", "out/x.wings.yaml")
    assert (outcome.code, outcome.stderr) == (0, "")
    outcome = wingsctl("init", "--model", "tuned", *L40S, "--yes")
    assert (outcome.code, "missing: --source" in " ".join(outcome.stderr.split())) == (2, True)
    outcome = wingsctl("init", "--model", "tuned", *L40S, "--yes", "--source", "huggingface")
    assert (outcome.code, "tuned has no name on a hub" in outcome.stderr) == (3, True)


def test_without_an_accelerator_only_a_small_model_is_taken(made, wingsctl):
    data = made("--model", "qwen3-0.6b", "--accelerator", "none", "--yes")
    assert data["proposals"][0]["cards"] == 0
    assert profile("qwen3-0-6b.wings.yaml")["accelerator"] == "none"
    outcome = wingsctl("init", *QWEN, "--accelerator", "none")
    assert outcome.code == 4
    assert "Qwen3-32B is too large for a CPU: 61.0 GiB of weights" in outcome.stderr


def test_scaling_to_zero(made, wingsctl):
    made(*QWEN, *L40S, "--to-zero", "--source", "pvc:models/qwen")
    assert profile()["autoscaling"] == {"min": 0, "max": 1}
    assert wingsctl("validate", "qwen3-32b.wings.yaml").code == 0


def test_standard_output_gets_the_profile_alone(wingsctl):
    outcome = wingsctl("init", *QWEN, *L40S, "--to", "-")
    assert outcome.code == 0
    assert parse_yaml(outcome.stdout, "stdout").data["name"] == "qwen3-32b"
    assert not list(Path().iterdir())


def test_a_file_is_replaced_with_force_only(wingsctl, made):
    path = Path("qwen3-32b.wings.yaml")
    path.write_text("mine\n", encoding="utf-8")
    outcome = wingsctl("init", *QWEN, *L40S)
    assert (outcome.code, path.read_text(encoding="utf-8")) == (3, "mine\n")
    assert "qwen3-32b.wings.yaml exists" in outcome.stderr
    made(*QWEN, *L40S, "--force")
    assert profile()["wingsctl"] == "v1"


def test_a_folder_is_made_for_the_file(made):
    made(*QWEN, *L40S, "--to", "team/llm/chat.wings.yaml")
    assert profile("team/llm/chat.wings.yaml")["name"] == "qwen3-32b"


WRONG = {
    "an unknown model": (("--model", "qwen3-32x"), 3, "did you mean qwen3-32b"),
    "a model to add": (("--model", "acme/never-7b"), 3, "wingsctl models add acme/never-7b"),
    "an empty directory": (("--model", "./", "--source", "pvc:x"), 3, "cannot read"),
    "an unknown card": (("--accelerator", "nvidia-l40x"), 3, "did you mean nvidia-l40"),
    "an unknown engine": (("--engine", "vlm"), 3, "did you mean vllm?"),
    "an unknown fabric": (("--fabric", "roce-sriof"), 3, "did you mean roce-sriov?"),
    "no place": (("--source", "s3:bucket"), 2, "'s3' is no place of weights"),
    "no claim": (("--source", "pvc"), 2, "write pvc:CLAIM or pvc:CLAIM/DIRECTORY"),
    "no claim's name": (("--source", "pvc:My_Claim"), 2, "pvc.claimName"),
    "no path": (("--source", "hostPath:data"), 2, "hostPath.path"),
    "no goal": (("--for", "speed"), 2, "--for"),
    "no number": (("--length", "long"), 2, "--length"),
    "no requests": (("--requests", "0"), 2, "--requests"),
    "no devices": (("--count", "0"), 2, "--count"),
    "no nodes": (("--nodes", "0"), 2, "--nodes"),
    "no such layout": (("--layout", "9"), 2, "--layout: there are 3"),
    "no name": (("--name", "Chat!"), 3, "'Chat!' cannot be the name of a profile"),
    "no prices": (("--prices", "none.yaml"), 3, "none.yaml"),
    "a directory": (("--to", "."), 3, "is not a file"),
    "no nodes file": (("--from-cluster", "none.yaml"), 3, "none.yaml"),
    "no format": (("-o", "xml"), 2, "--output"),
    "no recipe": (("--recipe", "deepseek-r1-8xh20"), 2, "--recipe goes with"),
    "too much": (("--length", "40000", "--requests", "5000"), 4, "no layout of nvidia-l40s holds"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_option_is_one_message(case, wingsctl):
    words, code, message = WRONG[case]
    given = {"--model": "qwen3-32b", "--accelerator": "nvidia-l40s"}
    given |= dict(zip(words[::2], words[1::2], strict=True))
    outcome = wingsctl("init", "--yes", *(word for pair in given.items() for word in pair))
    assert (outcome.code, "Traceback" in outcome.stderr) == (code, False), outcome.stderr
    assert message in " ".join(outcome.stderr.split())


def test_a_layout_that_is_refused_has_its_reason(wingsctl):
    words = ("--accelerator", "nvidia-v100-32gb", "--engine", "sglang")
    outcome = wingsctl("init", *QWEN, *words)
    assert outcome.code == 4
    assert "no image of SGLang" in outcome.stderr
    outcome = wingsctl("init", *QWEN, "--accelerator", "nvidia-l4", "--count", "1", "--nodes", "1")
    assert (outcome.code, "weights of 61.0 GiB" in outcome.stderr) == (4, True)


def test_all_that_is_wrong_is_named_at_once(wingsctl):
    outcome = wingsctl(
        "init", "--yes", "--model", "qwen3-32x", "--accelerator", "nvidia-l40x", "--engine", "vlm"
    )
    assert outcome.code == 3
    for name in ("qwen3-32x", "nvidia-l40x", "vlm"):
        assert repr(name) in outcome.stderr


def test_without_a_terminal_all_missing_options_are_named(wingsctl):
    outcome = wingsctl("init")
    text = " ".join(outcome.stderr.split())
    assert outcome.code == 2
    for option in ("--model", "--source", "--accelerator or --from-cluster", "--for", "--layout"):
        assert option in text
    assert "--yes takes the defaults" in text
    outcome = wingsctl("init", "--yes", "--for", "cost")
    assert "missing: --model, --accelerator or --from-cluster" in " ".join(outcome.stderr.split())


def test_recipes_are_listed_and_taken(wingsctl, made):
    listed = wingsctl("init", "--list-recipes")
    assert "deepseek-r1-8xh200" in listed.stdout
    names = [each["name"] for each in made("--list-recipes")]
    assert len(names) >= 60
    made("--recipe", "deepseek-r1-8xh200", "--name", "r1")
    assert profile("r1.wings.yaml")["name"] == "r1"
    outcome = wingsctl("init", "--recipe", "deepseek-r1-8xh200", "--name", "r1")
    assert (outcome.code, "r1.wings.yaml exists" in outcome.stderr) == (3, True)
    outcome = wingsctl("init", "--recipe", "qwen3-4b-l40", "--to", "-")
    assert (outcome.code, "did you mean qwen3-4b-l4" in outcome.stderr) == (3, True)
    outcome = wingsctl("init", "--recipe", "qwen3-4b-l4", "--name", "No Name")
    assert (outcome.code, "cannot be the name" in outcome.stderr) == (3, True)


def test_shells_complete_names_of_the_catalog():
    from wingsctl.cli import completion

    assert "qwen3-32b" in completion.models("qwen3-3")
    assert completion.accelerators("non") == ["none"]
    assert completion.recipes("deepseek-r1-8xh2") == ["deepseek-r1-8xh200"]
    assert completion.engines("vl") == ["vllm"]
    assert "roce-sriov" in completion.fabrics("roce")
