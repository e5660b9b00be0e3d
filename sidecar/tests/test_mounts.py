"""A mounted Secret that no variable names: the program does not start."""

import os
import subprocess
import sys

import pytest
from support.forked import ROOT
from support.waiting import LIMIT_SECONDS

from wings_infer.errors import SettingsError
from wings_infer.settings import load_settings

RUN = "import sys, pathlib, wings_infer.__main__ as m; sys.exit(m.main(sys.argv[2:], pathlib.Path(sys.argv[1])))"
POD = ({}, ("engine",))
DOOR = ({"WINGS_MODE": "front-door", "WINGS_BACKENDS": "x"}, ())
FILES = {
    "wings-auth": {"WINGS_API_KEYS_FILE": "keys"},
    "wings-tls": {"WINGS_TLS_CERT_FILE": "tls.crt", "WINGS_TLS_KEY_FILE": "tls.key"},
}
both_modes = pytest.mark.parametrize(("environment", "argv"), [POD, DOOR], ids=["pod", "door"])
each_mount = pytest.mark.parametrize("folder", FILES)


@pytest.fixture
def mount(tmp_path):
    """Mounts a Secret with its files; returns the variables that name them."""

    def make(folder, *, files=True):
        (tmp_path / folder).mkdir()
        for file in FILES[folder].values() if files else ():
            (tmp_path / folder / file).write_text("x\n")
        return {name: str(tmp_path / folder / file) for name, file in FILES[folder].items()}

    return make


@both_modes
@each_mount
def test_it_is_refused(mount, tmp_path, folder, environment, argv):
    variables = mount(folder)
    for lack in ({}, dict.fromkeys(variables, "")):
        with pytest.raises(SettingsError) as refusal:
            load_settings({**environment, **lack}, argv, tmp_path)
        assert all(f"{name}={file}" in str(refusal.value) for name, file in variables.items())
        assert f"mounted at {tmp_path / folder}" in str(refusal.value)


@both_modes
@each_mount
def test_its_folder_alone_is_enough(mount, tmp_path, folder, environment, argv):
    """The file of a Secret may come later, or be without the right to read it."""
    mount(folder, files=False)
    with pytest.raises(SettingsError, match=folder):
        load_settings(environment, argv, tmp_path)


@both_modes
@each_mount
def test_with_its_variables_it_is_used(mount, tmp_path, folder, environment, argv):
    assert load_settings({**environment, **mount(folder)}, argv, tmp_path)


def test_keys_from_elsewhere_are_keys(mount, tmp_path):
    mount("wings-auth")
    settings = load_settings({"WINGS_API_KEYS_FILE": "/other"}, ("engine",), tmp_path)
    assert str(settings.keys_file) == "/other"


def test_half_a_certificate_is_one_problem(mount, tmp_path):
    variables = mount("wings-tls")
    del variables["WINGS_TLS_KEY_FILE"]
    with pytest.raises(SettingsError, match="one without the other") as refusal:
        load_settings(variables, ("engine",), tmp_path)
    assert len(str(refusal.value).splitlines()) == 1


def run(root, environment, argv):
    return subprocess.run(
        [sys.executable, "-c", RUN, str(root), *argv], cwd=ROOT, capture_output=True, text=True,
        env={"PATH": os.environ["PATH"], "WINGS_LISTEN_HOST": "127.0.0.1", "WINGS_PORT": "0",
             "WINGS_CLUSTER_PORT": "0", "WINGS_SHARED_DIR": str(root), **environment},
        timeout=LIMIT_SECONDS, check=False,
    )  # fmt: skip


@both_modes
def test_the_program_ends_before_it_listens(mount, tmp_path, environment, argv):
    mount("wings-auth")
    mount("wings-tls")
    done = run(tmp_path, environment, argv)
    assert (done.returncode, done.stdout) == (2, "")
    keys, certificate = done.stderr.splitlines()
    assert keys.startswith("wings-infer: WINGS_API_KEYS_FILE: not set, but API keys are mounted at")
    assert certificate.startswith("WINGS_TLS_CERT_FILE, WINGS_TLS_KEY_FILE: not set, but a cert")
