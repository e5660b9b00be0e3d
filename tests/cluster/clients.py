"""Programs that run in a pod of the cluster and use the released Service as clients do."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from typing import Any

from tests.cluster.kube import HERE, Kube
from tests.cluster.pace import patience

CHAT = '{"model": "tiny", "messages": [{"role": "user", "content": "hi"}], "max_tokens": %d}'
# What a client gets when a Service has no pod, or its last one has just ended: kube-proxy refuses,
# and where nothing leads to the Service's address but kube-proxy's rules, there is no route.
UNREACHABLE = {"ECONNREFUSED", "ENETUNREACH", "EHOSTUNREACH", "ECONNRESET", "RemoteDisconnected"}
STREAM = CHAT[:-1] + ', "stream": true}'


@dataclass(frozen=True)
class Clients:
    """The client pod: Python with the openai client, in a namespace of its own."""

    kube: Kube
    pod: str = "client"

    def run(self, program: str, *arguments: object) -> str:
        """Run programs/PROGRAM to its end and return what it prints."""
        return self.kube.ok("exec", "-i", self.pod, "--", *self._python(program, *arguments))

    def reach(self, url: str) -> str:
        """The URL, once a connection to it comes about."""
        self.run("reach.py", url)
        return url

    def get(self, url: str) -> tuple[int, str]:
        """Status and text of one GET; (0, reason) when there was no answer."""
        code = (
            "import sys, urllib.request as u, urllib.error as e\n"
            "try: r = u.urlopen(sys.argv[1], timeout=10)\n"
            "except e.HTTPError as x: r = x\n"
            "except OSError as x: print(0); print(x); sys.exit()\n"
            "print(r.status); sys.stdout.write(r.read().decode())\n"
        )
        printed = self.kube.ok("exec", self.pod, "--", "python3", "-c", code, url)
        status, _, text = printed.partition("\n")
        return int(status), text

    def post(self, url: str, body: str, limit: float = 120, key: str = "") -> tuple[int, str]:
        """The same for one POST of JSON; the answer may begin after `limit` seconds at most.

        No certificate is verified: tests make their own.
        """
        code = (
            "import ssl, sys, urllib.request as u, urllib.error as e\n"
            "h = {'Content-Type': 'application/json'}\n"
            "if sys.argv[4]: h['Authorization'] = 'Bearer ' + sys.argv[4]\n"
            "q = u.Request(sys.argv[1], sys.argv[2].encode(), h)\n"
            "c = ssl._create_unverified_context()\n"
            "try: r = u.urlopen(q, timeout=float(sys.argv[3]), context=c)\n"
            "except e.HTTPError as x: r = x\n"
            "print(r.status); sys.stdout.write(r.read().decode())\n"
        )
        command = ["python3", "-c", code, url, body, limit, key]
        printed = self.kube.ok("exec", self.pod, "--", *command, limit=limit + 180)
        status, _, text = printed.partition("\n")
        return int(status), text

    def try_post(self, url: str, body: str) -> int:
        """Status of one POST of JSON; 0 where no connection comes about."""
        try:
            return self.post(url, body)[0]
        except AssertionError:
            return 0

    def load(self, url: str, clients: int = 8, max_tokens: int = 4, key: str = "") -> Background:
        """Constant load until told to stop."""
        url = f"{self.reach(url)}/v1/chat/completions"
        return Background(self, "load.py", url, clients, CHAT % max_tokens, key)

    def watch(self, urls: list[str]) -> Background:
        """Looks at the leaders of groups, until told to stop."""
        return Background(self, "watch.py", *urls)

    def poll(self, url: str) -> Background:
        """Every answer of a URL until told to stop; the first has come before this returns."""
        return Background(self, "poll.py", url)

    def streams(self, url: str, count: int, max_tokens: int) -> Background:
        """That many streams at once, each opened before this returns."""
        url = f"{self.reach(url)}/v1/chat/completions"
        return Background(self, "streams.py", url, count, STREAM % max_tokens)

    def start(self, program: str, *arguments: object) -> subprocess.Popen[str]:
        """Start programs/PROGRAM with pipes to it."""
        command = [self.kube.kubectl_binary, f"--kubeconfig={self.kube.kubeconfig}"]
        command += ["-n", self.kube.namespace, "exec", "-i", self.pod, "--"]
        command += self._python(program, *arguments)
        pipe = subprocess.PIPE
        # Over WebSockets kubectl loses the connection of a busy machine: a ping's write times out.
        environment = {**os.environ, "KUBECTL_REMOTE_COMMAND_WEBSOCKETS": "false"}
        return subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=environment
        )

    def _python(self, program: str, *arguments: object) -> list[str]:
        text = (HERE / "programs" / program).read_text("utf-8")
        return ["/opt/client/bin/python3", "-c", text, *map(str, arguments)]


class Background:
    """A program in the client pod that goes on while the test does something else."""

    def __init__(self, clients: Clients, program: str, *arguments: object) -> None:
        self.process = clients.start(program, *arguments)
        assert self.process.stdout
        self.first_line = self.process.stdout.readline().strip()

    def __enter__(self) -> Background:
        return self

    def __exit__(self, *_: object) -> None:
        with self.process:
            self.process.kill()

    @property
    def goes_on(self) -> bool:
        """Whether the program has not ended by itself."""
        return self.process.poll() is None

    def result(self, limit: float = 180) -> Any:
        """End the program's input, wait for its end, and read the JSON that it prints last."""
        printed, errors = self.process.communicate(timeout=patience(limit))
        assert printed.strip(), errors
        return json.loads(printed.strip().splitlines()[-1])
