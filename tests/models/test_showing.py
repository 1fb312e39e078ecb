"""Showing images in a notebook, and errors."""

import numpy as np
import pytest
from conftest import tiny

from keras_draw import DRAW
from keras_draw.figures import inline

NAMES = ("circle", "square", "star")


@pytest.fixture(scope="module")
def model():
    config = tiny(num_classes=3, class_names=NAMES, read=2, write=3)
    return DRAW(config, seed=1)


@pytest.fixture
def seen(monkeypatch):
    """The arguments of the figure, which is not built."""
    calls = []

    def keep(images, *rest, **options):
        calls.append((np.asarray(images), rest, options))
        return inline.Shown("", "")

    monkeypatch.setattr(inline, "grid", keep)
    monkeypatch.setattr(inline, "animation", keep)
    return calls


def test_new_images_of_every_class_by_name(model, seen):
    model.show(seed=3)
    images, _, options = seen.pop()
    assert images.shape == (99, 3, 5, 4, 1)
    np.testing.assert_array_equal(images, model.generate_strokes(99, seed=3).images)
    assert options["layout"].row_labels == NAMES
    assert options["layout"].cells[1].tolist() == list(range(1, 99, 3))
    assert [frame.colour for frame in options["frames"]] == ["#f76707"]


def test_one_class_by_its_name_or_number(model, seen):
    model.show(6, "square")
    model.show(6, 1)
    for images, _, options in seen:
        np.testing.assert_array_equal(images, model.generate_strokes(6, 1).images)
        assert options["layout"].row_labels[0] == "square"
        assert options["layout"].cells.shape == (2, 3)
    assert len(seen) == 2


def test_images_and_strokes_that_are_given(model, seen):
    images = np.random.default_rng(0).random((4, 5, 4, 1), "float32")
    model.show(images, ["star", "star", "circle", "star"], scale=2)
    shown, (layout, words), options = seen.pop()
    np.testing.assert_array_equal(shown, images)
    assert layout.row_labels == ("circle", "star")
    assert (words, options["scale"]) == ("4 images", 2)
    model.show(images[0])
    assert seen.pop()[1][1] == "1 image"
    model.show(images[..., 0])
    assert seen.pop()[1][1] == "4 images"
    strokes = model.reconstruct_strokes(images, [0, 1, 2, 0])
    model.show(strokes)
    shown, (words,), options = seen.pop()
    np.testing.assert_array_equal(shown, strokes.images)
    assert words == "4 images in 3 strokes"
    assert len(options["frames"]) == 2  # windows for reading and writing
    model.show(strokes.images, columns=4)
    _, _, options = seen.pop()
    assert options["frames"] == []
    assert options["layout"].cells.shape == (1, 4)


@pytest.mark.parametrize(
    ("what", "y", "sentence"),
    [
        (np.zeros((5, 4)), None, "Images have shape"),
        (np.zeros((2, 5, 4, 2)), None, "1 or 3 channels"),
        (np.zeros((0, 5, 4, 1)), None, "Images have shape"),
        (np.full((2, 5, 4, 1), 7.0), None, "divide by 255"),
        (np.zeros((2, 5, 4, 1)), [0, 1, 2], "3 labels for 2 images"),
        (4, "sqare", "did you mean 'square'"),
        (0, None, "what is 0"),
    ],
)
def test_what_is_refused(model, what, y, sentence):
    with pytest.raises(ValueError, match=sentence):
        model.show(what, y)


def test_strokes_are_a_line_and_a_page(model):
    strokes = model.reconstruct_strokes(np.zeros((2, 5, 4, 1)), [0, 1])
    assert repr(strokes) == "Strokes(2 images of 5 x 4 x 1 in 3 strokes; windows: read, write)"
    assert strokes._repr_html_().count("data:image/png") == 3 + 1
