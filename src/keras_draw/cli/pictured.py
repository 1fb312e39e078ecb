"""Shared by the commands that make pictures: their options, and where the pictures go."""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from keras_draw.cli.common import Flag, progress, say
from keras_draw.printed import counted

if TYPE_CHECKING:
    import numpy as np

    from keras_draw.data import ImageData
    from keras_draw.figures.layout import Layout
    from keras_draw.figures.strokes import Frame
    from keras_draw.models.draw import DRAW

FOLDER = "/"
"""The kind of an output that is a folder with one file per image."""
MOVING = (".gif", ".mp4")
KINDS = (".png", *MOVING, ".npz")
MOST_LETTERS = 60
"""Most characters of a label in a file name."""
MANY = 512
"""Above this number of images, a command announces the job."""


class Output(NamedTuple):
    """The file or folder that pictures go to."""

    path: Path
    kind: str
    """one of `KINDS`, or `FOLDER`."""

    @property
    def moves(self) -> bool:
        """Whether the output is an animation of the strokes."""
        return self.kind in MOVING


@dataclass(frozen=True, kw_only=True)
class Pictured:
    """Options of the commands that make pictures."""

    columns: int | None = None
    """Images in a row. If not given, chosen so that all rows are full."""
    scale: int | None = None
    """Pixels of the picture per pixel of an image; images are never blurred. If not given: chosen
    for a picture 600 to 1,200 pixels wide (wider if images would be under 48 pixels), and 1 for
    single files."""
    fps: float = 8.0
    """Strokes per second in a .gif or .mp4, at most 50. The last one stays for 1.5 seconds."""
    force: Flag = False
    """Allow a picture of more than 80 million pixels (a .gif or .mp4: 500 million in all strokes
    together), if memory allows it."""
    overwrite: Flag = False
    """Replace the output if it exists (a file, never a folder)."""
    json: Flag = False
    """Print the result as one JSON object on stdout."""

    def output(self, out: str, *, windows: bool = False) -> Output:
        """Check where pictures go, before anything is loaded.

        Args:
            out: the user's output: a file, or a folder with `/` at its end.
            windows: whether windows are shown.

        Returns:
            The output's path and kind.

        Raises:
            ValueError, OSError: if nothing can be written there, or an option makes no sense.
        """
        from keras_draw.files import check_new_folder, check_output, expanded

        check_counts(columns=self.columns, scale=self.scale)
        path = expanded(out)
        ends = tuple(filter(None, (os.sep, os.altsep)))
        found = Output(path, FOLDER if out.endswith(ends) or path.is_dir() else path.suffix.lower())
        if windows and not found.moves:
            raise ValueError(f"--windows needs a .gif or .mp4, and --out is {out}: change --out.")
        if found.kind == FOLDER:
            check_new_folder(path)
            return found
        if not path.suffix:
            raise ValueError(
                f"{out} has no extension: give one of {', '.join(KINDS)}, or a folder with / at "
                "its end for one file per image."
            )
        check_output(path, KINDS, overwrite=self.overwrite)
        if found.moves:
            from keras_draw.figures.moving import check_moving

            check_moving(path, self.fps)
        return found

    def check_page(
        self, output: Output, grid: tuple[int, int], size: tuple[int, ...], *, pages: int,
        windows: bool = False,
    ) -> None:  # fmt: skip
        """Refuse a picture that is too large, before anything is drawn for it.

        Args:
            output: where it goes. Only a single picture or an animation is checked.
            grid: rows and columns of images.
            size: height and width of an image, in pixels.
            pages: frames of a .gif or .mp4.
            windows: whether rectangles are drawn.

        Raises:
            ValueError: if the picture is too large.
        """
        from keras_draw.figures.sizes import check_grid

        if output.kind == ".png" or output.moves:
            rows, columns = grid
            pages = pages + windows if output.moves else 1
            check_grid(
                rows, columns, size,
                pages=pages, scale=self.scale, windows=windows, force=self.force,
            )  # fmt: skip

    def write(
        self, output: Output, images: "np.ndarray", layout: "Layout", *,
        names: Sequence[str] = (), arrays: "dict[str, np.ndarray]",
    ) -> None:  # fmt: skip
        """Write still images.

        Args:
            output: where they go.
            images: (N, H, W, C), in [0, 1].
            layout: the layout of the picture.
            names: for single files: the prefix of each image's file name.
            arrays: for an .npz: its arrays by name.
        """
        from keras_draw.figures.grids import laid_out, save_image
        from keras_draw.figures.singles import save_images

        if output.kind == ".npz":
            save_arrays(output.path, arrays)
        elif output.kind == FOLDER:
            save_images(images, output.path, names, scale=self.scale or 1)
        else:
            page = laid_out(images, layout, scale=self.scale, force=self.force)
            save_image(page, output.path, overwrite=True)

    def write_moving(
        self, output: Output, steps: "np.ndarray", layout: "Layout", *,
        frames: "Sequence[Frame]" = (), captions: Sequence[str] | None = None,
    ) -> None:  # fmt: skip
        """Write an animation of images being drawn.

        Args:
            output: where it goes.
            steps: the images after every stroke (N, T, H, W, C), in [0, 1].
            layout: the layout of each frame.
            frames: rectangles to draw, each value (N, T).
            captions: T captions; the number of the stroke if not given.
        """
        from keras_draw.figures.moving import save_drawing

        save_drawing(
            steps, output.path,
            layout=layout, frames=frames, captions=captions, scale=self.scale, fps=self.fps,
            force=self.force,
        )  # fmt: skip


def check_counts(**options: int | None) -> None:
    """Check options that are a count, or not given.

    Args:
        options: their values by name.

    Raises:
        ValueError: if one is below 1.
    """
    for name, value in options.items():
        if value is not None and value < 1:
            raise ValueError(f"--{name} is {value}; give 1 or more, or leave it out.")


def images_of(model: "DRAW", spec: str, data_dir: str, count: int) -> "ImageData":
    """Load the images that a command shows to a network.

    Args:
        model: the network.
        spec: the data set, such as `mnist:test`.
        data_dir: the folder where named data sets are searched first.
        count: the number of images, chosen by `ImageData.some`; 0: all.

    Returns:
        The images. For a conditional network, labels are indices of its own classes.

    Raises:
        ValueError: if the images have another shape than the network's, or a conditional network
            gets images without labels or of a class it lacks, or `count` is negative.
    """
    from keras_draw.data import load_images
    from keras_draw.data.labels import for_classes

    shape = model.config.image_shape if spec.startswith("folder:") else None
    data = load_images(spec, data_dir=data_dir or None, image_shape=shape)
    data.check_shape(model.config.image_shape)
    if count < 0:
        raise ValueError(f"--count is {count}; give 1 or more, or 0 for all.")
    if model.config.num_classes:
        data = for_classes(data, model.config.classes)
    return data.some(count) if count else data


def named(data: "ImageData", count: int) -> str:
    """What `images_of` returned, in words.

    Args:
        data: the images.
        count: the number that was asked for; 0: all.

    Example:
        >>> digits = load_images("digits:test[:30]")
        >>> named(digits, 0), named(digits.some(8), 8)
        ('30 images of digits:test[:30]', '8 of digits:test[:30]')
    """
    return data.name if count else f"{counted(len(data), 'image')} of {data.name}"


def classes_of(data: "ImageData") -> list[str]:
    """The class name of each image; an empty list without labels."""
    if data.labels is None:
        return []
    return [data.class_names[label] for label in data.labels]


def save_arrays(path: Path, arrays: "dict[str, Any]") -> None:
    """Write arrays as an .npz, completely or not at all."""
    import numpy as np

    from keras_draw.files import replacing

    # A stream, because NumPy would add .npz to a name that ends in .NPZ.
    with replacing(path) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, **arrays)


def own_name(network: str, more: str | None = None) -> str:
    """The default output: NAME.png or NAME-MORE.png in the current folder.

    Args:
        network: a run folder, a `.keras` file, a preset or an address. Its last part becomes NAME,
            dots included, so that runs such as v1.1 and v1.2 get different files.
        more: a suffix, such as a label. Characters that are unusual in file names become `-`.

    Example:
        >>> own_name("runs/v1.2", "big/ cat"), own_name("a.keras")
        ('v1.2-big--cat.png', 'a.png')
    """
    from keras_draw.files import expanded

    path = expanded(network.partition("#sha256=")[0])
    name = path.name if path.name not in ("", "..") else path.resolve().name
    name = name[: -len(".keras")] if name.lower().endswith(".keras") else name
    plain = re.sub(r"[^\w.-]", "-", more or "")[:MOST_LETTERS]
    return f"{name}{'' if more is None else f'-{plain}'}.png"


@contextmanager
def told(what: str, count: int) -> Iterator[None]:
    """Announce a big job, and show progress bars on a terminal while a network works on it.

    Args:
        what: the activity, such as "Drawing".
        count: the number of images. Up to `MANY`, nothing is shown.
    """
    if count <= MANY:
        yield
        return
    from keras_draw.models.running import followed

    say(f"{what} {count:,} images.")
    with progress() as watch, followed(lambda batches: watch(what, batches)):
        yield
