"""Drawing with a network, and errors."""

import inspect

import numpy as np
import pytest
from conftest import tiny
from models.pictures import IMAGES, LABELS, K, N

from keras_draw import DRAW
from keras_draw.models import drawing

LATENTS = np.zeros((N, 3, 2))


def test_shapes_of_what_is_drawn(conditional):
    t = 3
    assert conditional.generate(7).shape == (7, 5, 4, 1)
    assert conditional.generate_strokes(7).images.shape == (7, t, 5, 4, 1)
    assert conditional.reconstruct(IMAGES, LABELS).shape == IMAGES.shape
    assert conditional.reconstruct_strokes(IMAGES, LABELS).images.shape == (N, t, 5, 4, 1)


def test_methods_are_functions_of_a_network(conditional):
    np.testing.assert_array_equal(conditional.generate(2), drawing.generate(conditional, 2))
    assert "(n, H, W, C)" in inspect.getdoc(DRAW.generate)
    assert list(inspect.signature(conditional.generate).parameters) == [
        "n", "y", "seed", "batch_size",
    ]  # fmt: skip


@pytest.mark.parametrize("asked", ["steps", "windows"])
@pytest.mark.parametrize("name", ["generate", "reconstruct", "decode"])
def test_whoever_asks_final_images_for_strokes_is_told_where_they_are(conditional, name, asked):
    given = {"generate": (2,), "reconstruct": (IMAGES, LABELS), "decode": (LATENTS, LABELS)}[name]
    with pytest.raises(
        TypeError, match=rf"{name}\(\) does not accept {asked}: .* {name}_strokes\(\)"
    ):
        getattr(conditional, name)(*given, **{asked: True})
    with pytest.raises(TypeError, match="unexpected keyword argument 'step'"):
        getattr(conditional, name)(*given, step=True)


def test_the_last_step_is_the_image(conditional):
    steps = conditional.generate_strokes(5).images
    np.testing.assert_allclose(steps[:, -1], conditional.generate(5), atol=1e-6)
    assert steps.min() >= 0
    assert steps.max() <= 1
    again = conditional.reconstruct_strokes(IMAGES, LABELS, seed=2).images
    expected = conditional.reconstruct(IMAGES, LABELS, seed=2)
    np.testing.assert_allclose(again[:, -1], expected, atol=1e-6)


def test_generation_is_the_trained_decoder_fed_with_the_same_latents(conditional):
    latents = conditional.encode(IMAGES, LABELS, seed=2)
    np.testing.assert_allclose(
        conditional.decode(latents.z, LABELS),
        conditional.reconstruct(IMAGES, LABELS, seed=2),
        atol=1e-6,
    )
    noise = np.random.default_rng(8).standard_normal((4, 3, 2))
    np.testing.assert_array_equal(
        conditional.generate(4, 1, seed=8), conditional.decode(noise, np.ones(4, int))
    )
    strokes = conditional.decode_strokes(noise, np.ones(4, int))
    np.testing.assert_array_equal(conditional.generate_strokes(4, 1, seed=8).images, strokes.images)


def test_swapping_labels_swaps_classes(conditional):
    z = np.random.default_rng(0).standard_normal((2, 3, 2))
    same = np.stack([z[0], z[0]])
    ab, ba = conditional.decode(same, [0, 1]), conditional.decode(same, [1, 0])
    np.testing.assert_array_equal(ab, ba[::-1])
    assert not np.allclose(ab[0], ab[1])


def test_a_conditional_network_draws_its_classes_in_turn(conditional):
    turns = conditional.generate(7, seed=1)
    np.testing.assert_array_equal(turns, conditional.generate(7, np.arange(7) % K, seed=1))


def test_interpolation_begins_and_ends_at_the_posterior_means(conditional):
    a, b = slice(0, 2), slice(2, 4)
    way = conditional.interpolate(IMAGES[a], IMAGES[b], 4, LABELS[a], LABELS[b])
    assert way.shape == (2, 4, 5, 4, 1)
    for end, rows in ((0, a), (-1, b)):
        means = conditional.runner.unroll(IMAGES[rows], LABELS[rows], None, 8).z
        np.testing.assert_allclose(way[:, end], conditional.decode(means, LABELS[rows]), atol=1e-6)


def test_windows_are_told_in_pixels_for_every_stroke():
    model = DRAW(tiny(read=2, write=3, num_classes=2))
    x = np.random.default_rng(0).random((4, 5, 4, 1)).astype("float32")
    strokes = model.reconstruct_strokes(x, [0, 1, 0, 1], seed=3)
    assert strokes.images.shape == (4, 3, 5, 4, 1)
    for window in (strokes.read, strokes.write):
        assert all(value.shape == (4, 3) for value in window)
    # Nothing is painted before the first stroke, so every image is read at the same place.
    assert len(np.unique(strokes.read.x[:, 0])) == 1
    assert float(strokes.read.x[0, 0]) == 2.5
    drawn = model.generate_strokes(4)
    assert drawn.read is None
    assert drawn.write.sigma.shape == (4, 3)


def test_a_drawing_moves_where_its_window_says(float64):
    """The stroke of a sharp window is around the reported centre."""
    model = DRAW(tiny(image_shape=(12, 12, 1), write=1, timesteps=1), dtype="float64")
    model._named["write_bias"].assign([0.5, -0.4, -20.0, 0.0, -3.0])
    model._named["canvas_bias"].assign([2.0])
    drawn = model.generate_strokes(3, seed=1)
    for image, x, y in zip(
        drawn.images[:, 0], drawn.write.x[:, 0], drawn.write.y[:, 0], strict=True
    ):
        row, column = np.unravel_index(image[..., 0].argmax(), (12, 12))
        assert abs(column + 1 - x) <= 0.5
        assert abs(row + 1 - y) <= 0.5


@pytest.mark.parametrize("fields", [{}, {"read": 2}, {"write": 2}])
def test_there_are_windows_where_the_network_has_them(fields):
    model = DRAW(tiny(**fields))
    drawn, again = model.generate_strokes(2), model.reconstruct_strokes(IMAGES[:2])
    assert drawn.read is None
    assert (drawn.write is not None) == (again.write is not None) == ("write" in fields)
    assert (again.read is not None) == ("read" in fields)


def test_what_cannot_be_drawn_is_refused(conditional):
    plain = DRAW(tiny())
    with pytest.raises(ValueError, match="unconditional and takes no labels"):
        plain.generate(2, [0, 1])
    with pytest.raises(ValueError, match="n is 0; it must be 1 or more"):
        plain.generate(0)
    with pytest.raises(ValueError, match="T and Z 3 and 2"):
        plain.decode(np.zeros((2, 3, 5)))
    with pytest.raises(ValueError, match="n is 1; it must be 2 or more"):
        plain.interpolate(IMAGES[:1], IMAGES[:1], 1)
    with pytest.raises(ValueError, match="give the same number of each"):
        plain.interpolate(IMAGES[:1], IMAGES[:2], 3)
    for draw in (conditional.reconstruct, conditional.reconstruct_strokes):
        with pytest.raises(ValueError, match="it needs a label"):
            draw(IMAGES)
    for draw in (conditional.decode, conditional.decode_strokes):
        with pytest.raises(ValueError, match="not finite numbers"):
            draw(np.full((1, 3, 2), np.nan), [0])
