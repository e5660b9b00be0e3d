"""Profile + catalog -> DeploymentPlan, with every decision and every problem."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from wingsctl.catalog.catalog import Catalog
from wingsctl.catalog.engine import GroupLaunch
from wingsctl.catalog.parse import parse_document
from wingsctl.catalog.profile import Profile
from wingsctl.documents import Document, Problem
from wingsctl.errors import ProfileError
from wingsctl.plan.autoscaling import check_replicas, resolve_autoscaling
from wingsctl.plan.deployment import (
    DeploymentPlan,
    EnginePlan,
    GroupPlan,
    ModelPlan,
    Parallel,
    Topology,
)
from wingsctl.plan.draft import Draft
from wingsctl.plan.engine import EngineChoice, resolve_engine
from wingsctl.plan.engine_plan import resolve_engine_plan
from wingsctl.plan.environment import resolve_gateway
from wingsctl.plan.fabric import check_fabric
from wingsctl.plan.fit import check_memory, report_unfit
from wingsctl.plan.formats import Place, check_formats, small_cache
from wingsctl.plan.front_door import resolve_front_door
from wingsctl.plan.group import check_single, find_launch, resolve_group
from wingsctl.plan.length import resolve_length
from wingsctl.plan.memory import Fit
from wingsctl.plan.memory_inputs import memory_request
from wingsctl.plan.memory_request import MemoryRequest
from wingsctl.plan.model import (
    ModelFacts,
    ProfileFiles,
    check_source,
    resolve_chat_template,
    resolve_facts,
    resolve_place,
    resolve_served_names,
)
from wingsctl.plan.model_needs import resolve_needs
from wingsctl.plan.model_overrides import override_facts
from wingsctl.plan.parallelism import check_split, resolve_parallel
from wingsctl.plan.parsers import Needs
from wingsctl.plan.parts import Parts, find_parts
from wingsctl.plan.pod import resolve_pod
from wingsctl.plan.pod_load import Host
from wingsctl.plan.pod_security import strictest_pod_security
from wingsctl.plan.rates import rate_of
from wingsctl.plan.remedies import Unfit, remedies
from wingsctl.plan.size import Size, resolve_size, warn_of_assumed_size
from wingsctl.plan.splits import find_splits
from wingsctl.plan.start import start_of
from wingsctl.plan.storage import check_shared_claims, resolve_cache
from wingsctl.plan.time_budget import (
    LEAST_LOAD_SECONDS,
    LEAST_UNIFIED_SECONDS,
    ToLoad,
    solve_time,
)
from wingsctl.plan.value_types import check_value_type


def resolve_plan(
    profile: Profile,
    document: Document,
    catalog: Catalog,
    files: ProfileFiles,
    gateway_image: str = "",
    *,
    with_remedies: bool = True,
) -> tuple[DeploymentPlan | None, list[Problem]]:
    """The plan, and all problems (errors and warnings) met on the way.

    `files` is what the files hold that the profile names; `gateway_image` is a default
    for `gateway.image` (repository[:tag][@digest]). `with_remedies`: plan changes of a profile
    whose model does not fit, and propose those that work.
    The plan is None where a catalog entry is missing, so that nothing can follow.
    """
    draft = Draft(document, catalog)
    parts = find_parts(draft, profile)
    if parts is None:
        return None, draft.problems
    plan = _Resolution(draft, profile, files, gateway_image, parts).plan()
    if plan.fit is not None:
        found = find_remedies(plan, draft, parts, files) if with_remedies else []
        report_unfit(draft, parts.engine, plan.fit, found)
    return replace(plan, warnings=draft.warnings()), draft.problems


def find_remedies(
    plan: DeploymentPlan, draft: Draft, parts: Parts, files: ProfileFiles
) -> list[str]:
    """Changes of the profile after which the model fits; none where it does."""
    fit, known = plan.fit, {each.message for each in draft.problems}
    if fit is None or not (fit.verdict == "does not fit" or fit.ledger.short_pool):
        return []

    def works(document: Document) -> bool:
        try:
            profile = parse_document(document, Profile)
        except ProfileError:
            return False
        again, problems = resolve_plan(profile, document, draft.catalog, files, with_remedies=False)
        errors = {each.message for each in problems if each.severity == "error"}
        return errors <= known and bool(again and again.fit and again.fit.verdict == "fits")

    unfit = Unfit(draft.document, plan.profile, parts.engine, plan.parallel, fit.request)
    return remedies(unfit, draft.catalog, works)


class _Resolution:
    """One run through all decisions, in the order in which they depend on each other."""

    def __init__(
        self,
        draft: Draft,
        profile: Profile,
        files: ProfileFiles,
        gateway_image: str,
        parts: Parts,
    ) -> None:
        self.draft = draft
        self.profile = profile
        self.files = files
        self.gateway_image = gateway_image
        self.parts = parts
        self.fit: Fit | None = None

    def plan(self) -> DeploymentPlan:
        draft, profile = self.draft, self.profile
        topology: Topology = "leader-worker" if profile.nodes > 1 else "sidecar"
        draft.decide("topology", topology, f"rule: nodes is {profile.nodes}")
        choice = resolve_engine(draft, profile.engine, self.parts.engine, self.parts.card)
        facts = override_facts(
            draft, profile.engine.args, resolve_facts(draft, profile.model, self.files),
            self.parts.engine, choice.version,
        )  # fmt: skip
        place = Place(self.parts.engine, choice.version, self.parts.card)
        check_formats(draft, profile, facts, place)
        check_value_type(draft, profile, facts, place)
        splits = find_splits(profile, facts, self.parts.engine, choice.version, self.parts.card)
        parallel = resolve_parallel(draft, profile, self.parts.engine, splits)
        if splits is not None:
            check_split(draft, parallel, splits)
        size = resolve_size(draft, profile, facts, self.parts)
        model = self.model(facts, choice, parallel, size)
        time = solve_time(
            draft, profile, self.parts.engine, self.to_load(facts, choice, model, size),
            replicas=self.most_replicas(),
        )  # fmt: skip
        launch = find_launch(draft, profile, self.parts.engine, choice.version)
        host = Host(facts.model, size, self.fit.ledger.kv_gib if self.fit else None)
        engine = resolve_engine_plan(
            draft, profile, self.parts, choice, model, parallel, launch, host
        )
        warn_of_assumed_size(draft, profile, size)
        pod = resolve_pod(draft, profile, self.parts.card, self.parts.fabric)
        check_replicas(draft, profile)
        group = self.group(engine, launch, pod)
        level, reason = strictest_pod_security(profile, model.kind, self.parts.fabric, pod)
        draft.decide("podSecurity", level, f"rule: {reason}")
        self.defaults()
        gateway = resolve_gateway(draft, profile, self.gateway_image)
        door = resolve_front_door(draft, profile, pod, time, model.served_names)
        return DeploymentPlan(
            profile, topology, model, engine, self.parts.card, parallel, gateway, door, pod, time,
            resolve_autoscaling(draft, profile, engine, gateway, door, self.parts.card, time),
            group, level, reason,
            draft.decisions, draft.warnings(), self.fit,
        )  # fmt: skip

    def to_load(
        self, facts: ModelFacts, choice: EngineChoice, model: ModelPlan, size: Size
    ) -> ToLoad:
        card = self.parts.card
        start = start_of(self.parts.engine, choice.version, facts, size)
        rate = rate_of(model.kind, model.source)
        is_unified = card is not None and card.unified_memory
        least = LEAST_UNIFIED_SECONDS if is_unified else LEAST_LOAD_SECONDS
        return ToLoad(choice.pull_gib, size.gib, rate, start, least)

    def group(
        self, engine: EnginePlan, launch: GroupLaunch | None, pod: dict[str, Any]
    ) -> GroupPlan | None:
        check_single(self.draft, self.profile)
        group = resolve_group(self.draft, self.profile, self.parts, engine, launch)
        if group is not None:
            check_fabric(self.draft, self.profile, group, self.parts, pod)
        return group

    def most_replicas(self) -> int:
        scaling = self.profile.autoscaling
        return scaling.max if scaling else self.profile.replicas or 1

    def model(
        self, facts: ModelFacts, choice: EngineChoice, parallel: Parallel, size: Size
    ) -> ModelPlan:
        draft, section = self.draft, self.profile.model
        needs = Needs(draft, self.profile, self.parts.engine, choice.version, facts.profile)
        engine_args = resolve_needs(needs)
        check_source(draft, section)
        check_shared_claims(draft, self.profile)
        place = resolve_place(draft, section, facts.repository)
        names = resolve_served_names(draft, section, self.parts.engine, facts.repository)
        request = self.memory_request(facts, choice, parallel)
        length = resolve_length(draft, self.profile, facts, request)
        if request is not None and length != "auto":
            request = replace(request, max_length=length)
        self.fit = check_memory(draft, self.profile, self.parts.engine, request)
        return ModelPlan(
            facts.profile, place.path, names, length, facts.quantization, place.kind,
            {"hub": place.hub, **resolve_cache(draft, place, size)}, size.gib,
            resolve_chat_template(draft, section, self.files), not size.is_known, engine_args,
        )  # fmt: skip

    def memory_request(
        self, facts: ModelFacts, choice: EngineChoice, parallel: Parallel
    ) -> MemoryRequest | None:
        engine, card = self.parts.engine, self.parts.card
        request = memory_request(
            self.profile, facts, engine, choice.version, parallel, card, self.draft.catalog
        )
        if request is None:
            return None
        kind = small_cache(self.draft, Place(engine, choice.version, card))
        return replace(request, small_cache_type=kind)

    def defaults(self) -> None:
        """Record the sections that need no arithmetic."""
        draft, profile = self.draft, self.profile
        if profile.autoscaling is None:
            draft.take("replicas", profile.replicas, 1, "default")
        is_single = profile.nodes == 1
        for key, section in (
            ("service", profile.service),
            ("ingress", profile.ingress),
            ("httpRoute", profile.http_route),
            ("shutdown", profile.shutdown.model_copy(update={"turn_seconds": None})),
            ("probes", profile.probes),
            ("rollout", profile.rollout if is_single else None),
            ("networkPolicy", profile.network_policy),
            ("podDisruptionBudget", profile.pod_disruption_budget),
            ("monitoring", profile.monitoring),
            ("chart", profile.chart),
        ):
            if section is not None:
                draft.section(key, section)
        for key, words in (("labels", profile.labels), ("annotations", profile.annotations)):
            for name, value in words.items():
                draft.decide(f"{key}.{name}", value, draft.line(key, name))
