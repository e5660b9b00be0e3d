"""Profile + catalog -> DeploymentPlan, with every decision and every problem."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from wingsctl.catalog.catalog import Catalog
from wingsctl.catalog.engine import Feature
from wingsctl.catalog.profile import Profile
from wingsctl.documents import Document, Problem
from wingsctl.plan.autoscaling import check_replicas, resolve_autoscaling
from wingsctl.plan.deployment import DeploymentPlan, EnginePlan, ModelPlan, Parallel, Topology
from wingsctl.plan.draft import Draft
from wingsctl.plan.engine import EngineChoice, resolve_engine
from wingsctl.plan.engine_args import build_command, check_args, repeatable_flags
from wingsctl.plan.environment import (
    check_environment,
    check_port,
    resolve_engine_env,
    resolve_gateway,
)
from wingsctl.plan.fit import check_memory, memory_request
from wingsctl.plan.length import resolve_length
from wingsctl.plan.model import (
    ModelFacts,
    check_source,
    resolve_chat_template,
    resolve_facts,
    resolve_place,
    resolve_served_names,
)
from wingsctl.plan.parallelism import check_split, resolve_parallel
from wingsctl.plan.parts import Parts, find_parts
from wingsctl.plan.pod import resolve_pod
from wingsctl.plan.pod_security import pod_security
from wingsctl.plan.resources import fabric_devices, resolve_engine_resources
from wingsctl.plan.storage import check_shared_claims, ephemeral_gib, resolve_cache
from wingsctl.plan.time_budget import solve_time
from wingsctl.plan.weights import checkpoint_gib

CHAT_TEMPLATE_PATH = "/wings/chat-template.jinja"


def resolve_plan(
    profile: Profile,
    document: Document,
    catalog: Catalog,
    files: Mapping[str, str],
    gateway_image: str = "",
) -> tuple[DeploymentPlan | None, list[Problem]]:
    """The plan, and all problems (errors and warnings) met on the way.

    `files` holds the text of each file that the profile names, by the name written
    there; `gateway_image` is a default for `gateway.image` (repository[:tag][@digest]).
    The plan is None where a catalog entry is missing, so that nothing can follow.
    """
    draft = Draft(document, catalog)
    parts = find_parts(draft, profile)
    if parts is None:
        return None, draft.problems
    plan = _Resolution(draft, profile, files, gateway_image, parts).plan()
    return plan, draft.problems


def _weights_gib(facts: ModelFacts) -> float | None:
    """Size of the checkpoint: as stated by its publisher, or by its architecture."""
    if facts.architecture is None:
        return None
    profile = facts.profile
    if profile and profile.checkpoint_gib and facts.quantization == profile.quantization:
        return profile.checkpoint_gib
    parameters = profile.parameters if profile else None
    return checkpoint_gib(facts.architecture, facts.quantization, parameters)


class _Resolution:
    """One run through all decisions, in the order in which they depend on each other."""

    def __init__(
        self,
        draft: Draft,
        profile: Profile,
        files: Mapping[str, str],
        gateway_image: str,
        parts: Parts,
    ) -> None:
        self.draft = draft
        self.profile = profile
        self.files = files
        self.gateway_image = gateway_image
        self.engine = parts.engine
        self.card = parts.card
        self.fabric = parts.fabric

    def plan(self) -> DeploymentPlan:
        draft, profile = self.draft, self.profile
        topology: Topology = "leader-worker" if profile.nodes > 1 else "sidecar"
        draft.decide("topology", topology, f"rule: nodes is {profile.nodes}")
        choice = resolve_engine(draft, profile.engine, self.engine, self.card)
        facts = resolve_facts(draft, profile.model, self.files)
        parallel = resolve_parallel(draft, profile, self.engine)
        if facts.architecture is not None:
            check_split(draft, parallel, facts.architecture)
        model = self.model(facts, choice, parallel)
        time = solve_time(
            draft, profile.startup, profile.shutdown, self.engine, choice.pull_gib,
            model.weights_gib, from_hub=model.kind == "hub", replicas=self.most_replicas(),
        )  # fmt: skip
        engine = self.engine_plan(choice, model, parallel)
        pod = resolve_pod(draft, profile, self.card, self.fabric)
        check_replicas(draft, profile)
        level, reason = pod_security(profile, model.kind, self.fabric, pod["securityContext"])
        draft.decide("podSecurity", level, f"rule: {reason}")
        self.defaults()
        return DeploymentPlan(
            profile, topology, model, engine, self.card, parallel,
            resolve_gateway(draft, profile, self.gateway_image), pod, time,
            resolve_autoscaling(draft, profile.autoscaling, time), level, reason,
            draft.decisions, [p for p in draft.problems if p.severity == "warning"],
        )  # fmt: skip

    def most_replicas(self) -> int:
        scaling = self.profile.autoscaling
        return scaling.max if scaling else self.profile.replicas or 1

    def model(self, facts: ModelFacts, choice: EngineChoice, parallel: Parallel) -> ModelPlan:
        draft, section = self.draft, self.profile.model
        check_source(draft, section)
        check_shared_claims(draft, self.profile)
        weights = _weights_gib(facts)
        place = resolve_place(draft, section, facts.repository)
        names = resolve_served_names(draft, section, self.engine, facts.repository)
        request = memory_request(
            self.profile, facts, self.engine, choice.version, parallel, self.card
        )
        length = resolve_length(draft, self.profile, facts, request)
        if request is not None:
            request = replace(request, max_length=length)
        check_memory(draft, self.profile, self.engine, parallel, request)
        return ModelPlan(
            facts.profile, place.path, names, length, facts.quantization, place.kind,
            {"hub": place.hub, **resolve_cache(draft, place, weights)}, weights,
            resolve_chat_template(draft, section, self.files),
        )  # fmt: skip

    def engine_plan(self, choice: EngineChoice, model: ModelPlan, parallel: Parallel) -> EnginePlan:
        draft, section = self.draft, self.profile.engine
        check_args(draft, self.engine, choice.version, section.args)
        check_environment(draft, self.profile, self.engine)
        check_port(draft, section.port or self.engine.port)
        for name, value in section.args.items():
            draft.decide(f"engine.args.{name}", value, draft.line("engine", "args", name))
        draft.decide("engine.shmSize", self.engine.shm, draft.sources["engine"])
        repeatable = repeatable_flags(draft.catalog.flag_table(self.engine.name, choice.version))
        if repeatable:
            draft.decide("engine.repeatable", repeatable, f"flag table of {choice.version}")
        capabilities: list[str] = [*self.fabric.capabilities] if self.fabric else []
        if capabilities:
            draft.decide("engine.capabilities", capabilities, "fabric")
        return EnginePlan(
            profile=self.engine,
            version=choice.version,
            image=choice.image,
            pull_gib=choice.pull_gib,
            port=draft.take(
                "engine.port", section.port, self.engine.port, draft.sources["engine"]
            ),
            command=build_command(
                draft, self.engine, choice.version, self.features(model, parallel)
            ),
            args=dict(section.args),
            repeatable=repeatable,
            env=resolve_engine_env(draft, self.profile, self.engine, self.fabric, model.source),
            resources=resolve_engine_resources(
                draft, section.resources, self.share_gib(model), ephemeral_gib(model.source),
                self.devices(), parallel.tensor,
            ),
            capabilities=capabilities,
        )  # fmt: skip

    def devices(self) -> dict[str, int]:
        """The extended resources of one pod, by name."""
        devices = fabric_devices(self.fabric)
        if self.card is None:
            return devices
        accelerator = self.profile.accelerator
        return {accelerator.resource or self.card.resource: accelerator.count, **devices}

    def share_gib(self, model: ModelPlan) -> float | None:
        """What one pod of a replica loads."""
        return model.weights_gib / self.profile.nodes if model.weights_gib else None

    def features(self, model: ModelPlan, parallel: Parallel) -> dict[Feature, object]:
        """What the command needs an option for, in the order in which they stand in it."""
        section = self.profile.model
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

    def defaults(self) -> None:
        """Record the sections that need no arithmetic."""
        draft, profile = self.draft, self.profile
        if profile.autoscaling is None:
            draft.take("replicas", profile.replicas, 1, "default")
        for key, section in (
            ("service", profile.service),
            ("ingress", profile.ingress),
            ("httpRoute", profile.http_route),
            ("shutdown", profile.shutdown),
            ("probes", profile.probes),
            ("rollout", profile.rollout),
            ("networkPolicy", profile.network_policy),
            ("podDisruptionBudget", profile.pod_disruption_budget),
            ("monitoring", profile.monitoring),
            ("scheduling", profile.scheduling),
            ("chart", profile.chart),
        ):
            if section is not None:
                draft.section(key, section)
        for key, words in (("labels", profile.labels), ("annotations", profile.annotations)):
            for name, value in words.items():
                draft.decide(f"{key}.{name}", value, draft.line(key, name))
