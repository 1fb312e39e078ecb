"""Refuse to mix, in one table, runs that were made from different images of the same name."""

from pathlib import Path
from typing import Any

from keras_draw.data import load_images, load_training
from keras_draw.data.specs import PATHS, parse
from keras_draw.evaluation.record import Evaluation
from keras_draw.sweeps.folder import SweepFolder
from keras_draw.sweeps.spec import Sweep, SweepRun
from keras_draw.training.provenance import read_provenance
from keras_draw.training.runs import RunFolder


def check_same_images(
    sweep: Sweep, finished: list[SweepRun], folder: SweepFolder, data_dir: str | Path | None
) -> None:
    """Compare the images of finished runs with those that the sweep names now, by their content.

    Only files and folders of the user are compared, each with the first run that used it: named
    data sets do not change.

    Args:
        sweep: the sweep that is asked for.
        finished: its finished runs.
        folder: the sweep's folder.
        data_dir: folder in which named data sets are looked for first.

    Raises:
        ValueError: if images have changed; names them and a run that was made from others.
    """
    first: dict[str, SweepRun] = {}
    for run in finished:
        first.setdefault(run.training.dataset, run)
    for spec, run in first.items():
        if _can_be_compared(spec):
            _check_trained_on(spec, run, folder.run(run), data_dir)
    on = sweep.evaluation.dataset
    if on and finished and _can_be_compared(on):
        run = finished[0]
        then = _measured_on(folder.run(run))
        shape = run.image_shape if on.startswith("folder:") else None
        now = load_images(on, data_dir=data_dir, image_shape=shape).checksum
        if then and then != now:
            raise ValueError(
                f"The images of {on} are not those that {run.name} was measured on: give them "
                "another name, and all runs are measured on them; or choose another folder."
            )


def _can_be_compared(spec: str) -> bool:
    parsed = parse(spec)
    return parsed.kind in PATHS and parsed.is_there  # images may be gone once all runs are finished


def _measured_on(target: RunFolder) -> str:
    """The checksum of the images that a run was measured on; "" if it is not recorded."""
    if not target.evaluation.is_file():  # earlier versions kept the numbers elsewhere
        return ""
    made_from: Any = Evaluation.read(target.evaluation).get("made_from")
    return str(made_from.get("images", "")) if isinstance(made_from, dict) else ""


def _check_trained_on(
    spec: str, run: SweepRun, target: RunFolder, data_dir: str | Path | None
) -> None:
    then = read_provenance(target).get("data", {}).get("train", {}).get("sha256")
    now = load_training(
        spec,
        validation=run.training.validation,
        seed=run.training.seed,
        data_dir=data_dir,
        image_shape=run.image_shape,
    ).train.checksum
    if then and then != now:
        raise ValueError(
            f"The images of {spec} are not those that {run.name} was trained on: choose another "
            "folder for a sweep of these images."
        )
