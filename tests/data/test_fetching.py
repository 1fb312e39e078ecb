"""Data sets and weights by name, from a local server: downloaded once, and never when offline."""

import errno
import gzip
import json
import os
import subprocess
import sys
import threading

import numpy as np
import pytest
from calling import call, refused
from data import writers
from serving import contents_of, publish

from keras_draw.data import check, fetching, load_images, load_training
from keras_draw.data.fetching import alone, folder_of
from keras_draw.data.origins import ORIGINS
from keras_draw.network import is_offline, offline

COUNT = 6


@pytest.fixture
def mnist(server, monkeypatch, tmp_path):
    """A server that publishes MNIST with six digits per split."""
    writers.mnist(tmp_path / "published", count=COUNT)
    contents = contents_of(tmp_path / "published")
    publish(monkeypatch, server, "mnist", contents, {"train": COUNT, "test": COUNT})
    return server


@pytest.fixture
def cached(tmp_path):
    """The folder that data sets are downloaded into by default."""
    return tmp_path / "cache" / "data"


def test_a_missing_set_is_downloaded_and_this_is_reported(mnist, cached, capsys):
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
    # The other split was not downloaded, and nothing else is left there.
    assert sorted(os.listdir(cached / "mnist")) == [
        "t10k-images-idx3-ubyte.gz",
        "t10k-labels-idx1-ubyte.gz",
    ]
    load_training("mnist", validation=0.2, seed=0)
    assert len(mnist.asked) == 4
    assert check("mnist").whole


def test_download_folders_in_order_of_preference(mnist, tmp_path, cached, monkeypatch):
    assert folder_of("mnist") == cached / "mnist"
    assert folder_of("inception-2015") == tmp_path / "cache" / "weights"
    monkeypatch.setenv("KERAS_DRAW_DATA", str(tmp_path / "mine"))
    load_images("mnist")
    assert (tmp_path / "mine" / "mnist" / "train-images-idx3-ubyte.gz").is_file()
    load_images("mnist:test", data_dir=tmp_path / "given")
    assert len(os.listdir(tmp_path / "given" / "mnist")) == 2
    # A set that is in another known folder is not downloaded again.
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
def test_offline_no_server_is_contacted(mnist, monkeypatch, tmp_path, how):
    if how == "argument":
        with pytest.raises(FileNotFoundError, match="Download it with keras-draw data get mnist"):
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
            assert "Downloads are off (--offline or KERAS_DRAW_OFFLINE)" in sentence
            assert "Without that, keras-draw data get mnist downloads it" in sentence
    assert mnist.asked == []


def test_offline_holds_within_its_block_only(monkeypatch):
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


def test_the_tests_run_offline():
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


def test_a_wrong_file_is_reported_and_removed(mnist, cached):
    path = "/mnist/t10k-images-idx3-ubyte.gz"
    right = mnist.files[path].content
    mnist.files[path].content = bytes(len(right))
    ended = call("data get mnist:test")
    assert ended.code == 2
    sentence = ended.err.splitlines()[-1]
    assert (
        "mnist: t10k-images-idx3-ubyte.gz could not be downloaded (127.0.0.1: sent a " in sentence
    )
    assert sentence.endswith(f"or put the files into {cached}/mnist yourself.")
    assert os.listdir(cached / "mnist") == []
    mnist.files[path].content = right
    assert call("data get mnist:test").code == 0


def test_a_folder_that_cannot_be_written_to(mnist, cached, monkeypatch):
    def read_only(*_):
        raise PermissionError(errno.EROFS, "Read-only file system", str(cached))

    with monkeypatch.context() as patch:
        patch.setattr(fetching, "open_plain", read_only)
        sentence = refused("data get mnist")
    assert f"mnist cannot be written to {cached}/mnist (Read-only file system)" in sentence
    assert "--data-dir or KERAS_DRAW_DATA" in sentence
    (cached / "mnist").rmdir()
    (cached / "mnist").write_text("a file where the folder should be")
    assert "File exists" in refused("data get mnist")


def test_a_full_disk_is_noticed_before_and_during_a_download(mnist, cached, monkeypatch):
    class Little:
        free = 100

    with monkeypatch.context() as patch:
        patch.setattr(fetching.shutil, "disk_usage", lambda _: Little)
        sentence = refused("data get mnist")
    assert "kB are needed, but only 100 bytes are free): make room there" in sentence
    assert mnist.asked == []

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("keras_draw.data.download.download", full)
        ended = call("data get mnist")
    assert ended.code == 2
    assert "(No space left on device): make room there, or choose" in ended.err
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


def test_two_processes_download_once(mnist, tmp_path):
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


def test_waiting_for_a_lock_is_reported(tmp_path):
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


def test_files_as_published_are_verified(mnist, cached):
    assert call("data get mnist").code == 0
    assert all("content verified" in words for words in check("mnist").splits.values())
    path = cached / "mnist" / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()), 1))
    assert "content not verified" in check("mnist").splits["test"]
    assert "content verified" in check("mnist").splits["train"]
