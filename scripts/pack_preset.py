"""Make a preset from a run: copy its files, and store its weights as float16 if the bound allows.

python scripts/pack_preset.py runs/laptop-conditional src/keras_draw/presets/mnist

The bound is measured on the test split, with one draw of the latents per image and the same noise
before and after. Afterwards, run `keras-draw evaluate` on the new folder, to write the evaluation
of the weights that ship.
"""

# isort: split
import shutil
from dataclasses import dataclass
from pathlib import Path

import tyro

from keras_draw.data import load_images
from keras_draw.data.sources import test_split_of
from keras_draw.models.presets import plain, rounding
from keras_draw.models.saving import save_weights
from keras_draw.training.loading import load_run, run_of
from keras_draw.training.runs import RunFolder


@dataclass(frozen=True)
class Options:
    """Pack a run."""

    run: tyro.conf.Positional[str]
    """A run folder, or the name of a preset."""
    out: tyro.conf.Positional[Path]
    """A new folder."""


def main(options: Options) -> None:
    """Measure the cost of float16, write the preset, and print the cost."""
    run, out = run_of(options.run), RunFolder(options.out)
    loaded = load_run(run)
    test = load_images(test_split_of(loaded.config.training.dataset))
    labels = test.labels if loaded.model.config.num_classes else None
    found = rounding(loaded.model, test.images, labels)
    out.path.mkdir(parents=True)
    for name in ("config.json", "history.csv", "provenance.json"):
        shutil.copyfile(run.path / name, out.path / name)
    save_weights(plain(loaded.model), out.best, stored=found.stored)
    print(
        f"{out}: {found.stored}, {out.best.stat().st_size:,} bytes; float16 changes the bound on "
        f"{len(test)} images of {test.name} by {found.change:+.5f} nats per image."
    )


if __name__ == "__main__":
    main(tyro.cli(Options))
