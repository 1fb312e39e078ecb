"""What the subcommands share."""

import sys
from typing import Annotated, Any, Protocol

import tyro

Flag = Annotated[bool, tyro.conf.FlagCreatePairsOff]
"""On or not given."""


class Command(Protocol):
    """What every subcommand can do."""

    json: bool

    def run(self) -> dict[str, Any]:
        """Do it; the values that `--json` prints."""


def say(text: str) -> None:
    """Tell a person something, on stderr, so that stdout stays for `--json`."""
    print(text, file=sys.stderr, flush=True)
