"""Results do not depend on the number and form of images or on the batch size."""

import numpy as np
import pytest
from conftest import tiny
from models.pictures import IMAGES, LABELS, K

from keras_draw import DRAW
from keras_draw.models.running import followed


def test_one_hot_labels_bytes_and_missing_channel_axes_are_the_same_images(conditional):
    expected = conditional.elbo(IMAGES, LABELS).elbo
    one_hot = np.eye(K)[LABELS]
    np.testing.assert_array_equal(conditional.elbo(IMAGES[..., 0], one_hot).elbo, expected)
    as_bytes = np.round(IMAGES * 255).astype(np.uint8)
    np.testing.assert_allclose(
        conditional.elbo(as_bytes, LABELS[:, None]).elbo,
        conditional.elbo(as_bytes / np.float32(255), LABELS).elbo,
        rtol=1e-6,
    )
    with_bytes = conditional.evaluate(as_bytes, LABELS, return_dict=True, verbose=0)
    with_floats = conditional.evaluate(as_bytes / 255.0, LABELS, return_dict=True, verbose=0)
    assert with_bytes["reconstruction"] == pytest.approx(with_floats["reconstruction"], rel=0.05)


def test_same_seed_same_pictures_whatever_the_number_or_the_batch(conditional):
    pictures = conditional.generate(9, seed=4)
    np.testing.assert_array_equal(pictures, conditional.generate(9, seed=4))
    np.testing.assert_allclose(pictures[:5], conditional.generate(5, seed=4), atol=1e-6)
    np.testing.assert_allclose(pictures, conditional.generate(9, seed=4, batch_size=4), atol=1e-6)
    assert not np.allclose(pictures, conditional.generate(9, seed=5))


def test_no_batch_is_no_size(conditional):
    for ask in (conditional.reconstruct, conditional.encode, conditional.elbo):
        with pytest.raises(ValueError, match="batch_size is 0"):
            ask(IMAGES, LABELS, batch_size=0)
    with pytest.raises(ValueError, match="batch_size is 0"):
        conditional.generate(2, batch_size=0)


def test_each_function_compiles_once_whatever_the_weights_are():
    model = DRAW(tiny())
    first = model.generate(2)
    (function,) = model.runner.functions.values()
    model._named["canvas_bias"].assign(model._named["canvas_bias"] + 1.0)
    assert (model.generate(2) > first).all()
    assert list(model.runner.functions.values()) == [function]
    assert function._cache_size() == 1


def test_a_dtype_policy_may_change_after_the_network_was_made(float64):
    model = DRAW(tiny(), dtype="float32")
    single = model.elbo(IMAGES)
    model.dtype_policy = "float64"
    double = model.elbo(IMAGES)
    assert (single.elbo.dtype, double.elbo.dtype) == (np.float32, np.float64)
    np.testing.assert_allclose(single.elbo, double.elbo, rtol=1e-5)


def test_a_pass_over_images_can_be_followed_batch_by_batch(conditional):
    heard = []

    def begun(batches):
        heard.append(batches)
        return lambda: heard.append("done")

    with followed(begun):
        conditional.generate(5, batch_size=2)
        conditional.reconstruct(IMAGES[:2], LABELS[:2])
    conditional.generate(5, batch_size=2)  # nothing is reported any more
    assert heard == [3, "done", "done", "done", 1, "done"]
