"""What a trained network draws: images painted again, new ones, ways between them."""

from typing import Any

import numpy as np
from keras import ops

from keras_draw.config import whole_number
from keras_draw.models import recurrence
from keras_draw.models.inputs import check_labels
from keras_draw.models.measuring import Measuring
from keras_draw.models.memory import FLOAT, check_fits
from keras_draw.models.outputs import Painting, Strokes, Tensor, Unroll
from keras_draw.pixels import as_array


class Drawing(Measuring):
    """The methods of `DRAW` that draw."""

    def reconstruct(
        self,
        x: Any,
        y: Any = None,
        *,
        steps: bool = False,
        windows: bool = False,
        seed: int = 0,
        batch_size: int = 256,
    ) -> Any:
        """Images as the network paints them again.

        Args:
            x: images (N, H, W, C).
            y: labels, for a conditional network.
            steps: give the image after every timestep.
            windows: give `Strokes`: the image after every timestep, and where the network looked
                and wrote.
            seed: of the latents' noise.
            batch_size: images at a time.

        Returns:
            float32 in [0, 1], (N, H, W, C), or (N, T, H, W, C) with `steps`; or `Strokes`.

        Raises:
            ValueError: if images or labels do not fit, or windows are asked for and there are none.

        Example:
            >>> model.reconstruct(images[:8], labels[:8], steps=True)   # doctest: +SKIP
        """
        if windows:
            self._check_windows(self.config.read or self.config.write)
        unrolled = self._unrolled(x, y, seed, batch_size, all_canvases=steps or windows)
        return self._drawn(unrolled, windows=windows)

    def generate(
        self,
        n: int,
        y: Any = None,
        *,
        steps: bool = False,
        windows: bool = False,
        seed: int = 0,
        batch_size: int = 256,
    ) -> Any:
        """New images: latents from N(0, I), and the decoder that was trained.

        Args:
            n: how many.
            y: labels (n,) or one label for all; a conditional network without them draws the
                classes in turn.
            steps: give the image after every timestep.
            windows: give `Strokes`: the image after every timestep, and where the network wrote.
            seed: same seed, same pictures; the first images do not depend on `n`.
            batch_size: images at a time.

        Returns:
            float32 in [0, 1], (n, H, W, C), or (n, T, H, W, C) with `steps`; or `Strokes`.

        Raises:
            ValueError: if `n` or labels are out of range, or windows are asked for and the network
                writes on the whole canvas.

        Example:
            >>> model.generate(16, y=9, seed=1)             # doctest: +SKIP
        """
        n, seed = whole_number("n", n, at_least=1), whole_number("seed", seed)
        config = self.config
        if windows:
            self._check_windows(config.write)
        steps = steps or windows
        kept = config.num_pixels * (config.timesteps if steps else 1)
        needed = FLOAT * n * (2.0 * kept + 4.0 * config.timesteps * config.latent_dim)
        check_fits(needed, f"Drawing {n} images at once", "ask for fewer, with several seeds")
        if y is None and config.num_classes:
            y = np.arange(n) % config.num_classes
        y = check_labels(config, y, n)
        painting = self._painting(self._noise(n, seed), y, steps=steps, batch_size=batch_size)
        return self._drawn(painting, windows=windows)

    def decode(
        self, z: Any, y: Any = None, *, steps: bool = False, batch_size: int = 256
    ) -> np.ndarray:
        """Images painted from given latents.

        Args:
            z: latents (N, T, Z), finite.
            y: labels, for a conditional network.
            steps: give the image after every timestep.
            batch_size: images at a time.

        Returns:
            float32 in [0, 1], (N, H, W, C), or (N, T, H, W, C) with `steps`.

        Raises:
            ValueError: if latents or labels do not fit, or a latent is not a finite number.
        """
        z = as_array(z, "Latents")
        expected = (self.config.timesteps, self.config.latent_dim)
        if z.ndim != 3 or z.shape[1:] != expected or len(z) == 0:
            raise ValueError(
                f"Latents have shape {z.shape}; this network takes (N, T, Z) with T and Z "
                f"{expected[0]} and {expected[1]}."
            )
        if z.dtype.kind not in "iuf" or not np.isfinite(z).all():
            raise ValueError(f"Latents of type {z.dtype} hold what is no finite number.")
        y = check_labels(self.config, y, len(z))
        return self._images(self._painting(z, y, steps=steps, batch_size=batch_size).canvas)

    def interpolate(
        self, x_a: Any, x_b: Any, n: int, y_a: Any = None, y_b: Any = None
    ) -> np.ndarray:
        """Images on the way from some to others, through the latents of all timesteps.

        Args:
            x_a: images to start from (N, H, W, C).
            x_b: images to arrive at (N, H, W, C).
            n: images on each way, both ends included; 2 or more.
            y_a: labels of `x_a`, for a conditional network.
            y_b: labels of `x_b`; those of `x_a` if not given. Labels are mixed like latents.

        Returns:
            float32 in [0, 1] (N, n, H, W, C): posterior means, mixed linearly, painted.
        """
        n = whole_number("n", n, at_least=2)
        y_b = y_a if y_b is None else y_b
        ends = [self._unrolled(x, y, None, 256).z for x, y in ((x_a, y_a), (x_b, y_b))]
        if ends[0].shape != ends[1].shape:
            raise ValueError(
                f"There are {len(ends[0])} images to start from and {len(ends[1])} to arrive at; "
                "give as many of each."
            )
        share = np.linspace(0, 1, n).reshape(1, n, 1, 1)
        z = (1 - share) * ends[0][:, None] + share * ends[1][:, None]
        labels = [check_labels(self.config, y, len(z)) for y in (y_a, y_b)]
        y = None
        if labels[0] is not None and labels[1] is not None:
            y = (1 - share[..., 0]) * labels[0][:, None] + share[..., 0] * labels[1][:, None]
            y = y.reshape(-1, self.config.num_classes)
        painting = self._painting(z.reshape(-1, *z.shape[2:]), y, steps=False, batch_size=256)
        return self._images(painting.canvas).reshape(len(z), n, *self.config.image_shape)

    def _painting(
        self, z: np.ndarray, y: np.ndarray | None, *, steps: bool, batch_size: int
    ) -> Painting:
        config = self.config

        def painting(weights: dict[str, Tensor], z: Tensor, y: Tensor | None) -> Painting:
            z = ops.swapaxes(z, 0, 1)
            found = recurrence.decode(config, weights, y, z, all_canvases=steps)
            return found if steps else self._as_logits(found)

        return self._in_batches(("decode", steps), painting, (z, y), batch_size)

    def _drawn(self, painting: Painting | Unroll, *, windows: bool) -> Any:
        """Images alone, or with the windows."""
        images = self._images(painting.canvas)
        if not windows:
            return images
        return Strokes(images, painting.windows.get("read"), painting.windows.get("write"))

    def _check_windows(self, n: int | None) -> None:
        if n is None:
            raise ValueError(
                "This network has no window to show here: it was made with read "
                f"{self.config.read} and write {self.config.write} (None is the whole image; "
                "generation only writes)."
            )

    def _images(self, logits: np.ndarray) -> np.ndarray:
        shape = (*logits.shape[:-1], *self.config.image_shape)
        sigmoid = 0.5 + 0.5 * np.tanh(logits / 2)  # overflows for no logits
        return sigmoid.astype("float32").reshape(shape)
