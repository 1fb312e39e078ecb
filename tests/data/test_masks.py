"""Masks: halves by name, and pictures."""

import numpy as np
import pytest
from PIL import Image

from keras_draw.data.masks import mask_of


@pytest.mark.parametrize(
    ("half", "expected"),
    [
        ("lower", [[0, 0, 0], [0, 0, 0], [0, 0, 0], [1, 1, 1], [1, 1, 1]]),
        ("upper", [[1, 1, 1], [1, 1, 1], [0, 0, 0], [0, 0, 0], [0, 0, 0]]),
        ("left", [[1, 0, 0]] * 5),
        ("right", [[0, 0, 1]] * 5),
    ],
)
def test_halves_have_names(half, expected):
    np.testing.assert_array_equal(mask_of(half, (5, 3, 1)), np.array(expected, bool))


@pytest.mark.parametrize("mode", ["L", "RGB", "1"])
def test_white_is_hidden(tmp_path, mode):
    pixels = np.zeros((4, 6), np.uint8)
    pixels[1:3, 2:] = 255
    Image.fromarray(pixels).convert(mode).save(tmp_path / "mask.png")
    found = mask_of(str(tmp_path / "mask.png"), (4, 6, 3))
    np.testing.assert_array_equal(found, pixels == 255)


def test_bad_masks_are_refused(tmp_path):
    said = "no half, and no mask picture, named 'lowr': did you mean 'lower'"
    with pytest.raises(FileNotFoundError, match=said):
        mask_of("lowr", (4, 6, 1))
    Image.fromarray(np.zeros((6, 4), np.uint8)).save(tmp_path / "mask.png")
    with pytest.raises(ValueError, match="has 6 x 4 pixels, but the network's images have 4 x 6"):
        mask_of(str(tmp_path / "mask.png"), (4, 6, 1))
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(ValueError, match="cannot be read as a picture"):
        mask_of(str(tmp_path / "text.png"), (4, 6, 1))
    with pytest.raises(ValueError, match="cannot be read as a picture"):
        mask_of(str(tmp_path), (4, 6, 1))
