"""The run folder: what it holds, and who may write to it."""

import contextlib
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from keras_draw import __version__
from keras_draw.config import DRAWConfig, TrainConfig
from keras_draw.files import TEMPORARY, expanded, remove_unfinished, write_bytes
from keras_draw.printed import as_json, quoted
from keras_draw.training.locks import held, is_held
from keras_draw.training.starts import Start, is_start, others

FORMAT = 1
"""Version of the run folder's layout."""

MAX_JSON_BYTES = 2**20


class RunConfig(NamedTuple):
    """What `config.json` says."""

    model: DRAWConfig
    training: TrainConfig
    start: Start | None = None
    """None: it began with random weights."""


class RunFolder:
    """Paths and files of one run.

    Args:
        path: the folder.

    Example:
        >>> RunFolder("runs/demo").model            # doctest: +SKIP
        PosixPath('runs/demo/model.keras')
    """

    def __init__(self, path: str | Path) -> None:
        self.path = expanded(path)
        self.config = self.path / "config.json"
        self.provenance = self.path / "provenance.json"
        self.history = self.path / "history.csv"
        self.model = self.path / "model.keras"
        self.best = self.path / "best.weights.h5"
        self.checkpoint = self.path / "checkpoint.npz"
        self.evaluation = self.path / "evaluation.json"
        self.report = self.path / "report.html"
        self.page = self.path / "page.html"
        self.samples = self.path / "samples"
        self.lock = self.path / "lock"

    def __str__(self) -> str:
        return str(self.path)

    @property
    def files(self) -> tuple[Path, ...]:
        """A run's own files, in the folder itself; the configuration is the last."""
        return (
            self.best, self.model, self.checkpoint, self.history, self.evaluation, self.report,
            self.page, self.provenance, self.config,
        )  # fmt: skip

    @property
    def exists(self) -> bool:
        """Whether there is a run in this folder."""
        return self.config.is_file()

    @property
    def has_weights(self) -> bool:
        """Whether there are weights of this run, and not of one that it replaces."""
        return self.best.is_file() and not self.is_clearing

    @property
    def is_clearing(self) -> bool:
        """Whether the files beside the configuration are still those of the run before."""
        return read_json(self.config).get("clearing") is True

    def create(self, *, overwrite: bool) -> None:
        """Make the folder, or see that it may be taken; nothing in it is removed.

        Raises:
            FileExistsError: if it holds a run and `overwrite` is off, or holds anything else.
            PermissionError: if it cannot be written to.
        """
        with _makeable(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
        self.check_writable()
        self.check_free(overwrite=overwrite)

    def check_writable(self) -> None:
        """See that training can write here, and to nothing elsewhere.

        Raises:
            PermissionError: if the folder cannot be written to.
            FileExistsError: if something in it is no plain file or folder, where a run has one.
        """
        if not os.access(self.path, os.W_OK | os.X_OK):
            raise PermissionError(f"{self} cannot be written to; choose another folder.")
        if self.samples.is_symlink() or (self.samples.exists() and not self.samples.is_dir()):
            raise FileExistsError(f"{self.samples} is a link or no folder; remove it.")
        for file in self.files:
            if file.is_dir() and not file.is_symlink():
                raise FileExistsError(f"{file} is a folder, where a run has a file; move it away.")

    def check_free(self, *, overwrite: bool) -> None:
        """See that a new run may take the folder.

        Raises:
            FileExistsError: if it holds a run and `overwrite` is off, or holds anything else.
        """
        if self.exists:
            if not overwrite:
                raise FileExistsError(
                    f"{self} holds a run already: go on with --resume {quoted(self.path)}, "
                    "replace it with --overwrite, or choose another folder."
                )
            return
        for other in self.path.iterdir():
            ours = other.name.startswith(TEMPORARY) or is_start(other)
            if other != self.lock and not ours:
                raise FileExistsError(
                    f"{self} holds other things ({other.name}, ...) and no run; choose an empty or "
                    "new folder."
                )

    def begin(
        self, config: RunConfig, provenance: dict[str, Any], start: bytes | None = None
    ) -> None:
        """Make this the folder of a new run, which replaces the one that may be in it.

        One file decides which run it is: killed before it is written, the old run is whole; killed
        afterwards, `finish_clearing` removes what is left of the old one.

        Args:
            config: of the new run.
            provenance: what `provenance.json` is to say.
            start: the weights that it begins with, where they are a network's.
        """
        if config.start and start:
            write_bytes(config.start.file(self.path), start)
        if self.exists:
            self.write_config(config, clearing=True)
            self._clear(config)
        self.write_config(config)
        write_json(self.provenance, provenance)

    def finish_clearing(self) -> None:
        """Remove what is left of a run that this one replaces, if it was killed meanwhile.

        Or of one that was to replace this one, and was killed before it did.
        """
        config = self.read_config()
        if self.is_clearing:
            self._clear(config)
            self.write_config(config)
        for file in others(self.path, config.start):
            file.unlink()

    def _clear(self, config: RunConfig) -> None:
        """Remove every file of a run but its configuration, and nothing else.

        Args:
            config: of the run that replaces it.
        """
        for file in (*self.files[:-1], *others(self.path, config.start)):
            file.unlink(missing_ok=True)
        if self.samples.is_symlink():  # to pictures that are no run's
            return
        for file in self.samples.glob("epoch-*.png"):
            file.unlink(missing_ok=True)
        remove_unfinished(self.samples, every=True)
        with contextlib.suppress(OSError):  # not there, or with things that are no run's
            self.samples.rmdir()

    @property
    def is_locked(self) -> bool:
        """Whether a living process holds the folder; looking disturbs nobody."""
        return is_held(self.lock)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for this process; the system lets go of it when the process ends.

        Raises:
            BlockingIOError: if another living process holds it.
            FileExistsError: if the lock is a link or no plain file.
        """
        with held(self.lock, str(self)):
            remove_unfinished(self.path, every=True)
            if not self.samples.is_symlink():
                remove_unfinished(self.samples, every=True)
            yield

    def write_config(self, config: RunConfig, *, clearing: bool = False) -> None:
        """Write `config.json`.

        Args:
            config: what it says.
            clearing: the other files are still those of the run before.
        """
        write_json(
            self.config,
            {
                "format": FORMAT,
                "keras_draw": __version__,
                **({"clearing": True} if clearing else {}),
                "model": config.model.to_json(),
                "training": config.training.to_json(),
                **({"start": config.start._asdict()} if config.start else {}),
            },
        )

    def read_config(self) -> RunConfig:
        """Read `config.json`.

        Raises:
            FileNotFoundError: if there is no run here.
            ValueError: if the file is damaged, or of a newer version.
        """
        if not self.exists:
            raise FileNotFoundError(
                f"{self} is not a run folder: it has no config.json (`keras-draw train` makes one)."
            )
        found = read_json(self.config)
        version = found.get("format")
        if not isinstance(version, int):
            raise ValueError(f"{self.config} is not a run's configuration: it states no format.")
        if version > FORMAT:
            raise ValueError(
                f"{self.config} is of format {version}, written by a newer keras-draw; this one "
                f"({__version__}) reads up to {FORMAT}. Upgrade keras-draw."
            )
        try:
            model = DRAWConfig.from_json(found.get("model", {}))
            training = TrainConfig.from_json(found.get("training", {}))
            return RunConfig(model, training, Start.read(found.get("start"), str(self.config)))
        except OverflowError:
            raise ValueError(f"{self.config} is damaged: it holds a number of no use.") from None


@contextlib.contextmanager
def _makeable(path: Path) -> Iterator[None]:
    """Say why a folder cannot be made."""
    try:
        yield
    except (FileExistsError, NotADirectoryError):
        is_file = path.exists()
        what = "is a file" if is_file else "cannot be made: a folder above it is a file"
        raise FileExistsError(f"{path} {what}; give the name of a folder.") from None
    except PermissionError:
        raise PermissionError(f"{path} cannot be made here; choose another folder.") from None
    except RecursionError:
        raise ValueError(
            f"The folder's name has {len(path.parts)} parts, too many; choose a shorter one."
        ) from None


def write_json(path: Path, values: dict[str, Any]) -> None:
    """Write a JSON file, whole or not at all; numbers that are not finite become null."""
    write_bytes(path, (as_json(values, indent=2) + "\n").encode())


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object of at most a megabyte.

    Raises:
        ValueError: if it is too large, damaged, no object, or no plain file.
        FileNotFoundError: if there is none.
    """
    # Opened so that a pipe, which may lie in a folder from elsewhere, is not waited for.
    with open(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:  # noqa: PTH123
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError(f"{path} is damaged: it is no plain file.")
        content = file.read(MAX_JSON_BYTES + 1)
    if len(content) > MAX_JSON_BYTES:
        raise ValueError(f"{path} has {path.stat().st_size} bytes, too many for what it should be.")
    return parse_object(content, str(path))


def parse_object(content: bytes, name: str) -> dict[str, Any]:
    """A JSON object from bytes, or a ValueError that names where they came from."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        raise ValueError(f"{name} is damaged: it is not JSON.") from None
    if not isinstance(found, dict):
        raise ValueError(f"{name} is damaged: it holds no JSON object.")
    return found
