"""Isolate each run of a sweep, as if it had its own process."""

import contextlib
import gc
from collections.abc import Iterator

import keras


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Run a block without traces of earlier runs, and leave none for later ones.

    Keras counts layer names for the life of a process, and JAX keeps every compiled program: about
    20 MB per run of a sweep. Both are cleared, so programs are compiled again when they are needed.
    Keras's dtype policy is restored afterwards.
    """
    policy = keras.config.dtype_policy()
    _forget()
    try:
        yield
    finally:
        _forget()
        keras.config.set_dtype_policy(policy)


def _forget() -> None:
    keras.utils.clear_session(free_memory=False)
    if keras.backend.backend() == "jax":
        import jax

        jax.clear_caches()
    gc.collect()
