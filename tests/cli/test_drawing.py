"""What `generate`, `reconstruct` and `interpolate` draw, and what they refuse."""

import os

import numpy as np
import pytest
from calling import call, refused
from conftest import tiny
from PIL import Image

from keras_draw import DRAW, load
from keras_draw.cli import pictured
from keras_draw.data import load_images
from keras_draw.data.images import as_uint8
from keras_draw.figures import grids
from keras_draw.figures.layout import by_class, rectangle

DATASET = "--dataset digits:test[:2]"
NAMES = ("circle", "square", "a/b")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two networks of 8 x 8 pixels, one of them of three classes."""
    found = tmp_path_factory.mktemp("networks")
    fields = {"image_shape": (8, 8, 1), "timesteps": 2}
    DRAW(tiny(**fields)).save(found / "plain.keras")
    DRAW(tiny(**fields, num_classes=3, class_names=NAMES)).save(found / "shapes.keras")
    return found


@pytest.fixture(autouse=True)
def here(folder, monkeypatch, tmp_path):
    """A folder with both networks in it."""
    for path in folder.iterdir():
        (tmp_path / path.name).symlink_to(path)
    monkeypatch.chdir(tmp_path)


def pixels(path):
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


@pytest.mark.parametrize("fields", [{}, {"read": 2}])
def test_a_network_without_a_window_to_show_says_so(fields, tmp_path):
    DRAW(tiny(image_shape=(8, 8, 1), timesteps=1, **fields)).save("network.keras")
    refuse = "--windows has nothing to show, so leave it out: this network"
    asked = refused("generate network.keras --count 2 --out a.gif --windows")
    assert f"{refuse} does not paint through a window" in asked
    words = f"reconstruct network.keras {DATASET} --out a.gif"
    if not fields:
        assert f"{refuse} neither reads nor paints" in refused(f"{words} --windows")
        return
    # Where windows are shown, the last picture is held without them.
    for asked, pages in (("", 1), (" --windows", 2)):
        assert call(f"{words} --overwrite{asked}").code == 0
        with Image.open("a.gif") as gif:
            assert gif.n_frames == pages


def test_a_conditional_network_draws_a_labelled_row_a_class():
    assert call("generate shapes.keras").code == 0
    model, labels = load("shapes.keras"), np.arange(30) % 3
    images = model.generate(30, labels)
    expected = grids.laid_out(images, by_class(labels, NAMES))
    np.testing.assert_array_equal(pixels("shapes.png"), np.asarray(expected))
    assert call("generate shapes.keras --columns 4 --scale 2 --out a.png").code == 0
    expected = grids.laid_out(images[:12], by_class(labels[:12], NAMES), scale=2)
    np.testing.assert_array_equal(pixels("a.png"), np.asarray(expected))


def test_without_classes_and_of_one_class_it_is_a_full_rectangle():
    assert call("generate plain.keras --count 6").code == 0
    expected = grids.laid_out(load("plain.keras").generate(6), rectangle(6))
    np.testing.assert_array_equal(pixels("plain.png"), np.asarray(expected))
    assert 600 <= pixels("plain.png").shape[1] <= 1200
    assert call("generate shapes.keras --label 1 --count 6").code == 0
    expected = grids.square_grid(load("shapes.keras").generate(6, 1))
    np.testing.assert_array_equal(pixels("shapes-1.png"), np.asarray(expected))


def test_single_files_have_their_class_in_their_name():
    assert call("generate shapes.keras --count 4 --out new/").code == 0
    names = ["a-b-0002.png", "circle-0000.png", "circle-0003.png", "square-0001.png"]
    assert sorted(os.listdir("new")) == names
    expected = as_uint8(load("shapes.keras").generate(4))
    np.testing.assert_array_equal(pixels("new/square-0001.png")[..., 0], expected[1, ..., 0])
    before = pixels("new/circle-0000.png")
    assert "is not empty" in refused("generate shapes.keras --seed 1 --out new/ --overwrite")
    np.testing.assert_array_equal(pixels("new/circle-0000.png"), before)


def test_a_picture_beyond_the_cap_is_drawn_where_that_is_asked_for():
    words = "generate plain.keras --count 4 --scale 800 --out a.png"
    assert "too many to look at" in refused(words)
    assert call("generate plain.keras --count 4 --scale 2000 --out a.png").code == 2
    assert not os.path.exists("a.png")


def test_force_reaches_the_picture(monkeypatch):
    monkeypatch.setattr("keras_draw.figures.sizes.MOST_PIXELS", 1000)
    assert "--force" in refused("generate plain.keras --count 4 --out a.png")
    assert call("generate plain.keras --count 4 --out a.png --force").code == 0
    monkeypatch.setattr("keras_draw.figures.sizes.MOST_MOVING_PIXELS", 1000)
    assert "--force" in refused("generate plain.keras --count 4 --out a.gif")
    assert call("generate plain.keras --count 4 --out a.gif --force").code == 0
    words = f"reconstruct plain.keras {DATASET} --out b.png"
    assert "--force" in refused(words)
    assert call(f"{words} --force").code == 0


def test_a_few_images_show_what_a_set_holds():
    """The set has ten classes, and the tenth image of it is no nine."""
    words = "reconstruct plain.keras --dataset digits:test --count 10 --json --out"
    assert '"dataset": "10 of digits:test"' in call(f"{words} a.npz").out
    test = load_images("digits:test")
    shown = np.load("a.npz")["x"]
    for k in range(10):
        first = test.images[np.flatnonzero(test.labels == k)[0]]
        np.testing.assert_array_equal(shown[k], as_uint8(first))
    assert call(f"{words} a.png --columns 2").code == 0
    model = load("plain.keras")
    images = test.images[[np.flatnonzero(test.labels == k)[0] for k in range(10)]]
    steps = model.reconstruct_strokes(images).images
    expected = grids.reconstruction_grid(images, steps[:, 1:], [1])
    np.testing.assert_array_equal(pixels("a.png"), np.asarray(expected))


def test_one_column_is_refused_only_where_the_real_image_needs_one():
    words = f"reconstruct plain.keras {DATASET} --columns 1 --out"
    assert "the real image and reconstructions" in refused(f"{words} a.png")
    for out in ("a.gif", "a.npz", "new/"):
        assert call(f"{words} {out}").code == 0


def test_before_anything_is_drawn_paths_are_counted_and_measured(monkeypatch):
    monkeypatch.setattr(DRAW, "generate", None)
    words = "interpolate plain.keras"
    assert "--count is -1, and a path needs two, its ends: give 2 or more, or 0 for 10." in refused(
        f"{words} --count -1"
    )
    assert "or 0 for all." in refused(f"{words} {DATASET} --count 1")
    assert "2,999 rows and 9 columns" in refused(f"{words} --count 3000")
    assert "has 1 image; a path needs two" in refused(f"{words} --dataset digits:test[:1]")


def test_a_speed_that_a_gif_cannot_have_is_refused_before_anything_is_drawn(monkeypatch):
    monkeypatch.setattr(DRAW, "generate_strokes", None)
    said = refused("generate plain.keras --count 1 --out a.gif --fps 0.001")
    assert "fps is 0.001; a .gif shows each stroke for ten minutes at most: give 0.002" in said


def test_paths_go_from_each_image_to_the_next():
    words = f"interpolate plain.keras {DATASET} --stations 3 --out"
    assert call(f"{words} a.npz").code == 0
    data = load_images("digits:test[:2]").images
    expected = load("plain.keras").interpolate(data[:1], data[1:], 3)
    np.testing.assert_array_equal(np.load("a.npz")["x"], as_uint8(expected))
    assert call(f"{words} new/").code == 0
    assert len(os.listdir("new")) == 3
    assert call("interpolate shapes.keras --count 3 --stations 4").code == 0
    assert pixels("shapes-paths.png").shape[1] > 600
    assert call("interpolate shapes.keras --count 3 --stations 4 --out a.gif").code == 0
    with Image.open("a.gif") as gif:
        assert gif.n_frames == 4 + 3  # each path begins where the last one ends


def test_a_big_job_says_so_and_a_small_one_does_not(monkeypatch):
    assert "Drawing" not in call("generate plain.keras --count 5 --out a.npz").err
    monkeypatch.setattr(pictured, "MANY", 4)
    told = call("generate plain.keras --count 5 --out a.npz --overwrite").err
    assert told == "Drawing 5 images.\nDrew 5 images and wrote a.npz.\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("reconstruct plain.keras", "Reconstructed {} and wrote a.npz."),
        ("interpolate plain.keras", "Drew 2 paths between {} and wrote a.npz."),
        ("complete plain.keras --answers 1 --rounds 1", "Drew 1 answer per image for {}: a.npz."),
    ],
)
def test_it_says_which_images_were_used(words, said):
    first, few = "digits:test[:3]", "digits:test[:20]"
    done = call(f"{words} --out a.npz --overwrite --dataset {first}")
    assert said.format(f"3 images of {first}") in done.err
    done = call(f"{words} --out a.npz --overwrite --dataset {few} --count 3")
    assert said.format(f"3 of {few}") in done.err
