"""DRAW as a Keras model: it owns the weights and trains with `fit`."""

from typing import Any, Self

import keras
import numpy as np
from keras import ops

from keras_draw.config import DRAWConfig, whole_number
from keras_draw.models import (
    classifying,
    completing,
    describing,
    drawing,
    hub,
    measuring,
    presets,
    recurrence,
    showing,
)
from keras_draw.models.devices import here, on_jax
from keras_draw.models.fitting import Fitting
from keras_draw.models.inputs import check_images, flat_images, one_hot_labels
from keras_draw.models.likelihoods import likelihood_of
from keras_draw.models.memory import check_device_fits, weight_bytes
from keras_draw.models.objective import objective
from keras_draw.models.outputs import Tensor, Unroll
from keras_draw.models.precision import state_dtype, wide_floatx
from keras_draw.models.running import Runner
from keras_draw.models.weights import Weights, specs
from keras_draw.pixels import UINT8_MAX


@keras.saving.register_keras_serializable(package="keras_draw")
class DRAW(Fitting):
    """A recurrent variational autoencoder that paints an image in T strokes.

    Args:
        config: the configuration of the network; see `DRAWConfig`.
        seed: seed of the initial weights and of the noise in training.
        name: name of the model.
        dtype: a Keras dtype policy; canvas, states and likelihood stay at least float32.
        trainable: as in `keras.Model`.
        empty: start all weights at zero, if they are loaded from a file next. This saves the time
            to compile the random initializers.

    Example:
        >>> model = DRAW(DRAWConfig(image_shape=(8, 8, 1), timesteps=4, num_classes=10))
        >>> model.compile("adam")
        >>> history = model.fit(images, labels, epochs=1, verbose=0)
        >>> sorted(history.history)
        ['kl', 'loss', 'reconstruction']
        >>> model.generate(10).shape                        # one image per class
        (10, 8, 8, 1)

    Source: Gregor et al. 2015 (arXiv 1502.04623); the conditional extension and the cell-gated
    cell: Ballestrazzi 2019.
    """

    def __init__(
        self,
        config: DRAWConfig,
        *,
        seed: int = 0,
        name: str = "draw",
        dtype: Any = None,
        trainable: bool = True,
        empty: bool = False,
    ) -> None:
        super().__init__(name=name, dtype=dtype, trainable=trainable, autocast=False)
        if not isinstance(config, DRAWConfig):
            raise TypeError(
                f"config is a {type(config).__name__}; expected a DRAWConfig, such as "
                "DRAW(DRAWConfig(image_shape=(28, 28, 1)))."
            )
        seed = whole_number("seed", seed)
        check_device_fits(
            weight_bytes(config, self.variable_dtype),
            "The network's weights",
            "choose a smaller hidden_dim, latent_dim or image_shape, or share weights over time",
        )
        self.config = config
        self.seed = seed
        self._adapted = False
        self._named = {
            spec.name: self.add_weight(
                name=spec.name,
                shape=spec.shape,
                initializer=_nothing if empty else spec.initializer,
                trainable=spec.trainable,
            )
            for spec in specs(config, seed)
        }
        self.training_steps = self.add_weight(
            name="training_steps",
            shape=(),
            initializer="zeros",
            dtype="int32",
            trainable=False,
        )
        self.noise_generator = keras.random.SeedGenerator(seed % 2**32)  # Keras takes 32 bits
        with wide_floatx():
            self.reconstruction_tracker = keras.metrics.Mean(name="reconstruction")
            self.kl_tracker = keras.metrics.Mean(name="kl")
        self.runner = Runner(config, self._current, lambda: str(self.compute_dtype))
        self.built = True

    # Drawing and measuring: functions of a network and images.

    reconstruct = drawing.reconstruct
    reconstruct_strokes = drawing.reconstruct_strokes
    generate = drawing.generate
    generate_strokes = drawing.generate_strokes
    decode = drawing.decode
    decode_strokes = drawing.decode_strokes
    interpolate = drawing.interpolate
    complete = completing.complete
    encode = measuring.encode
    elbo = measuring.elbo
    log_weights = measuring.log_weights
    classify = classifying.classify

    # Sharing.

    save_preset = presets.save_preset
    push_to_hub = hub.push_to_hub

    # Display.

    show = showing.show
    summary = describing.summary
    _repr_html_ = describing.html

    def __repr__(self) -> str:
        return f"<{describing.titled(self)}>"

    # Training.

    def adapt(self, x: Any) -> None:
        """Set the initial canvas to the mean of these images (for most likelihoods, its logits).

        Required if `initial_canvas` is `"mean"`; `fit` does it automatically for arrays. Optional
        if it is `"learned"`.

        Args:
            x: training images (N, H, W, C).

        Raises:
            ValueError: if the images do not fit, or `initial_canvas` is `"zero"`.
        """
        if "initial_canvas" not in self._named:
            raise ValueError(
                "initial_canvas is 'zero' in this network, so there is nothing to adapt: "
                "build the network with initial_canvas='mean' or 'learned'."
            )
        x = check_images(self.config, x)
        mean = np.mean(x, axis=0, dtype="float64").reshape(-1)
        mean = mean / UINT8_MAX if x.dtype == np.uint8 else mean
        self._named["initial_canvas"].assign(likelihood_of(self.config).canvas_of(mean))
        self._adapted = True

    def call(self, inputs: Any, training: bool = False) -> Unroll:
        """Run all T strokes over a batch.

        Args:
            inputs: images (B, H, W, C), or images and labels `(x, y)` for a conditional network.
            training: whether this is a training step.

        Returns:
            Images, final canvas, posteriors and draws, batch first. Use `reconstruct` to get
            images.

        Raises:
            ValueError: if labels are missing or unexpected, or a shape does not fit.
        """
        x, y = (*inputs, None)[:2] if isinstance(inputs, tuple | list) else (inputs, None)
        if (y is not None) != (self.config.num_classes > 0):
            raise ValueError(
                "This network is conditional but got no labels: pass (x, y)."
                if y is None
                else "This network is unconditional but got labels: pass only x."
            )
        dtype = state_dtype(self.compute_dtype)
        x = flat_images(self.config, x, dtype)
        y = None if y is None else one_hot_labels(self.config, y, dtype)
        if self.config.dynamic_binarization:
            draw = keras.random.uniform(ops.shape(x), dtype=dtype, seed=self.noise_generator)
            x = ops.cast(draw < x, dtype)
        if training:
            self.training_steps.assign(self.training_steps + 1)
        shape = (self.config.timesteps, ops.shape(x)[0], self.config.latent_dim)
        noise = keras.random.normal(shape, dtype=dtype, seed=self.noise_generator)
        return recurrence.unroll(self.config, self._tensors(), x, y, noise)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Unroll | None = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Tensor:
        """The loss of a batch that `call` has unrolled; see `models.objective`.

        Args:
            x: not used.
            y: not used.
            y_pred: the output of `call`.
            sample_weight: factors on each image's share of the loss (B,). The reported
                `reconstruction` and `kl` stay unweighted means over all images.
            training: whether this is a training step; if so, the KL is warmed up.

        Returns:
            The loss, a scalar.

        Raises:
            ValueError: without `y_pred`.
        """
        if y_pred is None:
            raise ValueError("compute_loss needs the output of `call` as y_pred.")
        warmup: Any = 1.0
        if training and self.config.kl_warmup_steps:
            share = ops.cast(self.training_steps, y_pred.mu.dtype) / self.config.kl_warmup_steps
            warmup = ops.minimum(share, 1.0)
        found = objective(
            self.config,
            y_pred,
            weights=self._tensors(),
            warmup=warmup,
            sample_weight=sample_weight,
        )
        self.reconstruction_tracker.update_state(found.reconstruction)
        self.kl_tracker.update_state(ops.sum(found.kl, axis=-1))
        return found.loss

    def _tensors(self) -> Weights:
        """All weights by name: kernels in the compute dtype, the rest in the state dtype."""
        compute, state = self.compute_dtype, state_dtype(self.compute_dtype)
        return {
            spec.name: ops.cast(
                here(self._named[spec.name].value), compute if spec.kernel else state
            )
            for spec in specs(self.config)
        }

    def _current(self) -> Weights:
        """All weights by name, also in a callback, where Keras's loop holds them on JAX."""
        if on_jax():
            self.jax_state_sync()
        return self._tensors()

    def _is_adapted(self) -> bool:
        """Whether there is an initial canvas: from `adapt`, or from a file of weights."""
        return self._adapted or bool(np.any(ops.convert_to_numpy(self._named["initial_canvas"])))

    # Saving.

    def get_config(self) -> dict[str, Any]:
        """The values that `from_config` needs to rebuild the network, without its weights."""
        return {
            **super().get_config(),
            "config": self.config.to_json(),
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Self:
        """Build an untrained network from the values of `get_config`."""
        del custom_objects
        values = dict(config)
        return cls(DRAWConfig.from_json(values.pop("config")), **values)


def _nothing(shape: tuple[int, ...], dtype: Any = None) -> np.ndarray:
    """An initializer of zeros that needs no compilation."""
    del dtype  # Keras casts the result
    return np.zeros(shape, "float32")
