"""Named tuples that the network's functions take and return, with the shape of each array.

B is the number of images, T of timesteps, Z of latents per timestep, H of hidden units.
D = height * width * channels is the size of an image. P = height * width * the values the
likelihood needs per pixel is the size of a canvas. For most likelihoods P equals D, and the canvas
holds the logits of the mean image.
"""

from typing import Any, NamedTuple, Protocol

from keras_draw.printed import counted

Tensor = Any
"""An array of the current backend, or of NumPy."""


class Inputs(NamedTuple):
    """What a step of Keras's trainer passes to the network; already checked."""

    x: Tensor
    """images (B, H, W, C)."""
    y: Tensor = None
    """labels, (B,) or one-hot (B, K); None for an unconditional network."""


class CellState(NamedTuple):
    """The state of a cell that has a memory (LSTM)."""

    c: Tensor
    """C, the cell's memory (B, H)."""
    h: Tensor
    """h, the cell's output (B, H)."""


class HiddenState(NamedTuple):
    """The state of a cell that has no separate memory (GRU)."""

    h: Tensor
    """h, the cell's output (B, H)."""


class Recurrent(Protocol):
    """The state of any cell: it has an output `h`."""

    @property
    def h(self) -> Tensor:
        """The cell's output (B, H)."""


class State(NamedTuple):
    """The state of the whole network between two timesteps."""

    canvas: Tensor
    """c_t, what has been painted so far (B, P)."""
    encoder: Recurrent
    """the state of the encoder's cell."""
    decoder: Recurrent
    """the state of the decoder's cell."""


class Posterior(NamedTuple):
    """The diagonal Gaussian q(z_t | x, z_1..t-1) of one timestep, and a draw from it."""

    mu: Tensor
    """mean (B, Z)."""
    log_var: Tensor
    """log sigma^2 (B, Z)."""
    z: Tensor
    """the draw mu + sigma * noise (B, Z)."""


class Window(NamedTuple):
    """The position of a grid of N x N filters. Pixels are counted from 1.

    Across, the filters are centred at x + (i - N/2 - 0.5) delta for i = 1..N; likewise down.
    All fields have the same shape, (B,) for one timestep or (B, T) for all.
    """

    x: Tensor
    """g_X, horizontal centre in pixels."""
    y: Tensor
    """g_Y, vertical centre in pixels."""
    sigma: Tensor
    """standard deviation of every filter in pixels: the width of the stroke."""
    delta: Tensor
    """stride between filters in pixels."""
    gamma: Tensor
    """intensity: multiplies what is read, divides what is written."""


class Unroll(NamedTuple):
    """The result of T strokes over a batch."""

    x: Tensor
    """the images as the network saw them, binarized if it binarizes (B, D)."""
    canvas: Tensor
    """c_T (B, P). With all canvases: the logits of the image painted by each of c_1..c_T
    (B, T, D)."""
    mu: Tensor
    """posterior means (B, T, Z)."""
    log_var: Tensor
    """posterior log variances (B, T, Z)."""
    z: Tensor
    """the latents that were drawn (B, T, Z)."""
    windows: dict[str, Window] = {}  # noqa: RUF012 (never modified)
    """`"read"` and `"write"`, each value (B, T). Only with all canvases, and only the windows the
    network has."""


class Painting(NamedTuple):
    """What the decoder painted from given latents."""

    canvas: Tensor
    """c_T (B, P). With all canvases: the logits of the image painted by each of c_1..c_T
    (B, T, D)."""
    windows: dict[str, Window]
    """as in `Unroll`, but `"write"` only."""


class Strokes(NamedTuple):
    """Images stroke by stroke, and the windows the network read and wrote through."""

    images: Tensor
    """the image after every timestep, in [0, 1] (N, T, H, W, C)."""
    read: Window | None
    """the window it read before each stroke, each value (N, T). None if it reads the whole image,
    or in generation, which reads nothing."""
    write: Window | None
    """the window it wrote, each value (N, T). None if it writes on the whole canvas."""

    def __repr__(self) -> str:
        n, t, *size = self.images.shape
        sides = {"read": self.read, "write": self.write}
        windows = [name for name, window in sides.items() if window is not None]
        seen = f"; windows: {', '.join(windows)}" if windows else ""
        shape = " x ".join(map(str, size))
        return f"Strokes({counted(n, 'image')} of {shape} in {counted(t, 'stroke')}{seen})"

    def _repr_html_(self) -> str:
        """An animation of the drawing, for a notebook; `DRAW.show` adds windows and labels."""
        from keras_draw.figures.inline import animation

        return animation(self.images, repr(self)).html


class Latents(NamedTuple):
    """The posterior of every timestep, and one draw from each."""

    mu: Tensor
    """means (B, T, Z)."""
    log_var: Tensor
    """log variances (B, T, Z)."""
    z: Tensor
    """draws (B, T, Z)."""


class Bound(NamedTuple):
    """The evidence lower bound and its parts in nats per image: elbo = -(reconstruction + kl).

    For grey images under the Bernoulli likelihood, the reconstruction is a cross-entropy and the
    sum is not a bound on a likelihood.
    """

    elbo: Tensor
    """lower bound on log p(x) (B,)."""
    reconstruction: Tensor
    """-log p(x | z_1..T) (B,)."""
    kl: Tensor
    """KL(q(z_t | ...) || N(0, I)) of each timestep (B, T); `elbo` uses their sum."""


class Classes(NamedTuple):
    """The score of every class for each image, from a conditional network."""

    bounds: Tensor
    """lower bounds on log p(x | y) in nats (N, K)."""
    probabilities: Tensor
    """p(y | x) computed from the bounds with a uniform prior; rows add up to 1 (N, K)."""
