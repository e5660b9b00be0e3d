"""Manifests of other operators as cases: their options stand in comments at their tops."""

from __future__ import annotations

import re

from tests.convert.cases import MANIFESTS, Case

KINDS = ("vllm-cluster", "hero-inference-service", "scaled-object", "leader-worker-set",
         "production-stack", "kserve")  # fmt: skip
_OPTIONS = re.compile(r"^# Options: (.*)$", re.MULTILINE)
_REFUSED = re.compile(r"^# Refused, with the words: (.*)$", re.MULTILINE)


def _case(file: str) -> Case:
    text = (MANIFESTS / file).read_text("utf-8")
    options = [word for line in _OPTIONS.findall(text) for word in line.split()]
    return Case(file.removesuffix(".yaml"), (file,), tuple(options))


def refusal_of(case: Case) -> str:
    """What the message must hold where a manifest alone is not enough; else empty."""
    found = _REFUSED.search((MANIFESTS / case.files[0]).read_text("utf-8"))
    return found[1] if found else ""


FILES = sorted(
    f"{kind}/{path.name}" for kind in KINDS for path in (MANIFESTS / kind).glob("*.yaml")
)
FOREIGN = tuple(_case(file) for file in FILES)
REFUSED = tuple(case for case in FOREIGN if refusal_of(case))
CONVERTED = tuple(case for case in FOREIGN if case not in REFUSED)
