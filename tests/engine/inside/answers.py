"""How an engine is asked question after question, and what it raises becomes an answer."""

import contextlib
import gc
import io
import json
import os
import traceback
from pathlib import Path

from architectures import complete


def answer_all(questions, answers, start, card):
    """Writes an answer for each question: why the engine would not start, empty if it would.

    `start` goes as far as the engine does before it loads a model; `card` is what the fake driver
    describes.
    """
    gc.freeze()  # to look through all that the engine imported takes longer than a question
    asked = json.loads(Path(questions).read_bytes())
    Path(answers).write_text(json.dumps([_answer(each, start, card) for each in asked]))


def _answer(question, start, card):
    complete(question["model"])
    before = dict(os.environ)
    os.environ |= question["env"]
    card.update(question["card"])
    try:
        return _refusal(question, start)
    finally:
        os.environ.clear()
        os.environ.update(before)


def _refusal(question, start):
    """With every cause; empty if there is none."""
    printed = io.StringIO()
    with contextlib.redirect_stderr(printed), contextlib.redirect_stdout(io.StringIO()):
        try:
            start(question)
        except SystemExit:
            return printed.getvalue().strip().rpartition("\n")[2]
        except Exception as error:  # whatever the engine raises is its answer
            return " | ".join(messages(error))
    return ""


def messages(error):
    """The error with its place, and what it came of, each once."""
    seen = []
    while error is not None:
        text = f"{type(error).__name__}: {error}{place(error)}"
        seen += [text] if text not in seen else []
        error = error.__cause__ or error.__context__
    return seen


def place(error):
    """Where it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    return f" [{Path(frames[-1].filename).name}:{frames[-1].name}]" if frames else ""
