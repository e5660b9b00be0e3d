"""/docs and /openapi.json: one page that needs nothing from the internet."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

from wings_infer import __version__
from wings_infer.settings import Settings
from wings_infer.wire.answers import Answer, json_answer

_PATHS: tuple[tuple[str, str, str, dict[str, Any] | None], ...] = (
    ("get", "/health", "200 only when a request would be served, else 503 with the reason", None),
    ("get", "/engine/status", "the engine's state in short", None),
    ("get", "/v1/models", "the served models", None),
    ("post", "/v1/chat/completions", "OpenAI chat completions; streams with \"stream\": true",
     {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 32}),
    ("post", "/v1/completions", "OpenAI completions; streams with \"stream\": true",
     {"prompt": "Hello", "max_tokens": 32}),
    ("post", "/v1/embeddings", "OpenAI embeddings, for embedding models", {"input": "Hello"}),
    ("post", "/generate", "a completion in short form; streams with \"stream\": true",
     {"prompt": "Hello", "max_tokens": 32, "temperature": 0.7}),
    ("post", "/tokenize", "the tokens of a prompt", {"prompt": "Hello"}),
    ("get", "/engine/metrics", "the engine's own metrics", None),
)  # fmt: skip

_STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:50em;margin:2em auto;padding:0 1em}"
    "pre{background:#eee;padding:1em;overflow:auto}"
)


def openapi(settings: Settings) -> Answer:
    """The OpenAPI description of what clients may call."""
    paths: dict[str, dict[str, Any]] = {}
    for method, path, meaning, example in _paths(settings):
        operation: dict[str, Any] = {
            "summary": meaning,
            "responses": {"200": {"description": "success"}},
        }
        if example is not None:
            content = {"application/json": {"schema": {"type": "object"}, "example": example}}
            operation["requestBody"] = {"required": True, "content": content}
        paths.setdefault(path, {})[method] = operation
    title = f"{settings.model_name or 'model'} on {settings.engine_type}"
    return json_answer(
        200, {"openapi": "3.1.0", "info": {"title": title, "version": __version__}, "paths": paths}
    )


def docs_page(settings: Settings) -> Answer:
    """A page for people, with a command for each path."""
    title = escape(f"{settings.model_name or 'model'} on {settings.engine_type}")
    parts = [
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title><style>{_STYLE}</style>"
    ]
    parts.append(f"<h1>{title}</h1><p>Machine-readable: <a href=openapi.json>openapi.json</a></p>")
    for method, path, meaning, example in _paths(settings):
        parts.append(f"<h2><code>{method.upper()} {path}</code></h2><p>{escape(meaning)}</p>")
        parts.append(f"<pre>{escape(_curl(path, example, settings.client_port))}</pre>")
    return Answer(200, "".join(parts).encode(), b"text/html; charset=utf-8")


def _paths(settings: Settings) -> Iterator[tuple[str, str, str, dict[str, Any] | None]]:
    for method, path, meaning, example in _PATHS:
        if settings.front_door is None:
            yield method, path, meaning, example
        elif path == "/health":
            yield method, path, "200 while the front door works, also while no pod is ready", None
        elif not path.startswith("/engine/"):
            yield method, path, meaning, example


def _curl(path: str, example: dict[str, Any] | None, port: int) -> str:
    url = f"http://127.0.0.1:{port}{path}"
    if example is None:
        return f"curl {url}"
    body = json_answer(200, example).content.decode()
    return f"curl {url} -H 'Content-Type: application/json' -d '{body}'"
