"""`keras-draw page`."""

from dataclasses import dataclass
from typing import Any, Literal

import tyro

from keras_draw.cli.common import Flag, Offline, progress, say, say_page


@dataclass(frozen=True)
class Page:
    """Write an HTML file that runs trained networks in a browser: watch them draw, or paint."""

    networks: tyro.conf.Positional[tuple[str, ...]]
    """Run folders, .keras files or names of presets. The page starts with the first one."""
    out: str = ""
    """The .html to write. If not given: page.html in the run folder (an older one is replaced), or
    in the current folder page-NAME.html for a preset or a file, page.html for several networks."""
    weights: Literal["float16", "int8"] = "float16"
    """Number format of the weights. int8 halves the file; its cost in nats is measured."""
    data_dir: str = ""
    """Folder of data sets for that measurement, searched before KERAS_DRAW_DATA and the caches."""
    offline: Offline = False
    overwrite: Flag = False
    """Replace the output if it exists."""
    force: Flag = False
    """Also write networks of more than 64 MB."""
    json: Flag = False
    """Print the result as one JSON object on stdout."""

    def run(self) -> dict[str, Any]:
        """Write the page, and return what was written."""
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
        say_page(f"Wrote the page to {made.out}: {names}", made.bytes)
        networks = [
            one._asdict() | {"cost": one.cost and one.cost._asdict()} for one in made.networks
        ]
        return made._asdict() | {"networks": networks}
