"""A pod with a real engine: the chart's script and wings-infer, as processes that share a folder."""

import os
import signal
import time
from pathlib import Path

import httpx
import openai
from support.agent import Agent
from support.entrypoint import Entrypoint
from support.ports import HeldPort
from support.raw_client import RawClient
from support.waiting import wait_for

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / ".tools"
TINY_MODEL = TOOLS / "models/tiny-model"
VLLM = TOOLS / "engine/bin/vllm"
START_LIMIT = 300
AGENT_ENVIRONMENT = {
    "MODEL_NAME": "tiny",
    "WINGS_ENGINE_GENERATE": "translate",
    "WINGS_ENGINE_HEALTH_INTERVAL_SECONDS": "1",
    "WINGS_DRAIN_DELAY_SECONDS": "15",
    "WINGS_DRAIN_SECONDS": "120",
    "WINGS_STOP_SECONDS": "20",
    "WINGS_BACKOFF_SECONDS": "0 1 2",
}
ENGINE_ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "WINGS_GRACE_SECONDS": "200",
    "WINGS_STOP_SECONDS": "20",
    "WINGS_POLL_SECONDS": "0.2",
}


class RealPod:
    def __init__(self, folder, *engine_options, model=TINY_MODEL, **environment):
        self._held = HeldPort()
        self.engine_port = self._held.number
        shared, home = folder / "shared", folder / "home"
        shared.mkdir()
        home.mkdir()
        argv = (
            str(VLLM), "serve", str(model), "--host", "127.0.0.1", "--port", str(self.engine_port),
            "--served-model-name", "tiny", "--dtype", "float32", "--max-model-len", "4096",
            "--max-num-seqs", "4", "--enforce-eager", *engine_options,
        )  # fmt: skip
        settings = {**AGENT_ENVIRONMENT, "MODEL_PATH": str(model), **environment}
        self.agent = Agent(shared, self.engine_port, argv, **settings)
        homes = {"HOME": str(home), "VLLM_CACHE_ROOT": str(home / "vllm")}
        self.script = Entrypoint("bash", shared, **ENGINE_ENVIRONMENT, **homes)

    def start(self):
        self.agent.start()
        self.script.start()
        return self

    def wait_ready(self):
        """The seconds it took."""
        begin = time.monotonic()
        wait_for(self.is_ready, f"readiness, log:\n{self.script.log[-4000:]}", START_LIMIT)
        return time.monotonic() - begin

    def is_ready(self):
        return self.agent.get("/health").status == 200

    def engine_pid(self):
        return int(self.script.status()["pid"])

    def engine_group(self):
        """All processes of the engine by name; vLLM has several."""
        return {pid: name for pid, name, group in processes() if group == self.engine_pid()}

    def running(self):
        """How many requests the engine itself says that it works on."""
        return self.engine_metric("vllm:num_requests_running")

    def engine_metric(self, name):
        with RawClient(self.engine_port) as client:
            text = client.get("/metrics").body.decode()
        return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name + "{"))

    def client(self, **options):
        base = f"http://127.0.0.1:{self.agent.port}/v1"
        return openai.OpenAI(
            base_url=base, api_key="none", **{"max_retries": 0, "timeout": 120, **options}
        )

    def post_both(self, path, document):
        """The same request to the engine itself, and through wings-infer."""
        urls = [f"http://127.0.0.1:{port}{path}" for port in (self.engine_port, self.agent.port)]
        return [httpx.post(url, json=document, timeout=120) for url in urls]

    def url(self, path):
        return f"http://127.0.0.1:{self.agent.port}{path}"

    def term(self):
        """What kubelet does: both containers are told at once."""
        self.agent.term()
        self.script.term()

    def stop(self):
        group = self.engine_group() if self.script.status().get("pid", "none") != "none" else {}
        self.agent.close()
        self.script.stop()
        self._held.release()
        for pid in group:
            if is_alive(pid):
                os.kill(pid, signal.SIGKILL)


def processes():
    """Process id, name and group of everything that runs."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            name, _, rest = (folder / "stat").read_text().partition("(")[2].rpartition(")")
        except OSError:
            continue
        state, _, group = rest.split()[:3]
        if state != "Z":
            yield int(folder.name), name, int(group)


def is_alive(pid):
    return any(pid == known for known, _, _ in processes())
