"""Recipes agree with their sources, and each one builds a network."""

import dataclasses
import json
import re
import typing

import pytest
from calling import call
from conftest import ROOT

from keras_draw import cli
from keras_draw.config import DRAWConfig
from keras_draw.data.named import SETS
from keras_draw.models.weights import specs
from keras_draw.training import recipes
from keras_draw.training.runs import RunFolder

PAPER = {  # Table 3: T, hidden, Z, read, write
    "paper-mnist": (64, 256, 100, 2, 5),
    "paper-mnist-full": (64, 256, 100, None, None),
    "paper-cifar10": (64, 400, 200, 5, 5),
    "paper-svhn": (32, 800, 100, 12, 12),
}


@pytest.mark.parametrize("name", PAPER)
def test_the_papers_table(name):
    network = recipes.get(name).architecture
    sizes = (network.timesteps, network.hidden_dim, network.latent_dim)
    assert (*sizes, network.read, network.write) == PAPER[name]
    assert (network.cell, network.likelihood) == ("lstm", "bernoulli")
    assert network.share_recurrent
    assert network.share_heads
    assert not network.latent_dense


@pytest.mark.parametrize("name", recipes.RECIPES)
def test_every_recipe_makes_a_network_for_its_data(name):
    recipe = recipes.get(name)
    known = SETS.get(recipe.training.dataset.partition(":")[0])
    shape = recipe.image_shape or known.image_shape
    classes = len(known.class_names) if recipe.conditional else 0
    config = DRAWConfig(**recipe.architecture.to_json(), image_shape=shape, num_classes=classes)
    assert len(specs(config, seed=0)) > 8


def test_faces_is_the_recipe_of_the_stored_run():
    recipe, run = recipes.get("faces"), RunFolder(ROOT / "docs" / "runs" / "faces").read_config()
    assert run.model.architecture == recipe.architecture
    assert run.model.image_shape == recipe.image_shape
    assert run.training == dataclasses.replace(recipe.training, dataset=run.training.dataset)


def test_help_names_every_recipe(capsys):
    with pytest.raises(SystemExit):
        cli.main(["train", "--help"])
    words = capsys.readouterr().out.replace(",", " ").replace(";", " ").replace(".", " ").split()
    assert set(recipes.RECIPES) <= set(words)


def test_what_recipes_reach_is_what_the_results_say():
    pages = [ROOT / "docs" / "results.md", *(ROOT / "docs" / "results").glob("*.md")]
    results = " ".join(" ".join(page.read_text() for page in pages).split())
    for name, recipe in recipes.RECIPES.items():
        assert bool(recipe.took) == bool(recipe.reaches), name
        numbers = re.findall(r"\d[\d.,]*\d", f"{recipe.took} {recipe.reaches}")
        assert bool(numbers) == bool(recipe.took), name
        assert [number for number in numbers if number not in results] == [], name


def test_recipes_are_listed_in_lines_that_fit():
    found = call("recipes --json")
    assert set(json.loads(found.out)["recipes"]) == set(recipes.RECIPES)
    assert all(len(line) < 80 for line in found.err.splitlines())
    for recipe in recipes.RECIPES.values():
        assert f"{recipe.name:23} {recipe.training.dataset:16} {recipe.took or 'not measured'}" in (
            found.err
        )


def test_likelihoods_are_trained_on_the_fixed_binarization():
    for name, recipe in recipes.RECIPES.items():
        if "binarized" in typing.cast(str, recipe.training.dataset):
            assert not recipe.architecture.dynamic_binarization, name
