"""The words of a command, each with the field that it stands in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from wingsctl.convert.fields import Fields
from wingsctl.convert.report import Outcome

_REFERENCE = re.compile(r"\$\(([A-Za-z_][A-Za-z0-9_]*)\)")


@dataclass(frozen=True)
class Word:
    """One word after expansion; a variable that is known only in the pod stays `$(NAME)`.

    `is_part`: its field holds more than this word, as shell text does.
    """

    text: str
    fields: Fields
    is_part: bool = False

    @property
    def references(self) -> list[str]:
        """The variables that only the pod knows."""
        return _REFERENCE.findall(self.text)


@dataclass
class Variable:
    """A variable of the container: its text, or None where Kubernetes looks it up.

    `used` becomes true when a command has the text written out.
    """

    text: str | None
    fields: Fields
    secret: dict[str, str] | None = None
    """`{name, key}` where it comes from a Secret."""
    used: bool = False


@dataclass
class Variables:
    """All variables of a container by name."""

    by_name: dict[str, Variable] = field(default_factory=dict)

    def text(self, name: str) -> str | None:
        """The value of a variable, None where it has none or only the pod knows it."""
        found = self.by_name.get(name)
        if found is None or found.text is None:
            return None
        found.used = True
        return self.expanded(found.text, above=(name,))

    def expanded(self, text: str, above: tuple[str, ...] = ()) -> str:
        """The text with Kubernetes' `$(NAME)` written out, and `$$` as `$`."""

        def value(found: re.Match[str]) -> str:
            if found[0] == "$$":
                return "$"
            known = None if found[1] in above or len(above) > 8 else self._known(found[1], above)
            return found[0] if known is None else known

        return re.sub(r"\$\$|\$\(([A-Za-z_][A-Za-z0-9_]*)\)", value, text)

    def _known(self, name: str, above: tuple[str, ...]) -> str | None:
        found = self.by_name.get(name)
        if found is None or found.text is None:
            return None
        found.used = True
        return self.expanded(found.text, (*above, name))


def settle(
    words: Iterable[Word],
    outcome: Outcome,
    *,
    part: str,
    key: str = "",
    note: str = "",
    remedy: str = "",
) -> None:
    """One row for each field that the words stand in; `part` names them inside shell text."""
    for word in {(each.fields.path, each.is_part): each for each in reversed(list(words))}.values():
        if outcome == "carried":
            word.fields.carried(key, note, part=part)
        elif outcome == "changed":
            word.fields.changed(key, note, remedy, part=part)
        elif outcome == "implied":
            word.fields.implied(note, part=part)
        else:
            word.fields.dropped(note, remedy, part=part)
