# %% [markdown]
# # Draw, and look inside
#
# This notebook uses two trained networks that come with the package. One draws digits on demand. The other
# shows where it looks while it paints. Nothing is trained here, and no data set is needed.

# %%
# %matplotlib inline
import matplotlib.pyplot as plt
import numpy as np

from keras_draw import load
from keras_draw.figures.grids import class_grid, image_grid, reconstruction_grid
from keras_draw.figures.latents import kl_heat_map

model = load("mnist")
T, Z = model.config.timesteps, model.config.latent_dim
print(f"{T} strokes with {Z} latents each: {T * Z} numbers and a class make a picture.")

# %% [markdown]
# ## Ask for a digit
#
# `y` is the class you ask for. Everything else is random. The same `seed` gives the same pictures.

# %%
classes = np.repeat(np.arange(10), 10)
class_grid(model.generate(100, classes, seed=1), classes, [str(k) for k in range(10)])

# %% [markdown]
# ## Stroke by stroke
#
# The canvas starts as the mean of all training digits, and every stroke adds to it. Most of the shape is
# decided early. The last strokes sharpen it.

# %%
strokes = model.generate_strokes(6, y=[2, 3, 5, 7, 8, 9], seed=4)
image_grid(strokes.images, column_labels=[str(t) for t in range(1, T + 1)])

# %% [markdown]
# ## The class says which digit, the latents say how
#
# Each row uses *one* set of latents and paints it with every class. Slant, width and line weight stay the
# same along a row.

# %%
z = np.random.default_rng(3).standard_normal((6, T, Z))
styles = model.decode(np.repeat(z, 10, axis=0), np.tile(np.arange(10), 6))
image_grid(styles.reshape(6, 10, 28, 28, 1), column_labels=[str(k) for k in range(10)])

# %% [markdown]
# ## What does one stroke control?
#
# Take the latents of one nine. Redraw the latents of a single stroke six times and keep all the others. Each
# row varies a different stroke. The early strokes change the shape. The late ones change hardly anything.

# %%
rng = np.random.default_rng(0)
nine = rng.standard_normal((T, Z))
varied = np.tile(nine, (T, 6, 1, 1))
for t in range(T):
    varied[t, :, t] = rng.standard_normal((6, Z))
pictures = model.decode(varied.reshape(-1, T, Z), 9).reshape(T, 6, 28, 28, 1)
image_grid(pictures, row_labels=[f"stroke {t}" for t in range(1, T + 1)])

# %% [markdown]
# ## From a picture back to its latents
#
# `encode` returns the posterior of every stroke: a mean and a log variance for each latent. MNIST does not
# come with the package, so the network reads 500 digits that it has just drawn itself.
# (`keras_draw.data.load_images("mnist:test")` downloads real ones.)
#
# Below, `reconstruct_strokes` encodes five of them and paints them again: the picture, then the canvas after
# each stroke.

# %%
labels = np.arange(500) % 10
images = model.generate(500, labels, seed=2)
latents = model.encode(images, labels)
print(latents.mu.shape, "means,", latents.log_var.shape, "log variances: images, strokes, latents")
reconstruction_grid(images[:5], model.reconstruct_strokes(images[:5], labels[:5]).images)

# %% [markdown]
# ## How much does each latent say?
#
# The **KL** measures, in nats, how far a posterior is from the prior. That is how much the latent tells the
# decoder about the picture. A bright cell is a latent that is used. A dark one says the same about every
# picture.

# %%
kl = 0.5 * (latents.mu**2 + np.exp(latents.log_var) - 1 - latents.log_var)
kl_heat_map(kl.mean(axis=0))

# %%
print("nats in each stroke:", kl.sum(axis=2).mean(axis=0).round(2))
print(f"{kl.sum(axis=(1, 2)).mean():.1f} nats per picture in all")

# %% [markdown]
# ## Between two pictures
#
# A weighted average of the posterior means of two pictures is again a set of latents, so it can be decoded.
# That gives a path from any digit to any other. Almost everything along it looks like a digit.

# %%
ends = [3, 7, 4, 0]
paths = model.interpolate(images[ends], images[[8, 9, 1, 6]], 10, labels[ends], labels[[8, 9, 1, 6]])
image_grid(paths)

# %% [markdown]
# ## A network with attention shows where it looks
#
# `binarized-mnist-attention` reads and writes through windows of 5 × 5 filters. It has no classes. We give it
# three of the digits above in black and white and draw its windows: green where it looks, orange where it
# paints.

# %%
painter = load("binarized-mnist-attention")
seen = (images[[12, 23, 38]] > 0.5).astype("float32")
again = painter.reconstruct_strokes(seen)


def outline(axes, window, i, t, n, **style):
    """The rectangle through a window's outermost filters; pixels are counted from 1."""
    half = (n - 1) / 2 * window.delta[i, t]
    corner = window.x[i, t] - 1 - half, window.y[i, t] - 1 - half
    axes.add_patch(plt.Rectangle(corner, 2 * half, 2 * half, fill=False, **style))


shown = [0, 9, 19, 29, 39, 49, 63]
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
# ## How probable are these pictures?
#
# `elbo` is a lower bound on $\log p(x)$ in nats. A network that knows nothing gives each pixel a probability
# of one half, so its $-\log p(x)$ is $784 \ln 2 = 543$ nats for every picture. Compare three kinds of
# pictures with the same amount of ink: digits, the same digits upside down, and the same digits with their
# pixels shuffled.

# %%
some = (images[:100] > 0.5).astype("float32")
order = np.random.default_rng(0).permutation(784)
shuffled = some.reshape(100, 784)[:, order].reshape(some.shape)
upside_down = some[:, ::-1]
for name, x in {"digits": some, "upside down": upside_down, "shuffled": shuffled}.items():
    print(f"{name:12} −log p(x) ≤ {-painter.elbo(x).elbo.mean():6.1f} nats")

# %% [markdown]
# Upside down, the digits are much less probable. With shuffled pixels they surprise the network more than if it
# knew nothing at all.
#
# **Next:** [train one on your own pictures](2-your-own-pictures.py).
