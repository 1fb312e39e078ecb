"""Model cards: their content, and the escaping of foreign texts."""

import html.parser
import re

import pytest
from conftest import tiny

from keras_draw.models.card import model_card

EVALUATION = {
    "images": 10_000,
    "dataset": "mnist:test",
    "elbo": -90.87566,
    "elbo_standard_error": 0.25744,
    "kl": None,
    "fid": 7.2,
    "fid_per_class": [1.0, 2.0],
    "extractor": "digits-classifier",
    "count_a": 500,
    "count_b": 400,
    "note": "Grey pixels.",
    "units": {"elbo": "nats per image", "kl": "nats", "fid": "features", "fid_per_class": "x"},
}


def rows(card):
    """The cells of all tables, without the separator lines."""
    lines = [line for line in card.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def test_a_card_says_what_the_network_is_and_what_was_measured():
    config = tiny(num_classes=2, class_names=("circle", "square"), likelihood="gaussian", sigma=0.2)
    card = model_card(config, "ada/shapes", evaluation=EVALUATION, picture=True, license="mit")
    assert card.startswith('---\nlibrary_name: keras-draw\nlicense: "mit"\ntags:\n- keras\n')
    assert "\n# shapes\n" in card
    assert (
        "grey images of 5 x 4 pixels in 3 strokes. It is conditional on 2 classes: circle, square."
        in card
    )
    assert "![Samples](samples.png)" in card
    assert 'load("hf://ada/shapes")' in card
    assert "keras-draw generate hf://ada/shapes" in card
    found = rows(card)
    assert ["`sigma`", "0.2"] in found
    assert ["`image_shape`", "5 x 4 x 1"] in found
    assert ["elbo", "-90.876 ± 0.25744", "nats per image"] in found
    assert ["fid", "7.2", "features"] in found
    assert not [row for row in found if row[0] in ("kl", "fid per class", "`class_names`")]
    assert "10,000 images of mnist:test" in card
    assert "500 real and 400 generated images by the features of digits-classifier." in card
    assert "Grey pixels." in card


def test_a_card_without_a_measurement_claims_none():
    card = model_card(tiny(), "ada/shapes")
    assert "Evaluation" not in card
    assert "license" not in card
    assert "Samples" not in card
    assert "pipeline_tag: unconditional-image-generation" in card


class Tags(html.parser.HTMLParser):
    found = ()

    def handle_starttag(self, tag, attributes):
        self.found = (*self.found, tag)


HOSTILE = "<script>alert(1)</script> [a](javascript:b) | c\n\n# d `e` **f** ![g](h)"


@pytest.mark.parametrize("field", ["dataset", "note", "extractor", "unit", "name", "class"])
def test_texts_of_others_stay_texts(field):
    evaluation = dict(EVALUATION)
    config = tiny()
    if field == "unit":
        evaluation["units"] = {"elbo": HOSTILE}
    elif field == "name":
        evaluation |= {HOSTILE: 1.0, "units": {HOSTILE: "nats"}}
    elif field == "class":
        config = tiny(num_classes=2, class_names=("<b>[a](javascript:b)", "b"))
    else:
        evaluation[field] = HOSTILE
    card = model_card(config, "ada/shapes", evaluation=evaluation)
    plain = model_card(
        config if field != "class" else tiny(num_classes=2), "ada/shapes", evaluation=EVALUATION
    )
    # Apart from escaped characters, nothing is left that Markdown or HTML would interpret.
    left = re.sub(r"\\[\\`*_\[\]<>|#~!&$]", "", card)
    parser = Tags()
    parser.feed(left)
    assert parser.found == ()
    assert "javascript:b" in card
    for mark in ("](", "![", "**", "\n# "):
        assert left.count(mark) == plain.count(mark)
    assert len({len(row) for row in rows(left)[-2:]}) == 1


@pytest.mark.parametrize("value", [{"units": 3}, {"units": {"elbo": 1}, "elbo": "x"}, {}])
def test_an_evaluation_of_another_form_is_left_out(value):
    assert "Evaluation" not in model_card(tiny(), "ada/shapes", evaluation=value)
