"""What a trained network is asked for: images painted again, new images, latents, bounds."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_draw.config import DRAWConfig
from keras_draw.models import recurrence
from keras_draw.models.compiled import compiled
from keras_draw.models.inputs import UINT8_MAX, check_images, check_labels
from keras_draw.models.likelihoods import likelihood_of
from keras_draw.models.memory import FLOAT, check_fits
from keras_draw.models.objective import gaussian_kl
from keras_draw.models.outputs import Bound, Latents, Tensor, Unroll
from keras_draw.models.precision import state_dtype


class Drawing:
    """The methods of `DRAW` that look and draw; noise is NumPy's, the same on every backend."""

    config: DRAWConfig
    compute_dtype: str
    _compiled: dict[Any, Callable[..., Any]]
    _tensors: Callable[[], dict[str, Tensor]]

    def reconstruct(
        self,
        x: Any,
        y: Any = None,
        *,
        steps: bool = False,
        seed: int = 0,
        batch_size: int = 256,
    ) -> np.ndarray:
        """Images as the network paints them again.

        Args:
            x: images (N, H, W, C).
            y: labels, for a conditional network.
            steps: give the image after every timestep.
            seed: of the latents' noise.
            batch_size: images at a time.

        Returns:
            float32 in [0, 1], (N, H, W, C), or (N, T, H, W, C) with `steps`.

        Example:
            >>> model.reconstruct(images[:8], labels[:8], steps=True)   # doctest: +SKIP
        """
        canvas = self._unrolled(x, y, seed, batch_size, all_canvases=steps).canvas
        return self._images(canvas)

    def generate(
        self,
        n: int,
        y: Any = None,
        *,
        steps: bool = False,
        seed: int = 0,
        batch_size: int = 256,
    ) -> np.ndarray:
        """New images: latents from N(0, I), and the decoder that was trained.

        Args:
            n: how many.
            y: labels (n,) or one label for all; a conditional network without them draws the
                classes in turn.
            steps: give the image after every timestep.
            seed: same seed, same pictures; the first images do not depend on `n`.
            batch_size: images at a time.

        Returns:
            float32 in [0, 1], (n, H, W, C), or (n, T, H, W, C) with `steps`.

        Example:
            >>> model.generate(16, y=9, seed=1)             # doctest: +SKIP
        """
        if n < 1:
            raise ValueError(f"n is {n}; ask for 1 image or more.")
        config = self.config
        kept = config.num_pixels * (config.timesteps if steps else 1)
        needed = FLOAT * n * (kept + 2 * config.timesteps * config.latent_dim)
        check_fits(needed, f"Drawing {n} images at once", "ask for fewer, with several seeds")
        if y is None and self.config.num_classes:
            y = np.arange(n) % self.config.num_classes
        return self.decode(self._noise(n, seed), y, steps=steps, batch_size=batch_size)

    def decode(
        self, z: Any, y: Any = None, *, steps: bool = False, batch_size: int = 256
    ) -> np.ndarray:
        """Images painted from given latents.

        Args:
            z: latents (N, T, Z).
            y: labels, for a conditional network.
            steps: give the image after every timestep.
            batch_size: images at a time.

        Returns:
            float32 in [0, 1], (N, H, W, C), or (N, T, H, W, C) with `steps`.
        """
        z = np.asarray(z)
        expected = (self.config.timesteps, self.config.latent_dim)
        if z.ndim != 3 or z.shape[1:] != expected or len(z) == 0:
            raise ValueError(
                f"Latents have shape {z.shape}; this network takes (N, T, Z) with T and Z "
                f"{expected[0]} and {expected[1]}."
            )
        y = check_labels(self.config, y, len(z))
        return self._decode(z, y, steps=steps, batch_size=batch_size)

    def encode(self, x: Any, y: Any = None, *, seed: int = 0, batch_size: int = 256) -> Latents:
        """The posterior of every timestep, and a draw from it.

        Args:
            x: images (N, H, W, C).
            y: labels, for a conditional network.
            seed: of the draw. (Later posteriors depend on earlier draws.)
            batch_size: images at a time.

        Returns:
            mu, log_var and z, each (N, T, Z).
        """
        unrolled = self._unrolled(x, y, seed, batch_size)
        return Latents(unrolled.mu, unrolled.log_var, unrolled.z)

    def elbo(self, x: Any, y: Any = None, *, seed: int = 0, batch_size: int = 256) -> Bound:
        """The evidence lower bound of each image, whatever objective was trained.

        Args:
            x: images (N, H, W, C).
            y: labels, for a conditional network: the bound is then on log p(x | y).
            seed: of the latents' noise (one draw) and of dynamic binarization.
            batch_size: images at a time.

        Returns:
            elbo (N,), reconstruction (N,) and kl (N, T), nats per image.
        """
        config = self.config

        def bound(weights: dict[str, Tensor], x: Tensor, y: Tensor | None, noise: Tensor) -> Bound:
            found = recurrence.unroll(config, weights, x, y, ops.swapaxes(noise, 0, 1))
            likelihood = likelihood_of(config, weights.get("log_scale"))
            cost = likelihood.negative_log_likelihood(found.x, found.canvas)
            kl = ops.sum(gaussian_kl(found.mu, found.log_var), axis=-1)
            return Bound(-(cost + ops.sum(kl, axis=-1)), cost, kl)

        return self._in_batches("elbo", bound, self._given(x, y, seed), batch_size)

    def log_weights(
        self, x: Any, y: Any = None, *, seed: int = 0, draw: int = 0, batch_size: int = 256
    ) -> np.ndarray:
        """Log p(x, z) / q(z | x) for one draw of the latents: what importance sampling averages.

        Args:
            x: images (N, H, W, C).
            y: labels, for a conditional network.
            seed: of the noise, and of the binarization where the network binarizes.
            draw: which draw; another one has other noise and the same binarized images.
            batch_size: images at a time.

        Returns:
            nats (N,). Their mean over draws is the bound, `elbo` without its closed-form KL.

        Source: Burda et al. 2016 (arXiv 1509.00519), Eq. 8.
        """
        config = self.config

        def log_weight(weights: dict[str, Tensor], x: Tensor, y: Tensor, noise: Tensor) -> Tensor:
            found = recurrence.unroll(config, weights, x, y, ops.swapaxes(noise, 0, 1))
            likelihood = likelihood_of(config, weights.get("log_scale"))
            cost = likelihood.negative_log_likelihood(found.x, found.canvas)
            # log p(z) - log q(z): the draw z = mu + sigma * noise is noise standard deviations away
            ratio = ops.square(noise) + found.log_var - ops.square(found.z)
            return 0.5 * ops.sum(ratio, axis=(1, 2)) - cost

        x, y, noise = self._given(x, y, seed)
        if draw:
            noise = np.random.default_rng([seed, 2, draw]).standard_normal(noise.shape)
        return self._in_batches("log_weights", log_weight, (x, y, noise), batch_size)

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
        if n < 2:
            raise ValueError(f"n is {n}; a way has 2 images or more, its ends included.")
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
        images = self._decode(z.reshape(-1, *z.shape[2:]), y, steps=False, batch_size=256)
        return images.reshape(len(z), n, *self.config.image_shape)

    def _decode(
        self, z: np.ndarray, y: np.ndarray | None, *, steps: bool, batch_size: int
    ) -> np.ndarray:
        config = self.config

        def canvases(weights: dict[str, Tensor], z: Tensor, y: Tensor | None) -> Tensor:
            z = ops.swapaxes(z, 0, 1)
            return recurrence.decode(config, weights, y, z, all_canvases=steps).canvas

        found = self._in_batches(("decode", steps), canvases, (z, y), batch_size)
        return self._images(found)

    def _unrolled(
        self,
        x: Any,
        y: Any,
        seed: int | None,
        batch_size: int,
        *,
        all_canvases: bool = False,
    ) -> Unroll:
        config = self.config

        def unroll(
            weights: dict[str, Tensor], x: Tensor, y: Tensor | None, noise: Tensor
        ) -> Unroll:
            noise = ops.swapaxes(noise, 0, 1)
            return recurrence.unroll(config, weights, x, y, noise, all_canvases=all_canvases)

        arrays = self._given(x, y, seed)
        return self._in_batches(("unroll", all_canvases), unroll, arrays, batch_size)

    def _given(self, x: Any, y: Any, seed: int | None) -> tuple[Any, ...]:
        """Checked images, flat and binarized if need be, one-hot labels, and noise (or zeros)."""
        x = check_images(self.config, x)
        y = check_labels(self.config, y, len(x))
        scale = UINT8_MAX if x.dtype == np.uint8 else 1.0
        x = (x / scale).reshape(len(x), -1)
        if self.config.dynamic_binarization:
            x = np.random.default_rng([seed or 0, 1]).random(x.shape) < x
        noise = self._noise(len(x), seed or 0) * (0.0 if seed is None else 1.0)
        return x, y, noise

    def _noise(self, n: int, seed: int) -> np.ndarray:
        """Standard normal (n, T, Z); the first rows do not depend on n."""
        shape = (n, self.config.timesteps, self.config.latent_dim)
        return np.random.default_rng(seed).standard_normal(shape)

    def _in_batches(
        self,
        key: Any,
        function: Callable[..., Any],
        arrays: tuple[Any, ...],
        batch_size: int,
    ) -> Any:
        """`function(weights, *arrays)` over batches of one size, so that it compiles once."""
        if batch_size < 1:
            raise ValueError(f"batch_size is {batch_size}; it must be 1 or more.")
        run = self._compiled.setdefault(key, compiled(function))
        weights = self._tensors()
        dtype = state_dtype(self.compute_dtype)
        count = len(arrays[0])
        size = min(batch_size, count)
        found = []
        for start in range(0, count, size):
            stop = min(start + size, count)
            batch = [
                None if a is None else np.resize(a[start:stop].astype(dtype), (size, *a.shape[1:]))
                for a in arrays
            ]
            out = run(weights, *(None if a is None else ops.convert_to_tensor(a) for a in batch))
            rows = stop - start
            found.append(
                keras.tree.map_structure(lambda a: ops.convert_to_numpy(a)[:rows], out)  # noqa: B023
            )
        return keras.tree.map_structure(lambda *parts: np.concatenate(parts), *found)

    def _images(self, canvas: np.ndarray) -> np.ndarray:
        shape = (*canvas.shape[:-1], *self.config.image_shape)
        return (1 / (1 + np.exp(-canvas))).astype("float32").reshape(shape)
