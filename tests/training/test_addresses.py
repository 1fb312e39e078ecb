"""Networks at an https address: downloaded once, checked, and read without executing anything."""

import hashlib
import os
import resource
import shutil

import numpy as np
import pytest
from calling import call, refused
from conftest import tiny
from models.hub_server import running

from keras_draw import DRAW, load
from keras_draw.models.saving import network_bytes
from keras_draw.training import addresses
from keras_draw.training.named import is_address


@pytest.fixture(scope="module")
def model():
    return DRAW(tiny(), seed=1)


@pytest.fixture(scope="module")
def content(model):
    return network_bytes(model)


@pytest.fixture
def server(monkeypatch, content):
    monkeypatch.delenv("KERAS_DRAW_OFFLINE", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with running() as found:
        found.files["/nets/shapes.keras"] = content
        found.url = f"{found.address}/nets/shapes.keras"
        yield found


def same(a, b):
    return all(map(np.array_equal, a.get_weights(), b.get_weights()))


def not_loaded(what, sentence, error):
    with pytest.raises(error) as seen:
        load(what)
    assert sentence in str(seen.value), str(seen.value)
    assert "\n" not in str(seen.value)


@pytest.mark.parametrize("what", ["hf://a/b", "https://a/b.keras", "http://127.0.0.1/b.keras"])
def test_addresses(what):
    assert is_address(what)


@pytest.mark.parametrize("what", ["mnist", "runs/a", "a.keras", "hf:/a/b", "ftp://a/b.keras"])
def test_no_addresses(what):
    assert not is_address(what)


def test_a_network_is_fetched_once_and_then_needs_no_network(model, server, monkeypatch, tmp_path):
    assert same(load(server.url), model)
    monkeypatch.setenv("KERAS_DRAW_OFFLINE", "1")
    assert same(load(server.url), model)
    assert len(server.asked) == 1
    not_loaded(server.url.replace("shapes", "others"), "was never downloaded", FileNotFoundError)
    assert len(server.asked) == 1
    (kept,) = (tmp_path / "cache" / "networks").glob("*/*")
    assert kept.name == "shapes.keras"


def test_a_digest_says_what_must_come(model, content, server, tmp_path):
    right = hashlib.sha256(content).hexdigest()
    assert same(load(f"{server.url}#sha256={right}"), model)
    wrong = f"{server.url}#sha256={'0' * 64}"
    not_loaded(wrong, "sent a different file from the published one", ConnectionError)
    assert len(list((tmp_path / "cache" / "networks").glob("*/*.keras"))) == 1


def test_a_file_too_large_is_not_kept(server, monkeypatch, tmp_path):
    monkeypatch.setattr(addresses, "MOST_BYTES", 1000)
    not_loaded(server.url, "more than the limit of 1000", ConnectionError)
    assert list((tmp_path / "cache" / "networks").glob("*/*")) == []


def test_nothing_that_is_fetched_is_executed(server):
    import keras

    other = keras.Sequential([keras.Input((2,)), keras.layers.Lambda(lambda x: x + 1)])
    path = f"{os.getcwd()}/never"
    assert not os.path.exists(path)
    server.files["/lambda.keras"] = _saved(other)
    server.files["/pickle.keras"] = b"\x80\x04\x95\x1a\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix"
    not_loaded(f"{server.address}/lambda.keras", "nothing in it was executed", ValueError)
    not_loaded(f"{server.address}/pickle.keras", "not a DRAW network", ValueError)


def _saved(model):
    import tempfile

    folder = tempfile.mkdtemp()
    try:
        model.save(f"{folder}/a.keras")
        with open(f"{folder}/a.keras", "rb") as file:
            return file.read()
    finally:
        shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("http://example.com/a.keras", "not a secure connection"),
        ("https://example.com/a.zip", "does not end in .keras"),
        ("https://", "is not a valid address"),
        ("https://[::1/a.keras", "is not a valid address"),
        ("https://example.com:99999999/a.keras", "is not a valid address"),
        ("https://example.com/a b.keras", "is not a valid address"),
        ("https://example.com/a.keras#md5=00", "expected sha256="),
    ],
)
def test_what_is_no_address_of_a_network(address, sentence):
    not_loaded(address, sentence, ValueError)


def test_a_name_leaves_no_folder(model, content, server, tmp_path):
    server.files["/..%2f..%2fa.keras"] = content
    server.files["/.keras"] = content
    assert same(load(f"{server.address}/..%2f..%2fa.keras"), model)
    assert same(load(f"{server.address}/.keras"), model)
    found = sorted(p.name for p in (tmp_path / "cache" / "networks").glob("*/*"))
    assert found == ["network.keras", "network.keras"]


def test_where_nothing_is(server, monkeypatch):
    nowhere = f"{server.address}/u/r/resolve/none.keras"
    not_loaded(nowhere, "could not be downloaded", ConnectionError)
    monkeypatch.delenv("KERAS_DRAW_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr("keras_draw.homes.home", lambda: None)
    not_loaded(server.url, "set KERAS_DRAW_CACHE", FileNotFoundError)


def test_a_cache_that_cannot_be_written(server, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("KERAS_DRAW_CACHE", str(tmp_path / "file"))
    not_loaded(
        server.url, "(Not a directory): free some space there, or choose another folder", OSError
    )


def test_a_disk_that_is_full(server, tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        not_loaded(server.url, "(File too large): free some space there", OSError)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list((tmp_path / "cache" / "networks").glob("*/*.keras")) == []


def test_commands_take_addresses(server, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert call(["generate", server.url, "--count", "4"]).code == 0
    assert (tmp_path / "shapes.png").is_file()
    np.savez(tmp_path / "images.npz", x=np.random.default_rng(0).random((6, 5, 4, 1)))
    assert "give --dataset" in refused(["evaluate", server.url])
    found = call(["evaluate", server.url, "--dataset", "npz:images.npz", "--samples", "0"])
    assert found.code == 0, found.err
    assert "6 images of npz:images.npz" in found.err
    assert "--offline" in refused(["generate", f"{server.address}/none.keras", "--offline"])
