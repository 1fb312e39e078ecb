"""`keras-draw page`."""

from dataclasses import dataclass
from typing import Any, Literal

import tyro

from keras_draw.cli.common import Flag, progress, say, say_page


@dataclass(frozen=True)
class Page:
    """Write one HTML file that runs trained networks in a browser: watch them, paint for them."""

    networks: tyro.conf.Positional[tuple[str, ...]]
    """Run folders, .keras files or names of presets; the page begins with the first."""
    out: str = ""
    """Where to: a .html; if not given, page.html in a run's folder (an older one is replaced),
    page-NAME.html here for a preset or a file, page.html here for more than one network."""
    weights: Literal["float16", "int8"] = "float16"
    """What weights are kept as. int8 halves the file; what that costs in nats is measured."""
    data_dir: str = ""
    """Folder of data sets to measure that on, looked in before KERAS_DRAW_DATA and Keras's
    download cache."""
    overwrite: Flag = False
    """Replace the output if it exists."""
    force: Flag = False
    """Write networks of more than 64 MB, too."""
    json: Flag = False
    """Print the result as one JSON object on stdout."""

    def run(self) -> dict[str, Any]:
        """Load, pack, write."""
        from keras_draw.page import page

        with progress() as watch:
            made = page(
                self.networks,
                out=self.out,
                weights=self.weights,
                data_dir=self.data_dir,
                overwrite=self.overwrite,
                force=self.force,
                watch=watch,
            )
        for one in made.networks:
            if one.cost:
                say(f"{one.name} as int8 costs {one.cost}.")
        names = ", ".join(one.name for one in made.networks)
        say_page(f"The page is {made.out}: {names}", made.bytes)
        networks = [
            one._asdict() | {"cost": one.cost and one.cost._asdict()} for one in made.networks
        ]
        return made._asdict() | {"networks": networks}
