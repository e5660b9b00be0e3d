"""What people are told of a group, and the memory it is told from."""

import json
from dataclasses import asdict, replace

from group.test_decisions import RULES, Leader
from wings_infer.group.answers import EngineState, Phase
from wings_infer.group.record import Record, read_record, write_record
from wings_infer.group.settings import GroupSettings
from wings_infer.group.stories import leader_story

GROUP = GroupSettings(size=2, group="ns/x", pod="p0", workers="x-{index}.x-peers.ns.svc")


def story(lead, now, silences=None):
    return leader_story(lead.state, GROUP, silences or {}, now)


def test_a_pod_that_never_came_is_named_by_its_address():
    lead = Leader()
    lead.at(30)
    assert story(lead, 30, {1: (0, "its name does not resolve")}) == (
        "the group gathers for 30 s: x-1 does not answer for 30 s: its name does not resolve"
    )
    late = story(lead, 700, {1: (0, "its name does not resolve")})
    assert "(where it runs: kubectl -n ns get pod x-1 -o wide)" in late
    assert "that is longer than the 600 s it may take" in late


def test_a_lost_node_is_named_with_the_command_that_heals_it():
    lead = Leader()
    lead.run(20)
    lead.at(31)
    text = story(lead, 90, {1: (21, "no answer in time")})
    assert "x-1 does not answer for 69 s: no answer in time" in text
    assert (
        "(if node n1 is lost for good: kubectl taint nodes n1 "
        "node.kubernetes.io/out-of-service=nodeshutdown:NoExecute)" in text
    )
    assert "the last generation ended: pod 1 (x-1) was silent for 10 s" in text


def test_the_fence_says_how_long_it_takes():
    lead = Leader()
    lead.hear(10, joined=lead.state.generation)
    assert "engines of pods that went without a word need time to end (7 s)" in story(lead, 10)


def test_a_start_says_whom_it_misses():
    lead = Leader()
    lead.start(20)
    lead.at(25)
    assert story(lead, 25) == "the group starts for 5 s: x-1 was not seen to start yet for 5 s"


def test_another_template_is_named():
    lead = Leader()
    lead.hear(20, template="u")
    assert "x-1 has another template for 5 s" in story(lead, 25)


def test_a_memory_is_read_as_it_was_written(tmp_path):
    record = Record(f"7-{'a' * 16}", Phase.RUN, ("p0", "p1"), ("p0", "p9"), 3)
    write_record(tmp_path, record)
    assert read_record(tmp_path) == record


def test_a_memory_that_cannot_be_understood_is_none(tmp_path):
    good = asdict(Record(f"7-{'a' * 16}", Phase.RUN, ("p0", "p1"), (), 3))
    wrong = [{"generation": 7}, {"generation": "7-x"}, {"phase": "x"}, {"members": 1}, {"attempt": "x"}]
    documents = [[], {}, *[good | change for change in wrong]]
    for text in ("", *map(json.dumps, documents)):
        (tmp_path / "group.json").write_text(text)
        assert (text, read_record(tmp_path)) == (text, None)


def test_a_memory_of_another_pod_is_not_gone_on_with():
    generation = f"7-{'a' * 16}"
    engine = replace(Leader().engine, launch=generation, state=EngineState.RUNNING)
    for members in ((), ("p0",), ("p8", "p1")):
        again = Leader(Record(generation, Phase.RUN, members, (), 0), engine, now=100)
        assert (again.state.phase, again.state.rules) == (Phase.GATHER, RULES)
