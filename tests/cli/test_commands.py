"""Commands as people use them: many profiles, standard input, drift, the catalog, the schema."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import sys
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML

from tests.support.trees import snapshot, texts

SINGLE = [
    "minimal", "deepseek-r1-distill-qwen-1.5b-t4", "deepseek-r1-distill-qwen-1.5b-t4-sglang",
    "llama-2-7b-awq-2x-a10g",
]  # fmt: skip
GROUPS = ["deepseek-r1-2x8-h200-roce", "llama-3.2-1b-sglang-2-nodes-macvlan"]
BROKEN = Path(__file__).parent.parent / "broken"


def profile(examples: Path, name: str) -> Path:
    return examples / f"{name}.wings.yaml"


def test_validate_names_each_file(wingsctl, examples):
    paths = [profile(examples, name) for name in (*SINGLE, *GROUPS)]
    outcome = wingsctl("validate", *paths)
    assert outcome.code == 0
    assert outcome.stdout == "".join(f"{path}: ok\n" for path in paths)


def test_render_of_many_profiles_and_again(wingsctl, examples, tmp_path):
    paths = [profile(examples, name) for name in SINGLE]
    names = ["chat", "wings-infer", "wings-infer-sglang", "llama-chat"]
    first = wingsctl("render", *paths, "--output-dir", tmp_path / "out")
    assert first.code == 0
    assert first.stdout == "".join(f"{tmp_path}/out/{name}: written\n" for name in names)
    before = snapshot(tmp_path / "out")
    second = wingsctl("render", *paths, "--output-dir", tmp_path / "out")
    assert second.stdout == first.stdout.replace("written", "unchanged")
    assert snapshot(tmp_path / "out") == before


def test_groups_render(wingsctl, examples, tmp_path):
    paths = [profile(examples, name) for name in GROUPS]
    outcome = wingsctl("render", *paths, "--output-dir", tmp_path / "out")
    assert outcome.code == 0
    assert outcome.stdout == "".join(
        f"{tmp_path}/out/{name}: written\n" for name in ("deepseek-r1", "llama-small")
    )


@pytest.fixture
def stdin(monkeypatch):
    """Sets what the next command reads from standard input."""

    def give(data: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    return give


@pytest.mark.parametrize("command", ["validate", "plan", "render"])
def test_a_dash_is_standard_input(command, wingsctl, examples, tmp_path, stdin):
    stdin(profile(examples, "minimal").read_bytes())
    more = {"render": ("--output-dir", tmp_path), "plan": ("--all",)}.get(command, ())
    outcome = wingsctl(command, "-", *more)
    assert outcome.code == 0, outcome.stderr
    if command == "plan":
        assert "<stdin>:5" in outcome.stdout


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "<stdin>:1:1: holds nothing, or comments only"),
        (b"\xff\xfe", "<stdin>:1:1: is not UTF-8 text"),
        (b"name: chat\nmodle: x\n", "<stdin>:2:1: modle: unknown key"),
    ],
)
def test_broken_standard_input(data, message, wingsctl, stdin):
    stdin(data)
    outcome = wingsctl("validate", "-")
    assert outcome.code == 3
    assert message in outcome.stderr


def test_the_example_on_stdin_renders_the_same_chart(wingsctl, examples, tmp_path, stdin):
    stdin(profile(examples, "minimal").read_bytes())
    wingsctl("render", "-", "--output-dir", tmp_path / "stdin")
    wingsctl("render", profile(examples, "minimal"), "--output-dir", tmp_path / "file")
    charts = [texts(tmp_path / place / "chat") for place in ("stdin", "file")]
    assert charts[0] == charts[1]


class TestCheck:
    @pytest.fixture
    def chart(self, wingsctl, examples, tmp_path) -> Path:
        assert (
            wingsctl("render", profile(examples, "minimal"), "--output-dir", tmp_path / "out").code
            == 0
        )
        return tmp_path / "out" / "chat"

    @pytest.fixture
    def check(self, wingsctl, examples, tmp_path):
        def run():
            before = snapshot(tmp_path / "out")
            outcome = wingsctl(
                "render", "--check", profile(examples, "minimal"), "--output-dir", tmp_path / "out"
            )
            assert snapshot(tmp_path / "out") == before
            return outcome

        return run

    def test_unchanged(self, chart, check):
        outcome = check()
        assert (outcome.code, outcome.stdout, outcome.stderr) == (0, f"{chart}: unchanged\n", "")

    def test_an_edited_file_is_shown_as_a_diff(self, chart, check):
        values = chart / "values.yaml"
        values.write_text(values.read_text().replace("\nreplicas: 1\n", "\nreplicas: 7\n"))
        outcome = check()
        assert outcome.code == 10
        assert outcome.stderr == (
            f"error: not as rendered: {chart}\n  wingsctl render would be refused: {chart} "
            "holds files that were changed since wingsctl wrote them: values.yaml\n  move them "
            "out (values files live beside a chart); --force moves all that is there to "
            f"{chart}.old\n"
        )
        lines = outcome.stdout.splitlines()
        assert lines[:2] == [f"--- {values}", f"+++ {values} (rendered)"]
        changed = [line for line in lines[2:] if line.startswith(("-", "+"))]
        assert changed == ["-replicas: 7", "+replicas: 1"]

    def test_a_deleted_file_is_shown_whole(self, chart, check):
        text = (chart / "Chart.yaml").read_text()
        (chart / "Chart.yaml").unlink()
        outcome = check()
        assert outcome.code == 10
        assert f"--- /dev/null\n+++ {chart}/Chart.yaml (rendered)\n" in outcome.stdout
        assert "".join(f"+{line}\n" for line in text.splitlines()) in outcome.stdout

    def test_an_added_file_is_shown_as_one_to_go(self, chart, check):
        (chart / "templates" / "mine.yaml").write_text("kind: ConfigMap\n")
        outcome = check()
        assert outcome.code == 10
        assert f"--- {chart}/templates/mine.yaml\n+++ /dev/null\n" in outcome.stdout
        assert "-kind: ConfigMap\n" in outcome.stdout

    def test_an_added_binary_file(self, chart, check):
        (chart / "model.bin").write_bytes(b"\xff\x00\xfe")
        outcome = check()
        assert outcome.code == 10
        assert "-(binary file of 3 bytes)\n" in outcome.stdout

    def test_a_missing_chart(self, chart, check):
        shutil.rmtree(chart)
        outcome = check()
        assert outcome.code == 10
        assert outcome.stdout == f"{chart}: not rendered yet\n"

    def test_what_a_file_manager_leaves_is_no_difference(self, chart, check, wingsctl, examples):
        (chart / "templates" / ".DS_Store").write_bytes(b"\0")
        assert check().code == 0
        path = profile(examples, "minimal")
        again = wingsctl("render", path, "--output-dir", chart.parent)
        assert again.stdout == f"{chart}: unchanged\n"
        (chart / "Thumbs.db").write_bytes(b"\0")
        path.write_text(path.read_text() + "replicas: 3\n")
        outcome = wingsctl("render", path, "--output-dir", chart.parent)
        assert (outcome.code, outcome.stderr) == (0, "")
        assert [each.name for each in chart.parent.iterdir()] == ["chat"]

    def test_a_changed_profile(self, chart, check, examples):
        path = profile(examples, "minimal")
        path.write_text(path.read_text() + "replicas: 3\n")
        outcome = check()
        assert "\n-replicas: 1\n+replicas: 3\n" in outcome.stdout
        assert outcome.stderr.endswith("\n  run wingsctl render without --check\n")

    def test_a_changed_file_and_marker(self, chart, check):
        """Who can change a chart can change its marker as well."""
        marker, template = chart / ".wingsctl.json", chart / "templates" / "service.yaml"
        digests = [hashlib.sha256(template.read_bytes()).hexdigest()]
        template.write_text(template.read_text() + "# more\n")
        digests.append(hashlib.sha256(template.read_bytes()).hexdigest())
        assert digests[0] in marker.read_text()
        marker.write_text(marker.read_text().replace(*digests))
        outcome = check()
        assert outcome.code == 10
        assert "\n-# more\n" in outcome.stdout

    @pytest.mark.parametrize("text", [None, "", '{"inputs": {"program": "0"}, "files": {}}'])
    def test_another_marker_is_no_difference(self, text, chart, check):
        """Charts of older versions name their inputs in it."""
        marker = chart / ".wingsctl.json"
        marker.unlink() if text is None else marker.write_text(text)
        assert check().code == 0

    @pytest.mark.parametrize("name", ["values.yaml", "templates/mine.yaml"])
    def test_what_a_link_leads_to_is_not_shown(self, name, chart, check, tmp_path):
        (tmp_path / "secret").write_text("token: s3cret\n")
        (chart / name).unlink(missing_ok=True)
        (chart / name).symlink_to(tmp_path / "secret")
        outcome = check()
        assert outcome.code == 10
        assert f"--- {chart}/{name}\n" in outcome.stdout
        assert "-(symbolic link, not followed)\n" in outcome.stdout
        assert "s3cret" not in outcome.stdout + outcome.stderr

    def test_nothing_is_shown_of_a_chart_behind_a_link(self, chart, check, tmp_path):
        shutil.rmtree(chart)
        (tmp_path / "private").mkdir()
        (tmp_path / "private" / "values.yaml").write_text("token: s3cret\n")
        (tmp_path / "private" / "id_rsa").write_text("s3cret\n")
        chart.symlink_to(tmp_path / "private")
        outcome = check()
        assert outcome.code == 10
        assert outcome.stdout == (
            f"{chart}: a symbolic link to what is not as rendered, and is not shown here\n"
        )
        assert "s3cret" not in outcome.stderr
        assert "id_rsa" not in outcome.stderr

    def test_a_link_to_a_chart_that_is_as_rendered(self, chart, check, tmp_path):
        chart.rename(tmp_path / "real")
        chart.symlink_to(tmp_path / "real")
        assert check().code == 0

    def test_a_file_in_place_of_the_chart(self, chart, check):
        shutil.rmtree(chart)
        chart.write_text("mine")
        outcome = check()
        assert outcome.code == 5
        assert outcome.stderr == f"error: cannot read {chart}: Not a directory\n"


def test_check_of_many_shows_only_those_that_drifted(wingsctl, examples, tmp_path):
    paths = [profile(examples, name) for name in SINGLE]
    wingsctl("render", *paths, "--output-dir", tmp_path)
    (tmp_path / "llama-chat" / "Chart.yaml").write_text("name: other\n")
    outcome = wingsctl("render", "--check", *paths, "--output-dir", tmp_path)
    assert outcome.code == 10
    assert f"not as rendered: {tmp_path}/llama-chat\n" in outcome.stderr
    assert "values.yaml" not in outcome.stdout


class TestProfiles:
    def test_the_bare_command_lists_all_kinds(self, wingsctl):
        lines = wingsctl("profiles").stdout.splitlines()
        kinds = {line.split()[0] for line in lines[1:]}
        assert lines[0].split() == ["KIND", "NAME", "SUMMARY", "SOURCE"]
        assert kinds == {"engines", "models", "accelerators", "fabrics", "triggers"}

    @pytest.mark.parametrize("kind", ["accelerators", "fabrics", "triggers"])
    def test_one_kind(self, kind, wingsctl):
        lines = wingsctl("profiles", "list", "--kind", kind).stdout.splitlines()
        assert len(lines) > 2
        assert {line.split()[0] for line in lines[1:]} == {kind}

    def test_search_takes_all_words_in_any_case(self, wingsctl):
        outcome = wingsctl("profiles", "list", "NVIDIA", "h200", "--kind", "accelerators")
        names = [line.split()[1] for line in outcome.stdout.splitlines()[1:]]
        assert names == ["nvidia-gh200", "nvidia-h200", "nvidia-h200-nvl"]

    def test_nothing_found(self, wingsctl):
        outcome = wingsctl("profiles", "list", "no-such-thing", "--kind", "fabrics")
        assert (outcome.code, outcome.stdout) == (0, "nothing found\n")

    @pytest.mark.parametrize(
        "name", ["deepseek-ai/DeepSeek-R1", "deepseek-r1", "DeepSeek-R1", "DEEPSEEK-AI/deepseek-r1"]
    )
    def test_show_prints_the_file_and_what_is_unknown(self, name, wingsctl):
        root = Path(__file__).parents[2]
        outcome = wingsctl("profiles", "show", name)
        text = (root / "profiles/models/deepseek-r1.yaml").read_text("utf-8")
        assert outcome.stdout == text + "# unknown: gate, requiredArgs\n"

    def test_show_suggests(self, wingsctl):
        outcome = wingsctl("profiles", "show", "nvidia-t44", "--kind", "accelerators")
        assert outcome.code == 3
        assert outcome.stderr == (
            "error: no 'nvidia-t44' in the catalog\n  did you mean nvidia-t4 or nvidia-l4 or "
            "nvidia-l40?\n"
        )

    def test_show_of_another_kind_finds_nothing(self, wingsctl):
        assert wingsctl("profiles", "show", "nvidia-t4", "--kind", "models").code == 3

    def test_a_name_of_several_kinds_must_be_told_apart(self, wingsctl, catalog):
        (catalog / "fabrics").mkdir()
        (catalog / "fabrics" / "vllm.yaml").write_text("name: vllm\ntitle: A fabric\n")
        outcome = wingsctl("profiles", "show", "vllm", "--catalog", catalog)
        assert outcome.code == 3
        assert outcome.stderr == (
            "error: vllm is the name of several: engines, fabrics\n  say which with --kind\n"
        )
        shown = wingsctl("profiles", "show", "vllm", "--kind", "fabrics", "--catalog", catalog)
        assert shown.stdout == "name: vllm\ntitle: A fabric\n"


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    """A user's catalog whose nvidia-l4 has 48 GiB, and which has a card of its own."""
    cards = tmp_path / "catalog" / "accelerators"
    cards.mkdir(parents=True)
    shipped = Path(__file__).parents[2] / "profiles" / "accelerators" / "nvidia-l4.yaml"
    text = shipped.read_text("utf-8")
    (cards / "nvidia-l4.yaml").write_text(text.replace("NVIDIA L4", "Our L4"))
    (cards / "our-card.yaml").write_text(text.replace("name: nvidia-l4", "name: our-card"))
    return tmp_path / "catalog"


class TestUserCatalog:
    def source(self, outcome) -> str:
        decisions = json.loads(outcome.stdout)["data"][0]["decisions"]
        return next(each["source"] for each in decisions if each["key"] == "accelerator.name")

    def test_a_users_entry_wins_and_the_plan_says_so(self, wingsctl, examples, catalog):
        path = profile(examples, "minimal")
        outcome = wingsctl("plan", path, "--catalog", catalog, "--output", "json")
        entry = f"{catalog}/accelerators/nvidia-l4.yaml (your catalog)"
        assert self.source(outcome) == f"{path}:6 -> {entry}"

    def test_the_variable_names_directories_too(self, wingsctl, examples, catalog, tmp_path):
        (tmp_path / "empty").mkdir()
        path = profile(examples, "minimal")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("WINGSCTL_CATALOG", f"{tmp_path / 'empty'}:{catalog}")
            outcome = wingsctl("plan", path, "--output", "json")
        assert "(your catalog)" in self.source(outcome)

    def test_the_option_wins_over_the_variable(self, wingsctl, examples, catalog, tmp_path):
        other = Path(shutil.copytree(catalog, tmp_path / "other"))
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("WINGSCTL_CATALOG", str(other))
            outcome = wingsctl(
                "plan", profile(examples, "minimal"), "--catalog", catalog, "--output", "json"
            )
        assert f"{catalog}/accelerators" in self.source(outcome)

    def test_a_card_of_ones_own(self, wingsctl, examples, catalog):
        path = profile(examples, "minimal")
        path.write_text(path.read_text().replace("nvidia-l4", "our-card"))
        assert wingsctl("validate", path).code == 3
        assert wingsctl("validate", path, "--catalog", catalog).code == 0
        listed = wingsctl("profiles", "list", "--kind", "accelerators", "--catalog", catalog).stdout
        assert f"{catalog}/accelerators/our-card.yaml (your catalog)" in listed

    @pytest.mark.parametrize("command", ["validate", "plan", "render", "profiles list"])
    def test_no_such_directory(self, command, wingsctl, examples, tmp_path):
        given = () if command == "profiles list" else (profile(examples, "minimal"),)
        outcome = wingsctl(*command.split(), *given, "--catalog", tmp_path / "none")
        assert outcome.code == 3
        assert outcome.stderr.startswith(f"error: the catalog {tmp_path}/none is not a directory\n")

    @pytest.mark.parametrize("command", ["validate", "profiles list"])
    def test_a_broken_entry_is_named_with_its_line(self, command, wingsctl, examples, catalog):
        entry = catalog / "accelerators" / "nvidia-l4.yaml"
        entry.write_text(entry.read_text() + "memoryGb: 24\n")
        minimal = profile(examples, "minimal")
        given = ("--kind", "accelerators") if command == "profiles list" else (minimal,)
        outcome = wingsctl(*command.split(), *given, "--catalog", catalog)
        line = entry.read_text().count("\n")
        assert outcome.code == 3
        assert f"{entry}:{line}:1: memoryGb: unknown key\n    did you mean memoryGib?" in (
            outcome.stderr
        )


class TestSchema:
    @pytest.mark.parametrize("kind", ["profile", "engine", "model", "accelerator", "fabric"])
    def test_is_a_valid_draft_07_schema(self, kind, wingsctl):
        schema = json.loads(wingsctl("schema", kind).stdout)
        assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
        jsonschema.Draft7Validator.check_schema(schema)

    def test_offers_the_names_of_all_catalogs(self, wingsctl, tmp_path):
        (tmp_path / "accelerators").mkdir()
        (tmp_path / "accelerators" / "our-card.yaml").touch()
        schema = json.loads(wingsctl("schema", "--catalog", tmp_path).stdout)
        named = {
            "engine": ("EngineSection", {"vllm", "sglang"}),
            "model": ("ModelSection", {"qwen3-0.6b"}),
            "accelerator": ("AcceleratorSection", {"nvidia-l4", "none", "our-card"}),
            "fabric": ("FabricSection", {"roce-sriov"}),
        }
        for key, (section, names) in named.items():
            for rule in (
                schema["properties"][key], schema["$defs"][section]["properties"]["name"]
            ):  # fmt: skip
                offered, *others = rule["anyOf"]
                assert names <= set(offered["enum"])
                assert {"type": "string"} in others

    def test_refuses_a_catalog_that_is_none(self, wingsctl, tmp_path):
        outcome = wingsctl("schema", "--catalog", tmp_path / "none")
        assert outcome.code == 3
        assert f"the catalog {tmp_path}/none is not a directory" in outcome.stderr

    @pytest.fixture
    def validator(self, wingsctl) -> jsonschema.Draft7Validator:
        return jsonschema.Draft7Validator(json.loads(wingsctl("schema").stdout))

    @pytest.mark.parametrize("name", [*SINGLE, *GROUPS])
    def test_accepts_every_example(self, name, validator, examples):
        validator.validate(YAML(typ="safe", pure=True).load(profile(examples, name)))

    @pytest.mark.parametrize(
        "name",
        [
            "unknown-key", "unknown-key-nested", "unknown-key-in-list", "wrong-types",
            "missing-keys", "out-of-range", "wrong-choice", "bad-quantity", "unquoted-version",
            "label-rules",
            "long-name", "bad-name", "env-names", "flag-names", "snake-case-key", "text-at-top",
        ],
    )  # fmt: skip
    def test_refuses_what_validate_refuses(self, name, validator):
        data = YAML(typ="safe", pure=True).load(profile(BROKEN / "exit-3", name))
        assert not validator.is_valid(data)


class TestOutputDirectory:
    def test_a_file_in_the_way(self, wingsctl, examples, tmp_path):
        (tmp_path / "file").write_text("mine")
        outcome = wingsctl(
            "render", profile(examples, "minimal"), "--output-dir", tmp_path / "file"
        )
        assert outcome.code == 5
        assert outcome.stderr.startswith(f"error: cannot write {tmp_path}/file/chat: ")
        assert (tmp_path / "file").read_text() == "mine"

    def test_a_directory_that_cannot_be_made(self, wingsctl, examples):
        outcome = wingsctl("render", profile(examples, "minimal"), "--output-dir", "/proc/charts")
        assert outcome.code == 5
        assert outcome.stderr.startswith("error: cannot write /proc/charts/chat: ")
