"""Named configurations. What the thesis does not say is listed as assumed."""

from dataclasses import dataclass

from keras_draw.config import Architecture, TrainConfig, suggest


@dataclass(frozen=True)
class Recipe:
    """A configuration with a name.

    Args:
        name: what `--recipe` takes.
        summary: one line for people.
        architecture: the network.
        training: how it is trained, and on what.
        conditional: whether the labels are given to the network.
        assumed: fields that the source does not state.
    """

    name: str
    summary: str
    architecture: Architecture
    training: TrainConfig
    conditional: bool
    assumed: tuple[str, ...] = ()


_THESIS_ASSUMED = (
    "share_recurrent", "forget_bias of 0 (its listing sets none)", "initial_canvas", "likelihood",
    "objective", "epochs", "batch_size", "learning_rate", "schedule", "clip_norm", "ema_momentum",
    "validation", "dataset's split",
)  # fmt: skip


def _thesis(timesteps: int, latent_dim: int, hidden_dim: int) -> Architecture:
    """The thesis's network: its cell, heads per timestep, a Dense layer after the latents."""
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


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            "demo",
            "digits of 8x8 pixels, conditional: half a minute on two cores",
            Architecture(
                timesteps=8,
                latent_dim=6,
                hidden_dim=128,
                share_heads=False,
                initial_canvas="mean",
                # Under cross-entropy eight pixels a side carry so little that most samples of a
                # class look alike; squared error with a small sigma asks for more.
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
        ),
    )
}


def get(name: str) -> Recipe:
    """The recipe of that name.

    Raises:
        ValueError: if there is none, with the nearest name.

    Example:
        >>> get("thesis-conditional").architecture.timesteps
        8
    """
    if name not in RECIPES:
        raise ValueError(f"There is no recipe {name!r}: {suggest(name, RECIPES)}")
    return RECIPES[name]
