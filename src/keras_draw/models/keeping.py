"""Keep the state of the last complete step when a Keras call fails or is interrupted.

On JAX, Keras empties the variables while it trains and donates their arrays to the running step,
so a failure loses the network. Here a step does not donate the arrays it starts from. The newest
complete state is recorded and restored if the call fails.
"""

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

import keras

from keras_draw.models.devices import mesh_of, on_jax, shared, sharing
from keras_draw.models.interruption import ctrl_c, look, unbroken

State = tuple[list[Any], ...]
"""The arrays of each group of a model's variables."""
TRAINED = ("trainable_variables", "non_trainable_variables", "optimizer", "metrics_variables")
"""Groups of variables that a training step returns, in Keras's order."""
TESTED = (None, "non_trainable_variables", "metrics_variables")
"""The same for an evaluation step. None: the weights are not recorded, as they may be averages."""
PREDICTED = (None, "non_trainable_variables")
"""The same for a prediction step."""


def _jitted(step: Callable[..., Any]) -> Callable[..., Any]:
    import jax

    return jax.jit(step)


compiling: ContextVar[Callable[..., Any]] = ContextVar("compiling", default=_jitted)
"""Compiles a step on one device: `jax.jit`, unless this thread has set something else."""


class Record:
    """The newest complete states of a model, one for each Keras call in progress (they nest)."""

    def __init__(self) -> None:
        self.calls: list[dict[str, tuple[list[Any], list[Any]]]] = []
        """group -> variables, and the arrays to restore."""
        self.begun: tuple[tuple[str | None, ...], State] | None = None
        """groups and state of the step started last; it may still be running, or fail."""

    def settle(self) -> None:
        """Wait for the running step to finish, then record its state."""
        if self.begun is None:
            return
        import jax

        groups, state = self.begun
        jax.block_until_ready(state)
        call = self.calls[-1] if self.calls else {}
        for group, arrays in zip(groups, state, strict=True):
            if group in call:
                call[group] = (call[group][0], arrays)
        self.begun = None

    def put_back(self) -> None:
        """Restore the variables of the current call to the state after its last complete step."""
        try:
            self.settle()
        except Exception:  # the step failed: use the state before it
            self.begun = None
        for variables, arrays in self.calls[-1].values():
            for variable, array in zip(variables, arrays, strict=True):
                variable.assign(array)


class Keeping(keras.Model):
    """A Keras model whose failed steps can be undone; see `kept`."""

    train_function: Any
    test_function: Any
    predict_function: Any
    _jax_state: Any = None
    _jax_state_synced: bool

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.record = Record()

    def make_train_function(self, force: bool = False) -> None:
        """As in `keras.Model`, with steps that can be undone."""
        if self.train_function is not None and not force:
            return
        if on_jax():
            self.train_function = self._recorded(self.train_step, TRAINED)
        else:
            super().make_train_function(force=True)
            self.train_function = _looking(self.train_function)

    def make_test_function(self, force: bool = False) -> None:
        """As in `keras.Model`, with steps that can be undone."""
        if self.test_function is not None and not force:
            return
        if on_jax():
            self.test_function = self._recorded(self.test_step, TESTED)
        else:
            super().make_test_function(force=True)
            self.test_function = _looking(self.test_function)

    def make_predict_function(self, force: bool = False) -> None:
        """As in `keras.Model`, with steps that can be undone."""
        if self.predict_function is not None and not force:
            return

        def step(state: Any, data: Any) -> Any:
            outputs, state_after = self.predict_step(state, data)
            return outputs, (state[0], state_after)

        if on_jax():
            self.predict_function = self._recorded(step, PREDICTED, concatenate_outputs=True)
        else:
            super().make_predict_function(force=True)
            self.predict_function = _looking(self.predict_function)

    def jax_state_sync(self) -> None:
        """As in `keras.Model`, but also if a call failed before its first step ended.

        The variables are still empty then: they are restored from the record.
        """
        if self.record.calls and not self._jax_state_synced and not self._jax_state:
            self.record.put_back()
            self._jax_state_synced = True
        else:
            super().jax_state_sync()

    def _recorded(self, step: Any, groups: tuple[str | None, ...], **kwargs: Any) -> Any:
        """Keras's loop over the steps of one execution, compiled without donating arrays."""
        compiled = step if self.run_eagerly or not self.jit_compile else self._jit(step, groups)

        def run(state: State, data: Any) -> tuple[Any, State]:
            self.record.settle()
            look()
            with unbroken():
                outputs, state = compiled(state, data)
                self.record.begun = (groups, state)
            return outputs, state

        return self._make_function(run, **kwargs)

    def _jit(self, step: Any, groups: tuple[str | None, ...]) -> Callable[..., Any]:
        import jax

        mesh = mesh_of(self.trainable_variables)
        if mesh is None:
            return compiling.get()(step)
        found = dict(zip(TRAINED, self._get_state_sharding_spec(), strict=True))
        shardings = (None, tuple(found[group or TRAINED[0]] for group in groups))
        if groups == PREDICTED:  # outputs of the step cannot be split unevenly
            return jax.jit(step, out_shardings=shardings)

        def on_all(state: State, data: Any) -> Any:
            with sharing(mesh):
                return step(state, shared(mesh, data))

        return jax.jit(on_all, out_shardings=shardings)


@contextlib.contextmanager
def kept(model: Keeping) -> Iterator[None]:
    """Inside the block, no failure or interruption loses the model's variables.

    If Python's default handler is installed for Ctrl-C, as in a script or a notebook, Ctrl-C stops
    the block after the running step.

    Args:
        model: the network, whose variables Keras empties while one of its trainer's calls runs.

    Raises:
        KeyboardInterrupt: on Ctrl-C, even if the code it hit swallowed the exception.
    """
    with ctrl_c():
        with unbroken():
            if model.compiled and model.optimizer and not model.optimizer.built:
                model.optimizer.build(model.trainable_variables)
        with taken_back(model):
            yield


@contextlib.contextmanager
def taken_back(model: Keeping) -> Iterator[None]:
    """If the block fails, restore the model's variables to the state after the last complete step.

    Args:
        model: the network. On backends other than JAX its variables are never emptied, and this
            does nothing.
    """
    if not on_jax():
        yield
        return
    record = model.record
    depth = len(record.calls)
    with unbroken():
        model.jax_state_sync()  # in a callback, Keras's loop may still hold the state
        model._jax_state = None
        record.settle()
        before = _variables(model)
    try:
        record.calls.append(before)
        yield
        record.settle()
    except BaseException:
        with unbroken():
            if len(record.calls) > depth:
                record.put_back()
            model._jax_state, model._jax_state_synced = None, True
        raise
    finally:
        record.begun = None
        del record.calls[depth:]


def _variables(model: Keeping) -> dict[str, tuple[list[Any], list[Any]]]:
    optimizer = getattr(model, "optimizer", None)
    groups = {name: getattr(model, name) for name in TRAINED if name != "optimizer"}
    groups["optimizer"] = optimizer.variables if optimizer is not None else []
    return {name: (list(group), [v.value for v in group]) for name, group in groups.items()}


def _looking(function: Callable[..., Any]) -> Callable[..., Any]:
    """The step, started only if no stop was requested."""

    def run(*args: Any) -> Any:
        look()
        return function(*args)

    return run
