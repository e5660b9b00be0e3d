"""What this engine was given: its command line and its environment."""

import itertools
import os
import sys
from pathlib import Path

from ways import SGLANG, VLLM

ARGUMENTS = sys.argv[1:]


def number(name: str, default: float = 0) -> float:
    return float(os.environ.get(name) or default)


def options(name: str, default: str) -> list[str]:
    """The words after a flag's first occurrence."""
    if name not in ARGUMENTS:
        return [default]
    words = ARGUMENTS[ARGUMENTS.index(name) + 1 :]
    return [words[0], *itertools.takewhile(lambda word: not word.startswith("--"), words[1:])]


def model_path() -> str:
    """The word after `serve`, or that of SGLang's flag."""
    if ARGUMENTS[:1] == ["serve"] and len(ARGUMENTS) > 1:
        return ARGUMENTS[1]
    return options("--model-path", "")[0]


def meeting() -> tuple[str, int]:
    """Where the leader waits for its workers."""
    if "--dist-init-addr" in ARGUMENTS:
        host, _, port = options("--dist-init-addr", "")[0].rpartition(":")
        return host, int(port)
    return options("--master-addr", "127.0.0.1")[0], int(options("--master-port", "29501")[0])


WAYS = SGLANG if ARGUMENTS[:1] == ["launch_server"] else VLLM
MODEL_PATH = model_path()
HOST = options("--host", "0.0.0.0")[0]
PORT = int(options("--port", "8000")[0])
NAMES = options("--served-model-name", MODEL_PATH)
NODES = int(options("--nnodes", "1")[0])
RANK = int(options("--node-rank", "0")[0])
MEETING = meeting()
MAX_LENGTH = int(options(WAYS.length_flag, "4096")[0])
VERSION = os.environ.get("FAKE_VERSION", "")
if number("FAKE_TELL_LAUNCH"):
    _, LAUNCH, *_ = Path("/shared-volume/current_command.sh").read_text().split("\n")
    VERSION = f"{RANK}:{LAUNCH.removeprefix('# launch: ')}@{os.environ['POD_IP']}"
