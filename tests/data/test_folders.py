"""Folders of pictures: what can be read well is read, the rest is named."""

import os

import numpy as np
import pytest
from data import writers
from PIL import Image

from keras_draw.data import load

SHAPE = (6, 6, 3)


def test_sub_folders_are_labels_and_pictures_are_cropped_around_their_centre(tmp_path):
    page = np.zeros((10, 40, 3), np.uint8)
    page[:, 8:32] = 200  # the centre of a wide picture, with room for the resampling filter
    for name in ("cats/a.png", "cats/b.png", "dogs/c.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.fromarray(page).save(tmp_path / name)
    data = load(f"folder:{tmp_path}", image_shape=(5, 5, 3))
    assert data.images.shape == (3, 5, 5, 3)
    assert set(np.unique(data.images)) == {200}
    assert data.class_names == ("cats", "dogs")
    assert data.labels.tolist() == [0, 0, 1]


def test_pictures_of_one_size_need_no_shape(tmp_path):
    image = writers.picture(tmp_path / "a.png", "L")
    data = load(f"folder:{tmp_path}")
    np.testing.assert_array_equal(data.images[0, ..., 0], np.asarray(image))
    assert data.labels is None
    writers.picture(tmp_path / "b.png", "L", size=(3, 3))
    with pytest.raises(ValueError, match="--image-shape 64 64 3"):
        load(f"folder:{tmp_path}")


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"])
def test_modes_are_brought_to_grey_and_to_colour(tmp_path, mode):
    name = "a.tif" if mode == "CMYK" else "a.png"
    if mode == "1":
        Image.fromarray(np.eye(8, dtype=bool)).save(tmp_path / name)
    else:
        writers.picture(tmp_path / name, mode)
    assert load(f"folder:{tmp_path}", image_shape=(6, 6, 3)).images.shape == (1, 6, 6, 3)
    assert load(f"folder:{tmp_path}", image_shape=(6, 6, 1)).images.shape == (1, 6, 6, 1)


def test_sixteen_bits_keep_their_brightness(tmp_path):
    Image.fromarray(np.full((6, 6), 200 * 257, np.uint16)).save(tmp_path / "deep.png")
    assert set(np.unique(load(f"folder:{tmp_path}", image_shape=(6, 6, 1)).images)) == {200}


def test_transparent_means_white_paper(tmp_path):
    Image.new("RGBA", (6, 6), (255, 0, 0, 0)).save(tmp_path / "clear.png")
    assert set(np.unique(load(f"folder:{tmp_path}", image_shape=SHAPE).images)) == {255}


def test_one_pixel_is_enough(tmp_path):
    Image.new("RGB", (1, 1), (9, 9, 9)).save(tmp_path / "dot.png")
    assert set(np.unique(load(f"folder:{tmp_path}", image_shape=SHAPE).images)) == {9}


@pytest.fixture
def troubled(tmp_path, monkeypatch):
    """A folder with one good picture and all kinds of bad ones."""
    writers.picture(tmp_path / "good.png")
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.png").write_text("not a picture")
    whole = (tmp_path / "good.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    frames = [Image.new("L", (6, 6), shade) for shade in (0, 255)]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    monkeypatch.setattr("keras_draw.data.pictures.MAX_PIXELS", 10_000)
    Image.new("L", (200, 200)).save(tmp_path / "huge.png")
    (tmp_path / "gone.png").symlink_to(tmp_path / "nowhere.png")
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "self.png").symlink_to(tmp_path / "self.png")
    (tmp_path / "notes.txt").write_text("not looked at")
    return tmp_path


def test_what_cannot_be_read_is_named_and_skipped(troubled):
    with pytest.warns(UserWarning, match="7 of 8 pictures were skipped") as seen:
        data = load(f"folder:{troubled}", image_shape=SHAPE)
    assert len(data) == 1
    assert data.note == "7 pictures skipped"
    message = str(seen[0].message)
    for reason in ("cut.png (broken", "empty.png (empty file)", "2 more"):
        assert reason in message


def test_strict_refuses_the_folder(troubled):
    with pytest.raises(ValueError, match="7 of 8 pictures cannot be used, and strict is on"):
        load(f"folder:{troubled}", image_shape=SHAPE, strict=True)


def test_a_folder_without_a_readable_picture_is_refused(tmp_path):
    with pytest.raises(ValueError, match="holds no picture"):
        load(f"folder:{tmp_path}", image_shape=SHAPE)
    (tmp_path / "a.png").write_text("no")
    with pytest.raises(ValueError, match=r"a.png \(broken"):
        load(f"folder:{tmp_path}", image_shape=SHAPE)


def test_names_that_are_not_utf_8(tmp_path):
    writers.picture(tmp_path / "plain" / "a.png")
    odd = os.fsencode(tmp_path) + b"/caf\xe9"
    os.mkdir(odd)
    with open(odd + b"/b\xff.png", "wb") as target:
        target.write((tmp_path / "plain" / "a.png").read_bytes())
    data = load(f"folder:{tmp_path}", image_shape=SHAPE)
    assert len(data) == 2
    assert all(name.encode("utf-8") for name in data.class_names)


def test_only_grey_and_colour(tmp_path):
    writers.picture(tmp_path / "a.png")
    with pytest.raises(ValueError, match="1 channel"):
        load(f"folder:{tmp_path}", image_shape=(6, 6, 4))
