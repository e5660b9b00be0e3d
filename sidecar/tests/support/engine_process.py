"""A small engine as a program: loads for a while, is healthy, streams, dies when asked to.

`engine_process.py PORT [--load-seconds S] [--fail CODE] [--die-code CODE] [--sick-file FILE]`
"""

import os
import sys
import time

from small_server import Server, answer, read_options, stream

PORT = int(sys.argv[1])
OPTIONS = read_options(sys.argv[2:], load_seconds=0.0, fail=0, die_code=0, sick_file="")


def reply(path, write):
    if path == "/health" and OPTIONS["sick_file"] and os.path.exists(OPTIONS["sick_file"]):
        time.sleep(1000)
    if path == "/v1/die":
        os._exit(OPTIONS["die_code"])
    if path.startswith("/v1/stream/"):
        count, seconds = path.split("/")[3:]
        stream(write, numbers(int(count), float(seconds)))
    else:
        answer(write, str(os.getpid()).encode())


def numbers(count, seconds):
    for number in range(count):
        yield b"data: %d\n\n" % number
        time.sleep(seconds)


print("Loading weights: 50%", flush=True)
time.sleep(OPTIONS["load_seconds"])
if OPTIONS["fail"]:
    print("CUDA out of memory", file=sys.stderr, flush=True)
    sys.exit(OPTIONS["fail"])
Server(PORT, reply).serve_forever()
