"""The files that the parts read. JSON is YAML too."""

from __future__ import annotations

import json
from typing import Any

from tests.cluster.harness.keys import kubeconfig_of
from tests.cluster.harness.layout import (
    DNS_DOMAIN,
    NODE,
    NODE_ADDRESS,
    POD_NETWORK,
    Layout,
)

CONTAINERD = """\
version = 3
root = '/var/lib/containerd'
state = '/run/containerd'
disabled_plugins = ['io.containerd.nri.v1.nri', 'io.containerd.tracing.processor.v1.otlp']

[grpc]
address = '/run/containerd/containerd.sock'

[plugins.'io.containerd.cri.v1.images']
snapshotter = 'overlayfs'

[plugins.'io.containerd.cri.v1.images'.pinned_images]
sandbox = 'localhost/pause:1'

[plugins.'io.containerd.cri.v1.runtime']
# Not every root may lower its own OOM score.
restrict_oom_score_adj = true

[plugins.'io.containerd.cri.v1.runtime'.cni]
bin_dirs = ['/usr/lib/cni']
conf_dir = 'NETWORKS'

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
runtime_type = 'io.containerd.runc.v2'

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
SystemdCgroup = false
"""

COREFILE = f"""\
.:53 {{
  bind {NODE_ADDRESS}
  errors
  kubernetes {DNS_DOMAIN} {{
    kubeconfig KUBECONFIG
    pods insecure
    ttl 2
  }}
}}
"""


def write_configs(layout: Layout) -> None:
    """Writes every part's file into the run folder."""
    folder = layout.run / "config"
    networks = folder / "networks"
    networks.mkdir(parents=True)
    (networks / "pods.conflist").write_text(json.dumps(_pod_network()))
    (folder / "containerd.toml").write_text(CONTAINERD.replace("NETWORKS", str(networks)))
    (folder / "Corefile").write_text(COREFILE.replace("KUBECONFIG", str(layout.kubeconfig)))
    (folder / "kubelet.json").write_text(json.dumps(_kubelet(layout)))
    (folder / "kube-proxy.json").write_text(json.dumps(_kube_proxy(layout)))


def _pod_network() -> dict[str, Any]:
    """A routed link for each pod: with no bridge between them, every packet passes the node's
    rules, so that Services work and tests can cut a pod off."""
    ranges = [[{"subnet": POD_NETWORK, "rangeStart": "10.244.0.10", "gateway": NODE_ADDRESS}]]
    addresses = {"type": "host-local", "ranges": ranges, "routes": [{"dst": "0.0.0.0/0"}]}
    link = {"type": "ptp", "ipMasq": False, "ipam": addresses}
    return {"cniVersion": "1.0.0", "name": "pods", "plugins": [link]}


def _kubelet(layout: Layout) -> dict[str, Any]:
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "containerRuntimeEndpoint": "unix:///run/containerd/containerd.sock",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(layout.run / "keys" / "ca.crt")},
        },
        "clusterDNS": [NODE_ADDRESS],
        "clusterDomain": DNS_DOMAIN,
        "resolvConf": "/dev/null",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{layout.cgroup}",
        "enforceNodeAllocatable": [],
        "failCgroupV1": False,
        "failSwapOn": False,
        "makeIPTablesUtilChains": False,
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%"},
        "readOnlyPort": 0,
    }


def _kube_proxy(layout: Layout) -> dict[str, Any]:
    # The limits of connection tracking belong to the machine, not to a network namespace.
    leave = {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"}
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "clientConnection": {"kubeconfig": str(kubeconfig_of(layout, "system:kube-proxy"))},
        "mode": "nftables",
        "clusterCIDR": POD_NETWORK,
        "hostnameOverride": NODE,
        "conntrack": leave,
    }
