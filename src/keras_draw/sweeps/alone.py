"""Every run of a sweep as if it had a process of its own."""

import contextlib
import gc
from collections.abc import Iterator

import keras


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """A block that finds no traces of runs before it, and leaves none for those after it.

    Keras counts names of layers over the life of a process, and JAX keeps every compiled program:
    about 20 MB for each run of a sweep. Both are forgotten, at the cost of compiling what is
    needed again. Keras's policy of dtypes stays what it was.
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
