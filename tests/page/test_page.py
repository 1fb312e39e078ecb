"""The page's file: what is in it, what is refused, and text that stays text."""

import base64
import hashlib
import json
import re

import numpy as np
import pytest
from calling import call, refused
from conftest import tiny

from keras_draw import DRAW
from keras_draw.config import TrainConfig
from keras_draw.models.saving import save_network
from keras_draw.models.weights import specs
from keras_draw.page import MOST_MB, page, rounding
from keras_draw.page.packing import pack, packed_bytes, unpacked, weights_of
from keras_draw.page.record import read_source
from keras_draw.page.rounding import cost_of
from keras_draw.report import report
from keras_draw.training.runs import RunConfig, RunFolder, write_json

HOSTILE = "</script><img src=x onerror=alert(1)>"


def records_of(path):
    """What a page is told of its networks."""
    html = path.read_text("utf-8")
    (text,) = re.findall('<script type="application/json" id="networks">(.*?)</script>', html)
    return json.loads(text)


def random_weights(config):
    random = np.random.default_rng(0)
    return {spec.name: random.normal(size=spec.shape).astype("float32") for spec in specs(config)}


@pytest.fixture
def run(tmp_path):
    """A run's folder, as training leaves it, with a hostile name and hostile classes."""
    folder = RunFolder(tmp_path / "<b>run")
    folder.path.mkdir()
    config = tiny(image_shape=(8, 8, 1), num_classes=2)
    folder.write_config(RunConfig(config, TrainConfig(dataset="npz:/home/ada/<i>secret.npz")))
    train = {"name": HOSTILE, "images": 5, "class_names": [HOSTILE, "</style>"]}
    write_json(folder.provenance, {"data": {"train": train}})
    DRAW(config).save_weights(folder.best)
    return folder


def test_a_file_knows_the_names_of_its_classes(tmp_path):
    named = DRAW(tiny(image_shape=(8, 8, 1), num_classes=2, class_names=("cat", "dog")))
    for name, network in (("a", named), ("b", DRAW(tiny(image_shape=(8, 8, 1), num_classes=2)))):
        save_network(network, tmp_path / f"{name}.keras")
    page([tmp_path / "a.keras", tmp_path / "b.keras"], out=str(tmp_path / "page.html"))
    first, second = records_of(tmp_path / "page.html")
    assert (first["classes"], second["classes"]) == (["cat", "dog"], ["0", "1"])


def test_everything_is_in_the_file_and_hostile_text_stays_text(run):
    made = page([run.path])
    assert made.out == str(run.page)
    html = run.page.read_text("utf-8")
    (record,) = records_of(run.page)
    assert record["classes"] == [HOSTILE, "</style>"]
    assert "/home/ada" not in html
    assert HOSTILE not in html
    assert "<b>run" not in html
    assert "://" not in html
    # Scripts: three of its own with their hashes in the policy, and data that cannot run.
    scripts = re.findall("<script([^>]*)>(.*?)</script>", html, re.DOTALL)
    policy = re.search('Content-Security-Policy" content="([^"]*)"', html)[1]
    for attributes, text in scripts:
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert ("type=" in attributes) != (f"'sha256-{digest}'" in policy)
    assert "default-src 'none'" in policy
    assert "connect-src 'none'" in policy
    assert "unsafe" not in policy
    report(run.path)
    assert '<a href="page.html">' in run.report.read_text("utf-8")
    page([run.path])  # an older one of its own is replaced
    assert run.page in run.files


def test_names_that_are_the_same_are_told_apart_and_others_are_kept(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    DRAW(tiny()).save("net.keras")
    (tmp_path / "a").mkdir()
    DRAW(tiny(timesteps=1)).save("a/net.keras")
    assert page(["net.keras"]).out == "page-net.html"
    made = page(["net.keras", "a/net.keras"])
    assert made.out == "page.html"
    assert [one.name for one in made.networks] == ["net", "net (2)"]
    assert [one["title"] for one in records_of(tmp_path / "page.html")] == [
        "net, 3 strokes",
        "net (2), 1 stroke",
    ]
    with pytest.raises(FileExistsError, match=r"page\.html exists"):
        page(["net.keras", "a/net.keras"])


def test_a_network_too_large_is_refused_with_its_size(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    DRAW(tiny()).save("net.keras")
    monkeypatch.setattr("keras_draw.page.MOST_MB", 0.001)
    said = refused("page net.keras")
    assert re.search(r"weights of net would take \d+ MB", said)
    assert "--force" in said
    assert not list(tmp_path.glob("*.html"))
    assert call("page net.keras --force --json").code == 0
    assert (tmp_path / "page-net.html").is_file()
    assert MOST_MB == 64


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("page", "No network was given"),
        ("page mnits", "did you mean 'mnist'"),
        ("page mnist --out a.png", ".html"),
        ("page mnist --out no/a.html", "no"),
    ],
)
def test_bad_input_is_one_sentence(words, expected, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert expected in refused(words)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", ["float16", "int8"])
def test_packed_weights_are_nearly_the_weights(kind):
    config = tiny(image_shape=(8, 8, 1), hidden_dim=40, share_recurrent=False, share_heads=False)
    weights = random_weights(config)
    packed = pack(config, weights, kind)
    assert len(packed.content) == pytest.approx(packed_bytes(config, kind), rel=0.1)
    for name, value in unpacked(packed).items():
        allowed = {"float16": 2**-11, "int8": 0.5 / 127}[kind] * np.abs(weights[name]).max()
        assert np.abs(value - weights[name]).max() <= 1.001 * allowed
        assert value.shape == weights[name].shape


def test_weights_that_no_page_can_hold_are_refused():
    config = tiny(image_shape=(8, 8, 1), hidden_dim=40)
    for value, why in ((np.nan, "not finite"), (1e5, "more than the 65504")):
        weights = random_weights(config)
        weights["encoder_kernel"][0, 0] = value
        with pytest.raises(ValueError, match=why):
            pack(config, weights, "float16")


@pytest.mark.parametrize("why", [FileNotFoundError, ConnectionError])
def test_int8_is_measured_on_drawings_if_test_images_cannot_be_had(why, monkeypatch):
    def fails(spec, **_):
        asked.append(spec)
        raise why(f"{spec} could not be downloaded.")

    asked = []
    monkeypatch.setattr(rounding, "load_images", fails)
    source = read_source("mnist")
    packed = pack(source.model.config, weights_of(source.model), "int8")
    assert cost_of(source, packed).images == "500 images that it drew itself"
    assert asked == ["mnist:test"]


def test_what_int8_costs_is_measured_and_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    DRAW(tiny(image_shape=(8, 8, 1), hidden_dim=40, timesteps=1)).save("net.keras")
    source = read_source("net.keras")
    packed = pack(source.model.config, weights_of(source.model), "int8")
    cost = cost_of(source, packed)
    assert cost.images == "500 images that it drew itself"
    assert 0 < abs(cost.after - cost.before) < 0.5
    ended = call("page net.keras --weights int8")
    assert "net as int8 costs" in ended.err
    (record,) = records_of(tmp_path / "page-net.html")
    assert ["Rounding", str(cost)] in record["facts"]
