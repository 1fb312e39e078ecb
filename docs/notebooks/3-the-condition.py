# %% [markdown]
# # The condition
#
# Tell encoder and decoder the class, and two things become possible: ordering a digit, and *classifying*
# with a network that was never trained to classify.

# %%
# %matplotlib inline
import matplotlib.pyplot as plt
import numpy as np

from keras_draw import DRAW, DRAWConfig
from keras_draw.data import load_images
from keras_draw.figures.completions import completion_grid
from keras_draw.figures.grids import class_grid, image_grid

digits, test = load_images("digits"), load_images("digits:test")
print(len(digits), "images to train on,", len(test), "to test, of", digits.image_shape)
names = digits.class_names

# %% [markdown]
# ## Two networks, alike but for the condition
#
# Scikit-learn's digits are small (8 × 8 pixels, 17 grey levels), and come with it. The likelihood is a
# Gaussian of $\sigma = 0.15$: a density, so that differences of nats mean something.


# %%
def trained(num_classes):
    """A network that is told the class, or not (0)."""
    config = DRAWConfig(
        image_shape=digits.image_shape,
        num_classes=num_classes,
        timesteps=6,
        latent_dim=6,
        hidden_dim=96,
        likelihood="gaussian",
        sigma=0.15,
        initial_canvas="mean",
    )
    model = DRAW(config)
    model.compile("adam")
    model.optimizer.learning_rate = 3e-3
    labels = digits.labels if num_classes else None
    model.fit(digits.images, labels, batch_size=64, epochs=40, verbose=0)
    return model


told, untold = trained(10), trained(0)

# %% [markdown]
# ## Order a digit

# %%
asked = np.repeat(np.arange(10), 12)
class_grid(told.generate(len(asked), asked, seed=1), asked, names)

# %% [markdown]
# The network that is not told draws digits too. Which ones is chance, and between two classes it may not
# decide at all.

# %%
image_grid(untold.generate(36, seed=1).reshape(3, 12, 8, 8, 1))

# %% [markdown]
# ## What is the label worth?
#
# `elbo` bounds $\log p(x)$ of the one network and $\log p(x \mid y)$ of the other. That is not the same
# question: the second was given the answer to "which digit?", which is worth
# $H(y) = \ln 10 = 2.30$ nats. Take them off before you compare.

# %%
given = told.elbo(test.images, test.labels)
without = untold.elbo(test.images)
print(f"not told:            log p(x)     ≥ {without.elbo.mean():.2f} nats")
print(f"told:                log p(x | y) ≥ {given.elbo.mean():.2f}")
print(f"told, label paid:    log p(x)     ≥ {given.elbo.mean() - np.log(10):.2f}")
print(
    f"standard error of the difference:   {(given.elbo - without.elbo).std() / len(test) ** 0.5:.2f}"
)
print(
    f"KL: {without.kl.sum(axis=1).mean():.2f} nats not told, {given.kl.sum(axis=1).mean():.2f} told"
)

# %% [markdown]
# The KL says where the label went: what it tells, the latents need not tell again.

# %% [markdown]
# ## Classify by likelihood
#
# How probable is this picture as a 0? As a 1? As a 9? By Bayes' rule, with all classes equally frequent,
#
# $$p(y \mid x) = \frac{p(x \mid y)}{\sum_k p(x \mid k)}$$
#
# The bound stands in for $\log p(x \mid y)$. `classify` asks for all ten in one go, and a classifier is there.

# %%
bounds, probabilities = told.classify(test.images)  # each (N, 10); bounds in nats
answers = bounds.argmax(axis=1)
print(f"{(answers == test.labels).mean():.1%} of {len(test)} test digits are classified right")

# %% [markdown]
# Where it was wrong, and how sure it was. It is too sure: the likelihood takes every pixel for a witness of
# its own, though neighbours say the same, and $\sigma$ was our choice.

# %%
wrong = np.flatnonzero(answers != test.labels)[:12]
figure, grid = plt.subplots(2, 6, figsize=(9, 3.4), layout="constrained")
for axes in grid.flat:
    axes.axis("off")
for axes, i in zip(grid.flat, wrong, strict=False):
    axes.imshow(test.images[i, ..., 0], cmap="gray")
    axes.set_title(
        f"{test.labels[i]}, taken for {answers[i]}\n({probabilities[i].max():.0%} sure)", fontsize=8
    )

# %% [markdown]
# ## The surprise in numbers
#
# One picture, ten bounds. The true class stands out by many nats. A nat is a factor of 2.7 in probability,
# so 20 nats leave little doubt.

# %%
i = int(np.flatnonzero((test.labels == 3) & (answers == 3))[0])
figure, (left, right) = plt.subplots(
    1, 2, figsize=(7, 2.6), width_ratios=(1, 3), layout="constrained"
)
left.imshow(test.images[i, ..., 0], cmap="gray")
left.axis("off")
right.bar(range(10), bounds[i] - bounds[i].max())
right.set(xlabel="class that the network is told", ylabel="nats below the best", xticks=range(10));

# %% [markdown]
# ## Lie to it
#
# What does a 3 look like, if you insist that it is an 8? The encoder sees the real picture, the decoder must
# paint the class it was told: the network keeps the style and changes the digit as far as it can.

# %%
some = [int(np.flatnonzero(test.labels == k)[1]) for k in (0, 3, 5, 7)]
rows = []
for i in some:
    x = np.repeat(test.images[i : i + 1], 10, axis=0)
    rows.append(np.concatenate([test.images[i : i + 1] / 255, told.reconstruct(x, np.arange(10))]))
image_grid(np.stack(rows), column_labels=["real", *names])

# %% [markdown]
# ## What could be hidden there?
#
# Hide the lower half, and let the network answer: it paints the whole picture again, what is seen is put
# back, and that many times over. Six answers to each picture, beside the real one on the right.

# %%
hidden = np.zeros((8, 8), bool)
hidden[4:] = True
some = [int(np.flatnonzero(test.labels == k)[1]) for k in (0, 3, 5, 8)]
completed = told.complete(test.images[some], hidden, test.labels[some], n=6, rounds=30)
completion_grid(test.images[some], hidden, completed)

# %% [markdown]
# **Next:** [where did the KL go?](4-where-did-the-kl-go.py)
