"""Asks SGLang's own parser about command lines; runs with the engine's Python.

    python sglang_judge.py QUESTIONS ANSWERS

QUESTIONS is a JSON list of argument lists, without the program. ANSWERS becomes an object:
`refusals`, what the parser says against each list, empty if nothing, and `flags`, what it knows of
each flag: `choices` and `nargs` as argparse has them. It takes no model and no GPU.
"""

import argparse
import contextlib
import io
import json
import sys
from pathlib import Path

import transformers.image_utils
import triton.runtime.cache
from transformers.models.auto import auto_factory, configuration_auto


def let_old_versions_load():
    """Older ones register models that transformers has by now, and import names that are gone.

    None of it is of their parser.
    """
    for mapping in (auto_factory._LazyAutoMapping, configuration_auto._LazyConfigMapping):
        mapping.register = twice_at_will(mapping.register)
    transformers.image_utils.VideoInput = object
    for name in ("default_cache_dir", "default_dump_dir", "default_override_dir"):
        vars(triton.runtime.cache).setdefault(name, str)


def twice_at_will(register):
    def call(self, key, value, exist_ok=False):
        register(self, key, value, exist_ok=True)

    return call


def refusal(parse, argv):
    """What follows the parsing looks for a GPU, and in older versions ends without one."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            parse(argv)
    except SystemExit:
        return said.getvalue().strip().rpartition("\n")[2]
    except RuntimeError as error:
        return "" if str(error).startswith("No accelerator ") else str(error)
    return ""


def flags_of(server_args):
    parser = argparse.ArgumentParser()
    server_args.add_cli_args(parser)
    return {flag: facts(action) for action in parser._actions for flag in action.option_strings}


def facts(action):
    choices = action.choices and [str(each) for each in action.choices]
    return {"choices": choices, "nargs": action.nargs}


def main(questions, answers):
    let_old_versions_load()
    from sglang.srt.server_args import ServerArgs, prepare_server_args

    refusals = [refusal(prepare_server_args, argv) for argv in json.loads(questions.read_bytes())]
    answers.write_text(json.dumps({"refusals": refusals, "flags": flags_of(ServerArgs)}))


main(*map(Path, sys.argv[1:]))
