"""wings-infer before a real vLLM. The order saves engine starts: what breaks it comes last."""

import json
import os
import shutil
import signal
import threading
import time

import httpx
import openai
import pytest
from support.waiting import wait_for

from real_pod import START_LIMIT, TINY_MODEL, RealPod, is_alive

TOKENS = [2000, 2500, 3000, 3900]
LONG = {"ignore_eos": True}
HELLO = [{"role": "user", "content": "你好, hello"}]


@pytest.fixture(scope="module")
def start_pod(new_folder):
    pods = []

    def start(*engine_options, **options):
        pods.append(RealPod(new_folder(), *engine_options, **options).start())
        return pods[-1]

    yield start
    for pod in pods:
        pod.stop()


@pytest.fixture(scope="module")
def pod(start_pod):
    return start_pod()


@pytest.fixture
def client(pod):
    pod.wait_ready()
    with pod.client() as made:
        yield made


def stream(client, tokens, **options):
    return client.chat.completions.create(
        model="tiny", messages=HELLO, max_tokens=tokens, temperature=0, stream=True,
        stream_options={"include_usage": True}, extra_body=LONG, **options,
    )  # fmt: skip


# Loading


def test_a_loading_engine_is_said_to_load(pod, figure):
    pod.agent.wait_state("loading")
    with pod.client() as client, pytest.raises(openai.InternalServerError) as raised:
        client.models.list()
    assert raised.value.status_code == 503
    assert "the engine is loading for" in raised.value.message
    assert int(raised.value.response.headers["retry-after"]) > 0
    assert pod.agent.get("/livez", cluster=True).status == 200
    wait_for(lambda: pod.agent.status()["load_progress"]["last_line"], limit=60)
    figure("engine ready after", f"{pod.wait_ready():.1f} s")
    assert pod.agent.status()["restarts"] == 0


# The API


def test_models(client):
    assert [model.id for model in client.models.list()] == ["tiny"]


def test_chat(client):
    answer = client.chat.completions.create(
        model="tiny", messages=HELLO, max_tokens=20, temperature=0, extra_body=LONG
    )
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage.completion_tokens == 20


def test_completions_take_and_give_chinese(client):
    answer = client.completions.create(model="tiny", prompt="汉字", max_tokens=8, echo=True)
    assert answer.choices[0].text.startswith("汉字")
    assert answer.usage.prompt_tokens == len("汉字".encode())


def test_a_stream_gives_what_the_whole_answer_gives(client):
    whole = client.chat.completions.create(
        model="tiny", messages=HELLO, max_tokens=60, temperature=0, extra_body=LONG
    )
    with stream(client, 60) as chunks:
        pieces = list(chunks)
    assert pieces[-1].usage.completion_tokens == 60
    text = "".join(piece.choices[0].delta.content or "" for piece in pieces if piece.choices)
    assert text == whole.choices[0].message.content


def test_a_stream_comes_piece_by_piece(pod, client, figure):
    """The first piece is here while the engine still works; a starved machine may need several tries."""
    for _ in range(10):
        begin, times = time.monotonic(), []
        with stream(client, 3000) as chunks:
            for _ in chunks:
                times.append(time.monotonic() - begin)
                if len(times) == 1:
                    was_running = pod.running()
        if was_running:
            break
    assert was_running == 1
    assert len(times) > 500
    figure("stream of 3000 tokens", f"first piece after {times[0]:.2f} s, last after {times[-1]:.2f} s")


def test_responses(client):
    answer = client.responses.create(model="tiny", input="hello", max_output_tokens=16)
    assert answer.usage.output_tokens <= 16
    with client.responses.create(
        model="tiny", input="hello", max_output_tokens=16, stream=True
    ) as events:
        kinds = [event.type for event in events]
    assert kinds[0] == "response.created"
    assert kinds[-1] in {"response.completed", "response.incomplete"}


def test_a_chat_without_model_is_answered(pod, client, figure):
    document = {"messages": HELLO, "max_tokens": 4}
    answer = httpx.post(pod.url("/v1/chat/completions"), json=document, timeout=60)
    assert answer.status_code == 200
    assert answer.json()["model"] == "tiny"
    figure("chat without a model", f"{answer.status_code}, answered by {answer.json()['model']!r}")


@pytest.mark.parametrize(
    ("path", "document"),
    [
        ("/v1/embeddings", {"model": "tiny", "input": "hello"}),
        ("/v1/chat/completions", {"model": "other", "messages": HELLO}),
        ("/v1/chat/completions", {"model": "tiny", "messages": HELLO, "max_tokens": 10**6}),
        ("/v1/completions", {"model": "tiny"}),
        ("/v1/nothing", {}),
        ("/tokenize", {"model": "tiny", "prompt": "hello"}),
    ],
)
def test_answers_that_stay_as_the_engine_gave_them(pod, client, path, document, figure):
    own, passed = pod.post_both(path, document)
    assert (passed.status_code, passed.json()) == (own.status_code, own.json())
    assert passed.headers["content-type"] == own.headers["content-type"]
    figure(f"{path} {' '.join(document) or '{}'}", f"{own.status_code} {own.text[:120]}")


def test_the_client_sees_the_engines_embeddings_error(client):
    with pytest.raises(openai.APIStatusError) as raised:
        client.embeddings.create(model="tiny", input="hello")
    assert raised.value.status_code in {400, 404, 501}


def test_more_requests_than_the_engine_takes_at_once(pod, client):
    counts = []

    def ask():
        with pod.client() as own, stream(own, 50) as chunks:
            counts.append(list(chunks)[-1].usage.completion_tokens)

    threads = [threading.Thread(target=ask) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == [50] * 24


def test_kept_connections_survive_the_engines_keep_alive(client):
    """vLLM closes connections after 5 s without a request; the pool must not send into one."""
    for pause in (4.5, 5.0, 5.5):
        client.models.list()
        time.sleep(pause)
        client.completions.create(model="tiny", prompt="a", max_tokens=1)


# Clients that leave


@pytest.fixture
def expect_cancel(pod, figure):
    """The engine stops working, and long before it made all that was asked for."""
    before = pod.engine_metric("vllm:generation_tokens_total")

    def expect(name):
        begin = time.monotonic()
        wait_for(lambda: pod.running() == 0, "the engine's running count 0", limit=5)
        figure(f"running 0 after a client left {name}", f"{(time.monotonic() - begin) * 1000:.0f} ms")
        assert pod.engine_metric("vllm:generation_tokens_total") - before < 3900

    return expect


def test_a_client_that_leaves_in_mid_stream_cancels(client, expect_cancel):
    with stream(client, 3900) as chunks:
        next(iter(chunks))
    expect_cancel("in mid-stream")


def test_a_client_that_leaves_before_the_first_byte_cancels(client, expect_cancel):
    with pytest.raises(openai.APITimeoutError):
        client.with_options(timeout=1).completions.create(
            model="tiny", prompt="a", max_tokens=3900, extra_body=LONG
        )
    expect_cancel("before the first byte")


# Our own paths


def test_generate_is_translated(pod, client):
    document = {"prompt": "hello", "max_tokens": 5, "temperature": 0, **LONG}
    answer = httpx.post(pod.url("/generate"), json=document, timeout=60)
    plain = client.completions.create(
        model="tiny", prompt="hello", max_tokens=5, temperature=0, extra_body=LONG
    )
    assert answer.status_code == 200
    assert list(answer.json()) == ["text", "model", "finish_reason", "usage"]
    assert answer.json()["text"] == plain.choices[0].text
    assert answer.json()["usage"]["completion_tokens"] == 5


def test_generate_streams_the_same_pieces(pod, client):
    document = {"prompt": "hello", "max_tokens": 40, "temperature": 0, **LONG}
    whole = httpx.post(pod.url("/generate"), json=document, timeout=60).json()
    with httpx.stream(
        "POST", pod.url("/generate"), json={**document, "stream": True}, timeout=60
    ) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        events = [line[6:] for line in answer.iter_lines() if line]
    pieces = [json.loads(event) for event in events[:-1]]
    assert events[-1] == "[DONE]"
    assert len(pieces) > 2
    assert "".join(piece["text"] for piece in pieces) == whole["text"]
    assert pieces[-1]["usage"]["completion_tokens"] == 40


def test_generate_gives_the_engines_error(pod, client):
    answer = httpx.post(pod.url("/generate"), json={"prompt": "a", "max_tokens": 10**6}, timeout=60)
    own = httpx.post(
        f"http://127.0.0.1:{pod.engine_port}/v1/completions", json={"prompt": "a", "max_tokens": 10**6}
    )
    assert (answer.status_code, answer.json()) == (own.status_code, own.json())


def test_engine_status(pod, client):
    status = pod.agent.status()
    assert (status["state"], status["engine_ready"], status["reason"]) == ("ready", True, "")
    assert status["argv"] == list(pod.agent.argv)
    assert (status["problem"], status["last_failure"]) == ("", None)
    short = pod.agent.get("/engine/status").json
    assert (short["state"], "argv" in short) == ("ready", False)


def test_metrics_have_the_engines_appended(pod, client):
    client.models.list()
    answer = pod.agent.get("/metrics", cluster=True)
    text = answer.body.decode()
    assert answer.status == 200
    assert 'wings_engine_state{state="ready"} 1\n' in text
    assert "\nvllm:num_requests_running{" in text
    assert 'wings_requests_total{route="/v1/models",status="200"}' in text
    names = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE ")]
    assert len(names) == len(set(names))
    assert pod.agent.get("/engine/metrics").status == 200


# Ends: first what the engine outlives, then what it does not


def test_a_killed_wings_infer_adopts_the_engine(pod, client, figure):
    engine, launch = pod.engine_pid(), pod.agent.launch()
    os.kill(pod.agent.process.pid, signal.SIGKILL)
    pod.agent.process.wait(10)
    begin = time.monotonic()
    pod.agent.start()
    pod.wait_ready()
    figure("ready again after kill -9 of wings-infer", f"{time.monotonic() - begin:.2f} s")
    assert (pod.engine_pid(), pod.agent.launch()) == (engine, launch)
    with pod.client() as again:
        assert again.completions.create(model="tiny", prompt="a", max_tokens=1).choices
    assert pod.agent.status()["restarts"] == 0


def expect_restart(pod, killed, figure, name):
    """The pod serves again, and nothing of the old engine is left."""
    wait_for(lambda: pod.agent.get("/health").status == 503, "not ready")
    begin = time.monotonic()
    refusal = pod.agent.post("/v1/completions", b'{"prompt": "a"}')
    figure(f"refusal after {name}", f"{refusal.status} in {(time.monotonic() - begin) * 1000:.0f} ms")
    assert refusal.status == 503
    assert "retry-after" in refusal.fields
    wait_for(lambda: pod.agent.status()["restarts"] == 1, "a restart", limit=60)
    wait_for(lambda: not any(map(is_alive, killed)), "the end of all old processes")
    figure(f"ready again after {name}", f"{pod.wait_ready():.1f} s")
    with pod.client() as client:
        assert client.completions.create(model="tiny", prompt="a", max_tokens=1).choices
    return pod.agent.status()


def test_a_killed_engine_breaks_its_stream_and_is_started_again(pod, client, figure):
    killed, command = pod.engine_group(), words_of_the_order(pod)
    assert len(killed) > 1
    chunks = stream(client, 3900)
    next(iter(chunks))
    os.kill(pod.engine_pid(), signal.SIGKILL)
    with pytest.raises((httpx.HTTPError, openai.APIError)):
        list(chunks)
    status = expect_restart(pod, killed, figure, "kill -9 of the engine")
    assert status["last_failure"]["ended"] == "failed with code 137"
    assert words_of_the_order(pod) == command


def words_of_the_order(pod):
    text = (pod.agent.shared_dir / "start_command.sh").read_text()
    return [line for line in text.splitlines() if not line.startswith("# ")]


def test_a_client_that_retries_does_not_see_the_restart(pod, figure):
    """The engine's inner process is killed: vLLM notices and ends itself."""
    pod.wait_ready()
    killed, restarts = pod.engine_group(), pod.agent.status()["restarts"]
    inner = [pid for pid, name in killed.items() if "EngineCor" in name]
    assert inner, killed
    os.kill(inner[0], signal.SIGKILL)
    wait_for(lambda: not pod.is_ready(), "not ready", limit=60)
    with pod.client(max_retries=60) as client:
        assert client.completions.create(model="tiny", prompt="a", max_tokens=1).choices
    status = pod.agent.status()
    assert status["restarts"] == restarts + 1
    assert not any(map(is_alive, killed))
    figure("kill -9 of vLLM's inner process", f"the engine {status['last_failure']['ended']}")


class Reader(threading.Thread):
    """Reads one stream to its end."""

    def __init__(self, pod, tokens):
        super().__init__()
        self.pod, self.tokens = pod, tokens
        self.began = threading.Event()
        self.result = None

    def run(self):
        try:
            self.result = "no piece came"
            with self.pod.client() as client, stream(client, self.tokens) as chunks:
                for chunk in chunks:
                    self.began.set()
                    self.result = chunk
                self.result = self.result.usage.completion_tokens
        except Exception as error:
            self.result = repr(error)
            self.began.set()


def draining_health(pod):
    answer = pod.agent.get("/health")
    return answer.json if answer.status == 503 else None


def end_during_streams(pod, figure, name):
    pod.wait_ready()
    readers = [Reader(pod, tokens) for tokens in TOKENS]
    for reader in readers:
        reader.start()
    for reader in readers:
        assert reader.began.wait(60)
        assert reader.is_alive(), f"{reader.result}, log:\n{pod.agent.log()[-4000:]}"
    killed = pod.engine_group()
    begin = time.monotonic()
    pod.term()
    health = wait_for(lambda: draining_health(pod), "not ready")
    figure(f"{name}: /health 503", f"after {time.monotonic() - begin:.2f} s")
    assert health["status"] == "draining"
    late = httpx.post(pod.url("/v1/completions"), json={"prompt": "late", "max_tokens": 1}, timeout=60)
    assert late.status_code == 200
    for reader in readers:
        reader.join(120)
    streamed = time.monotonic() - begin
    assert [reader.result for reader in readers] == TOKENS, pod.agent.log()[-4000:]
    assert pod.agent.wait_end(60) == 0
    assert pod.script.wait_end(60) == 0
    figure(name, f"last stream done after {streamed:.1f} s, both ended after {time.monotonic() - begin:.1f} s, "
                 f"engine {pod.script.status()['state']}")  # fmt: skip
    assert not any(map(is_alive, killed))


def test_sigterm_during_streams_finishes_them(pod, figure):
    end_during_streams(pod, figure, "SIGTERM during streams")


def test_sigterm_during_streams_with_the_engines_own_timeout(start_pod, figure):
    pod = start_pod("--shutdown-timeout", "15")
    end_during_streams(pod, figure, "SIGTERM during streams, --shutdown-timeout 15")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_model_file_is_named(start_pod, new_folder, figure):
    model = new_folder() / "model"
    shutil.copytree(TINY_MODEL, model)
    weights = model / "model.safetensors"
    weights.chmod(0)
    pod = start_pod(model=model, WINGS_BACKOFF_SECONDS="600")
    finding = f"{weights}: not readable by uid {os.geteuid()}"
    wait_for(lambda: finding in pod.agent.status()["problem"])
    assert finding in pod.agent.get("/health").json["reason"]
    failure = wait_for(lambda: pod.agent.status()["last_failure"], limit=START_LIMIT)
    assert finding in pod.agent.get("/health").json["reason"]
    figure("vLLM with an unreadable model file", failure["ended"])
