"""The front door with a name whose addresses the test writes into a file.

A line is `HOST PORT`; the single word `broken` stands for a resolver that cannot tell.
"""

import os
import socket
from pathlib import Path

import uvloop

from wings_infer.front_door.app import serve
from wings_infer.settings import load_settings


def main(argv):
    (names,) = map(Path, argv)

    async def resolve(_host, _port):
        lines = names.read_text().splitlines()
        if lines == ["broken"]:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return [(line.split()[0], int(line.split()[1])) for line in lines]

    uvloop.run(serve(load_settings(os.environ, ()), resolve))
