"""Requests that wait for a pod: first come, first served."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wings_infer.front_door.exchange import HeldExchange


class Queue:
    """Who comes back, because a pod did not take the request, is before all who never had one."""

    def __init__(self) -> None:
        self._back: OrderedDict[HeldExchange, None] = OrderedDict()
        self._new: OrderedDict[HeldExchange, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._back) + len(self._new)

    def __iter__(self) -> Iterator[HeldExchange]:
        yield from self._back
        yield from self._new

    def add(self, exchange: HeldExchange, *, is_back: bool) -> None:
        """Comes last, or last of those that come back."""
        (self._back if is_back else self._new)[exchange] = None

    def pop(self) -> HeldExchange:
        """Who is first, and waits no more."""
        return (self._back or self._new).popitem(last=False)[0]

    def remove(self, exchange: HeldExchange) -> bool:
        """The exchange waits no more; whether it did."""
        for part in (self._back, self._new):
            if exchange in part:
                del part[exchange]
                return True
        return False
