"""Which programs shell scripts, makefiles and Python files call, by reading them.

No full parser: it reads what this project writes. See tests/test_system_programs.py.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

_SHELL_WORDS = """
. : [ break case cd command continue done echo esac eval exec exit export fi for in kill local
printf pwd read return set shift test trap true false umask unset wait
"""
_NO_PROGRAMS = frozenset(_SHELL_WORDS.split())
_BEFORE_A_COMMAND = re.compile(
    r"^(?:(?:if|then|else|elif|do|while|until|!|exec)\b\s*|!\s*|\w+=\S*\s+|[0-9]*[<>]+&?\s*\S+\s+)+"
)
_PLAINER = (
    (r"'[^']*'", "Q"),
    (r"\$\(\(.*?\)\)", "V"),
    (r"\$\{[^{}]*\}", "V"),
    (r"[\w-]+\(\)", ""),
    (r"^\s*(?:case .* in\b)?\s*[^()\s;]+(?: \| [^()\s]+)*\)", ""),  # a pattern of `case`
)
_STARTERS = frozenset({"run", "Popen", "check_output", "check_call", "which", "need", "spawn"})
_NAME = re.compile(r"[a-z][\w.+-]*")


def called_by_shell(text: str) -> set[str]:
    """Bare names in the place of a command; functions of the script and paths are left out."""
    text = re.sub(r"\\\n", " ", text)
    text = re.sub(r"(^|\s)#.*$", r"\1", text, flags=re.MULTILINE)
    functions = defined_functions(text)
    return {name for name in _commands(text) if name not in _NO_PROGRAMS | functions}


def defined_functions(text: str) -> set[str]:
    """The names of a shell script's functions."""
    return set(re.findall(r"^\s*([\w-]+)\(\) *[({]", text, re.MULTILINE))


def called_by_make(text: str) -> set[str]:
    """The same of a makefile's recipes."""
    text = re.sub(r"\\\n\s*", " ", text)
    recipes = "\n".join(re.findall(r"^\t[@-]*(.*)", text, re.MULTILINE))
    recipes = re.sub(r"\$\((?:\w+|if [^()]*|if \$\(\w+\)[^()]*)\)", "$V", recipes)
    return called_by_shell(recipes.replace("$$", "$"))


def called_by_python(text: str) -> set[str]:
    """First words of lists, and of calls that start processes: more than what is called."""
    found = (_first_word(node) for node in ast.walk(ast.parse(text)))
    return {name for name in found if name and _NAME.fullmatch(name)}


def _commands(text: str) -> Iterator[str]:
    for quoted in re.findall(r"trap '([^']*)'", text):
        yield from _commands(quoted)
    for written, plain in _PLAINER:
        text = re.sub(written, plain, text, flags=re.MULTILINE)
    while inner := re.search(r"(\$?)\(([^()]*)\)", text):
        if inner[1]:
            yield from _commands(inner[2])
        plain = "V" if inner[1] else f";{inner[2]};"
        text = text[: inner.start()] + plain + text[inner.end() :]
    yield from re.findall(r"-exec ([a-z]\S*)", text)
    yield from re.findall(r'="([a-z]\w*) -', text)  # a command that is kept in a variable
    text = re.sub(r'"[^"]*"', "Q", text)
    for piece in re.split(r"\n|;|&&|\|\|?|(?<![<>])&(?!\d)|[{}]", text):
        word = _BEFORE_A_COMMAND.sub("", piece.strip()).split(" ")[0]
        if _NAME.fullmatch(word):
            yield word


def _first_word(node: ast.AST) -> str:
    if isinstance(node, ast.Call) and node.args and _name_of(node.func).lstrip("_") in _STARTERS:
        first = node.args[0]
    elif isinstance(node, ast.List) and node.elts:
        first = node.elts[0]
    else:
        return ""
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""


def _name_of(function: ast.expr) -> str:
    return getattr(function, "attr", "") or getattr(function, "id", "")
