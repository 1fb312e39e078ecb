"""Animations: every stroke is shown and the last one held; videos are written by ffmpeg."""

import os
import stat
import sys

import numpy as np
import pytest
from PIL import Image

from keras_draw.figures import grids
from keras_draw.figures.layout import by_class, rectangle
from keras_draw.figures.moving import check_moving, save_drawing
from keras_draw.figures.strokes import window_frame

RANDOM = np.random.default_rng(0)
STEPS = RANDOM.integers(0, 256, (5, 4, 6, 6, 1), dtype=np.uint8)


def pages_of(path):
    """The pictures as integers, their durations in milliseconds, and the number of loops."""
    with Image.open(path) as gif:
        pages, durations = [], []
        for t in range(gif.n_frames):
            gif.seek(t)
            durations.append(gif.info["duration"])
            pages.append(np.asarray(gif.convert("RGB")).astype(int))
        return pages, durations, gif.info["loop"]


def test_a_gif_shows_every_stroke_and_holds_the_last(tmp_path):
    save_drawing(STEPS, tmp_path / "a.gif", scale=9)
    pages, durations, loop = pages_of(tmp_path / "a.gif")
    assert (durations, loop) == ([120, 120, 120, 1500], 0)
    for t, page in enumerate(pages):
        caption = f"t = {t + 1} of 4"
        expected = grids.laid_out(STEPS[:, t], rectangle(5), caption=caption, scale=9)
        assert abs(page - np.asarray(expected)).max() <= 1  # greys of a palette with 256 colours
        above = np.asarray(grids.laid_out(STEPS[:, t], rectangle(5), scale=9))
        assert abs(page[: len(above)] - above).max() <= 1
        assert page[len(above) :].min() < 150  # the caption is there


def test_speed_layout_and_captions_can_be_chosen(tmp_path):
    colour = RANDOM.integers(0, 256, (2, 3, 6, 6, 3), dtype=np.uint8)
    layout = by_class(np.array([1, 1]), ["a", "b"])
    texts = ["one", "two", "three"]
    save_drawing(colour, tmp_path / "a.gif", layout=layout, fps=20, captions=texts, scale=5)
    pages, durations, _ = pages_of(tmp_path / "a.gif")
    assert durations == [50, 50, 1500]
    expected = grids.laid_out(colour[:, 0], layout, caption="one", scale=5)
    assert pages[0].shape == np.asarray(expected).shape


def test_windows_are_on_every_stroke_but_not_on_the_held_picture(tmp_path):
    steps = np.arange(2, dtype=np.uint8)[None, :, None, None, None] * np.ones(
        (11, 2, 8, 8, 1), np.uint8
    )  # the grid's twelfth cell is empty
    values = [np.full((11, 2), v) for v in (4.5, 4.5, 2.0, 0.4)]
    frame = window_frame("write", *values, 3)
    save_drawing(steps, tmp_path / "a.gif", frames=[frame])
    pages, _, _ = pages_of(tmp_path / "a.gif")
    inked = [bool((page == (0xF7, 0x67, 0x07)).all(axis=-1).any()) for page in pages]
    assert inked == [True, True, False]
    assert (pages[0][-60:, -100:] >= 249).mean() > 0.9


FFMPEG = """#!{python}
import sys
data = sys.stdin.buffer.read()
words = sys.argv[1:]
size = words[words.index("-s") + 1]
out = words[-1].removeprefix("file:")
with open(out, "wb") as film:
    film.write(("%s %d %s\\n" % (size, len(data), " ".join(words))).encode() + data)
"""


def program(folder, text, monkeypatch):
    """Make a script called ffmpeg the only program on PATH."""
    path = folder / "ffmpeg"
    path.write_text(text.format(python=sys.executable))
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(folder))


@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a script")
def test_a_video_has_every_stroke_with_even_sides_and_holds_the_last(tmp_path, monkeypatch):
    program(tmp_path, FFMPEG, monkeypatch)
    save_drawing(STEPS, tmp_path / "-a b.mp4", scale=5, fps=4)
    first, pixels = (tmp_path / "-a b.mp4").read_bytes().split(b"\n", 1)
    size, count, *words = first.decode().split()
    width, height = map(int, size.split("x"))
    assert (width % 2, height % 2) == (0, 0)
    assert {"-pix_fmt", "yuv420p", "rgb24", "-r", "4"} <= set(words)
    pages = np.frombuffer(pixels, np.uint8).reshape(-1, height, width, 3)
    assert len(pages) == 4 + 6  # 1.5 seconds more
    assert int(count) == pages.size
    for t in (0, 3, 9):
        last = min(t, 3)
        caption = f"t = {last + 1} of 4"
        page = np.asarray(grids.laid_out(STEPS[:, last], rectangle(5), caption=caption, scale=5))
        np.testing.assert_array_equal(pages[t, : page.shape[0], : page.shape[1]], page)
        assert (pages[t, page.shape[0] :] == grids.PAPER).all()


@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a script")
@pytest.mark.parametrize("ends", ["early", "late"])
def test_a_video_that_fails_leaves_no_file(ends, tmp_path, monkeypatch):
    read = "sys.stdin.buffer.read();" if ends == "late" else ""
    text = (
        f"#!{{python}}\nimport sys; {read} print('Unknown encoder', file=sys.stderr); sys.exit(1)"
    )
    program(tmp_path, text, monkeypatch)
    big = np.repeat(STEPS, 40, axis=1)
    with pytest.raises(ValueError, match=r"ffmpeg could not make the video \(Unknown encoder\)"):
        save_drawing(big, tmp_path / "a.mp4")
    assert os.listdir(tmp_path) == ["ffmpeg"]


def test_without_ffmpeg_a_video_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ValueError, match=r"a\.mp4 needs ffmpeg, which was not found on PATH"):
        save_drawing(STEPS, tmp_path / "a.mp4")


@pytest.mark.parametrize("fps", [0.0016, 1e-9, 5e-324])
def test_speeds_that_the_format_cannot_hold_are_refused(fps, tmp_path, monkeypatch):
    with pytest.raises(ValueError, match=r"shows each stroke for ten minutes at most: give 0\.002"):
        save_drawing(STEPS, tmp_path / "a.gif", fps=fps)
    save_drawing(STEPS, tmp_path / "a.gif", fps=0.002)
    assert pages_of(tmp_path / "a.gif")[1] == [500_000] * 3 + [1500]
    monkeypatch.setattr("shutil.which", lambda name: name)
    check_moving(tmp_path / "a.mp4", fps)


@pytest.mark.parametrize("fps", [0, -1, 51, float("nan")])
def test_impossible_speeds_and_other_endings_are_refused(fps, tmp_path):
    with pytest.raises(ValueError, match="strokes per second, above 0 and at most 50"):
        save_drawing(STEPS, tmp_path / "a.gif", fps=fps)
    with pytest.raises(ValueError, match=r"choose from \.gif, \.mp4"):
        save_drawing(STEPS, tmp_path / "a.png")
