"""Train with labels, then draw one class, one style in every class, and ways between classes.

    python examples/draw_by_class.py [OUT]

A conditional network gets the label in addition to the image. So its latents need not encode the
class, only how the digit is drawn.

It writes to OUT (runs/examples/draw-by-class if not given):

    digits.keras  the network; `keras_draw.load` loads it
    nines.png     16 nines that it invented
    styles.png    one row per style: the same latents, painted as each of the ten digits
    morphs.png    one row per way from a real digit to one of the next class, through mixed latents
                  and labels
"""

import sys
from pathlib import Path

import numpy as np

from keras_draw import DRAW, DRAWConfig
from keras_draw.data import load_images
from keras_draw.figures.grids import image_grid, save_image, square_grid

STYLES = 8
"""Rows of styles.png."""
STATIONS = 9
"""Pictures on each way in morphs.png, both ends included."""


def main(out: Path = Path("runs/examples/draw-by-class"), *, epochs: int = 60) -> None:
    """Train on scikit-learn's digits, and draw."""
    out.mkdir(parents=True, exist_ok=True)
    digits, test = load_images("digits"), load_images("digits:test")
    names, classes = digits.class_names, digits.num_classes
    config = DRAWConfig(
        image_shape=digits.image_shape, num_classes=classes, timesteps=8, latent_dim=6,
        hidden_dim=128, likelihood="gaussian", sigma=0.15, initial_canvas="mean",
    )  # fmt: skip
    model = DRAW(config)
    model.compile("adam")
    model.fit(digits.images, digits.labels, batch_size=32, epochs=epochs, verbose=2)
    model.save(out / "digits.keras")

    # One class: the label is given, the latents are random.
    save_image(square_grid(model.generate(16, y=9)), out / "nines.png", overwrite=True)

    # One style in every class: the same latents with every label.
    z = np.random.default_rng(0).standard_normal((STYLES, config.timesteps, config.latent_dim))
    drawn = model.decode(np.repeat(z, classes, axis=0), np.tile(np.arange(classes), STYLES))
    drawn = drawn.reshape(STYLES, classes, *config.image_shape)
    save_image(image_grid(drawn, column_labels=names), out / "styles.png", overwrite=True)

    # Ways between classes: the first real digit of each class turns into that of the next class.
    first = np.array([int(np.argmax(test.labels == k)) for k in range(classes)])
    after = np.roll(first, -1)
    ways = model.interpolate(
        test.images[first], test.images[after], STATIONS, test.labels[first], test.labels[after]
    )  # (classes, STATIONS, H, W, C)
    rows = [f"{a} to {b}" for a, b in zip(names, [*names[1:], names[0]], strict=True)]
    save_image(image_grid(ways, row_labels=rows), out / "morphs.png", overwrite=True)
    print(f"Look at nines.png, styles.png and morphs.png in {out}.")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
