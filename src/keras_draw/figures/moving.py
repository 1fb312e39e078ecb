"""Animations of images being drawn, stroke by stroke, as a GIF or a video."""

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
from keras_draw.files import check_output, expanded, replacing

MOVING = (".gif", ".mp4")
FPS = 8.0
"""Strokes per second."""
MOST_FPS = 50.0
"""Highest speed; browsers slow down faster GIFs."""
LONGEST_IN_GIF = 600.0
"""Most seconds for a stroke in a GIF, whose format ends at 655."""
HOLD_SECONDS = 1.5
"""Seconds for which the last picture is held."""


def save_drawing(
    steps: np.ndarray,
    path: str | Path,
    *,
    layout: Layout | None = None,
    frames: Sequence[Frame] = (),
    captions: Sequence[str] | None = None,
    scale: int | None = None,
    fps: float = FPS,
    force: bool = False,
    overwrite: bool = True,
) -> None:
    """Save images being drawn together, stroke by stroke, as a .gif or .mp4.

    The last picture is held for a moment. If writing fails, no partial file is left.

    Args:
        steps: (N, T, H, W, C), floats in [0, 1] or uint8.
        path: the file, a .gif or .mp4.
        layout: the position of each image; a full rectangle if None.
        frames: rectangles on the images of every stroke, each value (N, T). The held picture is
            shown without them.
        captions: a text below each of the T pictures; "t = 1 of T" if None.
        scale: pixels of the picture per pixel of an image; chosen by `sizes.scale_of` if None.
        fps: strokes per second, at most 50, and in a .gif not under one in ten minutes.
        force: allow pictures that are too large to look at.
        overwrite: replace the file if it exists.

    Raises:
        ValueError: if the file has another extension, the pictures are too large, `fps` is out of
            range, or ffmpeg is missing for an .mp4.
        FileExistsError: if the file exists and `overwrite` is off.

    Example:
        >>> save_drawing(model.generate_strokes(16).images, "a.gif")   # doctest: +SKIP
    """
    path = expanded(path)
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
    """Refuse an invalid speed, or a video if ffmpeg is missing.

    Args:
        path: the file to write.
        fps: strokes per second.

    Raises:
        ValueError: if `fps` is not above 0 and at most 50, or too slow for a .gif, or ffmpeg is
            missing for an .mp4.
    """
    if not 0 < fps <= MOST_FPS:
        raise ValueError(f"fps is {fps:g}; give strokes per second, above 0 and at most 50.")
    if path.suffix.lower() == ".gif" and fps * LONGEST_IN_GIF < 1:
        raise ValueError(
            f"fps is {fps:g}; a .gif shows each stroke for ten minutes at most: give 0.002 or more."
        )
    if path.suffix.lower() == ".mp4" and shutil.which("ffmpeg") is None:
        raise ValueError(
            f"{path.name} needs ffmpeg, which was not found on PATH: install it, or give a .gif."
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
    """Reduce a page to the 256 colours that represent it best."""
    return page.quantize(256, dither=Image.Dither.NONE)


def _in_greys(page: Image.Image, colours: Sequence[str]) -> Image.Image:
    """Reduce a grey page with coloured lines to 256 colours: exact line colours, and greys."""
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
    """Write H.264 that browsers and phones can play: even sides, yuv420p."""
    frames = (_even(page) for page in pages)
    first = next(frames)
    size = f"{first.width}x{first.height}"
    into = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", size, "-r", f"{fps:g}", "-i", "pipe:0"]
    out = ["-c:v", "libx264", "-crf", "18", "-pix_fmt", "yuv420p", "-movflags", "+faststart"]
    program = shutil.which("ffmpeg") or "ffmpeg"
    command = [program, "-loglevel", "error", "-y", *into, "-an", *out, "-f", "mp4"]
    with tempfile.TemporaryFile() as said:
        running = subprocess.Popen(  # `file:` keeps a name from being read as an option or URL
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
        raise ValueError(f"ffmpeg could not make the video ({lines[-1][:200]}): give a .gif.")


def _feed(running: subprocess.Popen, frames: Iterator[Image.Image], held: int) -> None:
    """Write all frames to a program's input, the last one repeatedly, unless it has exited."""
    if running.stdin is None:
        return
    try:
        with running.stdin as stream:
            for frame in frames:
                last = frame.tobytes()
                stream.write(last)
            for _ in range(held):
                stream.write(last)
    except BrokenPipeError:  # the exit code reports the failure
        pass


def _even(page: Image.Image) -> Image.Image:
    size = (page.width + page.width % 2, page.height + page.height % 2)
    whole = Image.new("RGB", size, (PAPER, PAPER, PAPER))
    whole.paste(page)
    return whole
