"""`keras-draw interpolate`."""

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from keras_draw.cli.common import DataDir, Offline, WhichNetwork, say
from keras_draw.cli.pictured import Output, Pictured, classes_of, images_of, named, own_name, told
from keras_draw.printed import counted

if TYPE_CHECKING:
    from keras_draw.data import ImageData
    from keras_draw.models.draw import DRAW

DRAWN = 10
"""Images that the network draws to interpolate between, if no number is given."""


@dataclass(frozen=True, kw_only=True)
class Interpolate(Pictured):
    """Draw a path from each image to the next, through the latents of all timesteps."""

    network: WhichNetwork
    out: str = ""
    """The output: .png (one row per path), .gif or .mp4 (all paths, one after another; .mp4 needs
    ffmpeg), .npz (x: uint8, paths by stations), or a new folder with / at its end (one .png per
    image). If not given: NAME-paths.png in the current folder."""
    dataset: str = ""
    """Images to interpolate between, such as mnist:test[:5]: from the first to the second, from
    there to the third, and so on. If not given, the network draws them."""
    count: int = 0
    """Number of images to interpolate between. From a data set: chosen as for reconstruct, 0 for
    all. Drawn by the network: 0 means 10."""
    stations: int = 9
    """Images on each path, both ends included. This is also the number of columns."""
    seed: int = 0
    """Seed of the images that the network draws."""
    data_dir: DataDir = ""
    offline: Offline = False

    def run(self) -> dict[str, Any]:
        """Interpolate, and return what was written."""
        output = self.output(self.out or own_name(self.network, "paths"))
        if self.columns not in (None, self.stations):
            raise ValueError(
                "interpolate draws one path per row: give --stations instead of --columns."
            )
        if self.stations < 2:
            raise ValueError(f"--stations is {self.stations}; a path needs 2 or more, its ends.")
        if self.count < 0 or self.count == 1:
            raise ValueError(
                f"--count is {self.count}, and a path needs two, its ends: give 2 or more, or 0 "
                f"for {'all' if self.dataset else DRAWN}."
            )

        from keras_draw.data.images import as_uint8
        from keras_draw.figures.layout import rectangle
        from keras_draw.training.loading import load

        model = load(self.network)
        data = self._real(model) if self.dataset else None
        paths = (len(data) if data else self.count or DRAWN) - 1
        self.check_page(
            output, (1, 1) if output.moves else (paths, self.stations), model.config.image_shape,
            pages=paths * (self.stations - 1) + 1,
        )  # fmt: skip
        data = data or self._drawn(model, paths + 1)
        names = classes_of(data)
        y = data.labels if model.config.num_classes else None
        y_a, y_b = (None, None) if y is None else (y[:-1], y[1:])
        with told("Painting", paths * self.stations):
            drawn = model.interpolate(data.images[:-1], data.images[1:], self.stations, y_a, y_b)
        from_to = [f"{a} to {b}" for a, b in itertools.pairwise(names)] or [""] * paths
        flat = drawn.reshape(-1, *data.image_shape)
        if output.moves:
            # Each path ends where the next one begins.
            film = [drawn[i, : self.stations - (i < paths - 1)] for i in range(paths)]
            captions = [text for text, path in zip(from_to, film, strict=True) for _ in path]
            self._film(output, film, captions)
        else:
            layout = rectangle(len(flat), self.stations)._replace(row_labels=tuple(from_to))
            each = [text.replace(" ", "-") for text in from_to for _ in range(self.stations)]
            arrays = {"x": as_uint8(drawn)}
            self.write(output, flat, layout, names=each if any(each) else (), arrays=arrays)
        ends = named(data, self.count) if self.dataset else f"images of {data.name}"
        say(f"Drew {counted(paths, 'path')} between {ends} and wrote {output.path}.")
        return {
            "out": str(output.path),
            "dataset": data.name,
            "paths": paths,
            "stations": self.stations,
            "seed": self.seed,
        }

    def _film(self, output: Output, film: list[Any], captions: list[str]) -> None:
        import numpy as np

        from keras_draw.figures.layout import rectangle

        steps = np.concatenate(film)[None]
        self.write_moving(output, steps, rectangle(1), captions=captions)

    def _real(self, model: "DRAW") -> "ImageData":
        """The images to interpolate between, from the data set."""
        data = images_of(model, self.dataset, self.data_dir, self.count)
        if len(data) < 2:
            raise ValueError(f"{data.name} has {len(data)} image; a path needs two, its ends.")
        return data

    def _drawn(self, model: "DRAW", count: int) -> "ImageData":
        """So many images to interpolate between, drawn by the network."""
        import numpy as np

        from keras_draw.data import ImageData
        from keras_draw.data.images import as_uint8

        names = model.config.classes
        drawn = as_uint8(model.generate(count, seed=self.seed))
        labels = np.arange(count) % len(names) if names else None
        return ImageData(drawn, labels, names, name=f"{self.network} (seed {self.seed})")
