"""Omniglot at 28 x 28, made from small archives in Lake's format."""

import io
import itertools
import os
import zipfile

import numpy as np
import pytest
from PIL import Image

from keras_draw.data import omniglot
from keras_draw.data.omniglot import ARCHIVES, make_omniglot, read_omniglot, smaller

CHARACTERS = [
    ("background", "Greek", "character01"),
    ("background", "Greek", "character02"),
    ("evaluation", "Angelic", "character01"),
]


def by_areas(ink):
    """Each pixel's share of ink, summed over the old pixels that it overlaps."""
    found = np.zeros((28, 28))
    for i, j in itertools.product(range(28), repeat=2):
        for y, x in itertools.product(range(int(3.75 * i), 105), range(int(3.75 * j), 105)):
            high = min(y + 1, 3.75 * (i + 1)) - max(y, 3.75 * i)
            wide = min(x + 1, 3.75 * (j + 1)) - max(x, 3.75 * j)
            if high <= 0 or wide <= 0:
                if high <= 0:
                    break
                continue
            found[i, j] += ink[y, x] * high * wide / 3.75**2
    return found * 255


def test_a_pixel_is_its_share_of_ink():
    ink = np.random.default_rng(0).random((105, 105)) < 0.3
    ink[:20] = 1
    found = smaller(ink[None])[0]
    assert found.dtype == np.uint8
    assert np.abs(found - by_areas(ink)).max() <= 0.5 + 1e-9
    assert found[0].tolist() == [255] * 28
    assert smaller(np.zeros((2, 105, 105), bool)).max() == 0


def drawing(alphabet, character, drawer):
    """A bar whose position encodes the drawer and the character; ink is black."""
    pixels = np.full((105, 105), 255, np.uint8)
    pixels[5 * drawer - 5 : 5 * drawer, : 30 + 10 * len(alphabet) % 60] = 0
    pixels[:, -int(character[-2:]) * 10 :] = 0
    return pixels


def png(pixels):
    stream = io.BytesIO()
    Image.fromarray(pixels).convert("1").save(stream, "PNG")
    return stream.getvalue()


def write(folder, *, characters=CHARACTERS, drawers=20, content=None):
    for name in ARCHIVES:
        with zipfile.ZipFile(folder / name, "w") as archive:
            for part, alphabet, character in characters:
                if part in name:
                    for drawer in range(1, drawers + 1):
                        path = f"images_{part}/{alphabet}/{character}/0001_{drawer:02}.png"
                        pixels = drawing(alphabet, character, drawer)
                        archive.writestr(path, png(pixels) if content is None else content)
            archive.writestr("images_background/.DS_Store", b"x")


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(omniglot, "CHARACTERS", 3)
    monkeypatch.setattr(omniglot, "TESTED", 2)


def test_splits_are_by_drawer(tmp_path, few):
    write(tmp_path)
    make_omniglot(tmp_path)
    train, test = read_omniglot(tmp_path, "train"), read_omniglot(tmp_path, "test")
    assert train.class_names == ("Angelic", "Greek")
    assert train.images.shape == (45, 28, 28, 1)
    assert test.images.shape == (10, 28, 28, 1)
    assert train.labels.tolist() == [0] * 15 + [1] * 30
    assert test.labels.tolist() == [0] * 5 + [1] * 5  # the last character is not tested
    for place, (split, row) in {0: (train, 0), 14: (train, 14), 15: (test, 0)}.items():
        expected = by_areas(drawing("Angelic", "character01", place + 1) == 0)
        assert np.abs(split.images[row, ..., 0] - expected).max() <= 0.5 + 1e-9


def test_the_sizes_are_those_of_burda_et_al():
    assert omniglot.CHARACTERS * omniglot.FOR_TRAINING == 24_345
    assert omniglot.TESTED * (omniglot.DRAWERS - omniglot.FOR_TRAINING) == 8_070


def test_bad_archives_are_refused(tmp_path, few):
    cases = [
        ({"characters": CHARACTERS[:2]}, "hold 2 characters; expected 3"),
        ({"drawers": 19}, "of 20 drawings each"),
        ({"content": b"no picture"}, "drawing in Omniglot's archive is damaged"),
        ({"content": png(np.zeros((28, 28), np.uint8))}, r"its size is \(28, 28\)"),
        ({"content": bytes(2**17)}, "is not a drawing of Omniglot"),
    ]
    for how, sentence in cases:
        write(tmp_path, **how)
        with pytest.raises(ValueError, match=sentence):
            make_omniglot(tmp_path)
        assert sorted(os.listdir(tmp_path)) == sorted(ARCHIVES)
    (tmp_path / ARCHIVES[0]).write_bytes(b"no zip")
    with pytest.raises(ValueError, match=r"images_background\.zip is damaged"):
        make_omniglot(tmp_path)


def test_other_arrays_are_refused(tmp_path):
    good = {
        "x_test": np.zeros((2, 28, 28), np.uint8),
        "y_test": np.zeros(2, np.uint8),
        "class_names": np.array(["a"]),
    }
    np.savez(tmp_path / "omniglot.npz", **good)
    assert read_omniglot(tmp_path, "test").images.shape == (2, 28, 28, 1)
    bad = {
        "x_test": np.zeros((2, 28, 27), np.uint8),
        "y_test": np.zeros(3, np.uint8),
        "class_names": np.zeros(1),
    }
    for name, value in bad.items():
        np.savez(tmp_path / "omniglot.npz", **good | {name: value})
        with pytest.raises(ValueError, match="does not hold the arrays"):
            read_omniglot(tmp_path, "test")
