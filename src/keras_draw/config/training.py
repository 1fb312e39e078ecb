"""The configuration of a training."""

from dataclasses import dataclass
from typing import Literal

from keras_draw.config.base import Config
from keras_draw.config.ranges import LARGEST_COUNT, above_zero, at_least, at_most

Schedule = Literal["constant", "cosine", "plateau"]
Optimizer = Literal["adam", "muon"]
Precision = Literal["float32", "mixed_bfloat16", "float64"]


@dataclass(frozen=True, kw_only=True)
class TrainConfig(Config):
    """How a network is trained: data, optimiser, schedule, weight average, sample grids."""

    dataset: str = "digits"
    """The training images: NAME[:SPLIT][[START:STOP:STEP]], folder:PATH, folder:PATH:train (its
    subfolder train if it has both train and test, else all but the tenth that is folder:PATH:test)
    or npz:PATH. Examples: mnist, mnist:train[:1000], folder:photos:train (`keras-draw data list`
    lists the names)."""
    validation: float = 0.1
    """Share of the training images set aside for validation (0 for none). A data set with its own
    validation split uses that one."""
    epochs: int = 20
    """Passes over the training images."""
    batch_size: int = 128
    """Images per training step."""
    learning_rate: float = 1e-3
    """Initial learning rate of the optimizer."""
    optimizer: Optimizer = "adam"
    """adam, or muon: Muon for the recurrent kernels, which all timesteps must share, and Adam with
    the same learning rate for all other weights. In short runs Muon learns more in a step, which
    takes longer; in long ones that is open."""
    schedule: Schedule = "cosine"
    """Learning rate over time. constant: unchanged. cosine: falls to 0 at the last step. plateau:
    halved when the validation loss stalls."""
    plateau_patience: int = 5
    """Epochs without a better validation loss before `plateau` halves the learning rate."""
    clip_norm: float = 5.0
    """Global norm to which gradients are clipped; 0 is off."""
    weight_decay: float = 0.0
    """Decoupled weight decay, times the learning rate (AdamW; likewise Muon); 0 is off."""
    ema_momentum: float = 0.0
    """Momentum of the weight average that is used for validation and kept at the end; 0 is off."""
    patience: int = 0
    """Epochs without a better validation loss before training stops early; 0 is off."""
    shifted: float = 0.0
    """Share of training images shifted by one pixel, each step anew; 0 is off. The network is told
    the shift, and what it knows of unmoved images is kept. For unconditional networks."""
    precision: Precision = "float32"
    """Keras dtype policy. Canvas and likelihood are always at least float32."""
    sample_every: int = 0
    """Epochs between grids of samples that are written to the run folder; 0 is off."""
    seed: int = 0
    """Seed of weights, noise, image order and validation split."""

    def _validate(self) -> None:
        at_least(self, 1, "epochs", "batch_size", "plateau_patience")
        at_least(self, 0, "clip_norm", "weight_decay", "patience", "sample_every", "seed")
        at_most(self, LARGEST_COUNT, "epochs", "plateau_patience", "patience", "sample_every")
        if not 0 <= self.validation < 1:
            raise ValueError(
                f"validation is {self.validation}; expected a share from 0 to below 1."
            )
        above_zero(self, "learning_rate")
        if not 0 <= self.ema_momentum < 1:
            raise ValueError(f"ema_momentum is {self.ema_momentum}; expected 0 to below 1.")
        if not 0 <= self.shifted < 1:
            raise ValueError(f"shifted is {self.shifted}; expected a share from 0 to below 1.")
        if self.seed >= 2**31:
            raise ValueError(f"seed is {self.seed}; it must be below 2**31.")
        if self.validation == 0 and (self.patience or self.schedule == "plateau"):
            raise ValueError(
                "patience and the plateau schedule watch the validation loss; "
                "set validation above 0 or turn them off."
            )
