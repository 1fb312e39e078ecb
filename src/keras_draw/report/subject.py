"""What a report is about: a run, and everything that is read of it before anything is drawn."""

from typing import Any, Literal, NamedTuple

from keras_draw.data import ImageData, load_images
from keras_draw.data.images import spread_out
from keras_draw.data.labels import for_classes
from keras_draw.data.sources import test_split_of
from keras_draw.evaluation.record import Evaluation
from keras_draw.models.draw import DRAW
from keras_draw.places import placeless
from keras_draw.training.forecast import read_history
from keras_draw.training.loading import PRESETS, load_run
from keras_draw.training.runs import RunConfig, RunFolder, read_json

MOST_IMAGES = 1000
"""Of those that the latents are measured on where no evaluation did."""


class NoImages(NamedTuple):
    """Images that cannot be painted again."""

    name: str
    """their specification."""
    why: Literal["unopened", "missing", "misfit"]
    """the run itself names a place; they are not on this machine; they do not fit the network."""


class Subject(NamedTuple):
    """A run, and everything that was read of it."""

    run: RunFolder
    name: str
    """its folder's, or the preset's."""
    config: RunConfig
    evaluation: Evaluation
    provenance: dict[str, Any]
    history: dict[str, list[float]]
    """empty where there is none."""
    model: DRAW | None
    """None before the first epoch has ended."""
    weights_hash: str
    """of its weights; empty without."""
    images: ImageData | None
    """to be painted again, at most `MOST_IMAGES`."""
    no_images: NoImages | None
    """why there are none, where they were looked for."""

    @property
    def epochs(self) -> int:
        """How many have ended."""
        return len(self.history.get("epoch", []))

    @property
    def is_stale(self) -> bool:
        """Whether the evaluation is of other weights than the run has now."""
        measured = self.evaluation.made_from.get("weights")
        return bool(self.model and measured) and measured != self.weights_hash

    @property
    def is_preset(self) -> bool:
        """Whether it ships."""
        return self.run.path.parent == PRESETS

    @property
    def said(self) -> str:
        """As a command takes it, before it is quoted."""
        return self.name if self.is_preset else f"runs/{self.name}"


def read_subject(run: RunFolder, images: str | None, data_dir: str) -> Subject:
    """Read a run.

    Args:
        run: the run folder, or a preset's.
        images: a specification of images to paint again; the test split of a named data set if
            empty; None: none are looked for.
        data_dir: where named data sets are looked for first.

    Raises:
        ValueError: if a file of the run is damaged, or images that were asked for do not fit.
        FileNotFoundError: if images that were asked for are not on this machine.
    """
    loaded = load_run(run) if run.has_weights else None
    config = loaded.config if loaded else run.read_config()
    evaluation = Evaluation.read(run.evaluation)
    data, why = None, None
    if images is not None:
        data, why = _images(config, evaluation, images, data_dir)
    return Subject(
        run=run,
        name=run.path.resolve().name,
        config=config,
        evaluation=evaluation,
        provenance=read_json(run.provenance) if run.provenance.is_file() else {},
        history=read_history(run.history) if run.history.is_file() else {},
        model=loaded.model if loaded else None,
        weights_hash=loaded.weights_hash if loaded else "",
        images=data,
        no_images=why,
    )


def _images(
    config: RunConfig, evaluation: Evaluation, asked: str, data_dir: str
) -> tuple[ImageData | None, NoImages | None]:
    """Images to paint again, or why there are none.

    A folder or file of images that the run itself names is not opened: a run may come from
    anywhere, and the page may go anywhere.
    """
    spec = asked or evaluation.text("dataset")
    if not asked and (not spec or spec.startswith(("folder:", "npz:"))):
        spec = test_split_of(config.training.dataset)
    if not asked and spec.startswith(("folder:", "npz:")):
        return None, NoImages(placeless(config.training.dataset), "unopened")
    shape = config.model.image_shape if spec.startswith("folder:") else None
    try:
        # What a page can do without is not downloaded for it.
        data = load_images(spec, data_dir=data_dir or None, image_shape=shape, download=bool(asked))
        data.check_shape(config.model.image_shape)
        if config.model.num_classes:
            data = for_classes(data, config.model.classes)
    except (FileNotFoundError, ValueError) as error:
        if asked:
            raise
        why: Any = "missing" if isinstance(error, FileNotFoundError) else "misfit"
        return None, NoImages(spec, why)
    return data.take(spread_out(len(data), MOST_IMAGES), data.name), None
