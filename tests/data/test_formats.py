"""IDX and npz files: read correctly, or refused with a clear error."""

import gzip
import io
import os
import random
import struct
import zipfile

import numpy as np
import pytest
from data import writers
from mutations import mutated

from keras_draw.data import load_images
from keras_draw.data.formats import read_idx, read_npz
from keras_draw.data.pickles import read_cifar_batch
from keras_draw.data.svhn import read_svhn


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
    np.savez(path, allow_pickle=True, x=np.array([writers.Trap(trap)], object))
    refused("Python objects")
    assert not trap.exists()
    shape = "{'descr': '|u1', 'fortran_order': False, 'shape': (4000000000,), }"
    archive(path, x=npy(shape, b"abc"))
    refused("but holds less")
    archive(path, x=npy("{'descr': '|u1', 'fortran_order': False, 'shape': (-3,), }", b"abc"))
    refused("but holds less")
    archive(path, x=npy("{'descr': __import__('os').getcwd(), 'shape': (1,), }", b"abc"))
    refused("x.npy has a damaged header")
    archive(path, x=npy("{}", version=b"\x09\x00"))
    refused("unknown .npy version")


PACKINGS = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]


def npz_packed(path, packing, count=3):
    member = io.BytesIO()
    np.save(member, np.arange(64 * count, dtype=np.uint8).reshape(count, 8, 8))
    with zipfile.ZipFile(path, "w", packing) as target:
        target.writestr("x.npy", member.getvalue())


@pytest.mark.parametrize("packing", PACKINGS)
def test_damaged_members_of_every_packing_are_read_right_or_refused(tmp_path, packing):
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
    with pytest.raises(ValueError, match=r"x.npy states the shape \(2,\) but holds more"):
        read_npz(tmp_path / "a.npz", ("x",))


def test_files_that_macos_adds_to_an_archive_are_ignored(tmp_path):
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
def test_arrays_of_unusual_types_are_refused(tmp_path, kind):
    writers.npz(tmp_path / "a.npz", x=STRANGE[kind])
    with pytest.raises(
        ValueError, match=r"x.npy holds values of type .*; expected numbers or text"
    ):
        load_images(f"npz:{tmp_path / 'a.npz'}")


@pytest.mark.parametrize("kind", ["c8", "U3", "S3", "u2", "i8"])
def test_images_of_other_types_are_refused(tmp_path, kind):
    writers.npz(tmp_path / "a.npz", x=np.zeros((2, 3, 4, 1), kind))
    with pytest.raises(ValueError, match=r"x in a.npz: Images are of type"):
        load_images(f"npz:{tmp_path / 'a.npz'}")


@pytest.mark.parametrize(
    "read",
    [read_idx, lambda p: read_npz(p, ()), read_cifar_batch, read_svhn],
    ids=["idx", "npz", "cifar", "svhn"],
)
def test_a_fifo_is_never_opened(tmp_path, read):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="pipe is not a file but a FIFO; it was not opened"):
        read(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    with pytest.raises(ValueError, match="zero is not a file but a device"):
        read(tmp_path / "zero")


def test_more_than_memory_holds_is_not_unpacked(tmp_path, monkeypatch):
    npz_packed(tmp_path / "a.npz", zipfile.ZIP_DEFLATED)
    (tmp_path / "a").write_bytes(IDX)
    monkeypatch.setattr("keras_draw.data.formats.memory", lambda: 20)
    with pytest.raises(ValueError, match="more than the allowed 20"):
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
