"""PyTorch's files: read as by PyTorch, without executing anything in them."""

import os
import pickle
import random
import struct
import zipfile
from collections import OrderedDict

import numpy as np
import pytest
from evaluation.inception import tensor_files
from evaluation.inception.tensor_files import (
    WRITERS,
    Storage,
    Tensor,
    pickled,
    write_old,
    write_zip,
)
from mutations import mutated

from keras_draw.evaluation.inception import torch_file
from keras_draw.evaluation.inception.torch_file import read_tensors

RANDOM = np.random.default_rng(0)
TENSORS = {
    "a.weight": RANDOM.normal(size=(4, 3, 2, 2)).astype(np.float32),
    "a.bias": RANDOM.normal(size=4).astype(np.float32),
    "a.num_batches_tracked": np.array(7, np.int64),
    "empty": np.zeros((0, 3), np.float32),
}


@pytest.fixture(params=sorted(WRITERS))
def write(request):
    return WRITERS[request.param]


def check_same(found, expected=TENSORS):
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert found[name].dtype == value.dtype
        np.testing.assert_array_equal(found[name], value, err_msg=name, strict=True)


def test_both_formats(tmp_path, write):
    write(tmp_path / "a.pth", TENSORS)
    check_same(read_tensors(tmp_path / "a.pth"))


def test_what_is_written_here_is_pytorchs_format(tmp_path, write):
    torch = pytest.importorskip("torch")
    write(tmp_path / "a.pth", TENSORS)
    state = torch.load(tmp_path / "a.pth", weights_only=True)
    check_same({name: value.numpy() for name, value in state.items()})


@pytest.mark.parametrize("zipped", [True, False])
def test_what_pytorch_writes(tmp_path, zipped):
    torch = pytest.importorskip("torch")
    layer = torch.nn.Sequential(torch.nn.Conv2d(2, 3, 1), torch.nn.BatchNorm2d(3))
    state = layer.state_dict() | {
        "t": torch.arange(12.0).reshape(3, 4).T,
        "one": torch.ones(5)[2:4],
    }
    torch.save(state, tmp_path / "a.pth", _use_new_zipfile_serialization=zipped)
    expected = {name: value.numpy() for name, value in state.items()}
    check_same(read_tensors(tmp_path / "a.pth"), expected)
    torch.save(layer.state_dict(), tmp_path / "b.pth", _use_new_zipfile_serialization=zipped)
    assert len(read_tensors(tmp_path / "b.pth")) == len(layer.state_dict())


def test_views_of_a_storage(tmp_path, write):
    numbers = np.arange(12, dtype=np.float32)
    shared = Storage(None, numbers)
    write(
        tmp_path / "a.pth",
        {
            "columns": Tensor(numbers, 0, (4, 3), (1, 4), shared),
            "end": Tensor(numbers, 10, (2,), (1,), shared),
            "same": Tensor(numbers, 3, (2, 2), (0, 0), shared),
            "note": "no tensor",
        },
    )
    found = read_tensors(tmp_path / "a.pth")
    np.testing.assert_array_equal(found["columns"], numbers.reshape(3, 4).T)
    assert found["end"].tolist() == [10, 11]
    assert found["same"].tolist() == [[3, 3], [3, 3]]
    assert "note" not in found
    with pytest.raises(ValueError, match="read-only"):
        found["end"][0] = 1


class Runs:
    """Actions that a pickle can be made to perform."""

    def __init__(self, function, *arguments):
        self.what = function, arguments

    def __reduce__(self):
        return self.what


class Builds:
    """An ordered dictionary with arguments, or with active attributes."""

    def __reduce__(self):
        return OrderedDict, ([("a", 1)],)


def nested(depth):
    """Deeply nested tuples as the key of a dictionary."""
    return b"\x80\x02}" + b"K\x01" + b"\x85" * depth + b"K\x01s."


HOSTILE = {
    "system": (lambda victim: pickled({"a": Runs(os.system, f"touch {victim}")}), "posix.system"),
    "open": (lambda victim: pickled({"a": Runs(open, str(victim), "w")}), "open"),
    "eval": (
        lambda victim: pickled(Runs(eval, f"open({str(victim)!r}, 'w')")),
        "builtins.eval|eval",
    ),
    "attribute": (lambda _: pickled(Runs(getattr, "a", "upper")), "getattr"),
    "storage": (lambda _: pickled({"a": np.zeros(3)}), "numpy"),
    "pairs": (lambda _: pickled(Builds()), "a dictionary with arguments"),
    "list": (lambda _: pickled([1, 2]), "a list, not a state dict"),
    "memory": (lambda _: b"\x80\x02}r\xff\xff\xff\x7f.", "memo index 2147483647"),
    "text": (lambda _: b"\x80\x02X\xff\xff\xff\x7fa.", "damaged"),
    "tuples": (lambda _: nested(100_000), "more than"),
    "fewer tuples": (lambda _: nested(torch_file.MOST_CALLS - 1), ""),
    "dictionaries": (
        lambda _: pickled({n: OrderedDict() for n in range(torch_file.MOST_CALLS + 1)}),
        "more than",
    ),
    "values": (lambda _: b"\x80\x02](" + b"K\x01" * 300_000 + b"e.", "more than"),
    "large": (lambda _: pickled({"a": "x" * (torch_file.MAX_PICKLE + 1)}), "bytes|too large"),
    "persistent": (lambda _: b"\x80\x02}X\x01\x00\x00\x00aK\x01Qs.", "unknown kind of storage"),
    "nothing": (lambda _: b"", "damaged"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_pickle_meets_a_sentence_and_runs_nothing(tmp_path, write, case):
    victim, path = tmp_path / "victim", tmp_path / "a.pth"
    make, sentence = HOSTILE[case]
    write(path, {}, content=make(victim))
    if case == "fewer tuples":
        assert read_tensors(path) == {}
    else:
        with pytest.raises(ValueError, match=rf"^a\.pth .*({sentence}).*\.$"):
            read_tensors(path)
    path.write_bytes(make(victim))  # a pickle, but not a file from PyTorch
    with pytest.raises(ValueError, match=r"^a\.pth .*\.$"):
        read_tensors(path)
    assert not victim.exists()


BAD_TENSORS = {
    "huge": (0, (2**40,), (0,)),
    "too long": (0, (13,), (1,)),
    "offset": (6, (7,), (1,)),
    "stride": (0, (2, 2), (1, 12)),
    "negative": (0, (2,), (-1,)),
    "before": (-1, (2,), (1,)),
    "axes": (0, (2, 2), (1,)),
    "many axes": (0, (1,) * 60, (1,) * 60),
    "text": (0, ("2",), (1,)),
}


@pytest.mark.parametrize("case", BAD_TENSORS)
def test_a_tensor_that_is_not_in_its_storage(tmp_path, write, case):
    numbers = np.zeros(12, np.float32)
    offset, shape, strides = BAD_TENSORS[case]
    write(tmp_path / "a.pth", {"a": Tensor(numbers, offset, shape, strides)})
    with pytest.raises(
        ValueError, match=r"contains (an invalid tensor|a tensor larger than its storage)"
    ):
        read_tensors(tmp_path / "a.pth")


def test_storages_of_other_sizes_or_kinds(tmp_path, write):
    path = tmp_path / "a.pth"
    write(path, {"a": np.zeros(3, np.int32)})
    with pytest.raises(ValueError, match=r"refers to torch\.IntStorage"):
        read_tensors(path)
    for count in (4, 13, 2**28, 2**40):
        storage = Storage(None, np.zeros(12, np.float32))
        storage.count = count
        write(path, {"a": Tensor(storage.array, shape=(3,), strides=(1,), storage=storage)})
        with pytest.raises(ValueError, match=r"bytes|a size other than|unknown kind"):
            read_tensors(path)


def test_zips_that_are_not_pytorchs(tmp_path):
    path = tmp_path / "a.pth"
    write_zip(path, {"a": np.zeros(10**6, np.float32)}, packed=zipfile.ZIP_DEFLATED)  # a zip bomb
    with pytest.raises(ValueError, match="bytes: it is damaged, or a different file"):
        read_tensors(path)
    write_zip(path, TENSORS, order=b"big")
    with pytest.raises(ValueError, match="big-endian byte order"):
        read_tensors(path)
    # Many overlapping storages: together they are larger than the file.
    shared = Storage("0", np.zeros(1000, np.float32))
    others = {}
    for n in range(50):
        one = Storage("0", shared.array)
        one.key = f"../data/{'0' * (n + 1)}" if n else "0"
        others[str(n)] = Tensor(shared.array, storage=one)
    write_zip(path, others | {"a": np.zeros(1000, np.float32)})
    with pytest.raises(ValueError, match="more than its size"):
        read_tensors(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "text")
    with pytest.raises(ValueError, match="not a file of tensors"):
        read_tensors(path)


def test_old_files_that_are_not_pytorchs(tmp_path):
    path = tmp_path / "a.pth"
    write_old(path, TENSORS, little=False)
    with pytest.raises(ValueError, match="big-endian byte order"):
        read_tensors(path)
    write_old(path, TENSORS, magic=7)
    with pytest.raises(ValueError, match="something other than tensors"):
        read_tensors(path)
    write_old(path, TENSORS)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ValueError, match=r"a\.pth"):
        read_tensors(path)
    path.write_bytes(b"".join(pickle.dumps(v, 2) for v in (0x1950A86A20F9469CFC6C, 1001, [1])))
    with pytest.raises(ValueError, match=r"a\.pth"):
        read_tensors(path)
    with path.open("wb") as file:
        file.truncate(torch_file.MAX_BYTES + 1)
    with pytest.raises(ValueError, match="expected at most"):
        read_tensors(path)


def test_damaged_files_meet_a_sentence(tmp_path, write):
    path, dice = tmp_path / "a.pth", random.Random(0)
    write(path, TENSORS)
    whole, refused = path.read_bytes(), 0
    for _ in range(400):
        path.write_bytes(mutated(whole, dice))
        try:
            found = read_tensors(path)
        except ValueError as error:
            refused += 1
            assert str(error).startswith("a.pth "), error
        else:
            assert all(isinstance(value, np.ndarray) for value in found.values())
    assert refused > 100


def test_numbers_are_where_pytorch_puts_them(tmp_path):
    """The last bytes of an old file are its last storage, as a manual reader would find it."""
    write_old(tmp_path / "a.pth", {"a": np.array([1.5, -2.0], np.float32)})
    assert (tmp_path / "a.pth").read_bytes().endswith(struct.pack("<qff", 2, 1.5, -2.0))
    assert tensor_files.KINDS["float32"].__module__ == "torch"
