"""Named configurations. Settings that a source does not state are listed as assumed."""

from dataclasses import dataclass
from typing import Any

from keras_draw.config import Architecture, TrainConfig, suggest


@dataclass(frozen=True)
class Recipe:
    """A named configuration.

    Args:
        name: value of `--recipe`.
        summary: one line of description.
        architecture: the network.
        training: training settings, including the data set.
        conditional: whether the network gets the labels.
        assumed: settings that the source does not state.
        image_shape: height, width and channels to which the pictures of a folder are converted.
        took: training time on two CPU cores, from docs/results.md; empty if not measured.
        reaches: result on held-out images, from docs/results.md; empty if not measured.
    """

    name: str
    summary: str
    architecture: Architecture
    training: TrainConfig
    conditional: bool
    assumed: tuple[str, ...] = ()
    image_shape: tuple[int, int, int] | None = None
    took: str = ""
    reaches: str = ""


_THESIS_ASSUMED = (
    "share_recurrent", "forget_bias of 0 (its listing sets none)", "initial_canvas", "likelihood",
    "objective", "epochs", "batch_size", "learning_rate", "schedule", "clip_norm", "ema_momentum",
    "validation", "dataset's split",
)  # fmt: skip


def _thesis(timesteps: int, latent_dim: int, hidden_dim: int) -> Architecture:
    """The thesis's network: cell-gated, heads per timestep, a Dense layer after the latents."""
    return Architecture(
        timesteps=timesteps,
        latent_dim=latent_dim,
        hidden_dim=hidden_dim,
        cell="cell-gated",
        share_recurrent=True,
        share_heads=False,
        latent_dense=True,
        forget_bias=0.0,
    )


def _thesis_training(dataset: str, epochs: int) -> TrainConfig:
    return TrainConfig(
        dataset=dataset,
        epochs=epochs,
        validation=0.05,
        learning_rate=2e-3,
        ema_momentum=0.999,
        sample_every=5,
    )


_MEAN_AND_SMALL: dict[str, Any] = {"initial_canvas": "mean", "initial_window": 0.4}
"""Initial canvas and window size with which attention learned fastest (docs/results.md)."""

_PAPER_ASSUMED = (
    "forget_bias of 1", "initial_canvas", "initial_window", "epochs", "batch_size",
    "learning_rate", "schedule", "clip_norm", "ema_momentum", "sharing of all weights",
)  # fmt: skip


def _paper(
    name: str, dataset: str, sizes: tuple[int, int, int], window: tuple[int | None, int | None]
) -> Recipe:
    """A row of the paper's Table 3: T, hidden, Z; read and write.

    The paper names Adam but not its settings; these train well on MNIST.
    """
    timesteps, hidden_dim, latent_dim = sizes
    read, write = window
    seen = "no attention" if read is None else f"read {read}, write {write}"
    return Recipe(
        name,
        f"the paper's Table 3: T {timesteps}, hidden {hidden_dim}, Z {latent_dim}, {seen}",
        Architecture(
            timesteps=timesteps,
            latent_dim=latent_dim,
            hidden_dim=hidden_dim,
            read=read,
            write=write,
            initial_canvas="mean",
            initial_window=0.4,
        ),
        TrainConfig(dataset=dataset, epochs=200, learning_rate=1e-3, ema_momentum=0.999),
        conditional=False,
        assumed=_PAPER_ASSUMED,
    )


def _laptop(
    name: str, summary: str, architecture: Architecture, *, epochs: int, conditional: bool = False,
    dataset: str = "binarized_mnist", weight_decay: float = 0.0, shifted: float = 0.0,
    took: str, reaches: str,
) -> Recipe:  # fmt: skip
    """A recipe that two CPU cores can train in an hour or two."""
    training = TrainConfig(
        dataset=dataset,
        epochs=epochs,
        learning_rate=2e-3,
        ema_momentum=0.999,
        weight_decay=weight_decay,
        shifted=shifted,
        precision="mixed_bfloat16",
    )
    return Recipe(name, summary, architecture, training, conditional, took=took, reaches=reaches)


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            "demo",
            "digits of 8x8 pixels, conditional",
            Architecture(
                timesteps=8,
                latent_dim=6,
                hidden_dim=128,
                share_heads=False,
                initial_canvas="mean",
                # With cross-entropy, 8 x 8 pixels carry so little information that most samples of
                # a class look alike; squared error with a small sigma demands more variety.
                likelihood="gaussian",
                sigma=0.15,
            ),
            TrainConfig(
                dataset="digits",
                epochs=100,
                batch_size=64,
                learning_rate=3e-3,
                ema_momentum=0.99,
            ),
            conditional=True,
            took="22 seconds",
            reaches="all of 500 samples are classified as the requested digit",
        ),
        Recipe(
            "thesis-mnist",
            "the thesis's Figure 3.5: MNIST, T 16, Z 16, hidden 256",
            _thesis(16, 16, 256),
            _thesis_training("mnist", 60),
            conditional=False,
            assumed=_THESIS_ASSUMED,
        ),
        Recipe(
            "thesis-cifar10",
            "the thesis's Figure 3.4: CIFAR-10, T 16, Z 24, hidden 1024",
            _thesis(16, 24, 1024),
            _thesis_training("cifar10", 50),
            conditional=False,
            assumed=_THESIS_ASSUMED,
        ),
        Recipe(
            "thesis-conditional",
            "the thesis's Figure 4.2: MNIST with its labels, T 8, Z 8, hidden 256",
            _thesis(8, 8, 256),
            _thesis_training("mnist", 60),
            conditional=True,
            assumed=_THESIS_ASSUMED,
            took="31.8 minutes",
            reaches="cost 87.99 nats; 99.6 % of 1,000 samples are the requested digit",
        ),
        _paper("paper-mnist", "binarized_mnist", (64, 256, 100), (2, 5)),
        _paper("paper-mnist-full", "binarized_mnist", (64, 256, 100), (None, None)),
        _paper("paper-cifar10", "cifar10", (64, 400, 200), (5, 5)),
        _paper("paper-svhn", "svhn", (32, 800, 100), (12, 12)),
        _laptop(
            "laptop-mnist",
            "binarized MNIST without attention, for likelihood",
            Architecture(timesteps=24, latent_dim=20, initial_canvas="mean"),
            epochs=48,
            weight_decay=0.1,
            shifted=0.64,
            took="109 minutes, on a shared core",
            reaches="-log p(x) <= 86.09 nats",
        ),
        _laptop(
            "laptop-mnist-attention",
            "binarized MNIST with attention, for likelihood",
            Architecture(timesteps=24, latent_dim=20, read=5, write=5, **_MEAN_AND_SMALL),
            epochs=32,
            took="74 minutes, on shared cores",
            reaches="-log p(x) <= 85.99 nats",
        ),
        _laptop(
            "laptop-conditional",
            "MNIST with its labels: digits on demand",
            Architecture(timesteps=8, latent_dim=12, initial_canvas="mean"),
            epochs=16,
            dataset="mnist",
            conditional=True,
            took="26.7 minutes, on shared cores",
            reaches="cost 90.88 nats; 99.1 % of 1,000 samples are the requested digit",
        ),
        _laptop(
            "laptop-cifar10",
            "CIFAR-10 with attention, a true code length in bits/dim",
            Architecture(
                timesteps=8,
                latent_dim=32,
                read=8,
                write=8,
                likelihood="discretized-logistic",
                **_MEAN_AND_SMALL,
            ),
            epochs=5,
            dataset="cifar10",
            took="58.9 minutes, paused most of the time",
            reaches="6.74 bits/dim on held-out training images",
        ),
        Recipe(
            "faces",
            "a folder of faces (such as CelebA) at 48 x 48 with attention: --dataset folder:PATH",
            Architecture(
                timesteps=24,
                latent_dim=32,
                hidden_dim=256,
                read=12,
                write=12,
                likelihood="discretized-logistic",
                **_MEAN_AND_SMALL,
            ),
            TrainConfig(
                dataset="folder:faces",
                validation=0.05,
                epochs=50,
                batch_size=64,
                learning_rate=1e-3,
                ema_momentum=0.999,
                precision="mixed_bfloat16",
                sample_every=5,
            ),
            conditional=False,
            image_shape=(48, 48, 3),
            took="55 minutes on one core",
            reaches="6.09 bits/dim on 1,000 held-out faces",
        ),
    )
}


def get(name: str) -> Recipe:
    """The recipe with this name.

    Raises:
        ValueError: if there is none; the message suggests the nearest name.

    Example:
        >>> get("thesis-conditional").architecture.timesteps
        8
    """
    if name not in RECIPES:
        raise ValueError(f"There is no recipe {name!r}: {suggest(name, RECIPES)}")
    return RECIPES[name]
