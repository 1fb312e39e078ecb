"""Names of classes: which are refused, and which class a label means."""

import numpy as np
import pytest

from keras_draw.config import DRAWConfig
from keras_draw.config.classes import MOST_CHARACTERS, in_words, matched


def named(*names, **fields):
    k = len(names)
    return DRAWConfig(
        **({"image_shape": (8, 8, 1), "num_classes": k, "class_names": names} | fields)
    )


def test_classes_without_names_are_their_numbers():
    assert DRAWConfig(image_shape=(8, 8, 1), num_classes=3).classes == ("0", "1", "2")
    assert DRAWConfig(image_shape=(8, 8, 1)).classes == ()
    assert named("b", "a").classes == ("b", "a")


def test_a_configuration_of_before_has_no_names():
    old = {k: v for k, v in named("a", "b").to_json().items() if k != "class_names"}
    assert DRAWConfig.from_json(old).class_names == ()


BAD = [
    (("a", "b"), {"num_classes": 3}, "class_names has 2 names, but num_classes is 3"),
    (("a", "b"), {"num_classes": 0}, "num_classes is 0"),
    (("a", "a"), {}, "holds 'a' twice"),
    (("a", ""), {}, "holds ''; expected 1 to 1024 printable"),
    (("a", "\x1b[2J"), {}, r"holds '\x1b[2J'"),
    (("a", "b\nc"), {}, "printable"),
    (("a", "\u202eb"), {}, "printable"),
    (("a", "\ud800"), {}, "printable"),
    (("a", "b" * (MOST_CHARACTERS + 1)), {}, "printable"),
    (("a", 2), {}, "expected a list of strings"),
    (tuple(f"{k:01000}" for k in range(1000)), {}, "too many for a run's configuration"),
]


@pytest.mark.parametrize(("names", "fields", "sentence"), BAD, ids=lambda value: str(value)[:20])
def test_names_that_tell_no_classes_apart_are_refused(names, fields, sentence):
    with pytest.raises(ValueError) as refused:  # noqa: PT011
        named(*names, **fields)
    said = str(refused.value)
    assert sentence in said
    assert said.isprintable()
    assert len(said) < 250


def test_one_text_is_no_list_of_names():
    with pytest.raises(ValueError, match="expected a list of strings"):
        DRAWConfig(image_shape=(8, 8, 1), num_classes=2, class_names="ab")


MEANT = [
    (("circle", "square"), "square", 1),
    (("circle", "square"), 0, 0),
    (("circle", "square"), np.int8(1), 1),
    (("circle", "square"), np.str_("circle"), 0),
    (("circle", "square"), "1", 1),  # no class has digits for a name
    (("2", "1", "0"), "2", 0),  # a name
    (("2", "1", "0"), 2, 2),  # an index
]


@pytest.mark.parametrize(("names", "label", "index"), MEANT)
def test_a_label_is_a_name_or_an_index(names, label, index):
    assert named(*names).class_index(label) == index


UNKNOWN = [
    (("circle", "square"), "cirle", "no class 'cirle': did you mean 'circle'? The classes are: ci"),
    (("circle", "square"), "zzz", "no class 'zzz'. The classes are: circle, square."),
    (("circle", "square"), "2", "no class '2'. The"),
    (("circle", "square"), 2, "no class 2. The"),
    (("circle", "square"), -1, "no class -1. The"),
    (("circle", "square"), "1" * 20, "no class '1111"),
    (("circle", "square"), 1.0, "no class 1.0. The"),
    (("1", "2", "5"), "0", "no class '0'. The classes are: 1, 2, 5."),  # and not the first
    (("circle", "square"), "\x1b" * 99, r"no class '\x1b"),
    (tuple(f"c{k}" for k in range(99)), "x", "c10, c11, and 87 more."),
]


@pytest.mark.parametrize(("names", "label", "sentence"), UNKNOWN, ids=lambda value: str(value)[:20])
def test_a_label_that_no_class_has_names_the_nearest_and_those_there_are(names, label, sentence):
    with pytest.raises(ValueError) as refused:  # noqa: PT011
        named(*names).class_index(label)
    said = str(refused.value)
    assert sentence in said
    assert said.isprintable()
    assert len(said) < 400


def test_classes_of_the_same_name_are_the_same():
    assert matched(["c", "a"], ["a", "b", "c"]) == [2, 0]
    assert matched(["0", "1"], ["a", "b", "c"]) == [0, 1]  # those of a set that names none
    assert matched(["a", "b"], ["0", "1", "2"]) == [0, 1]  # those of a network of before
    with pytest.raises(ValueError, match="no class 'cat': did you mean 'cats'"):
        matched(["cat"], ["cats", "dogs"])
    with pytest.raises(ValueError, match="has 3 classes, but the network has 2"):
        matched(["a", "b", "c"], ["0", "1"])


def test_numbers_are_said_as_a_range():
    assert in_words(DRAWConfig(image_shape=(8, 8, 1), num_classes=10).classes) == "0 to 9"
