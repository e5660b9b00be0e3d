"""The stop order: ends one launch; for a pod that ends it is the engine's release."""

from __future__ import annotations

from pathlib import Path

from wings_infer.control.files import write_whole

FILE_NAME = "stop_order.txt"


def write_stop_order(shared_dir: Path, launch: str, reason: str, *, is_failure: bool) -> None:
    """Orders the engine of this launch to stop. Raises OSError."""
    text = f"launch: {launch}\nfailure: {'yes' if is_failure else 'no'}\nreason: {reason}\n"
    write_whole(shared_dir / FILE_NAME, text.encode())
