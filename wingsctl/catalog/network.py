"""How clients reach the release: Service, Ingress, HTTPRoute, NetworkPolicy."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from wingsctl.catalog.base import DnsLabel, DnsName, Model, Port, Text
from wingsctl.catalog.pod import Annotations, KubernetesObject

HttpPath = Annotated[str, StringConstraints(pattern=r"^/")]


class Service(Model):
    """The client Service."""

    name: (
        Annotated[str, StringConstraints(pattern=r"^[a-z]([-a-z0-9]*[a-z0-9])?$", max_length=63)]
        | None
    ) = None
    type: Literal["ClusterIP", "NodePort", "LoadBalancer"] = "ClusterIP"
    port: Port = 9000
    annotations: Annotations = {}
    node_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    load_balancer_class: Text | None = None


class IngressTls(Model):
    """The Secret of the Ingress' certificate."""

    secret_name: DnsName


class Ingress(Model):
    """An Ingress for one host."""

    ingress_class_name: DnsName | None = None
    host: DnsName
    path: HttpPath = "/"
    tls: IngressTls | None = None
    annotations: Annotations = {}


class ParentRef(Model):
    """A Gateway that an HTTPRoute attaches to."""

    name: DnsName
    namespace: DnsLabel | None = None
    section_name: DnsName | None = None
    port: Port | None = None


class HttpRoute(Model):
    """A Gateway API route."""

    parent_refs: list[ParentRef] = Field(min_length=1)
    hostnames: list[DnsName] = []
    annotations: Annotations = {}


class NetworkPolicy(Model):
    """Who may reach the pods: clients port 9000, the cluster port 9001."""

    enabled: bool = True
    clients: list[KubernetesObject] = []
    """NetworkPolicy peers that may reach port 9000; none means everybody."""
