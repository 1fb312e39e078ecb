"""The configuration of an evaluation."""

from dataclasses import dataclass

from keras_draw.config.base import Config
from keras_draw.config.ranges import MOST_SAMPLES, above_zero, at_least, at_most


@dataclass(frozen=True, kw_only=True)
class EvaluateConfig(Config):
    """How a network is measured: on which images, with how many draws, by which features."""

    dataset: str = ""
    """Images to measure on, such as mnist:test. If not given: the test split of the training
    data."""
    samples: int = 100
    """K, draws of the latents per image for the importance-weighted likelihood; 0 skips it."""
    threshold: float = 0.9
    """Posterior variance above which a latent counts as inactive."""
    extractor: str = ""
    """Features for Fréchet distance, KID, precision and recall: NAME[:TAP], such as
    inception-2015:768. If not given: digits-classifier for grey images of 28 x 28, else none."""
    seed: int = 0
    """Seed of all random draws."""

    def _validate(self) -> None:
        at_least(self, 0, "samples", "seed")
        at_most(self, MOST_SAMPLES, "samples")
        above_zero(self, "threshold")
