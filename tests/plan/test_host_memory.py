"""Host memory and disk that flags and variables give an engine are added up."""

from __future__ import annotations

import pytest

from tests.support.plans import messages, plan_of
from wingsctl.catalog.base import quantity_value

GIB = 2**30
LLAMA = "model: llama-3.1-8b-instruct\naccelerator: {name: nvidia-h100, count: %d}\n"


def limits(text: str, kind: str = "memory", side: str = "limits") -> float:
    return quantity_value(plan_of(text).engine.resources[side][kind]) / GIB


def engine(args: str = "{}", env: str = "{}", name: str = "vllm", more: str = "") -> str:
    return f"engine: {{name: {name}, args: {args}, env: {env}{more}}}\n"


PLAIN = limits(LLAMA % 1 + engine())
PLAIN_4 = limits(LLAMA % 4 + engine())
LMCACHE = '{"kv_connector": "LMCacheConnectorV1", "kv_role": "kv_both"}'
NATIVE = '{"kv_connector": "OffloadingConnector", "kv_connector_extra_config": %s}'


def test_a_cache_in_host_memory_raises_request_limit_and_shared_memory():
    text = LLAMA % 1 + engine("{kv-offloading-size: 200, kv-offloading-backend: native}")
    assert limits(text) == PLAIN + 200
    assert limits(text, side="requests") == limits(LLAMA % 1 + engine(), side="requests") + 200
    assert plan_of(text).engine.shm == "208Gi"


def test_its_size_is_that_of_all_ranks():
    assert limits(LLAMA % 4 + engine("{kv-offloading-size: 200}")) == PLAIN_4 + 200


@pytest.mark.parametrize(
    "args",
    [
        "{kv-transfer-config: '" + NATIVE % '{"cpu_bytes_to_use": 107374182400}' + "'}",
        "{kv-transfer-config: {kv_connector_extra_config: {cpu_bytes_to_use: 107374182400}}}",
        "{kv-transfer-config.kv_connector_extra_config.cpu_bytes_to_use: 107374182400}",
    ],
)
def test_the_same_in_the_connectors_own_words(args):
    assert limits(LLAMA % 1 + engine(args)) == PLAIN + 100


@pytest.mark.parametrize(
    ("args", "env", "each"),
    [
        ("{cpu-offload-gb: 10}", "{}", 10),
        (f"{{kv-transfer-config: '{LMCACHE}'}}", "{LMCACHE_MAX_LOCAL_CPU_SIZE: '300'}", 300),
        (f"{{kv-transfer-config: '{LMCACHE}'}}", "{}", 5),
        ("{}", "{LMCACHE_MAX_LOCAL_CPU_SIZE: '300'}", 0),
    ],
)
def test_what_each_rank_takes_counts_for_each(args, env, each):
    assert limits(LLAMA % 4 + engine(args, env)) == PLAIN_4 + 4 * each


def test_swap_space_counts_where_the_version_has_it():
    args = "{swap-space: 8}"
    old = "engine: {name: vllm, version: 0.11.0, args: %s}\n"
    assert limits(LLAMA % 1 + old % args) == limits(LLAMA % 1 + old % "{}") + 8


def test_hierarchical_cache_by_size_is_in_decimal_gigabytes_of_each_rank():
    args = "{enable-hierarchical-cache: true, hicache-size: 30}"
    more = limits(LLAMA % 4 + engine(args, name="sglang"))
    assert more == limits(LLAMA % 4 + engine(name="sglang")) + 112  # 4 x 30e9 bytes, rounded up


def test_hierarchical_cache_by_ratio_follows_the_cards_cache():
    plain = limits(LLAMA % 1 + engine(name="sglang"))
    twice = limits(LLAMA % 1 + engine("{enable-hierarchical-cache: true}", name="sglang"))
    args = "{enable-hierarchical-cache: true, hicache-ratio: 4}"
    four = limits(LLAMA % 1 + engine(args, name="sglang"))
    assert twice > plain + 80
    assert abs((four - plain) - 2 * (twice - plain)) <= 2


def test_a_written_limit_below_it_is_refused():
    more = ", resources: {limits: {memory: 100Gi}}"
    text = LLAMA % 1 + engine("{kv-offloading-size: 200}", more=more)
    found = messages(text)
    assert len(found) == 1
    assert found[0].startswith("engine.resources.limits.memory: 100Gi is less than")


def test_a_limit_that_holds_no_engine_is_a_warning():
    text = LLAMA % 1 + engine(more=", resources: {limits: {memory: 1Gi}}")
    assert any("1Gi is less than" in each for each in messages(text, "warning"))


DISK = f"{{kv-transfer-config: '{LMCACHE}'}}"
DISK_ENV = "{LMCACHE_LOCAL_DISK: 'file:///kv-disk/', LMCACHE_MAX_LOCAL_DISK_SIZE: '640'}"
MOUNT = (
    "pod: {volumes: [{name: kv-disk, %s}], volumeMounts: [{name: kv-disk, mountPath: /kv-disk}]}"
)


def disk_limit(pod: str, args: str = DISK, env: str = DISK_ENV) -> float:
    return limits(LLAMA % 1 + engine(args, env) + pod, "ephemeral-storage")


def test_a_cache_on_the_nodes_disk_raises_the_limit():
    plain = limits(LLAMA % 1 + engine(), "ephemeral-storage")
    assert disk_limit(MOUNT % "emptyDir: {}") == plain + 640
    assert disk_limit(MOUNT % "persistentVolumeClaim: {claimName: kv}") == plain
    assert disk_limit("") == plain + 640


def test_own_volumes_raise_the_limits_that_they_count_against():
    plain = limits(LLAMA % 1 + engine(), "ephemeral-storage")
    assert disk_limit(MOUNT % "emptyDir: {sizeLimit: 50Gi}", "{}", "{}") == plain + 50
    memory = MOUNT % "emptyDir: {medium: Memory, sizeLimit: 50Gi}"
    assert limits(LLAMA % 1 + engine() + memory) == PLAIN + 50


def test_a_volume_without_a_size_is_a_warning():
    found = messages(LLAMA % 1 + MOUNT % "emptyDir: {}", "warning")
    assert any("kv-disk has no sizeLimit" in each for each in found)
    found = messages(LLAMA % 1 + MOUNT % "emptyDir: {sizeLimit: 1Gi}", "warning")
    assert not any("sizeLimit" in each for each in found)


def test_many_ranks_of_a_small_model_have_room_for_their_processes():
    text = "model: qwen3-0.6b\naccelerator: {name: nvidia-h100, count: 8}\n"
    text += "parallelism: {tensor: 1, data: 8}\n"
    assert limits(text) >= 8 * 2.5 + 8


CPU = "model: %s\naccelerator: none\n"


@pytest.mark.parametrize("name", ["vllm", "sglang"])
def test_on_a_cpu_the_weights_have_to_lie_in_the_limit(name):
    more = ", resources: {requests: {memory: 8Gi}, limits: {memory: 8Gi}}"
    found = messages(CPU % "llama-3.1-8b-instruct" + engine(name=name, more=more))
    assert len(found) == 1
    assert "15.0 GiB for weights" in found[0]


def test_on_a_cpu_the_cache_counts_too():
    more = ", resources: {limits: {memory: 20Gi}}"
    env = "{VLLM_CPU_KVCACHE_SPACE: 4}"
    found = messages(CPU % "llama-3.1-8b-instruct" + engine(env=env, more=more))
    assert len(found) == 1
    assert "4.0 GiB for cache" in found[0]
    text = CPU % "llama-3.1-8b-instruct" + engine(env=env)
    assert limits(text) >= 15 + 4 + 2.5


def test_on_a_cpu_a_cache_too_small_for_one_request_is_a_warning():
    more = ", resources: {limits: {memory: 20Gi}}"
    text = CPU % "llama-3.1-8b-instruct" + engine(name="sglang", more=more)
    found = [each for each in messages(text, "warning") if "KV cache" in each]
    assert len(found) == 1
    assert "one request of 131072 tokens takes 16.0 GiB" in found[0]
