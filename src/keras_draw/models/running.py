"""A network over many images outside `fit`: what is given, brought to one form, batch by batch."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_draw.config import DRAWConfig, whole_number
from keras_draw.models import recurrence
from keras_draw.models.compiled import compiled
from keras_draw.models.inputs import check_images, check_labels
from keras_draw.models.interruption import look
from keras_draw.models.likelihoods import likelihood_of
from keras_draw.models.memory import FLOAT, check_fits
from keras_draw.models.outputs import Tensor, Unroll
from keras_draw.models.precision import state_dtype
from keras_draw.pixels import as_fractions


class Running:
    """What drawing and measuring share; noise is NumPy's, the same on every backend."""

    config: DRAWConfig
    compute_dtype: str
    _compiled: dict[Any, Callable[..., Any]]
    _tensors: Callable[[], dict[str, Tensor]]

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
        kept = config.num_pixels * (config.timesteps if all_canvases else 1)
        needed = 2.0 * FLOAT * len(x) * kept  # as batches, and as one array
        check_fits(needed, f"Painting {len(x)} images", "give fewer of them at once")

        def unroll(
            weights: dict[str, Tensor], x: Tensor, y: Tensor | None, noise: Tensor
        ) -> Unroll:
            noise = ops.swapaxes(noise, 0, 1)
            found = recurrence.unroll(config, weights, x, y, noise, all_canvases=all_canvases)
            return found if all_canvases else self._as_logits(found)

        arrays = self._given(x, y, seed)
        return self._in_batches(("unroll", all_canvases), unroll, arrays, batch_size)

    def _as_logits(self, found: Any) -> Any:
        """The last canvas as all of them leave the device: the logits of its mean image."""
        return found._replace(canvas=likelihood_of(self.config).logits(found.canvas))

    def _given(self, x: Any, y: Any, seed: int | None) -> tuple[Any, ...]:
        """Checked images, flat and binarized if need be, one-hot labels, and noise (or zeros)."""
        x = check_images(self.config, x)
        y = check_labels(self.config, y, len(x))
        seed = None if seed is None else whole_number("seed", seed)
        needed = 4.0 * FLOAT * len(x) * self.config.timesteps * self.config.latent_dim
        check_fits(needed, f"Latents of {len(x)} images", "give fewer of them at once")
        x = as_fractions(x).reshape(len(x), -1)
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
        batch_size = whole_number("batch_size", batch_size, at_least=1)
        run = self._compiled.setdefault(key, compiled(function))
        weights = self._tensors()
        dtype = state_dtype(self.compute_dtype)
        count = len(arrays[0])
        size = min(batch_size, count)
        found = []
        for start in range(0, count, size):
            look()
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
