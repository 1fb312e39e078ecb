"""The report of one run: the values for its template."""

import dataclasses
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from keras_draw.config.classes import in_words
from keras_draw.evaluation.latents import ACTIVE_ABOVE, latent_use
from keras_draw.evaluation.measures import MEASURES, NAMED, Measure
from keras_draw.evaluation.record import Evaluation
from keras_draw.figures import curves
from keras_draw.figures.latents import kl_heat_map, variance_law
from keras_draw.places import placeless
from keras_draw.report import pictures
from keras_draw.report.commands import evaluate_command, run_commands
from keras_draw.report.page import Picture, inline_figure, plain, rendered
from keras_draw.report.subject import Subject, read_subject
from keras_draw.training.runs import RunConfig, RunFolder

Step = Callable[[], None]


def run_page(run: RunFolder, *, images: str, data_dir: str, step: Step, live: bool = False) -> str:
    """Read a run, draw with its network, and render the report as HTML.

    Args:
        run: the folder of a run or a preset.
        images: a specification of images to reconstruct. If empty: the test split of a named data
            set.
        data_dir: the folder where named data sets are searched first.
        step: called after each of four parts.
        live: whether the folder of the report also holds the run's live page.

    Raises:
        ValueError: if a file of the run is damaged, or images do not fit the network.
        FileNotFoundError: if the given images are not on this machine.
    """
    subject = read_subject(run, images, data_dir)
    step()
    drawings = _drawings(subject)
    step()
    latents, shown = _latents(subject), _curves(subject)
    step()
    page = page_of(subject, drawings, latents, shown, live=live)
    step()
    return page


def page_of(
    subject: Subject,
    drawings: "Drawings | None",
    latents: "Latents | None",
    shown: dict[str, Picture],
    *,
    live: bool = False,
) -> str:
    """Render the report of a run as HTML.

    Args:
        subject: the run.
        drawings: what the network drew; None without weights.
        latents: the use of the latents; None if it is not known.
        shown: training curves by name.
        live: whether the folder of the report also holds the run's live page.
    """
    return rendered(
        "run.html",
        run=subject,
        live=live,
        drawings=drawings,
        seed=pictures.SEED,
        latents=latents,
        curves=shown,
        best=_best(subject),
        measures=NAMED,
        active_above=ACTIVE_ABOVE,
        totals=_totals(subject.evaluation),
        by_timestep=_by_timestep(subject.evaluation),
        changed=_changed(subject.config),
        whole=_whole(subject.config),
        commands=run_commands(subject),
        evaluate=evaluate_command(subject.said),
        classes=in_words(subject.config.model.classes),
    )


class Drawings(NamedTuple):
    """Pictures that the network draws."""

    moving: Picture
    """samples being drawn."""
    still: Picture
    """samples after several strokes."""
    again: Picture | None
    """reconstructions; None without images to reconstruct."""
    looking: Picture | None
    """reconstructions with windows; None without images or without a window."""
    by_class: bool
    """whether each column of the samples is a class."""


def _drawings(subject: Subject) -> Drawings | None:
    """The pictures; None if there are no weights yet."""
    model, images = subject.model, subject.images
    if model is None:
        return None
    steps = pictures.strokes_of(model)
    again = looking = None
    if images is not None:
        again = pictures.painted_again(model, images)
        if model.config.read or model.config.write:
            looking = pictures.looking(model, images)
    return Drawings(
        moving=pictures.moving(model, steps),
        still=pictures.still(steps),
        again=again,
        looking=looking,
        by_class=pictures.columns_of(model) == model.config.num_classes,
    )


class Latents(NamedTuple):
    """How the latents are used."""

    kl: np.ndarray
    """the KL of every latent at every timestep, in nats (T, Z)."""
    law: np.ndarray
    """the sum of the two variances at every timestep (T,)."""
    variances: Picture
    heat_map: Picture
    measured_now: str
    """the images on which this report measured them; empty if the evaluation did."""


def _latents(subject: Subject) -> Latents | None:
    """The use of the latents, from the evaluation or measured now; None if neither is possible."""
    found, images, now = subject.evaluation, subject.images, ""
    names = ("mean_var_per_timestep", "var_mean_per_timestep", "kl_per_latent")
    mean_var, var_mean, kl = map(found.numbers, names)
    if kl is None or mean_var is None or var_mean is None:
        if subject.model is None or images is None or len(images) < 2:
            return None
        labels = images.labels if subject.config.model.num_classes else None
        use = latent_use(subject.model, images.images, labels)
        mean_var, var_mean, kl = use.mean_var.mean(axis=1), use.var_mean.mean(axis=1), use.kl
        now = f"{use.images:,} images of {images.name}"
    shape = (subject.config.model.timesteps, subject.config.model.latent_dim)
    if kl.shape != shape or not len(mean_var) == len(var_mean) == shape[0]:
        raise ValueError(
            f"{subject.run.evaluation} does not belong to this run: its latents have the shape "
            f"{kl.shape}, those of the network {shape}. Measure again with `keras-draw evaluate`."
        )
    variances = inline_figure(partial(variance_law, mean_var, var_mean))
    heat_map = inline_figure(partial(kl_heat_map, kl))
    return Latents(kl, mean_var + var_mean, variances, heat_map, now)


def _curves(subject: Subject) -> dict[str, Picture]:
    history = subject.history
    return {
        name: inline_figure(partial(curves.training_curves, history, (name,)))
        for name in curves.CURVES
        if name in history and subject.epochs
    }


class Best(NamedTuple):
    """The epoch whose weights are kept."""

    epoch: float
    """its number, from 1."""
    loss: float
    """its loss, the lowest of all epochs."""
    validation: bool
    """whether this is the validation loss."""


def _best(subject: Subject) -> Best | None:
    history = subject.history
    watched = next((name for name in ("val_loss", "loss") if name in history), None)
    if watched is None or not subject.epochs:
        return None
    losses = history[watched]
    at = min(range(len(losses)), key=losses.__getitem__)
    return Best(history["epoch"][at], losses[at], watched == "val_loss")


def _totals(found: Evaluation) -> list[tuple[Measure, float]]:
    """The measured totals, without those that other measures state as "of N"."""
    parts = {measure.of for measure in MEASURES}
    some = ((m, found.number(m.name)) for m in MEASURES if m.name not in parts)
    return [(measure, value) for measure, value in some if value is not None]


def _by_timestep(found: Evaluation) -> list[tuple[Measure, np.ndarray]]:
    """The measures by timestep; empty if their lengths differ (from different networks)."""
    some = ((m, found.numbers(m.by_timestep)) for m in MEASURES if m.per_timestep)
    known = [(measure, values) for measure, values in some if values is not None]
    return known if len({len(values) for _, values in known}) == 1 else []


def _changed(config: RunConfig) -> list[tuple[str, str, str]]:
    """The fields that differ from their defaults: field, value, default."""
    rows = []
    for part in (config.model, config.training):
        for field in dataclasses.fields(part):
            value, default = getattr(part, field.name), field.default
            if value != default:
                usual = "" if default is dataclasses.MISSING else plain(default)
                rows.append((field.name, plain(value), usual))
    return rows


def _whole(config: RunConfig) -> dict[str, Any]:
    training = config.training.to_json()
    training["dataset"] = placeless(config.training.dataset)
    begun = {"start": config.start._asdict()} if config.start else {}
    return {"model": config.model.to_json(), "training": training, **begun}
