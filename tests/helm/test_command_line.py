"""The command that `plan` shows is the one that helm renders."""

from __future__ import annotations

import shlex

import pytest

from tests.support.helm import containers, expand, role_argv, workloads
from wingsctl.cli.plan_text import pasteable
from wingsctl.plan.command_line import engine_argv, options_of

pytestmark = pytest.mark.slow


def variables(objects, name):
    """What the chart sets from the release's name and its group."""
    found = {}
    for each in containers(objects, name)["wings-infer"]["env"]:
        if "value" in each:
            found[each["name"]] = expand(each["value"], found)
    return found


def test_the_command_is_the_argv_of_the_chart(each_chart):
    def check(chart):
        name = workloads(chart.objects)[0]["metadata"]["name"]
        of_release = variables(chart.objects, name)
        for role, rendered in role_argv(chart.objects, name).items():
            own = getattr(chart.plan.group, role) if chart.plan.group else None
            argv = engine_argv(chart.plan, own)
            shown = [expand(token, of_release) for token in argv]
            if shown != rendered:
                yield f"{role}: {shown} is not {rendered}"
            if not chart.plan.group and "$(" in "".join(argv).replace("$(POD_IP)", ""):
                yield f"not all of it is known: {argv}"

    each_chart(check)


@pytest.mark.parametrize(
    ("argv", "options"),
    [
        (["vllm", "serve", "/m", "--port", "1"], [["vllm", "serve", "/m"], ["--port", "1"]]),
        (["--name", "it's", "a b"], [["--name", "'it'\"'\"'s'", "'a b'"]]),
        (["x", "--rank", "$(POD)", "--b"], [["x"], ["--rank", '"$POD"'], ["--b"]]),
    ],
)
def test_a_command_by_its_options(argv, options):
    assert options_of(argv) == options


def test_a_shell_reads_the_lines_as_the_same_words():
    argv = ["vllm", "serve", "/m", "--json", '{"a": "$x"}', "--empty", "", "--two\nlines"]
    argv += ["--served-model-name", *(f"name-{number}" for number in range(30))]
    lines = list(pasteable(argv))
    assert max(map(len, lines)) <= 80
    assert shlex.split("\n".join(lines).replace("\\\n", "")) == argv
