"""Several trainings at once: each in a thread of its own, their steps one program.

A training stays what it is: Keras's loop, its callbacks, its folder. Only what compiles its steps
is another. A step waits until every training that still goes on has come to one; equal ones are
then done together, with an axis more on weights, optimiser states, noise and images. What differs
in shape, or in kind, as when one of them validates, is done one after the other.
"""

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from keras_draw.models.interruption import look
from keras_draw.models.keeping import compiling

Step = Callable[[Any, Any], Any]
"""(state, batch) -> (logs, state): one of Keras's."""
PATIENCE = 0.2
"""Seconds between two looks whether somebody wants the trainings to stop."""


def in_step(trainings: Sequence[Callable[[], None]]) -> list[BaseException | None]:
    """Do trainings whose networks have the same configuration but for the seed.

    Args:
        trainings: each trains one network by `fit`, on one device.

    Returns:
        What each of them raised, if it did.

    Raises:
        KeyboardInterrupt: if the process was asked to stop; the trainings have ended by then.
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
        # Not by joining them: a thread whose join is interrupted counts as ended (bpo-45274).
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
    """A step that a training has come to."""

    def __init__(self, seat: int, step: Step, state: Any, batch: Any) -> None:
        import jax

        self.seat, self.step, self.state, self.batch = seat, step, state, batch
        leaves, structure = jax.tree.flatten((state, batch))
        self.kind = (step.__name__, structure, tuple((a.shape, str(a.dtype)) for a in leaves))
        self.result: Any = None
        self.error: BaseException | None = None


class _Meeting:
    """Where the steps of several threads wait for each other."""

    def __init__(self, count: int) -> None:
        self.changed = threading.Condition()
        self.going_on = count
        self.waiting: list[_Call] = []
        self.programs: dict[str, Callable[..., Any]] = {}
        self.is_stopped = False
        self.is_over = threading.Event()

    def compiled(self, seat: int, step: Step) -> Step:
        """The step as a training calls it: with those of the others."""

        def run(state: Any, batch: Any) -> Any:
            return self._meet(_Call(seat, step, state, batch))

        return run

    def leave(self) -> None:
        """A training is over, well or not."""
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
    """A program that does the steps of several trainings."""
    import jax
    import jax.numpy as jnp

    def program(given: list[Any]) -> list[Any]:
        if len(given) == 1:
            return [step(*given[0])]
        stacked = jax.tree.map(lambda *arrays: jnp.stack(arrays), *given)
        found = jax.vmap(step)(*stacked)
        return [jax.tree.map(lambda a, i=i: a[i], found) for i in range(len(given))]

    return jax.jit(program)
