"""Which network a run began with, and the file in its folder that keeps those weights."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Self

_FILE = re.compile(r"start-[0-9a-f]{16}\.npz")


class Start(NamedTuple):
    """The network whose weights a run began with."""

    network: str
    """as it was named, without the folders above it."""
    sha256: str
    """of the file that its weights were read from, in hexadecimal digits."""

    @classmethod
    def read(cls, found: Any, where: str) -> Self | None:
        """What a configuration says of it; None if there was none.

        Args:
            found: in `config.json`.
            where: that file, for the sentence.

        Raises:
            ValueError: if it is damaged.
        """
        if found is None:
            return None
        try:
            start = cls(**found)
            if isinstance(start.network, str) and re.fullmatch("[0-9a-f]{64}", start.sha256):
                return start
        except TypeError:
            pass
        raise ValueError(f"{where} is damaged: it does not say what the run began with.")

    def file(self, folder: Path) -> Path:
        """Where a run's folder keeps the weights.

        The name is theirs alone: those of a run and of one that replaces it can lie side by side.
        """
        return folder / f"start-{self.sha256[:16]}.npz"


def is_start(path: Path) -> bool:
    """Whether a file has the name of such weights."""
    return bool(_FILE.fullmatch(path.name))


def others(folder: Path, start: Start | None) -> Iterator[Path]:
    """Such files in a run's folder that are not the run's own.

    Args:
        folder: the run's.
        start: what it began with.
    """
    own = start.file(folder) if start else None
    return (file for file in folder.glob("start-*.npz") if is_start(file) and file != own)
