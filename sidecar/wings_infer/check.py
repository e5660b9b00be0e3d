"""Checks of a running release, as `helm test` makes them: python3 -m wings_infer.check.

BASE_URL, MODEL_NAME and, where the gateway asks for keys, API_KEYS (the first line counts)
come from the environment, and the TIMEOUT_SECONDS of one answer. Prints a line for each check;
ends with 1 when one failed.
"""

from __future__ import annotations

import json
import os
import ssl
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

TIMEOUT_SECONDS = 120


class CheckFailedError(Exception):
    """The release does not do what it should; the message says what it did."""


@dataclass(frozen=True)
class Release:
    """Where the release answers, and under which model name."""

    base_url: str
    model: str
    key: str = ""
    timeout: float = TIMEOUT_SECONDS

    def call(self, path: str, body: Mapping[str, Any] | None = None) -> bytes:
        """The answer to a GET, or to a POST of `body` as JSON; raises CheckFailedError."""
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        data = None
        if body is not None:
            data, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        request = urllib.request.Request(self.base_url + path, data=data, headers=headers)
        # The certificate is for the name clients use, not for the Service's.
        trust = ssl._create_unverified_context()
        try:
            with urllib.request.urlopen(request, timeout=self.timeout, context=trust) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            said = error.read().decode(errors="replace")[:500]
            raise CheckFailedError(f"{path}: HTTP {error.code}: {said}") from error
        except OSError as error:
            raise CheckFailedError(f"{path}: {error}") from error

    def question(self, **more: object) -> dict[str, object]:
        """A chat request that is answered quickly."""
        messages = [{"role": "user", "content": "Say hello."}]
        return {"model": self.model, "messages": messages, "max_tokens": 8, **more}


def health(release: Release) -> str:
    """The gateway says that a request would be served."""
    return release.call("/health").decode()


def models(release: Release) -> str:
    """The API lists the served name."""
    names = [model["id"] for model in json.loads(release.call("/v1/models"))["data"]]
    if release.model not in names:
        raise CheckFailedError(f"{release.model} is not among the served models {names}")
    return ", ".join(names)


def chat(release: Release) -> str:
    """A chat request is answered with a choice."""
    answer = json.loads(release.call("/v1/chat/completions", release.question()))
    if not answer.get("choices"):
        raise CheckFailedError(f"no choices in {answer}")
    return json.dumps(answer["choices"][0], ensure_ascii=False)


def streaming(release: Release) -> str:
    """A streamed answer comes in events and ends with [DONE]."""
    text = release.call("/v1/chat/completions", release.question(stream=True)).decode()
    events = [line for line in text.splitlines() if line.startswith("data: ")]
    if len(events) < 2 or events[-1] != "data: [DONE]":
        raise CheckFailedError(f"expected events up to [DONE], got {events[-3:]}")
    return f"{len(events)} events"


CHECKS: tuple[Callable[[Release], str], ...] = (health, models, chat, streaming)


def main(environment: Mapping[str, str], out: Callable[[str], object]) -> int:
    """Run every check and tell of each; 1 when one failed."""
    keys = environment.get("API_KEYS", "").split()
    timeout = float(environment.get("TIMEOUT_SECONDS", TIMEOUT_SECONDS))
    key = keys[0] if keys else ""
    release = Release(environment["BASE_URL"], environment["MODEL_NAME"], key, timeout)
    failures = 0
    for check in CHECKS:
        try:
            out(f"{check.__name__}: ok: {check(release)[:300]}\n")
        except (CheckFailedError, ValueError, KeyError, TypeError) as error:
            failures += 1
            out(f"{check.__name__}: FAILED: {error}\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(os.environ, sys.stdout.write))
