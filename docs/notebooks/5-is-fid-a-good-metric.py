# %% [markdown]
# # Is FID a good metric?
#
# The thesis that this package follows asks so. Here you can try to fool it. Two sets of pictures go through a
# network that knows digits, their features are described by a mean and a covariance, and the two Gaussians
# are compared. Small is good.
#
# The extractor is the classifier of digits that ships. No MNIST ships, so the *reference* is 2,000 digits by
# the network `mnist`. (`load_images("mnist:test").images` downloads real ones.)

# %%
# %matplotlib inline
import matplotlib.pyplot as plt
import numpy as np
from scipy.ndimage import gaussian_filter

from keras_draw import load
from keras_draw.data.images import as_uint8
from keras_draw.evaluation.agreement import label_agreement
from keras_draw.evaluation.comparison import compare
from keras_draw.evaluation.digits import classify_digits
from keras_draw.evaluation.extractors import extractor
from keras_draw.evaluation.frechet import frechet_distance, statistics
from keras_draw.figures.grids import image_grid

N = 2000
model, features = load("mnist"), extractor("digits-classifier")
labels = np.arange(N) % 10
reference = as_uint8(model.generate(N, labels, seed=1))
others = as_uint8(model.generate(N, labels, seed=2))

# %% [markdown]
# ## Zero is not the best there is
#
# As many other digits *by the same network*. Nothing can be more alike, and still the distance is not zero:
# this is the floor. Print it beside every FID.

# %%
print(f"the same network again: {compare(reference, others, features).fid:.2f}")

# %% [markdown]
# ## Six impostors

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
# - It sees **noise**, and it sees **repetition**: as the thesis says, quality and variety both count.
# - It does not see **the wrong class**. The set is the same, so the distance is the floor's. A classifier sees
#   nothing else.
# - **Precision** (are samples like real pictures?) and **recall** (is every kind of real picture there?) say
#   *which* of the two is missing. The mean digits have an agreement of 1 and a recall of 0.

# %% [markdown]
# ## Few pictures, larger FID
#
# Pictures of the same network against the same reference. Only their number differs.

# %%
counts = [150, 250, 500, 1000, 2000]
against = statistics([features(reference)])
all_features = features(others)
found = [frechet_distance(against, statistics([all_features[:n]])) for n in counts]
figure, axes = plt.subplots(figsize=(5, 2.8), layout="constrained")
axes.plot(counts, found, "o-")
axes.set(xlabel="pictures", ylabel="FID", xlim=(0, None), ylim=(0, None));

# %% [markdown]
# So a generator looks better by drawing more. Compare equal counts only, several times the 128 features.

# %% [markdown]
# ## The thesis's Figure 2.3
#
# The first $k$ digits, repeated until there are 2,000. FID falls steeply while variety grows.

# %%
distinct = [10, 20, 50, 100, 200, 500, 1000, 2000]
found = [frechet_distance(against, statistics([all_features[np.arange(N) % k]])) for k in distinct]
figure, axes = plt.subplots(figsize=(5, 2.8), layout="constrained")
axes.plot(distinct, found, "o-")
axes.set(xlabel="distinct pictures", ylabel="FID", xscale="log", yscale="log");

# %% [markdown]
# ## Same FID, two failures
#
# Blur all digits, more and more, until they are as far away as twenty repeated ones. One set is soft and
# varied, the other sharp and monotonous. Which one is better? FID has no opinion.

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
# FID sees a mean and a covariance, and nothing else of the features. Below are two clouds of points with
# the same mean and covariance. Their distance is nothing.

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
# A good one among several, and a bad one alone. Quote the extractor, the count and the floor; put precision
# and recall beside it; look at the pictures. For likelihood models like this one the **bound** is a second
# opinion that shares no features with it. What 31 trained networks say is in
# [Results](../results.md#is-fid-a-good-metric-and-does-a-better-fid-look-better).
