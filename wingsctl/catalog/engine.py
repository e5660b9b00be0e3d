"""The profile of an inference engine: everything in which engines differ, as data."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from wingsctl.catalog.base import (
    Count,
    DnsLabel,
    EnvName,
    FlagName,
    Model,
    Port,
    QuantityText,
    Seconds,
    Text,
    Vendor,
    Version,
    VersionRange,
)
from wingsctl.catalog.container import Args, Env
from wingsctl.catalog.engine_formats import Families, NumberFormat, SplitRules
from wingsctl.catalog.engine_memory import (
    AdapterRules,
    ExpertPadding,
    MemoryFact,
    MemoryRow,
    Reserve,
    RopeFactor,
)
from wingsctl.catalog.host_use import HostUse
from wingsctl.catalog.start_time import StartTime

Hub = Literal["huggingface", "modelscope"]
Feature = Literal[
    "revision", "quantization", "kvCacheType", "chatTemplate", "pipeline", "data", "expert"
]


class EngineImage(VersionRange):
    """One build of the engine's image.

    `{version}` in `tag` becomes the engine version. `compute_capability` bounds are
    NVIDIA's; `driver` is the lowest driver branch that the image's runtime needs.
    Rows are tried in order: the first that suits the card is the default.
    """

    vendor: Vendor
    repository: str
    tag: str
    runtime: str = ""
    driver: str = ""
    min_compute_capability: float | None = None
    max_compute_capability: float | None = None
    accelerators: list[str] = []
    """Catalog names or families (`mi30x`) this image is only for; empty is any."""
    pull_gib: float = Field(gt=0, description="compressed size, for the time budget")
    source: str = ""


class Command(VersionRange):
    """The start of the engine's argv; `$(NAME)` is expanded by Kubernetes.

    The names are the seven documented variables of the gateway container.
    """

    argv: list[str]


class Option(VersionRange):
    """Tokens added when a feature is used; `{value}` becomes the feature's value."""

    argv: list[str]


class GroupLaunch(VersionRange):
    """How an engine starts over several nodes without a program beside it.

    `argv` is added to the command in every pod, `data_argv` where data parallelism is
    above 1, `worker_args` to the arguments of all pods but the leader's. They may use
    `$(LWS_WORKER_INDEX)`, `$(LWS_LEADER_ADDRESS)`, `$(WINGS_LOAD_DEADLINE_SECONDS)` and the
    ports `$(WINGS_RENDEZVOUS_PORT)` and `$(WINGS_DATA_PARALLEL_PORT)`; `{nodes}` is their
    number.
    """

    argv: list[str]
    data_argv: list[str] = []
    worker_args: Args = {}
    refused: dict[FlagName, str] = {}
    """Flags that cannot be given beside these, and why."""
    env: Env = {}
    """Variables of the engine that only a group needs."""
    rendezvous_port: Port
    """Where the leader's engine gathers the others."""
    data_parallel_port: Port | None = None
    source: str = ""


class OwnedFlag(Model):
    """A flag that wingsctl sets itself, and what to write instead of it."""

    use: str
    """Profile key to use instead (`parallelism.tensor`), or a sentence."""


class RenamedFlag(Model):
    """A flag that is gone, since when, and what took its place."""

    gone: Version
    use: str = ""


class Health(Model):
    """HTTP health check of the engine: path, and how long one answer may take."""

    path: Annotated[str, StringConstraints(pattern=r"^/")] = "/health"
    timeout_seconds: Seconds = 5


class Metrics(Model):
    """Names of the engine's Prometheus metrics that count demand."""

    path: Annotated[str, StringConstraints(pattern=r"^/")] = "/metrics"
    waiting: str
    running: str
    time_to_first_token: str = ""
    """Histogram, in seconds; empty where the engine has none."""
    progress: list[str] = []
    """Series that move while the engine works; where none does it hangs."""


class HubAccess(Model):
    """How the engine is told to load from a model hub."""

    env: dict[EnvName, Text] = {}
    token_env: EnvName
    cache_env: EnvName


class ParallelRules(Model):
    """How this engine counts its parallel sizes.

    `data_inside_tensor`: data parallel ranks are carved out of the tensor parallel
    size (SGLang's attention data parallelism) instead of multiplying the world.
    `expert`: "size" is a number of ranks, "switch" only turns it on.
    """

    data_inside_tensor: bool = False
    expert: Literal["size", "switch"] = "switch"


class ParserSwitch(VersionRange):
    """A switch that the versions in its bounds want beside the flag of a parser."""

    flag: FlagName


def _flagged(value: Any) -> Any:
    return {"flag": value} if isinstance(value, str) else value


class ParserFlag(Model):
    """The flag that chooses how the engine reads tool calls or thoughts."""

    kind: Literal["toolCall", "reasoning"]
    flag: FlagName
    switch: Annotated[
        ParserSwitch | None,
        BeforeValidator(_flagged, json_schema_input_type=FlagName | ParserSwitch | None),
    ] = None
    """A flag that turns the parser on, and means nothing without it; a text stands for its name."""
    plugin: FlagName | None = None
    """A flag that adds parsers of the user's own."""
    same: list[list[str]] = []
    """Names of one parser."""
    names: dict[str, VersionRange] = {}
    """Parsers and the versions that have them; empty where the flag tables list them."""


class EngineProfile(Model):
    """One engine: where its images are, how it starts, which flags it has."""

    name: DnsLabel
    title: str
    homepage: str = ""
    versions: list[Version] = Field(min_length=1)
    """Versions with a flag table, oldest first."""
    port: Port = 8000
    images: list[EngineImage] = Field(min_length=1)
    formats: list[NumberFormat] = []
    """What no row names is not checked."""
    no_half: list[Families] = []
    """What the engine refuses to compute with float16."""
    half_instead: VersionRange | None = None
    """Versions that compute with float16 by themselves on cards without bfloat16."""
    splits: SplitRules = SplitRules()
    commands: list[Command] = Field(min_length=1)
    automatic_length: VersionRange | None = None
    """Versions whose flag for the length takes `auto`: the model's own, or what fits the card."""
    options: dict[Feature, list[Option]] = {}
    groups: list[GroupLaunch] = []
    """Versions without a row cannot start over several nodes."""
    no_groups: str = ""
    """Why they cannot, in a few words."""
    many_served_names: bool = False
    underscores: bool = False
    """The engine reads `_` and `-` in flag names as the same."""
    owned: dict[FlagName, OwnedFlag] = {}
    parsers: list[ParserFlag] = []
    renamed: dict[FlagName, RenamedFlag] = {}
    values_flag: FlagName | None = None
    """The flag for the type of the values that it computes with."""
    utilization_flag: FlagName | None = None
    max_requests_flag: FlagName | None = None
    batched_tokens_flag: FlagName | None = None
    reserves: list[Reserve] = []
    expert_padding: list[ExpertPadding] = []
    adapters: AdapterRules | None = None
    rope_factors: list[RopeFactor] = []
    """Of a config that arguments override; without a row YaRN's factor multiplies nothing."""
    memory_flags: dict[MemoryFact, list[str]] = {}
    """Flags that the memory estimate reads; `outer.inner` is a key of a JSON argument."""
    unmodelled_flags: list[FlagName] = []
    """Flags that change the memory in ways that the estimate does not know."""
    env: dict[EnvName, Text] = {}
    health: Health = Health()
    metrics: Metrics
    generate: Literal["native", "translate"] = "translate"
    hubs: dict[Hub, HubAccess] = {}
    parallel: ParallelRules = ParallelRules()
    shm: QuantityText = "2Gi"
    start_seconds: Seconds = 120
    """Import, compilation and graph capture: start-up time without the weights."""
    start_times: list[StartTime] = []
    """The same of models that take longer."""
    load_mib_per_second: Count = 400
    process_gib: float = Field(default=0, ge=0)
    """Host memory of one process without weights and cache; 0 is not known."""
    host_uses: list[HostUse] = []
    """Host memory and disk beside the weights."""
    memory: list[MemoryRow] = []
