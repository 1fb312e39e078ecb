"""Pictures, looked at pixel by pixel."""

import numpy as np
import pytest
from PIL import Image

from keras_draw.figures import curves, grids

RANDOM = np.random.default_rng(0)


def tile(page, row, column, h, w, scale, gap, left=0, above=0):
    top = above + gap + row * (h * scale + gap)
    start = left + gap + column * (w * scale + gap)
    return np.asarray(page)[top : top + h * scale, start : start + w * scale]


@pytest.mark.parametrize("channels", [1, 3])
def test_tiles_are_the_images_enlarged_without_blur(channels):
    images = RANDOM.integers(0, 256, (2, 3, 5, 4, channels), dtype=np.uint8)
    page = grids.image_grid(images, scale=4)
    for r in range(2):
        for c in range(3):
            found = tile(page, r, c, 5, 4, 4, 2)
            for i in range(5):
                for j in range(4):
                    block = found[4 * i : 4 * i + 4, 4 * j : 4 * j + 4].reshape(-1, 3)
                    assert (block == images[r, c, i, j]).all()
    assert (np.asarray(page)[:2] == grids.PAPER).all()


def test_labels_take_room_and_leave_tiles_alone():
    images = RANDOM.integers(0, 256, (2, 2, 8, 8, 1), dtype=np.uint8)
    plain = grids.image_grid(images, scale=4)
    labelled = grids.image_grid(images, scale=4, row_labels=["a", "b"], column_labels=["x", "y"])
    left, above = (b - a for a, b in zip(plain.size, labelled.size, strict=True))
    assert left > 0
    assert above > 0
    np.testing.assert_array_equal(np.asarray(labelled)[above:, left:], np.asarray(plain))
    assert (np.asarray(labelled)[:above] < 200).any()


def test_reconstructions_begin_with_the_real_image():
    real = RANDOM.random((2, 8, 8, 1))
    steps = RANDOM.random((2, 3, 8, 8, 1))
    page = np.asarray(grids.reconstruction_grid(real, steps))
    tiles = np.concatenate([real[:, None], steps], axis=1)
    bare = np.asarray(grids.image_grid(tiles))
    np.testing.assert_array_equal(page[-bare.shape[0] :], bare)


def test_classes_are_rows():
    labels = np.array([1, 0, 1, 0])
    images = np.stack([np.full((4, 4, 1), 60 * i, np.uint8) for i in range(4)])
    page = grids.class_grid(images, labels, ["zero", "one"])
    flat = grids.image_grid(images[[1, 3, 0, 2]].reshape(2, 2, 4, 4, 1), row_labels=["zero", "one"])
    np.testing.assert_array_equal(np.asarray(page), np.asarray(flat))


def test_a_drawing_shows_every_stroke_and_holds_the_last(tmp_path):
    steps = RANDOM.integers(0, 256, (5, 4, 6, 6, 1), dtype=np.uint8)
    grids.drawing_gif(steps, tmp_path / "a.gif")
    with Image.open(tmp_path / "a.gif") as gif:
        assert gif.n_frames == 4
        assert gif.info["loop"] == 0
        durations = []
        for t in range(4):
            gif.seek(t)
            durations.append(gif.info["duration"])
            expected = np.asarray(grids.square_grid(steps[:, t]))
            difference = np.asarray(gif.convert("RGB")).astype(int) - expected
            assert np.abs(difference).max() <= 4  # a palette of 256 colours
    assert durations == [120, 120, 120, 1500]


def test_a_window_is_a_rectangle_through_its_outermost_filters():
    """Pixels count from 1: filters at pixels 3 and 7 have their middles at 2.5 and 6.5."""
    x, y, delta, sigma = (np.full((1, 1), v) for v in (5.0, 4.0, 2.0, 0.5))
    frame = grids.window_frame("read", x, y, delta, sigma, 3)
    assert [float(v[0, 0]) for v in frame[:5]] == [2.5, 1.5, 6.5, 5.5, 0.5]
    page = grids.image_grid(np.zeros((1, 1, 10, 10, 1)), scale=10, frames=[frame])
    gap = 5
    picture = np.asarray(page)[gap : gap + 100, gap : gap + 100]
    rows, columns = np.nonzero(picture.any(axis=-1))
    assert (columns.min(), columns.max()) == (22, 67)  # the line is 5 wide, around the edge
    assert (rows.min(), rows.max()) == (12, 57)
    assert not picture[20:50, 30:60].any()
    assert set(map(tuple, picture[picture.any(axis=-1)])) == {(0x2F, 0x9E, 0x44)}


@pytest.mark.parametrize("value", [1e30, -1e30, 0.0])
def test_windows_beyond_the_image_break_nothing(value):
    wild = np.full((1, 1), value)
    frame = grids.window_frame("write", wild, wild, abs(wild), abs(wild), 5)
    page = grids.image_grid(np.zeros((1, 1, 6, 6, 1)), scale=4, frames=[frame])
    assert page.size == grids.image_grid(np.zeros((1, 1, 6, 6, 1)), scale=4).size


def test_windows_are_on_every_stroke_and_not_on_what_is_held(tmp_path):
    steps = np.arange(2, dtype=np.uint8)[None, :, None, None, None] * np.ones(
        (3, 2, 8, 8, 1), np.uint8
    )  # the grid's fourth place stays paper
    values = [np.full((3, 2), v) for v in (4.5, 4.5, 2.0, 0.4)]
    frame = grids.window_frame("write", *values, 3)
    grids.drawing_gif(steps, tmp_path / "a.gif", frames=[frame])
    with Image.open(tmp_path / "a.gif") as gif:
        assert gif.n_frames == 3
        inked = []
        for t in range(3):
            gif.seek(t)
            pixels = np.asarray(gif.convert("RGB")).astype(int)
            inked.append(bool((abs(pixels - (0xF7, 0x67, 0x07)).max(axis=-1) < 8).any()))
    assert inked == [True, True, False]


def test_curves_have_units_and_both_lines():
    history = {"epoch": [1, 2], "loss": [3.0, 2.0], "val_loss": [3.5, 2.5], "kl": [1.0, 1.5]}
    figure = curves.training_curves(history)
    axes = figure.get_axes()
    assert [a.get_ylabel() for a in axes] == ["objective", "nats per image", "nats per image"]
    assert [line.get_ydata().tolist() for line in axes[0].lines] == [[3.0, 2.0], [3.5, 2.5]]
    assert axes[0].lines[0].get_linestyle() != axes[0].lines[1].get_linestyle()  # legible in grey


def test_files_are_png_and_not_replaced_unasked(tmp_path):
    page = grids.square_grid(np.zeros((3, 4, 4, 1)))
    grids.save_image(page, tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as found:
        np.testing.assert_array_equal(np.asarray(found), np.asarray(page))
    with pytest.raises(FileExistsError):
        grids.save_image(page, tmp_path / "a.png")
    curves.save_figure(curves.training_curves({"epoch": [1]}), tmp_path / "b.png")
    with pytest.raises(ValueError, match="ending"):
        grids.save_image(page, tmp_path / "a.jpg")
