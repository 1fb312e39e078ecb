"""`keras-draw data`."""

from dataclasses import dataclass
from typing import Any

import tyro

from keras_draw.cli.common import Flag, say


@dataclass(frozen=True)
class DataList:
    """The data sets that are known by name, and whether they are on this machine."""

    data_dir: str = ""
    """Folder of data sets, looked in before KERAS_DRAW_DATA and Keras's download cache."""
    json: Flag = False
    """Print the result as one JSON object on stdout."""

    def run(self) -> dict[str, Any]:
        """List them."""
        from keras_draw.data.named import SETS
        from keras_draw.data.sources import is_here

        found = {}
        for name, known in SETS.items():
            here = is_here(name, data_dir=self.data_dir or None)
            h, w, c = known.image_shape
            splits = ", ".join(f"{split} {count:,}" for split, count in known.splits.items())
            status = f"here ({here})" if here else "not on this machine"
            say(f"{name:16} {f'{h}x{w}x{c}':9} {status:32} {splits}\n{'':16} {known.summary}")
            found[name] = {"image_shape": [h, w, c], "splits": known.splits, "found": here}
        say("Also folder:PATH (a folder of pictures) and npz:PATH (x, and y if there are labels).")
        return {"data": found}


@dataclass(frozen=True)
class DataCheck:
    """Read a named data set and say what was found where, and whether it is whole."""

    name: tyro.conf.Positional[str]
    """Of the set; see `keras-draw data list`. Or folder:PATH: what of it is taken, what is not, and
    why."""
    data_dir: str = ""
    """Folder of data sets, looked in before KERAS_DRAW_DATA and Keras's download cache."""
    json: Flag = False
    """Print the result as one JSON object on stdout."""

    def run(self) -> dict[str, Any]:
        """Check it."""
        from keras_draw.data import check

        report = check(self.name, data_dir=self.data_dir or None)
        say(f"{report.name}: {report.summary}")
        for split, found in report.splits.items():
            say(f"  {split}: {found}")
        say("It is whole." if report.whole else "It is not whole.")
        shape = list(report.image_shape) if report.image_shape else None
        return {**report._asdict(), "image_shape": shape}
