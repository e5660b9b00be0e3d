"""The stop order: ends one launch; for a pod that ends it is the engine's release."""

from __future__ import annotations

from pathlib import Path

from wings_infer.control.files import write_whole

FILE_NAME = "stop_order.txt"


def write_stop_order(shared_dir: Path, launch: str, reason: str, *, is_failure: bool) -> None:
    """Orders the engine of this launch to stop. Raises OSError."""
    text = f"launch: {launch}\nfailure: {'yes' if is_failure else 'no'}\nreason: {reason}\n"
    write_whole(shared_dir / FILE_NAME, text.encode())


def read_stopped_launch(shared_dir: Path) -> str:
    """The launch that was ordered to stop last; empty without one."""
    try:
        text = (shared_dir / FILE_NAME).read_text(errors="replace")
    except OSError:
        return ""
    return text.partition("launch: ")[2].partition("\n")[0]
