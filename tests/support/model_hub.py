"""A model hub on loopback: the paths of Hugging Face and ModelScope that their clients ask for.

Weights are on a second server with another host name, to which the hub redirects.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"
TOKEN = "hf_TestTokenOfNobody0123456789"
REPOSITORY = "acme/tiny"


@dataclass(frozen=True)
class Asked:
    """One request."""

    path: str
    headers: Mapping[str, str]
    """With names in lower case."""


@dataclass
class Reply:
    """One answer. `size` is stated instead of the body's own; `trickle` never ends."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    size: int | None = None
    trickle: bool = False


Answer = Callable[[Asked], Reply | None]
"""What is answered instead of the file; None leaves it as it is."""


@dataclass
class ModelHub:
    """Files of one repository; `info` is added to what the API says of it."""

    files: Mapping[str, bytes]
    info: dict[str, Any] = field(default_factory=dict)
    answer: Answer = lambda _: None
    needs_token: bool = False
    has_ranges: bool = True
    asked: list[Asked] = field(default_factory=list)
    stored: list[Asked] = field(default_factory=list)
    """Requests to the server with the weights."""
    url: str = ""
    store_url: str = ""

    def reply(self, asked: Asked) -> Reply:
        if asked.path.startswith(f"{self.store_url}/"):  # as the proxy of both
            return self.store(asked)
        self.asked.append(asked)
        if (given := self.answer(asked)) is not None:
            return given
        if self.needs_token and asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return Reply(401, b'{"error": "gated"}', {"X-Error-Code": "GatedRepo"})
        split = urlsplit(asked.path)
        parts, query = [unquote(each) for each in split.path.split("/")], parse_qs(split.query)
        if f"{split.path}/".startswith(f"/api/models/{REPOSITORY}/"):
            return self._info(parts, query)
        if split.path.startswith(f"/{REPOSITORY}/resolve/{COMMIT}/"):
            return self._file(asked, parts[-1])
        if split.path == f"/api/v1/models/{REPOSITORY}/repo/files":
            return self._listing(query)
        if split.path == f"/api/v1/models/{REPOSITORY}/repo":
            return self._file(asked, query["FilePath"][0])
        return Reply(404, b"{}", {"X-Error-Code": "RepoNotFound"})

    def store(self, asked: Asked) -> Reply:
        self.stored.append(asked)
        if (given := self.answer(asked)) is not None:
            return given
        return self._part(asked, self.files[asked.path.rsplit("/", 1)[-1]])

    def _info(self, parts: list[str], query: Mapping[str, list[str]]) -> Reply:
        if parts[5:6] == ["revision"] and parts[6] not in ("main", "v1", "refs/pr/1", COMMIT):
            return Reply(404, b"{}", {"X-Error-Code": "RevisionNotFound"})
        listed = [{"rfilename": name, "size": len(data)} for name, data in self.files.items()]
        if query.get("blobs") != ["true"]:
            listed = [{"rfilename": each["rfilename"]} for each in listed]
        says = {"id": REPOSITORY, "sha": COMMIT, "gated": False, "siblings": listed} | self.info
        return Reply(body=json.dumps(says).encode())

    def _listing(self, query: Mapping[str, list[str]]) -> Reply:
        if query["Revision"][0] not in ("master", "v1", COMMIT):
            return Reply(404, b'{"Code": 10010205001, "Message": "revision not found"}')
        listed = [
            {
                "Path": name, "Name": name, "Type": "blob", "Size": len(data),
                "Sha256": sha256(data).hexdigest(), "CommittedDate": number,
                "Revision": COMMIT if number == len(self.files) else "f" * 40,
            }
            for number, (name, data) in enumerate(self.files.items(), 1)
        ]  # fmt: skip
        return Reply(body=json.dumps({"Code": 200, "Data": {"Files": listed}}).encode())

    def _file(self, asked: Asked, name: str) -> Reply:
        data = self.files.get(name)
        if data is None:
            return Reply(404, b"", {"X-Error-Code": "EntryNotFound"})
        tag = {"ETag": f'"{sha256(data).hexdigest()}"', "X-Repo-Commit": COMMIT}
        if name.endswith(".safetensors"):
            where = {"Location": f"{self.store_url}/{name}", "X-Linked-Size": str(len(data))}
            return Reply(302, b"", tag | where)
        part = self._part(asked, data)
        part.headers |= tag
        return part

    def _part(self, asked: Asked, data: bytes) -> Reply:
        wanted = asked.headers.get("range", "")
        if not wanted or not self.has_ranges:
            return Reply(200, data)
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        if int(first) >= len(data):
            return Reply(416)
        part = data[int(first) : int(last) + 1]
        end = int(first) + len(part) - 1
        return Reply(206, part, {"Content-Range": f"bytes {first}-{end}/{len(data)}"})


@contextmanager
def serving(hub: ModelHub) -> Iterator[ModelHub]:
    """The hub on 127.0.0.1, its weights on localhost."""
    servers = [_server(hub.reply), _server(hub.store)]
    hub.url = f"http://127.0.0.1:{servers[0].server_port}"
    hub.store_url = f"http://localhost:{servers[1].server_port}"
    threads = [threading.Thread(target=each.serve_forever, args=(0.05,)) for each in servers]
    for thread in threads:
        thread.start()
    try:
        yield hub
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()
        for thread in threads:
            thread.join()


def _server(answer: Callable[[Asked], Reply]) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            lowered = {name.lower(): value for name, value in self.headers.items()}
            reply = answer(Asked(self.path, lowered))
            self.send_response(reply.status)
            size = len(reply.body) if reply.size is None else reply.size
            for name, value in ({"Content-Length": str(size)} | reply.headers).items():
                self.send_header(name, value)
            self.end_headers()
            try:
                self.wfile.write(reply.body)
                while reply.trickle:
                    self.wfile.write(b" ")
                    time.sleep(0.02)
            except OSError:
                pass
            self.close_connection = reply.trickle or size != len(reply.body)

        def log_message(self, *_: object) -> None:
            """Nothing is logged."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    return server
