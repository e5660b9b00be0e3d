"""What is measured of a candidate; each function returns one number."""

import re
import resource
import select
import socket
import statistics
import subprocess
import tempfile
import time

from candidates import LOAD_CPU

PATH = "/v1/completions"
"""One that every candidate gives to the engine."""
UNITS = {"us": 1e-3, "ms": 1.0, "s": 1000.0}


def wrk(port, connections, seconds, *more, path=PATH):
    words = [
        "taskset",
        "-c",
        LOAD_CPU,
        "wrk",
        "-t1",
        f"-c{connections}",
        f"-d{seconds}s",
        "--latency",
        *more,
    ]
    done = subprocess.run(
        [*words, f"http://127.0.0.1:{port}{path}"], capture_output=True, text=True, check=True
    )
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)[1])
    number, unit = re.search(r"50%\s+([\d.]+)(us|ms|s)", done.stdout).groups()
    if bad := re.search(r"Non-2xx.*", done.stdout):
        raise RuntimeError(bad[0])
    return rate, float(number) * UNITS[unit]


def requests_per_second(candidate, seconds):
    """At 64 connections."""
    return wrk(candidate.port, 64, seconds)[0]


def cpu_us_per_request(candidate, seconds):
    """Processor time at 64 connections, in microseconds."""
    before = candidate.cpu_seconds()
    rate, _ = wrk(candidate.port, 64, seconds)
    return (candidate.cpu_seconds() - before) / max(rate * seconds, 1) * 1e6


def p50_ms(candidate, seconds):
    """Latency at one connection, in milliseconds."""
    return wrk(candidate.port, 1, seconds)[1]


def bodies_per_second(candidate, seconds):
    """Requests with bodies of 10 MB, four at once."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write('wrk.method = "POST"\nwrk.body = string.rep("x", 10000000)\n')
        script.flush()
        return wrk(candidate.port, 4, seconds, "-s", script.name, path="/v1/x")[0]


def cpu_us_per_chunk(candidate, seconds, streams=256):
    """Processor time for one chunk of 256 streams at 200 chunks/s each, in microseconds."""
    chunks = seconds * 200
    clients = [socket.create_connection(("127.0.0.1", candidate.port)) for _ in range(streams)]
    for client in clients:
        client.sendall(b"GET /v1/stream/%d HTTP/1.1\r\nHost: x\r\n\r\n" % chunks)
    waiting = select.epoll()
    by_fd = {client.fileno(): client for client in clients}
    for fd in by_fd:
        waiting.register(fd, select.EPOLLIN)
    before = candidate.cpu_seconds()
    received = read_streams(waiting, by_fd)
    spent = candidate.cpu_seconds() - before
    for client in clients:
        client.close()
    if received < streams * chunks * 0.999:  # one that was cut in two by a read is not counted
        raise RuntimeError(f"{received} of {streams * chunks} chunks came")
    return spent / received * 1e6


def read_streams(waiting, by_fd):
    received, open_streams = 0, len(by_fd)
    while open_streams:
        for fd, _ in waiting.poll(20):
            data = by_fd[fd].recv(65536)
            received += data.count(b"data: ")
            if not data or data.endswith(b"\r\n0\r\n\r\n") or data == b"0\r\n\r\n":
                waiting.unregister(fd)
                open_streams -= 1
    return received


def idle_memory_mb(candidate, count=9000):
    """Memory (PSS) with 9,000 idle clients that each made one request."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    clients = []
    for _ in range(count):
        client = socket.create_connection(("127.0.0.1", candidate.port))
        client.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        client.recv(1000)
        clients.append(client)
    memory = candidate.memory_mb()
    for client in clients:
        client.close()
    return memory


def health_p99_ms(candidate, seconds):
    """Latency of /health on a connection of its own, while 64 others flood, in milliseconds."""
    words = ["taskset", "-c", LOAD_CPU, "wrk", "-t1", "-c64", f"-d{seconds}s"]
    flood = subprocess.Popen(
        [*words, f"http://127.0.0.1:{candidate.port}{PATH}"], stdout=subprocess.DEVNULL
    )
    times = []
    with socket.create_connection(("127.0.0.1", candidate.port)) as client:
        while flood.poll() is None:
            start = time.perf_counter()
            client.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
            client.recv(1000)
            times.append((time.perf_counter() - start) * 1000)
            time.sleep(0.01)
    return statistics.quantiles(times, n=100)[98]
