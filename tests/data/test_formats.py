"""IDX, npz and CIFAR files: read right, or refused in a sentence."""

import gzip
import pickle
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from data import writers

from keras_draw.data.formats import read_idx, read_npz
from keras_draw.data.pickles import read_cifar_batch


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("shape", [(5,), (3, 4, 2)])
def test_idx_gives_what_was_written(tmp_path, zipped, shape):
    array = writers.RANDOM.integers(0, 256, shape, dtype=np.uint8)
    content = writers.idx(array)
    (tmp_path / "file").write_bytes(gzip.compress(content) if zipped else content)
    np.testing.assert_array_equal(read_idx(tmp_path / "file"), array)


IDX = writers.idx(np.arange(24, dtype=np.uint8).reshape(2, 3, 4))
BAD_IDX = {
    "empty": b"",
    "other kind": b"PK\x03\x04aaaaaaaaaaaa",
    "floats": b"\0\0\x0d\x01" + IDX[4:],
    "no axes": b"\0\0\x08\0",
    "short header": IDX[:10],
    "short body": IDX[:-1],
    "long body": IDX + b"x",
    "counts beyond the file": b"\0\0\x08\x03" + struct.pack(">3I", 2**31, 2**31, 9) + IDX[16:],
    "truncated gzip": gzip.compress(IDX)[:-9],
    "flipped gzip": gzip.compress(IDX)[:12] + b"\xff\xff" + gzip.compress(IDX)[14:],
    "bomb": gzip.compress(b"\0\0\x08\x01" + struct.pack(">I", 2**32 - 1) + bytes(10**6)),
}


@pytest.mark.parametrize("case", BAD_IDX)
def test_bad_idx_is_refused(tmp_path, case):
    (tmp_path / "some-idx3-ubyte").write_bytes(BAD_IDX[case])
    with pytest.raises(ValueError, match="some-idx3-ubyte"):
        read_idx(tmp_path / "some-idx3-ubyte")


def test_every_truncation_of_idx_is_refused(tmp_path):
    path = tmp_path / "file"
    for end in range(len(IDX)):
        path.write_bytes(IDX[:end])
        with pytest.raises(ValueError, match="file"):
            read_idx(path)


def test_npz_gives_what_was_written(tmp_path):
    arrays = {"x": writers.RANDOM.random((3, 4)), "y": np.arange(3), "z": np.array("text")}
    np.savez_compressed(tmp_path / "a.npz", **arrays)
    found = read_npz(tmp_path / "a.npz", ("x", "y"))
    assert set(found) == set(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)


class Trap:
    """Unpickling it leaves a file behind."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


def npy(header, body=b"", version=b"\x01\x00"):
    padded = header.encode() + b" " * (117 - len(header)) + b"\n"
    return b"\x93NUMPY" + version + struct.pack("<H", len(padded)) + padded + body


def archive(path, **members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in members.items():
            target.writestr(f"{name}.npy", content)


def test_bad_npz_is_refused(tmp_path):
    path = tmp_path / "a.npz"

    def refused(sentence):
        with pytest.raises(ValueError, match=sentence):
            read_npz(path, ("x",))

    path.write_bytes(b"")
    refused("not an .npz file")
    np.savez(path, other=np.zeros(3))
    refused("has no array 'x'; it holds other")
    trap = tmp_path / "sprung"
    np.savez(path, allow_pickle=True, x=np.array([Trap(trap)], object))
    refused("Python objects")
    assert not trap.exists()
    shape = "{'descr': '|u1', 'fortran_order': False, 'shape': (4000000000,), }"
    archive(path, x=npy(shape, b"abc"))
    refused("more than it holds")
    archive(path, x=npy("{'descr': '|u1', 'fortran_order': False, 'shape': (-3,), }", b"abc"))
    refused("more than it holds")
    archive(path, x=npy("{'descr': __import__('os').getcwd(), 'shape': (1,), }", b"abc"))
    refused("x.npy has a damaged header")
    archive(path, x=npy("{}", version=b"\x09\x00"))
    refused("unknown version")


def test_a_zip_bomb_is_refused_before_it_unpacks(tmp_path):
    path = tmp_path / "a.npz"
    header = npy("{'descr': '|u1', 'fortran_order': False, 'shape': (5000000000,), }")
    archive(path, x=header + bytes(1000))
    content = bytearray(path.read_bytes())
    central = content.rindex(b"PK\x01\x02")
    content[central + 24 : central + 28] = struct.pack("<I", 2**32 - 2)  # the size it claims
    path.write_bytes(content)
    with pytest.raises(ValueError, match="more than the"):
        read_npz(path, ("x",))


@pytest.mark.parametrize("protocol", [0, 1, 2, 4])
def test_cifar_batches_give_what_was_written(tmp_path, protocol):
    batch = writers.cifar_batch(tmp_path / "batch", protocol=protocol)
    found = read_cifar_batch(tmp_path / "batch")
    assert found.labels.tolist() == batch["labels"]
    for image, row in zip(found.images, batch["data"], strict=True):
        for channel in range(3):
            for line in range(32):
                start = channel * 1024 + line * 32
                assert image[line, :, channel].tolist() == row[start : start + 32].tolist()


def test_python_2_keys_are_understood(tmp_path):
    batch = {
        b"labels": [1],
        b"data": np.zeros((1, 3072), np.uint8),
    }
    (tmp_path / "batch").write_bytes(pickle.dumps(batch, protocol=2))
    assert read_cifar_batch(tmp_path / "batch").images.shape == (1, 32, 32, 3)


def test_bad_cifar_is_refused(tmp_path):
    path = tmp_path / "data_batch_1"
    pixels = np.zeros((4, 3072), np.uint8)
    cases = [
        ({"labels": [1]}, "4 images and 1 labels"),
        ({"labels": [1, 2, 3, 10]}, "not 0 to 9"),
        ({"labels": [1, 2, 3, "4"]}, "not 0 to 9"),
        ({"labels": None}, "lacks 'data' or 'labels'"),
        ({"data": pixels[:, :100]}, "states images of shape"),
        ({"data": pixels.astype("float32")}, "no array of bytes"),
        ({"data": pixels.astype(object)}, "data_batch_1"),
        ({"data": "text"}, "lacks 'data' or 'labels'"),
    ]
    for changes, sentence in cases:
        writers.cifar_batch(path, **changes)
        with pytest.raises(ValueError, match=sentence):
            read_cifar_batch(path)
    path.write_bytes(pickle.dumps([1, 2]))
    with pytest.raises(ValueError, match="holds no dictionary"):
        read_cifar_batch(path)
    with path.open("wb") as handle:
        handle.truncate(65 * 2**20)
    with pytest.raises(ValueError, match="31 million at most"):
        read_cifar_batch(path)


def test_nothing_in_a_cifar_pickle_is_executed(tmp_path):
    trap, path = tmp_path / "sprung", tmp_path / "data_batch_1"
    writers.cifar_batch(path, filenames=Trap(trap))
    with pytest.raises(ValueError, match="it was not run"):
        read_cifar_batch(path)
    assert not trap.exists()
    for name in ("os system", "builtins eval", "numpy.core.multiarray scalar"):
        path.write_bytes(f"c{name.replace(' ', chr(10))}\n(S'x'\ntR.".encode())
        with pytest.raises(ValueError, match="it was not run"):
            read_cifar_batch(path)


def test_every_truncation_of_a_cifar_batch_is_refused(tmp_path):
    path = tmp_path / "data_batch_1"
    writers.cifar_batch(path, count=1)
    content = path.read_bytes()
    for end in [*range(200), *range(200, len(content), 97)]:
        path.write_bytes(content[:end])
        with pytest.raises(ValueError, match="data_batch_1"):
            read_cifar_batch(path)
