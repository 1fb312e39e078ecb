"""The trained networks that ship: complete, small, trained with the stated recipes, and good."""

import json
from pathlib import Path

import numpy as np
import pytest

from keras_draw import cli, load
from keras_draw.data.images import as_uint8
from keras_draw.evaluation.agreement import label_agreement
from keras_draw.evaluation.digits import classify_digits
from keras_draw.training import recipes
from keras_draw.training.loading import PRESETS, presets
from keras_draw.training.runs import RunFolder

RECIPE = {
    "mnist": "laptop-conditional",
    "binarized-mnist": "laptop-mnist",
    "binarized-mnist-attention": "laptop-mnist-attention",
}


def test_these_ship():
    assert presets() == sorted(RECIPE)


@pytest.mark.parametrize("name", RECIPE)
def test_a_preset_is_a_run_of_its_recipe(name):
    run = RunFolder(PRESETS / name)
    config, recipe = run.read_config(), recipes.get(RECIPE[name])
    assert config.training == recipe.training
    assert config.model.to_json() | recipe.architecture.to_json() == config.model.to_json()
    assert run.best.stat().st_size < 6 * 2**20
    provenance = json.loads(run.provenance.read_text())
    assert provenance["epochs"] == recipe.training.epochs
    assert len(run.history.read_text().splitlines()) == recipe.training.epochs + 1
    assert " /" not in provenance["command"]  # no path on the machine that trained it


@pytest.mark.parametrize("name", RECIPE)
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
