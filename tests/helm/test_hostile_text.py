"""Whatever a user types arrives byte for byte: in the argv, the environment and the files."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from tests.support.helm import HELM_3, HELM_4, HelmBinary, argv, containers, expand, pick, role_argv
from tests.support.profiles import as_yaml, from_source, make_profile, write_profile
from tests.support.tools import find_tool
from wingsctl.actions.inspect_profiles import ProfileRequest
from wingsctl.actions.render_charts import RenderRequest, render_charts
from wingsctl.adapters.yaml_files import parse_yaml
from wingsctl.chart.yaml_text import yaml_text
from wingsctl.errors import ProfileError

pytestmark = pytest.mark.slow
NASTY = [
    "{{ .Release.Name }}", "{{- fail \"no\" -}}", "{{/* x */}}", "}}{{", "<%= chart %>",
    "<% if x %>", "$(POD_IP)", "$$(POD_IP)", "$$", "$", "$$$", "$HOME", "${HOME}", "$(", "$()",
    "$(MODEL_NAME)$", "`id`", "\"", "'", "\"'\"'", "\\", "\\n", "a\\", "\\x41\\u0041", "\n",
    "a\nb", "a\n", "\na", "a\n\n\nb\n\n", "\r", "a\r\nb\r\n", "\t", "\ta\t", "# not a comment",
    "a # b", "100%", "%s%n%!d(MISSING)", " lead", "trail ", "   ", "", "- ", "- a", "a: b", ": ",
    "key:", "|", "|-", ">", ">-\n a", "!!binary x", "!!int 3", "&a", "*a", "<<", "?", "? a",
    "[a, b]", "{a: b}", "---", "\n---\n", "...", "%YAML 1.2", "@a", "~", "null", "Null", "true",
    "yes", "No", "on", "OFF", "y", "n", "1", "1.0", "1e5", "0x1F", "0o17", "017", "1_000", "+1",
    ".5", ".inf", "-.INF", ".nan", "1:30", "2026-11-20", "=", "--flag", "-x", "\x01\x02\x1f",
    "\x1b[31m", "\xa0", "\xad", "\u2028\u2029", "\ufeff", "\ufeffa\ufeff",
    "\ufffd", "\U0001f600\U0001f468\u200d\U0001f469", "\U0010ffff", "中文 模型",
    "e\u0301", "\u202egnp",
    "a" * 200 + " b" * 200, "</script>&amp;<>", "\v\f\b\a",
]  # fmt: skip
LONG = {"plain": "x" * 65536, "nasty": ("{{ $(A) $$ \" ' \n" * 4096)[:65536]}
REFUSED = "\0\x7f\ufffe\uffff" + "".join(chr(c) for c in range(0x80, 0xA0))
"""Characters that no process argument, or not helm 3, can carry."""
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=REFUSED), max_size=40)
TEXTS = st.lists(st.one_of(TEXT, st.sampled_from(NASTY)), min_size=40, max_size=40)
QUICK = settings(
    max_examples=3, deadline=None, derandomize=True, database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
UNCHECKED = {"name": "vllm", "version": "0.11.1"}
"""A version without a flag table: any flag passes."""


def both() -> list[HelmBinary]:
    return [HelmBinary(find_tool(name)) for name in (HELM_3, HELM_4)]


def numbered(prefix: str, texts: list[str]) -> dict[str, str]:
    return {f"{prefix}{number:03}": text for number, text in enumerate(texts)}


def hostile(texts: list[str]) -> dict[str, Any]:
    """A profile with every text in every place that takes any text."""
    named = [text for text in texts if text]
    engine = {
        **UNCHECKED,
        "args": {**numbered("a", texts), "list": texts, "object": numbered("k", texts)},
        "env": numbered("E", texts),
    }
    return make_profile(
        "hostile",
        engine=engine,
        model={
            "name": "qwen2.5-0.5b-instruct",
            "servedName": named,
            "source": {"hostPath": {"path": "/" + texts[0]}},
            "chatTemplate": {"inline": "".join(texts)},
        },
        gateway={"env": numbered("G", texts)},
        annotations=numbered("a", texts),
        pod={"annotations": numbered("p", texts)},
    )


def render(place: Path, profile: dict[str, Any], **files: str) -> Path:
    path = write_profile(place, profile, **files)
    request = RenderRequest(ProfileRequest([str(path)]), place / "charts", force=True)
    return render_charts(request).charts[0].directory


def environment(container: dict[str, Any]) -> dict[str, str]:
    """The process's environment, after Kubernetes' expansion in the order of the entries."""
    variables: dict[str, str] = {}
    for entry in container["env"]:
        if "value" in entry:
            variables[entry["name"]] = expand(entry["value"], variables)
    return variables


def check(objects: list[dict[str, Any]], texts: list[str]) -> None:
    """Every place holds exactly what was typed."""
    named = [text for text in texts if text]
    tokens = argv(objects)
    start = tokens.index("--served-model-name") + 1
    assert tokens[start : start + len(named)] == named
    rest = tokens[start + len(named) :]
    pairs = [t for k, v in numbered("--a", texts).items() for t in (k, v)]
    assert rest[: len(pairs)] == pairs
    rest = rest[len(pairs) :]
    assert rest[0] == "--list"
    assert rest[1 : 1 + len(texts)] == texts
    assert rest[1 + len(texts)] == "--object"
    assert json.loads(rest[2 + len(texts)]) == numbered("k", texts)
    assert len(rest) == 3 + len(texts)
    for name, prefix in (("vllm-engine", "E"), ("wings-infer", "G")):
        wanted = numbered(prefix, texts)
        found = environment(containers(objects)[name])
        assert {key: found[key] for key in wanted} == wanted
    assert environment(containers(objects)["wings-infer"])["MODEL_NAME"] == named[0]
    assert pick(objects, "ConfigMap")["data"]["chat-template.jinja"] == "".join(texts)
    deployment = pick(objects, "Deployment")
    for found, prefix in (
        (deployment["metadata"]["annotations"], "a"),
        (deployment["spec"]["template"]["metadata"]["annotations"], "p"),
    ):
        wanted = numbered(prefix, texts)
        assert {key: found[key] for key in wanted} == wanted
    volumes = {v["name"]: v for v in deployment["spec"]["template"]["spec"]["volumes"]}
    assert volumes["model"]["hostPath"]["path"] == "/" + texts[0]


def objects_of(helm: HelmBinary, chart: Path) -> list[dict[str, Any]]:
    """The objects of a chart; Kubernetes' reader and the tests' have to agree on such text."""
    rendering = helm.render(chart)
    assert helm.read(rendering.manifests) == rendering.objects
    return rendering.objects


def read_back(chart: Path) -> Any:
    """values.yaml as YAML 1.2 reads it."""
    return YAML(typ="safe", pure=True).load((chart / "values.yaml").read_bytes().decode())


def test_nasty_text_arrives(tmp_path):
    chart = render(tmp_path, hostile(NASTY))
    for helm in both():
        check(objects_of(helm, chart), NASTY)
    values = read_back(chart)
    assert {k: v for k, v in values["engine"]["args"].items() if k[1:].isdigit()} == numbered(
        "a", NASTY
    )
    assert values["model"]["chatTemplate"] == "".join(NASTY)
    assert parse_yaml((chart / "values.yaml").read_bytes().decode(), "values.yaml").data == values


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_long_text_arrives(tmp_path, text):
    chart = render(tmp_path, hostile([text]))
    for helm in both():
        check(objects_of(helm, chart), [text])


@QUICK
@given(TEXTS)
@example([*NASTY[:39], "\ud7ff\ue000"])
def test_any_text_arrives(texts):
    texts[0] = texts[0] or "x"
    with tempfile.TemporaryDirectory() as place:
        chart = render(Path(place), hostile(texts))
        for helm in both():
            check(objects_of(helm, chart), texts)


def test_a_chat_template_of_a_file_arrives(tmp_path):
    for number, text in enumerate(
        ["".join(NASTY), "a\r\nb\r\n", "\n\n{{ x }}\n\n", " a\n  b", "x"]
    ):
        profile = make_profile(
            "chat",
            model={"name": "qwen2.5-0.5b-instruct", "chatTemplate": {"file": "chat.jinja"}},
        )
        chart = render(tmp_path / str(number), profile, **{"chat.jinja": text})
        assert read_back(chart)["model"]["chatTemplate"] == text
        for helm in both():
            data = pick(helm.template(chart), "ConfigMap")["data"]
            assert data["chat-template.jinja"] == text


def test_characters_that_cannot_arrive_are_refused(tmp_path):
    args = {f"U{ord(char):04X}": f"x{char}" for char in REFUSED}
    profile = make_profile("refused", engine={**UNCHECKED, "args": args})
    with pytest.raises(ProfileError) as failure:
        render(tmp_path, profile)
    assert [each.path for each in failure.value.problems] == [
        f"engine.args.{name}" for name in args
    ]


@pytest.mark.parametrize("text", ["$(POD_IP)", "{{ .Release.Name }}", "a'b\"c\nd", "中文$$"])
def test_revision_and_description(tmp_path, text):
    profile = make_profile(
        "revision",
        engine=UNCHECKED,
        model={**from_source(huggingface={"revision": text}), "servedName": text},
    )
    chart = render(tmp_path, profile)
    for helm in both():
        tokens = argv(helm.template(chart))
        assert tokens[tokens.index("--revision") + 1] == text
        assert helm.run("lint", "--strict", chart).returncode == 0
        done = helm.run("show", "chart", chart)
        description = YAML(typ="safe", pure=True).load(done.stdout)["description"]
        assert description == f"{' '.join(text.split())} on vLLM"  # one line, helm's rule


def test_nasty_text_arrives_from_a_values_file_of_an_upgrade(tmp_path):
    chart = render(tmp_path, make_profile("plain", engine=UNCHECKED))
    values = as_yaml(
        {
            "model": {"path": "/models/" + "".join(NASTY[:40]), "servedName": ["x"]},
            "engine": {"args": {**numbered("a", NASTY)}, "env": numbered("E", NASTY)},
        }
    )
    for helm in both():
        objects = helm.template(chart, "-f", "-", stdin=values)
        tokens = argv(objects)
        pairs = [t for k, v in numbered("--a", NASTY).items() for t in (k, v)]
        assert tokens[-len(pairs) :] == pairs
        assert tokens[2] == "/models/" + "".join(NASTY[:40])
        found = environment(containers(objects)["vllm-engine"])
        assert {key: found[key] for key in numbered("E", NASTY)} == numbered("E", NASTY)


@pytest.mark.parametrize("roles", ["one set", "two sets"])
def test_nasty_text_arrives_in_either_role(tmp_path, roles):
    own = {"engine": {"args": numbered("a", NASTY), "env": numbered("E", NASTY)}}
    pod = {"nodeSelector": {"a": "b"}} if roles == "two sets" else {}
    profile = make_profile(
        "roles", engine={"name": "vllm", "version": "0.11.1"}, nodes=2,
        roles={"leader": own, "worker": {**own, **({"pod": pod} if pod else {})}},
    )  # fmt: skip
    chart = render(tmp_path, profile)
    pairs = [t for k, v in numbered("--a", NASTY).items() for t in (k, v)]
    settings_of = numbered("E", NASTY)
    for helm in both():
        objects = helm.template(chart)
        for role, tokens in role_argv(objects).items():
            assert tokens[-len(pairs) - (role == "worker") :][: len(pairs)] == pairs
            if not pod:
                assert tokens[0] == "env"
                assert tokens[1 : 1 + len(NASTY)] == [f"{k}={v}" for k, v in settings_of.items()]
            else:
                name = f"demo-0-{role}"
                found = environment(containers(objects, name)["vllm-engine"])
                assert {key: found[key] for key in settings_of} == settings_of


def test_notes_survive_any_name(helm, tmp_path):
    chart = render(tmp_path, hostile(NASTY[:60]))
    done = helm.run("template", "demo", chart, "--debug", "--set", "model.servedName={it's $(x)}")
    assert done.returncode == 0, done.stderr


SCALARS = st.one_of(
    TEXT,
    st.sampled_from(NASTY),
    st.booleans(),
    st.integers(-(2**53), 2**53),
)
DATA = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=30,
)
PRINTER = '{{ dict "kind" "List" "apiVersion" "v1" "values" .Values.data | toRawJson }}\n'


@settings(QUICK, max_examples=4)
@given(st.lists(DATA, min_size=5, max_size=20))
@example([NASTY, dict.fromkeys(NASTY, "value"), {"k": NASTY}, [[NASTY]]])
def test_yaml_text_reads_the_same_everywhere(data):
    text = yaml_text({"data": data})
    assert YAML(typ="safe", pure=True).load(text)["data"] == data
    with tempfile.TemporaryDirectory() as place:
        chart = Path(place)
        (chart / "templates").mkdir()
        (chart / "Chart.yaml").write_text("{apiVersion: v2, name: printer, version: 0.0.1}")
        (chart / "templates" / "print.yaml").write_text(PRINTER)
        (chart / "values.yaml").write_text(text, encoding="utf-8", newline="")
        for helm in both():
            done = helm.run("template", "x", chart)
            assert done.returncode == 0, done.stderr
            line = next(line for line in done.stdout.split("\n") if line.startswith("{"))
            assert json.loads(line)["values"] == data


def test_integers_beyond_a_float_become_text():
    assert yaml_text({"a": 2**53 + 1, "b": 2**53, "c": -(2**60)}) == (
        f'a: "{2**53 + 1}"\nb: {2**53}\nc: "{-(2**60)}"\n'
    )
