"""IDX, npz and CIFAR files: read right, or refused in a sentence."""

import gzip
import io
import os
import pickle
import random
import resource
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from data import writers
from mutations import mutated

from keras_draw.data import load
from keras_draw.data.formats import read_idx, read_npz
from keras_draw.data.matlab import read_svhn
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


PACKINGS = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]


def npz_packed(path, packing, count=3):
    member = io.BytesIO()
    np.save(member, np.arange(64 * count, dtype=np.uint8).reshape(count, 8, 8))
    with zipfile.ZipFile(path, "w", packing) as target:
        target.writestr("x.npy", member.getvalue())


@pytest.mark.parametrize("packing", PACKINGS)
def test_members_however_packed_are_read_or_refused(tmp_path, packing):
    path, dice = tmp_path / "a.npz", random.Random(packing)
    npz_packed(path, packing)
    whole, expected = path.read_bytes(), read_npz(path, ("x",))["x"]
    np.testing.assert_array_equal(expected, np.arange(192, dtype=np.uint8).reshape(3, 8, 8))
    refused = 0
    for _ in range(150):
        path.write_bytes(mutated(whole, dice))
        try:
            found = read_npz(path, ("x",))["x"]
        except ValueError as refusal:
            refused += 1
            assert str(refusal).strip()
        else:
            np.testing.assert_array_equal(found, expected)
    assert refused > 100


def test_a_member_that_holds_more_than_it_states_is_refused(tmp_path):
    archive(
        tmp_path / "a.npz",
        x=npy("{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }", b"abc"),
    )
    with pytest.raises(ValueError, match=r"x.npy holds more than its shape"):
        read_npz(tmp_path / "a.npz", ("x",))


def test_what_a_mac_adds_to_an_archive_is_passed_over(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as target:
        npz_packed(tmp_path / "b.npz", zipfile.ZIP_STORED)
        with zipfile.ZipFile(tmp_path / "b.npz") as source:
            target.writestr("x.npy", source.read("x.npy"))
        target.writestr("__MACOSX/._x.npy", b"\0\5\26\7")
        target.writestr("readme.txt", "arrays of mine")
    assert set(read_npz(tmp_path / "a.npz", ("x",))) == {"x"}


STRANGE = {
    "dates": np.array(["2001-01-01"], "M8[D]"),
    "spans": np.array([1], "m8[s]"),
    "fields": np.zeros(2, [("a", "i4"), ("b", "f4")]),
    "raw": np.zeros(2, "V5"),
}


@pytest.mark.parametrize("kind", STRANGE)
def test_arrays_of_strange_types_meet_one_sentence(tmp_path, kind):
    writers.npz(tmp_path / "a.npz", x=STRANGE[kind])
    with pytest.raises(
        ValueError, match=r"x.npy holds values of type .*; expected numbers or text"
    ):
        load(f"npz:{tmp_path / 'a.npz'}")


@pytest.mark.parametrize("kind", ["c8", "U3", "S3", "u2", "i8"])
def test_images_of_other_types_meet_one_sentence(tmp_path, kind):
    writers.npz(tmp_path / "a.npz", x=np.zeros((2, 3, 3), kind))
    with pytest.raises(ValueError, match=r"a.npz: images are of type"):
        load(f"npz:{tmp_path / 'a.npz'}")


@pytest.mark.parametrize(
    "read", [read_idx, lambda p: read_npz(p, ()), read_cifar_batch, read_svhn], ids=str
)
def test_a_fifo_is_never_opened(tmp_path, read):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="pipe is not a file but a FIFO; it was not opened"):
        read(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    with pytest.raises(ValueError, match="zero is not a file but a device"):
        read(tmp_path / "zero")


def test_no_more_is_unpacked_than_memory_holds(tmp_path, monkeypatch):
    npz_packed(tmp_path / "a.npz", zipfile.ZIP_DEFLATED)
    (tmp_path / "a").write_bytes(IDX)
    monkeypatch.setattr("keras_draw.data.formats.memory", lambda: 20)
    with pytest.raises(ValueError, match="more than the 20 that are allowed"):
        read_npz(tmp_path / "a.npz", ("x",))
    with pytest.raises(ValueError, match="more than the file can hold"):
        read_idx(tmp_path / "a")


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


GREEDY = {
    "place in memory": b"\x80\x02}r\xff\xff\xff\x7f.",
    "place in words": b"}p2147483647\n.",
    "bytes": b"\x80\x04\x8e" + struct.pack("<Q", 2**40) + b"x.",
    "text": b"\x80\x04\x8d" + struct.pack("<Q", 2**40) + b"x.",
    "array of bytes": b"\x80\x05\x96" + struct.pack("<Q", 2**33) + b"x.",
    "frame": b"\x80\x04\x95" + struct.pack("<Q", 2**40) + b"}.",
    "number": b"\x80\x02\x8b\xff\xff\xff\x7f.",
    "digits": b"I" + b"9" * 400_000 + b"\n.",
    "tuples in tuples, as a key": b"\x80\x02})" + b"\x85" * 2_000_000 + b"Ns.",
    "lists": b"]" * 3_000_000 + b".",
    "copies of a text": b"\x80\x02c_codecs\nencode\nq\0X" + struct.pack("<I", 10**6) + b"a" * 10**6
    + b"q\x01X\x06\0\0\0latin1q\x020" + b"h\0h\x01h\x02\x86R" * 20_000 + b".",
}  # fmt: skip


@pytest.mark.parametrize("case", GREEDY)
def test_a_few_bytes_of_a_pickle_do_not_take_gigabytes(tmp_path, case):
    path = tmp_path / "data_batch_1"
    path.write_bytes(GREEDY[case])
    with pytest.raises(ValueError, match="data_batch_1"):
        limited_to_a_gigabyte(read_cifar_batch, path)


def limited_to_a_gigabyte(read, path):
    """Reads with a gigabyte of memory beyond what the process has reserved already."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    reserved = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (reserved + 2**30, before[1]))
    try:
        return read(path)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def test_texts_of_python_2_in_words_are_understood(tmp_path):
    row = "".join(f"\\x{value % 256:02x}" for value in range(3072))
    text = (
        "(dp0\nS'labels'\np1\n(lp2\nI3\nasS'data'\np3\n"
        "cnumpy.core.multiarray\n_reconstruct\np4\n(cnumpy\nndarray\np5\n(I0\ntp6\nS'b'\np7\n"
        "tp8\nRp9\n(I1\n(I1\nI3072\ntp10\ncnumpy\ndtype\np11\n(S'u1'\np12\nI0\nI1\ntp13\n"
        "Rp14\n(I3\nS'|'\np15\nNNNI-1\nI-1\nI0\ntp16\nbI00\n" + f"S'{row}'\n" + "p17\ntp18\nbs."
    )
    (tmp_path / "batch").write_bytes(text.encode())
    found = read_cifar_batch(tmp_path / "batch")
    assert found.labels.tolist() == [3]
    assert found.images[0, 0, :5, 0].tolist() == [0, 1, 2, 3, 4]
