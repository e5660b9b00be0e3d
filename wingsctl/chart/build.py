"""DeploymentPlan -> ChartTree: the files of a chart, by relative path."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any, Protocol

from wingsctl.chart.group_words import group_words
from wingsctl.chart.jinja import Templates
from wingsctl.chart.metadata import build_metadata
from wingsctl.chart.parts import claim_key, gateway_secrets, parts_of, queue_kind, trigger_types
from wingsctl.chart.schema import SchemaKey, comments_of, schema_for, schema_key
from wingsctl.chart.values import build_values
from wingsctl.chart.yaml_text import yaml_text
from wingsctl.plan.deployment import DeploymentPlan
from wingsctl.plan.environment import SECRET_FILES
from wingsctl.plan.triggers import ADD_ON

ChartTree = Mapping[str, str]
"""Relative path -> text, sorted by path."""
_SCHEMA = "values.schema.json"
_NAME = {"most": 52, "kept": 45}
"""A Deployment's or StatefulSet's name; what is cut off leaves room for a dash and 6 digits."""
_GROUP_NAME = {"most": 42, "kept": 35}
"""The same with room for -99-worker behind it."""


class PartSource(Protocol):
    """Where template files come from."""

    def files(self, part: str) -> list[str]:
        """Relative paths of a part's files, sorted."""

    def text(self, part: str, path: str) -> str:
        """The text of one file of a part."""


class ChartBuilder:
    """Builds charts; keeps compiled templates and the schema between them."""

    def __init__(self, source: PartSource, templates: Templates) -> None:
        self._source = source
        self._templates = templates
        self._schema: dict[str, Any] = json.loads(source.text("core", _SCHEMA))
        self._schemas: dict[SchemaKey, tuple[dict[str, Any], str]] = {}

    def build(self, plan: DeploymentPlan) -> ChartTree:
        """The chart of a plan; raises ChartError where a template fails."""
        values = build_values(plan)
        schema, schema_text = self._schema_of(plan, values)
        tree = {
            "Chart.yaml": yaml_text(build_metadata(plan)),
            "values.yaml": yaml_text(values, comments_of(schema, values)),
            _SCHEMA: schema_text,
        }
        context = _context(plan)
        for part in parts_of(plan):
            for path in self._source.files(part):
                if path != _SCHEMA:
                    tree[path.removesuffix(".j2")] = self._text(part, path, context)
        return dict(sorted(tree.items()))

    def _schema_of(
        self, plan: DeploymentPlan, values: dict[str, Any]
    ) -> tuple[dict[str, Any], str]:
        """The schema and its text, made once for all charts with the same keys and engine."""
        key = schema_key(plan, values)
        if key not in self._schemas:
            schema = schema_for(copy.deepcopy(self._schema), plan, values)
            text = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
            self._schemas[key] = (schema, text)
        return self._schemas[key]

    def _text(self, part: str, path: str, context: Mapping[str, Any]) -> str:
        """Files ending in .j2 are rendered, all others copied byte for byte."""
        if path.endswith(".j2"):
            return self._templates.render(f"{part}/{path}", context)
        return self._source.text(part, path)


def _context(plan: DeploymentPlan) -> dict[str, Any]:
    """What a template may paste: identifiers and facts that are fixed at render time."""
    return {
        "chart": plan.profile.name,
        "name": _GROUP_NAME if plan.group else _NAME,
        "engine": plan.engine.profile,
        "group": group_words(plan),
        "queue": queue_kind(plan),
        "autoscaled": plan.autoscaling is not None,
        "oldest_keda": plan.autoscaling.oldest_keda if plan.autoscaling else "",
        "http_add_on": ADD_ON in trigger_types(plan),
        "chat_template": plan.model.chat_template is not None,
        "front_door": plan.front_door is not None,
        "monitored": plan.profile.monitoring.enabled,
        "hub": plan.model.source["hub"],
        "claim": claim_key(plan),
        "host_path": plan.model.kind == "hostPath",
        "image_volume": plan.model.kind == "image",
        "gateway_secrets": gateway_secrets(plan),
        "secret_files": [
            (name, file)
            for secret in gateway_secrets(plan)
            for name, file in SECRET_FILES[secret].items()
        ],
        "auth": plan.profile.gateway.auth is not None,
        "scheme": "https" if plan.profile.gateway.tls else "http",
        "probe_scheme": "HTTPS" if plan.profile.gateway.tls else "HTTP",
        "pod_security": plan.pod_security,
        "pod_security_reason": plan.pod_security_reason,
        "cold_start": duration(plan.time.cold_start),
    }


def duration(seconds: int) -> str:
    """`95` as `1 min 35 s`."""
    minutes, rest = divmod(seconds, 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
