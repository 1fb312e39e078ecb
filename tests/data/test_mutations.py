"""Randomly damaged files of every format: each gives an array or a one-sentence error."""

import random
import resource
import warnings

import numpy as np
import pytest
from data import writers
from mutations import mutated
from PIL import Image

from keras_draw.data import load_images
from keras_draw.data.formats import read_idx, read_npz
from keras_draw.data.pickles import read_cifar_batch

MUTATIONS = 1000
MEMORY = 1.5 * 2**30
"""Bytes that a thousand damaged files of a few kilobytes may add to the process at their peak."""


def read_picture(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return load_images(f"folder:{path.parent}", image_shape=(6, 6, 3)).images


def idx_file(path):
    path.write_bytes(writers.idx(np.arange(60, dtype=np.uint8).reshape(3, 4, 5)))


def zipped_idx_file(path):
    writers.mnist(path.parent / "mnist", count=2)
    path.write_bytes((path.parent / "mnist" / "train-images-idx3-ubyte.gz").read_bytes())


def npz_file(path):
    np.savez_compressed(path, x=np.zeros((3, 4, 4, 1), np.uint8), y=np.arange(3))


def cifar_file(path):
    writers.cifar_batch(path, count=2)


def picture_file(path, **options):
    Image.effect_mandelbrot((24, 20), (-2, -1, 1, 1), 50).convert("RGB").save(path, **options)


FORMATS = {
    "idx": ("a-idx3-ubyte", idx_file, read_idx),
    "idx.gz": ("a-idx3-ubyte.gz", zipped_idx_file, read_idx),
    "npz": ("a.npz", npz_file, lambda p: read_npz(p, ("x", "y"))["x"]),
    "npz as data": ("a.npz", npz_file, lambda p: load_images(f"npz:{p}").images),
    "cifar": ("data_batch_1", cifar_file, lambda p: read_cifar_batch(p).images),
    "png": ("a.png", picture_file, read_picture),
    "jpeg": ("a.jpg", picture_file, read_picture),
    "gif": ("a.gif", picture_file, read_picture),
    "bmp": ("a.bmp", picture_file, read_picture),
    "tiff": ("a.tif", picture_file, read_picture),
    "webp": ("a.webp", picture_file, read_picture),
    "tga": ("a.tga", picture_file, read_picture),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", FORMATS)
def test_a_thousand_damaged_files_give_an_array_or_a_clear_error(tmp_path, kind):
    name, write, read = FORMATS[kind]
    path = tmp_path / "files" / name
    path.parent.mkdir()
    write(path)
    content = path.read_bytes()
    dice = random.Random(kind)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    outcomes = {"read": 0, "refused": 0}
    for _ in range(MUTATIONS):
        path.write_bytes(mutated(content, dice))
        try:
            found = read(path)
        except ValueError as refusal:
            outcomes["refused"] += 1
            assert str(refusal).strip()
        else:
            outcomes["read"] += 1
            assert isinstance(found, np.ndarray)
    assert outcomes["refused"] > 100, outcomes
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    assert after - before < MEMORY
