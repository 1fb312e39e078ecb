"""Names of classes on their way from folders of pictures to a command, hostile ones among them."""

import json

import numpy as np
import pytest
from calling import call, refused
from PIL import Image

TRAIN = "train --conditional --epochs 1 --batch-size 8 --timesteps 1 --latent-dim 2 --hidden-dim 4"
WORDS = [*TRAIN.split(), "--run-dir", "run", "--dataset"]
EVIL = "evil\x1b[2J<b>"


def fill(folder, names):
    random = np.random.default_rng(0)
    for name in names:
        (folder / name).mkdir(parents=True)
        for k in range(12):
            pixels = random.integers(0, 256, (4, 4), np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{k}.png")


@pytest.mark.filterwarnings("default:No picture gets a label")
def test_a_folders_classes_are_asked_for_by_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fill(tmp_path / "shapes", ["circle", EVIL, "2"])
    trained = call([*WORDS, "folder:shapes:train"])
    assert trained.code == 0, trained.err
    config = json.loads((tmp_path / "run" / "config.json").read_text())["model"]
    assert config["class_names"] == ["2", "circle", r"evil\x1b[2J<b>"]
    for label, index in (("circle", 1), ("2", 0), (r"evil\x1b[2J<b>", 2)):
        found = call(["generate", "run", "--label", label, "--count", "1", "--json"])
        assert json.loads(found.out)["label"] == index
        assert "\x1b" not in found.err
    said = refused("generate run --label 1")  # a class is called 2, so that numbers are names
    assert "The classes are: 2, circle, evil" in said
    assert "\x1b" not in said

    # Another folder has its classes in another order, and one that the network does not know.
    fill(tmp_path / "others", ["circle", "other"])
    said = refused("reconstruct run --dataset folder:others --out a.png")
    assert "others and the network have different classes. There is no class 'other'" in said
    Image.new("L", (4, 4)).save(tmp_path / "others" / "stray.png")
    found = call("reconstruct run --dataset folder:others --out a.png")
    warning, said = found.err.splitlines()
    assert found.code == 2
    assert warning.startswith("No picture gets a label")
    assert said.startswith("keras-draw: folder:others has no labels (1 picture next to the class")


def test_one_class_is_no_condition(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fill(tmp_path / "shapes", ["circle"])
    assert "has only one class, circle, but a conditional" in refused([*WORDS, "folder:shapes"])
