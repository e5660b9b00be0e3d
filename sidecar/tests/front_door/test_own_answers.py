"""What the door answers by itself, and what it says of the demand."""

import pytest
from support.certificates import make_certificate
from support.crowd import Crowd
from support.raw_client import drip
from support.waiting import wait_for

from wings_infer.errors import SettingsError
from wings_infer.settings import load_settings

PATHS = ["/health", "/v1/models", "/docs", "/openapi.json", "/version", "/nothing", "/engine/status"]


def test_no_question_that_needs_no_engine_wakes_one(start_door, start_pod):
    pod = start_pod()
    door = start_door(MODEL_NAME="tiny", WINGS_ENGINE_VERSION="1.2.3")
    statuses = {path: door.get(path).status for path in PATHS}
    assert statuses == {path: 404 if path in PATHS[-2:] else 200 for path in PATHS}
    assert door.post("/v1/models").status == 405
    door.wait_demand(0, 0)
    assert door.metric("wings_held_seconds_count") == 0
    door.know(pod)
    assert [door.get(path).status for path in PATHS] == list(statuses.values())
    assert pod.requests == []
    assert door.get("/version").json["version"] == "1.2.3"


def test_models_are_the_known_names(start_door):
    door = start_door(MODEL_NAME="tiny", WINGS_MODEL_NAMES="tiny,small:1")
    listed = door.get("/v1/models").json
    assert (listed["object"], [one["id"] for one in listed["data"]]) == ("list", ["tiny", "small:1"])
    assert [one["id"] for one in start_door(MODEL_NAME="tiny").get("/v1/models").json["data"]] == [
        "tiny"
    ]


def test_health_is_the_doors_own(start_door, start_pod):
    door = start_door()
    with Crowd(door.port, "/v1/who", [b"{}"] * 2):
        door.wait_demand(2, 0)
        for cluster in (False, True):
            reply = door.get("/health", cluster=cluster)
            assert (reply.status, reply.json) == (
                200,
                {"status": "healthy", "backends": 0, "waiting": 2},
            )
    door.know(start_pod(), start_pod())
    assert door.get("/health").json["backends"] == 2
    assert door.get("/livez", cluster=True).status == 200


def test_what_is_for_the_cluster_is_not_for_clients(start_door):
    door = start_door()
    for path in ("/demand", "/metrics", "/livez", "/engine/metrics"):
        assert door.get(path).status == 404
    assert door.get("/v1/models", cluster=True).status == 404
    door.wait_demand(0, 0)


def test_the_page_for_people_promises_nothing_that_is_not_there(start_door):
    door = start_door(MODEL_NAME="tiny")
    paths = door.get("/openapi.json").json["paths"]
    assert not [path for path in paths if path.startswith("/engine/")]
    assert "also while no pod is ready" in door.get("/docs").body.decode()


def test_demand_is_the_truth_under_load(start_door, start_pod):
    door = start_door(WINGS_MAX_IN_FLIGHT="3")
    pod = start_pod()
    pod.script("/v1/hang", lambda side: side.read_body() and side.gateway_hung_up())
    door.know(pod)
    with Crowd(door.port, "/v1/hang", [b"{}"] * 50) as crowd:
        door.wait_demand(47, 3)
        for client in list(crowd.clients)[3:20]:
            client.close()
        door.wait_demand(30, 3)
        for client in list(crowd.clients)[:3]:
            client.close()
        door.wait_demand(27, 3)
        assert door.metric("wings_requests_waiting") == 27
        assert door.metric("wings_requests_in_flight") == 3
    door.wait_demand(0, 0)


def test_who_has_no_key_wakes_nobody(start_door, start_pod, tmp_path):
    keys = tmp_path / "keys"
    keys.write_text("secret\n")
    door = start_door(WINGS_API_KEYS_FILE=str(keys))
    assert door.post("/v1/who").status == 401
    assert door.get("/v1/models").status == 401
    assert door.get("/health").status == 200
    door.wait_demand(0, 0)
    pod = start_pod()
    seen = pod.script("/v1/key", lambda side: (side.read_body() and side.reply()) or side.fields)
    door.know(pod)
    assert door.post("/v1/key", b"{}", "Authorization: Bearer secret").status == 200
    wait_for(lambda: seen, "the script to end")
    assert seen[0]["authorization"] == "Bearer secret"


def test_pods_may_speak_tls(start_door, start_agent, tmp_path):
    folders = {}
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        folders[name] = make_certificate(tmp_path / name, f"{name}.test")
    cert, key = map(str, folders["one"])
    agent = start_agent(ready=False, WINGS_TLS_CERT_FILE=cert, WINGS_TLS_KEY_FILE=key)
    wait_for((agent.shared_dir / "start_command.sh").exists)
    agent.report("running")
    wait_for(lambda: agent.get("/health", cluster=True).status == 200)
    door = start_door(agent, WINGS_BACKENDS_CA_FILE=cert, WINGS_BACKENDS_TLS_NAME="one.test")
    assert door.post("/v1/x").status == 200
    assert start_door(agent, WINGS_BACKENDS_CA_FILE=cert).post("/v1/x").status == 200
    for wrong in ({"WINGS_BACKENDS_CA_FILE": str(folders["two"][0])},
                  {"WINGS_BACKENDS_CA_FILE": cert, "WINGS_BACKENDS_TLS_NAME": "two.test"}):  # fmt: skip
        door = start_door(agent, WINGS_HOLD_SECONDS="1", **wrong)
        assert door.post("/v1/x").status == 503
        assert door.metric('wings_resent_total{reason="connect"}') >= 1


DOOR = {"WINGS_MODE": "front-door"}
WRONG = [
    ({"WINGS_MODE": "door"}, ("engine",), "WINGS_MODE: neither pod nor front-door"),
    (DOOR, (), "WINGS_BACKENDS: '' is no address"),
    (DOOR | {"WINGS_BACKENDS": "x"}, ("engine",), "arguments: a front door"),
    (
        DOOR | {"WINGS_BACKENDS": "x", "WINGS_BACKENDS_TLS_NAME": "y"},
        (),
        "WINGS_BACKENDS_TLS_NAME: without",
    ),
    ({"WINGS_BACKENDS": "x"}, (), "arguments: the engine's command line"),
]


def test_wrong_settings_are_named():
    for environment, argv, problem in WRONG:
        with pytest.raises(SettingsError, match=problem):
            load_settings(environment, argv)


def test_a_head_that_drips_is_given_up(start_door):
    with start_door(WINGS_HEAD_TIMEOUT_SECONDS="1").client() as client:
        assert drip(client, b"GET / HTTP/1.1\r\nHost: x\r\nX: ").status == 408
