"""Public HTTP clients through the gateway: each that is installed gets, posts and streams."""

import os
import shutil
import subprocess
import sys

import pytest

STREAM = b"".join(b"data: %d\n\n" % number for number in range(20))

PYTHON = """
import http.client, sys
connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=20)
for method, path, body in (("GET", "/v1/models", None), ("POST", "/v1/echo", b"x" * 70000), ("POST", "/v1/stream", b"{}")):
    connection.request(method, path, body)
    print(len(connection.getresponse().read()))
connection.request("POST", "/v1/echo", iter([b"ab", b"cd"]), encode_chunked=True, headers={"Transfer-Encoding": "chunked"})
print(connection.getresponse().read().decode())
"""
NODE = """
const base = `http://127.0.0.1:${process.argv[1]}`;
(async () => {
  console.log((await (await fetch(base + "/v1/models")).text()).length);
  console.log((await (await fetch(base + "/v1/echo", {method: "POST", body: "x".repeat(70000)})).text()).length);
  console.log((await (await fetch(base + "/v1/stream", {method: "POST", body: "{}"})).text()).length);
  const {request} = require("http");
  await new Promise((done) => {
    const asked = request(base + "/v1/echo", {method: "POST"}, (reply) => {
      let text = "";
      reply.on("data", (piece) => (text += piece)).on("end", () => { console.log(text); done(); });
    });
    asked.write("ab"); asked.end("cd");
  });
})();
"""
GO = """
package main
import ("fmt"; "io"; "net/http"; "os"; "strings")
func show(reply *http.Response, err error) {
	if err != nil { panic(err) }
	text, err := io.ReadAll(reply.Body)
	if err != nil { panic(err) }
	if len(text) == 4 { fmt.Println(string(text)) } else { fmt.Println(len(text)) }
}
func main() {
	base := "http://127.0.0.1:" + os.Args[1]
	show(http.Get(base + "/v1/models"))
	show(http.Post(base + "/v1/echo", "text/plain", strings.NewReader(strings.Repeat("x", 70000))))
	show(http.Post(base + "/v1/stream", "text/plain", strings.NewReader("{}")))
	show(http.Post(base + "/v1/echo", "text/plain", io.MultiReader(strings.NewReader("ab"), strings.NewReader("cd"))))
}
"""
JAVA = """
import java.net.URI;
import java.net.http.*;
import java.util.*;
public class Client {
  static HttpClient client = HttpClient.newHttpClient();
  static String ask(String url, HttpRequest.BodyPublisher body) throws Exception {
    var request = HttpRequest.newBuilder(URI.create(url));
    if (body != null) request.POST(body);
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString()).body();
  }
  public static void main(String[] words) throws Exception {
    String base = "http://127.0.0.1:" + words[0];
    System.out.println(ask(base + "/v1/models", null).length());
    System.out.println(ask(base + "/v1/echo", HttpRequest.BodyPublishers.ofString("x".repeat(70000))).length());
    System.out.println(ask(base + "/v1/stream", HttpRequest.BodyPublishers.ofString("{}")).length());
    var parts = HttpRequest.BodyPublishers.ofByteArrays(List.of("ab".getBytes(), "cd".getBytes()));
    System.out.println(ask(base + "/v1/echo", parts));
  }
}
"""
CURL = """
base=http://127.0.0.1:$1
curl -sS $base/v1/models | wc -c
head -c 70000 /dev/zero | tr '\\0' x | curl -sS --data-binary @- $base/v1/echo | wc -c
curl -sSN -d '{}' $base/v1/stream | wc -c
printf abcd | curl -sS -H 'Transfer-Encoding: chunked' -H 'Expect: 100-continue' --data-binary @- $base/v1/echo; echo
"""
compiled = pytest.mark.skipif(
    "WINGS_TEST_CLIENTS" not in os.environ, reason="slow: WINGS_TEST_CLIENTS=1"
)
EXPECTED = ["2", "70000", str(len(STREAM)), "abcd"]


@pytest.fixture
def port(start_agent, engine):
    def stream(side):
        side.read_body()
        side.begin_chunks(b"Content-Type: text/event-stream")
        for number in range(20):
            side.chunk(b"data: %d\n\n" % number)
        side.send(b"0\r\n\r\n")

    def echo(side):
        if "expect" in side.fields:
            side.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        if "transfer-encoding" in side.fields:
            side.reply(unchunk(side))
        else:
            side.reply(side.read_body())

    engine.script("/v1/stream", stream)
    engine.script("/v1/echo", echo)
    return start_agent().port


def unchunk(side):
    body = b""
    while size := int(side.read_until(b"\r\n"), 16):
        body += side.read_exactly(size)
        side.read_exactly(2)
    side.read_until(b"\r\n")
    return body


def run(program, *words):
    if shutil.which(words[0]) is None:
        pytest.skip(f"{words[0]} is not installed")
    done = subprocess.run(words, check=False, input=program, capture_output=True, text=True, timeout=300)
    assert done.stdout.split() == EXPECTED, done.stderr


def test_python(port):
    run(PYTHON, sys.executable, "-", str(port))


def test_curl(port):
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    run("", "sh", "-c", CURL, "sh", str(port))


def test_node(port):
    run("", "node", "-e", NODE, str(port))


@compiled
def test_go(port, tmp_path):
    (tmp_path / "client.go").write_text(GO)
    run("", "go", "run", str(tmp_path / "client.go"), str(port))


@compiled
def test_java(port, tmp_path):
    (tmp_path / "Client.java").write_text(JAVA)
    run("", "java", str(tmp_path / "Client.java"), str(port))
