"""Folders of pictures: readable pictures are read, the others are reported."""

import os
import subprocess
import sys

import numpy as np
import pytest
from data import writers
from PIL import Image

from keras_draw.data import check, load_images
from keras_draw.data.batches import Batches

SHAPE = (6, 6, 3)


def test_sub_folders_are_labels_and_pictures_are_cropped_to_their_centre(tmp_path):
    page = np.zeros((10, 40, 3), np.uint8)
    page[:, 8:32] = 200  # the centre of a wide picture, with room for the resampling filter
    for name in ("cats/a.png", "cats/b.png", "dogs/c.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.fromarray(page).save(tmp_path / name)
    data = load_images(f"folder:{tmp_path}", image_shape=(5, 5, 3))
    assert data.images.shape == (3, 5, 5, 3)
    assert set(np.unique(data.images)) == {200}
    assert data.class_names == ("cats", "dogs")
    assert data.labels.tolist() == [0, 0, 1]


def test_pictures_of_one_size_need_no_shape(tmp_path):
    image = writers.picture(tmp_path / "a.png", "L")
    data = load_images(f"folder:{tmp_path}")
    np.testing.assert_array_equal(data.images[0, ..., 0], np.asarray(image))
    assert data.labels is None
    writers.picture(tmp_path / "b.png", "L", size=(3, 3))
    with pytest.raises(ValueError, match="--image-shape 64 64 3"):
        load_images(f"folder:{tmp_path}")


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"])
def test_every_mode_is_converted_to_grey_and_to_colour(tmp_path, mode):
    name = "a.tif" if mode == "CMYK" else "a.png"
    if mode == "1":
        Image.fromarray(np.eye(8, dtype=bool)).save(tmp_path / name)
    else:
        writers.picture(tmp_path / name, mode)
    assert load_images(f"folder:{tmp_path}", image_shape=(6, 6, 3)).images.shape == (1, 6, 6, 3)
    assert load_images(f"folder:{tmp_path}", image_shape=(6, 6, 1)).images.shape == (1, 6, 6, 1)


def test_sixteen_bits_keep_their_brightness(tmp_path):
    Image.fromarray(np.full((6, 6), 200 * 257, np.uint16)).save(tmp_path / "deep.png")
    assert set(np.unique(load_images(f"folder:{tmp_path}", image_shape=(6, 6, 1)).images)) == {200}


def test_transparent_pixels_become_white(tmp_path):
    Image.new("RGBA", (6, 6), (255, 0, 0, 0)).save(tmp_path / "clear.png")
    assert set(np.unique(load_images(f"folder:{tmp_path}", image_shape=SHAPE).images)) == {255}


def test_one_pixel_is_enough(tmp_path):
    Image.new("RGB", (1, 1), (9, 9, 9)).save(tmp_path / "dot.png")
    assert set(np.unique(load_images(f"folder:{tmp_path}", image_shape=SHAPE).images)) == {9}


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
    monkeypatch.setattr("keras_draw.data.picture_files.MAX_PIXELS", 10_000)
    Image.new("L", (200, 200)).save(tmp_path / "huge.png")
    (tmp_path / "gone.png").symlink_to(tmp_path / "nowhere.png")
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "self.png").symlink_to(tmp_path / "self.png")
    (tmp_path / "notes.txt").write_text("not looked at")
    return tmp_path


def test_unreadable_pictures_are_reported_and_skipped(troubled):
    with pytest.warns(UserWarning, match="7 of 8 pictures were skipped") as seen:
        data = load_images(f"folder:{troubled}", image_shape=SHAPE)
    assert len(data) == 1
    assert data.note == "7 pictures skipped"
    message = str(seen[0].message)
    for reason in (
        "gone.png (a broken link)",
        "cut.png (broken: the file ends early)",
        "empty.png (empty file)",
        "2 more",
        "1 folder not followed: loop (it leads to a folder that contains it)",
    ):
        assert reason in message


def test_strict_refuses_the_folder(troubled):
    with pytest.raises(ValueError, match="7 of 8 pictures cannot be used, and strict is on"):
        load_images(f"folder:{troubled}", image_shape=SHAPE, strict=True)


def test_a_folder_without_a_readable_picture_is_refused(tmp_path):
    with pytest.raises(ValueError, match="contains no picture"):
        load_images(f"folder:{tmp_path}", image_shape=SHAPE)
    (tmp_path / "a.png").write_text("no")
    with pytest.raises(ValueError, match=r"a.png \(broken"):
        load_images(f"folder:{tmp_path}", image_shape=SHAPE)


def test_names_that_are_not_utf_8(tmp_path):
    writers.picture(tmp_path / "plain" / "a.png")
    odd = os.fsencode(tmp_path) + b"/caf\xe9"
    os.mkdir(odd)
    with open(odd + b"/b\xff.png", "wb") as target:
        target.write((tmp_path / "plain" / "a.png").read_bytes())
    data = load_images(f"folder:{tmp_path}", image_shape=SHAPE)
    assert len(data) == 2
    assert all(name.encode("utf-8") for name in data.class_names)


def test_only_one_or_three_channels_are_accepted(tmp_path):
    writers.picture(tmp_path / "a.png")
    with pytest.raises(ValueError, match="1 channel"):
        load_images(f"folder:{tmp_path}", image_shape=(6, 6, 4))


def test_a_picture_next_to_the_class_folders_is_reported_as_the_reason_for_no_labels(tmp_path):
    writers.pictures(tmp_path, "cats/0.png", "dogs/1.png", "contact-sheet.png")
    sentence = "1 picture next to the class folders: contact-sheet.png"
    with pytest.warns(UserWarning, match=f"No picture gets a label, because of {sentence}"):
        data = load_images(f"folder:{tmp_path}")
    assert len(data) == 3
    assert data.labels is None
    with pytest.raises(ValueError, match=f"has no labels .{sentence}; move them"):
        Batches(data.take(slice(0, 2), "two"), 1, labels=True)


def test_a_class_without_a_picture_is_reported(tmp_path):
    writers.pictures(tmp_path, "cats/0.png", "dogs/1.png")
    (tmp_path / "birds").mkdir()
    (tmp_path / "fish").mkdir()
    (tmp_path / "fish" / "a.txt").touch()
    with pytest.warns(UserWarning, match=r"2 folders without a picture: birds, fish\."):
        assert load_images(f"folder:{tmp_path}").class_names == ("cats", "dogs")


def test_the_class_is_the_first_level_folder(tmp_path):
    writers.pictures(tmp_path, "new/cats/0.png", "new/dogs/1.png", "big/cats/2.png")
    with pytest.warns(UserWarning, match=r"first-level folders \(big, new\), although every"):
        assert load_images(f"folder:{tmp_path}").labels.tolist() == [0, 1, 1]
    writers.pictures(tmp_path, "big/3.png")
    assert load_images(f"folder:{tmp_path}").labels.tolist() == [0, 0, 1, 1]


def test_pictures_of_zeros_and_ones_give_a_warning(tmp_path):
    for name, values in {"a": [[0, 1]], "b": [[0, 0]]}.items():
        Image.fromarray(np.array(values, np.uint8)).save(tmp_path / f"{name}.png")
    with pytest.warns(UserWarning, match="above 1 of 255, so all of them are black"):
        assert load_images(f"folder:{tmp_path}").note == "no value is above 1 of 255"
    Image.fromarray(np.array([[0, 2]], np.uint8)).save(tmp_path / "c.png")
    assert load_images(f"folder:{tmp_path}").note == ""
    for name in "abc":
        Image.fromarray(np.eye(2, dtype=bool)).save(tmp_path / f"{name}.png")  # 1-bit: 1 is white
    assert load_images(f"folder:{tmp_path}").images.max() == 255


def test_two_shapes_are_refused_at_the_second_picture(tmp_path):
    writers.pictures(tmp_path, "0.png", "1.png")
    writers.picture(tmp_path / "2.png", "L", size=(2, 2))
    with pytest.raises(ValueError, match=r"\(2, 2, 3\) \(0.png\) and \(2, 2, 1\) \(2.png\)"):
        load_images(f"folder:{tmp_path}")


BAD_SHAPES = {
    (100_000, 100_000, 3): "cannot be resized to 100000 x 100000 pixels",
    (0, 4, 1): "cannot be resized to 0 x 4",
    (-4, -4, 1): "cannot be resized to -4 x -4",
    (4, 4): "expected height, width and channels",
    (4.0, 4, 1): "expected height, width and channels",
}


@pytest.mark.parametrize("shape", BAD_SHAPES)
def test_impossible_shapes_are_refused(tmp_path, shape):
    writers.pictures(tmp_path, "0.png")
    with pytest.raises(ValueError, match=BAD_SHAPES[shape]):
        load_images(f"folder:{tmp_path}", image_shape=shape)


@pytest.mark.parametrize("shape", [None, (2, 2, 3)])
def test_pictures_that_do_not_fit_are_refused_before_more_than_one_is_read(
    tmp_path, monkeypatch, shape
):
    writers.pictures(tmp_path, *(f"{i}.png" for i in range(9)))
    monkeypatch.setattr("keras_draw.memory.memory", lambda: 9 * 12)
    assert len(load_images(f"folder:{tmp_path}", image_shape=shape)) == 9
    monkeypatch.setattr("keras_draw.memory.memory", lambda: 9 * 12 - 1)
    for i in range(1, 9):  # these would be reported if they were read
        (tmp_path / f"{i}.png").write_text("broken")
    with pytest.raises(ValueError, match=r"9 pictures of shape \(2, 2, 3\) would take at least"):
        load_images(f"folder:{tmp_path}", image_shape=shape)


LITTLE_MEMORY = """
import resource, sys
from keras_draw.data import load_images
load_images("folder:" + sys.argv[1] + "/small")
reserved = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (reserved + int(sys.argv[2]) * 10**6, -1))
try: print(len(load_images("folder:" + sys.argv[1] + "/large")))
except MemoryError as error: print(error)
"""


@pytest.mark.slow
def test_pictures_that_do_not_fit_are_not_called_broken(tmp_path):
    writers.pictures(tmp_path / "small", "0.png")
    (tmp_path / "large").mkdir()
    Image.new("RGB", (4000, 4000)).save(tmp_path / "large" / "0.png")
    content = (tmp_path / "large" / "0.png").read_bytes()
    for i in range(1, 6):
        (tmp_path / "large" / f"{i}.png").write_bytes(content)

    def said(megabytes):
        command = [sys.executable, "-c", LITTLE_MEMORY, tmp_path, str(megabytes)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert said(250).startswith("6 pictures of shape (4000, 4000, 3) need 0.3 GiB, more memory")
    assert said(370).startswith("Memory is full at picture ")
    assert said(900) == "6\n"


def test_a_check_of_a_folder_reports_what_is_used_and_what_is_not(tmp_path):
    writers.pictures(tmp_path, "cats/0.png", "cats/1.png", "dogs/1.png", ".trash/2.png")
    assert check(f"folder:{tmp_path}") == (
        f"folder:{tmp_path}",
        "a folder of pictures",
        (2, 2, 3),
        {
            "used": "3 pictures",
            "parts": "folder:PATH:test holds out 1 of them, about 10%, by a hash of their names "
            "with seed 0; folder:PATH:train has the rest",
            "sizes": "1: 3 of 2 x 2 x 3",
            "classes": "2: cats (2), dogs (1)",
            "hidden": "1: .trash",
        },
        True,
    )
    writers.picture(tmp_path / "dogs" / "odd.png")
    (tmp_path / "dogs" / "photo.HEIC").touch()
    (tmp_path / "notes.txt").touch()
    report = check(f"folder:{tmp_path}")
    assert report.image_shape is None
    assert not report.whole
    assert report.splits["sizes"] == "2: 3 of 2 x 2 x 3, 1 of 7 x 9 x 3"
    assert report.splits["skipped"] == (
        "1: dogs/photo.HEIC (.heic files cannot be read: save it as PNG or JPEG)"
    )
    assert report.splits["other files"] == "1: notes.txt"
    with pytest.raises(FileNotFoundError, match="There is no folder"):
        check("folder:nowhere")
    writers.npz(tmp_path / "a.npz", x=np.full((3, 2, 2), 9, np.uint8), y=np.array([0, 1, 0]))
    report = check(f"npz:{tmp_path / 'a.npz'}")
    assert report.splits == {"all": "3 images, 2 classes"}
    assert report.image_shape == (2, 2, 1)
