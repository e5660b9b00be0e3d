"""Fixtures: an engine that does what the test says, and the real program before it."""

import tempfile
from pathlib import Path

import pytest
from support.agent import Agent
from support.scripted_engine import ScriptedEngine
from support.waiting import wait_for


@pytest.fixture
def shared_dir():
    """A volume that every user may use, as both containers do."""
    with tempfile.TemporaryDirectory(prefix="wings-test-") as folder:
        path = Path(folder) / "shared"
        Path(folder).chmod(0o755)
        path.mkdir(mode=0o777)
        path.chmod(0o777)
        yield path


@pytest.fixture
def engine():
    running = ScriptedEngine()
    yield running
    running.close()


@pytest.fixture
def start_agent(shared_dir, engine):
    """Starts the program before the scripted engine, ready unless told otherwise."""
    agents = []

    def start(*, ready=True, argv=("engine",), **environment):
        agent = Agent(shared_dir, engine.port, argv, **environment)
        agents.append(agent)
        agent.start()
        if ready:
            make_ready(agent)
        return agent

    yield start
    for agent in agents:
        agent.close()


@pytest.fixture(scope="module")
def shared_engine():
    """One scripted engine for all tests of a module."""
    running = ScriptedEngine()
    yield running
    running.close()


@pytest.fixture(scope="module")
def module_agent(shared_engine, tmp_path_factory):
    """One ready program for all tests of a module."""
    agent = Agent(tmp_path_factory.mktemp("shared"), shared_engine.port)
    try:
        agent.start()
        make_ready(agent)
        yield agent
    finally:
        agent.close()


def make_ready(agent):
    wait_for((agent.shared_dir / "start_command.sh").exists)
    agent.report("running")
    agent.wait_ready()
