"""What peers say is read strictly."""

import json
from dataclasses import fields

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


NAMES = ["v", *(one.name for one in fields(WORKER))]
OPTIONAL = {"joined", "launched", "code"}
"""Fields that may be null."""
WRONG = [None, [], {}, 1.5, 10**30, "a b\n", "\u2028", -(10**6)]
NO_OBJECTS = [b"", b"[]", b"null", b"{", b"[" * 100_000, b"1" * 5000, b" " * (LIMIT + 1), b"\xff\xfe"]
WRONG_GENERATIONS = ["1-0", "1-0123456789ABCDEF", "-0123456789abcdef", "1-0123456789abcdef\n"]


def is_accepted(parse, content):
    try:
        parse(content)
    except BadMessage:
        return False
    return True


def test_every_field_is_checked():
    good = json.loads(render_answer(WORKER))
    changed = {(name, repr(value)): good | {name: value} for name in NAMES for value in WRONG}
    absent = {(name, "absent"): {key: good[key] for key in good.keys() - {name}} for name in NAMES}
    documents = {key: json.dumps(one).encode() for key, one in (changed | absent).items()}
    accepted = {key for key, content in documents.items() if is_accepted(parse_worker, content)}
    assert accepted == {(name, "None") for name in OPTIONAL}


def test_what_is_no_object_is_no_answer():
    assert [one[:10] for one in NO_OBJECTS if is_accepted(parse_leader, one)] == []


def test_a_generation_has_one_form():
    good = json.loads(render_answer(LEADER))
    contents = {one: json.dumps(good | {"generation": one}).encode() for one in WRONG_GENERATIONS}
    assert [one for one, content in contents.items() if is_accepted(parse_leader, content)] == []
