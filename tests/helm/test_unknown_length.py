"""A model whose length is not known: the engine decides it, and nothing says otherwise."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.helm import argv, containers
from tests.support.profiles import make_profile, write_profile

UNKNOWN = "some-owner/some-model"
ENGINES = {
    "takes auto": {"name": "vllm", "version": "0.33.0"},
    "before auto": {"name": "vllm", "version": "0.13.0"},
    "without auto": {"name": "sglang"},
}


@pytest.fixture
def render(wingsctl, tmp_path: Path):
    """Renders a profile of a model that is in no catalog; the folder of the chart."""

    def rendered(name: str, **model) -> Path:
        profile = make_profile(model={"name": UNKNOWN, **model}, engine=ENGINES[name])
        path = write_profile(tmp_path, profile)
        outcome = wingsctl("render", path, "--output-dir", tmp_path / "charts", "--force")
        assert outcome.code == 0, outcome.stderr
        return tmp_path / "charts" / profile["name"]

    return rendered


def length_of(objects) -> tuple[str | None, list[str]]:
    """MAX_MODEL_LEN of the gateway, and the values that the engine's command has for it."""
    env = {each["name"]: each.get("value") for each in containers(objects)["wings-infer"]["env"]}
    tokens = argv(objects)
    flags = [
        at for at, token in enumerate(tokens) if token in ("--max-model-len", "--context-length")
    ]
    return env["MAX_MODEL_LEN"], [tokens[at + 1] for at in flags]


@pytest.mark.parametrize("name", ENGINES)
def test_the_engine_decides_the_length(helm, render, name):
    expected = ["auto"] if name == "takes auto" else []
    assert length_of(helm.template(render(name))) == ("auto", expected)


def test_a_length_can_be_set_later_where_the_flag_takes_auto(helm, render):
    chart = render("takes auto")
    assert length_of(helm.template(chart, "--set", "model.maxLength=8192")) == ("8192", ["8192"])


@pytest.mark.parametrize("name", ["before auto", "without auto"])
def test_a_length_without_effect_is_refused(helm, render, name):
    refused = helm.run("template", "demo", render(name), "--set", "model.maxLength=8192")
    assert refused.returncode
    assert re.search(r"model[./]maxLength", refused.stderr)


@pytest.mark.parametrize("name", ["before auto", "without auto"])
def test_values_of_a_chart_with_a_length_stay_valid(helm, render, tmp_path, name):
    """As `helm upgrade --reuse-values` brings them: the command still names the length."""
    old = tmp_path / "old.yaml"
    old.write_bytes((render(name, maxLength=4096) / "values.yaml").read_bytes())
    assert length_of(helm.template(render(name), "--values", old)) == ("4096", ["4096"])


@pytest.mark.parametrize("name", ["before auto", "without auto"])
def test_auto_is_refused_where_the_engine_has_no_word_for_it(helm, render, name):
    chart = render(name, maxLength=4096)
    refused = helm.run("template", "demo", chart, "--set", "model.maxLength=auto")
    assert refused.returncode
    assert re.search(r"model[./]maxLength", refused.stderr)
