"""One picture file: read upright, complete and with its brightness, or refused with a reason."""

import os
import socket

import numpy as np
import pytest
from data import writers
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, features

from keras_draw.data import load_images
from keras_draw.data.picture_files import Unreadable, read_picture

PAGE = np.arange(6 * 4, dtype=np.uint8).reshape(6, 4) * 10
UPRIGHT = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.T,
    6: lambda a: np.rot90(a, -1),
    7: lambda a: np.rot90(a, 2).T,
    8: np.rot90,
}
"""The eight orientations of the EXIF standard: stored pixels -> pixels as they should be seen."""


def reason(path):
    with pytest.raises(Unreadable) as refused:
        read_picture(path, None)
    return str(refused.value)


@pytest.mark.parametrize("ending", ["png", "tif", "webp", "jpg", "avif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_rotated_upright(tmp_path, orientation, ending):
    if ending == "avif" and not features.check("avif"):
        pytest.skip("Pillow is built without AVIF")
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"webp": {"lossless": True}, "jpg": {"quality": 100}, "avif": {"quality": 100}}
    large = np.kron(PAGE, np.ones((16, 16), np.uint8))  # even blocks survive lossy formats
    path = tmp_path / f"a.{ending}"
    Image.fromarray(large).save(path, exif=exif, **options.get(ending, {}))
    expected = UPRIGHT[orientation](large)
    found = read_picture(path, (*expected.shape, 1)).pixels[..., 0]
    assert np.abs(found.astype(int) - expected).max() <= 4
    small = UPRIGHT[orientation](PAGE)
    resized = read_picture(path, (*small.shape, 1)).pixels[..., 0]
    blocks = expected.reshape(small.shape[0], 16, small.shape[1], 16).mean((1, 3))
    assert np.abs(resized - blocks).max() < 40
    assert np.corrcoef(resized.ravel(), blocks.ravel())[0, 1] > 0.98


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 15])
@pytest.mark.parametrize("ending", ["png", "tif"])
def test_a_dark_picture_of_sixteen_bits_gives_a_warning(tmp_path, bits, ending):
    ramp = np.tile(np.linspace(0, 2**bits - 1, 8), (8, 1)).astype(np.uint16)
    Image.fromarray(ramp).save(tmp_path / f"a.{ending}")
    with pytest.warns(UserWarning, match=rf"1 picture .* will be dark.*: a.{ending}\. If white"):
        data = load_images(f"folder:{tmp_path}")
    assert data.note == "1 deep picture stays below half of its range"
    np.testing.assert_array_equal(data.images[0, ..., 0], np.rint(ramp / 257))


def test_full_range_and_black_pictures_of_sixteen_bits_give_no_warning(tmp_path):
    values = np.arange(65_536).reshape(256, 256).astype(np.uint16)
    Image.fromarray(values).save(tmp_path / "all.png")
    Image.fromarray(np.zeros((256, 256), np.uint16)).save(tmp_path / "black.png")
    data = load_images(f"folder:{tmp_path}")
    np.testing.assert_array_equal(data.images[0, ..., 0], np.rint(values / 257))
    assert data.images[1].max() == 0
    assert data.note == ""


def test_a_dark_colour_picture_of_sixteen_bits_gives_a_warning(tmp_path):
    (tmp_path / "a.png").write_bytes(writers.deep_png(np.full((4, 4, 3), 4095, np.uint16)))
    with pytest.warns(UserWarning, match=r"will be dark.*: a.png"):
        assert load_images(f"folder:{tmp_path}").images.max() == 15
    (tmp_path / "a.png").write_bytes(writers.deep_png(np.full((4, 4, 3), 65_535, np.uint16)))
    assert load_images(f"folder:{tmp_path}").images.min() == 255


NETPBM = {
    "8 bits": (b"P6 1 1 255\n", [60, 60, 60], "u1", 60, False),
    "8 bits in words": (b"P3 1 1 255\n60 60 60", [], "u1", 60, False),
    "16 bits": (b"P6 1 1 65535\n", [4095] * 3, ">u2", 16, True),
    "12 bits": (b"P6 1 1 4095\n", [4095] * 3, ">u2", 255, False),
    "12 bits in words": (b"P3 1 1 4095\n4095 4095 4095", [], "u1", 255, False),
    "grey of 16 bits": (b"P5 1 1 65535\n", [4095], ">u2", 16, True),
    "grey of 12 bits": (b"P5 1 1 4095\n", [4095], ">u2", 255, False),
    "grey of 12 bits in words": (b"P2 1 1 4095\n4095", [], "u1", 255, False),
}


@pytest.mark.parametrize("case", NETPBM)
def test_netpbm_states_its_white(tmp_path, case):
    head, values, kind, expected, dim = NETPBM[case]
    (tmp_path / "a.pnm").write_bytes(head + np.array(values).astype(kind).tobytes())
    found = read_picture(tmp_path / "a.pnm", None)
    assert np.abs(found.pixels.astype(int) - expected).max() <= 1
    assert found.dim == dim


def test_a_range_that_the_file_states_is_used(tmp_path):
    values = np.arange(0, 4096, 256).reshape(4, 4)
    (tmp_path / "a.pgm").write_bytes(b"P5 4 4 4095\n" + values.astype(">u2").tobytes())
    found = read_picture(tmp_path / "a.pgm", None)
    assert np.abs(found.pixels[..., 0] - values * 255 / 4095).max() <= 1
    (tmp_path / "b.tif").write_bytes(writers.grey_tiff(values, 12))
    np.testing.assert_array_equal(
        read_picture(tmp_path / "b.tif", None).pixels[..., 0], np.rint(values * 255 / 4095)
    )


def test_a_tiff_may_have_white_at_zero(tmp_path):
    values = np.arange(0, 65_536, 4096).reshape(4, 4)
    (tmp_path / "a.tif").write_bytes(writers.grey_tiff(values, 16, photometric=0))
    found = read_picture(tmp_path / "a.tif", None)
    np.testing.assert_array_equal(found.pixels[..., 0], np.rint((65_535 - values) / 257))


def test_too_many_pixels_are_refused(tmp_path):
    Image.new("1", (20_000, 20_000)).save(tmp_path / "a.png")
    assert "too large: more than" in reason(tmp_path / "a.png")
    Image.new("1", (10_000, 10_000)).save(tmp_path / "b.png")
    assert reason(tmp_path / "b.png") == "too large: 10000 x 10000 pixels"


def test_values_outside_sixteen_bits_are_refused(tmp_path):
    for name, values in {"long": [0, 255], "wide": [0, 70_000], "negative": [-3, 9]}.items():
        Image.fromarray(np.array([values], np.int32)).save(tmp_path / f"{name}.tif")
    assert read_picture(tmp_path / "long.tif", None).dim
    assert "from 0 to 70000, outside the 16-bit range" in reason(tmp_path / "wide.tif")
    assert "from -3 to 9" in reason(tmp_path / "negative.tif")
    Image.fromarray(np.ones((2, 2), np.float32)).save(tmp_path / "float.tif")
    assert "floating-point" in reason(tmp_path / "float.tif")


ALL = {
    "png": {}, "jpg": {"quality": 90}, "gif": {}, "webp": {"lossless": True}, "bmp": {}, "tif": {},
    "ppm": {}, "tga": {},
}  # fmt: skip


@pytest.mark.parametrize("ending", ALL)
@given(share=st.floats(0, 1))
def test_a_truncated_picture_is_complete_or_refused(tmp_path_factory, ending, share):
    folder = tmp_path_factory.mktemp("cut")
    page = np.kron(writers.RANDOM.integers(0, 256, (4, 4, 3), dtype=np.uint8), np.ones((5, 5, 1)))
    whole = folder / f"whole.{ending}"
    Image.fromarray(page.astype(np.uint8)).save(whole, **ALL[ending])
    content = whole.read_bytes()
    cut = folder / f"cut.{ending}"
    cut.write_bytes(content[: int(share * len(content))])
    try:
        found = read_picture(cut, None).pixels
    except Unreadable as why:
        assert "broken" in str(why) or "empty" in str(why)
    else:
        np.testing.assert_array_equal(found, read_picture(whole, None).pixels)


@pytest.mark.parametrize(
    ("ending", "form"),
    [(".jfif", "JPEG"), (".jpe", "JPEG"), (".JPG", "JPEG"), (".jif", "JPEG"), (".tga", "TGA"),
     (".Tiff", "TIFF"), (".avif", "AVIF"), (".pnm", "PPM"), (".apng", "PNG"), (".png", "JPEG")],
)  # fmt: skip
def test_endings_in_any_case_and_contents_that_differ_from_them(tmp_path, ending, form):
    if form == "AVIF" and not features.check("avif"):
        pytest.skip("Pillow is built without AVIF")
    Image.new("RGB", (5, 4), (200, 10, 10)).save(tmp_path / f"a{ending}", format=form)
    images = load_images(f"folder:{tmp_path}").images
    assert images.shape == (1, 4, 5, 3)
    assert np.abs(images[0].astype(int) - (200, 10, 10)).max() <= 4


def test_targa_is_read_only_if_the_ending_says_so(tmp_path):
    (tmp_path / "a.png").write_bytes(b"\0\0\2" + bytes(9) + b"\1\0\1\0\x18\0" + bytes(3))
    assert "its content is not a picture" in reason(tmp_path / "a.png")


def test_the_first_frame_of_a_cameras_mpo_file_is_used(tmp_path):
    first, second = Image.new("RGB", (8, 8), "white"), Image.new("RGB", (8, 8), "black")
    first.save(tmp_path / "a.jpg", format="MPO", save_all=True, append_images=[second])
    with Image.open(tmp_path / "a.jpg") as image:
        assert image.n_frames == 2
    assert read_picture(tmp_path / "a.jpg", None).pixels.min() > 250


@pytest.mark.parametrize("ending", ["gif", "tif", "webp", "png"])
def test_several_pictures_in_one_file_are_refused(tmp_path, ending):
    frames = [Image.new("L", (6, 6), shade) for shade in (0, 255)]
    frames[0].save(tmp_path / f"a.{ending}", save_all=True, append_images=frames[1:])
    assert "holds several pictures" in reason(tmp_path / f"a.{ending}")


def test_special_files_are_never_opened(tmp_path):
    os.mkfifo(tmp_path / "fifo.png")
    (tmp_path / "zero.png").symlink_to("/dev/zero")
    here = os.getcwd()
    os.chdir(tmp_path)  # the name of a socket must be short
    with socket.socket(socket.AF_UNIX) as end:
        end.bind("socket.png")
        os.chdir(here)
        assert reason(tmp_path / "fifo.png") == "not a file but a FIFO"
        assert reason(tmp_path / "zero.png") == "not a file but a device"
        assert reason(tmp_path / "socket.png") == "not a file but a socket"
    with pytest.raises(ValueError, match=r"fifo.png \(not a file but a FIFO\)"):
        load_images(f"folder:{tmp_path}")


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    with (tmp_path / "a.webp").open("wb") as file:
        file.truncate(2**31)
    assert "too large: 2,147,483,648 bytes" in reason(tmp_path / "a.webp")


@pytest.mark.parametrize("words", ["out of memory error when reading image file", ""])
def test_full_memory_is_not_blamed_on_the_picture(tmp_path, monkeypatch, words):
    writers.picture(tmp_path / "a.png")

    def full(*_, **__):
        raise OSError(words) if words else MemoryError

    monkeypatch.setattr(Image.Image, "convert", full)
    with pytest.raises(MemoryError, match=r"Memory is full at picture 1 of 1, a.png; choose"):
        load_images(f"folder:{tmp_path}")
