import io
import os
import tarfile

import pytest
from data import writers

from keras_draw.data.cifar_archive import ARCHIVE, BATCHES, FOLDER, unpack_cifar10
from keras_draw.data.pickles import read_cifar_batch

NAMES = [f"{FOLDER}/{name}" for name in BATCHES]


def write(folder, members):
    """Write an archive; each member is (name, content) or (TarInfo, content)."""
    with tarfile.open(folder / ARCHIVE, "w:gz") as archive:
        for name, content in members:
            member = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


@pytest.fixture
def batch(tmp_path):
    writers.cifar_batch(tmp_path / "one", count=2)
    content = (tmp_path / "one").read_bytes()
    (tmp_path / "one").unlink()
    return content


def test_only_the_batches_are_unpacked(tmp_path, batch):
    outside = "../outside", f"{FOLDER}/../../outside", "/tmp/outside", f"{FOLDER}/readme.html"
    write(tmp_path, [(name, b"bad") for name in outside] + [(name, batch) for name in NAMES])
    unpack_cifar10(tmp_path)
    assert sorted(os.listdir(tmp_path)) == sorted([ARCHIVE, FOLDER])
    assert sorted(os.listdir(tmp_path / FOLDER)) == sorted(BATCHES)
    assert len(read_cifar_batch(tmp_path / FOLDER / "test_batch").labels) == 2


def link(name, target):
    found = tarfile.TarInfo(name)
    found.type, found.linkname = tarfile.SYMTYPE, target
    return found


def test_bad_archives_are_refused(tmp_path, batch):
    huge = tarfile.TarInfo(NAMES[0])
    cases = {
        "lacks test_batch": [(name, batch) for name in NAMES[:-1]],
        "lacks data_batch_1": [(link(NAMES[0], "/etc/passwd"), b"")]
        + [(name, batch) for name in NAMES[1:]],
        "holds more than CIFAR-10's batches": [(f"a{n}", b"") for n in range(102)],
    }
    for sentence, members in cases.items():
        write(tmp_path, members)
        with pytest.raises(ValueError, match=sentence):
            unpack_cifar10(tmp_path)
    write(tmp_path, [(huge, bytes(65 * 2**20))])  # a bomb: 64 kB of zeros, packed
    with pytest.raises(ValueError, match="holds more than"):
        unpack_cifar10(tmp_path)
    write(tmp_path, [(name, batch) for name in NAMES])
    whole = (tmp_path / ARCHIVE).read_bytes()
    for damaged in (whole[: len(whole) // 2], b"", b"text", b"\x1f\x8b" + bytes(50)):
        (tmp_path / ARCHIVE).write_bytes(damaged)
        with pytest.raises(ValueError, match=r"cifar-10-python\.tar\.gz is damaged"):
            unpack_cifar10(tmp_path)
