"""Coverage-guided fuzzing of the wire parsers: python3 proof/fuzz_wire.py [-max_total_time=600] [CORPUS].

Needs atheris (PyPI). Whatever the bytes: a request or reply is refused with the package's own
error or understood, and a chunked body means the same in whatever pieces it comes. Findings
become cases in tests/wire/test_fuzz.py.
"""

import sys
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parents[1]))

with atheris.instrument_imports(include=["wings_infer"]):
    from wings_infer.errors import BadMessage, BadRequest
    from wings_infer.wire.framing import Chunked
    from wings_infer.wire.replies import parse_reply
    from wings_infer.wire.requests import parse_request


def request(data):
    try:
        found = parse_request(data + b"\r\n\r\n", 32)
    except BadRequest as error:
        if not 400 <= error.status <= 505:
            raise AssertionError(error.status) from error
        return
    assert b"\n" not in found.fields.replace(b"\r\n", b"")
    assert not (found.chunked and found.length)


def reply(data):
    try:
        found = parse_reply(b"HTTP/1.1 " + data + b"\r\n\r\n", b"GET")
    except BadMessage:
        return
    assert b"\n" not in found.fields.replace(b"\r\n", b"")


def chunks(data):
    size = data[0] % 16 + 1 if data else 1
    body = data[1:]
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    assert outcome([body]) == outcome(pieces)


def outcome(pieces):
    body, payload, used = Chunked(), b"", 0
    try:
        for piece in pieces:
            body.spans = []
            used += body.feed(piece)
            payload += b"".join(piece[start:stop] for start, stop in body.spans)
            if body.done:
                return payload, used, "done"
    except BadMessage:
        return "malformed"
    return payload, used, "more"


TARGETS = (request, reply, chunks)


def one(data):
    if data:
        TARGETS[data[0] % len(TARGETS)](data[1:])


atheris.Setup(sys.argv, one)
atheris.Fuzz()
