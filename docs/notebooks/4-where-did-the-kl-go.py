# %% [markdown]
# # Where did the KL go?
#
# Train a VAE carelessly and its latents fall silent. The KL is zero, and every picture is painted as the mean
# of all pictures. This is called *posterior collapse*. It has a threshold that you can compute. And a network
# that looks collapsed may only be asleep.

# %%
# %matplotlib inline
import matplotlib.pyplot as plt
import numpy as np

from keras_draw import DRAW, DRAWConfig
from keras_draw.data import load_images
from keras_draw.figures.grids import image_grid
from keras_draw.thesis.collapse import spectrum

# %% [markdown]
# ## The smallest data set with something to say
#
# Toss two coins. The first decides 12 pixels, the second the other 4. That gives four possible pictures, and
# it takes two bits ($2 \ln 2 = 1.39$ nats) to tell them apart.

# %%
bits = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], "float32")
coins = np.repeat(bits, [12, 4], axis=1).reshape(4, 4, 4, 1)
image_grid(coins[None], scale=20)

# %% [markdown]
# ## What a nat must buy
#
# Training minimises `reconstruction + β · KL`. With $\beta = 1$ this is the bound. With a larger $\beta$ every
# nat of KL costs more. When is it worth saying anything at all?
#
# Near silence, when every picture is painted as the mean image $p$, the answer is an eigenvalue. Let
# $S = \mathrm{diag}\, p(1 - p)$, which holds the variance of each pixel. The number of latents that can start
# to speak is the number of eigenvalues of
#
# $$S^{-1/2}\, \mathrm{Cov}\, S^{-1/2}$$
#
# that are larger than $\beta$. For the coins they are easy to guess: each one is the number of pixels that its
# coin decides.

# %%
print(spectrum(coins)[:4].round(6))

# %% [markdown]
# So the first coin should be worth saying when $\beta$ is below 12, and the second when it is below 4. Let us
# see.

# %%
steps = np.arange(5, 1005, 5)
x = np.tile(coins, (5 * 16, 1, 1, 1))  # five batches of 64


def trained(beta, **options):
    """A tiny trained network, and its KL after every five steps."""
    config = DRAWConfig(
        image_shape=(4, 4, 1), timesteps=2, latent_dim=2, hidden_dim=8, kl_weight=beta, **options
    )
    model = DRAW(config, seed=0)
    model.compile("adam")
    model.optimizer.learning_rate = 1e-2
    history = model.fit(x, epochs=len(steps), batch_size=64, shuffle=False, verbose=0)
    return model, np.array(history.history["kl"])


betas = [1, 2, 6, 9, 14]
networks = {beta: trained(beta) for beta in betas}

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
kl = [np.mean(networks[beta][1][-10:]) for beta in betas]
left.plot(betas, kl, "o-")
for eigenvalue in (4, 12):
    left.axvline(eigenvalue, color="grey", ls="--", lw=1)
left.set(xlabel="β", ylabel="KL, nats", title="after 1,000 steps")
for beta in betas:
    right.plot(steps, networks[beta][1], label=f"β = {beta}")
right.set(
    xlabel="step", ylabel="KL, nats", title="during training", yscale="log", ylim=(1e-3, 5)
)
right.legend(frameon=False, fontsize=8);

# %% [markdown]
# **Left:** with $\beta$ above 12, nothing is said. Between 4 and 12 the latents carry the first coin
# ($\ln 2 = 0.69$ nats), and at $\beta = 1$ both.
# (There the KL is above the 1.39 nats of two coins: it is an upper bound on what the latents tell.) At $\beta = 2$ the second coin is still asleep after 1,000
# steps, although 2 is below 4. The eigenvalues only describe the way out of silence. They do not say how long
# a network needs to find it, or what it can learn once a first latent speaks.
#
# **Right:** it takes time. Silence is a saddle point. Below the threshold some direction leads down, but near
# the saddle the slope is almost zero: encoder and decoder both start close to nothing, and each learns only as
# fast as the other is loud. The closer $\beta$ is to the eigenvalue, the longer the sleep.
#
# > A KL of zero after a short training does not prove a collapse. Compare $\beta$ with the eigenvalue first.
#
# (We once concluded from 900 steps that one objective never uses its latents, whatever the number of strokes.
# It did use them, after about 1,000 steps.)

# %% [markdown]
# This is what the networks paint, each after the same number of steps:

# %%
pictures = np.stack([model.reconstruct(coins) for model, _ in networks.values()])
image_grid(
    np.concatenate([coins[None], pictures]),
    row_labels=["real", *(f"β = {b}" for b in betas)],
    scale=12,
)

# %% [markdown]
# ## Warm-up: speak first, pay later
#
# `kl_warmup_steps` raises the weight of the KL from 0. While the KL is cheap, the latents learn to speak. When
# the price goes up, they keep only what is worth it. Warm-up shortens the sleep. It does not move the
# threshold.

# %%
_, slept = networks[9]
_, warmed = trained(9, kl_warmup_steps=200)
_, too_dear = trained(14, kl_warmup_steps=200)
figure, axes = plt.subplots(figsize=(6, 3), layout="constrained")
axes.plot(steps, slept, label="β = 9")
axes.plot(steps, warmed, label="β = 9, warm-up of 200 steps")
axes.plot(steps, too_dear, label="β = 14, warm-up of 200 steps")
axes.set(xlabel="step", ylabel="KL, nats", ylim=(0, 2.5))
axes.legend(frameon=False);

# %% [markdown]
# ## Free bits: the first nats cost nothing
#
# `free_bits` lets each stroke use a number of nats without paying for them. The drawback is that the network
# will use them. The KL settles at the free amount, whether or not there is that much to say.

# %%
_, free = trained(14, free_bits=0.3)
print(f"β = 14, nothing free: KL {networks[14][1][-10:].mean():.2f} nats")
print(f"β = 14, 0.3 nats free in each of 2 strokes: KL {free[-10:].mean():.2f} nats")

# %% [markdown]
# ## Real digits
#
# Scikit-learn's digits have 64 pixels. How many directions are worth saying at $\beta = 1$? At $\beta = 4$?

# %%
digits = load_images("digits")
eigenvalues = spectrum(digits.images)
print("largest:", eigenvalues[:6].round(1))
for beta in (0.5, 1, 2, 4, 8):
    print(f"β = {beta:3}: {(eigenvalues > beta).sum():2} directions")

# %%
figure, grid = plt.subplots(1, 3, figsize=(9, 2.8), layout="constrained")
rows = [digits.images[None, :12] / 255]
for axes, beta in zip(grid, (0.5, 2, 8), strict=True):
    config = DRAWConfig(
        image_shape=(8, 8, 1),
        timesteps=4,
        latent_dim=8,
        hidden_dim=64,
        kl_weight=beta,
        initial_canvas="mean",
    )
    model = DRAW(config)
    model.compile("adam")
    model.optimizer.learning_rate = 3e-3
    model.fit(digits.images, batch_size=64, epochs=25, verbose=0)
    found = model.encode(digits.images)
    kl = 0.5 * (found.mu**2 + np.exp(found.log_var) - 1 - found.log_var)
    axes.imshow(kl.mean(axis=0).T, vmin=0, vmax=0.5, origin="lower", aspect="auto")
    axes.set(xlabel="stroke", ylabel="latent", xticks=range(4), xticklabels=range(1, 5))
    axes.set_title(f"β = {beta}: {kl.sum(axis=(1, 2)).mean():.1f} nats", fontsize=10)
    rows.append(model.reconstruct(digits.images[:12])[None])

# %%
image_grid(np.concatenate(rows), row_labels=["real", "β = 0.5", "β = 2", "β = 8"])

# %% [markdown]
# A bright cell is a latent that speaks. A larger $\beta$ silences more of them, and what they no longer say is
# missing from the pictures.
#
# **Next:** [is FID a good metric?](5-is-fid-a-good-metric.py)
