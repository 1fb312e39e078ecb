# %% [markdown]
# # Is FID a good metric?
#
# The thesis that this package follows asks this question. In this notebook you can try to fool FID yourself.
# It sends two sets of pictures through a network that knows digits, describes each set's features by a mean
# and a covariance, and measures the distance between the two Gaussians. Smaller is better.
#
# The extractor is the digit classifier that comes with the package. MNIST does not, so the *reference* is
# 2,000 digits drawn by the network `mnist`. (`load_images("mnist:test").images` downloads real ones.)

# %%
# %matplotlib inline
import matplotlib.pyplot as plt
import numpy as np
from scipy.ndimage import gaussian_filter

from keras_draw import load
from keras_draw.evaluation.agreement import label_agreement
from keras_draw.evaluation.comparison import compare
from keras_draw.evaluation.digits import classify_digits
from keras_draw.evaluation.extractors import extractor
from keras_draw.evaluation.frechet import frechet_distance, statistics
from keras_draw.figures.grids import image_grid
from keras_draw.pixels import as_uint8

N = 2000
model, features = load("mnist"), extractor("digits-classifier")
labels = np.arange(N) % 10
reference = as_uint8(model.generate(N, labels, seed=1))
others = as_uint8(model.generate(N, labels, seed=2))

# %% [markdown]
# ## A perfect score is not zero
#
# Compare the reference with 2,000 other digits drawn *by the same network*. Nothing could be more similar, and
# still the distance is not zero. This is the floor. Print it next to every FID.

# %%
print(f"the same network again: {compare(reference, others, features).fid:.2f}")

# %% [markdown]
# ## Six impostors
#
# The first row is the same network again. The other six are the impostors.

# %%
rng = np.random.default_rng(0)
means = np.stack([reference[labels == k].mean(axis=0) for k in range(10)])
impostors = {
    "the same network": others,
    "noise": rng.integers(0, 256, others.shape, np.uint8),
    "20 digits, repeated": others[np.arange(N) % 20],
    "the mean of each class": as_uint8(means[labels] / 255),
    "blurred": as_uint8(gaussian_filter(others / 255, (0, 1, 1, 0))),
    "the wrong class": np.roll(others, 1, axis=0),
    "a tenth are noise": np.where(
        (np.arange(N) % 10 == 0)[:, None, None, None],
        rng.integers(0, 256, others.shape, np.uint8),
        others,
    ),
}
image_grid(np.stack([images[:10] for images in impostors.values()]), row_labels=list(impostors))

# %%
print(f"{'':24}{'FID':>8}{'precision':>11}{'recall':>8}{'coverage':>10}{'agreement':>11}")
for name, images in impostors.items():
    found = compare(reference, images, features)
    agreed = label_agreement(images, labels, classify_digits).share
    print(
        f"{name:24}{found.fid:8.1f}{found.precision:11.2f}{found.recall:8.2f}{found.coverage:10.2f}{agreed:11.2f}"
    )

# %% [markdown]
# - FID notices **noise** and **repetition**. As the thesis says, both quality and variety count.
# - FID does not notice **the wrong class**. It is the same set of pictures, so the distance is that of the
#   floor. The agreement with a classifier shows the fault immediately.
# - **Precision** (do samples look like real pictures?) and **recall** (is every kind of real picture there?)
#   tell *which* of the two is missing. The mean digits have an agreement of 1 and a recall of 0.

# %% [markdown]
# ## Fewer pictures, larger FID
#
# The network and the reference are the same. Only the number of pictures changes.

# %%
counts = [150, 250, 500, 1000, 2000]
against = statistics([features(reference)])
all_features = features(others)
found = [frechet_distance(against, statistics([all_features[:n]])) for n in counts]
figure, axes = plt.subplots(figsize=(5, 2.8), layout="constrained")
axes.plot(counts, found, "o-")
axes.set(xlabel="pictures", ylabel="FID", xlim=(0, None), ylim=(0, None));

# %% [markdown]
# So a generator can look better simply by drawing more. Compare only equal counts, and use several times as
# many pictures as there are features (128 here).

# %% [markdown]
# ## The thesis's Figure 2.3
#
# Repeat the first $k$ digits until there are 2,000 pictures. FID falls steeply as variety grows.

# %%
distinct = [10, 20, 50, 100, 200, 500, 1000, 2000]
found = [frechet_distance(against, statistics([all_features[np.arange(N) % k]])) for k in distinct]
figure, axes = plt.subplots(figsize=(5, 2.8), layout="constrained")
axes.plot(distinct, found, "o-")
axes.set(xlabel="distinct pictures", ylabel="FID", xscale="log", yscale="log");

# %% [markdown]
# ## Same FID, two failures
#
# Blur all digits until they are as far from the reference as twenty repeated ones. One set is soft and varied,
# the other sharp and monotonous. Which one is better? FID has no opinion.

# %%
target = frechet_distance(against, statistics([all_features[np.arange(N) % 20]]))
near, far = 0.5, 1.5
for _ in range(7):
    middle = (near + far) / 2
    blurred = as_uint8(gaussian_filter(others / 255, (0, middle, middle, 0)))
    distance = frechet_distance(against, statistics([features(blurred)]))
    near, far = (middle, far) if distance < target else (near, middle)
print(f"20 repeated: {target:.1f}; blurred by {middle:.2f} pixels: {distance:.1f}")
shown = rng.permutation(N)[:24]
image_grid(
    np.stack([others[shown % 20][:12], blurred[shown][:12]]), row_labels=["repeated", "blurred"]
)

# %% [markdown]
# ## Why it can be fooled
#
# FID sees the mean and the covariance of the features, and nothing else. The two clouds of points below have
# the same mean and covariance, so the distance between them is almost zero.

# %%
angle = rng.uniform(0, 2 * np.pi, 4000)
ring = np.sqrt(2) * np.stack([np.cos(angle), np.sin(angle)], axis=1)
blob = rng.standard_normal((4000, 2))
print(f"distance: {frechet_distance(statistics([ring]), statistics([blob])):.4f}")
figure, grid = plt.subplots(1, 2, figsize=(6, 3), layout="constrained")
for axes, points in zip(grid, (ring, blob), strict=True):
    axes.plot(*points[:1500].T, ".", ms=2)
    axes.set(xlim=(-4, 4), ylim=(-4, 4), xticks=[], yticks=[], aspect="equal")

# %% [markdown]
# ## So, is it?
#
# FID is a good judge of several generators side by side and a poor judge of one alone. Report the extractor,
# the number of pictures and the floor. Add precision and recall, and look at the pictures. For likelihood
# models like this one, the **bound** is a second opinion that does not depend on features. What 31 trained
# networks show is in
# [Results](../results/fid.md#does-a-better-fid-look-better).
