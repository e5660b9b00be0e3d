"""How what an engine raises becomes an answer."""


def messages(error):
    """The error and what it came of, each once."""
    seen = []
    while error is not None:
        text = f"{type(error).__name__}: {error}"
        seen += [text] if text not in seen else []
        error = error.__cause__ or error.__context__
    return seen
