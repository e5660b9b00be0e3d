"""Parts state at their top what they cover."""

from __future__ import annotations

import pytest

from tests.cluster.proofs.parts import DEEP, QUICK, all_parts, read_part, statements

PART = 'COVERS = ("sidecar/wings_infer", "wingsctl/cli")\nSEED = 7\nHEAVY = True\nOTHER = f()\n'


@pytest.fixture
def write(tmp_path):
    def make(text: str):
        path = tmp_path / "test_group_cuts.py"
        path.write_text(text, "utf-8")
        return path

    return make


def test_a_part_is_read_without_being_run(write):
    part = read_part(write(PART + "raise SystemExit\n"))
    assert part.name == "group_cuts"
    assert part.covers == ("sidecar/wings_infer", "wingsctl/cli")
    assert (part.seed, part.heavy) == (7, True)
    assert part.command == "make proof PART=group_cuts"


def test_a_part_has_no_seed_and_computes_little_by_default(write):
    part = read_part(write('COVERS = ("wingsctl",)\n'))
    assert (part.seed, part.heavy) == (None, False)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SEED = 7\n", "does not state what it covers"),
        ('COVERS = ("wingsctl/gone.py", "wingsctl")\n', r"\['wingsctl/gone.py'\]"),
    ],
)
def test_a_part_covers_what_exists(write, text, message):
    with pytest.raises(AssertionError, match=message):
        read_part(write(text))


def test_every_file_of_deep_is_a_part():
    assert len(all_parts()) == len(list(DEEP.glob("*.py"))) - 1


def test_files_of_quick_cover_nothing():
    """What covers something is proven by the lock, not each time."""
    assert [path.name for path in QUICK.glob("*.py") if "COVERS" in statements(path)] == []
