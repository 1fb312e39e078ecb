"""The user's folders, also for users without a home folder, as in containers."""

import os
import tempfile
from pathlib import Path

from keras_draw.files import expanded


def home() -> Path | None:
    """The user's home folder; None if neither `HOME` nor the system's user list has one."""
    try:
        return Path.home()
    except RuntimeError:
        return None


def cache_home() -> Path | None:
    """The package's cache: `KERAS_DRAW_CACHE`, or `keras-draw` in the user's cache folder.

    Returns:
        The folder; None if there is no home folder.
    """
    if said := os.environ.get("KERAS_DRAW_CACHE"):
        return expanded(said)
    if said := os.environ.get("XDG_CACHE_HOME"):
        return Path(said) / "keras-draw"
    user = home()
    return None if user is None else user / ".cache" / "keras-draw"


def keras_home() -> Path:
    """Keras's folder: `KERAS_HOME`, or `.keras` in the home folder (else in the temporary one).

    Example:
        >>> keras_home()                    # doctest: +SKIP
        PosixPath('/home/ada/.keras')
    """
    said = os.environ.get("KERAS_HOME")
    return expanded(said) if said else (home() or Path(tempfile.gettempdir())) / ".keras"
