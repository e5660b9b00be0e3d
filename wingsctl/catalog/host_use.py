"""Host memory and disk that flags and variables give an engine, as data."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from wingsctl.catalog.base import EnvName, FlagName, Text, VersionRange

Holder = Literal["memory", "shm", "disk"]
Unit = Literal["GiB", "GB", "bytes", "ratio"]


class HostUse(VersionRange):
    """What the value of one flag or variable takes on the host, from `since` up to `before`.

    `per` rank: each engine process of the pod takes as much. `ratio` is of the KV cache that
    one device holds. `shm` is memory in files of /dev/shm. `key` is the way to the number in a
    flag's JSON (`kv_connector_extra_config.cpu_bytes_to_use`).
    """

    flag: FlagName | None = None
    env: EnvName | None = None
    key: str = ""
    unit: Unit = "GiB"
    per: Literal["rank", "pod"] = "rank"
    holds: Holder = "memory"
    default: float | None = Field(default=None, ge=0)
    """Taken where neither flag nor variable is written, but `when_flag` is."""
    when_flag: FlagName | None = None
    """Nothing is taken without this flag."""
    when_text: str = ""
    """Nothing is taken unless the value of `when_flag` holds this text."""
    overridden_by: FlagName | None = None
    """A flag above 0 that counts instead."""
    path_env: EnvName | None = None
    """The variable with the directory; on a claim or a path of the node nothing counts."""
    cpu: bool | None = None
    """True: on CPU engines alone; False: on all others."""
    source: Text

    @model_validator(mode="after")
    def _has_a_name(self) -> Self:
        if (self.flag is None) == (self.env is None):
            raise ValueError("needs either flag or env")
        return self
