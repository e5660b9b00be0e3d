"""Engines and clients that misbehave."""

import os
import socket
import threading
import time

import pytest
from support.raw_client import Cut
from support.scripted_engine import OK
from support.waiting import LIMIT_SECONDS, wait_for


@pytest.fixture
def agent(module_agent):
    return module_agent


@pytest.fixture
def engine(shared_engine):
    return shared_engine


STREAM = b"POST /v1/stream HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"


# Engines


@pytest.mark.parametrize("how", ["hang_up", "reset"])
def test_an_engine_that_dies_before_its_reply_is_a_502(agent, engine, how):
    def die(side):
        side.read_body()
        getattr(side, how)()

    engine.script("/v1/die", die)
    before = engine.count("/v1/die")
    reply = agent.post("/v1/die")
    assert (reply.status, reply.json["error"]["type"]) == (502, "engine_error")
    assert engine.count("/v1/die") == before + 1


NONSENSE = [
    b"garbage\r\n\r\n", b"HTTP/1.1 2\r\n\r\n", b"HTTP/1.1 200 OK\r\nbad field\r\n\r\n", b"x" * 200_000,
    b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", b"\0\n\n",
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
]  # fmt: skip


def test_an_engine_that_talks_nonsense_is_a_502(agent, engine):
    found = []
    for text in NONSENSE:
        engine.script("/v1/nonsense", lambda side, text=text: side.read_body() and side.send(text))
        found.append((agent.post("/v1/nonsense").status, agent.post("/v1/fine").status))
    assert found == [(502, 200)] * len(NONSENSE)


@pytest.mark.parametrize("how", ["hang_up", "reset"])
def test_a_chunked_reply_that_breaks_looks_broken(agent, engine, how):
    arrived = threading.Event()

    def die(side):
        side.read_body()
        side.begin_chunks()
        side.chunk(b"data: 1\n\n")
        arrived.wait(LIMIT_SECONDS)
        getattr(side, how)()

    path = f"/v1/breaks-{how}"
    engine.script(path, die)
    with agent.client() as client:
        client.send(STREAM.replace(b"/v1/stream", path.encode()))
        assert client.read_head().status == 200
        client.read_until(b"data: 1\n\n")
        arrived.set()
        with pytest.raises((Cut, ConnectionResetError)):
            client.read_reply_rest()
    lines = wait_for(lambda: [one for one in agent.log_lines("request") if one["path"] == path])
    assert [line["complete"] for line in lines] == [False]


def test_a_reply_shorter_than_its_length_looks_broken(agent, engine):
    def lie(side):
        side.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort")
        side.hang_up()

    engine.script("/v1/short", lie)
    with agent.client() as client, pytest.raises(Cut):
        client.get("/v1/short")


def test_a_reply_longer_than_its_length_leaks_into_no_other(agent, engine):
    def lie(side):
        side.send(OK + b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison")

    engine.script("/v1/long", lie)
    with agent.client() as client:
        for _ in range(5):
            assert client.get("/v1/long").body == b"{}"
            assert client.get("/v1/fine").body == b"{}"


def test_bytes_on_an_idle_connection_leak_into_no_reply(agent, engine):
    gone = []
    arrived = threading.Event()

    def lie(side):
        side.reply(b"first")
        arrived.wait(LIMIT_SECONDS)
        side.send(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison")
        gone.append(side.gateway_hung_up())

    engine.script("/v1/late-lie", lie)
    with agent.client() as client:
        assert client.get("/v1/late-lie").body == b"first"
        arrived.set()
        wait_for(lambda: gone == [True])
        assert client.get("/v1/fine").body == b"{}"


@pytest.mark.parametrize(
    "text",
    [b"zz\r\nhello\r\n", b"5\r\nhelloXX", b"5\nhello\n", b"3\r\nabc\r\n0\r\nContent-Length: 3\r\n\r\n"],
)
def test_a_malformed_chunk_breaks_the_reply(agent, engine, text):
    def talk(side):
        side.begin_chunks()
        side.send(text)

    engine.script("/v1/chunk", talk)
    with agent.client() as client:
        try:
            assert client.get("/v1/chunk").status == 502  # head and chunk came together
        except Cut:
            pass


def test_a_broken_reply_without_length_is_reset_not_ended(agent, engine):
    arrived = threading.Event()

    def die(side):
        side.send(b"HTTP/1.1 200 OK\r\n\r\npart")
        arrived.wait(LIMIT_SECONDS)
        side.reset()

    engine.script("/v1/close", die)
    with agent.client() as client:
        client.send(b"GET /v1/close HTTP/1.1\r\nHost: x\r\n\r\n")
        client.read_until(b"part")
        arrived.set()
        with pytest.raises(ConnectionResetError):
            client.read_to_end()


def test_a_broken_stream_for_http_1_0_is_reset_not_ended(agent, engine):
    arrived = threading.Event()

    def die(side):
        side.begin_chunks()
        side.chunk(b"part")
        arrived.wait(LIMIT_SECONDS)
        side.hang_up()

    engine.script("/v1/ten", die)
    with agent.client() as client:
        client.send(b"GET /v1/ten HTTP/1.0\r\n\r\n")
        client.read_until(b"part")
        arrived.set()
        with pytest.raises(ConnectionResetError):
            client.read_to_end()


def test_an_engine_that_closes_after_its_reply_is_fine(agent, engine):
    def close(side):
        side.reply(b"bye", b"200 OK", b"Connection: close")
        side.hang_up()

    engine.script("/v1/bye", close)
    with agent.client() as client:
        for _ in range(5):
            assert client.get("/v1/bye").body == b"bye"


def test_an_early_reply_ends_the_upload(agent, engine):
    def refuse(side):
        side.reply(b"too long", b"413 Too Long")
        side.gateway_hung_up()

    engine.script("/v1/early", refuse)
    with agent.client() as client:
        client.send(b"POST /v1/early HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\nstart")
        reply = client.read_reply()
        assert (reply.status, reply.body, reply.fields["connection"]) == (413, b"too long", "close")
        assert client.is_closed()


def test_an_early_reply_to_an_eager_client_is_still_read(agent, engine):
    def refuse(side):
        side.reply(b"too long", b"413 Too Long")
        side.read_body()  # or the gateway hangs up: all of it may be on its way already

    engine.script("/v1/early", refuse)

    def reads_the_reply():
        with agent.client() as client:
            try:
                client.send(b"POST /v1/early HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n")
                client.send(b"x" * 3_000_000)
                return client.read_reply().status == 413
            except (Cut, ConnectionError):
                return False

    # Who pauses for 2 s while sending is cut off, by right; that is not to happen each time.
    assert any(reads_the_reply() for _ in range(5))


def test_an_early_begin_of_a_reply_does_not_end_the_upload(agent, engine):
    def both(side):
        side.begin_chunks()
        side.chunk(b"a")
        side.chunk(side.read_body())
        side.send(b"0\r\n\r\n")

    engine.script("/v1/both", both)
    with agent.client() as client:
        client.send(b"POST /v1/both HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n")
        client.read_head()
        assert client.read_until(b"a\r\n") == b"1\r\na\r\n"
        client.send(b"hello")
        assert client.read_reply_rest_at_chunk() == b"hello"


def test_a_dead_pooled_connection_is_replaced_unseen(agent, engine):
    with agent.client() as client:
        for number in range(10):
            assert client.post("/v1/x", b"{%d}" % number).status == 200
            for side in engine.connections:
                if side.head.startswith(b"POST"):
                    side.end()


def test_a_pooled_connection_that_closes_before_it_read_the_request_is_retried(agent, engine):
    """The next request goes out on a connection whose end is there, but was not looked at yet.

    The program sleeps while the engine replies and closes: had the engine's kernel taken bytes of
    the next request before the close, nobody could tell whether the engine read them.
    """

    def close_soon(side):
        side.read_body()
        with agent.asleep():
            side.reply()
            side.hang_up()

    engine.script("/v1/close-soon", close_soon)
    before = engine.count("/v1/after")
    pair = b"".join(
        b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}" % path
        for path in (b"/v1/close-soon", b"/v1/after")
    )
    with agent.client() as client:
        for _ in range(50):
            client.send(pair)
            assert client.read_reply().status == 200
            assert client.read_reply().status == 200
    assert engine.count("/v1/after") == before + 50


@pytest.mark.parametrize("how", ["hang_up", "reset"])
def test_a_request_the_engine_has_read_is_not_sent_again(agent, engine, how):
    def die(side):
        side.read_body()
        getattr(side, how)()

    path = f"/v1/read-{how}"
    engine.script(path, die)
    with agent.client() as client:
        for _ in range(3):  # after a few turns the engine's kernel no longer acknowledges at once
            assert client.post("/v1/fine").status == 200
        assert client.post(path).status == 502
    assert engine.count(path) == 1


def test_a_get_on_a_pooled_connection_is_sent_again(agent, engine):
    def die_once(side):
        if engine.count("/v1/get-once") == 1:
            side.hang_up()
        else:
            side.reply(b"second")

    engine.script("/v1/get-once", die_once)
    with agent.client() as client:
        assert client.get("/v1/fine").status == 200
        assert client.get("/v1/get-once").body == b"second"


def test_an_engine_that_is_gone_is_a_503_and_back_with_the_next_request(start_agent, engine):
    """No health request is due in time: the refusal and then the next request make the program ask."""
    never = {f"WINGS_ENGINE_{name}_INTERVAL_SECONDS": "600" for name in ("HEALTH", "LOAD")}
    agent = start_agent(**never)
    assert agent.post("/v1/x").status == 200
    engine.stop_listening()
    reply = agent.post("/v1/x")
    assert (reply.status, reply.fields["retry-after"]) in ((503, "1"), (503, "2"))
    wait_for(lambda: agent.get("/health").status == 503)  # an answer from before may be on its way
    engine.listen()
    wait_for(lambda: agent.post("/v1/x").status == 200)
    wait_for(lambda: agent.get("/health").status == 200)


def test_an_engine_that_never_answers_is_a_504(start_agent, engine):
    agent = start_agent(WINGS_FIRST_BYTE_TIMEOUT_SECONDS="0.3")
    gone = engine.script("/v1/never", lambda side: side.gateway_hung_up())

    def reaches_the_engine():
        reply = agent.post("/v1/never")
        assert (reply.status, reply.json["error"]["type"]) == (504, "timeout_error")
        return engine.count("/v1/never")

    wait_for(reaches_the_engine)  # a slow program may give up before the engine has the request
    wait_for(lambda: gone and all(gone) and len(gone) == engine.count("/v1/never"))


def test_a_stream_that_stops_is_cut(start_agent, engine):
    agent = start_agent(WINGS_REPLY_TIMEOUT_SECONDS="0.3")

    def stop(side):
        side.begin_chunks()
        side.chunk(b"a")
        side.gateway_hung_up()

    engine.script("/v1/stops", stop)
    with agent.client() as client, pytest.raises(Cut):
        client.get("/v1/stops")


# Clients


def test_a_client_that_leaves_before_the_reply_is_noticed(agent, engine):
    """At once: before the program has answered a few requests of a client that came later."""
    began, answered = threading.Event(), threading.Event()
    gone = []

    def wait(side):
        side.read_body()
        began.set()
        answered.wait(LIMIT_SECONDS)
        gone.append(side.gateway_hung_up(0))

    engine.script("/v1/stream", wait)
    client = agent.client().send(STREAM)
    assert began.wait(LIMIT_SECONDS)
    client.close()
    with agent.client() as later:
        for _ in range(5):
            later.get("/health")
    answered.set()
    assert wait_for(lambda: gone) == [True]
    wait_for(lambda: [one for one in agent.log_lines("request") if one["status"] == 499])


@pytest.mark.parametrize("how", ["close", "half-close", "reset"])
def test_a_client_that_leaves_in_mid_stream_is_noticed(agent, engine, how):
    gone = []

    def stream(side):
        side.read_body()
        side.begin_chunks()
        side.chunk(b"a")
        gone.append(side.gateway_hung_up())

    engine.script("/v1/stream", stream)
    client = agent.client().send(STREAM)
    client.read_head()
    assert client.read_until(b"a\r\n") == b"1\r\na\r\n"
    if how == "half-close":
        client.socket.shutdown(socket.SHUT_WR)
    else:
        reset(client) if how == "reset" else client.close()
    wait_for(lambda: gone == [True])
    client.close()


def test_a_client_that_leaves_while_it_is_not_read_is_noticed(agent, engine):
    """Its upload is held back by the engine: only a look at the socket tells.

    A plain close would wait behind what it has sent: nobody can see that before the data is read.
    """
    gone = []
    begun = threading.Event()

    def stall(side):
        begun.set()
        gone.append(side.gateway_hung_up())

    engine.script("/v1/stall", stall)
    client = agent.client()
    client.send(b"POST /v1/stall HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n")
    client.socket.settimeout(0.5)
    with pytest.raises(TimeoutError):
        while True:
            client.send(b"x" * 65536)
    assert begun.wait(LIMIT_SECONDS)
    reset(client)
    wait_for(lambda: gone == [True])


def test_a_client_that_leaves_the_queue_leaves_no_trace(start_agent, engine):
    agent = start_agent(WINGS_MAX_IN_FLIGHT="1")
    release = threading.Event()

    def wait(side):
        side.read_body()
        release.wait(LIMIT_SECONDS)
        side.reply()

    engine.script("/v1/slow", wait)
    request = b"POST /v1/%b HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"
    first = agent.client().send(request % b"slow")
    wait_for(lambda: agent.metric("wings_requests_in_flight") == 1)
    second = agent.client().send(request % b"queued")
    wait_for(lambda: agent.metric("wings_requests_waiting") == 1)
    second.close()
    wait_for(lambda: agent.metric("wings_requests_waiting") == 0)
    release.set()
    assert first.read_reply().status == 200
    first.close()
    assert engine.count("/v1/queued") == 0


def test_a_client_that_does_not_read_holds_the_engine_back(agent, engine):
    sent = []

    def flood(side):
        side.read_body()
        side.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        side.socket.settimeout(1)
        try:
            while True:
                sent.append(side.socket.send(b"x" * 65536))
        except TimeoutError:
            side.hang_up()

    engine.script("/v1/flood", flood)
    before = memory(agent)
    client = agent.client().send(STREAM.replace(b"stream", b"flood"))
    wait_for(lambda: engine_stalled(sent))
    assert sum(sent) < 40_000_000
    assert memory(agent) - before < 10_000_000
    client.close()


def test_an_engine_that_does_not_read_holds_the_client_back(agent, engine):
    engine.script("/v1/stall", lambda side: side.gateway_hung_up())
    before = memory(agent)
    client = agent.client()
    client.send(b"POST /v1/stall HTTP/1.1\r\nHost: x\r\nContent-Length: 400000000\r\n\r\n")
    client.socket.settimeout(0.5)
    sent = 0
    with pytest.raises(TimeoutError):
        while True:
            sent += client.socket.send(b"x" * 65536)
    assert sent < 40_000_000
    assert memory(agent) - before < 10_000_000
    client.close()


def reset(client):
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    client.close()


def engine_stalled(sent):
    size = sum(sent)
    time.sleep(0.3)
    return size and size == sum(sent)


def memory(agent):
    with open(f"/proc/{agent.process.pid}/statm") as stream:
        return int(stream.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
