"""The record of an evaluation: the check of its form, and its texts."""

import json

import numpy as np
import pytest
from conftest import ROOT, tiny
from evaluation.test_evaluate import CORNER, digits
from hypothesis import given, settings
from hypothesis import strategies as some
from swapping import swaps

from keras_draw import DRAW
from keras_draw.cli.evaluation import _table
from keras_draw.evaluation import evaluate
from keras_draw.evaluation.measures import MEASURES
from keras_draw.evaluation.record import PARTS, Evaluation
from keras_draw.files import is_number
from keras_draw.printed import finite
from keras_draw.training.loading import PRESETS

STORED = sorted([*PRESETS.glob("*/evaluation.json"), *ROOT.glob("docs/runs/**/evaluation.json")])


@pytest.fixture(scope="module")
def whole():
    model = DRAW(tiny(image_shape=(28, 28, 1), num_classes=10))
    found = evaluate(model, digits(), samples=1, extractor=CORNER)
    return json.loads(json.dumps(finite(found.to_json())))


def test_what_evaluate_gives_is_believed_whole(whole):
    found = Evaluation.from_json(whole)
    assert found == found.to_json() == whole
    assert all(found.has(part) for part in PARTS)


def test_every_value_of_an_evaluation_has_a_form(whole):
    general = {"dataset", "images", "seed", "units", "left_out", "binarization", "note"}
    assert {name for forms in PARTS.values() for name in forms} == whole.keys() - general


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("elbo", "high", "a number or null"),
        ("elbo", True, "a number or null"),
        ("images", 3.5, "a whole number"),
        ("images", -1, "a whole number"),
        ("dataset", None, "text"),
        ("note", 3, "text"),
        ("left_out", [1], "texts by name"),
        ("kl_per_timestep", [], "numbers"),
        ("kl_per_timestep", ["a"], "numbers"),
        ("kl_per_latent", [[1.0], [1.0, 2.0]], "a table of numbers"),
        ("label_agreement_per_class", [1], "numbers by name"),
        ("inactive_variables", 10**400, "a whole number"),
        ("made_from", {"options": [1, 2]}, "weights and three options"),
        ("made_from", {"options": [1, float("nan"), 0]}, "weights and three options"),
        ("made_from", {"weights": 3}, "weights and three options"),
        ("made_from", [], "weights and three options"),
    ],
)
def test_another_type_is_named(whole, name, value, expected):
    with pytest.raises(ValueError, match=f"evaluation.json is damaged: {name} is .* {expected}"):
        Evaluation.from_json({**whole, name: value})


def test_a_number_that_python_does_not_print_is_named(whole):
    with pytest.raises(ValueError, match="images is a number with thousands of digits"):
        Evaluation.from_json({**whole, "images": 10**5000})


def test_numbers_that_were_not_finite_are_null_and_read_back(whole):
    nothing = {**whole, "elbo": None, "kl_per_timestep": [None, 1.0, None], "kid": float("nan")}
    found = Evaluation.from_json(nothing)
    assert found.to_json() == nothing
    assert (found.number("elbo"), found.number("kid")) == (None, None)
    assert found.numbers("kl_per_timestep") is None
    assert found.number("kl") == whole["kl"]
    lines = _table(found).splitlines()
    (line,) = [line for line in lines if line.split()[0] == "kl_per_timestep"]
    assert line.split()[1:4] == ["?", "1", "?"]


def test_a_part_that_lacks_a_value_is_measured_again(whole):
    for part, forms in PARTS.items():
        for lacking in forms:
            found = Evaluation({name: value for name, value in whole.items() if name != lacking})
            assert [other for other in PARTS if not found.has(other)] == [part]
    for name in ("dataset", "images", "seed"):
        with pytest.raises(ValueError, match=f"{name} is None, expected a value"):
            Evaluation.from_json({k: v for k, v in whole.items() if k != name})


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.parent.name)
def test_files_of_today_are_read(path):
    """The records that ship: all values are read back and can be printed."""
    values = json.loads(path.read_text())
    found = Evaluation.read(path)
    assert found.to_json() == values
    assert found.number("elbo") == values["elbo"]
    np.testing.assert_array_equal(found.numbers("kl_per_latent"), values["kl_per_latent"])
    assert found.measured_on == f"{values['images']:,} images of {values['dataset']}"
    assert found.made_by.startswith(f"{values['extractor']}, {values['count_b']:,} samples")


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.parent.name)
def test_what_ships_is_whole(path):
    """Nothing is measured again for printing."""
    found = Evaluation.read(path)
    parts = {"log_likelihood": "likelihood", "label_agreement": "labels"}
    left_out = {parts[name] for name in found["left_out"]}
    assert {part for part in PARTS if not found.has(part)} == left_out


def test_nothing_was_measured_where_there_is_no_file(tmp_path):
    found = Evaluation.read(tmp_path / "evaluation.json")
    assert not found
    assert (found.number("elbo"), found.numbers("kl_per_timestep")) == (None, None)
    assert (found.text("note"), found.count("images"), found.made_from) == ("", "?", {})
    (tmp_path / "evaluation.json").write_text("{}")
    with pytest.raises(ValueError, match=f"{tmp_path}/evaluation.json is damaged: dataset is"):
        Evaluation.read(tmp_path / "evaluation.json")


def test_a_record_does_not_change(whole):
    values = dict(whole)
    found = Evaluation(values)
    values["elbo"] = 1.0
    found.to_json()["elbo"] = 1.0
    with pytest.raises(TypeError):
        found["elbo"] = 1.0
    assert found["elbo"] == whole["elbo"]


@settings(deadline=None)
@given(some.data())
def test_whatever_is_believed_can_be_said(whole, data):
    damaged = data.draw(swaps(whole))
    try:
        found = Evaluation.from_json(damaged)
    except ValueError as error:
        assert str(error).startswith("evaluation.json is damaged: ")
        return
    for one in MEASURES:
        value = found.number(one.name)
        assert value is None or one.said(value)
    told = {"left_out": {}, "note": "", "binarization": "none"}
    if all(found.has(part) for part in PARTS):  # missing parts would be measured first
        assert _table(Evaluation({**found, **told}))


@settings(deadline=None)
@given(
    some.recursive(
        some.none() | some.booleans() | some.floats() | some.integers() | some.text(),
        lambda inner: some.lists(inner) | some.dictionaries(some.text(), inner),
    )
)
def test_what_is_written_is_json(value):
    text = json.dumps(finite(value), allow_nan=False)
    assert "NaN" not in text.replace('"', "") or "NaN" in str(value)
    json.loads(text)


def test_numbers():
    assert [is_number(v) for v in (1, 1.5, True, "1", None, float("inf"), 10**400)] == [
        True, True, False, False, False, False, False,
    ]  # fmt: skip
