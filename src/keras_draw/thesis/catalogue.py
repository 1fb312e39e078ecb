"""The experiments over T: networks, the fields that vary, and the size at each scale.

Source: Ballestrazzi 2019, chapters 2 to 4; the comparisons address questions that it leaves open.
"""

from typing import Any, NamedTuple

_POWERS = (1, 2, 4, 8, 16, 32, 64)
SMOKE: dict[str, Any] = {
    "dataset": "digits[:200]", "hidden_dim": 4, "epochs": 1, "batch_size": 64, "ema_momentum": 0.0,
}  # fmt: skip
"""Changes with which any recipe takes only seconds."""


class Scale(NamedTuple):
    """The size of an experiment."""

    timesteps: tuple[int, ...]
    """values of T."""
    changes: dict[str, Any]
    """changes of the recipe."""
    evaluated_on: str = ""
    """specification of the images to measure on; "" for the test split."""


class TimestepsExperiment(NamedTuple):
    """A sweep over T, and its figure."""

    recipe: str
    total_latents: int
    """T times Z."""
    panels: tuple[str, ...]
    """names of measures in `evaluation.measures`."""
    scales: dict[str, Scale]
    vary: dict[str, list[Any]] = {}  # noqa: RUF012 (nothing changes it)
    """fields that vary in addition to T; each value gets a curve."""


_MNIST_LAPTOP: dict[str, Any] = {
    "dataset": "mnist:train[:12000]", "hidden_dim": 256, "epochs": 10, "ema_momentum": 0.99,
}  # fmt: skip
_MNIST_SCALES = {
    "smoke": Scale((1, 2), SMOKE),
    "laptop": Scale(_POWERS[:-1], _MNIST_LAPTOP),
    "full": Scale(_POWERS, {"hidden_dim": 256}),
}
_MNIST_COMPARISON = _MNIST_SCALES | {
    "laptop": Scale((1, 4, 16), _MNIST_LAPTOP),
    "full": Scale((1, 4, 16, 64), {"hidden_dim": 256}),
}


def _comparison(vary: dict[str, list[Any]], panels: tuple[str, ...]) -> TimestepsExperiment:
    """An experiment as in Figure 4.1, unconditional and with fewer T, in which one field varies."""
    return TimestepsExperiment("thesis-mnist", 64, panels, _MNIST_COMPARISON, vary)


EXPERIMENTS = {
    "fig-3.3": TimestepsExperiment(
        recipe="thesis-cifar10",
        total_latents=128,
        panels=("cross_entropy", "fid", "inactive_variables"),
        scales={
            "smoke": Scale((1, 2), SMOKE),
            "laptop": Scale(
                _POWERS[:-1],
                {
                    "dataset": "cifar10:train[:10000]", "hidden_dim": 128, "epochs": 12,
                    "ema_momentum": 0.99,
                },
                "cifar10:test[:1000]",
            ),
            "full": Scale(_POWERS, {"hidden_dim": 128}),
        },
    ),
    "fig-4.1": TimestepsExperiment(
        recipe="thesis-mnist",
        total_latents=64,
        panels=("cross_entropy", "fid"),
        scales=_MNIST_SCALES,
        vary={"conditional": [False, True]},
    ),
    "sharing": _comparison(
        {"share_recurrent": [True, False]}, ("cross_entropy", "fid", "inactive_variables")
    ),
    "likelihoods": _comparison(
        {"likelihood": ["bernoulli", "gaussian"]}, ("mse", "cross_entropy", "kl", "fid")
    ),
    "kl": _comparison({"kl_weight": [1.0, 0.0]}, ("cross_entropy", "fid", "kl")),
}  # fmt: skip
