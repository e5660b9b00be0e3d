"""Graphs, images and blocks of states: formulas by hand, against what engines logged."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.plans import plan_of, shipped_engine
from tools.memory.observations import Observation, observations
from wingsctl.catalog.graphs import Graphs
from wingsctl.plan.arguments import memory_arguments
from wingsctl.plan.graph_memory import graph_count
from wingsctl.plan.image_memory import encoder_tokens
from wingsctl.plan.memory import estimate_memory
from wingsctl.plan.memory_request import MemoryRequest, settings_of
from wingsctl.plan.memory_stages import tightest_stage
from wingsctl.plan.profile_run import PLAIN, ProfileRun, profile_run

ROWS = observations()


def logged(model: str, **columns: str) -> Observation:
    """The one row of that model and these values."""
    suits = [each for each in ROWS if each.row["model"] == model]
    found = [each for each in suits if all(each.row[name] == columns[name] for name in columns)]
    assert len(found) == 1
    return found[0]


def run_of(args: dict[str, Any], engine: str = "vllm") -> ProfileRun:
    return profile_run(memory_arguments(shipped_engine(engine), args))


@pytest.mark.parametrize(
    ("model", "columns", "count"),
    [
        ("Qwen/Qwen3.5-9B", {}, 51 + 35),
        ("Qwen/Qwen2.5-7B-Instruct", {"engine_version": "0.22.0"}, 35 + 19),
        ("RedHatAI/Qwen3.6-35B-A3B-NVFP4", {"max_num_batched_tokens": "4096"}, 3 + 1),
        ("RedHatAI/Qwen3.6-35B-A3B-NVFP4", {"max_num_batched_tokens": "65536"}, 1 + 1),
        ("RedHatAI/Qwen3.6-35B-A3B-NVFP4", {"outcome": "refused"}, 11 + 7),
        ("RedHatAI/Qwen3.6-35B-A3B-NVFP4", {"enforce_eager": "true"}, 0),
        ("nvidia/Qwen3.6-27B-NVFP4", {}, 5 + 4),
        ("google/gemma-4-31b-it", {}, 8 + 5),
        ("Qwen/Qwen3-Next-80B-A3B-Instruct", {}, 67 + 67),
        ("nvidia/GLM-5.2-NVFP4", {}, 51 + 51),
    ],
)
def test_as_many_graphs_as_the_engine_captured(
    model: str, columns: dict[str, str], count: int
) -> None:
    """The numbers behind "PIECEWISE" and "FULL" of the log, or of its progress bars."""
    request = logged(model, **columns).request
    assert request.row is not None
    assert request.row.graphs is not None
    assert graph_count(request, settings_of(request), request.row.graphs) == count


@pytest.mark.parametrize(
    ("model", "columns", "block"),
    [
        ("Qwen/Qwen3.5-9B", {}, 528),
        ("Qwen/Qwen3-Next-80B-A3B-Instruct", {}, 544),
        ("nvidia/Qwen3.6-27B-NVFP4", {}, 1568),
        ("RedHatAI/Qwen3.6-35B-A3B-NVFP4", {"enforce_eager": "true"}, 2096),
    ],
)
def test_blocks_are_as_large_as_a_state(model: str, columns: dict[str, str], block: int) -> None:
    """ "Setting attention block size to ... tokens" of the log."""
    assert tightest_stage(logged(model, **columns).request).cache.block == block


def test_a_pool_of_several_kinds_is_logged_by_version() -> None:
    """Blocks of one kind; full requests times the length from 0.21 on."""
    old = logged("Qwen/Qwen3.5-9B")
    assert estimate_memory(old.request).tokens == old.count("kv_cache_tokens")
    new = estimate_memory(logged("nvidia/Qwen3.6-27B-NVFP4").request)
    assert new.tokens == int(new.requests * 262144)


@pytest.mark.parametrize(
    ("args", "run"),
    [
        ({}, PLAIN),
        ({"enforce-eager": True}, ProfileRun(graph_sizes=())),
        ({"enforce-eager": False}, PLAIN),
        ({"compilation-config": '{"cudagraph_capture_sizes": [1, 2, 8]}'}, ProfileRun((1, 2, 8))),
        ({"compilation-config.cudagraph_capture_sizes": [4, 8]}, ProfileRun((4, 8))),
        ({"compilation-config": {"cudagraph_mode": "NONE"}}, ProfileRun(())),
        ({"cuda-graph-sizes": "1,2"}, ProfileRun((1, 2))),
        ({"max-cudagraph-capture-size": 64}, ProfileRun(graph_limit=64)),
        (
            {"compilation-config": {"max_cudagraph_capture_size": 32}},
            ProfileRun(graph_limit=32),
        ),
        ({"skip-mm-profiling": True}, ProfileRun(has_images=False)),
        ({"language-model-only": True}, ProfileRun(has_images=False)),
        ({"limit-mm-per-prompt": '{"image": 0, "video": 0}'}, ProfileRun(has_images=False)),
        ({"limit-mm-per-prompt": {"image": 0, "video": 1}}, PLAIN),
        ({"limit-mm-per-prompt": {"image": {"count": 2}, "video": 0}}, PLAIN),
        ({"limit-mm-per-prompt": {"image": 0}}, PLAIN),
        ({"mm-processor-kwargs": '{"max_pixels": 784000}'}, ProfileRun(image_tokens=1000)),
        ({"enable-prefix-caching": True}, ProfileRun(keeps_prefixes=True)),
        ({"enable-prefix-caching": False}, ProfileRun(keeps_prefixes=False)),
        ({"compilation-config": "not json", "cuda-graph-sizes": "many"}, PLAIN),
    ],
)
def test_what_arguments_say(args: dict[str, Any], run: ProfileRun) -> None:
    assert run_of(args) == run


def test_what_arguments_of_sglang_say() -> None:
    assert run_of({"disable-cuda-graph": True}, "sglang").graph_sizes == ()
    assert run_of({"cuda-graph-max-bs": 64}, "sglang").graph_limit == 64


def test_sizes_of_ones_own_replace_the_engines() -> None:
    found = logged("Qwen/Qwen2.5-7B-Instruct", engine_version="0.22.0").request
    settings, graphs = settings_of(found), Graphs(layer_mib=1, decode=False)
    assert graph_count(found, settings, graphs) == 35
    own = ProfileRun(graph_sizes=(1, 8, 4096))
    assert graph_count(with_run(found, own), settings, graphs) == 2


def with_run(request: MemoryRequest, run: ProfileRun) -> MemoryRequest:
    return replace(request, run=run)


@pytest.mark.parametrize(
    ("run", "tokens"),
    [
        (PLAIN, 16384),
        (ProfileRun(image_tokens=1000), 8192),
        (ProfileRun(has_images=False), 0),
    ],
)
def test_images_fill_a_batch_or_are_one(run: ProfileRun, tokens: int) -> None:
    """One image of the largest size, or as many as 8192 tokens hold."""
    request = with_run(logged("Qwen/Qwen3.5-9B").request, run)
    assert encoder_tokens(request, settings_of(request)) == tokens


def memory_of(text: str) -> dict[str, object]:
    plan = plan_of(f"model: qwen3-8b\naccelerator: nvidia-l4\nengine:\n  name: vllm\n{text}")
    return {each.key: each.value for each in plan.decisions if each.key.startswith("memory.")}


def test_a_profile_without_graphs_has_more_cache() -> None:
    plain, eager = memory_of("  args: {}"), memory_of("  args: {enforce-eager: true}")
    assert (plain["memory.graphs"] != "0.00 GiB", eager["memory.graphs"]) == (True, "0.00 GiB")
