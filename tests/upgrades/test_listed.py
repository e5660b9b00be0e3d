"""What the lists allow is in the changelog, with its reason."""

from __future__ import annotations

import pytest

from tests.support.old_charts import OLD_CASES
from tests.support.profiles import ROOT
from tests.upgrades.listed import REFUSALS, RESTARTS, read_entries


@pytest.mark.parametrize("path", [RESTARTS, REFUSALS], ids=lambda path: path.stem)
def test_every_entry_is_in_the_changelog(path):
    changelog = " ".join((ROOT / "CHANGELOG.md").read_text("utf-8").split())
    for entry in read_entries(path):
        assert set(entry) - {"charts"} == {"at", "reason", "changelog"}, entry
        assert set(entry.get("charts", [])) <= set(OLD_CASES), entry
        for words in ("reason", "changelog"):
            assert len(entry[words]) > 20, entry
        assert " ".join(entry["changelog"].split()) in changelog, entry
