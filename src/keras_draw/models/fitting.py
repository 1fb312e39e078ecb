"""Keras's methods that train and measure: what they are given is checked, and nothing is lost."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import keras
from keras import ops

from keras_draw.config import DRAWConfig
from keras_draw.models import door
from keras_draw.models.devices import on_jax
from keras_draw.models.keeping import Keeping, kept, taken_back
from keras_draw.models.outputs import Inputs
from keras_draw.models.precision import wide_floatx

UNUSED = ("loss", "loss_weights", "metrics", "weighted_metrics")
"""Arguments of Keras's `compile` that DRAW has no use for."""


class Fitting(Keeping):
    """The methods of `DRAW` that are Keras's: `fit`, `evaluate`, `predict`, and single steps.

    A class to inherit from, since they stand around methods of Keras that know each other: those
    that are Keras's alone. The class stands beside the image instead of as a target. A call that
    fails or is interrupted leaves the network as it was after the last whole step.
    """

    config: DRAWConfig
    adapt: Callable[[Any], None]
    _is_adapted: Callable[[], bool]

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        **kwargs: Any,
    ) -> None:
        """Set the optimizer, as `keras.Model.compile` does it.

        Args:
            optimizer: Keras's, or its name.
            loss: none: the loss follows from the network's configuration.
            loss_weights: none.
            metrics: none: `reconstruction` and `kl` are always measured.
            weighted_metrics: none.
            **kwargs: `jit_compile`, `steps_per_execution`, ... as in Keras.

        Raises:
            ValueError: if given a loss or metrics, which would not be used.
        """
        unused = dict(zip(UNUSED, (loss, loss_weights, metrics, weighted_metrics), strict=True))
        given = [name for name, value in unused.items() if _is_something(value)]
        if given:
            raise ValueError(
                f"compile was given {' and '.join(given)}, which DRAW does not use: its loss is "
                "that of its configuration (objective, likelihood, kl_weight), and reconstruction "
                'and kl are always measured. Give the optimizer alone: model.compile("adam").'
            )
        with wide_floatx():  # in which Keras sums up the loss
            super().compile(optimizer, **kwargs)

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile as the network in a file was; a loss that was never used is left out."""
        used = {name: value for name, value in config.items() if name not in UNUSED}
        self.compile(**keras.saving.deserialize_keras_object(used))
        if self.optimizer is not None and self.built:
            self.optimizer.build(self.trainable_variables)

    def fit(self, x: Any = None, y: Any = None, **kwargs: Any) -> Any:
        """Train, as `keras.Model.fit` does it.

        Args:
            x: images (N, H, W, C), floats in [0, 1] or uint8; or a dataset, PyDataset or generator
                of batches `(x,)` or `(x, y)`.
            y: labels, integers (N,) or one-hot (N, K), for a conditional network.
            **kwargs: `epochs`, `batch_size`, `validation_data`, `callbacks`, ... as in Keras.
                `sample_weight` and `class_weight` are factors on the images' terms of the loss.

        Returns:
            Keras's History: per epoch `loss`, and `reconstruction` and `kl` in nats per image,
            which are means over all images, without weights.

        Raises:
            ValueError: if images or labels do not fit the network.
            KeyboardInterrupt: on Ctrl-C, after the step that runs.
        """
        weights = kwargs.pop("sample_weight", None), kwargs.pop("class_weight", None)
        data = door.given(self.config, x, y, *weights)
        if kwargs.get("validation_data") is not None:
            kwargs["validation_data"] = door.given_validation(
                self.config, kwargs["validation_data"]
            )
        is_unadapted = self.config.initial_canvas == "mean" and not self._is_adapted()
        if is_unadapted and not door.is_array(data.x):
            raise ValueError(
                "initial_canvas is 'mean', and the mean image is not known yet: "
                "call model.adapt(images) before fit."
            )
        with self._whole(kwargs.get("callbacks")):
            if is_unadapted:
                self.adapt(data.x)
            return super().fit(data.x, data.y, sample_weight=data.sample_weight, **kwargs)

    def evaluate(self, x: Any = None, y: Any = None, **kwargs: Any) -> Any:
        """The loss over images, as `keras.Model.evaluate` gives it; arguments as in `fit`."""
        weight = kwargs.pop("sample_weight", None)
        if kwargs.get("_use_cached_eval_dataset"):  # by `fit`, which had it checked
            data = door.Given(x, y, weight)
        else:
            data = door.given(self.config, x, y, weight)
        with self._whole(kwargs.get("callbacks")):
            return super().evaluate(data.x, data.y, sample_weight=data.sample_weight, **kwargs)

    def predict(self, x: Any, **kwargs: Any) -> Any:
        """What `call` returns for all images, as `keras.Model.predict` gives it.

        Args:
            x: images, or `(images, labels)` for a conditional network; or a stream of batches.
            **kwargs: `batch_size`, `steps`, ... as in Keras.
        """
        x = door.given_inputs(self.config, x)
        with self._whole(kwargs.get("callbacks")):
            return super().predict(x, **kwargs)

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """One step of training, as `keras.Model.train_on_batch` does it."""
        data = door.given(self.config, x, y, sample_weight, class_weight)
        with kept(self):
            return super().train_on_batch(
                data.x, data.y, sample_weight=data.sample_weight, return_dict=return_dict
            )

    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """The loss of a batch, as `keras.Model.test_on_batch` gives it."""
        data = door.given(self.config, x, y, sample_weight)
        with kept(self):
            return super().test_on_batch(
                data.x, data.y, sample_weight=data.sample_weight, return_dict=return_dict
            )

    def predict_on_batch(self, x: Any) -> Any:
        """What `call` returns for a batch, as `keras.Model.predict_on_batch` gives it."""
        x = door.given_inputs(self.config, x)
        with kept(self):
            return super().predict_on_batch(x)

    def load_weights(self, filepath: Any, **kwargs: Any) -> None:
        """Read weights, as `keras.Model.load_weights` does it: all of them, or none."""
        with taken_back(self):
            super().load_weights(filepath, **kwargs)

    def train_step(self, *args: Any) -> Any:
        """Keras's step, with the class moved from the targets to the inputs."""
        *state, data = args
        return super().train_step(*state, self._as_inputs(data))

    def test_step(self, *args: Any) -> Any:
        """Keras's step, with the class moved from the targets to the inputs."""
        *state, data = args
        return super().test_step(*state, self._as_inputs(data))

    def predict_step(self, *args: Any) -> Any:
        """Keras's step, with the class moved from the targets to the inputs."""
        *state, data = args
        return super().predict_step(*state, self._as_inputs(data))

    def _as_inputs(self, data: Any) -> tuple[Inputs, None, Any]:
        """Inputs, no targets, and weights of images.

        Labels (B, 0) are none: Keras leaves out the weights where there are no labels.
        """
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        if isinstance(x, tuple | list):  # from `predict`, which knows of no labels
            return Inputs(*x), None, sample_weight
        y = None if y is None or tuple(y.shape[1:]) == (0,) else y
        return Inputs(x, y), None, sample_weight

    def __call__(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """What `call` returns, of inputs that are checked as those of `predict`."""
        if not isinstance(inputs, Inputs):
            found = door.given_inputs(self.config, inputs)
            if door.is_stream(found):
                raise ValueError(
                    f"The network was called with a {type(inputs).__name__}, which gives batches: "
                    "call it with one, or use predict."
                )
            tensors = all(map(ops.is_tensor, keras.tree.flatten(inputs)))
            inputs = inputs if tensors else found  # as they are, so that gradients pass
        return super().__call__(inputs, *args, **kwargs)

    @contextlib.contextmanager
    def _whole(self, callbacks: Any) -> Iterator[None]:
        """The block in which Keras works with these callbacks; see `kept`."""
        swaps = _swaps(callbacks)
        _check_swaps(swaps, getattr(self, "optimizer", None))
        with kept(self):
            try:
                yield
            except BaseException:
                for swap in swaps:
                    _end(swap)
                raise


def _is_something(given: Any) -> bool:
    return given is not None and not (isinstance(given, list | tuple | dict) and not given)


def _swaps(callbacks: Any) -> list[Any]:
    """Those callbacks that put the optimizer's averages in the weights' place for a while."""
    if isinstance(callbacks, keras.callbacks.CallbackList):
        callbacks = callbacks.callbacks
    found = keras.tree.flatten(callbacks)
    return [callback for callback in found if isinstance(callback, keras.callbacks.SwapEMAWeights)]


def _check_swaps(swaps: list[Any], optimizer: Any) -> None:
    if len(swaps) > 1:
        raise ValueError(
            f"callbacks hold SwapEMAWeights {len(swaps)} times, and each would undo what the one "
            "before did: give it once."
        )
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    if swaps and optimizer is not None and not getattr(optimizer, "use_ema", True):
        raise ValueError(
            "SwapEMAWeights needs weight averages, and the optimizer keeps none: compile with one "
            "that has use_ema=True, or leave the callback out."
        )


def _end(swap: Any) -> None:
    """Have the callback know that the raw weights are back, as they are on JAX by then or soon."""
    if swap._ema_weights_in_model and not on_jax():
        swap._swap_variables()
    swap._ema_weights_in_model = False
