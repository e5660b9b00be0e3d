"""The inputs of conversions: what is given, and what is expected of it.

Each has a file `expected/NAME.txt` with the profile and the report; `--update-golden` rewrites it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
MANIFESTS = HERE / "manifests"
EXPECTED = HERE / "expected"


@dataclass(frozen=True)
class Case:
    """One conversion: files below `manifests`, options, or the words of a command."""

    name: str
    files: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    command: tuple[str, ...] = ()

    @property
    def arguments(self) -> list[str]:
        """What follows `wingsctl convert`, in the directory `manifests`."""
        command = ["--", *self.command] if self.command else []
        return [*self.files, *self.options, *command]


def on(accelerator: str) -> tuple[str, ...]:
    """The option for what the input does not name."""
    return ("--accelerator", accelerator)


def words(command: str) -> tuple[str, ...]:
    """The words of a command."""
    return tuple(command.split())


CASES = (
    Case("gateway-by-hand", ("kubernetes/gateway-by-hand.yaml", "command/start_command.sh")),
    Case("gateway-alone", ("kubernetes/gateway-by-hand.yaml",)),
    Case("gateway-by-hand-sglang", ("kubernetes/gateway-by-hand-sglang.yaml",), on("nvidia-l4")),
    Case("hub-download", ("kubernetes/hub-download.yaml",)),
    Case("shell-script", ("kubernetes/shell-script.yaml",)),
    Case("sglang-router", ("kubernetes/sglang-router.yaml",)),
    Case("two-pods-nnodes", ("kubernetes/two-pods-nnodes.yaml",)),
    Case("ray-script", ("kubernetes/ray-script.yaml",)),
    Case("sglang-two-nodes", ("kubernetes/sglang-two-nodes.yaml",)),
    Case("kubectl-dump", ("kubernetes/kubectl-dump.yaml",)),
    Case("amd-pod", ("kubernetes/amd-pod.yaml",), on("amd-mi300x")),
    Case("cpu", ("kubernetes/cpu.yaml",)),
    Case("docker-vllm", ("docker/vllm.txt",), on("nvidia-l40s")),
    Case("docker-sglang", ("docker/sglang.txt",), on("nvidia-l40s")),
    Case("docker-ascend", ("docker/ascend.txt",), on("huawei-ascend-910b")),
    Case("docker-shell", ("docker/in-a-shell.txt",), on("nvidia-a10")),
    Case("compose-vllm", ("compose/chat.yaml",), on("nvidia-l40s")),
    Case("compose-sglang", ("compose/sglang.yaml",), on("nvidia-l4")),
    Case("script-vllm", ("command/vllm.sh",), on("nvidia-l40s")),
    Case(
        "command-vllm",
        options=on("nvidia-h100"),
        command=words(
            "vllm serve Qwen/Qwen3-30B-A3B -tp=2 -dp 2 --enable-expert-parallel --max-model-len 32k"
            " --served-model-name chat chat-large --hf-token swordfish-on-the-line"
            " --ssl-keyfile /tls/key --headless --uds /tmp/s"
        ),
    ),
    Case(
        "command-sglang",
        options=(*on("nvidia-h200"), "--name", "deepseek"),
        command=words(
            "python3 -m sglang.launch_server --model deepseek-ai/DeepSeek-V3.1 --tp-size 16"
            " --nnodes 2 --node-rank 0 --dist-init-addr 10.0.0.1:20000 --enable-dp-attention"
            " --dp-size 2 --trust-remote-code --quantization fp8 --cuda-graph-max-bs 64"
            " --api-key sk-aSecretThatMustNotShowUp05"
        ),
    ),
    Case(
        "command-docker",
        options=on("nvidia-rtx-4090"),
        command=words(
            "podman run --rm -it --device nvidia.com/gpu=all"
            " -eHF_TOKEN=hf_aSecretThatMustNotShowUp06 --name=tiny --security-opt=label=disable"
            " --entrypoint python3 registry.example:5000/vllm-mirror@sha256:" + "ab" * 32 + " -m"
            " vllm.entrypoints.openai.api_server --model Qwen/Qwen3-0.6B"
        ),
    ),
)
