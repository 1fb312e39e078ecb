"""`keras-draw data`."""

from dataclasses import dataclass
from typing import Any

import tyro

from keras_draw.cli.common import DataDir, Flag, Offline, say


@dataclass(frozen=True)
class DataList:
    """List the named data sets and whether they are on this machine."""

    data_dir: DataDir = ""
    json: Flag = False
    """Print the result as one JSON object on stdout."""

    def run(self) -> dict[str, Any]:
        """Print the list, and return it by name."""
        from keras_draw.data.finding import is_here
        from keras_draw.data.named import SETS
        from keras_draw.data.origins import ORIGINS
        from keras_draw.evaluation.inception.networks import weights_here

        found: dict[str, Any] = {}
        for name, known in SETS.items():
            here = is_here(name, data_dir=self.data_dir or None)
            h, w, c = known.image_shape
            splits = ", ".join(f"{split} {count:,}" for split, count in known.splits.items())
            say(f"{name:16} {_status(here):32} {h} x {w} x {c}: {splits}")
            say(f"{'':16} {known.summary}")
            found[name] = {"image_shape": [h, w, c], "splits": known.splits, "found": here}
            found[name] |= _published(name)
        say("Weights of feature extractors, for fid and evaluate:")
        weights = {}
        for name in (name for name, origin in ORIGINS.items() if origin.weights):
            here = weights_here(name)
            say(f"{name:16} {_status(here)}")
            weights[name] = {"found": here, **_published(name)}
        say("What is missing is downloaded on first use; to do so now: keras-draw data get NAME.")
        say("Your own data: folder:PATH (pictures) or npz:PATH (x, and y if there are labels).")
        return {"data": found, "weights": weights}


def _status(here: str | None) -> str:
    return f"here ({here})" if here else "not on this machine"


def _published(name: str) -> dict[str, Any]:
    """Print where a data set or weights come from, and return it for `--json`."""
    from keras_draw.data.origins import ORIGINS
    from keras_draw.data.reporting import megabytes

    origin = ORIGINS.get(name)
    if origin is None:
        return {"source": "scikit-learn", "licence": "BSD-3-Clause", "download_bytes": 0}
    say(f"{'':16} {origin.source}")
    size = megabytes(origin.size, exact=origin.is_exact)
    say(f"{'':16} {size} to download; licence: {origin.licence}")
    return {
        "source": origin.source,
        "licence": origin.licence,
        "download_bytes": origin.size if origin.is_exact else None,
    }


@dataclass(frozen=True)
class DataCheck:
    """Read a data set and report what was found, where, and whether it is complete."""

    name: tyro.conf.Positional[str]
    """Name of the data set (see `keras-draw data list`), or folder:PATH to see which of its files
    are used, which are not, and why."""
    data_dir: DataDir = ""
    json: Flag = False
    """Print the result as one JSON object on stdout."""

    def run(self) -> dict[str, Any]:
        """Read the data set, and print and return the result."""
        from keras_draw.data import check

        report = check(self.name, data_dir=self.data_dir or None)
        say(f"{report.name}: {report.summary}")
        for split, found in report.splits.items():
            say(f"  {split}: {found}")
        say("It is complete." if report.whole else "It is not complete.")
        shape = list(report.image_shape) if report.image_shape else None
        return {**report._asdict(), "image_shape": shape}


@dataclass(frozen=True)
class DataGet:
    """Download a data set or an extractor's weights before they are needed, and check them."""

    name: tyro.conf.Positional[str]
    """Name of a data set or of weights (see `keras-draw data list`), or SET:SPLIT for one split
    (svhn:extra is downloaded only this way), or all."""
    data_dir: DataDir = ""
    offline: Offline = False
    json: Flag = False
    """Print the result as one JSON object on stdout."""

    def run(self) -> dict[str, Any]:
        """Download, and return what arrived by name."""
        from keras_draw.config import suggest
        from keras_draw.data.finding import get
        from keras_draw.data.named import SETS
        from keras_draw.data.origins import ORIGINS
        from keras_draw.data.reporting import Terminal
        from keras_draw.evaluation.inception.networks import get_weights

        weights = [name for name, origin in ORIGINS.items() if origin.weights]
        found: dict[str, Any] = {}
        names = [*SETS, *weights]
        if self.name.partition(":")[0] not in (*names, "all"):
            raise ValueError(
                f"There is no data set, and no weights file, named {self.name!r}: "
                f"{suggest(self.name, (*names, 'all'))}"
            )
        for name in names if self.name == "all" else [self.name]:
            if name in weights:
                found[name] = {"weights": get_weights(name)}
            else:
                found[name] = get(name, data_dir=self.data_dir or None, reporter=Terminal())
            for split, words in found[name].items():
                say(f"{name.partition(':')[0]} {split}: {words}")
        return {"got": found}
