"""The configuration of a network."""

import dataclasses
import math
from dataclasses import dataclass
from typing import Literal

from keras_draw.config.base import Config
from keras_draw.config.classes import check_class_names, index_of
from keras_draw.config.ranges import (
    LARGEST_COUNT,
    MOST_TIMESTEPS,
    above_zero,
    at_least,
    at_most,
)

Cell = Literal["lstm", "cell-gated", "gru"]
Likelihood = Literal["bernoulli", "gaussian", "discretized-logistic", "logistic-mixture"]
Objective = Literal["elbo", "thesis"]
KLReduction = Literal["auto", "sum", "mean"]
InitialCanvas = Literal["zero", "mean", "learned"]


@dataclass(frozen=True, kw_only=True)
class Architecture(Config):
    """The parts of the network and its objective that do not depend on the data."""

    timesteps: int = 8
    """T, the number of strokes in which the image is painted."""
    latent_dim: int = 8
    """Z, the number of latent variables per timestep; T times Z in all."""
    hidden_dim: int = 256
    """H, the size of the recurrent state of the encoder and of the decoder."""
    read: int | None = None
    """N of the window that the encoder reads through: N x N filters that the decoder places. None:
    read the whole image."""
    write: int | None = None
    """N of the window that the decoder writes through. None: write to the whole canvas."""
    initial_window: float = 1.0
    """Share of the image's longer side that windows span before training, 0 to 1. Smaller windows
    learn faster."""
    cell: Cell = "lstm"
    """lstm: gates see the last output (as in the paper). cell-gated: gates see the cell state
    instead (as in the thesis). gru: two gates, no memory other than the output."""
    share_recurrent: bool = True
    """One encoder and one decoder cell for all timesteps, or one of each per timestep."""
    share_heads: bool = True
    """One set of mu, log_var, z and canvas Dense layers for all timesteps, or one per timestep."""
    latent_dense: bool = False
    """Put a linear Dense layer Z -> Z between the latents and the decoder (as in the thesis)."""
    forget_bias: float = 1.0
    """Initial bias of the forget gates (0 in the thesis's listing, 1 in Keras's LSTM), or of the
    update gates of a gru, which keep the past."""
    initial_canvas: InitialCanvas = "zero"
    """The canvas before the first stroke. zero: all zeros. mean: the logit of the training images'
    mean, or the mean itself under logistic-mixture (see `DRAW.adapt`). learned: trained, starting
    from the mean if adapted."""
    learned_initial_state: bool = False
    """Train the initial recurrent state instead of starting from zeros."""
    likelihood: Likelihood = "bernoulli"
    """bernoulli: cross-entropy. gaussian: squared error, fixed sigma. discretized-logistic: code
    length of 8-bit images, trained scale. logistic-mixture: the same with several logistics per
    pixel, over all its channels."""
    sigma: float = 0.1
    """Standard deviation of the gaussian likelihood (pixel values range from 0 to 1)."""
    mixture_components: int = 5
    """Logistics per pixel under logistic-mixture. Each uses 10 canvas values in colour, 3 in
    grey."""
    dynamic_binarization: bool = False
    """Sample every pixel from Bernoulli(pixel) each time an image is used."""
    objective: Objective = "elbo"
    """elbo: a bound in nats, with sums over pixels and latents. thesis: the mean over pixels plus
    the KL's mean over timesteps."""
    kl_weight: float = 1.0
    """Factor on the KL term. Under `elbo`, 1 gives a bound."""
    kl_reduction: KLReduction = "auto"
    """How the KL is reduced over the latents of a timestep: sum, mean, or auto (sum under elbo,
    mean under thesis)."""
    kl_warmup_steps: int = 0
    """Training steps over which the KL's weight rises from 0 to kl_weight; 0 is off."""
    free_bits: float = 0.0
    """Nats per timestep (batch mean) below which the KL is not penalised; 0 is off."""
    remat_segment: int = 0
    """Timesteps per rematerialised segment. Saves memory and takes more time; 0 is off."""

    def _validate(self) -> None:
        at_least(self, 1, "timesteps", "latent_dim", "hidden_dim", "mixture_components")
        at_least(self, 0, "kl_weight", "kl_warmup_steps", "free_bits", "remat_segment")
        at_most(self, LARGEST_COUNT, "kl_warmup_steps")
        if self.timesteps > MOST_TIMESTEPS:
            raise ValueError(f"timesteps is {self.timesteps}; choose fewer timesteps.")
        above_zero(self, "sigma", "initial_window")
        if self.initial_window > 1:
            raise ValueError(
                f"initial_window is {self.initial_window}; expected a share above 0, up to 1."
            )
        for name in ("read", "write"):
            n = getattr(self, name)
            if n is not None and n < 1:
                raise ValueError(
                    f"{name} is {n}; a window needs 1 or more filters per side (None for the whole "
                    "image)."
                )
        if self.objective == "elbo" and self.kl_reduction == "mean":
            raise ValueError(
                "kl_reduction 'mean' with objective 'elbo' does not give a bound; use kl_reduction "
                "'sum', or objective 'thesis'."
            )
        if self.objective == "thesis" and self.likelihood not in ("bernoulli", "gaussian"):
            raise ValueError(
                "objective 'thesis' needs cross-entropy or squared error, which likelihood "
                f"{self.likelihood!r} does not define; use objective 'elbo'."
            )
        if self.dynamic_binarization and self.likelihood != "bernoulli":
            raise ValueError(
                f"dynamic_binarization makes pixels 0 or 1 and needs likelihood 'bernoulli', "
                f"not {self.likelihood!r}."
            )
        if self.remat_segment and self.timesteps % self.remat_segment:
            fits = [d for d in range(1, self.timesteps + 1) if self.timesteps % d == 0]
            raise ValueError(
                f"remat_segment is {self.remat_segment}, which does not divide {self.timesteps} "
                f"timesteps; choose from {', '.join(map(str, fits))}."
            )


@dataclass(frozen=True, kw_only=True)
class DRAWConfig(Architecture):
    """Everything that determines a DRAW network: its architecture, image shape and classes.

    Example:
        >>> DRAWConfig(image_shape=(28, 28, 1), timesteps=8, latent_dim=8).num_pixels
        784

    Source: Gregor et al. 2015, sections 2 and 3 (arXiv 1502.04623).
    """

    image_shape: tuple[int, int, int]
    """Height, width and channels of one image."""
    num_classes: int = 0
    """K, the number of classes of a conditional network; 0 for an unconditional one."""
    class_names: tuple[str, ...] = ()
    """The names of the K classes, for use as labels. Empty: their numbers, 0 to K-1."""

    def _validate(self) -> None:
        super()._validate()
        if min(self.image_shape) < 1:
            raise ValueError(
                f"image_shape is {self.image_shape}; height, width and channels must be 1 or more."
            )
        for name in ("read", "write"):
            self._validate_window(name, getattr(self, name))
        at_least(self, 0, "num_classes")
        if self.num_classes == 1:
            raise ValueError("num_classes is 1; a condition needs 2 classes or more (0 for none).")
        check_class_names(self.class_names, self.num_classes)

    def _validate_window(self, name: str, n: int | None) -> None:
        smaller = min(self.image_shape[:2])
        if n is None:
            return
        if smaller < 2:
            raise ValueError(
                f"{name} is {n}, but an image of {self.image_shape[0]} x {self.image_shape[1]} "
                "pixels is too small for a window: use images of 2 x 2 or more, or None."
            )
        if n > smaller:
            raise ValueError(
                f"{name} is {n}, more than the {smaller} pixels of the image's smaller side; "
                f"choose 1 to {smaller}, or None for the whole image."
            )

    @property
    def architecture(self) -> Architecture:
        """The fields that do not depend on the images."""
        names = (field.name for field in dataclasses.fields(Architecture))
        return Architecture(**{name: getattr(self, name) for name in names})

    @property
    def num_pixels(self) -> int:
        """D, the number of values in one image: height times width times channels."""
        return math.prod(self.image_shape)

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the K classes; "0" to "K-1" if none were given."""
        return self.class_names or tuple(str(k) for k in range(self.num_classes))

    def class_index(self, label: int | str) -> int:
        """The index of the class that a label means.

        Args:
            label: an index from 0 to K-1, or a class name. A string of digits is also an index,
                unless a class name consists of digits.

        Returns:
            0 to K-1.

        Raises:
            ValueError: if there is no such class; the message lists the classes.

        Example:
            >>> shapes = DRAWConfig(
            ...     image_shape=(8, 8, 1), num_classes=2, class_names=("circle", "square")
            ... )
            >>> shapes.class_index("square"), shapes.class_index(0)
            (1, 0)
        """
        return index_of(label, self.classes)
