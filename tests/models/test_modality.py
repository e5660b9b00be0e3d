"""What a model takes and what it is for, by its own config.json."""

from __future__ import annotations

import pytest

from tests.models.evidence import read_config
from wingsctl.models.modality import read_inputs, read_task


@pytest.mark.parametrize(
    ("repository", "inputs", "task"),
    [
        ("Qwen/Qwen3-8B", ["text"], "generation"),
        ("Qwen/Qwen2.5-VL-7B-Instruct", ["text", "image", "video"], "generation"),
        ("google/gemma-3-27b-it", ["text", "image"], "generation"),
        ("google/gemma-4-E2B", ["text", "image", "video"], "generation"),
        ("microsoft/Phi-3-vision-128k-instruct", ["text", "image"], "generation"),
        ("openai/whisper-large-v3-turbo", ["audio"], "transcription"),
        ("BAAI/bge-large-en", ["text"], "embedding"),
        ("BAAI/bge-reranker-v2-m3", ["text"], "score"),
        ("internlm/internlm2-7b-reward", ["text"], "reward"),
        ("intfloat/e5-mistral-7b-instruct", ["text"], None),
    ],
)
def test_by_its_file(repository, inputs, task):
    config = read_config(repository)
    assert (read_inputs(config), read_task(config)) == (inputs, task)


@pytest.mark.parametrize(
    "config", [{}, {"architectures": []}, {"architectures": "LlamaForCausalLM"}]
)
def test_a_file_without_a_class_leaves_the_task_open(config):
    assert read_task(config) is None
