# %% [markdown]
# # The condition
#
# A *conditional* network is given the class of every picture, in the encoder and in the decoder. That makes
# two things possible. You can ask for a particular digit, and you can *classify* with a network that was
# never trained to classify.

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
# ## Two networks that differ only in the condition
#
# The digits of scikit-learn are small (8 × 8 pixels, 17 grey levels) and need no download. The likelihood is
# a Gaussian with $\sigma = 0.15$. That is a density: its differences in nats are meaningful, and its values
# depend on $\sigma$.


# %%
def trained(num_classes):
    """A trained network. With `num_classes=0` it is given no labels."""
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


conditional, unconditional = trained(10), trained(0)

# %% [markdown]
# ## Ask for a digit

# %%
asked = np.repeat(np.arange(10), 12)
class_grid(conditional.generate(len(asked), asked, seed=1), asked, names)

# %% [markdown]
# The unconditional network draws digits too, but which ones is left to chance. Some end up between two
# classes.

# %%
image_grid(unconditional.generate(36, seed=1).reshape(3, 12, 8, 8, 1))

# %% [markdown]
# ## What is the label worth?
#
# For one network `elbo` bounds $\log p(x)$, for the other $\log p(x \mid y)$. You cannot compare these
# directly, because the second network already knows which digit it is looking at. But since
#
# $$p(x) \ge p(x, y) = p(x \mid y)\, p(y),$$
#
# subtracting $-\log p(y)$ from the second bound makes it a bound on $\log p(x)$. With ten equally frequent
# classes that is $\ln 10 = 2.30$ nats.

# %%
given = conditional.elbo(test.images, test.labels)
without = unconditional.elbo(test.images)
print(f"without labels:            log p(x)     ≥ {without.elbo.mean():.2f} nats")
print(f"with labels:               log p(x | y) ≥ {given.elbo.mean():.2f}")
print(f"with labels, minus ln 10:  log p(x)     ≥ {given.elbo.mean() - np.log(10):.2f}")
error = (given.elbo - without.elbo).std() / len(test) ** 0.5
print(f"standard error of the difference:         {error:.2f}")
kl, kl_given = without.kl.sum(axis=1).mean(), given.kl.sum(axis=1).mean()
print(f"KL: {kl:.2f} nats without labels, {kl_given:.2f} with labels")

# %% [markdown]
# The KL shows where the label's information went. The latents no longer have to say what the label already
# says.

# %% [markdown]
# ## Classify by likelihood
#
# How probable is this picture as a 0? As a 1? As a 9? If all classes are equally frequent, Bayes' rule turns
# the answers into probabilities of the classes:
#
# $$p(y \mid x) = \frac{p(x \mid y)}{\sum_k p(x \mid k)}$$
#
# We put the bound in place of $\log p(x \mid y)$. `classify` computes all ten bounds in one call, and the
# generator has become a classifier.

# %%
bounds, probabilities = conditional.classify(test.images)  # each (N, 10)
answers = bounds.argmax(axis=1)
correct = (answers == test.labels).mean()
print(f"{correct:.1%} of {len(test)} test digits are classified correctly")

# %% [markdown]
# Here are some of its mistakes, and how sure it was. It is too sure. The likelihood treats every pixel as separate
# evidence, although neighbouring pixels say much the same. And $\sigma$, which sets how much a pixel counts,
# was our choice.

# %%
wrong = np.flatnonzero(answers != test.labels)[:6]
figure, grid = plt.subplots(1, 6, figsize=(9, 1.9), layout="constrained")
for axes in grid:
    axes.axis("off")
for axes, i in zip(grid, wrong, strict=False):
    axes.imshow(test.images[i, ..., 0], cmap="gray")
    title = f"{test.labels[i]}, classified as {answers[i]}"
    axes.set_title(f"{title}\n({probabilities[i].max():.0%} sure)", fontsize=8)

# %% [markdown]
# ## Ten bounds for one picture
#
# The true class stands out by many nats. One nat is a factor of $e \approx 2.7$ in probability, so a lead of
# 20 nats leaves little doubt.

# %%
i = int(np.flatnonzero((test.labels == 3) & (answers == 3))[0])
figure, (left, right) = plt.subplots(
    1, 2, figsize=(7, 2.6), width_ratios=(1, 3), layout="constrained"
)
left.imshow(test.images[i, ..., 0], cmap="gray")
left.axis("off")
right.bar(range(10), bounds[i] - bounds[i].max())
right.set(xlabel="class given to the network", xticks=range(10))
right.set(ylabel="nats below the best");

# %% [markdown]
# ## Give it the wrong label
#
# What does a 3 look like if you insist that it is an 8? The encoder sees the real picture, but the network is
# given another class. It keeps the style and changes the digit as far as it can.

# %%
some = [int(np.flatnonzero(test.labels == k)[1]) for k in (0, 3, 5, 7)]
rows = []
for i in some:
    x = np.repeat(test.images[i : i + 1], 10, axis=0)
    painted = conditional.reconstruct(x, np.arange(10))
    rows.append(np.concatenate([test.images[i : i + 1] / 255, painted]))
image_grid(np.stack(rows), column_labels=["real", *names])

# %% [markdown]
# ## Complete a hidden half
#
# Hide the lower half and let the network fill it in. `complete` paints the whole picture again, puts the
# visible pixels back, and repeats that for many rounds. Each row shows what is visible, six completions, and
# the real picture.

# %%
hidden = np.zeros((8, 8), bool)
hidden[4:] = True
some = [int(np.flatnonzero(test.labels == k)[1]) for k in (0, 3, 5, 8)]
images, labels = test.images[some], test.labels[some]
completed = conditional.complete(images, hidden, labels, n=6, rounds=30)
completion_grid(images, hidden, completed)

# %% [markdown]
# **Next:** [where did the KL go?](4-where-did-the-kl-go.py)
