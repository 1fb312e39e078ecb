"""Draw with presets, the trained networks that ship: pictures, and GIFs of them being drawn.

    python examples/draw_from_preset.py [OUT]

Nothing is trained. `keras-draw generate mnist --label 9` does the same on the command line.

It writes to OUT (runs/examples/draw-from-preset if not given):

    digits.png   one row per class, eight digits each
    styles.png   one row per style: the same latents, painted as each of the ten digits
    sevens.gif   16 sevens being drawn, stroke by stroke
    windows.gif  16 digits being drawn by a network with attention; orange shows where it writes
"""

import sys
from pathlib import Path

import numpy as np

from keras_draw import load
from keras_draw.figures.grids import class_grid, image_grid, save_image
from keras_draw.figures.moving import save_drawing
from keras_draw.figures.strokes import with_frames
from keras_draw.training.loading import presets


def main(out: Path = Path("runs/examples/draw-from-preset")) -> None:
    """Draw with the presets `mnist` and `binarized-mnist-attention`."""
    out.mkdir(parents=True, exist_ok=True)
    print("Presets:", ", ".join(presets()))

    model = load("mnist")
    labels, names = np.arange(80) % 10, [str(k) for k in range(10)]
    grid = class_grid(model.generate(80, labels), labels, names)
    save_image(grid, out / "digits.png", overwrite=True)

    # The label determines which digit is drawn, the latents how it is drawn.
    z = np.random.default_rng(0).standard_normal(
        (8, model.config.timesteps, model.config.latent_dim)
    )
    drawn = model.decode(np.repeat(z, 10, axis=0), labels).reshape(8, 10, 28, 28, 1)
    save_image(image_grid(drawn, column_labels=names), out / "styles.png", overwrite=True)

    # The picture after every stroke: (16, T, 28, 28, 1).
    save_drawing(model.generate_strokes(16, y=7).images, out / "sevens.gif")

    # A network with windows also shows where it painted each stroke. This one is unconditional.
    model = load("binarized-mnist-attention")
    images, frames = with_frames(model.generate_strokes(16), read=None, write=model.config.write)
    save_drawing(images, out / "windows.gif", frames=frames)
    print(f"Look at the PNGs and GIFs in {out}.")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
