"""The subject of a report: a run, and everything that is read from it before drawing begins."""

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
"""Most images on which the latents are measured if the evaluation did not measure them."""


class NoImages(NamedTuple):
    """Images that cannot be reconstructed."""

    name: str
    """their specification."""
    why: Literal["unopened", "missing", "misfit"]
    """unopened: the run itself names a folder or file. missing: they are not on this machine.
    misfit: they do not fit the network."""


class Subject(NamedTuple):
    """A run, and everything that was read from it."""

    run: RunFolder
    name: str
    """the name of its folder or of the preset."""
    config: RunConfig
    evaluation: Evaluation
    provenance: dict[str, Any]
    """provenance.json; empty if there is none."""
    history: dict[str, list[float]]
    """one value per epoch, by name; empty if there is no history."""
    model: DRAW | None
    """None before the end of the first epoch."""
    weights_hash: str
    """hash of its weights; empty without weights."""
    images: ImageData | None
    """images to reconstruct, at most `MOST_IMAGES`."""
    no_images: NoImages | None
    """why there are no images; None if there are some, or none were looked for."""

    @property
    def epochs(self) -> int:
        """The number of finished epochs."""
        return len(self.history.get("epoch", []))

    @property
    def is_stale(self) -> bool:
        """Whether the evaluation was made with other weights than the run has now."""
        measured = self.evaluation.made_from.get("weights")
        return bool(self.model and measured) and measured != self.weights_hash

    @property
    def is_preset(self) -> bool:
        """Whether the run is a preset, which ships with the package."""
        return self.run.path.parent == PRESETS

    @property
    def said(self) -> str:
        """The run's argument for commands, not yet quoted."""
        return self.name if self.is_preset else f"runs/{self.name}"


def read_subject(run: RunFolder, images: str | None, data_dir: str) -> Subject:
    """Read a run.

    Args:
        run: the folder of a run or a preset.
        images: a specification of images to reconstruct. If empty: the test split of a named data
            set. None: no images.
        data_dir: the folder where named data sets are searched first.

    Returns:
        The run's configuration, results, network and images.

    Raises:
        ValueError: if a file of the run is damaged, or the given images do not fit the network.
        FileNotFoundError: if the given images are not on this machine.
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
    """Images to reconstruct, or why there are none.

    If the run itself names a folder or file of images, it is not opened: the run may come from
    someone else, and the page may be shared.
    """
    spec = asked or evaluation.text("dataset")
    if not asked and (not spec or spec.startswith(("folder:", "npz:"))):
        spec = test_split_of(config.training.dataset)
    if not asked and spec.startswith(("folder:", "npz:")):
        return None, NoImages(placeless(config.training.dataset), "unopened")
    shape = config.model.image_shape if spec.startswith("folder:") else None
    try:
        # The page works without these images, so they are downloaded only on request.
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
