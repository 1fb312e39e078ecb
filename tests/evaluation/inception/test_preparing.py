"""Images resized on the device against those that NumPy resizes."""

import numpy as np
import pytest

from keras_draw.evaluation.inception.preparing import on_device, on_host


@pytest.mark.parametrize("shape", [(3, 28, 28, 1), (2, 32, 32, 3), (2, 41, 17, 3), (1, 1, 400, 1)])
def test_both_ways_give_the_same(shape):
    images = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    for offset, scale in ((128, 128), (127.5, 127.5), (0, 255.0)):
        expected = on_host(offset, scale)(images)
        assert expected.shape == (shape[0], 299, 299, 3)
        found = np.asarray(on_device(offset, scale)(images))
        np.testing.assert_allclose(found, expected, rtol=0, atol=2**-14 / scale)  # four roundings


@pytest.mark.parametrize("way", [on_host, on_device])
def test_other_arrays_are_refused(way):
    with pytest.raises(ValueError, match="uint8"):
        way(128, 128)(np.zeros((1, 28, 28, 1)))
