"""Commands -> the one that starts an engine, and its arguments."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from wingsctl.convert.conversion import Conversion
from wingsctl.convert.engine.shell_run import (
    ShellCommand,
    ShellRun,
    UnreadableShellError,
    run_shell,
)
from wingsctl.convert.fields import Fields
from wingsctl.convert.words import Variables, Word, settle

SHELLS = ("sh", "bash", "dash", "ash", "zsh")
_MODULES = {
    "vllm.entrypoints.openai.api_server": "vllm",
    "vllm.entrypoints.api_server": "vllm",
    "vllm.entrypoints.cli.main": "vllm",
    "sglang.launch_server": "sglang",
    "sglang.srt.entrypoints.http_server": "sglang",
}
_WRAPPERS = {"exec", "nohup", "sudo", "time", "tini", "dumb-init", "env", "command", "stdbuf",
             "numactl", "nice", "--"}  # fmt: skip
_IDLE = {"set", "ulimit", "echo", "printf", "mkdir", "cd", "wait", "sleep", "trap", "true",
         "exit", "ls", "cat", "date", "nvidia-smi", "shopt", "tail", "hostname", "touch",
         "which", "tee", "rm", "return", "shift", "break", "pwd", "umask", "unset", "chmod",
         "env", ":"}  # fmt: skip
_RAY_SCRIPT = re.compile(r"^multi-node-serving\.sh$|(^|[-_])ray[-_.].*\.sh$")
_ENDS = {"fi", "done", "esac", "}", "else", "then"}
_TESTS = {"[", "[[", "test", "case", "for", "grep", "seq", "awk", "curl", "until", "while", "wc",
          "nc", "in"}  # fmt: skip
_INSTALLS = {"pip", "pip3", "uv", "apt", "apt-get", "apk", "yum", "dnf", "conda", "git", "wget",
             "huggingface-cli", "hf", "modelscope", "npm", "make"}  # fmt: skip


@dataclass(frozen=True)
class EngineCall:
    """Which engine starts, the words that name it, and its arguments."""

    engine: str
    head: list[Word]
    arguments: list[Word]


def find_engine(words: Sequence[Word]) -> EngineCall | None:
    """The engine that a command starts, None where it starts none."""
    at = _past_wrappers(words)
    texts = [each.text for each in words[at:]]
    program = _program(texts[0]) if texts else ""
    if program in ("vllm", "sglang") and texts[1:2] == ["serve"]:
        return EngineCall(program, list(words[: at + 2]), list(words[at + 2 :]))
    if re.fullmatch(r"(python|pypy)[0-9.]*", program):
        return _python(words, at)
    return None


def _python(words: Sequence[Word], at: int) -> EngineCall | None:
    """`python3 -u -m MODULE ...`, or a script of that module's path."""
    for place in range(at + 1, len(words)):
        text = words[place].text
        if text == "-m" and place + 1 < len(words):
            return _module(words, place + 1, words[place + 1].text)
        if not text.startswith("-"):
            path = text.removesuffix(".py").replace("/", ".")
            module = next((each for each in _MODULES if path.endswith(each)), "")
            return _module(words, place, module)
    return None


def _module(words: Sequence[Word], place: int, module: str) -> EngineCall | None:
    engine = _MODULES.get(module)
    if engine is None:
        return None
    end = place + 1 + (words[place + 1 : place + 2] != [] and words[place + 1].text == "serve")
    return EngineCall(engine, list(words[:end]), list(words[end:]))


def _past_wrappers(words: Sequence[Word]) -> int:
    """The index of the program behind `exec`, `env A=B` and the like."""
    at = 0
    while at < len(words):
        text = words[at].text
        is_wrapped = at > 0 and (text.startswith("-") or re.match(r"[A-Za-z_]\w*=", text))
        if _program(text) not in _WRAPPERS and not is_wrapped:
            break
        at += 1
    return at


def _program(text: str) -> str:
    return text.rsplit("/", 1)[-1]


def read_command(
    conversion: Conversion,
    words: list[Word],
    variables: Variables,
    image_engine: str,
    on_command: Callable[[list[Word]], None] = lambda words: None,
) -> EngineCall | None:
    """The engine that a container starts, with all else in its command settled.

    `words` are command and arguments; without a program in them the image's entry point starts
    `image_engine`. `on_command` sees each command of a script before it is judged.
    """
    if script := _script(conversion, words):
        return _read_script(conversion, script, variables, on_command)
    found = find_engine(words)
    if found is not None:
        settle(found.head, "implied", part="the start", note="wingsctl writes the command itself")
        return found
    is_arguments = not words or words[0].text.startswith("-") or _looks_like_model(words)
    if image_engine and is_arguments:
        return EngineCall(image_engine, [], words)
    settle(words, "dropped", part="the command", note="starts no engine that wingsctl knows")
    return None


def _looks_like_model(words: Sequence[Word]) -> bool:
    rest = words[1:2]
    follows = not rest or rest[0].text.startswith("-")
    return follows and ("/" in words[0].text or not rest) and not words[0].text.endswith(".sh")


@dataclass(frozen=True)
class _Script:
    text: str
    fields: Fields
    positional: list[str]
    shell: list[Word]


def _script(conversion: Conversion, words: list[Word]) -> _Script | None:
    """The text behind `sh -c`, or of a script that a ConfigMap of the input holds."""
    at = _past_wrappers(words)
    rest = words[at:]
    if not rest:
        return None
    is_shell = _program(rest[0].text) in SHELLS
    options = 0
    while is_shell and rest[1 + options :] and rest[1 + options].text.startswith(("-", "+")):
        options += 1
    flags = [each.text for each in rest[1 : 1 + options]]
    inner = rest[1 + options :] if is_shell else rest
    if is_shell and any(re.fullmatch(r"-[a-z]*c[a-z]*", each) for each in flags) and inner:
        known = [each.text for each in inner[1:]]
        head = [*words[: at + 1 + options], *inner[1:]]
        return _Script(inner[0].text, inner[0].fields, known, head)
    if not inner or not inner[0].text.endswith(".sh") or find_engine(words):
        return None
    file = conversion.file(inner[0].text)
    if file is None:
        return None
    return _Script(file.text(), file, [each.text for each in inner], words)


def _read_script(
    conversion: Conversion,
    script: _Script,
    variables: Variables,
    on_command: Callable[[list[Word]], None],
) -> EngineCall | None:
    settle(script.shell, "implied", part="the shell", note="the script is read")
    try:
        run = run_shell(script.text, script.fields, variables, script.positional)
    except UnreadableShellError as error:
        remedy = "repair it, or convert the command alone: wingsctl convert -- COMMAND"
        script.fields.dropped(f"no shell text: {error}", remedy)
        conversion.warn(script.fields, f"the script cannot be read: {error}", remedy)
        return None
    return choose_call(conversion, run, script.fields, on_command)


def choose_call(
    conversion: Conversion,
    run: ShellRun,
    fields: Fields,
    on_command: Callable[[list[Word]], None],
) -> EngineCall | None:
    """The first start of an engine in a script; all other commands are settled."""
    chosen: EngineCall | None = None
    for command in run.commands:
        on_command(command.words)
        found = find_engine(command.words)
        if found is None:
            _judge(conversion, command)
        elif chosen is None:
            chosen = found
            note = "wingsctl writes the command itself"
            settle(found.head, "implied", part="the start", note=note)
        else:
            _second_start(conversion, found)
    for each in run.own.values():
        each.fields.changed("", "a variable of the script: its value is written out")
    conversion.workload.exported.update(run.exported)
    fields.changed("", "read command by command")
    return chosen


def _second_start(conversion: Conversion, call: EngineCall) -> None:
    texts = [each.text for each in call.arguments]
    if "--headless" in texts or any(text.startswith("--node-rank") for text in texts):
        note = "the other pods of a group start by themselves"
        settle(call.head, "implied", part="a further start", note=note)
        return
    settle(call.head, "dropped", part="a further start", note="only the first start is read",
           remedy="compare the two, and put what differs into roles")  # fmt: skip


def _judge(conversion: Conversion, command: ShellCommand) -> None:
    """A command that starts no engine: not needed, not followed, or not understood."""
    words = command.words
    if command.is_in_block and command.operator == ")":
        return
    at = _past_wrappers(words)
    program = _program((words[at] if at < len(words) else words[0]).text)
    if program in SHELLS:
        plain = [each.text for each in words[at + 1 :] if not each.text.startswith("-")]
        program = _program(plain[0]) if plain else program
    part = program if re.fullmatch(r"[\w.+\[:-]{1,40}", program) else "a command"
    fields = words[0].fields
    if program == "ray" or _RAY_SCRIPT.search(program):
        conversion.workload.uses_ray = True
        fields.implied("groups of pods start without Ray", part=part)
    elif program in _ENDS:
        return
    elif program in _IDLE:
        fields.implied("the chart does without it", part=part)
    elif program in _TESTS:
        fields.dropped("conditions and loops are not followed", "check the profile", part=part)
    elif program in _INSTALLS or program.startswith("python"):
        remedy = "do it in an image of your own, and set engine.image"
        fields.dropped("a chart prepares nothing before the engine", remedy, part=part)
        conversion.warn(fields, f"{part} runs before the engine starts", remedy)
    else:
        fields.dropped("is not understood", "check whether the engine needs it", part=part)
        conversion.warn(fields, f"{part} in the script is not understood", "check the profile")
