"""What may be wrong with a front door's release: the complaint, and the change that earns it."""

from __future__ import annotations

from tests.helm.small_releases import get


def backends(objects):
    containers = get(objects, "Deployment", "demo-door")["spec"]["template"]["spec"]["containers"]
    return containers[0]["env"][0]


def service(objects, name):
    return get(objects, "Service", name)["spec"]


def metadata(objects):
    return get(objects, "ScaledObject")["spec"]["triggers"][0]["metadata"]


BROKEN_FRONT_DOORS = {
    "Deployment demo-door: its backends demo-red.$(POD_NAMESPACE).svc are no Service of this "
    "release": lambda o: backends(o).update(value="demo-red.$(POD_NAMESPACE).svc:9000"),
    "Deployment demo-door: its backends demo-ready.other.svc are no Service of this release":
        lambda o: backends(o).update(value="demo-ready.other.svc:9000"),
    "Deployment demo-door: Service demo-ready does not tell the addresses of its backends":
        lambda o: service(o, "demo-ready").pop("clusterIP"),
    "Deployment demo-door: Service demo-ready tells backends that are not ready":
        lambda o: service(o, "demo-ready").update(publishNotReadyAddresses=True),
    "Deployment demo-door: Deployment demo has no port 8000":
        lambda o: backends(o).update(value="demo-ready.$(POD_NAMESPACE).svc:8000"),
    "ScaledObject demo: asks http://demo-demand.llm:9001/demand, which is no Service of this "
    "release": lambda o: metadata(o).update(url="http://demo-demand.llm:9001/demand"),
    "ScaledObject demo: asks http://demo-door.llm.svc:9001/demand, which is no Service of this "
    "release": lambda o: metadata(o).update(url="http://demo-door.llm.svc:9001/demand"),
    "ScaledObject demo: asks http://demo-demand.x.svc:9001/demand, which is no Service of this "
    "release": lambda o: metadata(o).update(url="http://demo-demand.x.svc:9001/demand"),
    "ScaledObject demo: Service demo-demand has no port 9000":
        lambda o: metadata(o).update(url="http://demo-demand.llm.svc:9000/demand"),
    "ScaledObject demo: Service demo-demand hides pods that end, and what they hold":
        lambda o: service(o, "demo-demand").pop("publishNotReadyAddresses"),
    "ScaledObject demo: does not add up what the pods tell":
        lambda o: metadata(o).pop("aggregationType"),
}  # fmt: skip
