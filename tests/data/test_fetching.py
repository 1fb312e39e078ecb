"""Sets and weights by name, from a server on this machine: fetched once, and never offline."""

import dataclasses
import errno
import gzip
import hashlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from calling import call, refused
from data import writers

from keras_draw.data import check, fetching, load_images, load_training, named, reporting
from keras_draw.data.fetching import alone, fetch, folder_of
from keras_draw.data.origins import ORIGINS
from keras_draw.data.reporting import Reporter, Terminal
from keras_draw.network import is_offline, offline

COUNT = 6


class Heard(Reporter):
    def __init__(self):
        self.said = []

    def tell(self, sentence):
        self.said.append(sentence)


def publish(monkeypatch, server, name, contents, splits=None):
    """From now on the set is what this server publishes: contents by file."""

    def moved(file):
        content = contents[file.name]
        address = server.serve(f"/{name}/{file.name}", content)
        digest = hashlib.sha256(content).hexdigest()
        return dataclasses.replace(
            file, addresses=(address,), size=len(content), exact=True, sha256=digest
        )

    origin = ORIGINS[name]
    parts = tuple(
        dataclasses.replace(part, files=tuple(map(moved, part.files)))
        for part in origin.parts
        if all(file.name in contents for file in part.files)
    )
    monkeypatch.setitem(ORIGINS, name, dataclasses.replace(origin, parts=parts))
    if splits:
        small = dataclasses.replace(named.SETS[name], splits=splits, digests={})
        monkeypatch.setitem(named.SETS, name, small)


def contents_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def mnist(server, monkeypatch, tmp_path):
    """Six digits a split, published."""
    writers.mnist(tmp_path / "published", count=COUNT)
    contents = contents_of(tmp_path / "published")
    publish(monkeypatch, server, "mnist", contents, {"train": COUNT, "test": COUNT})
    return server


@pytest.fixture
def cached(tmp_path):
    """Where sets go in tests without a folder of the user's."""
    return tmp_path / "cache" / "data"


def test_a_set_that_is_nowhere_is_downloaded_and_said(mnist, cached, capsys):
    data = load_images("mnist:test")
    expected = load_images("mnist:test", download=False)
    np.testing.assert_array_equal(data.images, expected.images)
    assert data.source == "keras-draw's cache"
    said = capsys.readouterr()
    assert said.out == ""
    first, *rest = said.err.splitlines()
    assert first.startswith("mnist is not on this machine: downloading ")
    assert f" from 127.0.0.1 into {cached}/mnist (licence: CC BY-SA 3.0" in first
    assert "t10k-images-idx3-ubyte.gz: " in rest[0]
    assert rest[-1] == f"mnist is in {cached}/mnist."
    # The other split was not asked for, and nothing else is left there.
    assert sorted(os.listdir(cached / "mnist")) == [
        "t10k-images-idx3-ubyte.gz",
        "t10k-labels-idx1-ubyte.gz",
    ]
    load_training("mnist", validation=0.2, seed=0)
    assert len(mnist.asked) == 4
    assert check("mnist").whole


def test_places_for_what_is_downloaded_in_order(mnist, tmp_path, cached, monkeypatch):
    assert folder_of("mnist") == cached / "mnist"
    assert folder_of("inception-2015") == tmp_path / "cache" / "weights"
    monkeypatch.setenv("KERAS_DRAW_DATA", str(tmp_path / "mine"))
    load_images("mnist")
    assert (tmp_path / "mine" / "mnist" / "train-images-idx3-ubyte.gz").is_file()
    load_images("mnist:test", data_dir=tmp_path / "given")
    assert len(os.listdir(tmp_path / "given" / "mnist")) == 2
    # What is elsewhere is not downloaded again.
    asked = len(mnist.asked)
    assert load_images("mnist", data_dir=tmp_path / "given").source == "KERAS_DRAW_DATA"
    assert len(mnist.asked) == asked
    monkeypatch.setenv("KERAS_DRAW_WEIGHTS", str(tmp_path))
    assert folder_of("inception-2015") == tmp_path


def test_without_a_home_a_folder_is_asked_for(monkeypatch):
    monkeypatch.setattr(fetching, "cache_home", lambda: None)
    with pytest.raises(FileNotFoundError, match="set KERAS_DRAW_DATA to a folder"):
        folder_of("mnist")
    with pytest.raises(FileNotFoundError, match="set KERAS_DRAW_WEIGHTS to a folder"):
        folder_of("keras-inception")


@pytest.mark.parametrize("how", ["option", "environment", "argument"])
def test_offline_nothing_is_asked_for(mnist, monkeypatch, tmp_path, how):
    if how == "argument":
        with pytest.raises(FileNotFoundError, match="keras-draw data get mnist fetches it"):
            load_images("mnist", download=False)
    else:
        words = ["data", "get", "mnist"]
        if how == "option":
            words += ["--offline"]
        else:
            monkeypatch.setenv("KERAS_DRAW_OFFLINE", "1")
        for command in (
            words,
            ["train", "--dataset", *words[2:], "--run-dir", str(tmp_path / "r")],
        ):
            sentence = refused(command)
            assert "The network is forbidden (--offline or KERAS_DRAW_OFFLINE)" in sentence
            assert "keras-draw data get mnist fetches it" in sentence
    assert mnist.asked == []


def test_offline_lasts_as_long_as_its_block(monkeypatch):
    for before, expected in (("1", True), ("0", False), ("", False), ("yes", True)):
        monkeypatch.setenv("KERAS_DRAW_OFFLINE", before)
        assert is_offline() == expected
        with offline():
            assert is_offline()
            begun = [sys.executable, "-c", "import os; print(os.environ['KERAS_DRAW_OFFLINE'])"]
            assert subprocess.check_output(begun) == b"1\n"
        with offline(really=False):
            assert is_offline() == expected
        assert os.environ["KERAS_DRAW_OFFLINE"] == before


def test_the_suite_is_offline():
    assert is_offline()


def test_data_get(mnist, cached):
    ended = call("data get mnist --json")
    assert ended.code == 0, ended
    assert f"mnist train: {COUNT} images, keras-draw's cache" in ended.err
    assert '"got"' in ended.out
    asked = len(mnist.asked)
    assert call("data get mnist:test").code == 0
    assert len(mnist.asked) == asked
    listed = call("data list").err
    assert "here (keras-draw's cache)" in listed
    assert "licence: CC BY-SA 3.0, as commonly stated" in listed
    assert "did you mean 'mnist'?" in refused("data get mnits")
    assert "has no split 'valid'" in refused("data get mnist:valid")


def test_a_wrong_file_is_named_removed_and_not_read(mnist, cached):
    path = "/mnist/t10k-images-idx3-ubyte.gz"
    right = mnist.files[path].content
    mnist.files[path].content = bytes(len(right))
    ended = call("data get mnist:test")
    assert ended.code == 2
    sentence = ended.err.splitlines()[-1]
    assert (
        "mnist: t10k-images-idx3-ubyte.gz could not be downloaded (127.0.0.1: sent an" in sentence
    )
    assert sentence.endswith(f"or put its files into {cached}/mnist by hand (docs/data.md).")
    assert os.listdir(cached / "mnist") == []
    mnist.files[path].content = right
    assert call("data get mnist:test").code == 0


def test_a_folder_that_cannot_be_written_to(mnist, cached, monkeypatch):
    def read_only(*_):
        raise PermissionError(errno.EROFS, "Read-only file system", str(cached))

    with monkeypatch.context() as patch:
        patch.setattr(fetching, "open_plain", read_only)
        sentence = refused("data get mnist")
    assert f"mnist cannot be put into {cached}/mnist (Read-only file system)" in sentence
    assert "--data-dir or KERAS_DRAW_DATA" in sentence
    (cached / "mnist").rmdir()
    (cached / "mnist").write_text("a file where the folder should be")
    assert "File exists" in refused("data get mnist")


def test_a_full_disk_is_seen_before_and_while_it_fills(mnist, cached, monkeypatch):
    class Little:
        free = 100

    with monkeypatch.context() as patch:
        patch.setattr(fetching.shutil, "disk_usage", lambda _: Little)
        sentence = refused("data get mnist")
    assert "kB are needed, and 100 bytes are free): make room there" in sentence
    assert mnist.asked == []

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(fetching, "download", full)
        ended = call("data get mnist")
    assert ended.code == 2
    assert "(No space left on device): make room there, or name" in ended.err
    assert os.listdir(cached / "mnist") == []


FETCHES = """
import dataclasses, json, sys
from keras_draw.data.fetching import fetch
from keras_draw.data.origins import ORIGINS
url, folder, known = json.loads(sys.argv[1])
def here(file):
    size, digest = known[file.name]
    address = f"{url}/mnist/{file.name}"
    return dataclasses.replace(file, addresses=(address,), size=size, sha256=digest)
origin = ORIGINS["mnist"]
parts = [dataclasses.replace(p, files=tuple(map(here, p.files))) for p in origin.parts]
ORIGINS["mnist"] = dataclasses.replace(origin, parts=tuple(parts))
print("ready", flush=True)
sys.stdin.readline()
print(fetch("mnist", "test", data_dir=folder))
"""


def test_two_processes_fetch_once(mnist, tmp_path):
    for served in mnist.files.values():
        served.seconds = 0.05
    files = [file for part in ORIGINS["mnist"].parts for file in part.files]
    known = {file.name: (file.size, file.sha256) for file in files}
    words = json.dumps([mnist.url, str(tmp_path / "d"), known])
    begin = [sys.executable, "-c", FETCHES, words]
    pipe = subprocess.PIPE
    both = [subprocess.Popen(begin, stdin=pipe, stdout=pipe, text=True) for _ in range(2)]
    assert [one.stdout.readline() for one in both] == ["ready\n"] * 2
    for one in both:
        one.stdin.write("\n")
        one.stdin.flush()
    for one in both:
        assert one.communicate()[0] == f"{tmp_path}/d/mnist\n"
    assert sorted(path for path, _ in mnist.asked) == [
        "/mnist/t10k-images-idx3-ubyte.gz",
        "/mnist/t10k-labels-idx1-ubyte.gz",
    ]
    assert len(os.listdir(tmp_path / "d" / "mnist")) == 2


def test_who_waits_for_a_lock_is_told(tmp_path):
    lock, waits, order = tmp_path / "lock", threading.Event(), []

    def second():
        with alone(lock, waits.set):
            order.append("second")

    thread = threading.Thread(target=second)
    with alone(lock):
        thread.start()
        assert waits.wait(60)
        order.append("first")
    thread.join(60)
    assert order == ["first", "second"]
    assert not lock.exists()


def test_parts_that_are_made_of_what_was_fetched(server, monkeypatch, cached, tmp_path):
    rows = {"train": 4, "valid": 3, "test": 2}
    arrays = {s: writers.RANDOM.integers(0, 2, (n, 784), dtype=np.uint8) for s, n in rows.items()}
    contents = {
        f"binarized_mnist_{s}.amat": "".join(f"{' '.join(map(str, r))}\n" for r in a).encode()
        for s, a in arrays.items()
    }
    monkeypatch.setattr("keras_draw.data.amat.ROWS", rows)
    publish(monkeypatch, server, "binarized_mnist", contents, rows)
    heard = Heard()
    fetch("binarized_mnist", reporter=heard)
    assert os.listdir(cached / "binarized_mnist") == ["binarized_mnist.npz"]
    assert heard.said[1] == "Making binarized_mnist.npz of it."
    for split, expected in arrays.items():
        found = load_images(f"binarized_mnist:{split}").images
        np.testing.assert_array_equal(found.reshape(-1, 784), expected * 255)
    assert len(server.asked) == 3
    # What cannot be made is fetched anew.
    os.remove(cached / "binarized_mnist" / "binarized_mnist.npz")
    contents["binarized_mnist_test.amat"] = bytes(2 * 784 * 2)
    publish(monkeypatch, server, "binarized_mnist", contents)
    with pytest.raises(ValueError, match="holds other things"):
        fetch("binarized_mnist")
    assert os.listdir(cached / "binarized_mnist") == []


def test_svhn_extra_is_fetched_by_name_alone(server, monkeypatch, tmp_path):
    sizes = {"train": 3, "test": 2, "extra": 4}
    for split, count in sizes.items():
        path = tmp_path / "published" / f"{split}_32x32.mat"
        writers.published_svhn(monkeypatch, path, count=count)
    publish(monkeypatch, server, "svhn", contents_of(tmp_path / "published"), sizes)
    assert call("data get svhn").code == 0
    assert sorted(path for path, _ in server.asked) == [
        "/svhn/test_32x32.mat",
        "/svhn/train_32x32.mat",
    ]
    assert len(load_images("svhn:extra")) == 4


def test_bars_on_a_terminal_and_lines_elsewhere(capsys, monkeypatch):
    def lines(terminal):
        with terminal.watching() as watch:
            for done in (1, 5_000_000, 9_900_000):
                watch("a.gz", done, 9_900_000)
        return capsys.readouterr().err

    monkeypatch.setattr(reporting, "SECONDS", 1e9)
    assert lines(Terminal()) == "  a.gz: 9.9 MB of 9.9 MB\n"
    monkeypatch.setattr(reporting, "SECONDS", 0)
    assert len(lines(Terminal()).splitlines()) == 3
    terminal = Terminal()
    monkeypatch.setattr(type(terminal._console), "is_terminal", True)
    shown = lines(terminal)
    assert "a.gz" in shown
    assert "9.9/9.9 MB" in shown


def test_files_as_published_are_verified(mnist, cached):
    assert call("data get mnist").code == 0
    assert all("content verified" in words for words in check("mnist").splits.values())
    path = cached / "mnist" / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()), 1))
    assert "content not verified" in check("mnist").splits["test"]
    assert "content verified" in check("mnist").splits["train"]


def test_every_origin_is_a_set_or_an_extractor_and_can_be_checked():
    from keras_draw.evaluation.inception.networks import NETWORKS

    weights = {name for name, origin in ORIGINS.items() if origin.weights}
    assert weights == set(NETWORKS)
    assert set(ORIGINS) - weights == set(named.SETS) - {"digits"}
    for name, origin in ORIGINS.items():
        assert origin.source, name
        assert origin.licence, name
        for part in origin.parts:
            for file in part.files:
                assert all(a.startswith(("https://", "http://")) for a in file.addresses)
                assert Path(file.name).name == file.name
                assert file.size > 0
                assert (len(file.sha256), len(file.md5)) in ((64, 0), (0, 32)), file.name
                int(file.sha256 + file.md5, 16)
        if not origin.weights:
            splits = {split for part in origin.parts for split in part.splits}
            assert splits == set(named.SETS[name].splits)
