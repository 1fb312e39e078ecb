"""Keras's training and evaluation methods, with checked inputs and no loss of state on failure."""

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
"""Arguments of Keras's `compile` that DRAW does not use."""


class Fitting(Keeping):
    """Base class of `DRAW` with Keras's methods: `fit`, `evaluate`, `predict`, and single steps.

    It is a base class because these methods wrap Keras's own through `super()`, and Keras's call
    each other. A class label is an input next to the image, not a target. A call that fails or is
    interrupted leaves the network as it was after the last complete step.
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
        """Set the optimizer, as `keras.Model.compile` does.

        Args:
            optimizer: a Keras optimizer, or its name.
            loss: must be empty: the loss follows from the network's configuration.
            loss_weights: must be empty.
            metrics: must be empty: `reconstruction` and `kl` are always measured.
            weighted_metrics: must be empty.
            **kwargs: `jit_compile`, `steps_per_execution`, ... as in Keras.

        Raises:
            ValueError: if a loss or metrics are given, since they would not be used.
        """
        unused = dict(zip(UNUSED, (loss, loss_weights, metrics, weighted_metrics), strict=True))
        given = [name for name, value in unused.items() if _is_something(value)]
        if given:
            raise ValueError(
                f"compile got {' and '.join(given)}, which DRAW does not use: its loss follows "
                "from its configuration (objective, likelihood, kl_weight), and it always measures "
                'reconstruction and kl. Pass only the optimizer: model.compile("adam").'
            )
        with wide_floatx():  # Keras sums up the loss in floatx
            super().compile(optimizer, **kwargs)

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile as the network in a file was compiled, without a loss, which is never used."""
        used = {name: value for name, value in config.items() if name not in UNUSED}
        self.compile(**keras.saving.deserialize_keras_object(used))
        if self.optimizer is not None and self.built:
            self.optimizer.build(self.trainable_variables)

    def fit(self, x: Any = None, y: Any = None, **kwargs: Any) -> Any:
        """Train, as `keras.Model.fit` does.

        Args:
            x: images (N, H, W, C), floats in [0, 1] or uint8; or a dataset, PyDataset or generator
                of batches `(x,)` or `(x, y)`.
            y: labels, integers (N,) or one-hot (N, K), for a conditional network.
            **kwargs: `epochs`, `batch_size`, `validation_data`, `callbacks`, ... as in Keras.
                `sample_weight` and `class_weight` are factors on each image's share of the loss.

        Returns:
            Keras's History: `loss`, `reconstruction` and `kl` per epoch. The last two are in nats
            per image and are unweighted means over all images.

        Raises:
            ValueError: if images or labels do not fit the network.
            KeyboardInterrupt: on Ctrl-C, after the running step.
        """
        weights = kwargs.pop("sample_weight", None), kwargs.pop("class_weight", None)
        data = door.given(self.config, x, y, *weights)
        if kwargs.get("validation_data") is not None:
            kwargs["validation_data"] = door.given_validation(
                self.config, kwargs["validation_data"]
            )
        adapts = door.is_array(data.x) and self._is_unadapted()
        if not adapts:
            self._check_adapted("fit")
        with self._whole(kwargs.get("callbacks")):
            if adapts:
                self.adapt(data.x)
            return super().fit(data.x, data.y, sample_weight=data.sample_weight, **kwargs)

    def evaluate(self, x: Any = None, y: Any = None, **kwargs: Any) -> Any:
        """The loss over images, as in `keras.Model.evaluate`; arguments as in `fit`."""
        weight = kwargs.pop("sample_weight", None)
        if kwargs.get("_use_cached_eval_dataset"):  # called by `fit`, which has checked the data
            data = door.Given(x, y, weight)
        else:
            data = door.given(self.config, x, y, weight)
        with self._whole(kwargs.get("callbacks")):
            return super().evaluate(data.x, data.y, sample_weight=data.sample_weight, **kwargs)

    def predict(self, x: Any, **kwargs: Any) -> Any:
        """The output of `call` for all images, as in `keras.Model.predict`.

        Args:
            x: images, or `(images, labels)` for a conditional network; or a stream of batches.
            **kwargs: `batch_size`, `steps`, ... as in Keras.

        Returns:
            An `Unroll` of NumPy arrays.
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
        """Train on one batch, as `keras.Model.train_on_batch` does.

        Raises:
            ValueError: if the batch does not fit, or `initial_canvas` is `"mean"` and `adapt` was
                not called.
        """
        self._check_adapted("train_on_batch")
        data = door.given(self.config, x, y, sample_weight, class_weight)
        with kept(self):
            return super().train_on_batch(
                data.x, data.y, sample_weight=data.sample_weight, return_dict=return_dict
            )

    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """The loss of one batch, as in `keras.Model.test_on_batch`."""
        data = door.given(self.config, x, y, sample_weight)
        with kept(self):
            return super().test_on_batch(
                data.x, data.y, sample_weight=data.sample_weight, return_dict=return_dict
            )

    def predict_on_batch(self, x: Any) -> Any:
        """The output of `call` for one batch, as in `keras.Model.predict_on_batch`."""
        x = door.given_inputs(self.config, x)
        with kept(self):
            return super().predict_on_batch(x)

    def load_weights(self, filepath: Any, **kwargs: Any) -> None:
        """Load weights, as `keras.Model.load_weights` does: all of them or, on failure, none."""
        with taken_back(self), _undone(self):
            super().load_weights(filepath, **kwargs)

    def train_step(self, *args: Any) -> Any:
        """Keras's training step, with the labels moved from the targets to the inputs."""
        *state, data = args
        return super().train_step(*state, self._as_inputs(data))

    def test_step(self, *args: Any) -> Any:
        """Keras's evaluation step, with the labels moved from the targets to the inputs."""
        *state, data = args
        return super().test_step(*state, self._as_inputs(data))

    def predict_step(self, *args: Any) -> Any:
        """Keras's prediction step, with the labels moved from the targets to the inputs."""
        *state, data = args
        return super().predict_step(*state, self._as_inputs(data))

    def _is_unadapted(self) -> bool:
        return self.config.initial_canvas == "mean" and not self._is_adapted()

    def _check_adapted(self, method: str) -> None:
        if self._is_unadapted():
            raise ValueError(
                "initial_canvas is 'mean', but the mean image is not known yet: "
                f"call model.adapt(images) before {method}."
            )

    def _as_inputs(self, data: Any) -> tuple[Inputs, None, Any]:
        """Inputs, no targets, and image weights.

        Labels (B, 0) mean "no labels": they are only there because Keras drops weights without
        labels.
        """
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        if isinstance(x, tuple | list):  # from `predict`, which has no labels argument
            return Inputs(*x), None, sample_weight
        y = None if y is None or tuple(y.shape[1:]) == (0,) else y
        return Inputs(x, y), None, sample_weight

    def __call__(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """The output of `call`; the inputs are checked as in `predict`."""
        if not isinstance(inputs, Inputs):
            found = door.given_inputs(self.config, inputs)
            if door.is_stream(found):
                raise ValueError(
                    f"The network was called with a {type(inputs).__name__}, which yields batches: "
                    "call it with a single batch, or use predict."
                )
            tensors = all(map(ops.is_tensor, keras.tree.flatten(inputs)))
            inputs = inputs if tensors else found  # tensors stay unchanged, for gradients
        return super().__call__(inputs, *args, **kwargs)

    @contextlib.contextmanager
    def _whole(self, callbacks: Any) -> Iterator[None]:
        """Wrap a Keras call that uses these callbacks; see `kept`."""
        swaps = _swaps(callbacks)
        _check_swaps(swaps, getattr(self, "optimizer", None))
        with kept(self):
            try:
                yield
            except BaseException:
                for swap in swaps:
                    _end(swap)
                raise


@contextlib.contextmanager
def _undone(model: Fitting) -> Iterator[None]:
    """If the block fails, put the variables back on backends that write them in place."""
    if on_jax():
        yield
        return
    before = [(variable, ops.convert_to_numpy(variable).copy()) for variable in model.variables]
    try:
        yield
    except BaseException:
        for variable, value in before:
            variable.assign(value)
        raise


def _is_something(given: Any) -> bool:
    return given is not None and not (isinstance(given, list | tuple | dict) and not given)


def _swaps(callbacks: Any) -> list[Any]:
    """The callbacks that temporarily replace the weights by the optimizer's averages."""
    if isinstance(callbacks, keras.callbacks.CallbackList):
        callbacks = callbacks.callbacks
    found = keras.tree.flatten(callbacks)
    return [callback for callback in found if isinstance(callback, keras.callbacks.SwapEMAWeights)]


def _check_swaps(swaps: list[Any], optimizer: Any) -> None:
    if len(swaps) > 1:
        raise ValueError(
            f"callbacks contain SwapEMAWeights {len(swaps)} times, and each would undo the swap "
            "of the one before: pass it once."
        )
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    if swaps and optimizer is not None and not getattr(optimizer, "use_ema", True):
        raise ValueError(
            "SwapEMAWeights needs weight averages, but the optimizer keeps none: compile with an "
            "optimizer that has use_ema=True, or leave the callback out."
        )


def _end(swap: Any) -> None:
    """Tell the callback that the raw weights are back; on JAX `kept` restores them."""
    if swap._ema_weights_in_model and not on_jax():
        swap._swap_variables()
    swap._ema_weights_in_model = False
