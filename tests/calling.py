"""The command in this process, for tests."""

import contextlib
import io
from typing import NamedTuple

from keras_draw import cli

COMMANDS = (
    "train --run-dir run",
    "train --recipe demo --run-dir run --overwrite",
    "train --resume run",
    "generate mnist",
    "reconstruct mnist --dataset digits --out a.png",
    "interpolate mnist",
    "complete mnist --dataset digits",
    "classify mnist --dataset digits",
    "evaluate mnist",
    "fid mnist noise",
    "report mnist",
    "compare mnist binarized-mnist",
    "page mnist",
    "sweep spec.json --out sweep",
    "sweep run spec.json --out sweep",
    "sweep status sweep",
    "experiment fid-properties --out out",
    "experiment fid-judged sweep --out out",
    "experiment fig-3.3 --scale smoke --out out",
    "experiment fig-3.5 --scale smoke --out out",
    "data list",
    "data check digits",
    "data get digits",
    "demo --run-dir run",
)
"""Every command, as it would do something."""


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


def call(words: list[str] | str) -> Ended:
    """Run the command; its exit code, and what it printed."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            cli.main(words if isinstance(words, list) else words.split())
        except SystemExit as stopped:
            code = int(stopped.code or 0)
    return Ended(code, out.getvalue(), err.getvalue())


def refused(words: list[str] | str) -> str:
    """The one sentence with which the command refuses, and nothing else."""
    found = call(words)
    assert (found.code, found.out) == (2, ""), found
    assert found.err.startswith("keras-draw: "), found.err
    assert found.err.count("\n") == 1, found.err
    assert len(found.err) < 1000, found.err
    found.err.encode()
    return found.err
