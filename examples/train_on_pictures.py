"""Train on a folder of your own pictures, and draw new ones.

    python examples/train_on_pictures.py [OUT [PICTURES]]

PICTURES is a folder of PNGs, JPEGs and similar files of any size. Without it, the script makes a
folder of handwritten digits in random colours. `keras-draw train --dataset folder:PICTURES` does
the same on the command line.

It writes to OUT (runs/examples/train-on-pictures if not given):

    pictures/           the folder of digits, if PICTURES was not given
    run/                the network, its history and its configuration (docs/runs.md)
    samples.png         64 pictures that the network invented
    reconstruction.png  ten pictures, each with its reconstruction after every stroke
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from keras_draw import Architecture, TrainConfig, load, train
from keras_draw.data import load_images
from keras_draw.data.images import as_uint8
from keras_draw.figures.grids import reconstruction_grid, save_image, square_grid

SHAPE = (16, 16, 3)
"""Height, width and channels that every picture is cropped and resized to."""


def main(
    out: Path = Path("runs/examples/train-on-pictures"),
    pictures: Path | None = None,
    *,
    epochs: int = 40,
) -> None:
    """Train on the folder `pictures`, and draw."""
    if pictures is None:
        pictures = out / "pictures"
        write_pictures(pictures)

    # T strokes of Z latents each. A Gaussian with a small sigma demands detail. For a likelihood in
    # bits, choose "discretized-logistic" instead.
    architecture = Architecture(
        timesteps=8, latent_dim=12, hidden_dim=128, likelihood="gaussian", sigma=0.1,
        initial_canvas="mean",
    )  # fmt: skip
    training = TrainConfig(
        dataset=f"folder:{pictures}", epochs=epochs, batch_size=64, learning_rate=3e-3,
        ema_momentum=0.99,
    )  # fmt: skip
    train(architecture, training, run_dir=out / "run", image_shape=SHAPE, overwrite=True)

    model = load(out / "run")  # the weights of the best epoch
    save_image(square_grid(model.generate(64)), out / "samples.png", overwrite=True)
    some = load_images(f"folder:{pictures}", image_shape=SHAPE).images[:10]
    grid = reconstruction_grid(some, model.reconstruct_strokes(some).images)
    save_image(grid, out / "reconstruction.png", overwrite=True)
    print(f"Look at samples.png and reconstruction.png in {out}.")


def write_pictures(folder: Path) -> None:
    """Write digits in coloured ink on black, 24 x 24 pixels, one PNG each."""
    folder.mkdir(parents=True, exist_ok=True)
    digits = load_images("digits").images / 255
    inks = np.random.default_rng(0).uniform(0.2, 1, (len(digits), 1, 1, 3))
    for number, pixels in enumerate(as_uint8(digits * inks)):
        picture = Image.fromarray(pixels).resize((24, 24), Image.Resampling.BICUBIC)
        picture.save(folder / f"{number:04}.png")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
