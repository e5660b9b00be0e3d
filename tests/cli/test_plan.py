"""`wingsctl plan`: answers first, then every decision, one decision, numbers, and a page."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.support.expected import check_text
from tests.support.profiles import EXAMPLES, LEADER_WORKER_EXAMPLES, SIDECAR_EXAMPLES

SCREENS = Path(__file__).parent / "screens"
NAMES = (*SIDECAR_EXAMPLES, *LEADER_WORKER_EXAMPLES)
HOSTILE = '<img src=x onerror="alert(1)">'
VOID = {"meta"}


def example(name: str) -> Path:
    return EXAMPLES / f"{name}.wings.yaml"


@pytest.mark.parametrize("name", NAMES)
def test_the_first_screen_of_an_example(name, wingsctl, request):
    outcome = wingsctl("plan", example(name))
    assert outcome.code == 0
    wide = [line for line in outcome.stdout.splitlines() if len(line) > 80]
    # A word that is to be copied is not cut.
    assert [line for line in wide if len(line.split()) > 3] == []
    update = request.config.getoption("--update-golden")
    check_text(SCREENS / f"{name}.txt", outcome.stdout, update=update)


def test_warnings_are_messages(wingsctl):
    name = "deepseek-r1-2x8-h200-roce"
    outcome = wingsctl("plan", example(name))
    assert outcome.stdout.startswith("deepseek-r1: fits\n")
    assert "warning: fabric" in outcome.stderr


def test_all_decisions_are_grouped_and_defaults_are_hidden(wingsctl):
    path = example("minimal")
    shown = wingsctl("plan", path, "--all").stdout.splitlines()
    keys = [line.split()[0].partition(".")[0] for line in shown[2:-1]]
    assert keys == [key for section in dict.fromkeys(keys) for key in keys if key == section]
    assert not any(line.split("  ")[-1].strip() == "default" for line in shown)
    assert shown[-1].endswith("defaults are not shown: --defaults")
    whole = wingsctl("plan", path, "--defaults").stdout.splitlines()
    hidden = int(shown[-1].split()[0])
    assert len(whole) == len(shown) - 1 + hidden
    assert hidden > 10


def test_one_decision_is_explained(wingsctl):
    outcome = wingsctl("plan", example("minimal"), "--explain", "model.maxLength")
    assert outcome.stdout == (
        "model.maxLength\n  value   32768\n  source  the model's own length\n"
        "  change  model.maxLength in the profile\n"
        "  change  without wingsctl: helm upgrade --set 'model.maxLength=...'\n"
    )


def test_a_section_and_a_key_with_dots_are_explained(wingsctl):
    outcome = wingsctl("plan", example("minimal"), "--explain", "engine.resources.requests")
    assert r"--set 'engine.resources.requests.nvidia\.com/gpu=...'" in outcome.stdout
    follows = wingsctl("plan", example("minimal"), "--explain", "time.coldStartSeconds").stdout
    assert "  change  it follows from other decisions\n" in follows


def test_a_key_about_which_nothing_is_decided(wingsctl):
    outcome = wingsctl("plan", example("minimal"), "--explain", "model.maxLenght")
    assert (outcome.code, outcome.stdout) == (4, "")
    assert "nothing is decided about 'model.maxLenght'" in outcome.stderr
    assert "did you mean model.maxLength?" in outcome.stderr


def test_numbers_are_numbers(wingsctl):
    outcome = wingsctl("plan", example("minimal"), "--output", "json")
    (plan,) = json.loads(outcome.stdout)["data"]
    figures = plan["figures"]
    assert figures["verdict"] == "fits"
    assert figures["ledger"]["weights"] == pytest.approx(14.19, abs=0.01)
    assert isinstance(figures["firstTokenSeconds"], int)
    assert figures["mostSeconds"] >= figures["firstTokenSeconds"]
    assert plan["commands"][0]["argv"][:2] == ["vllm", "serve"]
    assert "Pod Security restricted: nothing in the pod needs more" in plan["needs"]


class Page(HTMLParser):
    """Open elements, and what stands in the file."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in VOID and tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_a_page_holds_the_pictures_and_nothing_that_runs(wingsctl, tmp_path):
    path = tmp_path / "a.wings.yaml"
    text = example("minimal").read_text("utf-8")
    path.write_text(f"{text}annotations: {{note: '{HOSTILE}'}}\n", encoding="utf-8")
    outcome = wingsctl("plan", path, "--output", "html")
    assert outcome.code == 0
    page = Page()
    page.feed(outcome.stdout)
    assert page.tags.count("svg") == 2
    assert not {"script", "img", "link", "iframe", "a"} & set(page.tags)
    assert any(HOSTILE in words for words in page.words)
    assert "http://" not in outcome.stdout.replace("http://&lt;release&gt;", "")


def test_a_profile_that_does_not_fit_has_no_page(wingsctl, tmp_path):
    path = tmp_path / "a.wings.yaml"
    path.write_text(
        "wingsctl: v1\nname: big\nmodel: qwen3-32b\nengine: vllm\naccelerator: nvidia-t4\n",
        encoding="utf-8",
    )
    outcome = wingsctl("plan", path, "--output", "html")
    assert (outcome.code, outcome.stdout) == (4, "")
    assert "does not fit" in outcome.stderr


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["autoscaling.triggers"], "autoscaling.triggers  <list of object>"),
        (["autoscaling.triggers[0].type"], "autoscaling.triggers.type  <string> required"),
        (["model.source.pvc"], "  claimName  <string>"),
        ([], "  accelerator  <string or object> required"),
        (["usableGib", "--kind", "accelerator"], "usableGib  <number>"),
    ],
)
def test_a_key_is_explained(words, shown, wingsctl):
    outcome = wingsctl("explain", *words)
    assert outcome.code == 0
    assert shown in outcome.stdout
    assert max(map(len, outcome.stdout.splitlines())) <= 80


@pytest.mark.parametrize(
    ("key", "message", "hint"),
    [
        ("model.sorce", "model has no key 'sorce'", "did you mean source?"),
        ("modle", "a profile has no key 'modle'", "did you mean model?"),
        ("engine.name.x", "engine.name has no key 'x'", ""),
    ],
)
def test_a_key_that_is_none(key, message, hint, wingsctl):
    outcome = wingsctl("explain", key)
    assert outcome.code == 3
    assert message in outcome.stderr
    assert hint in outcome.stderr
