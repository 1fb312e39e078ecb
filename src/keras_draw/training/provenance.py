"""Provenance of a run: versions, data, command and time spent, without paths of the machine."""

import contextlib
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from keras_draw import __version__
from keras_draw.data import TrainingData
from keras_draw.places import last_name
from keras_draw.training.runs import RunFolder, read_json, write_json

_NUMBERS = ("seed", "epochs", "seconds", "images_per_second")
_WORD = re.compile(r"(--[\w-]+=)?((?:folder|npz):)?(.*)", re.DOTALL)


def surroundings() -> dict[str, Any]:
    """Versions, machine, git commit, command and start time."""
    import keras

    packages = ("keras", "jax", "numpy", "torch", "tensorflow")
    versions = {"keras-draw": __version__, "python": platform.python_version()}
    for package in packages:
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[package] = metadata.version(package)
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": versions,
        "backend": keras.backend.backend(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "git_commit": _git_commit(),
        "command": _command(sys.argv),
    }


def described(data: TrainingData) -> dict[str, Any]:
    """The data sets: name, source, number of images, class names and SHA-256."""
    sets = {"train": data.train, "validation": data.validation}
    return {
        "data": {
            use: {
                "name": images.name,
                "source": images.source,
                "images": len(images),
                "class_names": list(images.class_names),
                "sha256": images.checksum,
                **({"note": images.note} if images.note else {}),
            }
            for use, images in sets.items()
            if images is not None
        }
    }


def read_provenance(run: RunFolder) -> dict[str, Any]:
    """Read `provenance.json`; an empty dict if there is none.

    Args:
        run: the run folder.

    Raises:
        ValueError: if the file is damaged.
    """
    try:
        found = read_json(run.provenance)
        for name in _NUMBERS:
            value = found.get(name, 0)
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if not is_number or not 0 <= value < 1e18:
                raise ValueError(
                    f"{run.provenance} is damaged: its {name!r} is not a valid number."
                )
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise ValueError(
            f"{error} To go on, remove the file; a new one is created, without the time spent so "
            "far."
        ) from None
    return found


def complete(run: RunFolder, data: TrainingData, epochs: int) -> None:
    """Add missing values to `provenance.json`: a run may have been killed before writing it.

    Args:
        run: the run folder.
        data: its images.
        epochs: number of finished epochs.

    Raises:
        ValueError: if the file is damaged.
    """
    found = read_provenance(run)
    whole = {**surroundings(), **found, **described(data), "epochs": epochs}
    if found != whole:
        write_json(run.provenance, whole)


def add_time(
    run: RunFolder, *, seed: int, epochs: int, seconds: float, images_per_second: float | None
) -> dict[str, Any]:
    """Add time spent on training, and the speed, to `provenance.json`.

    Args:
        run: the run folder.
        seed: seed of the run.
        epochs: number of finished epochs, in all sessions.
        seconds: time spent since the last call, or since the session began.
        images_per_second: training speed; None if nothing was trained.

    Returns:
        The new content of the file.
    """
    try:
        found = read_provenance(run) or surroundings()
    except ValueError:  # damaged during training: start a new one rather than lose the training
        found = surroundings()
    found |= {"seed": seed, "epochs": epochs}
    found["seconds"] = round(found.get("seconds", 0.0) + seconds, 1)
    if images_per_second is not None:
        found["images_per_second"] = round(images_per_second, 1)
    write_json(run.provenance, found)
    return found


def say_together(run: RunFolder, names: list[str]) -> None:
    """Record that runs were trained as one program.

    Args:
        run: folder of one of the runs; nothing is written if the run has not begun.
        names: names of all the runs.
    """
    if run.provenance.is_file():
        with run.locked():
            write_json(run.provenance, read_provenance(run) | {"trained_together": names})


def _git_commit() -> str | None:
    git = shutil.which("git")
    if not git:
        return None
    try:
        found = subprocess.run(
            [git, "rev-parse", "HEAD"], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.strip() or None


def _command(argv: list[str]) -> str | None:
    """The command line without folders of this machine; None if it is not one of ours.

    Example:
        >>> _command(["bin/keras-draw", "train", "--dataset", "folder:/home/ada/my photos[:9]"])
        "keras-draw train --dataset 'folder:my photos[:9]'"
    """
    program = Path(argv[0] if argv else "")
    name = program.parent.name if program.stem == "__main__" else program.stem
    if name not in ("keras-draw", "keras_draw"):
        return None
    return shlex.join(["keras-draw", *map(_placeless, argv[1:])])


def _placeless(word: str) -> str:
    found = _WORD.fullmatch(word)
    option, kind, path = found.groups("") if found else ("", "", word)
    return option + kind + last_name(path)
