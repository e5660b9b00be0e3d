"""vLLM's own command line: what parses it, and what looks at it before the engine is made."""

import copy

from vllm.utils.argparse_utils import FlexibleArgumentParser

try:
    from vllm.entrypoints.launchers.cli_args import make_arg_parser, validate_parsed_serve_args
    from vllm.entrypoints.launchers.launcher import validate_api_server_args
except ModuleNotFoundError:  # until 0.29
    from vllm.entrypoints.openai.api_server import validate_api_server_args
    from vllm.entrypoints.openai.cli_args import make_arg_parser, validate_parsed_serve_args

SERVE = ["vllm", "serve"]
MODULE = ["python3", "-m", "vllm.entrypoints.openai.api_server"]


def _command():
    """`vllm serve`, as vllm.entrypoints.cli.main makes it."""
    parser = FlexibleArgumentParser(description="vLLM CLI")
    parsers = parser.add_subparsers(required=False, dest="subparser")
    make_arg_parser(parsers.add_parser("serve"))
    return parser


COMMAND = _command()
PROGRAM = make_arg_parser(FlexibleArgumentParser())


def parse(argv):
    """The arguments of a process; ends the process where they are wrong, as argparse does.

    A copy: what follows writes into the parser's own defaults, which the next question would see.
    """
    if argv[:2] == SERVE:
        return copy.deepcopy(COMMAND.parse_args(argv[1:]))
    assert argv[:3] == MODULE, argv
    return copy.deepcopy(PROGRAM.parse_args(argv[3:]))


def validate(args):
    """What the server refuses before it makes an engine, and before it answers."""
    validate_parsed_serve_args(args)
    if not getattr(args, "headless", False):
        validate_api_server_args(args)
