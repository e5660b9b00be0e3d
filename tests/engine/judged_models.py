"""Which models of the catalog are judged at each submission, and digests of all that have been.

    python -m tests.engine.judged_models

keeps the digests, after a run with all models: `make judge ALL=1`.
"""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path

from tests.cluster.proofs.choice import tree_hash
from tests.engine.model_folders import config_of
from tests.models.evidence import models

JUDGED = Path(__file__).resolve().parent / "judged.json"
SAMPLE = 16
MOST_CHANGED = 40
"""More are judged by the deep part, which is stale then."""


def digests() -> dict[str, str]:
    """What each verdict is about: the entry, and the file that the engine is given."""
    return {
        name: _digest(json.dumps([entry.model_dump(mode="json"), config_of(name)], sort_keys=True))
        for name, entry in sorted(models().items())
    }


def changed() -> list[str]:
    """Models that are new or other since the full run, at most MOST_CHANGED."""
    known = json.loads(JUDGED.read_text(encoding="utf-8"))
    found = [name for name, digest in digests().items() if known.get(name) != digest]
    return random.Random(tree_hash()).sample(found, min(len(found), MOST_CHANGED))


def sample() -> list[str]:
    """The same for the same tree."""
    return random.Random(tree_hash()).sample(sorted(models()), SAMPLE)


def remember() -> None:
    """After a run with all models."""
    JUDGED.write_text(json.dumps(digests(), indent=1) + "\n", encoding="utf-8")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


if __name__ == "__main__":
    remember()
