"""The classifier that ships: its size, loading without unpickling, and its results."""

import numpy as np
import pytest

from keras_draw.data import load_images
from keras_draw.evaluation import digits
from keras_draw.evaluation.digits import classify_digits, digits_extractor


def by_loops(image, weights):
    """Convolutions as sums over pixels, one image (28, 28, 1) in [0, 1]."""
    x = image
    for i, stride in enumerate((1, 2, 1, 2, 1)):
        kernel, bias = weights[f"weight-{2 * i}"], weights[f"weight-{2 * i + 1}"]
        size = -(-x.shape[0] // stride)
        before = max(0, (size - 1) * stride + 3 - x.shape[0]) // 2
        padded = np.zeros((x.shape[0] + 3, x.shape[1] + 3, x.shape[2]))
        padded[before : before + x.shape[0], before : before + x.shape[1]] = x
        out = np.empty((size, size, len(bias)))
        for r in range(size):
            for c in range(size):
                patch = padded[r * stride : r * stride + 3, c * stride : c * stride + 3]
                out[r, c] = np.tensordot(patch, kernel, 3) + bias
        x = np.maximum(out, 0)
    features = x.mean((0, 1))
    return features, features @ weights["weight-10"] + weights["weight-11"]


def test_equal_to_plain_loops_and_small():
    assert digits.WEIGHTS.stat().st_size < 10**6
    weights = np.load(digits.WEIGHTS, allow_pickle=False)
    images = np.random.default_rng(0).integers(0, 256, (2, 28, 28, 1), np.uint8)
    features = digits_extractor()(images)
    for image, feature, label in zip(images, features, classify_digits(images), strict=True):
        expected, logits = by_loops(image / 255, weights)
        np.testing.assert_allclose(feature, expected, rtol=1e-3, atol=1e-4)
        assert label == logits.argmax()


def test_other_pictures_are_refused_unless_forced():
    extract = digits_extractor()
    for shape in ((2, 32, 32, 1), (2, 28, 28, 3)):
        with pytest.raises(ValueError, match="is for grey digits"):
            extract(np.zeros(shape, np.uint8))
        assert digits_extractor(force=True)(np.zeros(shape, np.uint8)).shape == (2, 128)
    with pytest.raises(ValueError, match="uint8"):
        classify_digits(np.zeros((2, 28, 28, 1)))


@pytest.mark.slow
def test_it_knows_real_digits(real_data):
    test = load_images("mnist:test", data_dir=real_data)
    share = (classify_digits(test.images) == test.labels).mean()
    assert share == pytest.approx(digits.TEST_ACCURACY, abs=5e-4)
    assert share > 0.99
