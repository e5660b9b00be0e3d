"""CPU time of reading models' own files beside Python's json, and hostile files beside honest ones.

Each file is read in turns with its counterpart in one process; printed are ratios, never asserted.
"""

from __future__ import annotations

import contextlib
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from wingsctl.adapters.json_files import MAX_COMMAS, parse_json
from wingsctl.catalog.model_config import parse_model_config
from wingsctl.errors import ProfileError

CONFIGS = Path(__file__).resolve().parents[1] / "tools" / "models" / "configs"
LIMIT = 4 * 2**20
"""What a file may have; larger ones are not read."""
TURNS = 5


def hostile() -> dict[str, str]:
    """Files as large as they may be, each made to be slow to read."""
    return {
        "deep": "[" * LIMIT,
        "deep, below a key": '{"a":' * (LIMIT // 5),
        "one number": '{"hidden_size": ' + "9" * (LIMIT - 20) + "}",
        "too many numbers": '{"a": [' + "1," * (LIMIT // 2 - 8) + "1]}",
        "as many as may be": '{"a": [' + "1," * MAX_COMMAS + "1]}",
        "one key as often": "{" + '"a":1,' * MAX_COMMAS + '"a":1}',
        "string without an end": '{"a": "' + "\\" * (LIMIT - 8),
        "many layers": json.dumps({
            "model_type": "llama", "num_hidden_layers": 10**9, "hidden_size": 64,
            "num_attention_heads": 8, "vocab_size": 1000,
        }),
    }  # fmt: skip


def read(text: str) -> None:
    """As a profile's `model.config`, to its verdict."""
    with contextlib.suppress(ProfileError):
        parse_model_config(parse_json(text, "config.json"))


def plain(text: str) -> None:
    """Python's json alone, which hostile files stop in its own ways."""
    with contextlib.suppress(ValueError, RecursionError):
        json.loads(text)


def milliseconds(call: Callable[[str], None], text: str) -> float:
    """CPU time of one call."""
    began = time.process_time_ns()
    call(text)
    return (time.process_time_ns() - began) / 1e6


def medians(text: str) -> tuple[float, float]:
    """Ours and json's, measured in turns."""
    pairs = [(milliseconds(read, text), milliseconds(plain, text)) for _ in range(TURNS)]
    return statistics.median(ours for ours, _ in pairs), statistics.median(own for _, own in pairs)


def main() -> None:
    """The honest files together, the slowest of them, then each hostile one beside that."""
    files = sorted(CONFIGS.glob("*.json"))
    honest = {path.stem: medians(path.read_text("utf-8")) for path in files}
    ours, own = (sum(each[place] for each in honest.values()) for place in (0, 1))
    slowest = max(honest, key=lambda name: honest[name][0])
    each = ours / len(honest)
    print(f"{len(honest)} models: {each:.1f} ms each, {ours / own:.0f} times json.loads")
    print(f"slowest: {slowest}, {honest[slowest][0]:.1f} ms")
    print(f"\n{'hostile file':24}{'ms':>8}{'beside the slowest model':>28}")
    for name, text in hostile().items():
        took, _ = medians(text)
        print(f"{name:24}{took:8.1f}{took / honest[slowest][0]:27.1f}x")


if __name__ == "__main__":
    main()
