"""Folders that have the name of a data set or of a preset hide neither without a word."""

import numpy as np
import pytest
from calling import call
from conftest import tiny
from PIL import Image

from keras_draw.cli.drawing import Generate, Reconstruct
from keras_draw.cli.names import check_names
from keras_draw.cli.train import Train
from keras_draw.config import TrainConfig
from keras_draw.training.named import namesake
from keras_draw.training.runs import RunConfig, RunFolder


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_folder_of_a_presets_name(here):
    assert check_names(Generate(network="mnist")) == []
    (here / "mnist").mkdir()
    assert check_names(Generate(network="mnist")) == [
        "Using the preset mnist; the folder mnist contains no run."
    ]
    run = RunFolder("mnist")
    run.create(overwrite=False)
    run.write_config(RunConfig(tiny(), TrainConfig()))
    assert check_names(Generate(network="mnist")) == [
        "Using the run in the folder mnist, not the preset of that name."
    ]
    assert namesake("binarized-mnist") == ""


def test_a_folder_of_a_sets_name(here):
    train = Train(training=TrainConfig(dataset="digits[:9]"))
    reconstruct = Reconstruct(network="mnist", dataset="digits", out="a.png")
    assert check_names(train) == check_names(reconstruct) == []
    (here / "digits").mkdir()
    said = ["digits means the data set; for the folder of that name write folder:digits."]
    assert check_names(train) == check_names(reconstruct) == said
    assert check_names(Train(training=TrainConfig(dataset="folder:digits"))) == []


def test_it_is_said_on_stderr(here):
    (here / "digits").mkdir()
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(here / "digits" / "a.png")
    found = call("experiment collapse digits --json")
    assert found.code == 0
    assert found.err.startswith("digits means the data set; for the folder of that name write ")
    assert found.out.startswith("{")
