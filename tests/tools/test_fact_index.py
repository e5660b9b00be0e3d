"""tools/models/fact_index.py: what makes a facts file stale, and what does not."""

from __future__ import annotations

import pytest

CODE = '''"""What it decides."""
# why
import layouts


def answer(name: str) -> str:
    """What it returns."""

    return f"{name} # {name!r}"  # a reason
'''


def test_words_about_the_code_do_not_count():
    from fact_index import plain_code

    assert plain_code(CODE) == (
        'import layouts\ndef answer(name: str) -> str:\n    return f"{name} # {name!r}"\n'
    )
    assert plain_code(CODE.replace("return", "return not")) != plain_code(CODE)


def test_the_tool_is_what_asks_the_engine_and_what_that_imports(tmp_path, monkeypatch):
    import fact_index

    monkeypatch.setattr(fact_index, "HERE", tmp_path)
    (tmp_path / "ranks.py").write_text(CODE)
    (tmp_path / "layouts.py").write_text("import torch\n")
    (tmp_path / "other.py").write_text("")
    before = digest_of("ranks")
    (tmp_path / "other.py").write_text("changed = 1\n")
    assert digest_of("ranks") == before
    (tmp_path / "layouts.py").write_text("import torch\nSIZES = (1, 2)\n")
    assert digest_of("ranks") != before


def digest_of(module):
    from fact_index import tool_digest

    tool_digest.cache_clear()
    found = tool_digest(module)
    tool_digest.cache_clear()
    return found


def test_an_index_is_read_as_it_was_written(tmp_path):
    from fact_index import Origin, read_index, write_index

    folder = tmp_path / "facts"
    folder.mkdir()
    assert read_index(folder) == {}
    (folder / "a--b.json").write_text("{}")
    row = Origin("vllm", "0.32.0", "c" * 64, "d" * 64, "e" * 64)
    write_index(folder, {"a--b.json": row, "gone--model.json": row})
    assert read_index(folder) == {"a--b.json": row}


def test_a_broken_index_is_named(tmp_path):
    from fact_index import read_index

    (tmp_path / "facts.lock").write_text("a--b.json vllm 0.32.0 config:1 facts:2\n")
    with pytest.raises(ValueError, match="no line of an index: a--b"):
        read_index(tmp_path / "facts")
