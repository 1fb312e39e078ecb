"""A network that a failed or interrupted call of Keras leaves as it was at the last whole step.

On JAX Keras empties the variables while it trains, and gives their arrays away to the step that
runs: what fails then takes the network with it. Here a step leaves the arrays that it starts from
as they are, and the newest whole state is remembered, to be put back when a call ends badly.
"""

import contextlib
import signal
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

import keras

from keras_draw.models.devices import mesh_of, on_jax, shared, sharing
from keras_draw.models.interruption import interruptible, look, unbroken

State = tuple[list[Any], ...]
"""Arrays of the groups of a model's variables."""
TRAINED = ("trainable_variables", "non_trainable_variables", "optimizer", "metrics_variables")
"""What a step of training gives anew, in Keras's order."""
TESTED = (None, "non_trainable_variables", "metrics_variables")
"""The same of a step of evaluation: the weights may be averages, in the raw ones' place."""
PREDICTED = (None, "non_trainable_variables")


def _jitted(step: Callable[..., Any]) -> Callable[..., Any]:
    import jax

    return jax.jit(step)


compiling: ContextVar[Callable[..., Any]] = ContextVar("compiling", default=_jitted)
"""What compiles a step on one device: JAX, unless somebody else does it in this thread."""


class Record:
    """The newest whole states of a model: one for each call of Keras that goes on."""

    def __init__(self) -> None:
        self.calls: list[dict[str, tuple[list[Any], list[Any]]]] = []
        """group -> variables, and arrays to put back."""
        self.begun: tuple[tuple[str | None, ...], State] | None = None
        """what the step gives that was begun last; it may not have ended, or end in an error."""

    def settle(self) -> None:
        """Wait for the step that was begun; its state is whole then."""
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
        """Give the variables of the last call what they had after its last whole step."""
        try:
            self.settle()
        except Exception:  # the step failed while it ran: the state before it counts
            self.begun = None
        for variables, arrays in self.calls[-1].values():
            for variable, array in zip(variables, arrays, strict=True):
                variable.assign(array)


class Keeping(keras.Model):
    """A model whose steps can be taken back; see `kept`."""

    train_function: Any
    test_function: Any
    predict_function: Any
    _jax_state: Any = None
    _jax_state_synced: bool

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.record = Record()

    def make_train_function(self, force: bool = False) -> None:
        """Keras's, of a step that can be taken back."""
        if self.train_function is not None and not force:
            return
        if on_jax():
            self.train_function = self._recorded(self.train_step, TRAINED)
        else:
            super().make_train_function(force=True)
            self.train_function = _looking(self.train_function)

    def make_test_function(self, force: bool = False) -> None:
        """Keras's, of a step that can be taken back."""
        if self.test_function is not None and not force:
            return
        if on_jax():
            self.test_function = self._recorded(self.test_step, TESTED)
        else:
            super().make_test_function(force=True)
            self.test_function = _looking(self.test_function)

    def make_predict_function(self, force: bool = False) -> None:
        """Keras's, of a step that can be taken back."""
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
        """Keras's; where a call fails before its first step ends, the variables are empty still."""
        if self.record.calls and not self._jax_state_synced and not self._jax_state:
            self.record.put_back()
            self._jax_state_synced = True
        else:
            super().jax_state_sync()

    def _recorded(self, step: Any, groups: tuple[str | None, ...], **kwargs: Any) -> Any:
        """Keras's loop over the steps of an execution, compiled without giving arrays away."""
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
        if groups == PREDICTED:  # what leaves the step cannot be shared unevenly
            return jax.jit(step, out_shardings=shardings)

        def on_all(state: State, data: Any) -> Any:
            with sharing(mesh):
                return step(state, shared(mesh, data))

        return jax.jit(on_all, out_shardings=shardings)


@contextlib.contextmanager
def kept(model: Keeping) -> Iterator[None]:
    """Within the block nothing that fails or is interrupted loses the model's variables.

    Where Ctrl-C is Python's to handle, as in a script or a notebook, it stops the block after the
    step that runs.

    Args:
        model: the network, whose variables Keras empties while a call of its trainer runs.

    Raises:
        KeyboardInterrupt: on Ctrl-C, also where the code that it met passed over it.
    """
    with interruptible(signal.SIGINT, instead_of=signal.default_int_handler):
        with unbroken():
            if model.compiled and model.optimizer and not model.optimizer.built:
                model.optimizer.build(model.trainable_variables)
        with taken_back(model):
            yield


@contextlib.contextmanager
def taken_back(model: Keeping) -> Iterator[None]:
    """What the block does to the model's variables is undone where it fails, but for whole steps.

    Args:
        model: the network. On other backends than JAX its variables are never emptied, and this
            does nothing.
    """
    if not on_jax():
        yield
        return
    record = model.record
    depth = len(record.calls)
    with unbroken():
        model.jax_state_sync()  # a callback may have called while Keras's loop had the state
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
    """The step, begun only where no stop was asked for."""

    def run(*args: Any) -> Any:
        look()
        return function(*args)

    return run
