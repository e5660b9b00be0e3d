"""The profile of a KEDA trigger type: what its metadata may say, and what it can do."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from wingsctl.catalog.base import DnsLabel, Model, Text, Version


class TriggerField(Model):
    """One key of a trigger's metadata; KEDA wants all of them as text."""

    type: Literal["text", "number", "integer", "boolean"] = "text"
    required: bool = False
    choices: list[Text] = []
    from_env: bool = False
    """`KEYFromEnv` may stand for it: a variable of the gateway's container."""
    secret: bool = False
    """Refused as a literal: only by authentication, or `KEYFromEnv`."""
    since: Version | None = None
    """Oldest KEDA that knows it."""


class Steps(Model):
    """The keys by which groups start one after another: group i at more than i x threshold."""

    threshold: Text
    activation: Text


class Asleep(Model):
    """A setting with which the trigger cannot start anything from zero, and why."""

    key: Text
    values: list[Text] = []
    """Empty: when the key is missing."""
    why: Text


class TriggerProfile(Model):
    """One trigger type of KEDA, or of its http add-on."""

    name: DnsLabel
    title: Text
    source: Text
    """Where its keys are documented."""
    since: Version = "2.14.0"
    """Oldest KEDA that has it; charts need 2.14 in any case."""
    metadata: dict[Text, TriggerField] = {}
    open: bool = False
    """Further keys are for the server that the trigger asks, and are passed on."""
    one_of: list[Annotated[list[Text], Field(min_length=2)]] = []
    """Of each list one key must be given, here or by authentication."""
    together: dict[Text, Text] = {}
    """A key that needs another one."""
    authentication: list[Text] = []
    """Parameters of a TriggerAuthentication; those not in `metadata` come in no other way."""
    never_wakes: Text = ""
    """Why it can start nothing from zero, in a few words; empty where it can."""
    asleep: list[Asleep] = []
    steps: Steps | None = None
    no_steps: Text = ""
    """Why groups cannot start one after another by it."""
