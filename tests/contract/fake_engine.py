"""An engine that answers like one: health, models, chat, streamed chat; it tells its argv."""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ARGUMENTS = sys.argv[1:]


def option(name: str) -> str:
    return ARGUMENTS[ARGUMENTS.index(name) + 1]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        models = {"data": [{"id": option("--served-model-name")}]}
        self.answer(json.dumps(models if self.path == "/v1/models" else {}), "application/json")

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        choice = json.dumps({"choices": [{"message": {"content": "hello"}}]})
        if body.get("stream"):
            self.answer(f"data: {choice}\n\ndata: [DONE]\n\n", "text/event-stream")
        else:
            self.answer(choice, "application/json")

    def answer(self, text: str, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        pass


if __name__ == "__main__":
    seen = {"argv": ARGUMENTS, "env": dict(os.environ)}
    Path(os.environ["SEEN_FILE"]).write_text(json.dumps(seen), encoding="utf-8")
    ThreadingHTTPServer(("127.0.0.1", int(option("--port"))), Handler).serve_forever()
