"""Names of outputs: each run has its own, and an ending means the same in capitals."""

import json
import os
import shlex

import numpy as np
import pytest
from calling import call, refused
from conftest import tiny
from PIL import Image

from keras_draw import DRAW
from keras_draw.cli.pictured import own_name
from keras_draw.cli.train import _fresh_folder
from keras_draw.config import TrainConfig
from keras_draw.training.callbacks import save_weights
from keras_draw.training.runs import RunConfig, RunFolder


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = RunFolder(tmp_path_factory.mktemp("names") / "a.b")
    folder.create(overwrite=False)
    model = DRAW(tiny(image_shape=(8, 8, 1), timesteps=2, num_classes=10), seed=1)
    folder.write_config(RunConfig(model.config, TrainConfig(dataset="digits")))
    save_weights(model, folder.best)
    return folder


@pytest.mark.parametrize(
    ("network", "label", "name"),
    [
        ("runs/a.b", None, "a.b.png"),
        ("runs/a.c/", "3", "a.c-3.png"),
        ("nets/a.keras", None, "a.png"),
        ("nets/a.b.KERAS", "big/ cat", "a.b-big--cat.png"),
        ("mnist", None, "mnist.png"),
        (".hidden", None, ".hidden.png"),
    ],
)
def test_a_picture_has_the_whole_name_of_its_network(network, label, name):
    assert own_name(network, label) == name


@pytest.mark.parametrize("network", [".", "./", "../here", "../here/.", "x/.."])
def test_a_picture_of_this_very_folder_has_the_folders_name(network, tmp_path, monkeypatch):
    (tmp_path / "here" / "x").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here")
    assert own_name(network) == "here.png"


KINDS = {".PNG": "PNG", ".Png": "PNG", ".GIF": "GIF", ".gif": "GIF"}


@pytest.mark.parametrize("kind", [*KINDS, ".NPZ", ".nPz"])
def test_endings_in_capitals(run, kind, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    dataset = ["--dataset", "digits:test[:2]"]
    assert call(["generate", str(run), "--count", "3", "--out", f"drawn{kind}"]).code == 0
    assert call(["reconstruct", str(run), *dataset, "--out", f"again{kind}"]).code == 0
    assert sorted(os.listdir()) == [f"again{kind}", f"drawn{kind}"]
    for name in os.listdir():
        if kind in KINDS:
            with Image.open(name) as picture:
                assert picture.format == KINDS[kind]
                assert getattr(picture, "n_frames", 1) == (2 if kind.lower() == ".gif" else 1)
        else:
            with np.load(name) as found:
                assert found["x"].shape == (2 if name.startswith("again") else 3, 8, 8, 1)
                assert found["x"].dtype == np.uint8


def test_a_class_is_asked_for_by_name_or_number(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = ("circle", "cross", "square")
    DRAW(tiny(image_shape=(8, 8, 1), timesteps=2, num_classes=3, class_names=names)).save("a.keras")
    made = {}
    for label in ("cross", "1"):
        found = call(f"generate a.keras --label {label} --count 2 --out {label}.npz --json")
        assert "Drew 2 images of class cross and wrote" in found.err
        assert json.loads(found.out)["label"] == 1
        made[label] = np.load(f"{label}.npz")["x"]
    np.testing.assert_array_equal(made["cross"], made["1"])
    said = refused("generate a.keras --label cros")
    assert "no class 'cros': did you mean 'cross'? The classes are: circle, cross, square." in said
    assert "no class '3'" in refused("generate a.keras --label 3")
    assert sorted(os.listdir()) == ["1.npz", "a.keras", "cross.npz"]


def test_outputs_in_the_users_folder(run, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert call(["generate", str(run), "--count", "1", "--out", "~/a.npz"]).code == 0
    assert os.listdir(tmp_path) == ["a.npz"]


def test_two_trainings_in_one_second_have_two_folders():
    for name in ("mnist:train[:100]", "folder:my/photos", "a" * 300, "demo"):
        folders = {_fresh_folder(name) for _ in range(20)}
        assert len(folders) == 20
        for folder in folders:
            assert shlex.quote(folder) == folder
            assert len(os.path.basename(folder)) < 120


def test_a_sweeps_advice_can_be_typed(tmp_path):
    out = tmp_path / "my sweep"
    out.mkdir()
    (out / "sweep.json").write_text('{"recipe": "demo"}')
    said = call(["sweep", "status", str(out)]).err.partition("To continue: ")[2]
    expected = ["keras-draw", "sweep", "run", f"{out}/sweep.json", "--out", str(out)]
    assert shlex.split(said) == expected


def test_a_table_is_drawn_or_a_sweep_is_trained(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for option in (
        "--scale smoke",
        "--timesteps 1 2",
        "--seeds 0",
        "--executor ray",
        "--data-dir d",
    ):
        said = refused(f"experiment fig-3.3 {option} --table results.csv")
        assert f"{option.split()[0]} is for training" in said
    assert os.listdir() == []


def test_a_demo_replaces_no_other_run(run):
    before = {path.name: path.read_bytes() for path in run.path.iterdir() if path.is_file()}
    assert "holds a run that is not a demo of" in refused(["demo", "--run-dir", str(run)])
    assert {p.name: p.read_bytes() for p in run.path.iterdir() if p.is_file()} == before
