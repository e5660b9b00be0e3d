"""What models ask of a GPU as they are built, and use as they run."""

from __future__ import annotations

from typing import Any

import torch


def fake_gpu() -> None:
    """Once for the process: streams, events and properties that nothing is done with."""
    torch.cuda.Stream = torch.cuda.Event = torch.cuda.get_device_properties = _Unused
    torch.accelerator.current_device_index = lambda: 0


class _Unused:
    multi_processor_count = 1

    def __init__(self, *_: Any, **__: Any) -> None:
        pass
