"""The demo: train on scikit-learn's digits, draw digits, and judge them with a classifier."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from keras_draw.config import TrainConfig
from keras_draw.data import load_images
from keras_draw.evaluation.agreement import Agreement, label_agreement, plain_classifier
from keras_draw.figures import grids
from keras_draw.figures.layout import by_class
from keras_draw.figures.moving import save_drawing
from keras_draw.files import expanded
from keras_draw.models.draw import DRAW
from keras_draw.printed import command
from keras_draw.training import recipes
from keras_draw.training.loading import load
from keras_draw.training.runs import RunFolder
from keras_draw.training.showing import Display, display_of
from keras_draw.training.train import TrainResult, fields, train

JUDGED = 500
"""Number of samples that the classifier judges."""
PER_CLASS = 10
"""Samples per class in the grids."""
SHIPPED = "mnist"
"""The preset whose digits are drawn as well; their resolution is higher."""


class DemoResult(NamedTuple):
    """The files and measurements of the demo."""

    trained: TrainResult
    agreement: Agreement
    real_accuracy: float
    """accuracy of the same classifier on the real test digits, 0 to 1."""
    elbo: float
    """mean over the test digits, nats per image: a bound on log p(x | label)."""
    reconstruction: float
    """mean over the test digits, nats per image."""
    kl: float
    """mean over the test digits, nats per image."""
    test_images: int
    """number of test digits."""
    sigma: float
    """standard deviation of a pixel under the network's likelihood."""

    @property
    def story(self) -> str:
        """A description of the results in plain words."""
        run, agreement = self.trained.run_dir, self.agreement
        return (
            f"\nIn {self.trained.epochs} epochs a network has learned to draw digits of 8 x 8 "
            f"pixels, stroke by stroke ({self.trained.seconds:.0f} s of training).\n\n"
            f"  {run}/samples.png         digits it invented, one row per class\n"
            f"  {run}/reconstruction.png  real digits, and how it paints them stroke by stroke\n"
            f"  {run}/drawing.gif         digits being drawn\n"
            f"  {run}/model.keras         the network; history.csv and config.json describe its "
            "training\n\n"
            f"A classifier trained on real digits recognises {agreement.share:.1%} of "
            f"{agreement.images} samples as the digit asked for\n"
            f"(and {self.real_accuracy:.1%} of the real test digits correctly).\n"
            f"The bound on the {self.test_images} test digits: log p(x | label) >= "
            f"{self.elbo:.2f} nats per image\n(reconstruction {self.reconstruction:.2f}, KL "
            f"{self.kl:.2f}; a Gaussian density with sigma {self.sigma:g} per pixel, so it can be "
            "positive).\n\n"
            f"The network {SHIPPED} was not trained here: it ships with keras-draw, and was "
            "trained on 54,000\ndigits of 28 x 28 pixels.\n\n"
            f"  {run}/{SHIPPED}-samples.png   digits that {SHIPPED} invented: look at these\n"
            f"  {run}/{SHIPPED}-drawing.gif   the same digits, being drawn\n\n"
            f"Draw more nines:  {command('generate', Path(run), '--label', '9')}\n"
            f"Draw finer nines: {command('generate', SHIPPED, '--label', '9')}"
        )

    def fields(self) -> dict[str, Any]:
        """The results as plain values, for `--json`."""
        return {
            **fields(self.trained),
            "label_agreement": self.agreement.share,
            "label_agreement_count": self.agreement.images,
            "real_accuracy": self.real_accuracy,
            "test_images": self.test_images,
            "test_elbo": self.elbo,
            "test_reconstruction": self.reconstruction,
            "test_kl": self.kl,
        }


def demo(
    run_dir: str | Path, *, epochs: int | None = None, progress: bool | Display = True
) -> DemoResult:
    """Train the recipe `demo`, draw pictures, and judge samples.

    Args:
        run_dir: folder for the run and its pictures; an earlier demo of as many epochs is replaced.
        epochs: number of epochs; None for the recipe's.
        progress: as in `train`.

    Returns:
        The results.

    Raises:
        FileExistsError: if the folder holds a run that is not a demo, or was trained further.

    Example:
        >>> demo("runs/demo").agreement.share            # doctest: +SKIP
        0.98
    """
    recipe = recipes.get("demo")
    training = recipe.training
    if epochs is not None:
        training = type(training).from_json(training.to_json() | {"epochs": epochs})
    _check_own(RunFolder(run_dir), recipe, training)
    display = display_of(progress)
    result = train(
        recipe.architecture,
        training,
        conditional=recipe.conditional,
        run_dir=run_dir,
        overwrite=True,
        progress=display,
    )
    with display:
        display.phase("drawing and judging digits")
        model = load(run_dir)
        draw_pictures(model, expanded(run_dir))
        draw_samples(load(SHIPPED), expanded(run_dir), f"{SHIPPED}-")
        return _judge(model, result)


def _check_own(run: RunFolder, recipe: recipes.Recipe, training: TrainConfig) -> None:
    """Refuse to replace a run that is not a demo, or one that was trained further."""
    if not run.exists:
        return
    stored = run.read_config()
    same_network = stored.model.to_json().items() >= recipe.architecture.to_json().items()
    if not same_network or stored.training != training:
        raise FileExistsError(
            f"{run} holds a run that is not a demo of {training.epochs} epochs; it is not "
            "replaced: choose another folder."
        )


def draw_pictures(model: DRAW, folder: Path) -> None:
    """Write the demo's three pictures.

    Args:
        model: a conditional network for digits.
        folder: where to write them; older ones are replaced.
    """
    draw_samples(model, folder)
    some = load_images("digits:test").some(10)
    steps = model.reconstruct_strokes(some.images, some.labels).images
    grid = grids.reconstruction_grid(some.images, steps)
    grids.save_image(grid, folder / "reconstruction.png", overwrite=True)


def draw_samples(model: DRAW, folder: Path, begins: str = "") -> None:
    """Write a network's samples, one labelled row per class, as a picture and as an animation.

    Args:
        model: a conditional network.
        folder: where to write them; older ones are replaced.
        begins: prefix of the file names.
    """
    labels = np.arange(PER_CLASS * model.config.num_classes) % model.config.num_classes
    steps = model.generate_strokes(len(labels), labels).images
    layout = by_class(labels, model.config.classes)
    page = grids.laid_out(steps[:, -1], layout)
    grids.save_image(page, folder / f"{begins}samples.png", overwrite=True)
    save_drawing(steps, folder / f"{begins}drawing.gif", layout=layout)


def _judge(model: DRAW, trained: TrainResult) -> DemoResult:
    real, test = load_images("digits:train"), load_images("digits:test")
    classify = plain_classifier(real.images / 255, np.asarray(real.labels))
    labels = np.arange(JUDGED) % real.num_classes
    # A different seed, so these samples are not the ones in the pictures.
    agreement = label_agreement(model.generate(JUDGED, labels, seed=1), labels, classify)
    accuracy = label_agreement(test.images / 255, np.asarray(test.labels), classify).share
    bound = model.elbo(test.images, test.labels)
    return DemoResult(
        trained,
        agreement,
        accuracy,
        elbo=float(bound.elbo.mean()),
        reconstruction=float(bound.reconstruction.mean()),
        kl=float(bound.kl.sum(axis=1).mean()),
        test_images=len(test),
        sigma=model.config.sigma,
    )
