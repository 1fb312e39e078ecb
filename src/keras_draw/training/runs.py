"""The run folder: what it holds, and who may write to it."""

import contextlib
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import IO, Any, NamedTuple

from keras_draw import __version__
from keras_draw.config import DRAWConfig, TrainConfig
from keras_draw.files import TEMPORARY, replacing
from keras_draw.printed import as_json, quoted

FORMAT = 1
"""Version of the run folder's layout."""

MAX_JSON_BYTES = 2**20


class RunConfig(NamedTuple):
    """What `config.json` says."""

    model: DRAWConfig
    training: TrainConfig


class RunFolder:
    """Paths and files of one run.

    Args:
        path: the folder.

    Example:
        >>> RunFolder("runs/demo").model            # doctest: +SKIP
        PosixPath('runs/demo/model.keras')
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).expanduser()
        self.config = self.path / "config.json"
        self.provenance = self.path / "provenance.json"
        self.history = self.path / "history.csv"
        self.model = self.path / "model.keras"
        self.best = self.path / "best.weights.h5"
        self.checkpoint = self.path / "checkpoint.npz"
        self.evaluation = self.path / "evaluation.json"
        self.report = self.path / "report.html"
        self.samples = self.path / "samples"
        self.lock = self.path / "lock"

    def __str__(self) -> str:
        return str(self.path)

    @property
    def exists(self) -> bool:
        """Whether there is a run in this folder."""
        return self.config.is_file()

    def create(self, *, overwrite: bool) -> None:
        """Make the folder, or clear it of an earlier run.

        Raises:
            FileExistsError: if it holds a run and `overwrite` is off, or holds anything else.
            PermissionError: if it cannot be written to.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except FileExistsError:
            raise FileExistsError(f"{self} is a file; give the name of a folder.") from None
        except PermissionError:
            raise PermissionError(f"{self} cannot be made here; choose another folder.") from None
        if not os.access(self.path, os.W_OK):
            raise PermissionError(f"{self} cannot be written to; choose another folder.")
        if self.exists and not overwrite:
            raise FileExistsError(
                f"{self} holds a run already: go on with --resume {quoted(self.path)}, replace it "
                "with --overwrite, or choose another folder."
            )
        unfinished = set(self.path.glob(f"{TEMPORARY}*"))
        others = [p for p in self.path.iterdir() if p != self.lock and p not in unfinished]
        if others and not self.exists:
            raise FileExistsError(
                f"{self} holds other things ({others[0].name}, ...) and no run; choose an empty or "
                "new folder."
            )

    def clear(self) -> None:
        """Remove what an earlier run left, and nothing else."""
        for file in (
            self.config, self.provenance, self.history, self.model, self.best, self.checkpoint,
            self.evaluation, self.report,
        ):  # fmt: skip
            file.unlink(missing_ok=True)
        shutil.rmtree(self.samples, ignore_errors=True)

    @property
    def is_locked(self) -> bool:
        """Whether a living process holds the folder."""
        try:
            with self.lock.open() as handle:
                return not _take(handle)
        except FileNotFoundError:
            return False

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for this process; the system lets go of it when the process ends.

        Raises:
            BlockingIOError: if another living process holds it.
        """
        with self.lock.open("a+") as handle:
            if not _take(handle):
                handle.seek(0)
                owner = handle.read(20).strip() or "unknown"
                raise BlockingIOError(
                    f"{self} is being trained by another process (number {owner}); wait for it or "
                    "stop it."
                )
            handle.truncate(0)
            handle.write(str(os.getpid()))
            handle.flush()
            for left in self.path.glob(f"{TEMPORARY}*"):  # by a process that was killed
                left.unlink()
            yield

    def write_config(self, config: RunConfig) -> None:
        """Write `config.json`."""
        write_json(
            self.config,
            {
                "format": FORMAT,
                "keras_draw": __version__,
                "model": config.model.to_json(),
                "training": config.training.to_json(),
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
        model = DRAWConfig.from_json(found.get("model", {}))
        return RunConfig(model, TrainConfig.from_json(found.get("training", {})))


def _take(handle: IO[str]) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows: no advisory locks that die with their process
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def write_json(path: Path, values: dict[str, Any]) -> None:
    """Write a JSON file, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(as_json(values, indent=2) + "\n", "utf-8")


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object of at most a megabyte.

    Raises:
        ValueError: if it is too large, damaged or no object.
    """
    if path.stat().st_size > MAX_JSON_BYTES:
        raise ValueError(f"{path} has {path.stat().st_size} bytes, too many for what it should be.")
    return parse_object(path.read_bytes(), str(path))


def parse_object(content: bytes, name: str) -> dict[str, Any]:
    """A JSON object from bytes, or a ValueError that names where they came from."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        raise ValueError(f"{name} is damaged: it is not JSON.") from None
    if not isinstance(found, dict):
        raise ValueError(f"{name} is damaged: it holds no JSON object.")
    return found


def surroundings() -> dict[str, Any]:
    """What a run was made with: versions, machine, git commit, time."""
    packages = ("keras", "jax", "numpy", "torch", "tensorflow")
    versions = {"keras-draw": __version__, "python": platform.python_version()}
    for package in packages:
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[package] = metadata.version(package)
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": versions,
        "backend": os.environ.get("KERAS_BACKEND", ""),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "git_commit": _git_commit(),
        "command": " ".join(["keras-draw", *sys.argv[1:]]),
    }


def _git_commit() -> str | None:
    git = shutil.which("git")
    if not git:
        return None
    found = subprocess.run(
        [git, "rev-parse", "HEAD"], capture_output=True, text=True, timeout=10, check=False
    )
    return found.stdout.strip() or None
