"""Environment of the two containers, and the gateway's image."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from wingsctl.catalog.container import Env
from wingsctl.catalog.engine import EngineProfile, GroupLaunch
from wingsctl.catalog.fabric import FabricFacts
from wingsctl.catalog.gateway_section import LIMIT_VARIABLES, GatewaySection
from wingsctl.catalog.profile import Profile
from wingsctl.documents import KeyPath
from wingsctl.plan.draft import Draft, plain
from wingsctl.plan.image_reference import GATEWAY_REPOSITORY, split_image
from wingsctl.plan.model import CACHE_DIR
from wingsctl.plan.resources import resolve_gateway_resources

GATEWAY_TAG = "0.1.0"
"""The gateway's own version: a new wingsctl alone must not restart a pod."""
DOCUMENTED_ENV = (
    "ENGINE_TYPE", "ENGINE_PORT", "WINGS_PORT", "MODEL_NAME", "MODEL_PATH", "TP_SIZE",
    "MAX_MODEL_LEN",
)  # fmt: skip
GATEWAY_ENV = (
    *DOCUMENTED_ENV, "WINGS_CLUSTER_PORT", "WINGS_SHARED_DIR", "WINGS_ENGINE_VERSION",
    "WINGS_ENGINE_HEALTH_PATH", "WINGS_ENGINE_HEALTH_TIMEOUT_SECONDS",
    "WINGS_ENGINE_METRICS_PATH", "WINGS_ENGINE_GENERATE", "WINGS_LOAD_DEADLINE_SECONDS",
    "WINGS_DRAIN_DELAY_SECONDS", "WINGS_DRAIN_SECONDS", "WINGS_STOP_SECONDS",
)  # fmt: skip
"""What the chart's templates set in the gateway container, beside SECRET_FILES."""
SECRET_FILES = {
    "auth": {"WINGS_API_KEYS_FILE": "/wings-auth/keys"},
    "tls": {
        "WINGS_TLS_CERT_FILE": "/wings-tls/tls.crt",
        "WINGS_TLS_KEY_FILE": "/wings-tls/tls.key",
    },
}
"""By the key of `gateway` that mounts a Secret: variable -> file of it."""
ENGINE_ENV = ("POD_IP", "WINGS_SHARED_DIR", "WINGS_GRACE_SECONDS", "WINGS_STOP_SECONDS")
"""What they set in the engine container."""
GROUP_ENV = (
    "POD_IP", "POD_NAME", "POD_NAMESPACE", "POD_UID", "NODE_NAME", "WINGS_GROUP",
    "WINGS_GROUP_INDEX", "WINGS_WORKER_ADDRESS", "WINGS_LOWER_LEADERS", "WINGS_TEMPLATE",
    "WINGS_REVISION", "WINGS_TURN_SECONDS", "WINGS_RENDEZVOUS_PORT", "WINGS_DATA_PARALLEL_PORT",
    "WINGS_ENGINE_PROGRESS_METRICS",
)  # fmt: skip
"""What they set besides in the containers of a group."""
DOOR_ENV = (
    "POD_NAMESPACE", "WINGS_MODE", "WINGS_BACKENDS", "WINGS_BACKENDS_CA_FILE",
    "WINGS_HOLD_SECONDS", "WINGS_MODEL_NAMES",
)  # fmt: skip
"""What they set in a front door, beside some of GATEWAY_ENV."""
RESERVED_PREFIX = "LWS_"
"""Of the variables that only a group of pods has."""
OFFLINE = {"HF_HUB_OFFLINE": "1"}
"""For weights that are already there: no start may wait for a hub."""


def owned_gateway_env(name: str) -> bool:
    """Whether the chart itself sets this variable of the gateway container."""
    return name in GATEWAY_ENV or _secret_key(name) is not None or name.startswith(RESERVED_PREFIX)


def gateway_env_hint(name: str, otherwise: str = "change it by its profile key") -> str:
    """What to write instead of a variable that the chart sets in the gateway container."""
    key = _secret_key(name)
    return f"use gateway.{key}" if key else otherwise


def _secret_key(name: str) -> str | None:
    """The key of `gateway` whose Secret this variable names a file of."""
    return next((key for key, files in SECRET_FILES.items() if name in files), None)


def owned_engine_env(name: str) -> bool:
    """Whether the chart itself sets this variable of the engine container."""
    return name in ENGINE_ENV or name.startswith(RESERVED_PREFIX)


def resolve_engine_env(
    draft: Draft,
    profile: Profile,
    engine: EngineProfile,
    fabric: FabricFacts | None,
    source: dict[str, Any],
    launch: GroupLaunch | None,
) -> dict[str, Any]:
    """The engine's defaults, the hub's, a group's, the fabric's and the profile's; later win."""
    env: dict[str, Any] = {}
    layers: list[tuple[dict[str, Any], str]] = [(dict(engine.env), draft.sources["engine"])]
    if source["hub"]:
        layers.append((_hub_env(engine, source), f"{draft.sources['engine']}, hub"))
    else:
        layers.append((dict(OFFLINE), "rule: the weights are not at a hub"))
    if launch is not None:
        layers.append((plain(launch.env), f"{draft.sources['engine']}, groups"))
    layers.append((dict(fabric.env) if fabric else {}, "fabric"))
    layers.append((plain(profile.pod.env), "profile, pod.env"))
    layers.append((plain(profile.engine.env), "profile, engine.env"))
    for layer, where in layers:
        for name, value in layer.items():
            env[name] = value
            draft.decide(f"engine.env.{name}", value, where)
    return env


def _hub_env(engine: EngineProfile, source: dict[str, Any]) -> dict[str, Any]:
    """How the engine reaches the hub, and where it keeps the download."""
    hub = engine.hubs.get(source["hub"])
    if hub is None:
        return {}
    token = source.get("tokenSecret")
    reference = {hub.token_env: {"valueFrom": {"secretKeyRef": token}}} if token else {}
    return {**hub.env, hub.cache_env: CACHE_DIR, **reference}


GATEWAY_PORTS = (9000, 9001)


def check_port(draft: Draft, port: int) -> None:
    """Both containers share the pod's ports."""
    if port in GATEWAY_PORTS:
        draft.refuse(
            ("engine", "port"),
            f"{port} is a port of the gateway, which is in the same pod",
            "leave it out, or choose another, such as 8000",
        )


def check_environment(draft: Draft, profile: Profile, engine: EngineProfile) -> None:
    """Variables that the chart sets itself are refused."""
    grouped = GROUP_ENV if profile.nodes > 1 else ()
    check_engine_env(draft, engine, profile.engine.env, ("engine", "env"), grouped)
    for name in profile.gateway.env:
        if owned_gateway_env(name) or name in grouped:
            draft.refuse(("gateway", "env", name), "is set by the chart", gateway_env_hint(name))
    taken = {*grouped, *_hub_names(engine)}
    for name in profile.pod.env:
        if owned_engine_env(name) or owned_gateway_env(name) or name in taken:
            hint = gateway_env_hint(name, "leave it out")
            draft.refuse(("pod", "env", name), "is set by the chart", hint)


def check_engine_env(
    draft: Draft,
    engine: EngineProfile,
    env: Env,
    path: KeyPath,
    also: Collection[str] = GROUP_ENV,
) -> None:
    """Variables of the engine, written at `path`, that the chart sets itself; `also` too."""
    for name in env:
        is_hub = name in _hub_names(engine)
        if owned_engine_env(name) or is_hub or name in also:
            hint = "use model.source" if is_hub else "leave it out"
            draft.refuse((*path, name), "is set by the chart", hint)


def _hub_names(engine: EngineProfile) -> set[str]:
    return {name for hub in engine.hubs.values() for name in (hub.token_env, hub.cache_env)}


def resolve_gateway(draft: Draft, profile: Profile, image: str) -> dict[str, Any]:
    """The gateway's image, resources and environment."""
    written = profile.gateway
    repository, tag, digest = split_image(image)
    source = "WINGSCTL_GATEWAY_IMAGE" if image else "default: push your own, see the README"
    env = {**_gateway_settings(written), **plain(profile.pod.env), **plain(written.env)}
    for name, value in env.items():
        draft.decide(f"gateway.env.{name}", value, "profile, gateway")
    secrets = {"auth": plain(written.auth), "tls": plain(written.tls)}
    for key, value in secrets.items():
        if value is not None:
            draft.decide(f"gateway.{key}", value, draft.line("gateway", key))
    return {
        "image": {
            "repository": draft.take(
                "gateway.image.repository",
                written.image.repository,
                repository or GATEWAY_REPOSITORY,
                source,
            ),
            "tag": draft.take(
                "gateway.image.tag", written.image.tag, tag or GATEWAY_TAG, "default"
            ),
            "digest": draft.take("gateway.image.digest", written.image.digest, digest, "default"),
            "pullPolicy": draft.decide(
                "gateway.image.pullPolicy", written.image.pull_policy, "profile or default"
            ),
        },
        "resources": resolve_gateway_resources(draft, written.resources),
        "env": env,
        **{key: value for key, value in secrets.items() if value is not None},
    }


def _gateway_settings(gateway: GatewaySection) -> dict[str, Any]:
    """Limits, CORS and log, as the gateway's variables."""
    limits = {
        variable: getattr(gateway.limits, name)
        for name, variable in LIMIT_VARIABLES.items()
        if getattr(gateway.limits, name) is not None
    }
    cors = {"WINGS_CORS_ORIGINS": ",".join(gateway.cors.origins)} if gateway.cors else {}
    log = {"WINGS_ACCESS_LOG": gateway.log} if gateway.log else {}
    return {**limits, **cors, **log}
