"""What the network's functions take and return: named arrays, each with its shape.

B images, T timesteps, Z latents per timestep, H hidden units, D = height x width x channels of an
image, P = height x width x the values that the likelihood has of each pixel: a canvas. For most
likelihoods P is D, and a canvas holds the logits of the mean image.
"""

from typing import Any, NamedTuple, Protocol

from keras_draw.printed import counted

Tensor = Any
"""An array of the backend in use, or NumPy's."""


class Inputs(NamedTuple):
    """What a step of Keras's trainer gives the network: it was checked when it came in."""

    x: Tensor
    """images (B, H, W, C)."""
    y: Tensor = None
    """labels, (B,) or one-hot (B, K); None for an unconditional network."""


class CellState(NamedTuple):
    """What a cell with a memory carries from one timestep to the next."""

    c: Tensor
    """C, the cell's memory (B, H)."""
    h: Tensor
    """h, the cell's output (B, H)."""


class HiddenState(NamedTuple):
    """What a cell without a memory of its own carries."""

    h: Tensor
    """h, the cell's output (B, H)."""


class Recurrent(Protocol):
    """The state of any cell."""

    @property
    def h(self) -> Tensor:
        """The cell's output (B, H)."""


class State(NamedTuple):
    """What the whole network carries from one timestep to the next."""

    canvas: Tensor
    """c_t, what is painted so far (B, P)."""
    encoder: Recurrent
    decoder: Recurrent


class Posterior(NamedTuple):
    """One timestep's diagonal Gaussian q(z_t | x, z_1..t-1), and a draw from it."""

    mu: Tensor
    """mean (B, Z)."""
    log_var: Tensor
    """log sigma^2 (B, Z)."""
    z: Tensor
    """the draw mu + sigma * noise (B, Z)."""


class Window(NamedTuple):
    """Where a grid of N x N filters lies; pixels are counted from 1.

    Its filters are centred at x + (i - N/2 - 0.5) delta for i = 1..N, and likewise down.
    """

    x: Tensor
    """g_X, centre across, pixels (B,) or (B, T)."""
    y: Tensor
    """g_Y, centre down, pixels, the same shape."""
    sigma: Tensor
    """standard deviation of every filter, pixels: the width of the stroke, the same shape."""
    delta: Tensor
    """stride between filters, pixels, the same shape."""
    gamma: Tensor
    """intensity: what is read is multiplied by it, what is written divided, the same shape."""


class Unroll(NamedTuple):
    """Everything that T strokes over a batch leave behind."""

    x: Tensor
    """the images that were seen, binarized if the network does that (B, D)."""
    canvas: Tensor
    """c_T (B, P); where all canvases were asked for, the logits of the image painted by each of
    c_1..c_T (B, T, D)."""
    mu: Tensor
    """posterior means (B, T, Z)."""
    log_var: Tensor
    """posterior log variances (B, T, Z)."""
    z: Tensor
    """the latents that were drawn (B, T, Z)."""
    windows: dict[str, Window] = {}  # noqa: RUF012 (nothing changes it)
    """`"read"` and `"write"`, each value (B, T), where the network has them and all canvases were
    asked for."""


class Painting(NamedTuple):
    """What the decoder painted from given latents."""

    canvas: Tensor
    """c_T (B, P); where all canvases were asked for, the logits of the image painted by each of
    c_1..c_T (B, T, D)."""
    windows: dict[str, Window]
    """as in `Unroll`; the decoder only writes."""


class Strokes(NamedTuple):
    """Images stroke by stroke, with where the network looked and wrote."""

    images: Tensor
    """in [0, 1], after every timestep (N, T, H, W, C)."""
    read: Window | None
    """where it looked before each stroke, each value (N, T); None if it reads the whole image, or
    nothing, as in generation."""
    write: Window | None
    """where it wrote, each value (N, T); None if it writes on the whole canvas."""

    def __repr__(self) -> str:
        n, t, *size = self.images.shape
        sides = {"read": self.read, "write": self.write}
        windows = [name for name, window in sides.items() if window is not None]
        seen = f"; windows: {', '.join(windows)}" if windows else ""
        shape = " x ".join(map(str, size))
        return f"Strokes({counted(n, 'image')} of {shape} in {counted(t, 'stroke')}{seen})"

    def _repr_html_(self) -> str:
        """The images being drawn, for a notebook; `DRAW.show` adds windows and labels."""
        from keras_draw.figures.inline import animation

        return animation(self.images, repr(self)).html


class Latents(NamedTuple):
    """The posterior of every timestep, and a draw from each."""

    mu: Tensor
    """means (B, T, Z)."""
    log_var: Tensor
    """log variances (B, T, Z)."""
    z: Tensor
    """draws (B, T, Z)."""


class Bound(NamedTuple):
    """The evidence lower bound and its parts, nats per image: elbo = -(reconstruction + kl).

    Of grey images under the Bernoulli likelihood the reconstruction is a cross-entropy, and the
    sum no bound on a likelihood.
    """

    elbo: Tensor
    """lower bound on log p(x) (B,)."""
    reconstruction: Tensor
    """-log p(x | z_1..T) (B,)."""
    kl: Tensor
    """KL(q(z_t | ...) || N(0, I)) of every timestep (B, T)."""


class Classes(NamedTuple):
    """What a conditional network finds of each class."""

    bounds: Tensor
    """lower bounds on log p(x | y), nats (N, K)."""
    probabilities: Tensor
    """p(y | x) by them, all classes equally likely before; rows add up to 1 (N, K)."""
