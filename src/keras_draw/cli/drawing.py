"""`keras-draw generate`, `reconstruct` and `interpolate`."""

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from keras_draw.cli.common import DataDir, Flag, Offline, WhichNetwork, say
from keras_draw.cli.pictured import Pictured, own_name, told

if TYPE_CHECKING:
    from keras_draw.data import ImageData
    from keras_draw.models.draw import DRAW

PER_CLASS = 10
"""Images in a row of a class."""
ROWS = 8
"""Of a picture without classes."""


@dataclass(frozen=True, kw_only=True)
class Generate(Pictured):
    """Draw new images with a trained network."""

    network: WhichNetwork
    out: str = ""
    """Where to: .png (a grid; of a conditional network one labelled row a class), .gif or .mp4 (the
    drawing, stroke by stroke; .mp4 needs ffmpeg), .npz (x: uint8 images, y: labels), or a new
    folder with / at its end (one .png an image); NAME.png or NAME-LABEL.png here if not given."""
    label: int | None = None
    """The class to draw, for a conditional network; all classes in turn if not given."""
    count: int | None = None
    """Number of images; if not given 10 of each class, or 64 of one class and of a network without
    classes (with --columns: as many of each class, or 8 rows). 11, 13, 17 and other numbers that
    make no rectangle leave places at the end empty."""
    windows: Flag = False
    """In a .gif or .mp4: a rectangle where the network writes, its line as wide as the stroke."""
    seed: int = 0
    """Same seed, same pictures."""
    offline: Offline = False

    def run(self) -> dict[str, Any]:
        """Draw."""
        more = "" if self.label is None else f"-{self.label}"
        output = self.output(self.out or own_name(self.network, more), windows=self.windows)

        import numpy as np

        from keras_draw.data.images import as_uint8
        from keras_draw.figures.layout import by_class, rectangle
        from keras_draw.figures.sizes import grid_of
        from keras_draw.figures.strokes import with_frames
        from keras_draw.memory import check_fits
        from keras_draw.training.loading import load

        model = load(self.network)
        config = model.config
        _check_windows(config, config.write, asked=self.windows)
        names, labels = config.classes, None
        count = self._count(len(names))
        # Before an array is made of so many.
        self.check_page(
            output, grid_of(count, self.columns), config.image_shape, pages=config.timesteps
        )
        check_fits(8.0 * count * config.num_pixels, f"{count:,} images", "ask for fewer")
        if names:
            every = np.arange(count) % len(names)
            labels = every if self.label is None else np.full(count, self.label)
        if labels is None or self.label is not None:
            layout = rectangle(count, self.columns)
        else:
            layout = by_class(labels, names, self.columns)
        self.check_page(
            output, layout.shape, config.image_shape,
            pages=config.timesteps, windows=self.windows,
        )  # fmt: skip
        with told("Drawing", count):
            if output.moves:
                strokes = model.generate_strokes(count, self.label, seed=self.seed)
                images, frames = with_frames(strokes, read=None, write=config.write)
            else:
                images = model.generate(count, self.label, seed=self.seed)
        if output.moves:
            self.write_moving(output, images, layout, frames=frames if self.windows else [])
        else:
            arrays = {"x": as_uint8(images)} | ({} if labels is None else {"y": labels})
            classes = [] if labels is None else [names[label] for label in labels]
            self.write(output, images, layout, names=classes, arrays=arrays)
        say(f"Drew {count} images into {output.path}.")
        return {"out": str(output.path), "count": count, "label": self.label, "seed": self.seed}

    def _count(self, classes: int) -> int:
        """How many images, where nobody says it."""
        if self.count is not None:
            if self.count < 1:
                raise ValueError(f"--count is {self.count}; give 1 or more.")
            return self.count
        if classes and self.label is None:
            return classes * (self.columns or PER_CLASS)
        return ROWS * (self.columns or ROWS)


@dataclass(frozen=True, kw_only=True)
class Reconstruct(Pictured):
    """Show real images beside what the network makes of them, timestep by timestep."""

    network: WhichNetwork
    dataset: str
    """Images to look at, such as mnist:test[:8]."""
    out: str
    """Where to: .png (real image, then the reconstruction after every timestep; with --columns
    some of them), .gif or .mp4 (the reconstructions being drawn; .mp4 needs ffmpeg), .npz (x,
    reconstruction: uint8), or a new folder with / at its end (one .png a reconstruction)."""
    count: int = 0
    """Images of the data set to look at: of each class first one, then a second; without labels
    from its beginning to its end, since sets may be sorted. 0: all."""
    windows: Flag = False
    """In a .gif or .mp4: rectangles where the network looks (green) and writes (orange, with a
    green core where both are), their lines as wide as the stroke."""
    seed: int = 0
    """Seed of the latents' noise."""
    data_dir: DataDir = ""
    offline: Offline = False

    def run(self) -> dict[str, Any]:
        """Reconstruct."""
        output = self.output(self.out, windows=self.windows)

        from keras_draw.data.images import as_uint8
        from keras_draw.figures import grids
        from keras_draw.figures.layout import rectangle
        from keras_draw.figures.strokes import with_frames
        from keras_draw.training.loading import load

        model = load(self.network)
        config = model.config
        _check_windows(config, config.read or config.write, asked=self.windows)
        data = images_of(model, self.dataset, self.data_dir, self.count)
        y = data.labels if config.num_classes else None
        layout = rectangle(len(data), self.columns)
        shown = self._timesteps(config.timesteps)
        grid = (len(data), len(shown) + 1) if output.kind == ".png" else layout.shape
        self.check_page(
            output, grid, data.image_shape, pages=config.timesteps, windows=self.windows
        )
        with told("Painting", len(data)):
            if output.moves or output.kind == ".png":
                strokes = model.reconstruct_strokes(data.images, y, seed=self.seed)
                steps, frames = with_frames(strokes, read=config.read, write=config.write)
            else:
                again = model.reconstruct(data.images, y, seed=self.seed)
            bound = model.elbo(data.images, y, seed=self.seed)
        if output.moves:
            self.write_moving(output, steps, layout, frames=frames if self.windows else [])
        elif output.kind == ".png":
            page = grids.reconstruction_grid(
                data.images, steps[:, shown], shown, scale=self.scale, force=self.force
            )
            grids.save_image(page, output.path, overwrite=True)
        else:
            arrays = {"x": as_uint8(data.images), "reconstruction": as_uint8(again)}
            self.write(output, again, layout, names=_classes(data), arrays=arrays)
        say(f"Reconstructed {len(data)} images of {data.name} into {output.path}.")
        return {
            "out": str(output.path),
            "dataset": data.name,
            "count": len(data),
            "reconstruction": float(bound.reconstruction.mean()),
            "kl": float(bound.kl.sum(axis=1).mean()),
            "units": {"reconstruction": "nats per image", "kl": "nats per image"},
        }

    def _timesteps(self, timesteps: int) -> list[int]:
        """Which have a column in a .png, from 0: all, or some with the last."""
        import numpy as np

        if self.columns is None or self.columns > timesteps:
            return list(range(timesteps))
        if self.columns == 1:
            raise ValueError("--columns is 1; a row has at least the real image and another.")
        return np.linspace(timesteps - 1, 0, self.columns - 1).round().astype(int)[::-1].tolist()


@dataclass(frozen=True, kw_only=True)
class Interpolate(Pictured):
    """Draw the ways from one image to the next, through the latents of all timesteps."""

    network: WhichNetwork
    out: str = ""
    """Where to: .png (one row a way), .gif or .mp4 (all ways one after the other; .mp4 needs
    ffmpeg), .npz (x: uint8, ways by stations), or a new folder with / at its end (one .png a
    station); NAME-ways.png here if not given."""
    dataset: str = ""
    """Images to go between, such as mnist:test[:5]: from the first to the second, from there to
    the third, and so on; drawn by the network itself if not given."""
    count: int = 0
    """Images to go between, chosen from the data set as by reconstruct, 0: all; or drawn, 0: 10."""
    stations: int = 9
    """Images on each way, both ends included."""
    seed: int = 0
    """Seed of the images that are drawn."""
    data_dir: DataDir = ""
    offline: Offline = False

    def run(self) -> dict[str, Any]:
        """Interpolate."""
        output = self.output(self.out or own_name(self.network, "-ways"))
        if self.columns not in (None, self.stations):
            raise ValueError("A row is a way here: give --stations in place of --columns.")
        if self.stations < 2:
            raise ValueError(f"--stations is {self.stations}; a way has 2 or more, its ends.")

        from keras_draw.data.images import as_uint8
        from keras_draw.figures.layout import rectangle
        from keras_draw.training.loading import load

        model = load(self.network)
        data = self._ends(model)
        ways, names = len(data) - 1, _classes(data)
        if ways < 1:
            raise ValueError(f"{data.name} has {len(data)} image: a way has two ends, give more.")
        self.check_page(
            output, (1, 1) if output.moves else (ways, self.stations), data.image_shape,
            pages=ways * (self.stations - 1) + 1,
        )  # fmt: skip
        y = data.labels if model.config.num_classes else None
        y_a, y_b = (None, None) if y is None else (y[:-1], y[1:])
        with told("Painting", ways * self.stations):
            drawn = model.interpolate(data.images[:-1], data.images[1:], self.stations, y_a, y_b)
        from_to = [f"{a} to {b}" for a, b in itertools.pairwise(names)] or [""] * ways
        flat = drawn.reshape(-1, *data.image_shape)
        if output.moves:
            # Each way ends where the next begins.
            film = [drawn[i, : self.stations - (i < ways - 1)] for i in range(ways)]
            captions = [text for text, way in zip(from_to, film, strict=True) for _ in way]
            self._film(output, film, captions)
        else:
            layout = rectangle(len(flat), self.stations)._replace(row_labels=tuple(from_to))
            each = [text.replace(" ", "-") for text in from_to for _ in range(self.stations)]
            arrays = {"x": as_uint8(drawn)}
            self.write(output, flat, layout, names=each if any(each) else (), arrays=arrays)
        said = f"{ways} way" + "s" * (ways > 1)
        say(f"Drew {said} between images of {data.name} into {output.path}.")
        return {
            "out": str(output.path),
            "dataset": data.name,
            "ways": ways,
            "stations": self.stations,
            "seed": self.seed,
        }

    def _film(self, output: Any, film: list[Any], captions: list[str]) -> None:
        import numpy as np

        from keras_draw.figures.layout import rectangle

        steps = np.concatenate(film)[None]
        self.write_moving(output, steps, rectangle(1), captions=captions)

    def _ends(self, model: "DRAW") -> "ImageData":
        """The images to go between."""
        import numpy as np

        from keras_draw.data import ImageData
        from keras_draw.data.images import as_uint8

        if self.dataset:
            return images_of(model, self.dataset, self.data_dir, self.count)
        names, count = model.config.classes, self.count or 10
        drawn = as_uint8(model.generate(count, seed=self.seed))
        labels = np.arange(count) % len(names) if names else None
        return ImageData(drawn, labels, names, name=f"{self.network} (seed {self.seed})")


def images_of(model: "DRAW", spec: str, data_dir: str, count: int) -> "ImageData":
    """Images of a data set that are looked at, all if `count` is 0."""
    from keras_draw.data import load_images

    shape = model.config.image_shape if spec.startswith("folder:") else None
    data = load_images(spec, data_dir=data_dir or None, image_shape=shape)
    if count < 0:
        raise ValueError(f"--count is {count}; give 1 or more, or 0 for all.")
    return data.some(count) if count else data


def _classes(data: "ImageData") -> list[str]:
    """The class of each image by name; none without labels."""
    if data.labels is None:
        return []
    return [data.class_names[label] for label in data.labels]


def _check_windows(config: Any, n: int | None, *, asked: bool) -> None:
    """Refuse to show windows, N x N filters, of a network that has none."""
    if asked and n is None:
        raise ValueError(
            f"This network has no window to show here: it was made with read {config.read} and "
            f"write {config.write} (None is the whole image; generation only writes)."
        )
