"""What the commands share that make pictures: their options, and where the pictures go."""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from keras_draw.cli.common import Flag, progress, say

if TYPE_CHECKING:
    import numpy as np

    from keras_draw.data import ImageData
    from keras_draw.figures.layout import Layout
    from keras_draw.figures.strokes import Frame
    from keras_draw.models.draw import DRAW

FOLDER = "/"
"""The kind of an output that is a folder of single files."""
MOVING = (".gif", ".mp4")
KINDS = (".png", *MOVING, ".npz")
MOST_LETTERS = 60
"""Of a label in a file's name."""
MANY = 512
"""Images that are drawn without a word."""


class Output(NamedTuple):
    """Where pictures go."""

    path: Path
    kind: str
    """one of `KINDS`, or `FOLDER`."""

    @property
    def moves(self) -> bool:
        """Whether strokes are seen one after the other."""
        return self.kind in MOVING


@dataclass(frozen=True, kw_only=True)
class Pictured:
    """Options of what becomes a picture."""

    columns: int | None = None
    """Images in a row; chosen so that no row is ragged if not given."""
    scale: int | None = None
    """Pixels of the picture per pixel of an image, which is never blurred. If not given: so many
    that a picture is 600 to 1,200 pixels wide (wider, where images would be under 48), and 1 for
    single files."""
    fps: float = 8.0
    """Strokes a second in a .gif or .mp4, at most 50; the last one stays for 1.5 seconds."""
    force: Flag = False
    """Draw a picture of more than 80 million pixels (a .gif or .mp4: 500 million in all strokes
    together) nevertheless, if memory allows it."""
    overwrite: Flag = False
    """Replace the output if it exists (a file, never a folder)."""
    json: Flag = False
    """Print the result as one JSON object on stdout."""

    def output(self, out: str, *, windows: bool = False) -> Output:
        """Where pictures go, checked before anything is loaded.

        Args:
            out: as it was given: a file, or a folder with `/` at its end.
            windows: whether windows are to be shown.

        Raises:
            ValueError, OSError: if nothing can be written there, or an option makes no sense.
        """
        from keras_draw.files import check_new_folder, check_output, expanded

        for name, value in (("columns", self.columns), ("scale", self.scale)):
            if value is not None and value < 1:
                raise ValueError(f"--{name} is {value}; give 1 or more, or leave it out.")
        path = expanded(out)
        ends = tuple(filter(None, (os.sep, os.altsep)))
        found = Output(path, FOLDER if out.endswith(ends) or path.is_dir() else path.suffix.lower())
        if windows and not found.moves:
            raise ValueError(f"Windows are shown in a .gif or .mp4, and --out is {out}: give one.")
        if found.kind == FOLDER:
            check_new_folder(path)
            return found
        if not path.suffix:
            raise ValueError(
                f"{out} has no ending: give one of {', '.join(KINDS)}, or a folder with a / at "
                "its end for one file an image."
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
            output: where it goes; what is no one picture is as large as it likes.
            grid: rows and columns.
            size: height and width of an image.
            pages: pictures of a .gif.
            windows: whether rectangles are drawn.
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
        """Write images that stand still.

        Args:
            output: where they go.
            images: (N, H, W, C), in [0, 1].
            layout: of the picture.
            names: what a single file's name begins with, for each image.
            arrays: what an .npz holds.
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
        """Write images that are being drawn.

        Args:
            output: where they go.
            steps: (N, T, H, W, C), in [0, 1].
            layout: of each picture.
            frames: rectangles, each value (N, T).
            captions: T texts; the number of the stroke if not given.
        """
        from keras_draw.figures.moving import save_drawing

        save_drawing(
            steps, output.path,
            layout=layout, frames=frames, captions=captions, scale=self.scale, fps=self.fps,
            force=self.force,
        )  # fmt: skip


def images_of(model: "DRAW", spec: str, data_dir: str, count: int) -> "ImageData":
    """Images of a data set that are looked at.

    Args:
        model: which is to look at them.
        spec: such as `mnist:test`.
        data_dir: where named data sets are looked for first.
        count: how many, as `ImageData.some` chooses them; 0: all.

    Returns:
        The images, with labels as a conditional network counts its classes.

    Raises:
        ValueError: if the network takes another shape, needs labels and there are none, or lacks
            a class.
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


def classes_of(data: "ImageData") -> list[str]:
    """The class of each image by name; none without labels."""
    if data.labels is None:
        return []
    return [data.class_names[label] for label in data.labels]


def save_arrays(path: Path, arrays: "dict[str, Any]") -> None:
    """Write arrays as an .npz, whole or not at all."""
    import numpy as np

    from keras_draw.files import replacing

    # Given a name, NumPy would add .npz to one that ends in .NPZ.
    with replacing(path) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, **arrays)


def own_name(network: str, more: str | None = None) -> str:
    """NAME.png or NAME-MORE.png, here; another run has another NAME, also where there are dots.

    Args:
        network: a run folder, a `.keras` file, a preset or an address.
        more: such as a label; what no file's name should hold becomes `-`.

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
    """Say that a job is big, and show bars on a terminal while a network works on it.

    Args:
        what: is done, such as "Drawing".
        count: images.
    """
    if count <= MANY:
        yield
        return
    from keras_draw.models.running import followed

    say(f"{what} {count:,} images.")
    with progress() as watch, followed(lambda batches: watch(what, batches)):
        yield
