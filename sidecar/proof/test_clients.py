"""Public HTTP clients against the real program, before the suite's own engine. See clients.sh."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.agent import Agent
from support.programs import need
from support.scripted_engine import ScriptedEngine
from support.waiting import wait_for

CLIENTS = Path(__file__).parent / "clients"
CASES = (
    "get", "head", "post", "chunked", "stream", "empty", "keep-alive", "early-413", "early-413-chunked",
    "not-found",
)  # fmt: skip
COMMANDS = {
    "curl": ("sh", "curl.sh"),
    "http.client": (sys.executable, "http_client.py"),
    "httpx": (sys.executable, "httpx_client.py"),
    "aiohttp": (sys.executable, "aiohttp_client.py"),
    "go": ("go", "run", "client.go"),
    "node": ("node", "fetch.mjs"),
    "java": ("java", "Client.java"),
}
ONE_MIB = 1024 * 1024


@pytest.fixture(scope="module")
def base(new_folder):
    engine = ScriptedEngine()
    engine.script("/v1/models", models)
    engine.script("/v1/echo", lambda side: side.reply(read_body(side)))
    engine.script("/v1/stream", stream)
    engine.script("/v1/empty", lambda side: side.send(b"HTTP/1.1 204 No Content\r\n\r\n"))
    shared = new_folder() / "shared"
    shared.mkdir()
    agent = Agent(shared, engine.port, WINGS_MAX_BODY_BYTES=str(ONE_MIB)).start()
    wait_for((shared / "start_command.sh").exists)
    agent.report("running")
    agent.wait_ready()
    yield f"http://127.0.0.1:{agent.port}"
    agent.close()
    engine.close()


def models(side):
    side.read_body()
    body = b'{"data": []}'
    fields = b"Content-Type: application/json\r\nContent-Length: %d" % len(body)
    side.send(b"HTTP/1.1 200 OK\r\n%b\r\n\r\n" % fields + (b"" if side.method == "HEAD" else body))


def read_body(side):
    if side.fields.get("transfer-encoding") != "chunked":
        return side.read_body()
    body = b""
    while size := int(side.read_until(b"\r\n"), 16):
        body += side.read_exactly(size)
        side.read_exactly(2)
    side.read_until(b"\r\n")
    return body


def stream(side):
    read_body(side)
    side.begin_chunks(b"Content-Type: text/event-stream")
    for number in range(5):
        side.chunk(b"data: %d\n\n" % number)
        time.sleep(0.1)
    side.send(b"0\r\n\r\n")


@pytest.mark.parametrize("name", COMMANDS)
def test_client(base, name):
    *words, program = COMMANDS[name]
    need("curl" if name == "curl" else words[0])
    environment = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
    done = subprocess.run(
        [*words, str(CLIENTS / program), base],
        capture_output=True, text=True, timeout=300, check=False, env=environment,
    )  # fmt: skip
    assert done.stdout.splitlines() == [f"{case} ok" for case in CASES], done.stderr[-2000:]
