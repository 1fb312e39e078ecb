"""SVHN's MAT-files: SciPy writes them, the package reads them or refuses them in a sentence."""

import resource
import struct
import zlib

import h5py
import numpy as np
import pytest
import scipy.io
from data import writers

from keras_draw.data.matlab import read_mat, read_svhn

LITTLE = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM"
BIG = LITTLE[:124] + b"\x01\x00MI"


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("dtype", ["u1", "f8"])
@pytest.mark.parametrize("count", [2, 13])
def test_svhn_gives_what_was_written(tmp_path, compressed, dtype, count):
    path = tmp_path / "train_32x32.mat"
    y = np.arange(1, count + 1, dtype=dtype)[:, None] % 10 + 1
    written = writers.svhn(path, count, compressed, y=y)
    images, labels = read_svhn(path)
    assert images.flags.c_contiguous
    assert (images.dtype, labels.dtype) == (np.uint8, np.int64)
    for n in range(count):
        np.testing.assert_array_equal(images[n], written["X"][:, :, :, n])
        assert labels[n] == (0 if y[n, 0] == 10 else y[n, 0])
    assert 0 in labels or count < 9


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8", "?"])
def test_numbers_of_every_type_and_other_variables_passed_over(tmp_path, compressed, dtype):
    path = tmp_path / "some.mat"
    arrays = {
        "text": "words",
        "cell": np.array([[1, "a"]], object),
        "structure": {"a": 1, "b": "two"},
        "complex": np.array([[1j]]),
        "a": writers.RANDOM.integers(0, 100, (3, 1, 4, 5)).astype(dtype),
        "b": writers.RANDOM.integers(0, 100, (1, 1)).astype(dtype),
        "c": np.zeros((2, 3), dtype),
    }
    scipy.io.savemat(path, arrays, do_compression=compressed)
    found = read_mat(path, ("c", "a", "b"))
    assert set(found) == set("abc")
    for name, array in found.items():
        assert array.dtype == (np.uint8 if dtype == "?" else dtype)
        np.testing.assert_array_equal(array, arrays[name])


def test_whole_doubles_stored_as_bytes_as_matlab_does(tmp_path):
    path = tmp_path / "test_32x32.mat"
    writers.svhn(path, compressed=False)
    content = bytearray(path.read_bytes())
    at = content.rindex(struct.pack("<III", 6, 8, 9))
    content[at + 8] = 6  # the class of y: double
    path.write_bytes(content)
    assert scipy.io.loadmat(path, mat_dtype=True)["y"].dtype == np.float64
    assert read_svhn(path).labels.tolist() == [1, 2, 3, 4]


def element(kind, content, order="<"):
    return struct.pack(f"{order}II", kind, len(content)) + content + bytes(-len(content) % 8)


def variable(name=b"X", shape=(2, 3), numbers=None, order="<", flags=9, kind=2):
    """An uncompressed variable; `numbers` is its last element."""
    if numbers is None:
        numbers = element(kind, bytes(range(6)), order)
    axes = struct.pack(f"{order}{len(shape)}i", *shape)
    head = element(6, struct.pack(f"{order}II", flags, 0), order) + element(5, axes, order)
    return element(14, head + element(1, name, order) + numbers, order)


def packed(content, order="<"):
    squeezed = zlib.compress(content)
    return struct.pack(f"{order}II", 15, len(squeezed)) + squeezed


@pytest.mark.parametrize("compress", [bytes, packed])
def test_both_orders_of_bytes(tmp_path, compress):
    path = tmp_path / "a.mat"
    expected = [[0, 2, 4], [1, 3, 5]]
    path.write_bytes(LITTLE + compress(variable()))
    assert read_mat(path, ("X",))["X"].tolist() == expected
    values = element(7, struct.pack(">6f", *range(6)), ">")
    content = variable(numbers=values, order=">", flags=7)
    path.write_bytes(BIG + (content if compress is bytes else packed(content, ">")))
    found = read_mat(path, ("X",))["X"]
    assert found.tolist() == scipy.io.loadmat(path)["X"].tolist() == expected
    assert found.dtype == np.float32


def test_other_kinds_of_files_are_refused(tmp_path):
    path = tmp_path / "train_32x32.mat"

    def refused(sentence):
        with pytest.raises(ValueError, match=sentence) as refusal:
            read_svhn(path)
        assert str(refusal.value).startswith("train_32x32.mat")

    for content in (b"", b"MATLAB", b"<html>Not found</html>" * 20, bytes(500)):
        path.write_bytes(content)
        refused("is not a MATLAB 5 MAT-file")
    scipy.io.savemat(path, {"X": np.zeros((2, 3)), "y": np.ones((3, 1))}, format="4")
    refused("is not a MATLAB 5 MAT-file")
    with h5py.File(path, "w") as file:
        file["X"] = np.zeros(3)
    refused("is not a MATLAB 5 MAT-file")
    with h5py.File(path, "w", userblock_size=512) as file:
        file["X"] = np.zeros(3)
    with path.open("r+b") as handle:
        handle.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")
    refused("version 2.0 .* save it with -v7")
    path.write_bytes(LITTLE)
    refused("no variable 'X'")


X = np.zeros((32, 32, 3, 4), np.uint8)
BAD_ARRAYS = {
    "no X": ({"X": None}, "no variable 'X'; expected X and y"),
    "no y": ({"y": None}, "no variable 'y'"),
    "type of X": ({"X": X.astype("u2")}, "type uint16; expected uint8"),
    "floats in X": ({"X": X.astype("f4")}, "type float32; expected uint8"),
    "axes of X": ({"X": X.transpose(3, 0, 1, 2)}, r"shape \(4, 32, 32, 3\)"),
    "grey X": ({"X": X[:, :, 0]}, r"shape \(32, 32, 4\)"),
    "no images": ({"X": X[..., :0]}, r"states the shape \(32, 32, 3, 0\)"),
    "cell X": ({"X": np.array([[X, 1]], object)}, "X is not an array of real numbers"),
    "structure X": ({"X": {"a": X}}, "X is not an array of real numbers"),
    "text X": ({"X": "words"}, "X is not an array of real numbers"),
    "complex X": ({"X": X * 1j}, "X is not an array of real numbers"),
    "fewer y": ({"y": np.ones((3, 1))}, r"4 images and labels of shape \(3, 1\)"),
    "y in a row": ({"y": np.ones((1, 4))}, r"labels of shape \(1, 4\)"),
    "text y": ({"y": "word"}, "y is not an array of real numbers"),
    "zero": ({"y": np.array([[0], [1], [2], [3]])}, "not 1 to 10"),
    "eleven": ({"y": np.array([[11], [1], [2], [3]], "u1")}, "not 1 to 10"),
    "negative": ({"y": np.array([[-1], [1], [2], [3]])}, "not 1 to 10"),
    "fraction": ({"y": np.array([[1.5], [1], [2], [3]])}, "not 1 to 10"),
    "NaN": ({"y": np.array([[np.nan], [1], [2], [3]])}, "not 1 to 10"),
    "infinity": ({"y": np.array([[np.inf], [1], [2], [3]])}, "not 1 to 10"),
}


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("case", BAD_ARRAYS)
def test_other_arrays_than_svhns_are_refused(tmp_path, case, compressed):
    changes, sentence = BAD_ARRAYS[case]
    writers.svhn(tmp_path / "train_32x32.mat", compressed=compressed, **changes)
    with pytest.raises(ValueError, match=sentence):
        read_svhn(tmp_path / "train_32x32.mat")


@pytest.mark.parametrize("compressed", [True, False])
def test_every_truncation_is_refused(tmp_path, compressed):
    path = tmp_path / "train_32x32.mat"
    writers.svhn(path, count=1, compressed=compressed, X=X[..., :2], y=np.ones((2, 1)))
    content = path.read_bytes()
    whole = len(content)
    ends = {*range(min(400, whole)), *range(0, whole, 97), *range(max(0, whole - 400), whole)}
    for end in ends:
        path.write_bytes(content[:end])
        with pytest.raises(ValueError, match=r"train_32x32\.mat"):
            read_svhn(path)


ENORMOUS = struct.pack("<II", 2, 2**32 - 8)
DAMAGED = {
    # SciPy's reader looks the type up in memory that is not its own, and crashes
    "unknown type of numbers": variable(kind=1000),
    "type 0 of numbers": variable(kind=0),
    "kind of variable": element(99, bytes(64)),
    "zeros": bytes(64),
    "a variable beyond the file": struct.pack("<II", 14, 2**32 - 8) + variable()[8:],
    "numbers beyond the variable": variable(shape=(2**16 - 1, 2**16), numbers=ENORMOUS),
    "shape and size differ": variable(shape=(2, 4)),
    "negative shape": variable(shape=(-2, -3)),
    "overflowing shape": variable(shape=(2**31 - 1,) * 30),
    "shape with nothing": variable(shape=(0, 2**31 - 1), numbers=element(2, b"")),
    "no axes": variable(shape=()),
    "too many axes": variable(shape=(1,) * 33),
    "long name": variable(name=b"X" * 65),
    "class": variable(flags=200),
    "class of 5 bytes": element(14, element(6, bytes(5)) + variable()[24:]),
    "shape of 5 bytes": element(14, variable()[8:24] + element(5, bytes(5)) + variable()[40:]),
    "small element of 5 bytes": variable(numbers=struct.pack("<HHI", 2, 5, 0)),
    "packed kind": packed(element(99, bytes(64))),
    "packed twice": packed(packed(variable())),
    "packed more": packed(variable() + bytes(8)),
    "packed less": packed(variable()[:-8]),
    "packed checksum": packed(variable())[:-1] + b"\xff",
    "packed without checksum": struct.pack("<II", 15, len(zlib.compress(variable())) - 4)
    + zlib.compress(variable())[:-4],
    "packed noise": struct.pack("<II", 15, 64) + b"noise" * 20,
}


@pytest.mark.parametrize("case", DAMAGED)
def test_damaged_variables_are_refused(tmp_path, case):
    path = tmp_path / "a.mat"
    path.write_bytes(LITTLE + DAMAGED[case])
    with pytest.raises(ValueError, match=r"a.mat is damaged or another file \(.*\); fetch it"):
        read_mat(path, ("X",))


@pytest.mark.parametrize("compress", [bytes, packed])
def test_every_wrong_byte_before_the_numbers_meets_a_sentence_or_is_harmless(tmp_path, compress):
    path = tmp_path / "a.mat"
    content = variable() + variable(name=b"y")
    for at in range(len(variable())):
        for wrong in (0, 1, 3, 5, 16, 0x7F, 0x80, 0xFF):
            damaged = bytearray(content)
            damaged[at] = wrong
            half = len(content) // 2
            path.write_bytes(LITTLE + compress(damaged[:half]) + compress(damaged[half:]))
            try:
                found = read_mat(path, ("X", "y"))
            except ValueError as refusal:
                assert str(refusal).startswith("a.mat")
            else:
                assert all(array.size == 6 // array.itemsize for array in found.values())


def bomb(variable_start, megabytes):
    """A compressed variable of that many zeros, with the tags that claim them."""
    squeeze = zlib.compressobj(9)
    content = squeeze.compress(struct.pack("<II", 14, megabytes * 2**20) + variable_start)
    zeros = bytes(2**20)
    content += b"".join(squeeze.compress(zeros) for _ in range(megabytes)) + squeeze.flush()
    return struct.pack("<II", 15, len(content)) + content


def test_bombs_take_no_memory(tmp_path):
    path = tmp_path / "a.mat"
    head = variable()[8:48]  # flags, shape, and a name that is as long as the bomb
    long_name = bomb(head[:32] + struct.pack("<II", 1, 100 * 2**20), 101)
    axes = element(5, struct.pack("<2i", 2**16, 2**15))
    claim = head[:16] + axes + element(1, b"X") + struct.pack("<II", 2, 2**31)
    whole = packed(struct.pack("<II", 14, 2**31 + 48) + claim + bytes(10**6))
    other = bomb(variable(name=b"other")[8:], 100)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    for content, sentence in (
        (long_name, "is not a header's"),
        (whole, "more than it can"),
        (other, "no variable 'X'"),
    ):
        assert len(content) < 10**6
        path.write_bytes(LITTLE + content)
        with pytest.raises(ValueError, match=sentence):
            read_mat(path, ("X",))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before < 50 * 2**20
