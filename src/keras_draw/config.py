"""What a network is and how it is trained: two frozen dataclasses, validated when made.

Nothing here imports a numerical library, so `keras-draw --help` can read every field at once.
"""

import dataclasses
import difflib
import math
import numbers
import types
import typing
from dataclasses import dataclass
from typing import Any, Literal, Self

from keras_draw.ranges import (
    LARGEST_COUNT,
    MOST_TIMESTEPS,
    above_zero,
    as_float,
    at_least,
    at_most,
    in_range,
)

Cell = Literal["lstm", "cell-gated", "gru"]
Likelihood = Literal["bernoulli", "gaussian", "discretized-logistic", "logistic-mixture"]
Objective = Literal["elbo", "thesis"]
KLReduction = Literal["auto", "sum", "mean"]
InitialCanvas = Literal["zero", "mean", "learned"]
Schedule = Literal["constant", "cosine", "plateau"]
Precision = Literal["float32", "mixed_bfloat16", "float64"]


def suggest(given: str, known: typing.Iterable[str]) -> str:
    """The end of an error sentence: the nearest known name, or all of them.

    Example:
        >>> suggest("mnits", ["mnist", "digits"])
        "did you mean 'mnist'?"
    """
    known = sorted(known)
    near = difflib.get_close_matches(given, known, n=1)
    return f"did you mean {near[0]!r}?" if near else f"known are: {', '.join(known)}."


@dataclass(frozen=True, kw_only=True)
class Config:
    """Type-checks every field when made, and goes to and from plain JSON values."""

    def __post_init__(self) -> None:
        hints = typing.get_type_hints(type(self))
        for field in dataclasses.fields(self):
            value = _checked(field.name, getattr(self, field.name), hints[field.name])
            object.__setattr__(self, field.name, value)
        self._validate()

    def _validate(self) -> None:
        """Refuse values that have the right type and make no sense."""

    def to_json(self) -> dict[str, Any]:
        """The fields as plain JSON values.

        Returns:
            A dict of numbers, strings, booleans and lists.
        """
        plain = dataclasses.asdict(self)
        return {k: list(v) if isinstance(v, tuple) else v for k, v in plain.items()}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Make a configuration from what `to_json` gave.

        Args:
            values: field names and plain values.

        Raises:
            ValueError: if a field is unknown, missing or has a bad value.
        """
        if not isinstance(values, dict):
            raise ValueError(
                f"A {cls.__name__} must be a JSON object of fields, got {type(values).__name__}."
            )
        known = {f.name: f for f in dataclasses.fields(cls)}
        for name in values:
            if name not in known:
                raise ValueError(f"{cls.__name__} has no field {name!r}: {suggest(name, known)}")
        for name, field in known.items():
            optional = (field.default, field.default_factory) != (dataclasses.MISSING,) * 2
            if not optional and name not in values:
                raise ValueError(f"{cls.__name__} needs the field {name!r}, which is missing.")
        return cls(**values)


def _checked(name: str, value: Any, hint: Any) -> Any:
    """`value` as the type that `hint` asks for, or a ValueError that says what was expected."""
    origin = typing.get_origin(hint)
    if origin is Literal:
        choices = typing.get_args(hint)
        if value not in choices:
            raise ValueError(f"{name} is {value!r}; {suggest(str(value), choices)}")
        return value
    if origin is tuple:
        inner = typing.get_args(hint)
        if not isinstance(value, tuple | list) or len(value) != len(inner):
            raise ValueError(f"{name} is {value!r}; expected {len(inner)} whole numbers.")
        return tuple(_checked(name, v, i) for v, i in zip(value, inner, strict=True))
    if origin in (typing.Union, types.UnionType):
        if value is None:
            return None
        (hint,) = (a for a in typing.get_args(hint) if a is not type(None))
        return _checked(name, value, hint)
    value = _plain(value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        value = as_float(value)
    if not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool):
        what = {
            int: "a whole number",
            float: "a number",
            bool: "true or false",
            str: "text",
        }[hint]
        raise ValueError(f"{name} is {value!r}; expected {what}.")
    return in_range(name, value)


def _plain(value: Any) -> Any:
    """NumPy's numbers, and arrays or tensors of one number, as Python's."""
    if isinstance(value, str):
        return str(value)
    if hasattr(value, "item") and getattr(value, "shape", None) == ():
        return value.item()
    if isinstance(value, numbers.Integral) and not isinstance(value, bool):
        return int(value)
    return value


def whole_number(name: str, value: Any, at_least: int = 0) -> int:
    """A count or a seed, as Python's or NumPy's integer.

    Args:
        name: what the sentence calls it.
        value: what was given.
        at_least: the smallest that makes sense.

    Raises:
        ValueError: if it is no whole number, or smaller.

    Example:
        >>> whole_number("n", 3, at_least=1)
        3
    """
    number: int = _checked(name, value, int)
    if number < at_least:
        raise ValueError(f"{name} is {number}; it must be {at_least} or more.")
    return number


@dataclass(frozen=True, kw_only=True)
class Architecture(Config):
    """The network and its objective, as far as they do not depend on the data."""

    timesteps: int = 8
    """T, the number of strokes the image is painted in."""
    latent_dim: int = 8
    """Z, the latent variables of one timestep; T times Z in all."""
    hidden_dim: int = 256
    """H, the units of the encoder's and of the decoder's recurrent state."""
    read: int | None = None
    """N of the window that the encoder reads through, N x N filters that the decoder places; none:
    the whole image is read."""
    write: int | None = None
    """N of the window that the decoder writes through; none: on the whole canvas."""
    initial_window: float = 1.0
    """Share of the image's longer side that windows span before training, 0 to 1: smaller ones
    learn faster."""
    cell: Cell = "lstm"
    """lstm: gates see the last output (the paper's). cell-gated: gates see the cell's state and
    not the output (the thesis's). gru: two gates, no memory beside the output."""
    share_recurrent: bool = True
    """One encoder and one decoder cell for all timesteps, or one of each per timestep."""
    share_heads: bool = True
    """One set of mu, log_var, z and canvas Dense layers for all timesteps, or one per timestep."""
    latent_dense: bool = False
    """Put a linear Dense Z -> Z between the latents and the decoder (the thesis does)."""
    forget_bias: float = 1.0
    """Start value of the forget gates' bias (0 in the thesis's listing, 1 in Keras's LSTM); of the
    update gates' in a gru, which keep the past there."""
    initial_canvas: InitialCanvas = "zero"
    """Where the canvas starts: zero; mean: the logit of the training images' mean, or that mean
    itself under logistic-mixture (see `DRAW.adapt`); learned: trained, from there if adapted."""
    learned_initial_state: bool = False
    """Train the recurrent state that the first timestep starts from, instead of zeros."""
    likelihood: Likelihood = "bernoulli"
    """bernoulli: cross-entropy. gaussian: squared error, fixed sigma. discretized-logistic: code
    length of 8-bit images, trained scale. logistic-mixture: the same with several logistics a
    pixel, over all its channels."""
    sigma: float = 0.1
    """Standard deviation of the gaussian likelihood (image values run from 0 to 1)."""
    mixture_components: int = 5
    """Logistics of every pixel under logistic-mixture; each takes 10 values of the canvas in
    colour, 3 in grey."""
    dynamic_binarization: bool = False
    """Draw every pixel anew as Bernoulli(pixel) each time an image is seen."""
    objective: Objective = "elbo"
    """elbo: a bound in nats, sums over pixels and latents. thesis: mean over pixels plus mean over
    timesteps of the KL."""
    kl_weight: float = 1.0
    """Factor on the KL term; 1 makes `elbo` a bound."""
    kl_reduction: KLReduction = "auto"
    """How the KL is reduced over the latents of a timestep: sum, mean, or auto (sum under elbo,
    mean under thesis)."""
    kl_warmup_steps: int = 0
    """Training steps over which the KL's weight rises from 0 to kl_weight; 0 is off."""
    free_bits: float = 0.0
    """Nats per timestep (batch mean) below which the KL is not penalised; 0 is off."""
    remat_segment: int = 0
    """Timesteps per rematerialised segment: less memory, more time; 0 is off."""

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
                    f"{name} is {n}; a window has 1 filter or more on a side (None for the whole "
                    "image)."
                )
        if self.objective == "elbo" and self.kl_reduction == "mean":
            raise ValueError(
                "kl_reduction 'mean' with objective 'elbo' is no bound; use kl_reduction 'sum', "
                "or objective 'thesis'."
            )
        if self.objective == "thesis" and self.likelihood not in ("bernoulli", "gaussian"):
            raise ValueError(
                "objective 'thesis' is made of cross-entropy or squared error, which likelihood "
                f"{self.likelihood!r} has not; use objective 'elbo'."
            )
        if self.dynamic_binarization and self.likelihood != "bernoulli":
            raise ValueError(
                f"dynamic_binarization makes pixels 0 or 1 and needs likelihood 'bernoulli', "
                f"not {self.likelihood!r}."
            )
        if self.remat_segment and self.timesteps % self.remat_segment:
            fits = [d for d in range(1, self.timesteps + 1) if self.timesteps % d == 0]
            raise ValueError(
                f"remat_segment {self.remat_segment} does not divide {self.timesteps} timesteps; "
                f"these do: {', '.join(map(str, fits))}."
            )


@dataclass(frozen=True, kw_only=True)
class DRAWConfig(Architecture):
    """Everything that determines a DRAW network: the architecture, and the images it is for.

    Example:
        >>> DRAWConfig(image_shape=(28, 28, 1), timesteps=8, latent_dim=8).num_pixels
        784

    Source: Gregor et al. 2015, sections 2 and 3 (arXiv 1502.04623).
    """

    image_shape: tuple[int, int, int]
    """Height, width and channels of one image."""
    num_classes: int = 0
    """K, the classes of a conditional network; 0 makes it unconditional."""

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

    def _validate_window(self, name: str, n: int | None) -> None:
        smaller = min(self.image_shape[:2])
        if n is None:
            return
        if smaller < 2:
            raise ValueError(
                f"{name} is {n}, and an image of {self.image_shape[0]} x {self.image_shape[1]} "
                "pixels is too small for a window: use images of 2 x 2 or more, or None."
            )
        if n > smaller:
            raise ValueError(
                f"{name} is {n}, more than the {smaller} pixels of the image's smaller side; "
                f"choose 1 to {smaller}, or None for the whole image."
            )

    @property
    def num_pixels(self) -> int:
        """D, the values in one image: height times width times channels."""
        return math.prod(self.image_shape)


@dataclass(frozen=True, kw_only=True)
class TrainConfig(Config):
    """How a network is trained: data, optimiser, schedule, what is kept."""

    dataset: str = "digits"
    """What to train on: NAME[:SPLIT][[START:STOP]], folder:PATH or npz:PATH; for example
    mnist, mnist:train[:1000], folder:photos (`keras-draw data list` shows the names)."""
    validation: float = 0.1
    """Share of the training images kept aside for validation (0 for none). A set that comes with
    its own validation split uses that one."""
    epochs: int = 20
    """Passes over the training images."""
    batch_size: int = 128
    """Images per training step."""
    learning_rate: float = 1e-3
    """Adam's learning rate at the start."""
    schedule: Schedule = "cosine"
    """Learning rate over time: constant; cosine: falls to 0 at the last step; plateau: halved when
    the validation loss stalls."""
    plateau_patience: int = 5
    """Epochs without a better validation loss before `plateau` halves the learning rate."""
    clip_norm: float = 5.0
    """Global norm that gradients are clipped to; 0 is off."""
    weight_decay: float = 0.0
    """AdamW's weight decay; 0 is plain Adam."""
    ema_momentum: float = 0.0
    """Momentum of the weight average used for validation and kept at the end; 0 is off."""
    patience: int = 0
    """Epochs without a better validation loss before training stops early; 0 is off."""
    precision: Precision = "float32"
    """Keras dtype policy; canvas and likelihood stay at least float32."""
    sample_every: int = 0
    """Epochs between grids of samples written to the run folder; 0 is off."""
    seed: int = 0
    """Seed of weights, noise, order of images and validation split."""

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
        if self.seed >= 2**31:
            raise ValueError(f"seed is {self.seed}; it must be below 2**31.")
        if self.validation == 0 and (self.patience or self.schedule == "plateau"):
            raise ValueError(
                "patience and the plateau schedule watch the validation loss; "
                "set validation above 0 or turn them off."
            )
