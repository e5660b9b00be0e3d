"""Pages quote figures of deep proofs as the lock has them.

Such a number has a comment right behind it: `100<!-- proof: group_faults, faults -->`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.cluster.proofs.figures import Figure
from tests.cluster.proofs.lock import Entry, Lock, read_lock
from tests.cluster.proofs.parts import all_parts
from tests.support.processes import ROOT

PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "sidecar").glob("*.md")]
MARK = re.compile(r"(\S*)<!-- proof: (\w+), (.+?) -->")


def wrong(text: str, lock: Lock) -> Iterator[str]:
    """Marks whose number is not the lock's, or of which the lock has none."""
    for number, part, name in MARK.findall(text):
        figure = lock[part].figures.get(name) if part in lock else None
        if not figure:
            yield f"{part}, {name}: not in proofs.lock"
        elif number.lstrip("(*") != f"{figure.number:,}":
            yield f"{part}, {name}: {number}, and in proofs.lock {figure}"


def test_pages_quote_the_lock():
    """All that is quoted, once the first part has passed."""
    lock = read_lock()
    if not lock:
        return
    found = {path.name: list(wrong(path.read_text("utf-8"), lock)) for path in PAGES}
    assert not {name: lines for name, lines in found.items() if lines}


def test_every_mark_is_read():
    """One that is written otherwise would hold nothing."""
    texts = {path.name: path.read_text("utf-8") for path in PAGES}
    assert not {
        name for name, text in texts.items() if text.count("<!-- proof") != len(MARK.findall(text))
    }


def test_the_lock_knows_no_part_that_is_gone():
    assert set(read_lock()) <= {part.name for part in all_parts()}


LOCK = {
    "bursts": Entry("make", 1, "", "", None, {"requests": Figure(1000), "last": Figure(4.2, "s")})
}


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("1,000<!-- proof: bursts, requests --> requests", []),
        ("in (4.2<!-- proof: bursts, last --> s)", []),
        ("1000<!-- proof: bursts, requests -->",
         ["bursts, requests: 1000, and in proofs.lock 1,000"]),
        ("4<!-- proof: bursts, last --> s", ["bursts, last: 4, and in proofs.lock 4.2 s"]),
        ("4<!-- proof: bursts, gone -->", ["bursts, gone: not in proofs.lock"]),
        ("4<!-- proof: gone, last -->", ["gone, last: not in proofs.lock"]),
    ],
)  # fmt: skip
def test_a_number_that_the_lock_has_not_is_found(text, problems):
    assert list(wrong(text, LOCK)) == problems
