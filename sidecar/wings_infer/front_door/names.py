"""Where the ready pods are: the addresses of one name, asked for again and again."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress

from wings_infer.gateway.engine import Address

Resolve = Callable[[str, int], Awaitable[list[Address]]]
"""The addresses of a name; none when it has none. Raises OSError when nobody can tell."""
GAP_SECONDS = 0.1
"""Between two looks at least, however often somebody wants one."""
_NO_ADDRESS = {socket.EAI_NONAME, socket.EAI_NODATA}


async def resolve_by_dns(host: str, port: int) -> list[Address]:
    """Addresses as the system finds them; of one family, as with both each pod would count twice."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno in _NO_ADDRESS:
            return []
        raise
    preferred = found[0][0]
    return [(str(where[0]), int(where[1])) for family, *_, where in found if family == preferred]


class Names:
    """Follows the addresses of one name. While nobody can tell, the last known ones count."""

    def __init__(
        self,
        name: Address,
        resolve: Resolve,
        on_addresses: Callable[[list[Address]], None],
        tell: Callable[[str], None],
        wanted: asyncio.Event,
    ) -> None:
        """`wanted` is set by whoever has something against the known addresses."""
        self._name = name
        self._resolve = resolve
        self._on_addresses = on_addresses
        self._tell = tell
        self._wanted = wanted
        self._told: object = None

    async def run(self, interval: float) -> None:
        """Looks every `interval` seconds, and when somebody wants it, until cancelled."""
        while True:
            self._wanted.clear()
            await self._look()
            await asyncio.sleep(GAP_SECONDS)
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, interval - GAP_SECONDS)):
                    await self._wanted.wait()

    async def _look(self) -> None:
        host, port = self._name
        try:
            addresses = sorted(set(await self._resolve(host, port)))
        except (OSError, UnicodeError) as error:
            self._tell_once(f"{host} cannot be looked up: {error}")
            return
        shown = ", ".join(f"{address}:{port}" for address, port in addresses)
        self._tell_once(f"ready pods of {host}: {shown or 'none'}")
        self._on_addresses(addresses)

    def _tell_once(self, message: str) -> None:
        if message != self._told:
            self._told = message
            self._tell(message)
