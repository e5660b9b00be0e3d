"""Requests that are refused on the wire, and that nothing of them reaches the engine."""

import socket

import pytest
from support.raw_client import Cut, RawClient, drip
from support.waiting import wait_for

SMUGGLING = {
    "two lengths": b"Content-Length: 5\r\nContent-Length: 0\r\n\r\nhello",
    "length and chunked": b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked disguised": b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "chunked with a space": b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "obs-fold": b"A: b\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "bare lf": b"A: b\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "bare cr": b"A: b\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "nul": b"A: \0\r\n\r\n",
    "framing named hop-by-hop": b"Connection: transfer-encoding\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "length named hop-by-hop": b"Connection: content-length\r\nContent-Length: 5\r\n\r\nhello",
}
HIDDEN = b"GET /v1/hidden HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def agent(module_agent):
    return module_agent


@pytest.fixture
def engine(shared_engine):
    return shared_engine


CHUNKS = [
    b"5\nhello\n0\n\n", b"5;a=b\r\nhello\r\n0\r\n\r\n", b"5 ;x HTTP/1.1\r\nhello\r\n0\r\n\r\n", b"0\n\n" + HIDDEN,
    b"5\r\nhello0\r\n\r\n", b"-5\r\n", b"5_0\r\n", b"ffffffffffffffff1\r\n", b"0\r\nContent-Length: 9\r\n\r\n",
]  # fmt: skip


def refusal(agent, path, rest):
    """(status, kind of error, whether the connection ends) of the answer to such a POST."""
    with agent.client() as client:
        client.send(b"POST %b HTTP/1.1\r\nHost: x\r\n%b" % (path, rest))
        reply = client.read_reply()
        is_told = reply.fields["connection"] == "close"
        return reply.status, reply.json["error"]["type"], is_told and client.is_closed()


def test_smuggling_is_refused_and_the_connection_ended(agent, engine):
    found = {case: refusal(agent, b"/v1/smuggle", rest + HIDDEN) for case, rest in SMUGGLING.items()}
    assert found == dict.fromkeys(SMUGGLING, (400, "invalid_request_error", True))
    assert engine.count("/v1/smuggle") == engine.count("/v1/hidden") == 0


def test_malformed_chunks_never_complete_a_request_at_the_engine(agent, engine):
    complete = engine.script("/v1/chunks", lambda side: side.read_until(b"0\r\n\r\n"))
    head = b"Transfer-Encoding: chunked\r\n\r\n"
    found = {chunks: refusal(agent, b"/v1/chunks", head + chunks) for chunks in CHUNKS}
    assert found == dict.fromkeys(CHUNKS, (400, "invalid_request_error", True))
    assert complete == []
    assert engine.count("/v1/hidden") == 0


def test_what_follows_a_request_to_a_local_page_is_the_next_request(agent, engine):
    with agent.client() as client:
        client.send(b"POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello" + HIDDEN)
        assert client.read_reply().status == 405
        assert client.read_reply().status == 200


def test_a_request_for_no_http_at_all(agent):
    with agent.client() as client:
        client.send(b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n")
        assert client.read_reply().status == 400


def test_http_2_with_prior_knowledge_is_refused(agent):
    with agent.client() as client:
        client.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        assert client.read_reply().status == 505


def test_a_head_without_end_is_refused(agent):
    with agent.client() as client:
        client.send(b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"x" * 70_000)
        assert client.read_reply().status == 431


def test_too_many_fields_are_refused(agent):
    with agent.client() as client:
        assert client.get("/v1/models", *["A: b"] * 200).status == 431


def test_a_body_beyond_the_limit_is_refused_before_it_is_sent(start_agent):
    agent = start_agent(WINGS_MAX_BODY_BYTES="1000")
    with agent.client() as client:
        client.send(
            b"POST /v1/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n"
        )
        reply = client.read_reply()
        assert (reply.status, reply.message) == (413, "the body is longer than 1000 bytes")
        assert client.is_closed()


def test_a_chunked_body_beyond_the_limit_is_refused(start_agent, engine):
    agent = start_agent(WINGS_MAX_BODY_BYTES="1000")
    engine.script("/v1/x", lambda side: side.gateway_hung_up())
    with agent.client() as client:
        client.send(
            b"POST /v1/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n400\r\n" + b"x" * 500
        )
        assert client.read_reply().status == 413


def test_a_head_that_does_not_come_is_given_up(start_agent):
    agent = start_agent(WINGS_HEAD_TIMEOUT_SECONDS="0.2")
    with agent.client() as client:
        client.send(b"GET / HTTP/1.1\r\n")
        assert client.read_reply().status == 408
        assert client.is_closed()


@pytest.mark.parametrize("is_cluster", [False, True], ids=["clients", "cluster"])
def test_a_head_that_drips_is_given_up(start_agent, is_cluster):
    agent = start_agent(WINGS_HEAD_TIMEOUT_SECONDS="1")
    with RawClient(agent.cluster_port if is_cluster else agent.port) as client:
        assert drip(client, b"GET / HTTP/1.1\r\nHost: x\r\nX: ").status == 408


def test_a_body_that_does_not_come_is_given_up(start_agent, engine):
    agent = start_agent(WINGS_BODY_TIMEOUT_SECONDS="0.2")
    gone = engine.script("/v1/half", lambda side: side.gateway_hung_up())

    def reaches_the_engine():
        with agent.client() as client:
            client.send(b"POST /v1/half HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhello")
            assert client.read_reply().status == 408
            assert client.is_closed()
        return engine.count("/v1/half")

    wait_for(reaches_the_engine)  # a slow program may give up before the engine has the request
    wait_for(lambda: gone and all(gone) and len(gone) == engine.count("/v1/half"))


def test_an_idle_connection_is_closed(start_agent):
    agent = start_agent(WINGS_IDLE_TIMEOUT_SECONDS="1")

    def is_served_then_closed():
        with agent.client() as client:
            try:
                return client.get("/v1/models").status == 200 and client.is_closed()
            except (Cut, ConnectionError):
                return False  # nothing was sent for too long on a busy machine

    wait_for(is_served_then_closed)


def test_requests_beyond_the_cap_wait_then_are_refused(start_agent, engine):
    agent = start_agent(WINGS_MAX_IN_FLIGHT="2", WINGS_MAX_WAITING="3")
    engine.script("/v1/slow", lambda side: side.read_until(b"go") and side.reply())
    start = b"POST /v1/slow HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n"
    clients = [agent.client().send(start) for _ in range(5)]
    wait_for(lambda: agent.metric("wings_requests_waiting") == 3)
    assert agent.metric("wings_requests_in_flight") == 2
    reply = agent.post("/v1/other")
    assert (reply.status, reply.fields["retry-after"]) == (429, "1")
    assert reply.json["error"]["type"] == "rate_limit_error"
    assert agent.get("/health").status == 200
    for path in ("/livez", "/health", "/metrics", "/engine/status"):
        assert agent.get(path, cluster=True).status == 200
    wait_for(lambda: agent.get("/engine/metrics", cluster=True).status == 200)
    for client in clients:
        client.send(b"go")
    for client in clients:
        assert client.read_reply().status == 200
        client.close()


def test_nobody_waits_for_ever(start_agent, engine):
    agent = start_agent(WINGS_MAX_IN_FLIGHT="1", WINGS_MAX_WAIT_SECONDS="0.2")
    engine.script("/v1/slow", lambda side: side.gateway_hung_up())
    with agent.client() as first:
        first.send(b"GET /v1/slow HTTP/1.1\r\nHost: x\r\n\r\n")
        wait_for(lambda: agent.metric("wings_requests_in_flight") == 1)
        assert agent.post("/v1/x").status == 429


def test_connections_beyond_the_cap_may_still_ask_for_health(start_agent):
    agent = start_agent(WINGS_MAX_CONNECTIONS="4")
    held = [RawClient(agent.cluster_port)]
    wait_for(lambda: b"\nwings_connections 1\n" in held[0].get("/metrics").body)
    held += [agent.client() for _ in range(3)]
    assert [client.get("/v1/models").status for client in held[1:]] == [200] * 3
    assert agent.get("/v1/models").status == 503
    assert agent.get("/health").status == 200
    assert agent.get("/livez", cluster=True).status == 200
    for client in held:
        client.close()


def test_a_client_that_only_connects_harms_nobody(agent):
    sockets = [socket.create_connection(("127.0.0.1", agent.port)) for _ in range(200)]
    assert agent.get("/v1/models").status == 200
    for one in sockets:
        one.close()


def test_cut_is_what_these_tests_mean_by_an_early_end(agent):
    with agent.client() as client, pytest.raises(Cut):
        client.send(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        client.read_until(b"never")
