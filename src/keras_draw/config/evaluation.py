"""What is measured of a network, and on what."""

from dataclasses import dataclass

from keras_draw.config.base import Config
from keras_draw.config.ranges import MOST_SAMPLES, above_zero, at_least, at_most


@dataclass(frozen=True, kw_only=True)
class EvaluateConfig(Config):
    """What is measured of a network: images, likelihood, latents, features."""

    dataset: str = ""
    """Images to measure on, such as mnist:test; the test split of what it was trained on if not
    given."""
    samples: int = 100
    """K, draws of the latents per image for the importance-weighted likelihood; 0 leaves it out."""
    threshold: float = 0.9
    """Posterior variance above which a latent counts as inactive."""
    extractor: str = ""
    """Features for Fréchet distance, KID, precision and recall: NAME[:TAP], such as
    inception-2015:768; digits-classifier for grey pictures of 28 x 28 if not given."""
    seed: int = 0
    """Seed of all draws."""

    def _validate(self) -> None:
        at_least(self, 0, "samples", "seed")
        at_most(self, MOST_SAMPLES, "samples")
        above_zero(self, "threshold")
