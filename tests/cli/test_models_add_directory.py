"""`wingsctl models add DIRECTORY`: what is read of a checkpoint, and what is refused."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.support import checkpoints
from tests.support.commands import Outcome

Add = Callable[..., Outcome]


@pytest.fixture
def add(wingsctl, tmp_path: Path) -> Add:
    """Adds the files as `tiny` to tmp_path/catalog."""

    def run(content: dict[str, bytes], *words: object) -> Outcome:
        directory = checkpoints.write(tmp_path / "tiny", content)
        return wingsctl("models", "add", directory, "--catalog", tmp_path / "catalog", *words)

    return run


def entry(home: Path, name: str = "tiny") -> dict[str, Any]:
    path = home / "catalog" / "models" / f"{name}.yaml"
    found: dict[str, Any] = YAML(typ="safe").load(path.read_text("utf-8"))
    return found


def test_a_directory_is_as_good_as_a_hub(add: Add, tmp_path: Path):
    outcome = add(checkpoints.files(shards=3), "--name", "our-team/our-model")
    assert outcome.code == 0, outcome.stderr
    found = entry(tmp_path, "our-model")
    assert found["name"] == "our-team/our-model"
    assert found["parameters"] == 139_488
    assert "revision" not in found
    assert "source: {pvc: {claimName: YOUR-CLAIM}, directory: PATH-IN-IT}" in outcome.stdout


def test_the_name_of_a_directory_is_its_own(add: Add, tmp_path: Path):
    assert add(checkpoints.files()).code == 0
    assert entry(tmp_path)["name"] == "own/tiny"


def test_quantised_weights_are_counted_one_by_one(add: Add, tmp_path: Path):
    """Packed integers of GPTQ: eight values in each, a scale of 16 bits for 128 of them."""
    config = checkpoints.CONFIG | {
        "quantization_config": {"quant_method": "gptq", "bits": 4, "group_size": 128}
    }
    tensors: dict[str, Any] = {}
    for name, (dtype, shape) in checkpoints.shapes().items():
        if dtype == "BF16" and ("mlp" in name or "_proj" in name):
            rows, columns = shape
            base = name.removesuffix(".weight")
            tensors[f"{base}.qweight"] = "I32", (columns // 8, rows)
            tensors[f"{base}.scales"] = "F16", (max(columns // 128, 1), rows)
            tensors[f"{base}.qzeros"] = "I32", (max(columns // 128, 1), rows // 8)
        else:
            tensors[name] = dtype, shape
    files = checkpoints.files(config) | {"model.safetensors": checkpoints.safetensors(tensors)}
    outcome = add(files)
    assert outcome.code == 0, outcome.stderr
    found = entry(tmp_path)
    assert found["parameters"] == 139_488
    assert found["config"]["quantization_config"] == {"quant_method": "gptq"}
    assert found["tensorBytes"]["attention"].keys() == {"F16", "I32"}
    assert "formats   gptq, BF16, I32, F16" in outcome.stdout
    assert "uncertain" not in outcome.stdout


def test_nvidias_file_of_formats_counts(add: Add, tmp_path: Path):
    quant = {"quantization": {"quant_algo": "FP8", "exclude_modules": ["lm_head"]}}
    files = checkpoints.files() | {
        "hf_quant_config.json": json.dumps(quant).encode(),
        "model.safetensors": checkpoints.safetensors(checkpoints.shapes("F8_E4M3")),
    }
    outcome = add(files)
    assert outcome.code == 0, outcome.stderr
    assert entry(tmp_path)["config"]["quantization_config"]["quant_method"] == "modelopt"
    assert "uncertain" not in outcome.stdout


def test_draft_layers_are_no_parameters(add: Add, tmp_path: Path):
    more = {"model.layers.2.eh_proj.weight": ("BF16", (64, 128)), "mtp.fc.weight": ("BF16", (9,))}
    weights = checkpoints.safetensors(checkpoints.shapes() | more)
    assert add(checkpoints.files() | {"model.safetensors": weights}).code == 0
    assert entry(tmp_path)["parameters"] == 139_488
    assert entry(tmp_path)["tensorBytes"]["draft"] == {"BF16": 2 * (64 * 128 + 9)}


UNCERTAIN = {
    "a key that is not understood": (
        {"moon_experts_size": 77}, {}, "moon_experts_size of config.json is not part",
    ),
    "other sizes than the weights have": (
        {"intermediate_size": 1024}, {}, "the weights have 139,488 parameters, config.json is read",
    ),
    "another format than the weights have": (
        {"quantization_config": {"quant_method": "fp8"}}, {}, "the weights take 0.00 GiB, config",
    ),
    "an unknown quantization": (
        {"quantization_config": {"quant_method": "moon4"}}, {}, "the quantization moon4 is not",
    ),
    "weights that are not in safetensors": (
        {}, {"model.safetensors": None, "pytorch_model.bin": bytes(4096)}, "no weights in safetens",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", UNCERTAIN)
def test_what_is_not_understood_is_said_and_kept(add: Add, tmp_path: Path, case: str):
    keys, other, words = UNCERTAIN[case]
    files = checkpoints.files(checkpoints.CONFIG | keys) | other
    outcome = add({name: data for name, data in files.items() if data is not None})
    assert outcome.code == 0, outcome.stderr
    assert f"uncertain   {words}" in outcome.stdout
    assert words in entry(tmp_path)["note"]


def test_weights_beyond_the_keys_make_plan_uncertain(add: Add, wingsctl, tmp_path: Path):
    outcome = add(checkpoints.files(checkpoints.CONFIG | {"intermediate_size": 1024}))
    assert outcome.code == 0, outcome.stderr
    fit = ("fit", "own/tiny", "--accelerator", "nvidia-l4", "--catalog", tmp_path / "catalog")
    assert wingsctl(*fit).stdout.splitlines()[1].split()[3] == "uncertain"
    assert add(checkpoints.files(), "--force").code == 0
    assert wingsctl(*fit).stdout.splitlines()[1].split()[3] == "fits"


def test_the_checkpoint_of_a_plan_is_that_of_the_files(add: Add, wingsctl, tmp_path: Path):
    """More to download changes times and caches, and not what a card holds."""
    files = checkpoints.files()
    assert add(files).code == 0
    path = tmp_path / "catalog" / "models" / "tiny.yaml"
    profile = tmp_path / "tiny.wings.yaml"
    profile.write_text(
        "wingsctl: v1\nname: tiny\nmodel: own/tiny\nengine: vllm\naccelerator: nvidia-l4\n", "utf-8"
    )

    def decisions() -> dict[str, Any]:
        done = wingsctl("plan", profile, "--catalog", tmp_path / "catalog", "--output", "json")
        assert done.code == 0, done.stderr
        return {e["key"]: e["value"] for e in json.loads(done.stdout)["data"][0]["decisions"]}

    before = decisions()
    text = path.read_text("utf-8")
    path.write_text(text.replace("checkpointGib: 0.000262", "checkpointGib: 500.0"), "utf-8")
    after = decisions()
    assert before["memory.weights"] == after["memory.weights"]
    changed = {key for key in before if before[key] != after.get(key)}
    assert any("time" in key.lower() or "cache" in key.lower() for key in changed), changed


def test_json_has_all_of_it(add: Add):
    outcome = add(checkpoints.files(), "--output", "json")
    data = json.loads(outcome.stdout)["data"]
    assert data["parameters"] == 139_488
    assert data["formats"] == ["BF16"]
    assert data["length"] == 4096
    assert data["chat_template"] is True
    assert data["uncertain"] == []


def test_remarks_of_the_other_files(add: Add):
    files = checkpoints.files(checkpoints.CONFIG | {"auto_map": {"AutoModel": "own.Tiny"}}) | {
        "tokenizer_config.json": b'{"model_max_length": 2048}',
        "generation_config.json": b'{"max_new_tokens": 512}',
    }
    outcome = add(files)
    for words in ("code of its own", "allows 2048 tokens", "ends an answer after 512 tokens"):
        assert words in outcome.stdout
    assert "chat template   none" in outcome.stdout


def with_header(header: object) -> dict[str, bytes]:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return {"model.safetensors": checkpoints.framed(text)}


def one(dtype: object = "BF16", shape: object = (), offsets: object = (0, 2)) -> dict[str, bytes]:
    """A header with one tensor, and two bytes after it."""
    tensor = {"dtype": dtype, "shape": shape, "data_offsets": offsets}
    header = checkpoints.framed(json.dumps({"a.weight": tensor}).encode())
    return {"model.safetensors": header + b"xx"}


TWICE = b'{"a": {"dtype": "F16", "shape": [], "data_offsets": [0, 2]}, "a": {}}'
OVERLAP = {
    name: {"dtype": "U8", "shape": [2], "data_offsets": [first, first + 2]}
    for name, first in (("a", 0), ("b", 1))
}
EIGHT_BILLION = checkpoints.CONFIG | {
    "hidden_size": 4096, "num_hidden_layers": 36, "num_attention_heads": 32,
    "num_key_value_heads": 8, "head_dim": 128, "intermediate_size": 12288, "vocab_size": 151936,
    "max_position_embeddings": 40960,
}  # fmt: skip
HOSTILE: dict[str, tuple[dict[str, bytes], str]] = {
    "empty": ({"model.safetensors": b""}, "has 0 bytes, too few"),
    "a length beyond the bound": (
        {"model.safetensors": struct.pack("<Q", 2**63) + bytes(99)}, "a header of more than 32 MiB",
    ),
    "a length beyond the file": (
        {"model.safetensors": struct.pack("<Q", 5000) + bytes(99)}, "is cut off: its header ends",
    ),
    "no text": (with_header(b"\xff\xfe{}"), "is not UTF-8 text"),
    "no JSON": (with_header(b"{"), "not JSON"),
    "a list": (with_header([]), "is not a JSON object"),
    "depth": (with_header(b"[" * 99_999), "nested more than 64 levels"),
    "a number of a million digits": (
        with_header(b'{"a": {"dtype": "U8", "shape": [' + b"9" * 10**6 + b"]}}"), "no usable shape",
    ),
    "a name twice": (with_header(TWICE), "the key is written twice"),
    "no object": (with_header({"a": 1}), "a: is not a JSON object"),
    "a long name": (with_header({"a" * 1025: {}}), "a name of more than 1024 characters"),
    "an unknown type": (one("BF17"), "has no known type of number: 'BF17'"),
    "a type that is no text": (one(["BF16"]), "has no known type of number"),
    "a negative side": (one(shape=[-1, -1]), "has no usable shape"),
    "true for a side": (one(shape=[True]), "has no usable shape"),
    "a fraction": (one(shape=[1.0]), "has no usable shape"),
    "sides without end": (one(shape=[1] * 99), "has no usable shape"),
    "sides whose product overflows": (one(shape=[2**53] * 16), "do not take"),
    "one offset": (one(offsets=[0]), "has no usable data_offsets"),
    "offsets backwards": (one(offsets=[2, 0]), "has no usable data_offsets"),
    "a size that is not the shape's": (one(shape=[3]), "has 2 bytes, which 3 of BF16 do not take"),
    "bytes beyond the file": (one(shape=[2], offsets=[0, 4]), "lists 4 bytes of tensors, and 2"),
    "bytes of no tensor": (one(offsets=[0, 0], shape=[0]), "lists 0 bytes of tensors, and 2"),
    "a gap": (one("U8", [1], [1, 2]), "leaves a gap before it"),
    "an overlap": (
        {"model.safetensors": checkpoints.framed(json.dumps(OVERLAP).encode()) + b"xxx"},
        "b: overlaps the tensor before it",
    ),
    "an index without a map": ({"model.safetensors.index.json": b"{}"}, "has no weight_map"),
    "an index that leads out": (
        {"model.safetensors.index.json": b'{"weight_map": {"a": "../../etc/passwd"}}'},
        "is in no file of this directory",
    ),
    "an index with a missing file": (
        {"model.safetensors.index.json": b'{"weight_map": {"a": "gone.safetensors"}}'},
        "names gone.safetensors, which is missing",
    ),
    "an index of something else": (
        {"model.safetensors.index.json": b'{"weight_map": {"a.b": "model.safetensors"}}'},
        "names a.b, which model.safetensors lacks",
    ),
    "a broken config": ({"config.json": b"{"}, "config.json:1:"),
    "a config of nothing": ({"config.json": b"{}"}, "is required but missing"),
    "a broken tokenizer config": ({"tokenizer_config.json": b"nonsense"}, "tokenizer_config.json"),
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_a_file_that_cannot_be_is_named(add: Add, tmp_path: Path, case: str):
    files, words = HOSTILE[case]
    outcome = add(checkpoints.files() | files)
    assert outcome.code == 3, outcome.stdout
    assert words in outcome.stderr
    assert not (tmp_path / "catalog").exists()


def test_a_directory_without_config_says_what_it_needs(add: Add):
    outcome = add({"tiny.gguf": b"GGUF"})
    assert outcome.code == 3
    assert "config.json:1:1: is missing" in outcome.stderr
    assert "put the original model's config.json beside the GGUF file" in outcome.stderr


def test_a_gguf_file_counts_by_its_size(wingsctl, tmp_path: Path):
    """As long as one of an 8B model with 4.5 bits; none of its bytes is read."""
    folder, size = tmp_path / "our-8b", 4_900_000_000
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(EIGHT_BILLION), encoding="utf-8")
    with (folder / "our-8b-Q4_K_M.gguf").open("wb") as file:
        file.truncate(size)
    catalog = ("--catalog", tmp_path / "catalog")
    added = wingsctl("models", "add", folder, "--name", "own/our-8b", *catalog)
    assert added.code == 0, added.stderr
    assert "quantization: gguf\n" in (tmp_path / "catalog/models/our-8b.yaml").read_text("utf-8")
    profile = tmp_path / "a.wings.yaml"
    profile.write_text(
        "wingsctl: v1\nname: a\nmodel: {name: own/our-8b, maxLength: 8192}\n"
        "engine: {name: vllm, version: 0.22.1}\naccelerator: nvidia-l4\n", encoding="utf-8",
    )  # fmt: skip
    planned = wingsctl("plan", profile, *catalog, "--output", "json")
    (plan,) = json.loads(planned.stdout)["data"]
    assert plan["figures"]["ledger"]["weights"] == pytest.approx(size / 2**30, rel=0.01)
    assert "2 to 8 bits" not in planned.stdout


def test_several_gguf_models_are_refused(add: Add):
    files = {"config.json": json.dumps(checkpoints.CONFIG).encode()}
    parts = {f"a-0000{n}-of-00002.gguf": b"GGUF" for n in (1, 2)}
    assert add(files | parts).code == 0
    outcome = add(files | {"a-Q4_K_M.gguf": b"GGUF", "a-Q8_0.gguf": b"GGUF"}, "--force")
    assert outcome.code == 3
    assert "a-Q4_K_M.gguf, a-Q8_0.gguf, a.gguf:1:1: are several GGUF models" in outcome.stderr


def test_a_tensor_in_two_files_is_refused(add: Add):
    files = checkpoints.files()
    weights = files.pop("model.safetensors")
    outcome = add(files | {"a.safetensors": weights, "b.safetensors": weights})
    assert outcome.code == 3
    assert "b.safetensors:1:1: holds model.embed_tokens.weight, as a.safetensors does" in (
        outcome.stderr
    )


def test_links_out_of_the_directory_are_not_followed(add: Add, tmp_path: Path):
    files = checkpoints.files()
    outside = checkpoints.write(tmp_path / "outside", {"config.json": files.pop("config.json")})
    checkpoints.write(tmp_path / "tiny", {})
    (tmp_path / "tiny" / "config.json").symlink_to(outside / "config.json")
    outcome = add(files)
    assert outcome.code == 3
    assert "config.json:1:1: is missing" in outcome.stderr


def test_a_pipe_is_not_waited_for(add: Add, tmp_path: Path):
    checkpoints.write(tmp_path / "tiny", {})
    os.mkfifo(tmp_path / "tiny" / "config.json")
    outcome = add({})
    assert outcome.code == 3
    assert "config.json:1:1: is missing" in outcome.stderr


def test_a_link_out_of_the_catalog_is_not_written_through(add: Add, tmp_path: Path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "catalog").mkdir()
    (tmp_path / "catalog" / "models").symlink_to(tmp_path / "outside")
    outcome = add(checkpoints.files(), "--force")
    assert outcome.code == 3
    assert "links out of a catalog are not followed" in outcome.stderr
    assert not list((tmp_path / "outside").iterdir())


def test_force_replaces_a_link_and_not_what_it_leads_to(add: Add, tmp_path: Path):
    (tmp_path / "catalog" / "models").mkdir(parents=True)
    (tmp_path / "mine").write_text("mine", encoding="utf-8")
    place = tmp_path / "catalog" / "models" / "tiny.yaml"
    place.symlink_to(tmp_path / "mine")
    assert add(checkpoints.files()).code == 3
    assert add(checkpoints.files(), "--force").code == 0
    assert not place.is_symlink()
    assert (tmp_path / "mine").read_text("utf-8") == "mine"
    assert [each.name for each in place.parent.iterdir()] == ["tiny.yaml"]


def test_a_directory_with_a_hostile_name_needs_another(wingsctl, tmp_path: Path):
    directory = checkpoints.write(tmp_path / "a\nname: b", checkpoints.files())
    words = ("--catalog", tmp_path / "catalog")
    refused = wingsctl("models", "add", directory, *words)
    assert refused.code == 3
    assert "give one with --name" in refused.stderr
    assert wingsctl("models", "add", directory, *words, "--name", "own/b").code == 0
    assert entry(tmp_path, "b")["name"] == "own/b"


@pytest.mark.parametrize("name", ["../../x", "own/..", "own/.x", "a/b/c", "own/x\n", "own/ü"])
def test_a_hostile_name_is_refused(add: Add, tmp_path: Path, name: str):
    outcome = add(checkpoints.files(), "--name", name)
    assert outcome.code == 3
    assert not list(tmp_path.rglob("*.yaml"))


@pytest.mark.parametrize(
    "target",
    [
        "", "acme", "acme/../x", "../etc/passwd", "acme/tiny@a/../../x", "acme/tiny@a b",
        "acme/.tiny", "acme/tiny@-x", "acme/ti\nny", "acme/tiny@v1?x=1", "http://hub.example/x",
        "a/" + "b" * 99,
    ],
)  # fmt: skip
def test_what_is_no_repository_reaches_no_hub(wingsctl, tmp_path: Path, target: str):
    outcome = wingsctl("models", "add", target, "--catalog", tmp_path / "catalog")
    assert outcome.code == 3, outcome.stderr
    assert "write owner/name" in outcome.stderr or "write a branch" in outcome.stderr
    assert not (tmp_path / "catalog").exists()


@pytest.mark.parametrize(
    "keys",
    [
        {"vision_config": {f"x{number}_size": number for number in range(5000)}},
        {f"x{number}_size": 7 for number in range(5000)},
        {
            "quantization_config": {
                "quant_method": "fp8",
                "ignored_layers": [f"x{number}" for number in range(5000)],
            }
        },
    ],
)
def test_a_config_that_would_take_long_is_refused(add: Add, keys: dict[str, Any]):
    outcome = add(checkpoints.files(checkpoints.CONFIG | keys))
    assert outcome.code == 3
    assert "config.json:1:" in outcome.stderr
    assert "more than 1" in outcome.stderr
