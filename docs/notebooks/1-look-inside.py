# %% [markdown]
# # Draw, and look inside
#
# Two networks that ship trained: one draws digits on demand, the other shows where it looks. Nothing is
# trained here, and no data set is needed.

# %%
# %matplotlib inline
import matplotlib.pyplot as plt
import numpy as np

from keras_draw import load
from keras_draw.figures.grids import class_grid, image_grid, reconstruction_grid
from keras_draw.figures.latents import kl_heat_map

model = load("mnist")
T, Z = model.config.timesteps, model.config.latent_dim
print(f"{T} strokes of {Z} latents each: {T * Z} numbers and a class become a picture.")

# %% [markdown]
# ## Ask, and it draws
#
# `y` is the class. The rest is chance: the same `seed` gives the same pictures.

# %%
classes = np.repeat(np.arange(10), 10)
class_grid(model.generate(100, classes, seed=1), classes, [str(k) for k in range(10)])

# %% [markdown]
# ## Stroke by stroke
#
# The canvas begins as the mean of all digits, and every stroke adds to it. Most is decided early; the last
# strokes sharpen.

# %%
strokes = model.generate_strokes(6, y=[2, 3, 5, 7, 8, 9], seed=4)
image_grid(strokes.images, column_labels=[str(t) for t in range(1, T + 1)])

# %% [markdown]
# ## The class says which digit, the latents say how
#
# A row below is *one* set of latents, painted with every class. Slant, width and weight of the line stay.

# %%
z = np.random.default_rng(3).standard_normal((6, T, Z))
styles = model.decode(np.repeat(z, 10, axis=0), np.tile(np.arange(10), 6))
image_grid(styles.reshape(6, 10, 28, 28, 1), column_labels=[str(k) for k in range(10)])

# %% [markdown]
# ## What does one stroke hold?
#
# Take the latents of one nine, and draw those of a single stroke anew, six times. Row by row: another
# stroke. The early ones change the shape, the late ones hardly anything.

# %%
rng = np.random.default_rng(0)
nine = rng.standard_normal((T, Z))
varied = np.tile(nine, (T, 6, 1, 1))
for t in range(T):
    varied[t, :, t] = rng.standard_normal((6, Z))
pictures = model.decode(varied.reshape(-1, T, Z), 9).reshape(T, 6, 28, 28, 1)
image_grid(pictures, row_labels=[f"stroke {t}" for t in range(1, T + 1)])

# %% [markdown]
# ## The way back: from a picture to its latents
#
# `encode` gives the posterior of every stroke. The package ships no pictures of MNIST, so the network reads
# its own: 500 digits that it has just invented. (`keras_draw.data.load_images("mnist:test")` downloads real
# ones.)

# %%
labels = np.arange(500) % 10
images = model.generate(500, labels, seed=2)
latents = model.encode(images, labels)
print(latents.mu.shape, "means,", latents.log_var.shape, "log variances: images, strokes, latents")
reconstruction_grid(images[:5], model.reconstruct_strokes(images[:5], labels[:5]).images)

# %% [markdown]
# ## How much does each latent say?
#
# The **KL** measures how far a posterior is from the prior, in nats: what a latent tells the decoder. A
# bright cell below is a latent that is used, a dark one says the same of every picture.

# %%
kl = 0.5 * (latents.mu**2 + np.exp(latents.log_var) - 1 - latents.log_var)
kl_heat_map(kl.mean(axis=0))

# %%
print("nats in each stroke:", kl.sum(axis=2).mean(axis=0).round(2))
print(f"in all {kl.sum(axis=(1, 2)).mean():.1f} nats a picture")

# %% [markdown]
# ## Between two pictures
#
# Means of the posteriors, mixed half and half, are latents too. So there is a way from any digit to any
# other, and everything on it is nearly a digit.

# %%
ends = [3, 7, 4, 0]
ways = model.interpolate(images[ends], images[[8, 9, 1, 6]], 10, labels[ends], labels[[8, 9, 1, 6]])
image_grid(ways)

# %% [markdown]
# ## A network with attention shows where it looks
#
# `binarized-mnist-attention` reads and writes through windows of 5 × 5 filters. It knows no classes. We give
# it one of the digits above, made black and white, and draw its windows: green where it looks, orange where
# it paints.

# %%
painter = load("binarized-mnist-attention")
seen = (images[[12, 23, 38]] > 0.5).astype("float32")
again = painter.reconstruct_strokes(seen)


def outline(axes, window, i, t, n, **style):
    """The rectangle through a window's outermost filters; pixels are counted from 1."""
    half = (n - 1) / 2 * window.delta[i, t]
    corner = window.x[i, t] - 1 - half, window.y[i, t] - 1 - half
    axes.add_patch(plt.Rectangle(corner, 2 * half, 2 * half, fill=False, **style))


shown = [0, 4, 7, 11, 15, 19, 23]
figure, grid = plt.subplots(len(seen), len(shown) + 1, figsize=(9, 3.5), layout="constrained")
for i, row in enumerate(grid):
    row[0].imshow(seen[i, ..., 0], cmap="gray")
    for axes, t in zip(row[1:], shown, strict=True):
        axes.imshow(again.images[i, t, ..., 0], cmap="gray", vmin=0, vmax=1)
        outline(axes, again.read, i, t, painter.config.read, color="#2f9e44", lw=4)
        outline(axes, again.write, i, t, painter.config.write, color="#f76707", lw=1.5)
        axes.set_title(f"stroke {t + 1}" if i == 0 else "", fontsize=8)
for axes in grid.flat:
    axes.set(xlim=(-4, 31), ylim=(31, -4), xticks=[], yticks=[])
    axes.set_facecolor("#eeeeee")

# %% [markdown]
# ## How probable does it find them?
#
# `elbo` bounds $\log p(x)$ from below, in nats. A network that knows nothing needs $784 \ln 2 = 543$.
# Shuffle the pixels of a digit and its ink stays the same; to the network it is another world.

# %%
some = (images[:100] > 0.5).astype("float32")
order = np.random.default_rng(0).permutation(784)
shuffled = some.reshape(100, 784)[:, order].reshape(some.shape)
upside_down = some[:, ::-1]
for name, x in {"digits": some, "upside down": upside_down, "shuffled": shuffled}.items():
    print(f"{name:12} −log p(x) ≤ {-painter.elbo(x).elbo.mean():6.1f} nats")

# %% [markdown]
# **Next:** [train one on your own pictures](2-your-own-pictures.py).
