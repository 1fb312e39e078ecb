"""The trained networks that ship: complete, small, trained with the stated recipes, and good."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT

from keras_draw import cli, load
from keras_draw.data.images import as_uint8
from keras_draw.evaluation.agreement import label_agreement
from keras_draw.evaluation.digits import classify_digits
from keras_draw.files import sha256_of
from keras_draw.training import recipes
from keras_draw.training.loading import PRESETS, presets
from keras_draw.training.runs import RunFolder

RUNS = ROOT / "docs" / "runs"
RECIPE = {
    PRESETS / "mnist": "laptop-conditional",
    PRESETS / "binarized-mnist": "laptop-mnist",
    PRESETS / "binarized-mnist-attention": "laptop-mnist-attention",
    RUNS / "binarized-mnist-unshifted": "laptop-mnist",
    RUNS / "binarized-mnist-attention-shifted": "laptop-mnist-attention",
    RUNS / "binarized-mnist-attention-32": "laptop-mnist-attention",
    RUNS / "binarized-mnist-attention-24": "laptop-mnist-attention",
}
"""Runs that ship, those before and after them that the results name, and their recipes."""

CHANGES = {
    "binarized-mnist-attention": (
        {"timesteps": 64},
        {"epochs": 30, "learning_rate": 1e-3},
    ),
    "binarized-mnist-attention-shifted": (
        {"timesteps": 64},
        {"epochs": 18, "learning_rate": 2.5e-3, "optimizer": "muon", "shifted": 0.64},
    ),
    "binarized-mnist-unshifted": ({}, {"epochs": 28, "shifted": 0.0}),
    "binarized-mnist-attention-32": (
        {"timesteps": 32},
        {"epochs": 46, "learning_rate": 1.5e-3, "precision": "float32"},
    ),
}
"""What runs changed of their recipe's architecture and training (docs/results/likelihood.md)."""

STOPPED = {"binarized-mnist-attention-32": 34}
"""Epochs of runs that did not train to their end."""


def test_these_ship():
    assert presets() == sorted(folder.name for folder in RECIPE if folder.parent == PRESETS)


@pytest.mark.parametrize("folder", RECIPE, ids=lambda folder: folder.name)
def test_it_is_a_run_of_its_recipe(folder):
    run = RunFolder(folder)
    config, recipe = run.read_config(), recipes.get(RECIPE[folder])
    architecture, training = CHANGES.get(folder.name, ({}, {}))
    assert config.training == replace(recipe.training, **training)
    same = replace(recipe.architecture, **architecture).to_json()
    assert config.model.to_json() | same == config.model.to_json()
    assert run.best.stat().st_size < 6 * 2**20
    epochs = STOPPED.get(folder.name, config.training.epochs)
    provenance = json.loads(run.provenance.read_text())
    assert provenance["epochs"] == epochs
    assert len(run.history.read_text().splitlines()) == epochs + 1
    assert " /" not in (provenance["command"] or "")  # no path on the machine that trained it


@pytest.mark.parametrize(
    "folder",
    [PRESETS / "binarized-mnist-attention", RUNS / "binarized-mnist-attention-shifted"],
    ids=lambda folder: folder.name,
)
def test_what_it_started_from_is_kept(folder):
    start = RunFolder(folder).read_config().start
    kept = PRESETS / start.network if start.network in presets() else ROOT / start.network
    assert sha256_of(RunFolder(kept).best) == start.sha256


@pytest.mark.parametrize("name", presets())
def test_a_preset_draws_ink_on_paper(name):
    drawn = load(name).generate(32, seed=1)
    assert drawn.shape == (32, 28, 28, 1)
    ink = drawn.mean(axis=(1, 2, 3))
    assert (ink > 0.03).mean() > 0.9
    assert (ink < 0.35).all()


def test_the_conditional_preset_draws_the_digit_asked_for():
    asked = np.arange(200) % 10
    drawn = as_uint8(load("mnist").generate(200, asked, seed=1))
    assert label_agreement(drawn, asked, classify_digits).share > 0.9


def test_a_nine_needs_no_data_and_no_training(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    cli.main(["generate", "mnist", "--label", "9"])
    assert [p.name for p in Path().iterdir()] == ["mnist-9.png"]
    assert "wrote mnist-9.png" in capsys.readouterr().err


def test_a_folder_of_data_does_not_hide_a_preset(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mnist").mkdir()
    assert load("mnist").config.num_classes == 10
    with pytest.raises(FileNotFoundError, match="did you mean 'mnist'"):
        load("mnits")
