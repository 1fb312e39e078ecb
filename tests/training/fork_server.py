"""Start commands in processes that have already imported Keras, so many of them are cheap.

Reads lines of JSON from stdin: {"argv": [...], "log": path, "env": {...}}. For each it writes the
process's id, and when it has ended, the exit code and the seconds that the system knows.
"""

import json
import os
import signal
import sys
import warnings

warnings.simplefilter("ignore")

import jax  # noqa: E402
import keras  # noqa: E402, F401
from keras import ops  # noqa: E402, F401

from keras_draw import cli  # noqa: E402
from keras_draw.evaluation import run_evaluation  # noqa: E402, F401
from keras_draw.training import train  # noqa: E402, F401


def run(asked) -> int:
    """One command in its own process."""
    log = os.open(asked["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    for name, value in asked.get("config", {}).items():
        jax.config.update(name, value)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        cli.main(asked["argv"])
    except SystemExit as ended:
        return ended.code or 0
    return 0


for line in sys.stdin:
    process = os.fork()
    if not process:
        code = 1
        try:
            code = run(json.loads(line))
        except KeyboardInterrupt:  # before the command starts
            code = 130
        finally:
            sys.stdout.flush()
            os._exit(code)
    sys.stdout.write(f"{process}\n")
    sys.stdout.flush()
    _, status = os.waitpid(process, 0)
    sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
    sys.stdout.flush()
