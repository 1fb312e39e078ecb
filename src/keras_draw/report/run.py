"""The report of one run: what it is, what it draws, how it learned, what it reached."""

from collections.abc import Callable
from typing import Any

from keras_draw.evaluation.latents import latent_use
from keras_draw.figures import curves
from keras_draw.figures.latents import kl_heat_map, variance_law
from keras_draw.places import placeless
from keras_draw.report import evaluation, pictures
from keras_draw.report.commands import evaluate_command
from keras_draw.report.evaluation import finite
from keras_draw.report.origin import again, configuration, described, known, spent
from keras_draw.report.page import (
    Code,
    Fact,
    Page,
    Pictures,
    Section,
    Text,
    inline_figure,
)
from keras_draw.report.subject import Subject, read_subject
from keras_draw.training.runs import RunFolder

Step = Callable[[], None]


def run_page(run: RunFolder, *, images: str, data_dir: str, step: Step) -> Page:
    """The report of a run.

    Args:
        run: the run folder, or a preset's.
        images: a specification of images to paint again; the test split of a named data set if
            empty.
        data_dir: where named data sets are looked for first.
        step: called after each of four parts.

    Raises:
        ValueError: if a file of the run is damaged, or images do not fit.
        FileNotFoundError: if images that were asked for are not on this machine.
    """
    subject = read_subject(run, images, data_dir)
    step()
    sections = [_drawings(subject)]
    step()
    sections += [_latents(subject), _training(subject)]
    step()
    sections += [_measured(subject), configuration(subject), again(subject)]
    step()
    model, training = subject.config
    return Page(
        name=subject.name,
        title=f"DRAW on {placeless(training.dataset)}: {described(model)}",
        lead=_lead(subject),
        facts=evaluation.facts(
            subject.evaluation, conditional=bool(subject.config.model.num_classes)
        )
        + _effort(subject),
        sections=[section for section in sections if section.blocks],
    )


def _lead(subject: Subject) -> str:
    model, _ = subject.config
    h, w, channels = model.image_shape
    kind = {1: "grey ", 3: "colour "}.get(channels, "")
    strokes = "1 stroke" if model.timesteps == 1 else f"{model.timesteps} strokes"
    words = f"A network that paints {kind}images of {h} × {w} pixels in {strokes}"
    words += f", asked for one of {model.num_classes} classes" if model.num_classes else ""
    made = [f"{name} {v}" for name, v in known(subject).items() if name in ("on", "started")]
    return f"{words}. {('Trained ' + ', '.join(made) + '.') if made else ''}".strip()


def _effort(subject: Subject) -> list[Fact]:
    seconds, rate = (
        finite(subject.provenance.get(name)) for name in ("seconds", "images_per_second")
    )
    if seconds is None:
        return []
    epochs = len(subject.history.get("epoch", [])) or "?"
    detail = f"{rate:,.0f} images per second" if rate is not None else ""
    return [Fact("time of training", spent(seconds), f"{epochs} epochs", detail)]


def _drawings(subject: Subject) -> Section:
    blocks: list[Any] = []
    if subject.model is None:
        blocks.append(Text("There are no weights yet: the first epoch has not ended."))
        return Section("drawings", "Drawings", blocks)
    steps = pictures.strokes_of(subject.model)
    blocks.append(Pictures([pictures.moving(subject.model, steps), pictures.still(steps)]))
    if subject.images is None:
        blocks.append(Text(f"No images are painted again here. {subject.no_images}"))
    else:
        blocks.append(pictures.painted_again(subject.model, subject.images))
        if subject.config.model.read or subject.config.model.write:
            blocks.append(pictures.looking(subject.model, subject.images))
    return Section("drawings", "Drawings", blocks)


def _latents(subject: Subject) -> Section:
    """From the evaluation, or measured now; the page says which."""
    found = subject.evaluation
    mean_var, var_mean = (found.numbers(f"{n}_per_timestep") for n in ("mean_var", "var_mean"))
    kl, of = found.numbers("kl_per_latent"), found.measured_on
    if kl is None or mean_var is None or var_mean is None:
        if subject.model is None or subject.images is None or len(subject.images) < 2:
            why = "Nothing is known of the latents: the run was not evaluated with this version."
            return Section("latents", "Use of the latents", [Text(why)])
        labels = subject.images.labels if subject.config.model.num_classes else None
        use = latent_use(subject.model, subject.images.images, labels)
        mean_var, var_mean, kl = use.mean_var.mean(axis=1), use.var_mean.mean(axis=1), use.kl
        of = f"{use.images} images of {subject.images.name}, for this page"
    shape = (subject.config.model.timesteps, subject.config.model.latent_dim)
    if kl.shape != shape or not len(mean_var) == len(var_mean) == shape[0]:
        raise ValueError(
            f"{subject.run.evaluation} does not belong to this run: it has latents of {kl.shape}, "
            f"the network {shape}. Measure again with `keras-draw evaluate`."
        )
    total, law = float(kl.sum()), (mean_var + var_mean)
    text = Text(
        f"Measured on {of}. The latents carry {evaluation.said(total)} nats per image. "
        f"Where the aggregate posterior matches the prior, the two variances sum to 1; here they "
        f"sum to {law.mean():.3f} (from {law.min():.3f} to {law.max():.3f} over timesteps)."
    )
    figures = Pictures(
        [
            inline_figure(
                lambda: variance_law(mean_var, var_mean),
                "Bars of the variance of the posterior's mean and, on top, the mean of its "
                "variance, for every timestep, beside a line at 1",
            ),
            inline_figure(
                lambda: kl_heat_map(kl),
                "Heat map: the KL of every latent (up) of every timestep (across)",
            ),
        ]
    )
    return Section("latents", "Use of the latents", [text, figures])


def _training(subject: Subject) -> Section:
    history = subject.history
    if not history.get("epoch"):
        return Section("training", "Training", [Text("No epoch has ended yet.")])
    panels = [name for name in curves.CURVES if name in history]
    figures = [
        inline_figure(
            lambda name=name: curves.training_curves(history, (name,)),
            f"Curves of {name} over {len(history['epoch'])} epochs, training and validation",
        )
        for name in panels
    ]
    watched = "val_loss" if "val_loss" in history else "loss"
    blocks: list[Any] = [Pictures(figures)]
    if watched in history:
        best = min(range(len(history[watched])), key=history[watched].__getitem__)
        blocks.insert(0, Text(
            f"The network of epoch {history['epoch'][best]:.0f} is kept: it has the lowest "
            f"{'validation ' if watched == 'val_loss' else ''}loss, "
            f"{evaluation.said(history[watched][best])}. Training loss is that of the weights "
            "as they were during the epoch."
        ))  # fmt: skip
    return Section("training", "Training", blocks)


def _measured(subject: Subject) -> Section:
    found = subject.evaluation
    if not found:
        how: list[Any] = [
            Text("This run has not been evaluated. To measure it:"),
            Code(evaluate_command(subject.said)),
        ]
        return Section("evaluation", "Evaluation", how)
    blocks: list[Any] = [evaluation.table(found)]
    if subject.model and found.made_from.get("weights", "") not in ("", subject.weights_hash):
        blocks.insert(0, Text(
            "These numbers are of other weights than the run has now, which trained on since. To "
            "measure it again:"
        ))  # fmt: skip
        blocks.insert(1, Code(evaluate_command(subject.said)))
    if note := found.text("note"):
        blocks.insert(0, Text(note))
    if note := found.text("fid_note"):
        blocks.append(Text(note))
    left_out = found.get("left_out", {})
    blocks += [Text(f"Not measured: {name}, since {why}.") for name, why in left_out.items()]
    folded = evaluation.per_timestep(found)
    return Section("evaluation", "Evaluation", [*blocks, *([folded] if folded else [])])
