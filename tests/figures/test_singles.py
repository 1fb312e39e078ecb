"""One file per image, in a folder that is complete or does not exist."""

import os

import numpy as np
import pytest
from PIL import Image

from keras_draw.figures.singles import plain_name, save_images

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (3, 5, 4, 3), dtype=np.uint8)


def test_each_image_is_a_file_named_after_its_class(tmp_path):
    save_images(IMAGES, tmp_path / "new", ["cat", "../a b", "cat"])
    assert sorted(os.listdir(tmp_path / "new")) == ["a-b-0001.png", "cat-0000.png", "cat-0002.png"]
    for i, name in enumerate(["cat-0000.png", "a-b-0001.png", "cat-0002.png"]):
        with Image.open(tmp_path / "new" / name) as found:
            np.testing.assert_array_equal(np.asarray(found), IMAGES[i])
    assert os.listdir(tmp_path) == ["new"]


def test_an_empty_folder_is_filled_and_images_enlarged(tmp_path):
    (tmp_path / "empty").mkdir()
    save_images(IMAGES[..., :1], tmp_path / "empty", scale=3)
    with Image.open(tmp_path / "empty" / "0002.png") as found:
        assert np.asarray(found).shape == (15, 12)
        np.testing.assert_array_equal(np.asarray(found)[1::3, 1::3], IMAGES[2, ..., 0])


def test_existing_files_are_not_touched(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "a.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    with pytest.raises(FileExistsError, match="is not empty, and its files are never replaced"):
        save_images(IMAGES, tmp_path / "mine")
    with pytest.raises(FileExistsError, match="is not a folder"):
        save_images(IMAGES, tmp_path / "file")
    with pytest.raises(FileNotFoundError, match="does not exist"):
        save_images(IMAGES, tmp_path / "no" / "where")
    assert os.listdir(tmp_path / "mine") == ["a.txt"]


def test_a_failure_leaves_no_folder(tmp_path, monkeypatch):
    calls = iter([None])

    def full(self, *words, **more):
        next(calls, 1) and (_ for _ in ()).throw(OSError(28, "No space left on device"))

    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(OSError, match="No space"):
        save_images(IMAGES, tmp_path / "new")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", ["..", "a/b", "con\n", "", "x" * 500, "ä b", "-"])
def test_every_name_becomes_a_safe_file_name(name):
    found = plain_name(name)
    assert 0 < len(found) <= 80
    assert not set(found) & set("/\\.\n :")
    assert not found.startswith("-")
