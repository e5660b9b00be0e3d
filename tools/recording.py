"""docs/recording.svg: the first minutes with wingsctl, as a terminal of 80 columns shows them.

The commands really run, in a directory of their own, and what they print is all that the
picture holds: no time, no host and no path of the machine that made it.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
PLACE = "docs/recording.svg"
COLUMNS = 80
_FONTS = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)
"""Files on a server of others, which no reader shall have to fetch."""
STEPS = (
    "wingsctl init --model qwen3-8b --accelerator nvidia-l40s --yes --name chat",
    "cat chat.wings.yaml",
    "wingsctl plan chat.wings.yaml",
    "wingsctl render chat.wings.yaml",
    "helm lint --strict charts/chat",
)


def recording() -> str:
    """The picture; raises CalledProcessError where a command fails."""
    console = Console(
        record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, highlight=False,
        color_system="truecolor", legacy_windows=False, _environ={},
    )  # fmt: skip
    with TemporaryDirectory(prefix="wingsctl-") as folder:
        for step in STEPS:
            console.print(Text.assemble(("$ ", "green"), (step, "bold")), soft_wrap=True)
            console.print(Text(_printed(step, Path(folder))), end="")
    return _FONTS.sub("", console.export_svg(title="wingsctl", unique_id="wingsctl"))


def _printed(step: str, folder: Path) -> str:
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    kept = {key: os.environ[key] for key in ("XDG_CACHE_HOME", "HOME") if key in os.environ}
    env = {**kept, "PATH": programs, "PYTHONPATH": str(ROOT), "COLUMNS": str(COLUMNS)}
    done = subprocess.run(
        ["sh", "-c", step], cwd=folder, env=env, check=True, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )  # fmt: skip
    return done.stdout


if __name__ == "__main__":
    (ROOT / PLACE).write_text(recording(), encoding="utf-8")
    print(f"wrote: {PLACE}")
