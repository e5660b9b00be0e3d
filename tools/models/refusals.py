"""Why a layout could not be asked: in whose hands it lies, and where it was said.

engine       the engine refuses this model or layout, on any machine
cpu          needs a GPU or its libraries
remote code  needs code of the model's repository
unsupported  this version of the engine does not know the model
tool         a limit of these tools; to be mended
"""

from __future__ import annotations

import re
import traceback
from pathlib import Path

LONGEST = 240
"""Characters of a reason."""

_SAYINGS = {
    # The last: vLLM has no class of its own, and Transformers' is built from more than the config.
    "unsupported": r"are not supported for now|not recognize this architecture|is not supported "
    r"anymore|has no vLLM implementation|Can't load image processor",
    "remote code": r"contains custom code|execute the configuration file",
    "cpu": r"\bCPU\b|\bCUDA\b|NVIDIA driver|No module named '(triton|flashinfer|tilelang)",
}
_REFUSING = (AssertionError, NotImplementedError, ValueError)
_ENGINES = {"vllm", "sglang"}


def refused(error: Exception, *, is_plain: bool, read_as_it_stands: bool) -> dict[str, str]:
    """The two entries of a refused row.

    An assertion that fails when all of the model is on one rank says nothing of a layout, and an
    attribute that is missing in a configuration without a class may be a default of that class.
    """
    cause = root_cause(error)
    return {"refused": _in_whose_hands(cause, is_plain, read_as_it_stands), "why": reason(cause)}


def root_cause(error: BaseException) -> BaseException:
    """The error that a validator wrapped."""
    listed = getattr(error, "errors", None)
    if type(error).__name__ == "ValidationError" and callable(listed):
        inner = next((each.get("ctx", {}).get("error") for each in listed()), None)
        if isinstance(inner, BaseException):
            return root_cause(inner)
    return error


def _in_whose_hands(error: BaseException, is_plain: bool, read_as_it_stands: bool) -> str:
    text = f"{type(error).__name__}: {error}"
    for name, saying in _SAYINGS.items():
        if re.search(saying, text):
            return name
    if read_as_it_stands and isinstance(error, AttributeError):
        return "remote code"
    is_engines = isinstance(error, _REFUSING) and bool(_ENGINES & {*_place(error).parts})
    is_layouts = not (is_plain and isinstance(error, AssertionError))
    return "engine" if is_engines and is_layouts else "tool"


def _place(error: BaseException) -> Path:
    """The file that raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    return Path(frames[-1].filename if frames else "")


def reason(error: BaseException) -> str:
    """`file:function: Type: message`, the same on every machine."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].name}: " if frames else ""
    message = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return (place + without_this_machine(message))[:LONGEST].rstrip()


def without_this_machine(text: str) -> str:
    """One line, without folders and addresses."""
    text = re.sub(r"(?<![\w:/])/(?:[\w.+-]+/)*([\w.+-]+)", r"\1", text)
    return re.sub(r"\s+", " ", re.sub(r"0x[0-9a-f]{6,}", "0x", text)).strip()
