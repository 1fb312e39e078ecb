"""The user's folders, also for a user who has none, as in containers."""

import os
import tempfile
from pathlib import Path

from keras_draw.files import expanded


def home() -> Path | None:
    """The user's folder; None where neither `HOME` nor the system's list of users knows one."""
    try:
        return Path.home()
    except RuntimeError:
        return None


def cache_home() -> Path | None:
    """Our own: `KERAS_DRAW_CACHE`, or `keras-draw` in the user's cache; None without a home."""
    if said := os.environ.get("KERAS_DRAW_CACHE"):
        return expanded(said)
    if said := os.environ.get("XDG_CACHE_HOME"):
        return Path(said) / "keras-draw"
    user = home()
    return None if user is None else user / ".cache" / "keras-draw"


def keras_home() -> Path:
    """Keras's own folder: `KERAS_HOME`, or `.keras` where the user's or temporary files are.

    Example:
        >>> keras_home()                    # doctest: +SKIP
        PosixPath('/home/ada/.keras')
    """
    said = os.environ.get("KERAS_HOME")
    return expanded(said) if said else (home() or Path(tempfile.gettempdir())) / ".keras"
