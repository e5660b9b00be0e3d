"""What every pod asks for: CPU, memory, disk, shared memory, devices, nodes."""

from __future__ import annotations

import pytest

from tests.support.helm import doors_of, pod_of, pods_of
from wingsctl.catalog.base import quantity_value

pytestmark = pytest.mark.slow


def test_every_container_has_its_resources(each_chart):
    def check(chart):
        doors = [each["spec"]["template"]["spec"] for each in doors_of(chart.objects)]
        pods = [*pods_of(chart.objects), *doors]
        for container in [each for pod in pods for each in pod["containers"]]:
            requests, limits = (container["resources"][side] for side in ("requests", "limits"))
            yield from {"cpu", "memory", "ephemeral-storage"} - set(requests)
            yield from {"memory", "ephemeral-storage"} - set(limits)
            for name in {*requests, *limits}:
                if "/" in name and requests.get(name) != limits.get(name):
                    yield f"{name}: requests and limits differ"
                if quantity_value(requests.get(name, 0)) > quantity_value(limits.get(name, "1E")):
                    yield f"{name}: request above limit"

    each_chart(check)


def test_shared_memory_is_sized_and_fits_the_memory_limit(each_chart):
    def check(chart):
        volumes = {volume["name"]: volume for volume in pod_of(chart.objects)["volumes"]}
        size = quantity_value(volumes["shm"]["emptyDir"]["sizeLimit"])
        limits = pod_of(chart.objects)["containers"][1]["resources"]["limits"]
        if size > quantity_value(limits["memory"]):
            yield "shm is larger than the memory limit"

    each_chart(check)


DEVICES = {
    "wings-infer": ("nvidia.com/gpu", 1),
    "strict": ("nvidia.com/gpu", 2),
    "mig": ("nvidia.com/mig-2g.10gb", 1),
    "amd": ("amd.com/gpu", 1),
    "gaudi": ("habana.ai/gaudi", 1),
}


def test_devices(rendered):
    charts = {each.name: pod_of(each.objects) for each in rendered if each.name in DEVICES}
    for name, (resource, count) in DEVICES.items():
        engine = charts[name]["containers"][1]["resources"]
        assert engine["limits"][resource] == engine["requests"][resource] == count, name
        assert resource in {each.get("key") for each in charts[name]["tolerations"]}, name


def test_without_an_accelerator_no_device_is_asked_for(rendered):
    chart = next(each for each in rendered if each.name == "cpu-only")
    assert not [
        name
        for name in pod_of(chart.objects)["containers"][1]["resources"]["limits"]
        if "/" in name
    ]
    assert "affinity" not in pod_of(chart.objects)


def test_a_strict_accelerator_is_required_and_others_preferred(rendered):
    by_name = {chart.name: chart for chart in rendered}
    required = "requiredDuringSchedulingIgnoredDuringExecution"
    assert list(pod_of(by_name["strict"].objects)["affinity"]["nodeAffinity"]) == [required]
    preferred = "preferredDuringSchedulingIgnoredDuringExecution"
    assert list(pod_of(by_name["wings-infer"].objects)["affinity"]["nodeAffinity"]) == [preferred]
    both = pod_of(by_name["pod-extras"].objects)["affinity"]
    assert set(both) == {"nodeAffinity", "podAntiAffinity"}
