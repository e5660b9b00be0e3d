"""What engines refuse: a judge that takes one of these is none. With each, what wingsctl says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.engine.engines import Engine
from tests.engine.model_folders import folder_of
from tests.engine.questions import Question, card_of
from tests.support.plans import shipped

QWEN = "Qwen/Qwen2.5-7B-Instruct"
FP8 = "Qwen/Qwen3-8B-FP8"


@dataclass(frozen=True)
class Wrong:
    """A profile's lines and the words that they make; `says` is the engine's."""

    name: str
    says: str
    words: tuple[str, ...] = ()
    profile: str = ""
    args: str = ""
    """Of the profile's engine.args."""
    engine: str = "vllm"
    model: str = QWEN
    card: str = "nvidia-h100"
    count: int = 1
    passes: str = ""
    """Why wingsctl has nothing against it; empty where it refuses, too."""

    def text(self, version: str) -> str:
        """The profile for this version of the engine; what it leaves out are defaults."""
        card = f"accelerator: {{name: {self.card}, count: {self.count}}}"
        model = "" if self.profile.startswith("model:") else f"model: {self.model}\n"
        args = f", args: {{{self.args}}}" if self.args else ""
        engine = f"engine: {{name: {self.engine}, version: {version}{args}}}"
        return f"{model}{card}\n{engine}\n{self.profile}"

    def question(self, engine: Engine, place: Path) -> Question:
        """The words behind those of every chart."""
        start = {"vllm": ["vllm", "serve", "x"], "sglang": [
            "python3", "-m", "sglang.launch_server", "--model-path", "x"]}[self.engine]  # fmt: skip
        entry = shipped().accelerator(self.card)
        assert entry is not None
        return Question(
            name=f"wrong {self.name}", engine=self.engine, version=engine.version,
            model=self.model, argv=[*start, *self.words], env={},
            card=card_of(entry.profile, self.count), folder=folder_of(place, self.model),
        )  # fmt: skip


RIGHT = "it is right"
NO_JSON = "a text that is meant to be JSON is not parsed"
TWO_PARSERS = "enable-auto-tool-choice: true, tool-call-parser: none-such"
LONG = f"model: {{name: {QWEN}, maxLength: 99999}}"
WRONG = (
    Wrong("length", "greater than the derived max_model_len", ("--max-model-len", "99999"), LONG),
    Wrong("heads", "must be divisible by tensor parallel size", ("--tensor-parallel-size", "3"),
          "parallelism: {tensor: 3}", count=3),
    Wrong("cards", "larger than the number of available GPUs", ("--tensor-parallel-size", "4"),
          "parallelism: {tensor: 4}", count=2),
    Wrong("experts", "Number of experts in the model must be greater than 0",
          ("--enable-expert-parallel", "--data-parallel-size", "2"),
          "parallelism: {tensor: 1, data: 2, expert: 2}", count=2),
    Wrong("flag", "unrecognized arguments: --no-such-flag", ("--no-such-flag",),
          args="no-such-flag: true"),
    Wrong("tool parser", "invalid tool call parser",
          ("--enable-auto-tool-choice", "--tool-call-parser", "none-such"),
          args=TWO_PARSERS),
    Wrong("no tool parser", "requires --tool-call-parser", ("--enable-auto-tool-choice",),
          args="enable-auto-tool-choice: true"),
    Wrong("reasoning parser", "Reasoning parser 'none-such' not found",
          ("--reasoning-parser", "none-such"),
          args="reasoning-parser: none-such"),
    Wrong("JSON", "hf_overrides", ("--hf-overrides", "{bad"), args='hf-overrides: "{bad"',
          passes=NO_JSON),
    Wrong("quantization name", "none-such", ("--quantization", "none-such"),
          f"model: {{name: {QWEN}, quantization: none-such}}",
          passes="the flag tables list no names of quantization methods"),
    Wrong("other quantization", "does not match the quantization", ("--quantization", "gptq"),
          f"model: {{name: {FP8}, quantization: gptq}}", model=FP8,
          passes="what a checkpoint says of its format is not compared with model.quantization"),
    Wrong("FP8 on Volta", "Minimum capability", model=FP8, card="nvidia-v100-32gb"),
    Wrong("bfloat16 on Turing", "Bfloat16 is only supported", ("--dtype", "bfloat16"),
          args="dtype: bfloat16", card="nvidia-t4", count=2),
    Wrong("choice", "invalid choice", ("--kv-cache-dtype", "fp3"),
          f"model: {{name: {QWEN}, kvCacheType: fp3}}"),
    Wrong("SGLang length", "greater than the derived context_length",
          ("--context-length", "99999"), LONG, engine="sglang"),
    Wrong("SGLang parser", "invalid choice: 'none-such'", ("--tool-call-parser", "none-such"),
          args="tool-call-parser: none-such", engine="sglang"),
    Wrong("SGLang flag", "unrecognized arguments: --no-such-flag", ("--no-such-flag",),
          args="no-such-flag: true", engine="sglang"),
    Wrong("SGLang JSON", "JSONDecodeError", ("--json-model-override-args", "{bad"),
          args='json-model-override-args: "{bad"', engine="sglang", passes=NO_JSON),
    # Asked last: nothing of the questions before is left.
    Wrong("nothing", "", passes=RIGHT),
    Wrong("SGLang nothing", "", engine="sglang", passes=RIGHT),
)  # fmt: skip
