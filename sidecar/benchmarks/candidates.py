"""The proxies that are compared: how each is started before an engine's port."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import uvloop

ROOT = Path(__file__).parents[1]
PROXY_CPU, LOAD_CPU = "0", "1"

PROGRAMS = ("cc", "haproxy", "nginx", "taskset")

NGINX = """
worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 19000; }}
http {{
  access_log {log};
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  client_max_body_size 0; keepalive_requests 1000000000; keepalive_timeout 300;
  upstream engine {{ server 127.0.0.1:{engine}; keepalive 512; keepalive_requests 1000000000; }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{
      proxy_pass http://engine; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Host $host; proxy_buffering off; proxy_request_buffering off;
    }}
    location = /health {{ return 200 "ok"; }}
  }}
}}
"""

HAPROXY = """
global
  nbthread 1
  maxconn 9500
defaults
  mode http
  timeout client 300s
  timeout server 300s
  timeout connect 5s
  http-reuse always
listen proxy
  bind 127.0.0.1:{port}
  monitor-uri /health
  server engine 127.0.0.1:{engine}
"""


@dataclass
class Candidate:
    name: str
    port: int
    processes: list = field(default_factory=list)
    folder: str = ""

    def pids(self):
        """The processes whose time and memory count: with children, without nginx's master."""
        found = []
        for process in self.processes:
            path = Path(f"/proc/{process.pid}/task/{process.pid}/children")
            found += [int(pid) for pid in path.read_text().split()] or [process.pid]
        return found

    def cpu_seconds(self):
        total = 0
        for pid in self.pids():
            words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(words[11]) + int(words[12])
        return total / os.sysconf("SC_CLK_TCK")

    def memory_mb(self):
        total = 0
        for pid in self.pids():
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
        return total / 1024

    def stop(self):
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def spawn(words, cpu, **options):
    return subprocess.Popen(["taskset", "-c", cpu, *words], stderr=subprocess.DEVNULL, **options)


def await_port(port):
    for _ in range(1000):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.01)
    raise RuntimeError(f"nothing listens on {port}")


def start_mock(folder):
    """The engine: compiled here, on the load generator's processor."""
    program = Path(folder) / "mock_engine"
    subprocess.run(["cc", "-O2", "-o", program, ROOT / "benchmarks/mock_engine.c"], check=True)
    port = free_port()
    process = spawn([str(program), str(port)], LOAD_CPU)
    await_port(port)
    return Candidate("direct", port, [process])


def start_nginx(engine, log="off"):
    folder, port = tempfile.mkdtemp(), free_port()
    Path(folder, "nginx.conf").write_text(
        NGINX.format(folder=folder, port=port, engine=engine, log=log.format(folder=folder))
    )
    process = spawn(["nginx", "-p", folder, "-c", f"{folder}/nginx.conf"], PROXY_CPU)
    await_port(port)
    return Candidate("nginx", port, [process], folder)


def start_haproxy(engine):
    folder, port = tempfile.mkdtemp(), free_port()
    Path(folder, "haproxy.cfg").write_text(HAPROXY.format(port=port, engine=engine))
    process = spawn(["haproxy", "-db", "-f", f"{folder}/haproxy.cfg"], PROXY_CPU)
    await_port(port)
    return Candidate("haproxy", port, [process], folder)


def start_wings(engine, log="off", python=sys.executable):
    folder, port, cluster_port = tempfile.mkdtemp(), free_port(), free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(uvloop.__file__).parents[1]),
        "WINGS_SHARED_DIR": folder,
        "ENGINE_PORT": str(engine),
        "WINGS_PORT": str(port),
        "WINGS_CLUSTER_PORT": str(cluster_port),
        "WINGS_ACCESS_LOG": log,
        "WINGS_LISTEN_HOST": "127.0.0.1",
        "WINGS_DRAIN_DELAY_SECONDS": "0",
        "WINGS_MAX_CONNECTIONS": "15000",
    }
    words = [python, "-m", "wings_infer", "engine"]
    with Path(folder, "log").open("w") as output:
        process = spawn(words, PROXY_CPU, cwd=ROOT, env=environment, stdout=output)
    await_port(port)
    report_running(Path(folder))
    await_ready(port)
    return Candidate("wings", port, [process], folder)


def start_front_door(backend, python=sys.executable):
    """wings-infer in its second mode, before one gateway."""
    folder, port, cluster_port = tempfile.mkdtemp(), free_port(), free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(uvloop.__file__).parents[1]),
        "WINGS_MODE": "front-door",
        "WINGS_BACKENDS": f"127.0.0.1:{backend}",
        "WINGS_PORT": str(port),
        "WINGS_CLUSTER_PORT": str(cluster_port),
        "WINGS_ACCESS_LOG": "off",
        "WINGS_LISTEN_HOST": "127.0.0.1",
        "WINGS_DRAIN_DELAY_SECONDS": "0",
    }
    process = spawn(
        [python, "-m", "wings_infer"], PROXY_CPU, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL
    )
    await_port(port)
    return Candidate("front door", port, [process], folder)


def start_fastapi(engine, python):
    """uvicorn with one worker."""
    port = free_port()
    words = [python, "-m", "uvicorn", "fastapi_proxy:app", "--port", str(port), "--log-level", "error",
             "--no-access-log"]  # fmt: skip
    environment = {"PATH": os.environ["PATH"], "ENGINE_PORT": str(engine)}
    process = spawn(words, PROXY_CPU, cwd=ROOT / "benchmarks", env=environment)
    await_port(port)
    return Candidate("fastapi", port, [process])


def start_vllm_router(engine, python):
    """The Rust router from PyPI, before one worker."""
    port, metrics = free_port(), free_port()
    words = [str(Path(python).with_name("vllm-router")), "--worker-urls", f"http://127.0.0.1:{engine}",
             "--host", "127.0.0.1", "--port", str(port), "--prometheus-port", str(metrics),
             "--policy", "round_robin", "--log-level", "error"]  # fmt: skip
    process = spawn(words, PROXY_CPU, stdout=subprocess.DEVNULL)
    await_port(port)
    return Candidate("vllm-router", port, [process])


def report_running(folder):
    """What the engine's entrypoint would write."""
    while not (folder / "start_command.sh").exists():
        time.sleep(0.01)
    launch = (folder / "start_command.sh").read_text().split("# launch: ")[1].split("\n")[0]
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    (folder / "engine_status.txt").write_text(f"state: running\nlaunch: {launch}\ntime: {now}\n")


def await_ready(port):
    for _ in range(1000):
        with socket.create_connection(("127.0.0.1", port), 1) as client:
            client.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            if b" 200 " in client.recv(100):
                return
        time.sleep(0.01)
    raise RuntimeError("wings-infer does not become ready")
