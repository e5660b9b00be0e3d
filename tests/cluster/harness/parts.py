"""The command lines of the cluster's parts, in the order of their start."""

from __future__ import annotations

from tests.cluster.harness.keys import kubeconfig_of
from tests.cluster.harness.layout import (
    API_PORT,
    NODE,
    NODE_ADDRESS,
    SERVICE_NETWORK,
    Layout,
)

Command = list[str]


def first_parts(layout: Layout) -> dict[str, Command]:
    """What needs nothing else, and the API server, which waits for its store by itself."""
    return {
        "etcd": _etcd(layout),
        "containerd": ["containerd", "--config", f"{layout.run}/config/containerd.toml"],
        "kube-apiserver": _api_server(layout),
    }


def later_parts(layout: Layout, fake_nodes: bool) -> dict[str, Command]:
    """What needs the API server."""
    parts = {
        "kubelet": _kubelet(layout),
        "kube-controller-manager": _controller_manager(layout),
        "kube-scheduler": _local(layout, "kube-scheduler"),
        "kube-proxy": ["kube-proxy", f"--config={layout.run}/config/kube-proxy.json"],
        "coredns": ["coredns", "-conf", f"{layout.run}/config/Corefile"],
    }
    return parts | ({"kwok": _kwok(layout)} if fake_nodes else {})


def _etcd(layout: Layout) -> Command:
    return [
        "etcd",
        f"--data-dir={layout.run}/etcd",
        "--listen-client-urls=http://127.0.0.1:2379",
        "--advertise-client-urls=http://127.0.0.1:2379",
        "--listen-peer-urls=http://127.0.0.1:2380",
        "--unsafe-no-fsync",
    ]


def _api_server(layout: Layout) -> Command:
    keys = layout.run / "keys"
    return [
        "kube-apiserver",
        "--etcd-servers=http://127.0.0.1:2379",
        f"--secure-port={API_PORT}",
        f"--advertise-address={NODE_ADDRESS}",
        f"--service-cluster-ip-range={SERVICE_NETWORK}",
        # Webhooks and metrics are asked at their pods: no route leads to Services from here.
        "--enable-aggregator-routing=true",
        "--allow-privileged=true",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        f"--token-auth-file={keys}/tokens.csv",
        f"--client-ca-file={keys}/ca.crt",
        f"--tls-cert-file={keys}/server.crt",
        f"--tls-private-key-file={keys}/server.key",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={keys}/server.crt",
        f"--service-account-signing-key-file={keys}/server.key",
        "--kubelet-preferred-address-types=InternalIP",
        f"--kubelet-client-certificate={keys}/client.crt",
        f"--kubelet-client-key={keys}/client.key",
        f"--proxy-client-cert-file={keys}/client.crt",
        f"--proxy-client-key-file={keys}/client.key",
        f"--requestheader-client-ca-file={keys}/ca.crt",
        "--requestheader-allowed-names=kube-apiserver",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-username-headers=X-Remote-User",
    ]


def _local(layout: Layout, name: str) -> Command:
    user = kubeconfig_of(layout, f"system:{name}")
    return [name, f"--kubeconfig={user}", "--leader-elect=false", "--bind-address=127.0.0.1"]


def _controller_manager(layout: Layout) -> Command:
    return [
        *_local(layout, "kube-controller-manager"),
        f"--root-ca-file={layout.run}/keys/ca.crt",
        f"--service-account-private-key-file={layout.run}/keys/server.key",
        "--use-service-account-credentials",
        "--horizontal-pod-autoscaler-sync-period=5s",
    ]


def _kubelet(layout: Layout) -> Command:
    return [
        "kubelet",
        f"--config={layout.run}/config/kubelet.json",
        f"--kubeconfig={kubeconfig_of(layout, f'system:node:{NODE}')}",
        f"--hostname-override={NODE}",
        f"--node-ip={NODE_ADDRESS}",
    ]


def _kwok(layout: Layout) -> Command:
    return [
        "kwok",
        f"--kubeconfig={layout.kubeconfig}",
        "--manage-all-nodes=false",
        "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake",
    ]
