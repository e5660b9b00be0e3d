"""How what an engine raises becomes an answer."""

import traceback
from pathlib import Path


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
