# %% [markdown]
# # Where did the KL go?
#
# Train a VAE carelessly and its latents fall silent: the KL is zero, every picture is painted as the mean of
# all. This is *posterior collapse*. It has a threshold that can be computed, and a network that looks
# collapsed may only be asleep.

# %%
# %matplotlib inline
import matplotlib.pyplot as plt
import numpy as np

from keras_draw import DRAW, DRAWConfig
from keras_draw.data import load_images
from keras_draw.figures.grids import image_grid
from keras_draw.thesis.collapse import spectrum

# %% [markdown]
# ## The smallest world with something to say
#
# Two coins. The first decides 12 pixels, the second the other 4. There are four pictures, and two bits
# ($2 \ln 2 = 1.39$ nats) tell them apart.

# %%
bits = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], "float32")
coins = np.repeat(bits, [12, 4], axis=1).reshape(4, 4, 4, 1)
image_grid(coins[None], scale=20)

# %% [markdown]
# ## What a nat must buy
#
# Training lowers `reconstruction + β · KL`. With $\beta = 1$ that is the bound; with a larger one every nat
# of KL costs more. When is it worth saying something at all?
#
# Near silence, where every picture is painted as the mean image $p$, the answer is an eigenvalue. Let
# $S = \mathrm{diag}\, p(1 - p)$. As many latents can begin to speak as
#
# $$S^{-1/2}\, \mathrm{Cov}\, S^{-1/2}$$
#
# has eigenvalues above $\beta$. Here they are what one would guess: how many pixels each coin decides.

# %%
print(spectrum(coins)[:4].round(6))

# %% [markdown]
# So the first coin should be worth saying below $\beta = 12$, the second below 4. Let us see.

# %%
steps = np.arange(5, 1005, 5)
x = np.tile(coins, (5 * 16, 1, 1, 1))  # five batches of 64


def trained(beta, **options):
    """A tiny network, and its KL after every five steps."""
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
left.set(xlabel="β", ylabel="KL at the end, nats", title="what is still worth saying")
for beta in betas:
    right.plot(steps, networks[beta][1], label=f"β = {beta}")
right.set(
    xlabel="step", ylabel="KL, nats", title="and when it is said", yscale="log", ylim=(1e-3, 5)
)
right.legend(frameon=False, fontsize=8);

# %% [markdown]
# Left: above 12 nothing is said; between 4 and 12 the first coin ($\ln 2 = 0.69$ nats); at $\beta = 1$ both.
# At 2 the second coin sleeps after 1,000 steps, though 2 is below 4. The eigenvalues say which ways lead out of
# silence. They say neither when a network finds them, nor what is open to it once a first latent speaks.
#
# Right: **how long it takes**. Silence is a saddle. Below the threshold there is a way down, but near the top it is almost level: encoder and decoder
# both begin near nothing, and each learns only as fast as the other is loud. The closer β is to the
# eigenvalue, the longer the sleep.
#
# > A KL of zero after a short training is not a collapse. Compare β with the eigenvalue before you say so.
#
# (We once concluded from 890 steps that an objective uses no latent at any number of strokes. It did, after
# about 1,000 steps.)

# %% [markdown]
# What they paint, each after the same number of steps:

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
# `kl_warmup_steps` lets the weight rise from 0. While speech is free the latents learn to speak; when the
# price comes, they keep what is worth it, and no more. It shortens the sleep and moves no threshold.

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
# ## Free bits: a first helping for nothing
#
# `free_bits` lets each stroke have so many nats without paying. The price is that it will take them: the KL
# settles at what is free, whether or not there is so much to say.

# %%
_, free = trained(14, free_bits=0.3)
print(
    f"β = 14: KL {networks[14][1][-10:].mean():.2f} nats; with 0.3 nats free in each of 2 strokes: {free[-10:].mean():.2f}"
)

# %% [markdown]
# ## Real digits
#
# Scikit-learn's digits, 64 pixels. How many directions are worth saying at $\beta = 1$? At 4?

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
# A bright cell is a latent that speaks. A larger β silences them one by one, and what they no longer say is
# missing from the pictures.
#
# **Next:** [is FID a good metric?](5-is-fid-a-good-metric.py)
