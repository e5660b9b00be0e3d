"""The model of a plan: facts, place of the weights, names, length."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wingsctl.catalog.catalog import Entry
from wingsctl.catalog.engine import EngineProfile
from wingsctl.catalog.entry_model import entry_config, entry_formats, entry_model
from wingsctl.catalog.model import ModelProfile
from wingsctl.catalog.model_config import ModelConfig
from wingsctl.catalog.model_section import Claim, HubSource, ModelSection, Source
from wingsctl.documents import did_you_mean
from wingsctl.models.architecture import Model
from wingsctl.models.formats import Formats
from wingsctl.models.named_formats import Chosen, by_size, choose_formats
from wingsctl.plan.deployment import SourceKind
from wingsctl.plan.draft import Draft, plain

MODELS_DIR = "/models"
_OWN_FILES = "model.config: path/to/config.json takes its own file instead"
CACHE_DIR = "/model-cache"


@dataclass(frozen=True)
class ModelFacts:
    """What is known about the model; `model` is None where nothing is."""

    profile: ModelProfile | None
    model: Model | None
    formats: Formats | None
    """Those of the checkpoint's own block, where its file was given."""
    repository: str
    quantization: str | None
    native: str | None
    """The format of the published weights."""
    config: Mapping[str, Any] | None = None
    """Keys of config.json."""
    is_overridden: bool = False
    """Arguments change the config, and `model` is of the changed one."""
    is_stretched: bool = False
    """Arguments change the config in a way that cannot be read."""

    def formats_of(self, model: Model) -> Chosen:
        """What the weights are counted with; a stated size decides what a name leaves open."""
        chosen = choose_formats(model, self.formats, self.quantization)
        gib = self.profile.checkpoint_gib if self.profile else None
        if gib is None or self.quantization != self.native:
            return chosen
        return by_size(model, chosen, gib * 2**30)


@dataclass(frozen=True)
class ProfileFiles:
    """What is in the files that a profile names; each None where it names none."""

    config: ModelConfig | None = None
    chat_template: str | None = None


def resolve_facts(draft: Draft, section: ModelSection, files: ProfileFiles) -> ModelFacts:
    """The catalog's facts, or those of the model's own config.json, or none."""
    entry = draft.catalog.model(section.name)
    profile = entry.profile if entry else None
    model = entry_model(profile) if profile else None
    formats = entry_formats(profile) if profile else None
    config: Mapping[str, Any] | None = entry_config(profile) if profile else None
    if section.config is not None:
        model = files.config.model if files.config else None
        formats = files.config.formats if files.config else None
        config = files.config.config if files.config else None
        draft.decide("model.config", section.config, draft.line("model", "config"))
    source = entry.source if entry else draft.line("model", "name")
    if profile is not None and profile.same_sizes_as:
        draft.decide("model.sizes", f"those of {profile.same_sizes_as}", source)
    repository = draft.decide("model.name", profile.name if profile else section.name, source)
    native = (formats.method if formats else None) or (profile.quantization if profile else None)
    quantization = draft.take(
        "model.quantization", section.quantization, native, "the format of the weights"
    )
    return ModelFacts(profile, model, formats, repository, quantization, native, config)


def check_known(draft: Draft, section: ModelSection) -> None:
    """A short name must be in the catalog; a repository id need not be."""
    name = section.name
    entry = draft.catalog.model(name)
    if entry is not None and section.config is None:
        _report_near(draft, name, entry)
    if entry is not None or section.config is not None:
        return
    if "/" in name:
        return
    known = draft.catalog.names("models")
    hint = did_you_mean(name, known) or "write the hub repository id: owner/name"
    draft.refuse(_name_path(draft), f"no model {name!r} in the catalog", hint)


def warn_unknown(draft: Draft, section: ModelSection) -> None:
    """Where nothing can be planned yet, so that no number can be named."""
    if draft.catalog.model(section.name) is None and section.config is None and "/" in section.name:
        draft.warn(
            _name_path(draft),
            f"{section.name} is not in the catalog: its size will be assumed",
            "give model.config: path/to/config.json",
        )


def _report_near(draft: Draft, name: str, entry: Entry[ModelProfile]) -> None:
    """What a name was taken for that is not the entry's own."""
    profile = entry.profile
    if entry.relation == "upload":
        message = f"{name} is not in the catalog: its facts are those of {profile.same_sizes_as}"
        draft.warn(_name_path(draft), message, "a model of the same name; " + _OWN_FILES)
    elif entry.relation == "format":
        format_name = profile.quantization or "16-bit"
        message = (
            f"{name} is not in the catalog: its sizes are those of {profile.same_sizes_as} "
            f"with {format_name} weights, as its name says"
        )
        draft.warn(_name_path(draft), message, _OWN_FILES)


def _name_path(draft: Draft) -> tuple[str, ...]:
    return ("model", "name") if draft.is_written("model", "name") else ("model",)


@dataclass(frozen=True)
class ModelPlace:
    """Where the weights are: the kind of source, its shape, the engine's model path."""

    kind: SourceKind
    hub: str | None
    path: str
    source: dict[str, Any]


def resolve_place(draft: Draft, section: ModelSection, repository: str) -> ModelPlace:
    """The place of the weights, and the path or repository the engine loads."""
    source = section.source or Source(huggingface=HubSource())
    hub = source.huggingface or source.modelscope
    if hub is not None:
        return _hub_place(draft, source, hub, repository)
    if source.host_path is not None:
        kind: SourceKind = "hostPath"
        shape: Any = source.host_path
    elif source.pvc is not None:
        kind, shape = "pvc", source.pvc
    else:
        kind, shape = "image", source.image
    directory = (source.directory or "").strip("/")
    path = f"{MODELS_DIR}/{directory}" if directory else MODELS_DIR
    draft.decide(f"model.source.{kind}", plain(shape), draft.line("model", "source", kind))
    where = ("model", "source", "directory") if directory else ("model", "source")
    draft.decide("model.path", path, f"{draft.line(*where)}, below the mount {MODELS_DIR}")
    return ModelPlace(kind, None, path, plain(shape) or {})


def _hub_place(draft: Draft, source: Source, hub: HubSource, repository: str) -> ModelPlace:
    name = "huggingface" if source.huggingface is not None else "modelscope"
    path = draft.take(f"model.source.{name}.repo", hub.repo, repository, "rule: model.name")
    draft.decide("model.path", path, "the repository that the engine downloads")
    if source.directory is not None:
        draft.refuse(
            ("model", "source", "directory"),
            "a hub source has no directory: the engine downloads a whole repository",
            "leave it out",
        )
    return ModelPlace("hub", name, path, plain(hub))


def check_source(draft: Draft, section: ModelSection) -> None:
    """Exactly one kind of source, one kind of claim, one kind of cache."""
    if section.source is None:
        return
    kinds = ("hostPath", "pvc", "huggingface", "modelscope", "image")
    path = ("model", "source")
    _one_of(draft, path, [kind for kind in kinds if draft.is_written(*path, kind)], kinds)
    if section.source.pvc is not None:
        _check_claim(draft, (*path, "pvc"), section.source.pvc)
    for name, hub in (
        ("huggingface", section.source.huggingface),
        ("modelscope", section.source.modelscope),
    ):
        if hub is not None and draft.is_written(*path, name, "cache"):
            cache = (*path, name, "cache")
            written = [kind for kind in ("ephemeral", "pvc") if draft.is_written(*cache, kind)]
            _one_of(draft, cache, written, ("ephemeral", "pvc"))
            if hub.cache.pvc is not None:
                _check_claim(draft, (*cache, "pvc"), hub.cache.pvc)


def _check_claim(draft: Draft, path: tuple[str, ...], claim: Claim) -> None:
    given = {"claimName": claim.claim_name, "create": claim.create}
    _one_of(draft, path, [key for key, value in given.items() if value], tuple(given))


def _one_of(
    draft: Draft, path: tuple[str, ...], written: list[str], known: tuple[str, ...]
) -> None:
    if len(written) != 1:
        found = f"has {' and '.join(written)}" if written else "has none of its kinds"
        draft.refuse(path, f"{found}: exactly one is needed", f"write one of {', '.join(known)}")


def resolve_served_names(
    draft: Draft, section: ModelSection, engine: EngineProfile, repository: str
) -> list[str]:
    """The names that the API answers to; the first is MODEL_NAME."""
    names = draft.take(
        "model.servedName", section.served_name, [repository], "rule: the name of the model"
    )
    if len(names) > 1 and not engine.many_served_names:
        draft.refuse(
            ("model", "servedName"),
            f"{engine.title} serves one name, not {len(names)}",
            "keep the name that clients use",
        )
    return names


def resolve_chat_template(draft: Draft, section: ModelSection, files: ProfileFiles) -> str | None:
    """The text of the chat template, from the profile or the file it names."""
    template = section.chat_template
    if template is None:
        return None
    given = {"inline": template.inline, "file": template.file}
    written = [key for key, value in given.items() if value is not None]
    _one_of(draft, ("model", "chatTemplate"), written, tuple(given))
    if len(written) != 1:
        return None
    text = template.inline if template.inline is not None else files.chat_template or ""
    shown = f"{len(text)} characters"
    where = "inline" if template.file is None else "file"
    draft.decide("model.chatTemplate", shown, draft.line("model", "chatTemplate", where))
    return text
