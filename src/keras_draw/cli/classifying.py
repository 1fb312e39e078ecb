"""`keras-draw classify`."""

from dataclasses import dataclass
from typing import Any

from keras_draw.cli.common import DataDir, Flag, Offline, WhichNetwork, say
from keras_draw.cli.pictured import save_arrays, told
from keras_draw.printed import counted

SHOWN = 5
"""Number of mistakes that are printed, the most frequent ones."""
PRIOR = "All classes were assumed to be equally likely before an image was seen."


@dataclass(frozen=True, kw_only=True)
class Classify:
    """Classify images by the class that a conditional network considers most likely."""

    network: WhichNetwork
    dataset: str
    """Images to classify, such as mnist:test or folder:photos. With labels, the accuracy is
    printed."""
    draws: int = 1
    """Draws of the latents per image and class. 1: the bound. More: the importance-weighted bound,
    which is tighter and takes as many times as long."""
    out: str = ""
    """An .npz to write: bounds (N, K; nats), probabilities (N, K), and the labels y if there are
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
        """Classify the images, and return the accuracy and the confusion matrix."""
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
                f"{data.no_labels}, so there is nothing to compare with: give --out, an .npz for "
                "the results."
            )
        if classes and data.labels is not None:
            data = for_classes(data, classes)
        with told("Classifying", len(data)):
            found = model.classify(data.images, draws=self.draws, seed=self.seed)
        if out:
            labels = {} if data.labels is None else {"y": data.labels}
            save_arrays(out, {**found._asdict(), **labels})
            say(f"Wrote bounds and probabilities of {counted(len(data), 'image')} to {out}.")
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
            f"classified correctly, with {draws} of the latents for each class. {PRIOR}"
        )
        for a, b, count in compared.mistakes(SHOWN):
            say(f"  {count} of class {classes[a]} are classified as {classes[b]}")
        return result | {
            "accuracy": value,
            "accuracy_standard_error": error,
            "confusion": compared.counts.tolist(),
            "units": {
                "accuracy": "share of images",
                "confusion": "images; a row per true class, a column per predicted class",
            },
        }
