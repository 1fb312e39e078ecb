"""The unconditional network of one class computes what the conditional one does for that class."""

import dataclasses

import numpy as np
import pytest
from conftest import tiny

from keras_draw.models.draw import DRAW
from keras_draw.models.one_class import for_every_class, of_class

KINDS = {
    "whole image": {},
    "windows": {"read": 2, "write": 2},
    "cells of their own": {"share_recurrent": False, "cell": "cell-gated", "latent_dense": True},
    "windows, cells of their own": {"share_recurrent": False, "read": 2, "cell": "gru"},
}


@pytest.fixture(params=KINDS, scope="module")
def conditional(request):
    """A conditional network with random weights everywhere, and its weights by name."""
    model = DRAW(tiny(num_classes=3, learned_initial_state=True, **KINDS[request.param]))
    draw = np.random.default_rng(0)
    for variable in model.trainable_variables:
        variable.assign(draw.normal(0, 0.5, variable.shape).astype("float32"))
    return model, {v.name: np.asarray(v) for v in model.weights}


def without_classes(config):
    return dataclasses.replace(config, num_classes=0, class_names=())


def put(config, values):
    model = DRAW(config)
    assert {v.name for v in model.weights} == values.keys()
    for variable in model.weights:
        variable.assign(values[variable.name])
    return model


def outputs(model, y):
    x = np.random.default_rng(1).random((4, 5, 4, 1), np.float32)
    z = np.random.default_rng(2).normal(size=(4, 3, 2)).astype("float32")
    bound = model.elbo(x, y, seed=3)
    return bound.elbo, bound.kl, model.decode(z, y)


@pytest.mark.parametrize("label", [0, 2])
def test_one_class_of_a_network(conditional, label):
    model, values = conditional
    one = put(without_classes(model.config), of_class(model.config, values, label))
    for mine, theirs in zip(outputs(one, None), outputs(model, [label] * 4), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=2e-5, atol=2e-5)
    others = outputs(model, [1] * 4)
    assert np.abs(np.asarray(outputs(one, None)[2]) - np.asarray(others[2])).max() > 1e-2


def test_a_network_that_ignores_its_classes(conditional):
    model, values = conditional
    plain = without_classes(model.config)
    unconditional = of_class(model.config, values, 1)
    every = put(model.config, for_every_class(model.config, unconditional))
    expected = outputs(put(plain, unconditional), None)
    for labels in ([0] * 4, [0, 1, 2, 1]):
        for mine, theirs in zip(outputs(every, labels), expected, strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=2e-5, atol=2e-5)
    for label in range(3):  # and back again
        again = of_class(model.config, for_every_class(model.config, unconditional), label)
        assert again.keys() == unconditional.keys()
        for name in again:
            np.testing.assert_array_equal(again[name], unconditional[name])


def test_the_given_weights_are_not_changed(conditional):
    model, values = conditional
    before = {name: value.copy() for name, value in values.items()}
    for_every_class(model.config, of_class(model.config, values, 0))
    for name, value in values.items():
        np.testing.assert_array_equal(value, before[name])
