"""The run folder: its files, and which process may write to it."""

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
    """The content of `config.json`."""

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
        """The files of a run, without samples and lock; the configuration is the last."""
        return (
            self.best, self.model, self.checkpoint, self.history, self.evaluation, self.report,
            self.page, self.provenance, self.config,
        )  # fmt: skip

    @property
    def exists(self) -> bool:
        """Whether this folder contains a run."""
        return self.config.is_file()

    @property
    def has_weights(self) -> bool:
        """Whether there are weights of this run, rather than of a run that it replaces."""
        return self.best.is_file() and not self.is_clearing

    @property
    def is_clearing(self) -> bool:
        """Whether the files other than the configuration may still belong to the previous run."""
        return read_json(self.config).get("clearing") is True

    def create(self, *, overwrite: bool) -> None:
        """Create the folder, or check that an existing one may be used. Removes nothing.

        Args:
            overwrite: whether a run in it may be replaced.

        Raises:
            FileExistsError: if it contains a run and `overwrite` is False, or anything else.
            PermissionError: if the folder cannot be written to.
        """
        with _makeable(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
        self.check_writable()
        self.check_free(overwrite=overwrite)

    def check_writable(self) -> None:
        """Check that training can write here, and would not write anywhere else through a link.

        Raises:
            PermissionError: if the folder cannot be written to.
            FileExistsError: if `samples` is a link or a file, or a file of the run is a folder.
        """
        if not os.access(self.path, os.W_OK | os.X_OK):
            raise PermissionError(f"{self} cannot be written to; choose another folder.")
        if self.samples.is_symlink() or (self.samples.exists() and not self.samples.is_dir()):
            raise FileExistsError(f"{self.samples} is a link or not a folder; remove it.")
        for file in self.files:
            if file.is_dir() and not file.is_symlink():
                raise FileExistsError(
                    f"{file} is a folder, but a run needs a file of that name; move it away."
                )

    def check_free(self, *, overwrite: bool) -> None:
        """Check that a new run may use the folder.

        Args:
            overwrite: whether a run in it may be replaced.

        Raises:
            FileExistsError: if it contains a run and `overwrite` is False, or anything else.
        """
        if self.exists:
            if not overwrite:
                raise FileExistsError(
                    f"{self} already contains a run: resume it with --resume {quoted(self.path)}, "
                    "replace it with --overwrite, or choose another folder."
                )
            return
        for other in self.path.iterdir():
            ours = other.name.startswith(TEMPORARY) or is_start(other)
            if other != self.lock and not ours:
                raise FileExistsError(
                    f"{self} contains other files ({other.name}, ...) but no run; choose an empty "
                    "or new folder."
                )

    def begin(
        self, config: RunConfig, provenance: dict[str, Any], start: bytes | None = None
    ) -> None:
        """Start a new run in this folder, replacing an existing one.

        The configuration file decides which run it is. If the process is killed before it is
        written, the old run is intact; if later, `finish_clearing` removes the rest of the old run.

        Args:
            config: configuration of the new run.
            provenance: content of the new `provenance.json`.
            start: content of the file of starting weights, if the run starts from a network.
        """
        if config.start and start:
            write_bytes(config.start.file(self.path), start)
        if self.exists:
            self.write_config(config, clearing=True)
            self._clear(config)
        self.write_config(config)
        write_json(self.provenance, provenance)

    def finish_clearing(self) -> None:
        """Remove what is left of a replaced run, or of one that was to replace this one.

        Either may be there if the process was killed while replacing.
        """
        config = self.read_config()
        if self.is_clearing:
            self._clear(config)
            self.write_config(config)
        for file in others(self.path, config.start):
            file.unlink()

    def _clear(self, config: RunConfig) -> None:
        """Remove all files of a run except its configuration, and nothing else.

        Args:
            config: configuration of the run that replaces it.
        """
        for file in (*self.files[:-1], *others(self.path, config.start)):
            file.unlink(missing_ok=True)
        if self.samples.is_symlink():  # to pictures that do not belong to a run
            return
        for file in self.samples.glob("epoch-*.png"):
            file.unlink(missing_ok=True)
        remove_unfinished(self.samples, every=True)
        with contextlib.suppress(OSError):  # missing, or contains files that are not the run's
            self.samples.rmdir()

    @property
    def is_locked(self) -> bool:
        """Whether a running process holds the folder; checking does not disturb others."""
        return is_held(self.lock)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the folder for this process; the operating system unlocks it if the process dies.

        Raises:
            BlockingIOError: if another running process holds it.
            FileExistsError: if the lock is a link or not a regular file.
        """
        with held(self.lock, str(self)):
            remove_unfinished(self.path, every=True)
            if not self.samples.is_symlink():
                remove_unfinished(self.samples, every=True)
            yield

    def write_config(self, config: RunConfig, *, clearing: bool = False) -> None:
        """Write `config.json`.

        Args:
            config: its content.
            clearing: mark the other files as those of the previous run.
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
            ValueError: if the file is damaged, or was written by a newer version.
        """
        if not self.exists:
            raise FileNotFoundError(
                f"{self} is not a run folder: it has no config.json "
                "(`keras-draw train` writes one)."
            )
        found = read_json(self.config)
        version = found.get("format")
        if not isinstance(version, int):
            raise ValueError(f"{self.config} is not a run's configuration: it has no format.")
        if version > FORMAT:
            raise ValueError(
                f"{self.config} has format {version}, written by a newer keras-draw; this version "
                f"({__version__}) reads formats up to {FORMAT}. Upgrade keras-draw."
            )
        try:
            model = DRAWConfig.from_json(found.get("model", {}))
            training = TrainConfig.from_json(found.get("training", {}))
            return RunConfig(model, training, Start.read(found.get("start"), str(self.config)))
        except OverflowError:
            raise ValueError(f"{self.config} is damaged: a number in it is too large.") from None


@contextlib.contextmanager
def _makeable(path: Path) -> Iterator[None]:
    """Give a clear error if a folder cannot be created."""
    try:
        yield
    except (FileExistsError, NotADirectoryError):
        is_file = path.exists()
        what = "is a file" if is_file else "cannot be created: a parent folder is a file"
        raise FileExistsError(f"{path} {what}; give the name of a folder.") from None
    except PermissionError:
        raise PermissionError(
            f"{path} cannot be created: permission denied; choose another folder."
        ) from None
    except RecursionError:
        raise ValueError(
            f"The path of the folder has too many parts ({len(path.parts)}); choose a shorter one."
        ) from None


def write_json(path: Path, values: dict[str, Any]) -> None:
    """Write a JSON file atomically; numbers that are not finite become null."""
    write_bytes(path, (as_json(values, indent=2) + "\n").encode())


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object of at most a megabyte.

    Raises:
        ValueError: if the file is too large, damaged, not a JSON object, or not a regular file.
        FileNotFoundError: if there is no such file.
    """
    # Non-blocking: the folder may come from elsewhere, and a pipe in it must not hang us.
    with open(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:  # noqa: PTH123
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError(f"{path} is damaged: it is not a regular file.")
        content = file.read(MAX_JSON_BYTES + 1)
    if len(content) > MAX_JSON_BYTES:
        raise ValueError(
            f"{path} has {path.stat().st_size} bytes; expected at most {MAX_JSON_BYTES}."
        )
    return parse_object(content, str(path))


def parse_object(content: bytes, name: str) -> dict[str, Any]:
    """Parse a JSON object.

    Args:
        content: the JSON text.
        name: where it comes from, for the message.

    Raises:
        ValueError: if the content is not JSON, or not an object.
    """
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        raise ValueError(f"{name} is damaged: it is not JSON.") from None
    if not isinstance(found, dict):
        raise ValueError(f"{name} is damaged: it is not a JSON object.")
    return found
