"""Ends when a connection to URL comes about, with 1 where none does in a minute.

A Service's pods are Ready before the node's rules lead to them: by seconds on a busy machine.
Argument: URL.
"""

import socket
import sys
import time
from urllib.parse import urlsplit

url = urlsplit(sys.argv[1])
end = time.monotonic() + 60
while True:
    try:
        socket.create_connection((url.hostname, url.port), timeout=10).close()
        break
    except OSError as error:
        if time.monotonic() > end:
            sys.exit(f"{sys.argv[1]}: {error}")
        time.sleep(0.2)
