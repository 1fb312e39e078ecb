"""`keras-draw generate` and `reconstruct`."""

from dataclasses import dataclass
from typing import Any

from keras_draw.cli.common import DataDir, Flag, Offline, WhichNetwork, say
from keras_draw.cli.pictured import Pictured, classes_of, images_of, named, own_name, told
from keras_draw.printed import counted

PER_CLASS = 10
"""Images of a class, in one row."""
ROWS = 8
"""Rows of a picture without classes."""


@dataclass(frozen=True, kw_only=True)
class Generate(Pictured):
    """Draw new images with a trained network."""

    network: WhichNetwork
    out: str = ""
    """The output: .png (a grid; for a conditional network one labelled row per class), .gif or .mp4
    (the drawing, stroke by stroke; .mp4 needs ffmpeg), .npz (x: uint8 images, y: labels), or a new
    folder with / at its end (one .png per image). If not given: NAME.png or NAME-LABEL.png in the
    current folder."""
    label: str | None = None
    """The class to draw, for a conditional network: its name, or its number unless the class names
    are numbers. If not given: all classes in turn."""
    count: int | None = None
    """Number of images. If not given: 10 of each class, or 64 for one class or a network without
    classes (with --columns: that many of each class, or 8 rows). Numbers that do not fill a
    rectangle, such as 11, 13 and 17, leave empty places at the end."""
    windows: Flag = False
    """In a .gif or .mp4: show where the network writes, as a rectangle with a line as wide as the
    stroke."""
    seed: int = 0
    """The same seed gives the same pictures."""
    offline: Offline = False

    def run(self) -> dict[str, Any]:
        """Draw the images, and return what was written."""
        output = self.output(self.out or own_name(self.network, self.label), windows=self.windows)

        import numpy as np

        from keras_draw.data.images import as_uint8
        from keras_draw.figures.layout import by_class, rectangle
        from keras_draw.figures.sizes import grid_of
        from keras_draw.figures.strokes import with_frames
        from keras_draw.memory import check_fits
        from keras_draw.training.loading import load

        model = load(self.network)
        config = model.config
        _check_windows(config.write, "does not paint through a window", asked=self.windows)
        names, labels = config.classes, None
        label: int | str | None = self.label
        if label is not None and names:
            label = config.class_index(label)
        count = self._count(len(names))
        # Before an array of that size is created.
        self.check_page(
            output, grid_of(count, self.columns), config.image_shape, pages=config.timesteps
        )
        check_fits(8.0 * count * config.num_pixels, f"{count:,} images", "ask for fewer")
        if names:
            every = np.arange(count) % len(names)
            labels = every if label is None else np.full(count, label)
        if labels is None or label is not None:
            layout = rectangle(count, self.columns)
        else:
            layout = by_class(labels, names, self.columns)
        self.check_page(
            output, layout.shape, config.image_shape,
            pages=config.timesteps, windows=self.windows,
        )  # fmt: skip
        with told("Drawing", count):
            if output.moves:
                strokes = model.generate_strokes(count, label, seed=self.seed)
                images, frames = with_frames(strokes, read=None, write=config.write)
            else:
                images = model.generate(count, label, seed=self.seed)
        if output.moves:
            self.write_moving(output, images, layout, frames=frames if self.windows else [])
        else:
            arrays = {"x": as_uint8(images)} | ({} if labels is None else {"y": labels})
            classes = [] if labels is None else [names[k] for k in labels]
            self.write(output, images, layout, names=classes, arrays=arrays)
        of = "" if labels is None or label is None else f" of class {names[labels[0]]}"
        say(f"Drew {counted(count, 'image')}{of} and wrote {output.path}.")
        return {"out": str(output.path), "count": count, "label": label, "seed": self.seed}

    def _count(self, classes: int) -> int:
        """The number of images to draw: the given one, or the default for so many classes."""
        if self.count is not None:
            if self.count < 1:
                raise ValueError(f"--count is {self.count}; give 1 or more.")
            return self.count
        if classes and self.label is None:
            return classes * (self.columns or PER_CLASS)
        return ROWS * (self.columns or ROWS)


@dataclass(frozen=True, kw_only=True)
class Reconstruct(Pictured):
    """Show real images next to their reconstructions, stroke by stroke."""

    network: WhichNetwork
    dataset: str
    """Images to reconstruct, such as mnist:test[:8]."""
    out: str
    """The output: .png (the real image, then its reconstruction after every stroke; with --columns
    some of them), .gif or .mp4 (the reconstructions being drawn; .mp4 needs ffmpeg), .npz (x,
    reconstruction: uint8), or a new folder with / at its end (one .png per reconstruction)."""
    count: int = 0
    """Number of images to use, 0 for all: first one of each class, then a second, and so on;
    without labels spread from the beginning to the end, because data sets may be sorted."""
    windows: Flag = False
    """In a .gif or .mp4: show where the network reads (green) and writes (orange, with a green core
    where both overlap), as rectangles with lines as wide as the stroke."""
    seed: int = 0
    """Seed of the latents' noise."""
    data_dir: DataDir = ""
    offline: Offline = False

    def run(self) -> dict[str, Any]:
        """Reconstruct the images, and return the mean cost and KL."""
        output = self.output(self.out, windows=self.windows)

        from keras_draw.data.images import as_uint8
        from keras_draw.figures import grids
        from keras_draw.figures.layout import rectangle
        from keras_draw.figures.strokes import with_frames
        from keras_draw.training.loading import load

        model = load(self.network)
        config = model.config
        _check_windows(
            config.read or config.write,
            "neither reads nor paints through a window",
            asked=self.windows,
        )
        data = images_of(model, self.dataset, self.data_dir, self.count)
        y = data.labels if config.num_classes else None
        layout = rectangle(len(data), self.columns)
        shown = self._timesteps(config.timesteps) if output.kind == ".png" else []
        grid = (len(data), len(shown) + 1) if shown else layout.shape
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
            self.write(output, again, layout, names=classes_of(data), arrays=arrays)
        say(f"Reconstructed {named(data, self.count)} and wrote {output.path}.")
        return {
            "out": str(output.path),
            "dataset": data.name,
            "count": len(data),
            "reconstruction": float(bound.reconstruction.mean()),
            "kl": float(bound.kl.sum(axis=1).mean()),
            "units": {"reconstruction": "nats per image", "kl": "nats per image"},
        }

    def _timesteps(self, timesteps: int) -> list[int]:
        """The timesteps, from 0, that get a column in a .png: all, or some including the last."""
        import numpy as np

        if self.columns is None or self.columns > timesteps:
            return list(range(timesteps))
        if self.columns == 1:
            raise ValueError("--columns is 1; give 2 or more: the real image and reconstructions.")
        return np.linspace(timesteps - 1, 0, self.columns - 1).round().astype(int)[::-1].tolist()


def _check_windows(n: int | None, lacks: str, *, asked: bool) -> None:
    """Refuse to show windows (N x N filters) if the network has none."""
    if asked and n is None:
        raise ValueError(f"--windows has nothing to show, so leave it out: this network {lacks}.")
