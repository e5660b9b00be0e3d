"""What the environment decides for every pod: each variable, its default and its meaning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wings_infer.environment import read_variables, variable
from wings_infer.errors import SettingsError
from wings_infer.front_door.settings import FrontDoorSettings, load_front_door_settings
from wings_infer.group.settings import GroupSettings, argv_of_role, load_group_settings
from wings_infer.mounts import check_mounts

MIB = 1024 * 1024


@dataclass(frozen=True)
class Settings:
    """All settings; times in seconds, sizes in bytes."""

    argv: tuple[str, ...] = ()
    group: GroupSettings | None = None
    """None for a pod that is alone."""
    front_door: FrontDoorSettings | None = None
    """None beside an engine."""
    engine_type: str = variable("ENGINE_TYPE", "vllm", "name of the engine, for people")
    engine_port: int = variable("ENGINE_PORT", 8000, "the engine's HTTP port on 127.0.0.1", 1)
    client_port: int = variable("WINGS_PORT", 9000, "port for clients")
    model_name: str = variable("MODEL_NAME", "", "served model name, for people")
    model_path: str = variable(
        "MODEL_PATH", "/models", "where the model lies, checked by the entrypoint"
    )
    tp_size: int = variable("TP_SIZE", 1, "tensor parallel size, for people")
    max_model_len: str = variable("MAX_MODEL_LEN", "4096", "maximum model length or auto, for people")
    cluster_port: int = variable("WINGS_CLUSTER_PORT", 9001, "port for the cluster")
    listen_host: str = variable("WINGS_LISTEN_HOST", "", "address to listen on, empty for all")
    shared_dir: Path = variable(
        "WINGS_SHARED_DIR", Path("/shared-volume"), "volume both containers share"
    )
    engine_version: str = variable("WINGS_ENGINE_VERSION", "", "version of the engine, for people")
    health_path: str = variable("WINGS_ENGINE_HEALTH_PATH", "/health", "the engine's health path")
    health_timeout: float = variable(
        "WINGS_ENGINE_HEALTH_TIMEOUT_SECONDS", 5.0, "time-out of one health request", 0.01
    )
    health_interval: float = variable(
        "WINGS_ENGINE_HEALTH_INTERVAL_SECONDS",
        5.0,
        "time between health requests to a ready engine",
        0.01,
    )
    load_interval: float = variable(
        "WINGS_ENGINE_LOAD_INTERVAL_SECONDS", 1.0, "the same while it loads or is unhealthy", 0.01
    )
    health_failures: int = variable(
        "WINGS_ENGINE_HEALTH_FAILURES",
        3,
        "failed health requests in a row that make it unhealthy",
        1,
    )
    metrics_path: str = variable("WINGS_ENGINE_METRICS_PATH", "/metrics", "the engine's metrics path")
    append_metrics: bool = variable(
        "WINGS_ENGINE_METRICS_APPEND", True, "append the engine's metrics to /metrics"
    )
    generate: str = variable(
        "WINGS_ENGINE_GENERATE",
        "native",
        "native: forward /generate; translate: to /v1/completions",
    )
    load_deadline: float = variable(
        "WINGS_LOAD_DEADLINE_SECONDS", 1800.0, "from the engine's start to its first healthy answer"
    )
    unhealthy_deadline: float = variable(
        "WINGS_UNHEALTHY_DEADLINE_SECONDS",
        300.0,
        "unhealthy this long: restart the engine; 0: never",
    )
    drain_delay: float = variable(
        "WINGS_DRAIN_DELAY_SECONDS", 15.0, "after SIGTERM: goes on serving late comers"
    )
    drain: float = variable("WINGS_DRAIN_SECONDS", 60.0, "after the delay: finishes what is in flight")
    stop: float = variable("WINGS_STOP_SECONDS", 10.0, "from TERM to KILL of the engine")
    backoff: tuple[float, ...] = variable(
        "WINGS_BACKOFF_SECONDS",
        (0.0, 5.0, 10.0, 20.0, 40.0, 60.0),
        "waits before a start after 1, 2, ... failures",
    )
    proven: float = variable(
        "WINGS_PROVEN_SECONDS", 600.0, "ready this long: failures count from zero again"
    )
    max_head: int = variable("WINGS_MAX_HEAD_BYTES", 65536, "request line and fields together", 1024)
    max_fields: int = variable("WINGS_MAX_HEADER_FIELDS", 128, "fields of a request", 8)
    max_body: int = variable("WINGS_MAX_BODY_BYTES", 512 * MIB, "body of a request")
    max_connections: int = variable("WINGS_MAX_CONNECTIONS", 10000, "client connections at once", 1)
    max_in_flight: int = variable("WINGS_MAX_IN_FLIGHT", 1024, "requests at the engine at once", 1)
    max_waiting: int = variable("WINGS_MAX_WAITING", 1024, "requests that wait for a place")
    max_wait: float = variable("WINGS_MAX_WAIT_SECONDS", 60.0, "how long one waits for a place")
    head_timeout: float = variable(
        "WINGS_HEAD_TIMEOUT_SECONDS", 30.0, "until a request's head is complete"
    )
    body_timeout: float = variable(
        "WINGS_BODY_TIMEOUT_SECONDS", 60.0, "between two pieces of a request's body"
    )
    first_byte_timeout: float = variable(
        "WINGS_FIRST_BYTE_TIMEOUT_SECONDS", 3600.0, "until the engine's reply begins"
    )
    reply_timeout: float = variable(
        "WINGS_REPLY_TIMEOUT_SECONDS",
        600.0,
        "between two pieces of the engine's reply, or of its reading",
    )
    idle_timeout: float = variable(
        "WINGS_IDLE_TIMEOUT_SECONDS", 120.0, "a client connection without a request"
    )
    engine_idle_timeout: float = variable(
        "WINGS_ENGINE_IDLE_TIMEOUT_SECONDS",
        4.0,
        "a pooled engine connection; below the engine's own",
    )
    forward: tuple[str, ...] = variable(
        "WINGS_FORWARD_PATHS",
        ("/v1/", "/v2/", "/tokenize", "/detokenize", "/rerank", "/score", "/classify", "/pooling",
         "/embed", "/encode", "/invocations", "/version", "/get_model_info", "/model_info"),
        "paths sent to the engine; one that ends in / stands for all below; * for every path",
    )  # fmt: skip
    access_log: str = variable("WINGS_ACCESS_LOG", "json", "json, text or off")
    keys_file: Path | None = variable(
        "WINGS_API_KEYS_FILE", None, "file with one API key a line; off when unset"
    )
    open_paths: tuple[str, ...] = variable(
        "WINGS_API_KEYS_OPEN_PATHS", ("/health", "/livez", "/metrics"), "paths that need no key"
    )
    tls_cert: Path | None = variable(
        "WINGS_TLS_CERT_FILE", None, "certificate chain for the client port"
    )
    tls_key: Path | None = variable("WINGS_TLS_KEY_FILE", None, "its private key")
    cors_origins: tuple[str, ...] = variable(
        "WINGS_CORS_ORIGINS", (), "allowed origins, or *; off when empty"
    )

    @property
    def grace(self) -> float:
        """Seconds from SIGTERM to the end of everything."""
        return self.drain_delay + self.drain + self.stop


def load_settings(
    environment: Mapping[str, str], argv: tuple[str, ...], root: Path = Path("/")
) -> Settings:
    """Settings from the environment; all that is wrong with it at once.

    `root` is the folder in which Secrets are mounted. Raises SettingsError.
    """
    problems: list[str] = []
    values = read_variables(Settings, environment, problems)
    group = load_group_settings(environment, problems)
    front_door = load_front_door_settings(environment, problems)
    argv = argv_of_role(argv, is_worker=group is not None and group.index > 0)
    problems += _check(values) + _check_mode(argv, group, front_door)
    problems += check_mounts(environment, root)
    if problems:
        raise SettingsError("\n".join(problems))
    return Settings(argv=argv, group=group, front_door=front_door, **values)  # type: ignore[arg-type]


def _check_mode(
    argv: tuple[str, ...], group: GroupSettings | None, front_door: FrontDoorSettings | None
) -> list[str]:
    problems = []
    if not argv and front_door is None:
        problems.append("arguments: the engine's command line is missing")
    if argv and front_door is not None:
        problems.append("arguments: a front door has no engine and takes none")
    if group is not None and front_door is not None:
        problems.append("LWS_GROUP_SIZE: a front door is in no group")
    return problems


def _check(values: dict[str, object]) -> list[str]:
    problems = []
    if values.get("generate", "native") not in {"native", "translate"}:
        problems.append("WINGS_ENGINE_GENERATE: neither native nor translate")
    if values.get("access_log", "json") not in {"json", "text", "off"}:
        problems.append("WINGS_ACCESS_LOG: neither json, text nor off")
    if ("tls_cert" in values) != ("tls_key" in values):
        problems.append("WINGS_TLS_CERT_FILE and WINGS_TLS_KEY_FILE: one without the other")
    return problems
