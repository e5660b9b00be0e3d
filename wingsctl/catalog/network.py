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
    """Name; by default the release's."""
    type: Literal["ClusterIP", "NodePort", "LoadBalancer"] = "ClusterIP"
    """Kind of Service."""
    port: Port = 9000
    """Port that clients use."""
    annotations: Annotations = {}
    """Annotations, such as a cloud's load balancer takes."""
    node_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """Fixed port of the nodes."""
    load_balancer_class: Text | None = None
    """Implementation of the load balancer."""


class IngressTls(Model):
    """The Secret of the Ingress' certificate."""

    secret_name: DnsName
    """Secret of type kubernetes.io/tls."""


class Ingress(Model):
    """An Ingress for one host."""

    ingress_class_name: DnsName | None = None
    """IngressClass; by default the cluster's."""
    host: DnsName
    """Host name."""
    path: HttpPath = "/"
    """Path prefix."""
    tls: IngressTls | None = None
    """TLS with a Secret of yours."""
    annotations: Annotations = {}
    """Annotations of the Ingress."""


class ParentRef(Model):
    """A Gateway that an HTTPRoute attaches to."""

    name: DnsName
    """Name of the Gateway."""
    namespace: DnsLabel | None = None
    """Its namespace; by default the release's."""
    section_name: DnsName | None = None
    """Its listener."""
    port: Port | None = None
    """Port of its listener."""


class HttpRoute(Model):
    """A Gateway API route."""

    parent_refs: list[ParentRef] = Field(min_length=1)
    """Gateways that the route attaches to."""
    hostnames: list[DnsName] = []
    """Host names; none means those of the Gateway."""
    annotations: Annotations = {}
    """Annotations of the route."""


class NetworkPolicy(Model):
    """Who may reach the pods: clients port 9000, the cluster port 9001."""

    enabled: bool = True
    """False renders none."""
    clients: list[KubernetesObject] = []
    """NetworkPolicy peers that may reach port 9000; none means everybody."""
    scalers: list[KubernetesObject] | None = None
    """Peers that may read the front door's demand; by default the namespace `keda`."""
