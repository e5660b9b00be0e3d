"""A group of pods: for each the real program and the real script, on a loopback address of its own."""

import os
import secrets
import signal
import subprocess
import sys
from itertools import count
from pathlib import Path

from support.agent import Agent
from support.cutter import Cutter
from support.entrypoint import SCRIPT, SHELLS, Entrypoint
from support.ports import HeldPort
from support.waiting import LIMIT_SECONDS, wait_for

ENGINE = Path(__file__).with_name("group_engine.py")
TIMES = {
    "WINGS_GROUP_HOLD_SECONDS": "0.5",
    "WINGS_GROUP_ANSWER_SECONDS": "3",
    "WINGS_GROUP_LEASE_SECONDS": "8",
    "WINGS_GROUP_STOP_SECONDS": "1",
    "WINGS_ENGINE_PROGRESS_METRICS": "fake:steps_total",
}
_numbers = count(os.getpid() % 200)


class Pod:
    """One member; `agent` and `script` are its containers."""

    def __init__(self, group, index):
        self.group, self.index = group, index
        self.host = f"127.{group.net}.{index}"
        self.generation = 0
        self.hook = self.agent = None
        self.make()

    def make(self):
        """A new pod: another uid, an empty volume."""
        if self.agent:
            self.agent.close()
        self.generation += 1
        group, index = self.group, self.index
        self.shared_dir = group.folder / f"pod{index}.{self.generation}" / "shared"
        self.shared_dir.mkdir(parents=True)
        engine_port = group.engine_port  # a worker's engine serves nobody
        argv = (sys.executable, str(ENGINE), "--size", str(group.size), "--port", str(engine_port),
                "--meet", f"127.{group.net}.0:{group.meeting_port}", "--notes", str(group.notes),
                "--rank", str(index), *group.engine_options)  # fmt: skip
        self.identity = {
            "LWS_GROUP_SIZE": str(group.size),
            "LWS_WORKER_INDEX": str(index),
            "LWS_LEADER_ADDRESS": group.leader_address,
            "WINGS_WORKER_ADDRESS": group.worker_address,
            "WINGS_GROUP": group.name,
            "WINGS_TEMPLATE": group.template,
            "POD_UID": secrets.token_hex(8),
            "POD_NAME": f"pod-{index}",
            "NODE_NAME": f"node-{index}",
        }
        self.agent = Agent(
            self.shared_dir, engine_port, argv, host=self.host, cluster_port=group.cluster_port,
            **TIMES | self.identity | group.environment,
        )  # fmt: skip
        self.script = Entrypoint(
            "dash", self.shared_dir, LWS_GROUP_SIZE=str(group.size), WINGS_GROUP_STOP_SECONDS="1",
            WINGS_POLL_SECONDS="0.1",
        )  # fmt: skip

    def start(self):
        self.agent.start()
        self.script.start()

    def engine_pid(self):
        pid = self.script.status().get("pid", "none")
        return int(pid) if pid != "none" else None

    def kill_engine(self, signal_number=signal.SIGKILL):
        os.kill(self.engine_pid(), signal_number)

    def vanish(self):
        """Force-deleted, or its node lost: nothing of it is left."""
        self.agent.close()
        self.script.stop()

    def replace(self):
        """Deleted and made again, as a StatefulSet does."""
        self.vanish()
        self.make()
        self.start()

    def end(self):
        """What kubelet does: the hook of one container, SIGTERM to the other, at once."""
        self.hook = subprocess.Popen(
            [*SHELLS["dash"], str(SCRIPT), "pre-stop"], env=self.script.environment
        )
        self.agent.term()

    def wait_end(self, limit=LIMIT_SECONDS):
        assert self.hook.wait(limit) == 0
        self.script.term()
        assert self.script.wait_end(limit) == 0
        assert self.agent.wait_end(limit) == 0

    def health(self):
        return self.agent.get("/health", cluster=True)

    def group_status(self):
        return self.agent.status()["group"]


class Group:
    """`is_cuttable`: the pods reach each other through relays that can be cut, one before each pod."""

    def __init__(
        self,
        folder,
        size=2,
        name="ns/test",
        template="t1",
        engine_options=(),
        is_cuttable=False,
        **environment,
    ):
        self.net = f"{next(_numbers) % 200 + 20}.{os.getpid() % 250}"
        self.folder, self.size, self.name, self.template = Path(folder), size, name, template
        self.engine_options, self.environment = engine_options, environment
        self._held = HeldPort(), HeldPort(), HeldPort()
        self.cluster_port, self.meeting_port, self.engine_port = (port.number for port in self._held)
        through = "10" if is_cuttable else ""
        self.leader_address = f"127.{self.net}.{through}0"
        self.worker_address = f"127.{self.net}.{through}{{index}}"
        self.cutters = [
            Cutter(f"127.{self.net}.10{index}", self.cluster_port, f"127.{self.net}.{index}")
            for index in range(size if is_cuttable else 0)
        ]
        self.notes = self.folder / "notes"
        self.notes.mkdir(parents=True)
        self.pods = [Pod(self, index) for index in range(size)]

    @property
    def leader(self):
        return self.pods[0]

    def start(self):
        for pod in self.pods:
            pod.start()
        return self

    def wait_ready(self, limit=LIMIT_SECONDS):
        wait_for(
            lambda: self.leader.agent.listens() and self.leader.health().status == 200,
            f"readiness of the group, logs:\n{self.logs()}",
            limit,
        )
        return self.generation()

    def generation(self):
        return self.leader.group_status()["generation"]

    def wait_other_generation(self, old):
        """Ready again, in a generation that is not `old`."""

        def is_new():
            if not self.leader.agent.listens() or self.generation() == old:
                return False
            return self.leader.health().status == 200

        wait_for(is_new, f"another generation than {old}, logs:\n{self.logs()}", LIMIT_SECONDS)
        assert not (self.notes / "mixed").exists(), (self.notes / "mixed").read_text()
        return self.generation()

    def cut(self):
        for cutter in self.cutters:
            cutter.is_cut = True

    def heal(self):
        for cutter in self.cutters:
            cutter.heal()

    def logs(self):
        texts = [
            f"--- {pod.index}\n{pod.agent.log()[-3000:]}{pod.script.log[-800:]}"
            for pod in self.pods
            if pod.agent.process
        ]
        return "\n".join(texts)

    def stop(self):
        for pod in self.pods:
            if pod.hook and pod.hook.poll() is None:
                pod.hook.kill()
                pod.hook.wait()
            pod.vanish()
        for cutter in self.cutters:
            cutter.stop()
        for port in self._held:
            port.release()
