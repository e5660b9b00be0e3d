"""The built image as Kubernetes runs it: fixed user, nothing writable but the volume and /tmp. See image.sh."""

import json
import os
import subprocess
import tarfile
import time
from pathlib import Path

import pytest
from support.agent import Agent
from support.entrypoint import Entrypoint
from support.ports import HeldPort
from support.waiting import wait_for

ROOT = Path(__file__).parents[1]
USER = 10001
FAKE_ENGINE = ROOT / "tests/support/engine_process.py"
BUILD_TOOLS = {
    "pip",
    "pip3",
    "gcc",
    "cc",
    "c++",
    "g++",
    "make",
    "ld",
    "as",
    "uv",
    "git",
    "cargo",
    "cython",
}

pytestmark = pytest.mark.skipif("WINGS_IMAGE_ROOT" not in os.environ, reason="image.sh runs this")


@pytest.fixture(scope="module")
def base():
    return Path(os.environ["WINGS_BASE_ROOT"])


@pytest.fixture(scope="module")
def image():
    return Path(os.environ["WINGS_IMAGE_ROOT"])


@pytest.fixture(scope="module")
def config():
    document = json.loads(Path(os.environ["WINGS_IMAGE_INSPECT"]).read_text())
    return document["OCIv1"]["config"]


class Container(Agent):
    """The program as a container of runc: the image's own command, user and environment."""

    def __init__(self, folder, image, config, engine_port):
        shared = folder / "shared"
        shared.mkdir()
        os.chown(shared, USER, USER)
        engine = ("/usr/bin/python3", str(FAKE_ENGINE), str(engine_port))
        super().__init__(shared, engine_port, engine, WINGS_SHARED_DIR="/shared-volume")
        self.bundle = folder / "bundle"
        self.bundle.mkdir()
        self.name = f"wings-proof-{self.port}"
        self._write_bundle(image, config)

    def _write_bundle(self, image, config):
        environment = [*config["Env"], *(f"{key}={value}" for key, value in self.environment.items())]
        user, group = map(int, config["User"].split(":"))
        mounts = [
            {"destination": "/proc", "type": "proc", "source": "proc"},
            {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755"]},
            {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=1777"]},
            {"destination": "/shared-volume", "type": "bind", "source": str(self.shared_dir),
             "options": ["bind", "rw"]},
        ]  # fmt: skip
        document = {
            "ociVersion": "1.0.2",
            "process": {
                "user": {"uid": user, "gid": group},
                "args": [*config["Entrypoint"], *self.words[2:]],
                "env": environment,
                "cwd": config.get("WorkingDir") or "/",
                "noNewPrivileges": True,
                "capabilities": {},
            },
            "root": {"path": str(image), "readonly": True},
            "mounts": mounts,
            "linux": {"namespaces": [{"type": kind} for kind in ("pid", "mount", "ipc", "uts")]},
        }
        (self.bundle / "config.json").write_text(json.dumps(document))

    def start(self):
        self.log_path = self.shared_dir.with_name("container.log")
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                ["runc", "run", "--bundle", str(self.bundle), self.name], stdout=log, stderr=log
            )
        wait_for(lambda: self.listens() or self._ended(), "the container's port")
        return self

    def state(self):
        return json.loads(subprocess.check_output(["runc", "state", self.name]))

    def proc(self, name):
        return Path(f"/proc/{self.state()['pid']}/{name}").read_text()

    def term(self):
        subprocess.run(["runc", "kill", self.name, "TERM"], check=True)

    def stop(self):
        if self.process and self.process.poll() is None:
            subprocess.run(["runc", "kill", self.name, "KILL"], check=False)
            self.process.wait(10)
        subprocess.run(["runc", "delete", "--force", self.name], check=False)


@pytest.fixture
def folder(new_folder):
    made = new_folder()
    for path in (made, made.parent):
        path.chmod(0o755)
    return made


@pytest.fixture
def container(folder, image, config):
    held = HeldPort()
    made = Container(folder, image, config, held.number)
    yield made
    made.close()
    held.release()


def test_it_answers_as_user_10001_on_a_read_only_root(container, figure):
    begin = time.monotonic()
    container.start()
    figure("/livez after", f"{time.monotonic() - begin:.2f} s")
    assert container.get("/livez", cluster=True).status == 200
    health = container.get("/health")
    assert (health.status, health.json["status"], health.json["proxy_healthy"]) == (
        503,
        "starting",
        True,
    )
    assert container.get("/docs").status == 200
    status = dict(
        line.split(":\t", 1) for line in container.proc("status").splitlines() if ":\t" in line
    )
    assert status["Uid"].split() == [str(USER)] * 4
    assert int(status["CapEff"], 16) == 0
    root = [line.split() for line in container.proc("mountinfo").splitlines() if line.split()[4] == "/"]
    assert "ro" in root[0][5].split(",")
    assert "uvloop" in container.proc("maps")
    figure("memory", f"{int(status['VmRSS'].split()[0]) / 1024:.0f} MiB")


def test_it_serves_an_engine_and_ends_in_order(container, folder):
    script = Entrypoint("bash", folder / "shared", user=USER)
    container.start()
    script.start()
    try:
        wait_for(lambda: container.get("/health").status == 200, "readiness, log:\n" + container.log())
        assert int(container.post("/v1/x").body) == int(script.status()["pid"])
        order = folder / "shared/start_command.sh"
        assert order.stat().st_uid == USER
        container.term()
        script.term()
        assert container.wait_end() == 0
        assert script.wait_end() == 0
    finally:
        script.stop()


def test_wrong_settings_end_it_with_code_2(container):
    config = container.bundle / "config.json"
    config.write_text(config.read_text().replace(f"WINGS_PORT={container.port}", "WINGS_PORT=none"))
    ended = subprocess.run(
        ["runc", "run", "--bundle", str(container.bundle), container.name],
        capture_output=True,
        check=False,
    )
    assert ended.returncode == 2
    assert b"WINGS_PORT" in ended.stderr + ended.stdout


def files(root):
    return {
        os.path.relpath(os.path.join(folder, name), root)
        for folder, _, names in os.walk(root)
        for name in names
    }


def test_the_image_adds_one_folder_to_its_base(base, image):
    added = files(image) - files(base)
    assert {name for name in added if not name.startswith("opt/wings-infer/")} <= RUNTIME_MARKS
    assert not files(base) - files(image)
    assert "opt/wings-infer/wings_infer/__main__.py" in added


RUNTIME_MARKS = {"run/.containerenv"}


def test_no_build_tool_is_in_it(image):
    found = {name for name in files(image) if os.path.basename(name) in BUILD_TOOLS and "bin/" in name}
    assert not found
    here = files(image / "opt/wings-infer")
    assert not {name for name in here if name.split("/")[0] in {"pip", "setuptools", "wheel", "bin"}}
    found = subprocess.run(
        ["chroot", str(image), "python3", "-c", "import pip"], capture_output=True, check=False
    )
    assert b"ModuleNotFoundError" in found.stderr


def test_only_pinned_wheels_are_in_it(image):
    pins = [
        line.split(" ")[0]
        for line in (ROOT / "requirements.txt").read_text().splitlines()
        if "==" in line
    ]
    installed = [
        path.name.removesuffix(".dist-info") for path in (image / "opt/wings-infer").glob("*.dist-info")
    ]
    assert sorted(installed) == sorted(pin.replace("==", "-") for pin in pins)


def test_nothing_is_compiled_at_the_start(image):
    sources = {path for path in files(image / "opt/wings-infer/wings_infer") if path.endswith(".py")}
    compiled = {path for path in files(image / "opt/wings-infer/wings_infer") if path.endswith(".pyc")}
    assert len(compiled) == len(sources)


def test_it_belongs_to_root_and_cannot_be_changed_by_its_user(image):
    for path in (image / "opt/wings-infer").rglob("*"):
        if not path.is_symlink():
            state = path.stat()
            assert (state.st_uid, state.st_mode & 0o022) == (0, 0), path
            assert state.st_mode & 0o004, path


def test_its_metadata(config):
    assert config["User"] == f"{USER}:{USER}"
    assert {port.removesuffix("/tcp") for port in config["ExposedPorts"]} == {"9000", "9001"}
    assert config["StopSignal"] == "SIGTERM"
    assert config["Entrypoint"] == ["python3", "-m", "wings_infer"]


def test_sizes(base, image, figure):
    def size(root):
        return sum(os.lstat(root / name).st_size for name in files(root)) / 1e6

    own = size(image / "opt/wings-infer")
    figure("size of the base", f"{size(base):.0f} MB")
    figure(
        "size of the image", f"{size(image):.0f} MB, {own:.1f} MB of it are wings-infer and its wheel"
    )
    packed = Path(os.environ["WINGS_IMAGE_TAR"])
    figure("as a docker archive", f"{packed.stat().st_size / 1e6:.0f} MB")
    with tarfile.open(packed) as archive:
        assert "manifest.json" in archive.getnames()
    assert own < 40
