"""What peers say is read strictly."""

import json
from dataclasses import fields

import pytest

from wings_infer.errors import BadMessage
from wings_infer.group.answers import (
    LIMIT,
    EngineState,
    LeaderAnswer,
    Phase,
    WorkerAnswer,
    parse_leader,
    parse_worker,
    render_answer,
)

WHO = ("ns/g", 1, 3, "uid-1", "x-1", "node-1", "0a1b", "t:r")
GENERATION = "7-9f2c66e01b7a41d3"
WORKER = WorkerAnswer(*WHO, False, True, GENERATION, None, EngineState.STOPPING, -9)
LEADER = LeaderAnswer(*WHO, True, False, Phase.START, GENERATION, ("uid-0", "uid-1"), "waits for pod 2")


def test_what_is_said_is_what_is_read():
    assert parse_worker(render_answer(WORKER)) == WORKER
    assert parse_leader(render_answer(LEADER)) == LEADER


def test_a_group_of_64_fits():
    members = tuple(f"{'0' * 35}-{number}" for number in range(64))
    answer = LeaderAnswer(*WHO, False, False, Phase.RUN, GENERATION, members, "x" * 1000)
    assert parse_leader(render_answer(answer)).members == members


@pytest.mark.parametrize("name", ["v", *(one.name for one in fields(WORKER))])
@pytest.mark.parametrize("value", [..., None, [], {}, 1.5, 10**30, "a b\n", "\u2028", -(10**6)])
def test_every_field_is_checked(name, value):
    document = json.loads(render_answer(WORKER))
    if value is ...:
        del document[name]
    elif value is None and name in ("joined", "launched", "code"):
        return
    else:
        document[name] = value
    with pytest.raises(BadMessage):
        parse_worker(json.dumps(document).encode())


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"null", b"{", b"[" * 100_000, b"1" * 5000, b" " * (LIMIT + 1), b"\xff\xfe"]
)
def test_what_is_no_object_is_no_answer(content):
    with pytest.raises(BadMessage):
        parse_leader(content)


@pytest.mark.parametrize(
    "generation", ["1-0", "1-0123456789ABCDEF", "-0123456789abcdef", "1-0123456789abcdef\n"]
)
def test_a_generation_has_one_form(generation):
    document = json.loads(render_answer(LEADER)) | {"generation": generation}
    with pytest.raises(BadMessage):
        parse_leader(json.dumps(document).encode())
