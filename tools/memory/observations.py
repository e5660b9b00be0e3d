"""Public start-up logs, each as the request that the estimate would be asked."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from wingsctl.adapters.catalog_files import CatalogFiles
from wingsctl.catalog.accelerator import AcceleratorProfile
from wingsctl.catalog.catalog import Catalog
from wingsctl.catalog.entry_model import model_of
from wingsctl.catalog.model import Architecture
from wingsctl.catalog.versions import first_row
from wingsctl.models.architecture import Model
from wingsctl.models.named_formats import Chosen, choose_formats
from wingsctl.models.quantization import read_formats
from wingsctl.models.read import read_model
from wingsctl.models.shape import has_states, is_compressed, routed_experts
from wingsctl.plan.memory_request import MemoryRequest
from wingsctl.plan.profile_run import ProfileRun
from wingsctl.plan.spread import Spread

ROOT = Path(__file__).resolve().parents[2]
OBSERVATIONS = ROOT / "tests" / "plan" / "data" / "sizing_observations.csv"
CONFIGS = ROOT / "tools" / "models" / "configs"
STAND_INS = {"V0": "0.7.0", "2026": "0.29.0", "": "0.8.0"}
"""Versions for logs that state none, by what else they show: the generation, the year."""
CARDS = {"H100-80GB": "H100", "RTX PRO 6000 Blackwell": "RTX PRO 6000"}
"""Names in logs that the catalog spells in another way."""
_CATALOG = Catalog(CatalogFiles([]))


@dataclass(frozen=True)
class Observation:
    """One start-up: what was asked, and what the engine logged. Sizes are GiB of one GPU."""

    row: Mapping[str, str]

    def number(self, column: str) -> float | None:
        """A logged number; None where the log does not state it."""
        return float(self.row[column]) if self.row[column] else None

    def count(self, column: str) -> int | None:
        """A number without a fraction."""
        value = self.number(column)
        return None if value is None else int(value)

    def said(self, column: str) -> bool | None:
        """Whether a switch was on; None where the log does not show it."""
        return None if not self.row[column] else self.row[column] == "true"

    @property
    def name(self) -> str:
        """How the report calls it."""
        row = self.row
        parts = (row["engine"], row["engine_version"] or "of unknown version", row["model"])
        return " ".join([*parts, f"TP{row['tp'] or 1}", row["gpu"] or "of unknown card"])

    @property
    def source(self) -> str:
        """Rows of one source are of one kind, so that a fit leaves out all of them or none."""
        return self.row["source"]

    @property
    def is_sweep(self) -> bool:
        """Of the one series of one card and nearly one version that constants were fitted to."""
        return self.source.startswith("llm-d-incubation/llm-d-planner#205")

    @property
    def configuration(self) -> tuple[str, ...]:
        """What decides the weights of one GPU."""
        names = ("engine", "config", "architecture", "quantization", "dtype", "tp", "pp", "ep")
        return tuple(self.row[name] for name in names)

    @property
    def version(self) -> str:
        """As the log has it, without remarks."""
        note = self.row["note"]
        stand_in = next(version for mark, version in STAND_INS.items() if mark in note)
        return (self.row["engine_version"] or stand_in).split()[0]

    @cached_property
    def config(self) -> dict[str, object]:
        """The model's own config.json; empty where the row states the sizes itself."""
        if not self.row["config"]:
            return {}
        text = (CONFIGS / f"{self.row['config']}.json").read_text(encoding="utf-8")
        found: dict[str, object] = json.loads(text)
        return found

    @cached_property
    def model(self) -> Model:
        """Its sizes."""
        if self.config:
            return read_model(self.config)
        return model_of(Architecture.model_validate_json(self.row["architecture"]))

    @cached_property
    def formats(self) -> Chosen:
        """By the name of the row, else by the model's own config.json."""
        own = read_formats(self.config) if self.config else None
        return choose_formats(self.model, own, self.row["quantization"] or None)

    @cached_property
    def request(self) -> MemoryRequest:
        """The run, with the constants that the catalog has for its version."""
        row = self.row
        engine = _CATALOG.engine(row["engine"])
        return MemoryRequest(
            self.model,
            self.formats,
            self.card,
            row["engine"],
            row["engine_version"] or None,
            first_row(engine.profile.memory, self.version) if engine else None,
            value_bytes=4 if row["dtype"] == "float32" else 2,
            kv_cache_type=row["kv_cache_dtype"] or None,
            max_length=self.count("max_model_len"),
            max_requests=self.count("max_num_seqs"),
            batched_tokens=self.count("max_num_batched_tokens"),
            utilization=self.number("gpu_memory_utilization"),
            tensor=self.count("tp") or 1,
            pipeline=self.count("pp") or 1,
            spread=self.spread,
            run=ProfileRun(
                graph_sizes=() if self.said("enforce_eager") else None,
                graph_limit=self.count("capture_sizes"),
                has_images="language model only" not in row["note"],
                keeps_prefixes=self.said("prefix_caching"),
            ),
        )

    @property
    def spread(self) -> Spread:
        """All experts on each rank, unless the log says otherwise."""
        return Spread(expert=self.count("ep") or 1)

    @property
    def card(self) -> AcceleratorProfile:
        """A card of the size that the log states."""
        known = _known_card(self.row["gpu"])
        return AcceleratorProfile(
            name="nvidia-"
            + re.sub("[^a-z0-9]+", "-", self.row["gpu"].lower() or "card").strip("-"),
            title=self.row["gpu"] or "an unnamed card",
            vendor="nvidia",
            memory_gib=self.usable_gib or 80,
            usable_gib=self.usable_gib,
            resource="nvidia.com/gpu",
            interconnect=known.interconnect if known else "pcie",
            compute_capability=known.compute_capability if known else None,
        )

    @property
    def usable_gib(self) -> float | None:
        """As logged, else that of the card's name; None where neither is known."""
        known = _known_card(self.row["gpu"])
        return self.number("gpu_mem_gib") or (known.usable_gib if known else None)

    @property
    def is_quantised(self) -> bool:
        """Whether some weights have fewer than 16 bits."""
        return bool(self.formats.formats.method)

    @property
    def has_images(self) -> bool:
        """Whether the model has an encoder that is loaded."""
        return bool(self.model.towers) and self.request.run.has_images

    @property
    def is_hybrid(self) -> bool:
        """Whether the log's tokens are no measure, as a state of each request counts, too."""
        return has_states(self.model) or is_compressed(self.model)

    @property
    def has_experts(self) -> bool:
        """Whether the model has routed experts."""
        return routed_experts(self.model) is not None


def _known_card(name: str) -> AcceleratorProfile | None:
    """The catalog's card of that name."""
    plain = re.sub("[^a-z0-9]+", "-", CARDS.get(name, name).lower()).strip("-")
    entry = _CATALOG.accelerator(f"nvidia-{plain}") if plain else None
    return entry.profile if entry else None


def observations() -> list[Observation]:
    """Every row in the order of the file."""
    lines = OBSERVATIONS.read_text(encoding="utf-8").splitlines()
    return [Observation(row) for row in csv.DictReader(lines)]
