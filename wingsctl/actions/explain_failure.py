"""Why a release did not become ready, in the cluster's own words."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from wingsctl.actions.pod_troubles import Trouble, all_logs, find_troubles, is_being_made
from wingsctl.adapters.kubectl import Kubectl
from wingsctl.catalog.secrets import mask_secrets
from wingsctl.errors import ToolError

INSTANCE = "app.kubernetes.io/instance"
# Pods are made for the first two; the others' warnings say what those pods wait for.
_KINDS = ("replicaset", "statefulset", "pod", "persistentvolumeclaim")
# What the pods' own state says better, and with less noise.
_ECHOES = {"BackOff", "Failed", "FailedScheduling", "Unhealthy"}
_SILENT_ERROR = re.compile(r"Error: \w+")
"""The kubelet repeats an image's error in these words; the event before has its reason."""
_NAME = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?")
_MOST_TEXT = 600
_READ_LINES = 500
_SHOWN_LINES = 12
_REQUEST = re.compile(
    r'\{"time":"[^"]*","kind":"request",|\S+ .* first=\S+ in=\d+ out=\d+ complete='
)
_TERMINAL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")


@dataclass(frozen=True)
class _Finding:
    """One reason, and what is printed below it."""

    where: str
    message: str
    lines: tuple[str, ...] = ()


def explain_failure(kubectl: Kubectl, release: str, *, is_gone: bool) -> list[str]:
    """Lines for people: each reason once, with the pods it holds for and the end of their logs.

    `is_gone`: helm has taken the objects away again, and only events are left of them.
    Empty where nothing is wrong. Never raises: a cluster that does not answer is a line, too.
    """
    try:
        found = _from_the_past(kubectl, release) if is_gone else _from_objects(kubectl, release)
    except ToolError as error:
        return [error.message]
    if not found:
        return []
    look = ["get", "events"] if is_gone else ["describe", "pod", "-l", f"{INSTANCE}={release}"]
    return [*_text(found), f"more: {kubectl.shown(*look)}"]


def how_to_look(place: list[str], release: str) -> list[str]:
    """What to run where there is no kubectl beside wingsctl."""
    start = " ".join(["kubectl", *place])
    return [
        "kubectl is not on PATH; where it is, these tell why:",
        f"{start} describe pod -l {INSTANCE}={release}",
        f"{start} logs -l {INSTANCE}={release} --all-containers --tail=20",
        f"{start} get events --field-selector type=Warning",
    ]


def _from_objects(kubectl: Kubectl, release: str) -> list[_Finding]:
    objects = kubectl.read(_KINDS, "-l", f"{INSTANCE}={release}")
    found = _from_pods(kubectl, [each for each in objects if each["kind"] == "Pod"])
    names = {(each["kind"], each["metadata"]["name"]) for each in objects if _is_lacking(each)}
    if names:
        found += _from_events(kubectl, lambda kind, name: (kind, name) in names, _ECHOES)
    return found


def _from_the_past(kubectl: Kubectl, release: str) -> list[_Finding]:
    """Kubernetes keeps events for an hour, also of what is gone."""
    return _from_events(
        kubectl, lambda _, name: name.startswith(f"{release}-"), {"BackOff", "Unhealthy"}
    )


def _from_pods(kubectl: Kubectl, pods: list[dict[str, Any]]) -> list[_Finding]:
    """The same trouble of several pods is told once, with one pod's log."""
    seen: dict[Trouble, list[str]] = {}
    for pod in pods:
        for trouble in find_troubles(pod):
            seen.setdefault(trouble, []).append(pod["metadata"]["name"])
    found = [_pod_finding(kubectl, trouble, names) for trouble, names in seen.items()]
    quoted = {names[0] for names in seen.values()}
    others = [pod for pod in pods if pod["metadata"]["name"] not in quoted]
    return found + _from_pods_that_are_named(kubectl, others, found)


def _from_pods_that_are_named(
    kubectl: Kubectl, pods: list[dict[str, Any]], found: list[_Finding]
) -> list[_Finding]:
    """The leader of a group names the worker that fails, which may be Ready all the same."""
    names = {word for each in found for line in each.lines for word in _NAME.findall(line)}
    named = [pod for pod in pods if pod["metadata"]["name"] in names]
    return [
        _pod_finding(kubectl, trouble, [pod["metadata"]["name"]])
        for pod in named
        for trouble in all_logs(pod, "is named above")
    ]


def _pod_finding(kubectl: Kubectl, trouble: Trouble, names: list[str]) -> _Finding:
    where = f"pod {names[0]}" + (f" and {len(names) - 1} more" if names[1:] else "")
    where += f", container {trouble.container}" if trouble.container else ""
    lines = _last_lines(kubectl, names[0], trouble) if trouble.has_log else []
    message = ": ".join(filter(None, (trouble.message, trouble.detail)))
    return _Finding(where, message, tuple(lines))


def _last_lines(kubectl: Kubectl, pod: str, trouble: Trouble) -> list[str]:
    """The end of its log without the gateway's lines on requests, which push its events out.

    A log that cannot be read must not look like an empty one.
    """
    try:
        lines = _read_log(kubectl, pod, trouble)
    except ToolError as error:
        return [error.message]
    return [line for line in lines if not _REQUEST.match(line)][-_SHOWN_LINES:]


def _read_log(kubectl: Kubectl, pod: str, trouble: Trouble) -> list[str]:
    """The run before, where the container was started again meanwhile and has printed nothing."""
    before = trouble.of_the_run_before
    lines = kubectl.last_lines(pod, trouble.container, _READ_LINES, of_the_run_before=before)
    if not lines and not before:
        with suppress(ToolError):
            return kubectl.last_lines(pod, trouble.container, _READ_LINES, of_the_run_before=True)
    return lines


def _is_lacking(each: dict[str, Any]) -> bool:
    """Whether warnings about this object still matter."""
    spec, status = each.get("spec", {}), each.get("status", {})
    if each["kind"] == "Pod":
        return "deletionTimestamp" not in each["metadata"] and is_being_made(each)
    if each["kind"] == "PersistentVolumeClaim":
        return bool(status.get("phase") != "Bound")
    return int(spec.get("replicas", 0)) > int(status.get("replicas", 0))


def _from_events(
    kubectl: Kubectl, is_about: Callable[[str, str], bool], echoes: Collection[str]
) -> list[_Finding]:
    """The latest warning of each kind about what `is_about` takes by kind and name."""
    latest: dict[tuple[str, str, str], dict[str, Any]] = {}
    for event in sorted(kubectl.read(["events"], "--field-selector", "type=Warning"), key=_time):
        about = event["involvedObject"]
        place = (about.get("kind", ""), about.get("name", ""))
        is_echo = event["reason"] in echoes or _SILENT_ERROR.fullmatch(event.get("message", ""))
        if is_about(*place) and not is_echo:
            latest[(*place, event["reason"])] = event
    return [
        _Finding(f"{kind} {name}", f"{reason}: {event.get('message', '')}")
        for (kind, name, reason), event in latest.items()
    ]


def _time(event: dict[str, Any]) -> str:
    """When it happened last; all are written alike, in UTC."""
    series = event.get("series") or {}
    times = (event.get("lastTimestamp"), series.get("lastObservedTime"), event.get("eventTime"))
    return max(time or "" for time in times)


def _text(findings: list[_Finding]) -> list[str]:
    lines = []
    for each in findings:
        lines.append(f"{each.where}: {_clean(each.message)}")
        lines += [f"  | {_clean(_words(line))}" for line in each.lines if line.strip()]
    return lines


def _words(line: str) -> str:
    """A line of the gateway's log is JSON with a message in it; engines print text."""
    try:
        entry = json.loads(line)
        return f"{entry['time']} {entry['message']}"
    except (ValueError, TypeError, KeyError, RecursionError):
        return line


def _clean(text: str) -> str:
    """One line that may go to a terminal: no secrets, no control characters, not too long."""
    line = " ".join(_TERMINAL.sub("", mask_secrets(text)).split())
    line = "".join(each if each.isprintable() else "?" for each in line)
    return line if len(line) <= _MOST_TEXT else f"{line[:_MOST_TEXT]} ..."
