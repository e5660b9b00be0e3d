"""The pods that requests go to: who is named, who is set aside, who is least busy."""

from __future__ import annotations

from collections.abc import Iterable

from wings_infer.gateway.engine import Address, Pool
from wings_infer.gateway.tls import Trust


class Backend(Pool):
    """One pod: the connections to it, and what it is known to be doing for this door."""

    def __init__(self, address: Address, trust: Trust | None) -> None:
        super().__init__(address, trust)
        self.in_flight = 0
        self.is_named = True
        self.aside_until = 0.0
        """Monotonic seconds; 0 while it is not set aside."""


class Backends:
    """All pods known. One that is not named any more gets nothing new, and finishes what it has."""

    def __init__(self, max_in_flight: int, trust: Trust | None) -> None:
        self.trust = trust
        self._max_in_flight = max_in_flight
        self._known: dict[Address, Backend] = {}
        self._usable: list[Backend] = []
        """Named and not set aside; whoever was chosen last comes last."""

    def __len__(self) -> int:
        """How many are named."""
        return sum(backend.is_named for backend in self._known.values())

    @property
    def aside(self) -> int:
        """How many of the named are set aside."""
        return len(self) - len(self._usable)

    def least_busy(self) -> Backend | None:
        """Who has the fewest requests of this door; in turn among equals. None when all are full."""
        usable = self._usable
        if not usable:
            return None
        best = usable[0] if len(usable) == 1 else min(usable, key=_requests)
        if best.in_flight >= self._max_in_flight:
            return None
        if len(usable) > 1:
            usable.remove(best)
            usable.append(best)
        return best

    def name(self, addresses: Iterable[Address]) -> None:
        """These are ready, and no others."""
        named = set(addresses)
        for address in named - self._known.keys():
            self._known[address] = Backend(address, self.trust)
        for address, backend in self._known.items():
            backend.is_named = address in named
        self._sort_out()

    def set_aside(self, backend: Backend, until: float) -> None:
        """It gets nothing until then."""
        backend.aside_until = until
        self._sort_out()

    def sweep(self, now: float, idle_since: float) -> None:
        """Takes back who was set aside for long enough; closes what has been idle since then."""
        for backend in list(self._known.values()):
            backend.close_idle(idle_since if backend.is_named else now)
            if backend.aside_until and backend.aside_until <= now:
                backend.aside_until = 0.0
            if not backend.is_named and not backend.in_flight:
                del self._known[backend.address]
        self._sort_out()

    def _sort_out(self) -> None:
        usable = {one for one in self._known.values() if one.is_named and not one.aside_until}
        kept = [backend for backend in self._usable if backend in usable]
        self._usable = kept + [one for one in self._known.values() if one in usable - set(kept)]


def _requests(backend: Backend) -> int:
    return backend.in_flight
