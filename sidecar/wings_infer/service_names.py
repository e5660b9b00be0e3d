"""Names of Services, as the resolver of a pod is asked for them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

RESOLV_CONF = Path("/etc/resolv.conf")


def read_domain(path: Path = RESOLV_CONF) -> str:
    """The cluster's domain, such as cluster.local; empty where pods are not told."""
    with suppress(OSError, UnicodeError):
        return find_domain(path.read_text("utf-8"))
    return ""


def find_domain(resolv_conf: str) -> str:
    """The domain that is searched both by itself and with `svc.` before it."""
    searched: list[str] = []
    for line in resolv_conf.splitlines():
        key, *words = line.split() or [""]
        if key == "search":
            searched = [word.rstrip(".") for word in words]
    services = (each.removeprefix("svc.") for each in searched if each.startswith("svc."))
    return next((domain for domain in services if domain in searched), "")


def qualify(host: str, domain: str) -> str:
    """A name of a Service as one that is not searched for: `x.ns.svc` becomes `x.ns.svc.DOMAIN.`

    One question instead of five, and no answer of anybody outside the cluster: where its resolver
    reaches nobody else, the end of a search says "try again" of every name that does not exist.
    """
    return f"{host}.{domain}." if domain and host.endswith(".svc") else host
