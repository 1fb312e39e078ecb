# %% [markdown]
# # Train on your own pictures
#
# Any folder of PNG and JPEG files will do. So that this notebook needs no download, we first paint such a
# folder: circles, squares and triangles, each kind in a folder of its own. To use your own pictures, set
# `pictures` to your folder and leave the painting out.

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
    """A picture of 64 x 64 pixels with one shape of random size, position and colour."""
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
# ## What is in the folder?
#
# `folder:PATH` reads the pictures, crops them to the shape you ask for and resizes them. Each subfolder is a
# class.

# %%
data = load_images(f"folder:{pictures}", image_shape=(16, 16, 3))
print(data.images.shape, data.images.dtype, data.class_names)
some = np.random.default_rng(1).choice(len(data), 60, replace=False)
image_grid(data.images[some].reshape(4, 15, 16, 16, 3))

# %% [markdown]
# ## Choose a network
#
# Ten strokes with eight latents each. `conditional=True` gives the network the class of each picture. A
# Gaussian likelihood with a small `sigma` asks for exact colours. `initial_canvas="mean"` starts from the
# mean picture, so the first strokes can go straight to what makes a picture different.
#
# `train` keeps everything in a *run folder*: the network, its history, its configuration and a checkpoint. If
# you stop the training, `resume` continues it.

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
# Plot the loss on the training and on the validation pictures. If the first falls while the second rises, the
# network is learning its pictures by heart. Both are negative here because a Gaussian likelihood is a
# density, and a density can exceed 1.

# %%
history = np.genfromtxt("run/history.csv", delimiter=",", names=True)
figure, axes = plt.subplots(figsize=(6, 3), layout="constrained")
axes.plot(history["epoch"], history["loss"], label="training")
axes.plot(history["epoch"], history["val_loss"], label="validation")
lowest = history["loss"].min()
axes.set(xlabel="epoch", ylabel="nats per image", ylim=(lowest - 5, lowest + 120))
axes.legend(frameon=False);

# %% [markdown]
# ## Reconstruct
#
# The original picture, then the canvas after each stroke. Position and colour come first, edges last.

# %%
model = load("run")
chosen = [3, 130, 410, 560, 830, 1010]
images, labels = data.images[chosen], data.labels[chosen]
reconstruction_grid(images, model.reconstruct_strokes(images, labels).images)

# %% [markdown]
# ## Draw new shapes
#
# None of these is in the folder. Each row is one class.

# %%
classes = np.repeat(np.arange(3), 15)
class_grid(model.generate(45, classes, seed=1), classes, data.class_names)

# %% [markdown]
# You can also ask for a class by its name.

# %%
square_grid(model.generate(12, y="triangle", seed=7))

# %% [markdown]
# ## From one shape to another
#
# Each row goes from one picture to another through their latents.

# %%
image_grid(model.interpolate(images[[0, 2]], images[[4, 1]], 12, labels[[0, 2]], labels[[4, 1]]))

# %% [markdown]
# ## Now with your pictures
#
# - Replace `pictures` with your folder. A few hundred pictures of one kind are enough to start with. A few
#   thousand are better.
# - 32 × 32 pixels take up to four times as long as 16 × 16. Start small.
# - If samples are blurred, try more strokes, a smaller `sigma` or more epochs.
# - If reconstructions are good but samples fall apart, the posteriors are too far from the prior. Try a
#   larger `sigma`.
# - The same from a terminal:
#   `keras-draw train --dataset folder:pictures --image-shape 16 16 3 --conditional`.
#
# **Next:** [what the condition is worth](3-the-condition.py).
