# %% [markdown]
# # Train on your own pictures
#
# Any folder of PNGs and JPEGs will do. Here we paint one, so that the notebook needs nothing: circles,
# squares and triangles, each kind in a folder of its own. Put your folder's name in place of it.

# %%
# %matplotlib inline
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image, ImageDraw

from keras_draw import Architecture, TrainConfig, load, train
from keras_draw.data import load_images
from keras_draw.figures.grids import class_grid, image_grid, reconstruction_grid, square_grid

pictures = Path("pictures")


def paint(kind, rng):
    """One shape of 64 x 64 pixels, of some size, place and colour."""
    image = Image.new("RGB", (64, 64), "black")
    pen, colour = ImageDraw.Draw(image), tuple(rng.integers(80, 256, 3).tolist())
    (x, y), r = rng.uniform(24, 40, 2), rng.uniform(12, 22)
    if kind == "circle":
        pen.ellipse((x - r, y - r, x + r, y + r), fill=colour)
    elif kind == "square":
        pen.rectangle((x - r, y - r, x + r, y + r), fill=colour)
    else:
        pen.polygon([(x, y - r), (x - r, y + r), (x + r, y + r)], fill=colour)
    return image


rng = np.random.default_rng(0)
for kind in ("circle", "square", "triangle"):
    (pictures / kind).mkdir(parents=True, exist_ok=True)
    for number in range(400):
        paint(kind, rng).save(pictures / kind / f"{number:03}.png")

# %% [markdown]
# ## What is in it?
#
# `folder:PATH` reads the pictures, crops them to one shape and makes them small. Folders are classes.

# %%
data = load_images(f"folder:{pictures}", image_shape=(16, 16, 3))
print(data.images.shape, data.images.dtype, data.class_names)
some = np.random.default_rng(1).choice(len(data), 60, replace=False)
image_grid(data.images[some].reshape(4, 15, 16, 16, 3))

# %% [markdown]
# ## Which network?
#
# Ten strokes of eight latents. `conditional=True` tells it the class. A Gaussian likelihood with a small
# `sigma` asks for exact colours. `initial_canvas="mean"` starts from the mean picture and saves the first
# strokes for what matters.
#
# `train` puts everything into a *run folder*: network, history, configuration, a checkpoint. If you stop it,
# `resume` goes on.

# %%
architecture = Architecture(
    timesteps=10,
    latent_dim=8,
    hidden_dim=128,
    likelihood="gaussian",
    sigma=0.1,
    initial_canvas="mean",
)
training = TrainConfig(
    dataset=f"folder:{pictures}", epochs=40, batch_size=64, learning_rate=4e-3, ema_momentum=0.99
)
result = train(
    architecture,
    training,
    conditional=True,
    run_dir="run",
    image_shape=(16, 16, 3),
    overwrite=True,
    progress=False,
)
print(f"{result.epochs} epochs, {result.seconds:.0f} seconds")

# %% [markdown]
# ## Did it learn?
#
# Training and validation together: one that falls while the other rises would be learning by heart. Both
# are negative because a Gaussian likelihood is a density, which may exceed 1.

# %%
history = np.genfromtxt("run/history.csv", delimiter=",", names=True)
figure, axes = plt.subplots(figsize=(6, 3), layout="constrained")
axes.plot(history["epoch"], history["loss"], label="training")
axes.plot(history["epoch"], history["val_loss"], label="validation")
lowest = history["loss"].min()
axes.set(xlabel="epoch", ylabel="nats per image", ylim=(lowest - 5, lowest + 120))
axes.legend(frameon=False);

# %% [markdown]
# ## Paint again
#
# The real picture, then the canvas after each stroke. Place and colour come first, edges last.

# %%
model = load("run")
chosen = [3, 130, 410, 560, 830, 1010]
images, labels = data.images[chosen], data.labels[chosen]
reconstruction_grid(images, model.reconstruct_strokes(images, labels).images)

# %% [markdown]
# ## Invent
#
# Shapes that were in no folder. Ask by the class's name.

# %%
classes = np.repeat(np.arange(3), 15)
class_grid(model.generate(45, classes, seed=1), classes, data.class_names)

# %%
square_grid(model.generate(12, y="triangle", seed=7))

# %% [markdown]
# ## From one to another

# %%
image_grid(model.interpolate(images[[0, 2]], images[[4, 1]], 12, labels[[0, 2]], labels[[4, 1]]))

# %% [markdown]
# ## Now yours
#
# - Replace `pictures` by your folder. A few hundred pictures of one kind are a beginning, a few thousand are
#   better.
# - 32 × 32 pixels take four times as long as 16 × 16. Begin small.
# - Blurred samples: more strokes, a smaller `sigma`, more epochs. Samples that fall apart while
#   reconstructions are good: the latents say more than the prior allows; a larger `sigma`.
# - The same from a terminal: `keras-draw train --dataset folder:pictures --image-shape 16 16 3 --conditional`.
#
# **Next:** [what the condition is worth](3-the-condition.py).
