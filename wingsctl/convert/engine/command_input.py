"""A command line, or a text file with one, as the input."""

from __future__ import annotations

from wingsctl.convert.conversion import Conversion
from wingsctl.convert.engine.container import read_engine
from wingsctl.convert.fields import Fields
from wingsctl.convert.words import Word


def read_command_input(conversion: Conversion, fields: Fields) -> None:
    """Words behind `--`, or the text of a script; beside a workload it adds arguments."""
    if isinstance(fields.data, list):
        words = [Word(each.text(), each) for each in fields.items()]
    else:
        words = [Word("sh", fields, is_part=True), Word("-c", fields, is_part=True),
                 Word(fields.text(), fields, is_part=True)]  # fmt: skip
    read_engine(conversion, Fields(fields.ledger, ("image",)), words, [])
