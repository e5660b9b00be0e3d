"""A front door, and pods that are scripted engines."""

import pytest
from support.door import Door
from support.scripted_engine import ScriptedEngine


@pytest.fixture
def start_door(tmp_path):
    doors = []

    def start(*backends, **environment):
        folder = tmp_path / f"door-{len(doors)}"
        folder.mkdir()
        door = Door(folder, **environment)
        doors.append(door)
        door.lead_to(*backends)
        door.start()
        return door.know(*backends)

    yield start
    for door in doors:
        door.close()


@pytest.fixture
def start_pod():
    """A backend as the door sees it: something that answers at an address."""
    pods = []

    def start(name=b"pod"):
        pod = ScriptedEngine()
        pod.script("/v1/who", lambda side: (side.read_body() and None) or side.reply(name))
        pods.append(pod)
        return pod

    yield start
    for pod in pods:
        pod.close()
