"""Samples during training: their place in the grid, and the names of their classes."""

import numpy as np
import pytest
from conftest import tiny
from PIL import Image

from keras_draw import DRAW
from keras_draw.figures import grids
from keras_draw.training.callbacks import Samples
from keras_draw.training.runs import RunFolder


def test_a_grid_of_very_many_classes_shows_the_first_ones(tmp_path):
    model = DRAW(tiny(num_classes=1300, timesteps=1))
    model.compile("adam")
    samples = Samples(RunFolder(tmp_path), every=1)
    samples.set_model(model)
    samples.on_epoch_end(0)
    labels = np.arange(800) % 100
    expected = grids.class_grid(model.generate(800, labels), labels, model.config.classes[:100])
    with Image.open(tmp_path / "samples" / "epoch-0001.png") as picture:
        np.testing.assert_array_equal(np.asarray(picture), np.asarray(expected))


@pytest.mark.parametrize("names", [(), ("circle", "square")])
def test_samples_are_a_labelled_row_a_class_or_a_full_rectangle(names, tmp_path):
    model = DRAW(tiny(num_classes=len(names), class_names=names))
    model.compile("adam")
    samples = Samples(RunFolder(tmp_path), every=2)
    samples.set_model(model)
    samples.on_epoch_end(0)
    assert not list(tmp_path.iterdir())
    samples.on_epoch_end(1)
    if names:
        labels = np.arange(16) % 2
        expected = grids.class_grid(model.generate(16, labels), labels, names)
    else:
        expected = grids.square_grid(model.generate(64))
    with Image.open(tmp_path / "samples" / "epoch-0002.png") as picture:
        np.testing.assert_array_equal(np.asarray(picture), np.asarray(expected))
