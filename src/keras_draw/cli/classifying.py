"""`keras-draw classify`."""

from dataclasses import dataclass
from typing import Any

from keras_draw.cli.common import DataDir, Flag, Offline, WhichNetwork, say
from keras_draw.cli.pictured import save_arrays, told

SHOWN = 5
"""Mistakes that are printed."""
PRIOR = "All classes were taken for equally likely before an image was seen."


@dataclass(frozen=True, kw_only=True)
class Classify:
    """Tell the class of images, by which of its classes a conditional network finds likeliest."""

    network: WhichNetwork
    dataset: str
    """Images to be told apart, such as mnist:test or folder:photos; with labels, to be compared."""
    draws: int = 1
    """Of the latents, for each image and class. 1: the bound. More: the importance-weighted bound,
    tighter, and as many times as long."""
    out: str = ""
    """An .npz to write: bounds (N, K; nats), probabilities (N, K), and y, the labels, if there are
    any."""
    seed: int = 0
    """Seed of the latents' noise."""
    data_dir: DataDir = ""
    offline: Offline = False
    overwrite: Flag = False
    """Replace the output if it exists."""
    json: Flag = False
    """Print the result as one JSON object on stdout."""

    def run(self) -> dict[str, Any]:
        """Classify."""
        from keras_draw.files import check_output, expanded

        out = expanded(self.out) if self.out else None
        if out:
            check_output(out, (".npz",), overwrite=self.overwrite)

        from keras_draw.data import load_images
        from keras_draw.data.labels import for_classes
        from keras_draw.evaluation.classification import confusion
        from keras_draw.training.loading import load

        model = load(self.network)
        classes = model.config.classes
        shape = model.config.image_shape if self.dataset.startswith("folder:") else None
        data = load_images(self.dataset, data_dir=self.data_dir or None, image_shape=shape)
        data.check_shape(model.config.image_shape)
        if data.labels is None and not out:
            raise ValueError(
                f"{data.no_labels}, so that there is nothing to compare: give --out, an .npz for "
                "the classes."
            )
        if classes and data.labels is not None:
            data = for_classes(data, classes)
        with told("Classifying", len(data)):
            found = model.classify(data.images, draws=self.draws, seed=self.seed)
        if out:
            labels = {} if data.labels is None else {"y": data.labels}
            save_arrays(out, {**found._asdict(), **labels})
            say(f"Wrote bounds and probabilities of {len(data)} images into {out}.")
        result = {
            "dataset": data.name,
            "images": len(data),
            "draws": self.draws,
            "seed": self.seed,
            "classes": list(classes),
            "out": str(out) if out else None,
            "note": PRIOR,
        }
        if data.labels is None:
            return result
        compared = confusion(found, data.labels)
        value, error = compared.accuracy
        draws = "one draw" if self.draws == 1 else f"{self.draws} draws"
        say(
            f"{100 * value:.2f} ± {100 * error:.2f} % of {len(data):,} images of {data.name} are "
            f"told rightly, by {draws} of the latents for each class. {PRIOR}"
        )
        for a, b, count in compared.mistakes(SHOWN):
            say(f"  {count} of class {classes[a]} are taken for {classes[b]}")
        return result | {
            "accuracy": value,
            "accuracy_standard_error": error,
            "confusion": compared.counts.tolist(),
            "units": {
                "accuracy": "share of images",
                "confusion": "images; a row a class, a column what it is taken for",
            },
        }
