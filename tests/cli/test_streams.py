"""Output that is closed, full, without a reader, or in an encoding too narrow for the text."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys

import pytest
import typer

from tests.support.processes import PROGRAM, ROOT, run_program
from wingsctl import __version__
from wingsctl.cli.main import run
from wingsctl.cli.options import Format
from wingsctl.cli.output import reporting, say, show_problems
from wingsctl.cli.streams import Stream, visible
from wingsctl.documents import Problem

MINIMAL = "examples/minimal.wings.yaml"
FULL = "error: cannot write to standard output: no space left on device\n"
CLOSED = "error: cannot write to standard output: it is closed\n"


def redirected(redirections: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """wingsctl as a shell starts it with these redirections; no parent has to be a shell."""
    command = ["sh", "-c", f'exec "$@" {redirections}', "sh", *PROGRAM, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"], ["--version"], ["completion", "bash"],
        ["plan", MINIMAL, "--output", "json"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_full_disk_is_reported_and_ends_with_1(arguments):
    done = redirected(">/dev/full", *arguments)
    assert (done.returncode, done.stderr) == (1, FULL)


@pytest.mark.parametrize("arguments", [["--version"], ["validate", MINIMAL]], ids=" ".join)
def test_a_closed_output_is_reported_and_ends_with_1(arguments):
    done = redirected(">&-", *arguments)
    assert (done.returncode, done.stderr) == (1, CLOSED)


@pytest.mark.parametrize("redirections", ["2>&-", "2>/dev/full", ">&- 2>&-"])
def test_messages_that_cannot_be_written_change_no_exit_code(redirections):
    done = redirected(redirections, "validate", "none.wings.yaml")
    assert (done.returncode, done.stdout, done.stderr) == (3, "", "")


def test_no_file_takes_the_place_of_a_closed_stream():
    code = (
        "from wingsctl.cli.streams import open_streams; open_streams();"
        "raise SystemExit(open('/dev/null').fileno())"
    )
    command = ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", sys.executable, "-c", code]
    assert subprocess.run(command, check=False, cwd=ROOT).returncode == 3


def test_a_closed_input_is_a_profile_that_cannot_be_read():
    done = redirected("<&-", "validate", "-")
    assert done.returncode == 3
    assert done.stderr.startswith("<stdin>:1:1: standard input is closed\n")


@pytest.mark.parametrize("encoding", ["latin-1", "ascii:strict"])
def test_what_an_encoding_lacks_is_escaped(encoding, tmp_path):
    name = tmp_path / "größe-模型.wings.yaml"
    name.write_bytes((ROOT / MINIMAL).read_bytes())
    command = [*PROGRAM, "validate", str(name)]
    env = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run(command, capture_output=True, check=False, cwd=ROOT, env=env)
    letters = "größe" if encoding == "latin-1" else r"gr\xf6\xdfe"
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode("latin-1").endswith(rf"{letters}-\u6a21\u578b.wings.yaml: ok" + "\n")


def test_json_is_valid_in_every_encoding():
    name = "größe-模型-\x7f\x1b.wings.yaml"
    done = run_program("validate", name, "--output", "json", env={"PYTHONIOENCODING": "latin-1"})
    assert done.returncode == 3
    assert os.fsencode(json.loads(done.stdout)["problems"][0]["file"]) == os.fsencode(name)


def test_characters_that_a_terminal_obeys_are_escaped():
    assert visible("a\x1b[31m\x9b1\x07\u202e\u2028\r.") == (
        r"a\u001b[31m\u009b1\u0007\u202e\u2028\u000d."
    )
    plain = "größe\t模型 \u00a0\N{ZERO WIDTH JOINER}🙂\r\n"
    assert visible(plain) == plain


def test_a_profile_cannot_command_terminal_or_runner(tmp_path):
    path = tmp_path / "a.wings.yaml"
    path.write_text(
        "wingsctl: v1\nname: x\nengine: vllm\naccelerator: nvidia-l4\n"
        'model: "x/\\e[31m\\r\\n::error::pwn"\n'
    )
    done = run_program("validate", path)
    assert "\x1b" not in done.stdout + done.stderr
    assert not [line for line in done.stderr.splitlines() if line.lstrip().startswith("::")]
    assert r"x/\u001b[31m\r\n::error::pwn" in done.stderr


def test_no_line_of_a_message_is_a_command(capsys):
    say("first\n  ::error::second\n::warning::third : :: x")
    show_problems([Problem("f", 1, 2, "", "a\n::error::b", "c\r\n::error::d")])
    assert capsys.readouterr().err == (
        "first\n  \\u003a:error::second\n\\u003a:warning::third : :: x\n"
        "f:1:2: a\\n::error::b\n    c\\r\\n::error::d\n"
    )


def test_a_stream_notes_the_first_failure_and_goes_on():
    with open("/dev/full", "w") as full:  # noqa: PTH123
        stream = Stream(full)
        assert (stream.is_lost, stream.failure) == (False, None)
        stream.write("text")
        stream.flush()
        assert stream.is_lost
        first = stream.failure
        assert stream.write("more") == 4
        stream.flush()
        assert stream.failure is first
        with pytest.raises(OSError, match="No space left"):
            full.close()


def test_a_reader_that_left_waits_for_nothing():
    reader, writer = os.pipe()
    os.close(reader)
    target = os.fdopen(writer, "w")
    stream = Stream(target)
    stream.write("text")
    stream.flush()
    assert isinstance(stream.failure, BrokenPipeError)
    assert not stream.is_lost
    with pytest.raises(BrokenPipeError):
        target.close()


def test_a_closed_stream_fails_with_its_first_text():
    stream = Stream(None)
    stream.write("")
    stream.flush()
    assert (stream.failure, stream.isatty()) == (None, False)
    stream.write("text")
    assert stream.is_lost


def test_libraries_take_a_stream_for_one_of_text():
    stream = Stream(io.StringIO())
    with pytest.raises(TypeError):
        stream.write(b"")  # type: ignore[arg-type]
    assert not hasattr(stream, "buffer")


def broken_command(output: Format):
    """An app whose only command has a bug."""
    app = typer.Typer(pretty_exceptions_enable=False)

    @app.command()
    def command() -> None:
        with reporting("plan", output):
            raise KeyError("token hf_" + "A" * 30)

    return app


def test_a_bug_is_reported_with_its_traceback_and_whom_to_write_to(capsys):
    assert run([], broken_command(Format.text)) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("Traceback (most recent call last):\n")
    assert "KeyError: 'token ***'" in err
    assert err.endswith(
        f"error: this is a bug in wingsctl {__version__}\n"
        "  please report it with the traceback to the place that you got wingsctl from\n"
    )


def test_a_bug_has_an_envelope_for_programs(capsys):
    assert run([], broken_command(Format.json)) == 1
    out, err = capsys.readouterr()
    envelope = json.loads(out)
    assert (envelope["ok"], envelope["command"], envelope["data"]) == (False, "plan", None)
    assert envelope["error"]["exitCode"] == 1
    assert envelope["error"]["message"] == "unexpected KeyError"
    assert "this is a bug" in err


@pytest.mark.parametrize("problem", [typer.Exit(7), typer.BadParameter("no")])
def test_an_intended_end_is_no_bug(problem, capsys):
    app = typer.Typer()

    @app.command()
    def command() -> None:
        with reporting("plan", Format.json):
            raise problem

    assert run([], app) == (7 if isinstance(problem, typer.Exit) else 2)
    assert "bug" not in "".join(capsys.readouterr())
