"""Commands that take words behind `--` as they are."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand

WORDS = "wingsctl.words"
"""Where the context keeps them."""


class CommandWithWords(TyperCommand):
    """Parses what stands before `--`, and keeps the rest apart."""

    may_be_empty = False
    """Whether `--` may stand last."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Options up to `--`; raises a usage error where nothing follows it, but should."""
        end = args.index("--") if "--" in args else len(args)
        ctx.meta[WORDS] = args[end + 1 :]
        if args[end:] == ["--"] and not self.may_be_empty:
            ctx.fail("nothing follows --")
        return super().parse_args(ctx, args[:end])
