"""Records the network that a run started from, and where its folder keeps those weights."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Self

_FILE = re.compile(r"start-[0-9a-f]{16}\.npz")


class Start(NamedTuple):
    """The network whose weights a run started from."""

    network: str
    """its name as given, without the folders above it."""
    sha256: str
    """of the file with its weights, as hexadecimal digits."""

    @classmethod
    def read(cls, found: Any, where: str) -> Self | None:
        """Read it from a configuration.

        Args:
            found: the value in `config.json`, or None.
            where: name of that file, for the error.

        Returns:
            The start; None if the run started from random weights.

        Raises:
            ValueError: if the value is damaged.
        """
        if found is None:
            return None
        try:
            start = cls(**found)
            if isinstance(start.network, str) and re.fullmatch("[0-9a-f]{64}", start.sha256):
                return start
        except TypeError:
            pass
        raise ValueError(
            f"{where} is damaged: it does not name the network that the run started from."
        )

    def file(self, folder: Path) -> Path:
        """The file in a run folder that keeps the weights.

        Its name depends on the weights, so a run's file and that of a run that replaces it can
        exist side by side.
        """
        return folder / f"start-{self.sha256[:16]}.npz"


def is_start(path: Path) -> bool:
    """Whether a file is named like kept starting weights."""
    return bool(_FILE.fullmatch(path.name))


def others(folder: Path, start: Start | None) -> Iterator[Path]:
    """Files of starting weights in a run folder that belong to other runs.

    Args:
        folder: the run folder.
        start: the network that the run started from, or None.
    """
    own = start.file(folder) if start else None
    return (file for file in folder.glob("start-*.npz") if is_start(file) and file != own)
