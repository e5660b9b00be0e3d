"""No deployment that vLLM's own recipes write down for named hardware is refused as too large."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator
from functools import cache

from tests.models.evidence import HERE
from tests.support.plans import resolve
from tests.support.rows import check_rows

Row = dict[str, str]
LEAST_ROWS = 140
LEAST_FITTING = 0.9
"""Of the verdicts; the others are uncertain."""
ARGUMENTS = ("max_num_seqs", "max_num_batched_tokens", "gpu_memory_utilization")


@cache
def rows() -> list[Row]:
    path = HERE / "data" / "verified_deployments.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def name_of(row: Row) -> str:
    return f"{row['model']} on {row['count']} {row['accelerator']} ({row['source']})"


def profile_of(row: Row) -> str:
    """As the recipe's command has it, in a profile."""
    tensor, pipeline, data = (int(row[key] or 1) for key in ("tensor", "pipeline", "data"))
    nodes = int(row["nodes"])
    model = {"name": row["model"], "quantization": row["quantization"] or None}
    model |= {"kvCacheType": row["kv_cache_dtype"] or None}
    if row["max_model_len"].isdigit():
        model["maxLength"] = int(row["max_model_len"])
    args = {key.replace("_", "-"): float(row[key]) for key in ARGUMENTS if row[key]}
    args = {
        key: int(each) if each.is_integer() and each > 1 else each for key, each in args.items()
    }
    sizes = {"tensor": tensor, "pipeline": pipeline, "data": data}
    sizes |= {"expert": tensor * data} if row["expert"] else {}
    document = {
        "model": {key: each for key, each in model.items() if each is not None},
        "accelerator": {"name": row["accelerator"], "count": int(row["count"]) // nodes},
        "nodes": nodes,
        "parallelism": sizes,
        "engine": {"name": "vllm", "args": args},
    }
    document |= {"fabric": "ethernet"} if nodes > 1 else {}
    return "\n".join(f"{key}: {json.dumps(each)}" for key, each in document.items())


@cache
def verdict_of(profile: str) -> str:
    """Of the memory; or what is refused."""
    plan, problems = resolve(profile)
    errors = [each.message for each in problems if each.severity == "error"]
    if errors or not plan:
        return "; ".join(errors)
    return next(str(each.value) for each in plan.decisions if each.key == "memory.verdict")


def test_no_deployment_is_refused() -> None:
    def check(row: Row) -> Iterator[str]:
        verdict = verdict_of(profile_of(row))
        if verdict not in ("fits", "uncertain"):
            yield verdict

    check_rows(rows(), check, name_of)


def test_most_of_them_fit() -> None:
    verdicts = Counter(verdict_of(profile_of(row)) for row in rows())
    assert len(rows()) >= LEAST_ROWS
    assert verdicts["fits"] >= LEAST_FITTING * len(rows()), verdicts
