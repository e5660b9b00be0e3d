"""The built image: WINGS_TEST_IMAGE_ROOT names a mounted root file system of it (see the readme)."""

import os
import subprocess
from pathlib import Path

import pytest
from support.agent import FAST, Agent
from support.waiting import wait_for

ROOT = os.environ.get("WINGS_TEST_IMAGE_ROOT", "")
ENTER = """
mount --bind {root} {root} && mount -o remount,bind,ro {root}
mount --bind {shared} {root}/mnt && mount -t tmpfs tmpfs {root}/tmp && mount -t proc proc {root}/proc
exec chroot --userspec=10001:10001 {root} /usr/bin/env -i PATH=/usr/local/bin:/usr/bin:/bin \
  PYTHONPATH=/opt/wings-infer PYTHONDONTWRITEBYTECODE=1 HOME=/tmp "$@"
"""
pytestmark = pytest.mark.skipif(not ROOT, reason="no image is mounted")


def enter(shared, *words, **options):
    script = ENTER.format(root=ROOT, shared=shared)
    return subprocess.Popen(["unshare", "-m", "sh", "-c", script, "sh", *words], **options)


@pytest.fixture
def started(shared_dir, engine):
    agent = Agent(shared_dir, engine.port)
    settings = {**FAST, **agent.environment, "WINGS_SHARED_DIR": "/mnt"}
    words = [f"{key}={value}" for key, value in settings.items()]
    agent.log_path = shared_dir.with_name("image.log")
    with agent.log_path.open("wb") as log:
        agent.process = enter(
            shared_dir, *words, "python3", "-m", "wings_infer", "engine", stdout=log, stderr=log
        )
    wait_for(lambda: agent.listens() or agent._ended())
    yield agent
    agent.stop()


def test_it_serves_with_a_read_only_root_as_uid_10001(started):
    wait_for((started.shared_dir / "start_command.sh").exists)
    assert (started.shared_dir / "start_command.sh").stat().st_uid == 10001
    started.report("running")
    started.wait_ready()
    assert started.post("/v1/chat/completions").status == 200


def test_it_has_a_plain_python_and_nothing_to_build_with(shared_dir):
    program = "import ssl, json, urllib.request, uvloop, wings_infer; print(wings_infer.__version__)"
    done = enter(shared_dir, "python3", "-c", program, stdout=subprocess.PIPE)
    assert done.communicate(timeout=30)[0] == b"0.1.0\n"
    found = [name for name in ("gcc", "cc", "make", "pip") if Path(ROOT, "usr/bin", name).exists()]
    assert found == []


def test_nothing_but_the_pinned_wheel_is_in_it():
    installed = {path.name.split("-")[0] for path in Path(ROOT, "opt/wings-infer").glob("*.dist-info")}
    assert installed == {"uvloop"}
    assert not Path(ROOT, "build").exists()
