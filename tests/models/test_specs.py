"""Names, order, shapes and initial values of weights: files of trained networks rely on them."""

from pathlib import Path

import numpy as np
import pytest
from conftest import tiny

from keras_draw import DRAW
from keras_draw.config import DRAWConfig
from keras_draw.models.cells import CELLS
from keras_draw.models.likelihoods import LIKELIHOODS
from keras_draw.models.weights import specs
from keras_draw.training.recipes import RECIPES

KNOWN = (Path(__file__).parent / "recipe_weights.txt").read_text().split("\n\n")
"""One paragraph per recipe: name, image shape and classes, then name and shape of every weight."""
EVERYTHING = {
    "num_classes": 2, "cell": "cell-gated", "share_heads": False, "latent_dense": True, "read": 2,
    "write": 3, "learned_initial_state": True, "initial_canvas": "learned",
    "likelihood": "discretized-logistic",
}  # fmt: skip
STARTS = {  # first value, sum
    "read_kernel": (0.026686, 0.91764),
    "read_bias": (0.000000, 0.00000),
    "encoder_static_kernel": (-0.424719, -2.68546),
    "encoder_kernel": (-0.057711, 21.14024),
    "encoder_bias": (0.000000, 6.00000),
    "encoder_output_kernel": (-0.169113, -0.48912),
    "encoder_output_bias": (0.000000, 0.00000),
    "posterior_kernel": (0.828825, 1.14051),
    "posterior_bias": (0.000000, 0.00000),
    "latent_kernel": (1.019714, 0.00508),
    "latent_bias": (0.000000, 0.00000),
    "decoder_static_kernel": (0.521232, 4.05445),
    "decoder_kernel": (0.149931, -5.83312),
    "decoder_bias": (0.000000, 6.00000),
    "decoder_output_kernel": (-0.027240, -0.78573),
    "decoder_output_bias": (0.000000, 0.00000),
    "canvas_kernel": (0.576567, -3.86185),
    "canvas_bias": (0.000000, 0.00000),
    "write_kernel": (0.292883, -3.66441),
    "write_bias": (0.000000, 0.00000),
    "initial_canvas": (0.000000, 0.00000),
    "encoder_c0": (0.000000, 0.00000),
    "encoder_h0": (0.000000, 0.00000),
    "decoder_c0": (0.000000, 0.00000),
    "decoder_h0": (0.000000, 0.00000),
    "log_scale": (-2.302585, -46.05170),
}


@pytest.mark.parametrize("known", KNOWN, ids=lambda text: text.split()[0])
def test_recipes_have_the_weights_that_their_files_have(known):
    first, *expected = known.strip().splitlines()
    name, *numbers = first.split()
    *shape, classes = map(int, numbers)
    architecture = RECIPES[name].architecture.to_json()
    config = DRAWConfig(**architecture, image_shape=tuple(shape), num_classes=classes)
    found = [
        " ".join([spec.name, *map(str, spec.shape)]) + ("" if spec.trainable else " fixed")
        for spec in specs(config)
    ]
    assert found == [line.strip() for line in expected]


def test_every_recipe_is_known():
    assert {text.split()[0] for text in KNOWN} == set(RECIPES)


def test_weights_start_where_they_always_did():
    model = DRAW(tiny(**EVERYTHING), seed=7)
    assert [w.name for w in model.weights[:-1]] == list(STARTS)
    assert model.weights[-1].name == "training_steps"
    for weight in model.weights[:-1]:
        values = np.asarray(weight.value, "float64").ravel()
        assert (values[0], values.sum()) == pytest.approx(STARTS[weight.name], abs=1e-5)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_a_spec_says_what_its_weight_is_for(cell, likelihood):
    fields = EVERYTHING | {"cell": cell, "likelihood": likelihood, "share_recurrent": False}
    found = specs(tiny(**fields))
    assert len({spec.name for spec in found}) == len(found)
    for spec in found:
        assert spec.kernel == (spec.key.split("_")[-1] == "kernel")
        assert spec.stacked == (spec.shape[0] == 3 and len(spec.shape) == 2 + spec.kernel), spec
    owners = {spec.layer: spec.owner for spec in found}
    assert {layer for layer, owner in owners.items() if owner == "encoder"} == {
        "read", "encoder", "posterior",
    }  # fmt: skip
    assert owners.get("", "likelihood") == "likelihood"
