"""Pictures that move: images being drawn, stroke by stroke, as a GIF or a film."""

import itertools
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageColor

from keras_draw.figures.grids import PAPER, laid_out
from keras_draw.figures.layout import Layout, rectangle
from keras_draw.figures.sizes import check_grid
from keras_draw.figures.strokes import Frame
from keras_draw.files import check_output, replacing

MOVING = (".gif", ".mp4")
FPS = 8.0
"""Strokes a second."""
MOST_FPS = 50.0
"""Browsers slow down what is faster."""
HOLD_SECONDS = 1.5
"""How long the last picture stays."""


def save_drawing(
    steps: np.ndarray,
    path: Path,
    *,
    layout: Layout | None = None,
    frames: Sequence[Frame] = (),
    captions: Sequence[str] | None = None,
    scale: int | None = None,
    fps: float = FPS,
    force: bool = False,
    overwrite: bool = True,
) -> None:
    """Images being drawn, all at once, stroke by stroke, as a .gif or .mp4; the last is held.

    Args:
        steps: (N, T, H, W, C), floats in [0, 1] or uint8.
        path: where to write it, whole or not at all.
        layout: which image lies where; a full rectangle if not given.
        frames: rectangles on the images of every stroke, each value (N, T); on the last picture,
            which is held, there are none.
        captions: a text below each of the T pictures; "t = 1 of T" if not given.
        scale: pixels of the picture per pixel of an image; chosen by `sizes.scale_of` if not given.
        fps: strokes a second, at most 50.
        force: let it be larger than what can be looked at.
        overwrite: replace the file if it exists.

    Raises:
        ValueError: if the ending is another, the picture too large, the speed none, or no ffmpeg
            is there for an .mp4.

    Example:
        >>> save_drawing(model.generate_strokes(16).images, Path("a.gif"))   # doctest: +SKIP
    """
    check_output(path, MOVING, overwrite=overwrite)
    check_moving(path, fps)
    layout = layout or rectangle(len(steps))
    pages = steps.shape[1] + bool(frames)
    scale = check_grid(
        *layout.shape,
        steps.shape[2:4],
        pages=pages,
        scale=scale,
        windows=bool(frames),
        force=force,
    )
    captions = captions or [f"t = {t + 1} of {steps.shape[1]}" for t in range(steps.shape[1])]

    def page(t: int, frames: Sequence[Frame]) -> Image.Image:
        now = [frame.each(lambda values: values[:, t]) for frame in frames]
        return laid_out(
            steps[:, t], layout, caption=captions[t], scale=scale, frames=now, force=force
        )

    drawn = (page(t, frames) for t in range(steps.shape[1]))
    held = itertools.chain(drawn, [page(-1, ())] if frames else [])
    with replacing(path) as temporary:
        if path.suffix.lower() == ".mp4":
            _film(held, temporary, fps)
        else:
            colours = [frame.colour for frame in frames]
            is_grey = steps.shape[-1] == 1
            few = (_in_greys(page, colours) if is_grey else _in_256(page) for page in held)
            _gif(few, pages, temporary, fps)


def check_moving(path: Path, fps: float) -> None:
    """Refuse a speed that is none, and a film where nothing makes one.

    Args:
        path: the file's name.
        fps: strokes a second.

    Raises:
        ValueError: saying which.
    """
    if not 0 < fps <= MOST_FPS:
        raise ValueError(f"fps is {fps:g}; give strokes a second, more than 0, at most 50.")
    if path.suffix.lower() == ".mp4" and shutil.which("ffmpeg") is None:
        raise ValueError(
            f"{path.name} needs ffmpeg, which is not found on PATH: install it, or give a .gif."
        )


def _gif(pages: Iterable[Image.Image], count: int, path: Path, fps: float) -> None:
    pages = iter(pages)
    milliseconds = [round(1000 / fps)] * (count - 1)
    next(pages).save(
        path,
        format="GIF",
        save_all=True,
        append_images=pages,
        duration=[*milliseconds, round(1000 * HOLD_SECONDS)],
        loop=0,
    )


def _in_256(page: Image.Image) -> Image.Image:
    """A page in the 256 colours that it needs most."""
    return page.quantize(256, dither=Image.Dither.NONE)


def _in_greys(page: Image.Image, colours: Sequence[str]) -> Image.Image:
    """A grey page with lines of some colours, all of them exact, in 256 less as many greys."""
    pixels = np.asarray(page)
    levels = np.linspace(0, 255, 256 - len(colours)).round().astype(int)
    nearest = abs(levels - np.arange(256)[:, None]).argmin(axis=1)
    places = (len(colours) + nearest)[pixels[..., 0]].astype(np.uint8)
    palette = [ImageColor.getrgb(colour)[:3] for colour in colours]
    for i, colour in enumerate(palette):
        places[(pixels == colour).all(axis=-1)] = i
    found = Image.fromarray(places).convert("P")
    found.putpalette(bytes([v for c in palette for v in c] + [v for v in levels for _ in "RGB"]))
    return found


def _film(pages: Iterable[Image.Image], path: Path, fps: float) -> None:
    """H.264, as browsers and phones play it: even sides, colours at half the resolution."""
    frames = (_even(page) for page in pages)
    first = next(frames)
    size = f"{first.width}x{first.height}"
    into = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", size, "-r", f"{fps:g}", "-i", "pipe:0"]
    out = ["-c:v", "libx264", "-crf", "18", "-pix_fmt", "yuv420p", "-movflags", "+faststart"]
    program = shutil.which("ffmpeg") or "ffmpeg"
    command = [program, "-loglevel", "error", "-y", *into, "-an", *out, "-f", "mp4"]
    with tempfile.TemporaryFile() as said:
        running = subprocess.Popen(  # `file:`: no name is taken for an option or an address
            [*command, f"file:{path}"], stdin=subprocess.PIPE, stdout=said, stderr=said
        )
        try:
            _feed(running, itertools.chain([first], frames), round(HOLD_SECONDS * fps))
            failed = running.wait() != 0
        finally:
            running.kill()
            running.wait()
        said.seek(0)
        lines = said.read().decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
    if failed:
        raise ValueError(f"ffmpeg did not make the film ({lines[-1][:200]}): give a .gif.")


def _feed(running: subprocess.Popen, frames: Iterator[Image.Image], held: int) -> None:
    """Give a program all frames, the last one several times, unless it has gone."""
    if running.stdin is None:
        return
    try:
        with running.stdin as stream:
            for frame in frames:
                last = frame.tobytes()
                stream.write(last)
            for _ in range(held):
                stream.write(last)
    except BrokenPipeError:  # its exit code tells
        pass


def _even(page: Image.Image) -> Image.Image:
    size = (page.width + page.width % 2, page.height + page.height % 2)
    whole = Image.new("RGB", size, (PAPER, PAPER, PAPER))
    whole.paste(page)
    return whole
