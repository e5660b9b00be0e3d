"""The engine container: command, arguments, environment and resources."""

from __future__ import annotations

from wingsctl.catalog.base import quantity_value
from wingsctl.catalog.engine import Feature, GroupLaunch
from wingsctl.catalog.profile import Profile
from wingsctl.plan.deployment import EnginePlan, ModelPlan, Parallel
from wingsctl.plan.draft import Draft
from wingsctl.plan.engine import EngineChoice
from wingsctl.plan.engine_args import build_command, check_args, repeatable_flags
from wingsctl.plan.environment import check_environment, check_port, resolve_engine_env
from wingsctl.plan.group import launch_tokens
from wingsctl.plan.host_use import Ranks, host_needs
from wingsctl.plan.parts import Parts
from wingsctl.plan.pod_load import Host, PodLoad, resolve_shm
from wingsctl.plan.resources import fabric_devices, resolve_engine_resources
from wingsctl.plan.storage import ephemeral_gib

CHAT_TEMPLATE_PATH = "/wings/chat-template.jinja"


def resolve_engine_plan(
    draft: Draft,
    profile: Profile,
    parts: Parts,
    choice: EngineChoice,
    model: ModelPlan,
    parallel: Parallel,
    launch: GroupLaunch | None,
    host: Host,
) -> EnginePlan:
    """The engine of every pod; `launch` is how it starts over several nodes."""
    section, engine = profile.engine, parts.engine
    check_args(draft, engine, choice.version, section.args)
    check_environment(draft, profile, engine)
    check_port(draft, section.port or engine.port)
    for name, value in section.args.items():
        draft.decide(f"engine.args.{name}", value, draft.line("engine", "args", name))
    load = _pod_load(profile, parts, choice, model, parallel, host)
    shm = resolve_shm(draft, engine, load)
    repeatable = repeatable_flags(draft.catalog.flag_table(engine.name, choice.version))
    if repeatable:
        draft.decide("engine.repeatable", repeatable, f"flag table of {choice.version}")
    capabilities: list[str] = [*parts.fabric.capabilities] if parts.fabric else []
    if capabilities:
        draft.decide("engine.capabilities", capabilities, "fabric")
    tokens = launch_tokens(launch, profile.nodes, parallel)
    return EnginePlan(
        profile=engine,
        version=choice.version,
        image=choice.image,
        pull_gib=choice.pull_gib,
        port=draft.take("engine.port", section.port, engine.port, draft.sources["engine"]),
        command=build_command(
            draft, engine, choice.version, _features(profile, model, parallel), tokens,
            model.max_length,
        ),
        args={**model.engine_args, **section.args},
        repeatable=repeatable,
        env=resolve_engine_env(draft, profile, engine, parts.fabric, model.source, launch),
        resources=resolve_engine_resources(draft, profile, load, _devices(profile, parts)),
        capabilities=capabilities,
        shm=shm,
    )  # fmt: skip


def _devices(profile: Profile, parts: Parts) -> dict[str, int]:
    """The extended resources of one pod, by name."""
    devices = fabric_devices(parts.fabric)
    if parts.card is None:
        return devices
    accelerator = profile.accelerator
    return {accelerator.resource or parts.card.resource: accelerator.count, **devices}


def _pod_load(
    profile: Profile,
    parts: Parts,
    choice: EngineChoice,
    model: ModelPlan,
    parallel: Parallel,
    host: Host,
) -> PodLoad:
    """What the engine of one pod holds outside its devices."""
    on_cpu = parts.card is None or parts.card.vendor == "cpu"
    count = max(1, -(-parallel.world // profile.nodes))
    device_gib = (parts.card.usable_gib or parts.card.memory_gib) if parts.card else 0.0
    cache_gib = device_gib if host.device_cache_gib is None else max(0.0, host.device_cache_gib)
    needs = host_needs(profile, parts.engine, choice.version, Ranks(count, cache_gib, on_cpu))
    return PodLoad(
        host=host,
        weights_gib=_share_gib(profile, parts, model, parallel),
        cache_gib=ephemeral_gib(model.source),
        needs=needs,
        ranks=count,
        process_gib=parts.engine.process_gib,
        on_cpu=on_cpu,
        length=model.max_length,
        shm_gib=quantity_value(parts.engine.shm) / 2**30,
    )


def _share_gib(profile: Profile, parts: Parts, model: ModelPlan, parallel: Parallel) -> float:
    """What one pod of a replica loads: its part of all copies, but no file twice."""
    copies = 1 if parts.engine.parallel.data_inside_tensor else parallel.data
    share = min(1.0, copies / profile.nodes)
    return model.weights_gib * share


def _features(profile: Profile, model: ModelPlan, parallel: Parallel) -> dict[Feature, object]:
    """What the command needs an option for, in the order in which they stand in it."""
    section = profile.model
    wanted: dict[Feature, object | None] = {
        "revision": model.source.get("revision"),
        "quantization": section.quantization,
        "kvCacheType": section.kv_cache_type,
        "chatTemplate": CHAT_TEMPLATE_PATH if model.chat_template is not None else None,
        "pipeline": parallel.pipeline if parallel.pipeline > 1 else None,
        "data": parallel.data if parallel.data > 1 else None,
        "expert": parallel.expert if parallel.expert > 1 else None,
    }
    return {name: value for name, value in wanted.items() if value is not None}
