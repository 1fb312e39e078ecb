"""The templates: whatever a file says is text, in every place where a page says it."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from jinja2 import UndefinedError
from report.html_pages import Read, check_alone
from swapping import swaps

from keras_draw.config import DRAWConfig, TrainConfig
from keras_draw.evaluation.record import Evaluation
from keras_draw.report.page import rendered
from keras_draw.report.run import page_of
from keras_draw.report.subject import NoImages, Subject
from keras_draw.training.loading import PRESETS
from keras_draw.training.runs import RunConfig, RunFolder

PRESET = RunFolder(PRESETS / "mnist")
MEASURED = json.loads(PRESET.evaluation.read_text())
MADE = json.loads(PRESET.provenance.read_text())


def subject(name="a", evaluation=MEASURED, provenance=MADE, dataset="digits"):
    """A run of which nothing is drawn."""
    return Subject(
        run=PRESET,
        name=name,
        config=RunConfig(DRAWConfig(image_shape=(8, 8, 1)), TrainConfig(dataset=dataset)),
        evaluation=Evaluation.from_json(evaluation),
        provenance=provenance,
        history={"epoch": [1.0], "loss": [3.0]},
        model=None,
        weights_hash="",
        images=None,
        no_images=NoImages(dataset, "missing"),
    )


def page_about(run, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "page.html"
    path.write_bytes(page_of(run, None, None, {}).encode("utf-8", "backslashreplace"))
    page = Read(path)
    check_alone(page)
    return page


def with_texts(value, text):
    """JSON with another text in place of each."""
    if isinstance(value, dict):
        return {name: with_texts(one, text) for name, one in value.items()}
    if isinstance(value, list):
        return [with_texts(one, text) for one in value]
    return text if isinstance(value, str) else value


@settings(deadline=None)
@given(some.text(min_size=1) | some.sampled_from(["<b>", '"><img src=x>', "{{ 7 * 7 }}", "&lt;"]))
def test_every_text_of_every_file_stays_text(tmp_path_factory, text):
    files = {
        "evaluation": with_texts(MEASURED, text),
        "provenance": with_texts(MADE, text),
        "name": text,
    }
    plain = page_about(
        subject("x", with_texts(MEASURED, "x"), with_texts(MADE, "x")), tmp_path_factory
    )
    page = page_about(subject(**files), tmp_path_factory)
    assert page.tags == plain.tags
    if text.isprintable() and text.strip():
        assert page.text.count(" ".join(text.split())) >= 5


@settings(deadline=None)
@given(swaps(MEASURED), swaps(MADE))
def test_whatever_is_believed_is_said(tmp_path_factory, evaluation, provenance):
    try:
        run = subject(evaluation=evaluation, provenance=provenance)
    except ValueError as error:
        assert "is damaged" in str(error)
        return
    page = page_about(run, tmp_path_factory)
    if (elbo := run.evaluation.number("elbo")) is not None:
        assert page.value("elbo").startswith(f"{elbo:,.2f}".replace("-", "−"))


def test_a_value_that_the_template_lacks_is_an_error():
    with pytest.raises(UndefinedError, match="'run' is undefined"):
        rendered("run.html")
