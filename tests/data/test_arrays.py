"""Users' arrays: unambiguous ones are read as intended, ambiguous ones are refused."""

import numpy as np
import pytest
from data import writers
from hypothesis import HealthCheck, given, settings
from hypothesis.extra import numpy as arrays

from keras_draw.data import load_images

RANDOM = np.random.default_rng(1)
BYTES = RANDOM.integers(0, 256, (6, 7, 5, 3), dtype=np.uint8)
GREY = BYTES[..., :1]
MASKS = (GREY > 127).astype("uint8")
LABELS = np.arange(6) % 3


def read(folder, **found):
    writers.npz(folder / "a.npz", **found)
    return load_images(f"npz:{folder / 'a.npz'}")


ASKED = {
    "bytes of 0 and 1": (MASKS, r"give 255 \* x"),
    "integers of 0 and 1": (MASKS.astype("int64"), r"x.astype\(bool\)"),
    "integers of 0 to 255": (GREY.astype("int32"), r"x.astype\('uint8'\) if 255 is white"),
    "12 bits in 16": (GREY.astype("uint16") * 16, "divide by the value of white"),
    "signed": (GREY.astype("int16") - 128, "they run from -1"),
    "-1 to 1": (GREY / 127.5 - 1, r"\(x \+ 1\) / 2"),
    "0 to 255 as floats": (GREY.astype("float64"), "divide by 255"),
    "beyond float32": (np.full((2, 3, 3, 1), 1e300), "run from 1e"),
    "complex": (GREY / 255 + 0j, "type complex128"),
    "colour first": (BYTES.transpose(0, 3, 1, 2), r"\(6, 3, 7, 5\).*np.transpose"),
    "grey first": (GREY.transpose(0, 3, 1, 2), r"\(6, 1, 7, 5\).*np.transpose"),
    "alpha first": (RANDOM.integers(0, 256, (2, 4, 8, 8), dtype=np.uint8), "np.transpose"),
    "count last": (BYTES.transpose(1, 2, 3, 0), "6 channels"),
    "one in colour": (BYTES[0], r"\(7, 5, 3\), which could be one image with 3 channels"),
    "one in grey": (GREY[0], "which could be one image"),
    "flat": (GREY.reshape(6, -1), r"shape \(6, 35\)"),
}


@pytest.mark.parametrize("case", ASKED)
def test_ambiguous_images_are_refused(tmp_path, case):
    images, sentence = ASKED[case]
    with pytest.raises(ValueError, match=r"x in a.npz: Images .*" + sentence):
        read(tmp_path, x=images)


MEANT = {
    "bytes": (BYTES, BYTES),
    "booleans": (MASKS > 0, MASKS * 255),
    "black": (GREY * 0, GREY * 0),
    "halves": ((GREY / 255).astype("float16"), (GREY / 255).astype("float16").astype("float32")),
    "doubles": (GREY / 255, (GREY / 255).astype("float32")),
    "without channels": (GREY[..., 0], GREY),
    "square in three ways": (BYTES[:, :3, :3], BYTES[:, :3, :3]),
    "three high": (GREY[:, :3], GREY[:, :3]),
}


@pytest.mark.parametrize("case", MEANT)
def test_unambiguous_images_are_read(tmp_path, case):
    images, expected = MEANT[case]
    np.testing.assert_array_equal(read(tmp_path, x=images).images, expected)


def test_labels_number_the_classes_without_gaps(tmp_path):
    assert read(tmp_path, x=GREY, y=LABELS).num_classes == 3
    column = read(tmp_path, x=GREY, y=LABELS[:, None])  # as in keras.datasets.cifar10
    assert column.labels.tolist() == LABELS.tolist()
    for gap, missing in ((LABELS + 1, 0), (2 * LABELS, 1), (np.minimum(9 * LABELS, 9), 1)):
        with pytest.raises(ValueError, match=f"no image has class {missing}"):
            read(tmp_path, x=GREY, y=gap)
    names = np.array(["cat", "dog", "eel", "fox"])
    data = read(tmp_path, x=GREY, y=LABELS + 1, class_names=names)
    assert data.class_names == ("cat", "dog", "eel", "fox")
    assert data.labels.tolist() == (LABELS + 1).tolist()
    with pytest.raises(ValueError, match="expected K texts, with K above 3, the largest label"):
        read(tmp_path, x=GREY, y=LABELS + 1, class_names=names[:3])
    drawn = read(tmp_path, x=GREY, y=np.full(6, 4))  # as `generate --label` writes them
    assert (drawn.num_classes, drawn.note) == (5, "every image has class 4")


BAD_LABELS = {
    "text": (LABELS.astype(str), "type <U"),
    "floats": (LABELS / 2, "type float64"),
    "booleans": (LABELS > 0, "type bool"),
    "one-hot": (np.eye(3)[LABELS], r"np.argmax\(y, axis=1\)"),
    "a single one-hot row": (np.eye(6)[:1].astype(int), r"np.argmax\(y, axis=1\)"),
    "too few": (LABELS[:4], "4 labels for 6 images"),
    "none": (LABELS[:0], "0 labels for 6 images"),
}


@pytest.mark.parametrize("case", BAD_LABELS)
def test_bad_labels_are_refused(tmp_path, case):
    labels, sentence = BAD_LABELS[case]
    with pytest.raises(ValueError, match=sentence) as refused:
        read(tmp_path, x=GREY, y=labels)
    assert "label" in str(refused.value).lower()


KINDS = arrays.integer_dtypes() | arrays.unsigned_integer_dtypes() | arrays.floating_dtypes()
SHAPES = arrays.array_shapes(min_dims=1, max_dims=5, min_side=0, max_side=6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(x=arrays.arrays(KINDS | arrays.boolean_dtypes(), SHAPES))
def test_images_that_are_read_keep_their_range(tmp_path, x):
    try:
        images = read(tmp_path, x=x).images
    except ValueError as refused:
        assert "x in a.npz: Images" in str(refused)
        return
    assert images.shape == (x.shape if x.ndim == 4 else (*x.shape, 1))
    assert images.shape[3] <= 4
    seen = images / 255 if images.dtype == np.uint8 else images
    white = 255 if x.dtype == np.uint8 else 1
    np.testing.assert_allclose(seen, x.reshape(images.shape).astype(float) / white, atol=1e-6)
