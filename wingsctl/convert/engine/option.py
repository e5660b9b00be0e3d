"""One option of an engine's command, and what becomes of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from wingsctl.catalog.engine import EngineProfile
from wingsctl.convert.conversion import Conversion
from wingsctl.convert.draft_profile import ProfileKey, split_key
from wingsctl.convert.engine.flags import Arguments, Option
from wingsctl.convert.report import Outcome
from wingsctl.convert.words import Variables, settle
from wingsctl.documents import dotted

_UNITS = {"k": 1000, "m": 1000**2, "g": 1000**3, "K": 1024, "M": 1024**2, "G": 1024**3}


@dataclass
class Setting:
    """One option, and all that decides what becomes of it."""

    conversion: Conversion
    engine: EngineProfile
    option: Option
    others: Arguments
    variables: Variables

    @property
    def text(self) -> str:
        """The first value, empty without one."""
        return self.option.texts[0] if self.option.texts else ""

    @property
    def number(self) -> int | None:
        """The first value as a whole number above 0; `4k` and `4K` as vLLM reads them."""
        found = re.fullmatch(r"([0-9]{1,12})(?:\.([0-9]{1,9}))?([kmgKMG]?)", self.text)
        if found is None:
            return None
        value = float(f"{found[1]}.{found[2] or 0}") * _UNITS.get(found[3], 1)
        return int(value) or None

    def gives(self, name: str) -> bool:
        """Whether another option of that name is there."""
        return any(each.name == name for each in self.others.options)

    def put(self, key: ProfileKey, value: Any, note: str = "") -> bool:
        """Carries the option to a key; with a note it is changed on the way."""
        reason = self.conversion.refusal(key, value)
        if reason is not None:
            self.drop(*reason)
            return False
        shown = dotted(split_key(key))
        outcome: Outcome = "changed" if note else "carried"
        settle(self.option.words, outcome, part=self.option.written, key=shown, note=note)
        return True

    def imply(self, note: str) -> None:
        """Wingsctl does it anyway."""
        settle(self.option.words, "implied", part=self.option.written, note=note)

    def drop(self, note: str, remedy: str = "") -> None:
        """It went nowhere."""
        settle(self.option.words, "dropped", part=self.option.written, note=note, remedy=remedy)
