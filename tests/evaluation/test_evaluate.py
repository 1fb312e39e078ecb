"""All measures of a network in one record, part by part."""

import json

import numpy as np
import pytest
from conftest import tiny

from keras_draw import DRAW
from keras_draw.data.images import ImageData
from keras_draw.evaluation import bound, evaluate
from keras_draw.evaluation.extractors import from_callable
from keras_draw.evaluation.measures import UNITS

CORNER = from_callable(lambda x: x[:, :2, :2].reshape(len(x), -1).astype(float), "corner")


def digits(count=30):
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (count, 28, 28, 1), np.uint8)
    return ImageData(images, np.arange(count) % 10, tuple("0123456789"), name="made up")


def model_of(**fields):
    return DRAW(tiny(image_shape=(28, 28, 1), **fields))


def test_every_number_is_there_plain_and_with_a_unit():
    parts = []
    found = evaluate(
        model_of(num_classes=10),
        digits(),
        samples=3,
        extractor=CORNER,
        watch=lambda name, steps: parts.append((name, steps)) or (lambda: None),
    )
    assert json.loads(json.dumps(found.to_json()))["elbo"] == found["elbo"]
    assert found["elbo"] == pytest.approx(-found["reconstruction"] - found["kl"], rel=1e-5)
    assert found["log_likelihood"] >= found["elbo"] - 1
    assert len(found["kl_per_timestep"]) == len(found["mse_per_timestep"]) == 3
    assert found["inactive_variables"] <= found["latent_variables"] == 6
    assert sum(found["active_units_per_timestep"]) == found["active_units"] <= 6
    assert np.shape(found["kl_per_latent"]) == (3, 2)
    assert np.sum(found["kl_per_latent"], axis=1) == pytest.approx(found["kl_per_timestep"], 1e-4)
    parts_of_law = np.add(found["mean_var_per_timestep"], found["var_mean_per_timestep"])
    assert parts_of_law == pytest.approx(found["variance_law_per_timestep"])
    assert (found["extractor"], found["count_a"], found["count_b"]) == ("corner", 30, 30)
    assert 0 <= found["label_agreement"] <= 1
    assert len(found["label_agreement_per_class"]) == 10
    assert found["units"] == UNITS
    assert found["left_out"] == {}
    assert "are the cost that was trained" in found["note"]
    assert ("likelihood", 3) in parts


def test_classes_are_matched_by_name():
    model = model_of(num_classes=3, class_names=("ants", "bees", "cats"))
    same = {}
    for names in (("ants", "bees", "cats"), ("cats", "ants", "bees")):
        labels = np.array([names.index(name) for name in ("ants", "bees", "cats")] * 4)
        data = ImageData(digits(12).images, labels, names)
        same[names] = evaluate(model, data, samples=0)["elbo"]
    assert len(set(same.values())) == 1


def test_what_is_left_out_is_said():
    found = evaluate(model_of(), digits(), samples=0)
    assert set(found["left_out"]) == {"log_likelihood", "fid", "label_agreement"}
    assert "label_agreement" not in found
    fashion = ImageData(digits().images, digits().labels, tuple("abcdefghij"), name="other")
    found = evaluate(model_of(num_classes=10), fashion, samples=0)
    assert "only knows digits of 28 x 28" in found["left_out"]["label_agreement"]
    binary = ImageData(np.uint8(255) * (digits().images > 127), name="binary")
    assert evaluate(model_of(), binary, samples=0)["note"] == ""
    for dynamic, data, expected in (
        (False, digits(), "none"),
        (True, digits(), "dynamic"),
        (False, binary, "fixed"),
        (True, binary, "fixed"),  # sampling zeros and ones again changes nothing
    ):
        model = model_of(dynamic_binarization=dynamic)
        assert evaluate(model, data, samples=0)["binarization"] == expected
    unlabelled = ImageData(digits().images)
    with pytest.raises(ValueError, match="has no labels"):
        evaluate(model_of(num_classes=10), unlabelled)


def test_grey_pixels_have_bits_where_they_are_coded():
    found = evaluate(model_of(likelihood="discretized-logistic"), digits(), samples=0)
    assert found["note"] == ""
    assert found["bits_per_dim"] == pytest.approx(-found["elbo"] / 784 / np.log(2))
    assert found["bits_per_dim"] > 8  # of noise


def test_what_is_done_is_not_done_again(monkeypatch):
    model, data, kept = model_of(), digits(), []
    monkeypatch.setattr(
        bound, "log_mean_weights", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt)
    )
    with pytest.raises(KeyboardInterrupt):
        evaluate(model, data, samples=2, on_part=kept.append)
    monkeypatch.undo()
    assert "variance_law" in kept[-1]
    monkeypatch.setattr(DRAW, "elbo", None)
    found = evaluate(model, data, samples=2, done=kept[-1])
    assert "log_likelihood" in found
    monkeypatch.undo()
    whole = evaluate(model, data, samples=2)
    assert found == whole
