"""A stored evaluation is believed only where it has the form of one."""

import json

import pytest
from conftest import tiny
from evaluation.test_evaluate import CORNER, digits
from hypothesis import given, settings
from hypothesis import strategies as some
from swapping import swaps

from keras_draw import DRAW
from keras_draw.evaluation import evaluate
from keras_draw.evaluation.stored import PARTS, believed
from keras_draw.files import is_number
from keras_draw.printed import finite


@pytest.fixture(scope="module")
def whole():
    model = DRAW(tiny(image_shape=(28, 28, 1), num_classes=10))
    found = evaluate(model, digits(), samples=1, extractor=CORNER)
    return json.loads(json.dumps(finite(found)))


def test_what_evaluate_gives_is_believed_whole(whole):
    assert believed(whole, "evaluation.json") == whole
    assert {key for key in PARTS if key not in whole} == set()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("elbo", "high", "a number or null"),
        ("elbo", True, "a number or null"),
        ("images", 3.5, "a whole number"),
        ("images", -1, "a whole number"),
        ("dataset", None, "text"),
        ("kl_per_timestep", [], "numbers"),
        ("kl_per_timestep", ["a"], "numbers"),
        ("kl_per_latent", [[1.0], [1.0, 2.0]], "a table of numbers"),
        ("label_agreement_per_class", [1], "numbers by name"),
        ("inactive_variables", 10**400, "a whole number"),
    ],
)
def test_another_type_is_named(whole, name, value, expected):
    with pytest.raises(ValueError, match=f"evaluation.json is damaged: {name} is .* {expected}"):
        believed({**whole, name: value}, "evaluation.json")


def test_numbers_that_were_not_finite_are_null_and_read_back(whole):
    nothing = {**whole, "elbo": None, "kl_per_timestep": [None, 1.0, None]}
    assert believed(nothing, "evaluation.json") == nothing


def test_a_part_that_lacks_a_value_is_measured_again(whole):
    for key, others in PARTS.items():
        for lacking in others:
            part = {name: value for name, value in whole.items() if name != lacking}
            assert key not in believed(part, "evaluation.json")
    with pytest.raises(ValueError, match="images is None, expected a value"):
        believed({name: v for name, v in whole.items() if name != "images"}, "evaluation.json")


@settings(deadline=None)
@given(some.data())
def test_whatever_is_believed_can_be_said(whole, data):
    from keras_draw.cli.evaluation import _table
    from keras_draw.evaluation.evaluate import UNITS

    damaged = data.draw(swaps(whole))
    try:
        found = believed(damaged, "evaluation.json")
    except ValueError as error:
        assert str(error).startswith("evaluation.json is damaged: ")
        return
    told = {"units": UNITS, "left_out": {}, "note": "", "binarization": "none"}
    if set(PARTS) <= set(found):  # what is missing is measured again before anything is said
        assert _table({**found, **told})


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
