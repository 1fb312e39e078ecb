"""Grids, checked pixel by pixel."""

import numpy as np
import pytest
from PIL import Image

from keras_draw.figures import curves, grids
from keras_draw.figures.moving import save_drawing
from keras_draw.figures.singles import save_images

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


def test_labels_add_space_and_do_not_change_tiles():
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


def test_each_class_is_a_row():
    labels = np.array([1, 0, 1, 0])
    images = np.stack([np.full((4, 4, 1), 60 * i, np.uint8) for i in range(4)])
    page = grids.class_grid(images, labels, ["zero", "one"])
    flat = grids.image_grid(images[[1, 3, 0, 2]].reshape(2, 2, 4, 4, 1), row_labels=["zero", "one"])
    np.testing.assert_array_equal(np.asarray(page), np.asarray(flat))


def test_a_long_name_is_shortened_and_does_not_change_tiles():
    images = RANDOM.integers(0, 256, (1, 1, 8, 8, 1), dtype=np.uint8)
    page = grids.image_grid(images, scale=20, row_labels=["a name " * 500])
    assert page.width < grids.MOST_LABEL_PIXELS + 220
    np.testing.assert_array_equal(np.asarray(page)[10:170, -170:-10, 0], images[0, 0, ..., 0]
                                  .repeat(20, axis=0).repeat(20, axis=1))  # fmt: skip


def test_a_caption_is_below_the_grid_and_fits():
    images = RANDOM.integers(0, 256, (1, 1, 8, 8, 1), dtype=np.uint8)
    plain = grids.image_grid(images, scale=2)
    page = grids.image_grid(images, scale=2, caption="t = 100 of 100")
    np.testing.assert_array_equal(
        np.asarray(page)[: plain.height, : plain.width], np.asarray(plain)
    )
    ink = np.nonzero((np.asarray(page)[plain.height :] < 200).any(axis=(0, 2)))[0]
    assert ink.max() < page.width - 1
    assert page.width > plain.width


def test_empty_cells_show_the_background():
    page = np.asarray(grids.square_grid(np.zeros((11, 4, 4, 1))))
    assert (page[-30:, -30:] == grids.PAPER).all()
    assert not page[-40:-30, 40:50].any()


def test_training_curves_have_units_and_both_lines():
    history = {"epoch": [1, 2], "loss": [3.0, 2.0], "val_loss": [3.5, 2.5], "kl": [1.0, 1.5]}
    figure = curves.training_curves(history)
    axes = figure.get_axes()
    assert [a.get_ylabel() for a in axes] == ["objective", "nats per image", "nats per image"]
    assert [line.get_ydata().tolist() for line in axes[0].lines] == [[3.0, 2.0], [3.5, 2.5]]
    assert axes[0].lines[0].get_linestyle() != axes[0].lines[1].get_linestyle()  # readable in grey


def test_files_are_png_and_not_overwritten_by_default(tmp_path):
    page = grids.square_grid(np.zeros((3, 4, 4, 1)))
    grids.save_image(page, tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as found:
        np.testing.assert_array_equal(np.asarray(found), np.asarray(page))
    with pytest.raises(FileExistsError):
        grids.save_image(page, tmp_path / "a.png")
    curves.save_figure(curves.training_curves({"epoch": [1]}), tmp_path / "b.png")
    with pytest.raises(ValueError, match="extension"):
        grids.save_image(page, tmp_path / "a.jpg")


def test_a_path_may_be_a_text(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    grids.save_image(grids.square_grid(np.zeros((3, 4, 4, 1))), "~/a.png")
    curves.save_figure(curves.training_curves({"epoch": [1]}), f"{tmp_path}/b.png")
    save_drawing(np.zeros((1, 2, 4, 4, 1)), f"{tmp_path}/c.gif")
    save_images(np.zeros((1, 4, 4, 1)), "~/d")
    assert {path.name for path in tmp_path.iterdir()} == {"a.png", "b.png", "c.gif", "d"}
