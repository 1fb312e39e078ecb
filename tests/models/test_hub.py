"""Networks on the Hub, with a local server in its place."""

import sys

import numpy as np
import pytest
from conftest import tiny
from models.hub_server import running
from models.pictures import IMAGES, LABELS

from keras_draw import DRAW, load
from keras_draw.training import addresses

hub_constants = pytest.importorskip("huggingface_hub.constants")


@pytest.fixture
def hub(monkeypatch, tmp_path):
    monkeypatch.delenv("KERAS_DRAW_OFFLINE", raising=False)
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with running() as server:
        template = server.address + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(hub_constants, "ENDPOINT", server.address)
        monkeypatch.setattr(hub_constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(hub_constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
        monkeypatch.setattr(hub_constants, "HF_HUB_DISABLE_PROGRESS_BARS", True)
        yield server


def same(a, b):
    return all(map(np.array_equal, a.get_weights(), b.get_weights()))


def refused(what, sentence, error):
    with pytest.raises(error) as seen:
        load(what)
    assert sentence in str(seen.value)
    assert "\n" not in str(seen.value)


def test_what_is_pushed_is_what_is_loaded(conditional, hub, tmp_path):
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n...")
    evaluation = {"elbo": -3.25, "units": {"elbo": "nats per image"}}
    address = conditional.push_to_hub(
        "ada/shapes", evaluation=evaluation, picture=tmp_path / "a.png", token="hf_secret"
    )
    assert address == "hf://ada/shapes"
    files = hub.repositories["ada/shapes"]
    assert sorted(files) == ["README.md", "model.keras", "samples.png"]
    card = files["README.md"].decode()
    assert "| elbo | -3.25 | nats per image |" in card
    assert 'load("hf://ada/shapes")' in card
    assert {a for method, path, a in hub.asked if method == "POST"} == {"Bearer hf_secret"}
    assert "hf_secret" not in card
    again = load(address)
    assert same(again, conditional)
    assert again.config == conditional.config
    assert same(load("hf://ada/shapes@main"), conditional)


def test_with_images_the_weights_are_halved_and_a_repository_is_used_again(conditional, hub):
    conditional.push_to_hub("ada/shapes", token="hf_secret")
    whole = len(hub.repositories["ada/shapes"]["model.keras"])
    conditional.push_to_hub("ada/shapes", IMAGES, LABELS, token="hf_secret")
    assert len(hub.repositories["ada/shapes"]["model.keras"]) < whole


def test_a_file_is_fetched_once_and_then_needs_no_network(conditional, hub, monkeypatch):
    conditional.push_to_hub("ada/shapes", token="hf_secret")
    load("hf://ada/shapes")
    load("hf://ada/shapes")
    assert [method for method, path, _ in hub.asked if "resolve" in path].count("GET") == 1
    monkeypatch.setenv("KERAS_DRAW_OFFLINE", "1")
    count = len(hub.asked)
    assert same(load("hf://ada/shapes"), conditional)
    refused("hf://ada/other", "is not in this machine's cache", FileNotFoundError)
    assert len(hub.asked) == count


def test_nothing_that_is_loaded_is_executed(hub, tmp_path):
    import keras

    path = tmp_path / "lambda.keras"
    keras.Sequential([keras.Input((2,)), keras.layers.Lambda(lambda x: x + 1)]).save(path)
    hub.repositories["eve/trap"] = {"model.keras": path.read_bytes(), "model.py": b"1/0"}
    refused("hf://eve/trap", "not a DRAW network; nothing in it was executed", ValueError)
    hub.repositories["eve/trap"] = {"model.keras": b"\x80\x04 no archive"}
    hub.repositories["eve/none"] = {"pytorch_model.bin": b""}
    refused("hf://eve/none", "has no model.keras", FileNotFoundError)
    assert {path for _, path, _ in hub.asked if path.endswith(".py")} == set()


def test_a_file_too_large_is_not_fetched(conditional, hub, monkeypatch):
    conditional.push_to_hub("ada/shapes", token="hf_secret")
    monkeypatch.setattr(addresses, "MOST_BYTES", 100)
    refused("hf://ada/shapes", "networks of up to 100 bytes are downloaded", ValueError)
    assert "GET" not in [method for method, path, _ in hub.asked if "resolve" in path]


@pytest.mark.parametrize(
    ("address", "sentence", "error"),
    [
        ("hf://ada/nothing", "The Hub has no repository hf://ada/nothing", FileNotFoundError),
        ("hf://ada/shapes@v9", "The Hub has no repository hf://ada/shapes@v9", FileNotFoundError),
        ("hf://ada", "expected user/name", ValueError),
        ("hf://ada/../../etc", "expected user/name", ValueError),
        ("hf://ada/shapes@", "without a revision", ValueError),
        ("hf://ada/..", "hf://ada/..", ValueError),
        (
            "hf://ada/shapes@../x",
            "The Hub has no repository hf://ada/shapes@../x",
            FileNotFoundError,
        ),
    ],
)
def test_addresses_of_nothing(hub, address, sentence, error):
    hub.repositories["ada/shapes"] = {}
    refused(address, sentence, error)


def test_a_hub_that_refuses_or_is_not_there(hub, monkeypatch):
    model = DRAW(tiny())
    hub.refuse = 403
    with pytest.raises(PermissionError, match="hf auth login"):
        model.push_to_hub("ada/shapes", token="hf_secret")
    hub.refuse = 500
    with pytest.raises(ConnectionError, match="answered 500 for hf://ada/shapes"):
        model.push_to_hub("ada/shapes", token="hf_secret")
    monkeypatch.setattr(hub_constants, "ENDPOINT", "http://127.0.0.1:1")
    with pytest.raises(ConnectionError, match="cannot be reached"):
        model.push_to_hub("ada/shapes", token="hf_secret")


def test_a_hub_that_is_not_there_and_a_cache_that_cannot_be_written(
    conditional, hub, monkeypatch, tmp_path
):
    conditional.push_to_hub("ada/shapes", token="hf_secret")
    (tmp_path / "file").touch()
    monkeypatch.setattr(hub_constants, "HF_HUB_CACHE", str(tmp_path / "file"))
    refused("hf://ada/shapes", "cannot be stored in the Hub's cache (Not a directory)", OSError)
    monkeypatch.setattr(hub_constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("time.sleep", lambda seconds: None)  # the library retries repeatedly
    template = "http://127.0.0.1:1/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(hub_constants, "ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setattr(hub_constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    refused(
        "hf://ada/shapes",
        "could not be reached or is switched off: load it once",
        FileNotFoundError,
    )


def test_what_cannot_be_pushed_is_not_begun(hub, tmp_path):
    model = DRAW(tiny())
    with pytest.raises(ValueError, match="expected user/name"):
        model.push_to_hub("shapes", token="hf_secret")
    (tmp_path / "a.png").write_bytes(b"GIF89a")
    with pytest.raises(ValueError, match="is not a PNG file"):
        model.push_to_hub("ada/shapes", picture=tmp_path / "a.png", token="hf_secret")
    with pytest.raises(ValueError, match="takes"):
        model.push_to_hub("ada/shapes", np.zeros((2, 9, 9, 1)), token="hf_secret")
    assert hub.asked == []


def test_without_the_library_a_sentence_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    refused("hf://ada/shapes", "pip install 'keras-draw[hub]'", ValueError)
    with pytest.raises(ValueError, match="huggingface_hub, which is not installed"):
        DRAW(tiny()).push_to_hub("ada/shapes")
