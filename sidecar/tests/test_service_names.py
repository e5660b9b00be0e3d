"""Names of Services: asked for once, in the cluster's own domain."""

from wings_infer.service_names import find_domain, qualify, read_domain

OF_A_POD = "search ns.svc.cluster.local svc.cluster.local cluster.local ec2.internal\nnameserver 10.0.0.10\noptions ndots:5\n"


DOMAINS = {
    OF_A_POD: "cluster.local",
    "search other\n" + OF_A_POD.replace("cluster.local", "k8s.example.org."): "k8s.example.org",
    OF_A_POD + "search example.org\n": "",
    "search svc.example.org example.com\n\n": "",
    "nameserver 10.0.0.10\n": "",
    "": "",
}
ASKED = {
    ("x-0.x-peers.ns.svc", "cluster.local"): "x-0.x-peers.ns.svc.cluster.local.",
    ("x-0.x-peers.ns.svc", ""): "x-0.x-peers.ns.svc",
    ("127.0.0.1", "cluster.local"): "127.0.0.1",
    ("x.example.org", "cluster.local"): "x.example.org",
}


def test_the_domain_is_the_one_whose_services_are_searched():
    assert {resolv_conf: find_domain(resolv_conf) for resolv_conf in DOMAINS} == DOMAINS


def test_without_a_file_there_is_no_domain(tmp_path):
    assert read_domain(tmp_path / "none") == ""
    (tmp_path / "bytes").write_bytes(b"search \xff")
    assert read_domain(tmp_path / "bytes") == ""


def test_only_names_of_services_are_qualified():
    assert {names: qualify(*names) for names in ASKED} == ASKED
