"""Labels given as class names."""

import keras
import numpy as np
import pytest
from conftest import tiny
from models.pictures import IMAGES, LABELS, K, N

from keras_draw import DRAW
from keras_draw.models.inputs import check_labels, class_indices

NAMES = ("circle", "cross", "square")
CONFIG = tiny(num_classes=K, class_names=NAMES)
WORDS = [NAMES[k] for k in LABELS]
FORMS = {
    "list": WORDS,
    "tuple": tuple(WORDS),
    "array": np.array(WORDS),
    "objects": np.array(WORDS, object),
    "some": [*WORDS[:2], *LABELS[2:].tolist()],
}


@pytest.mark.parametrize("form", FORMS)
def test_names_are_the_indices_that_they_stand_for(form):
    expected = np.eye(K)[LABELS]
    np.testing.assert_array_equal(check_labels(CONFIG, FORMS[form], N), expected)


def test_one_name_is_for_all():
    np.testing.assert_array_equal(check_labels(CONFIG, "cross", 2), np.eye(K)[[1, 1]])
    np.testing.assert_array_equal(check_labels(CONFIG, np.array("cross"), 2), np.eye(K)[[1, 1]])


def test_what_names_no_class_is_left_as_it_is():
    for y in (LABELS, np.eye(K)[LABELS], 3, [0, 1], None):
        assert class_indices(CONFIG, y) is y


@pytest.mark.parametrize("y", [["circle", "cros"], "cros", np.array(["cros"] * 2)])
def test_the_nearest_is_named(y):
    with pytest.raises(
        ValueError, match=r"no class 'cros': did you mean 'cross'.* circle, cross, sq"
    ):
        check_labels(CONFIG, y, 2)


@pytest.mark.parametrize(
    ("y", "sentence"),
    [(None, "from 0 to 2, or by name: circle"), ([0, 7], "knows 0 to 2, or by name: circle, cros"),
     ([["circle"], ["cross"]], "or by name"), (["circle", None], "array of numbers")],
)  # fmt: skip
def test_other_sentences_name_them_too(y, sentence):
    with pytest.raises(ValueError, match=sentence):
        check_labels(CONFIG, y, 2)


def test_every_method_takes_names():
    model = DRAW(CONFIG, seed=3)
    np.testing.assert_array_equal(model.generate(2, "cross"), model.generate(2, 1))
    same = {
        "reconstruct": (IMAGES,), "elbo": (IMAGES,), "encode": (IMAGES,), "log_weights": (IMAGES,),
        "decode": (np.zeros((N, 3, 2)),), "interpolate": (IMAGES, IMAGES, 2),
    }  # fmt: skip
    for name, given in same.items():
        by_name, by_index = (getattr(model, name)(*given, y) for y in (WORDS, LABELS))
        for a, b in zip(keras.tree.flatten(by_name), keras.tree.flatten(by_index), strict=True):
            np.testing.assert_array_equal(a, b, err_msg=name)


def test_training_takes_names_and_factors_on_them():
    histories = []
    for y, weight in ((WORDS, {"cross": 2.0}), (LABELS, {1: 2.0})):
        model = DRAW(CONFIG, seed=3)
        model.compile("sgd")
        found = model.fit(IMAGES, y, class_weight=weight, shuffle=False, verbose=0)
        histories.append(found.history["loss"])
    assert histories[0] == histories[1]
