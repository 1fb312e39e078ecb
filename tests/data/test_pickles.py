"""CIFAR's batches: read correctly, or refused before anything runs or takes much memory."""

import pickle
import resource
import struct
from pathlib import Path

import numpy as np
import pytest
from data import writers

from keras_draw.data.pickles import read_cifar_batch


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
        ({"labels": [1]}, "4 images but 1 labels"),
        ({"labels": [1, 2, 3, 10]}, "not 0 to 9"),
        ({"labels": [1, 2, 3, "4"]}, "not 0 to 9"),
        ({"labels": None}, "lacks 'data' or 'labels'"),
        ({"data": pixels[:, :100]}, "states images of shape"),
        ({"data": pixels.astype("float32")}, "not an array of bytes"),
        ({"data": pixels.astype(object)}, "data_batch_1"),
        ({"data": "text"}, "lacks 'data' or 'labels'"),
    ]
    for changes, sentence in cases:
        writers.cifar_batch(path, **changes)
        with pytest.raises(ValueError, match=sentence):
            read_cifar_batch(path)
    path.write_bytes(pickle.dumps([1, 2]))
    with pytest.raises(ValueError, match="contains no dictionary"):
        read_cifar_batch(path)
    with path.open("wb") as handle:
        handle.truncate(65 * 2**20)
    with pytest.raises(ValueError, match="at most 31 million"):
        read_cifar_batch(path)


def test_nothing_in_a_cifar_pickle_is_executed(tmp_path):
    trap, path = tmp_path / "sprung", tmp_path / "data_batch_1"
    writers.cifar_batch(path, filenames=writers.Trap(trap))
    with pytest.raises(ValueError, match="nothing was run"):
        read_cifar_batch(path)
    assert not trap.exists()
    for name in ("os system", "builtins eval", "numpy.core.multiarray scalar"):
        path.write_bytes(f"c{name.replace(' ', chr(10))}\n(S'x'\ntR.".encode())
        with pytest.raises(ValueError, match="nothing was run"):
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
    "memo index": b"\x80\x02}r\xff\xff\xff\x7f.",
    "memo index as text": b"}p2147483647\n.",
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
def test_small_pickles_that_ask_for_gigabytes_are_refused(tmp_path, case):
    path = tmp_path / "data_batch_1"
    path.write_bytes(GREEDY[case])
    with pytest.raises(ValueError, match="data_batch_1"):
        limited_to_a_gigabyte(read_cifar_batch, path)


def limited_to_a_gigabyte(read, path):
    """Read with at most one gigabyte more memory than the process has already reserved."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    reserved = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (reserved + 2**30, before[1]))
    try:
        return read(path)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def test_text_pickles_of_python_2_are_understood(tmp_path):
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
