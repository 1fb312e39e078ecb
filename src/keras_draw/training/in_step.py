"""Several trainings at once, each in its own thread; their steps run as one program.

Each training keeps Keras's loop, its callbacks and its run folder. Only what compiles its steps is
replaced: a step waits until every training that is not over has reached one. Equal steps run as
one program, vectorised over the weights, optimiser states, noise and images of all of them. Steps
that differ in kind or in shapes, such as validation beside training, run one after another.
"""

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from keras_draw.models.interruption import look
from keras_draw.models.keeping import compiling

Step = Callable[[Any, Any], Any]
"""(state, batch) -> (logs, state): a step of Keras's trainer."""
PATIENCE = 0.2
"""Seconds between two checks for a request to stop."""


def in_step(trainings: Sequence[Callable[[], None]]) -> list[BaseException | None]:
    """Run trainings of networks whose configurations differ only in their seed.

    Args:
        trainings: functions that each train one network with `fit`, on one device.

    Returns:
        For each training, the exception that it raised, or None.

    Raises:
        KeyboardInterrupt: if the process was asked to stop. All trainings have ended by then.
    """
    meeting = _Meeting(len(trainings))
    errors: list[BaseException | None] = [None] * len(trainings)

    def work(i: int) -> None:
        compiling.set(partial(meeting.compiled, i))
        try:
            trainings[i]()
        except BaseException as error:
            errors[i] = error
        finally:
            meeting.leave()

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(trainings))]
    for thread in threads:
        thread.start()
    try:
        # `join` will not do: a thread whose join is interrupted counts as ended (bpo-45274).
        while not meeting.is_over.wait(PATIENCE):
            look()
    except BaseException:
        meeting.stop()
        meeting.is_over.wait()
        raise
    finally:
        for thread in threads:
            thread.join()
    return errors


class _Call:
    """A step that a training has reached."""

    def __init__(self, seat: int, step: Step, state: Any, batch: Any) -> None:
        import jax

        self.seat, self.step, self.state, self.batch = seat, step, state, batch
        leaves, structure = jax.tree.flatten((state, batch))
        self.kind = (step.__name__, structure, tuple((a.shape, str(a.dtype)) for a in leaves))
        self.result: Any = None
        self.error: BaseException | None = None


class _Meeting:
    """The steps of several threads, which wait for each other."""

    def __init__(self, count: int) -> None:
        self.changed = threading.Condition()
        self.going_on = count
        self.waiting: list[_Call] = []
        self.programs: dict[str, Callable[..., Any]] = {}
        self.is_stopped = False
        self.is_over = threading.Event()

    def compiled(self, seat: int, step: Step) -> Step:
        """Return a step that runs together with those of the other trainings."""

        def run(state: Any, batch: Any) -> Any:
            return self._meet(_Call(seat, step, state, batch))

        return run

    def leave(self) -> None:
        """Note that a training is over, whether it succeeded or failed."""
        with self.changed:
            self.going_on -= 1
            if not self.going_on:
                self.is_over.set()
            self._do_if_all_are_here()

    def stop(self) -> None:
        """Interrupt every training at its next step."""
        with self.changed:
            self.is_stopped = True
            self.changed.notify_all()

    def _meet(self, call: _Call) -> Any:
        with self.changed:
            self.waiting.append(call)
            self._do_if_all_are_here()
            while call.result is None and call.error is None:
                if self.is_stopped:
                    raise KeyboardInterrupt
                self.changed.wait()
        if call.error is not None:
            raise call.error
        return call.result

    def _do_if_all_are_here(self) -> None:
        if self.is_stopped or not self.waiting or len(self.waiting) < self.going_on:
            return
        kinds: dict[Any, list[_Call]] = {}
        for call in sorted(self.waiting, key=lambda call: call.seat):
            kinds.setdefault(call.kind, []).append(call)
        self.waiting = []
        for calls in kinds.values():
            try:
                program = self.programs.setdefault(
                    calls[0].step.__name__, _all_at_once(calls[0].step)
                )
                found = program([(call.state, call.batch) for call in calls])
                for call, result in zip(calls, found, strict=True):
                    call.result = result
            except BaseException as error:
                for call in calls:
                    call.error = error
        self.changed.notify_all()


def _all_at_once(step: Step) -> Callable[[list[Any]], list[Any]]:
    """Return a program that runs the steps of several trainings."""
    import jax
    import jax.numpy as jnp

    def program(given: list[Any]) -> list[Any]:
        if len(given) == 1:
            return [step(*given[0])]
        stacked = jax.tree.map(lambda *arrays: jnp.stack(arrays), *given)
        found = jax.vmap(step)(*stacked)
        return [jax.tree.map(lambda a, i=i: a[i], found) for i in range(len(given))]

    return jax.jit(program)
