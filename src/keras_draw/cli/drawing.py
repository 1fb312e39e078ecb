"""`keras-draw generate` and `reconstruct`."""

from dataclasses import dataclass
from typing import Any

from keras_draw.cli.common import DataDir, Flag, Offline, WhichNetwork, say
from keras_draw.cli.pictured import Pictured, classes_of, images_of, own_name, told

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
    label: str | None = None
    """The class to draw, for a conditional network, by its name, or by its number unless classes
    have numbers for names; all classes in turn if not given."""
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
        _check_windows(config, config.write, asked=self.windows)
        names, labels = config.classes, None
        label: int | str | None = self.label
        if label is not None and names:
            label = config.class_index(label)
        count = self._count(len(names))
        # Before an array is made of so many.
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
        of = "" if labels is None or label is None else f" of the class {names[labels[0]]}"
        say(f"Drew {count} images{of} into {output.path}.")
        return {"out": str(output.path), "count": count, "label": label, "seed": self.seed}

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
            self.write(output, again, layout, names=classes_of(data), arrays=arrays)
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


def _check_windows(config: Any, n: int | None, *, asked: bool) -> None:
    """Refuse to show windows, N x N filters, of a network that has none."""
    if asked and n is None:
        raise ValueError(
            f"This network has no window to show here: it was made with read {config.read} and "
            f"write {config.write} (None is the whole image; generation only writes)."
        )
