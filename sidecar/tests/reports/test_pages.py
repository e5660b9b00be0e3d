"""Health, status, metrics and documentation as they are read."""

import re

from support.waiting import wait_for

from wings_infer.reports.pages import hide_secrets


def test_health_before_there_is_an_engine(start_agent):
    agent = start_agent(ready=False)
    wait_for((agent.shared_dir / "start_command.sh").exists)
    reply = agent.get("/health")
    assert reply.status == 503
    assert reply.json == {
        "status": "starting",
        "engine_ready": False,
        "proxy_healthy": True,
        "reason": "waiting for the engine's container",
    }
    assert agent.get("/livez", cluster=True).status == 200


def test_health_of_a_ready_engine(start_agent):
    reply = start_agent().get("/health")
    assert reply.json == {"status": "healthy", "engine_ready": True, "proxy_healthy": True}


def test_health_is_503_while_the_engine_warms_up(start_agent, engine):
    engine.health = 503
    agent = start_agent(ready=False)
    wait_for((agent.shared_dir / "start_command.sh").exists)
    agent.report("running")
    agent.wait_state("loading")
    assert agent.post("/v1/x").status == 503
    engine.health = 200
    agent.wait_ready()


def test_unreadable_model_files_are_part_of_the_reason(start_agent):
    agent = start_agent(ready=False)
    wait_for((agent.shared_dir / "start_command.sh").exists)
    problem = "/models/x/model.safetensors: not readable by uid 10001"
    agent.report("failed 1", problem=problem)
    wait_for(lambda: problem in agent.get("/health").json["reason"])
    wait_for(lambda: problem in agent.log())


def test_a_status_file_nobody_understands_is_told_not_fatal(start_agent):
    agent = start_agent(ready=False)
    (agent.shared_dir / "engine_status.txt").write_text("state: dancing\nlaunch: x\n")
    wait_for(lambda: "unknown state 'dancing'" in agent.log())
    assert agent.get("/livez", cluster=True).status == 200


def test_the_status_for_clients_is_short(start_agent):
    status = start_agent().get("/engine/status").json
    assert set(status) == {
        "state",
        "since",
        "engine_ready",
        "reason",
        "engine_type",
        "model",
        "restarts",
    }


def test_the_status_for_operators_hides_secrets(start_agent):
    agent = start_agent(argv=("serve", "--api-key", "sesame", "--port", "1"), WINGS_ENGINE_VERSION="1.2")
    status = agent.status()
    assert status["argv"] == ["serve", "--api-key", "***", "--port", "1"]
    assert (status["engine_version"], status["engine_type"], status["model"]) == ("1.2", "vllm", "tiny")
    assert "sesame" not in agent.log()


SHOWN = {
    ("--hf-token=x",): ["--hf-token=***"],
    ("--api-key", "--other"): ["--api-key", "--other"],
    ("--max-num-batched-tokens", "5"): ["--max-num-batched-tokens", "5"],
    ("--tokenizer", "x"): ["--tokenizer", "x"],
}


def test_hide_secrets():
    assert {argv: hide_secrets(argv) for argv in SHOWN} == SHOWN


def test_metrics(start_agent, engine):
    agent = start_agent()
    engine.script("/metrics", lambda side: side.reply(b"vllm:num_requests_running 3\n"))
    agent.post("/v1/chat/completions", b"x" * 100)
    wait_for(
        lambda: agent.metric('wings_requests_total{route="/v1/chat/completions",status="200"}') == 1
    )
    assert agent.metric('wings_request_bytes_total{route="/v1/chat/completions",status="200"}') == 100
    assert agent.metric('wings_reply_bytes_total{route="/v1/chat/completions",status="200"}') == 2
    assert agent.metric('wings_first_byte_seconds_count{route="/v1/chat/completions",status="200"}') == 1
    assert (
        agent.metric('wings_request_seconds_bucket{route="/v1/chat/completions",status="200",le="+Inf"}')
        == 1
    )
    assert agent.metric('wings_engine_state{state="ready"}') == 1
    assert agent.metric("wings_requests_in_flight") == 0
    wait_for(lambda: agent.metric("vllm:num_requests_running") == 3)


def test_metrics_are_well_formed(start_agent):
    agent = start_agent(WINGS_ENGINE_METRICS_APPEND="false")
    text = agent.get("/metrics", cluster=True).body.decode()
    line = re.compile(r'# (HELP|TYPE) wings_\w+ .+|wings_\w+(\{(\w+="[^"\\\n]*",?)+\})? -?[\d.e+-]+')
    assert [row for row in text.splitlines() if not line.fullmatch(row)] == []


def test_the_engines_metrics_can_stay_out(start_agent, engine):
    engine.script("/metrics", lambda side: side.reply(b"vllm:x 3\n"))
    agent = start_agent(WINGS_ENGINE_METRICS_APPEND="false")
    assert agent.metric("vllm:x") is None
    wait_for(lambda: agent.get("/engine/metrics", cluster=True).body == b"vllm:x 3\n")


def test_the_cluster_port_forwards_nothing(start_agent):
    agent = start_agent()
    for path in ("/v1/models", "/generate", "/docs"):
        assert agent.get(path, cluster=True).status == 404


def test_metrics_do_not_wait_for_an_engine_that_hangs(start_agent, engine):
    engine.script("/metrics", lambda side: side.gateway_hung_up())
    agent = start_agent()
    assert agent.metric("wings_engine_ready") == 1


def test_routes_of_strangers_do_not_make_series(start_agent):
    agent = start_agent()
    for number in range(50):
        agent.get(f"/v1/models/{number}")
        agent.get(f"/strange/{number}")
    text = agent.get("/metrics", cluster=True).body.decode()
    assert len(set(re.findall(r'wings_requests_total\{route="([^"]+)"', text))) < 8


def test_docs_need_nothing_from_elsewhere(start_agent):
    agent = start_agent(ready=False)
    page = agent.get("/docs").body.decode()
    assert "<h1>tiny on vllm</h1>" in page
    assert not re.search(r'(src|href)=["\']?(https?:)?//', page)
    paths = agent.get("/openapi.json").json["paths"]
    assert {"/health", "/v1/chat/completions", "/generate", "/engine/status"} <= set(paths)


def test_the_log_can_be_text_or_off(start_agent):
    agent = start_agent(WINGS_ACCESS_LOG="text")
    agent.get("/v1/models", "X-Request-Id: abc")
    wait_for(lambda: " abc GET /v1/models 200 " in agent.log())


def test_the_access_log_can_be_off(start_agent):
    agent = start_agent(WINGS_ACCESS_LOG="off")
    agent.get("/v1/models", "X-Request-Id: abc")
    wait_for(lambda: "ready" in agent.log())
    agent.term()
    assert agent.wait_end() == 0
    assert "abc" not in agent.log()
    assert "ready" in agent.log()
