"""The text that a training prints at its start and at its end."""

import math

import numpy as np
import pytest
from conftest import tiny

from keras_draw.config import TrainConfig
from keras_draw.data import ImageData
from keras_draw.data.sources import TrainingData, has_test_split
from keras_draw.training.results import TrainResult
from keras_draw.training.runs import RunConfig, RunFolder
from keras_draw.training.words import closing, next_commands, opening, unit_of


def data(n, names=()):
    labels = np.arange(n) % len(names) if names else None
    return ImageData(np.zeros((n, 5, 4, 1), np.uint8), labels, names)


def said(config, some, training=None, done=0):
    config = RunConfig(config, training or TrainConfig(dataset="digits", epochs=4))
    lines = opening(RunFolder("runs/a"), config, some, steps=13, done=done)
    return {line.split()[0]: line[10:] for line in lines}


def test_a_training_opens_with_what_it_is():
    names = ("circle", "square")
    config = tiny(num_classes=2, class_names=names, read=3, cell="gru")
    found = said(config, TrainingData(data(1200, names), data(130, names)), done=2)
    assert found["images"] == "1,200 of digits:train, 5 x 4 x 1; 130 more for validation"
    assert found["classes"] == "2, given to the network: circle, square"
    assert (
        found["network"]
        == "3 strokes, 2 latents each, GRU of 6, bernoulli; reads through 3 x 3 filters"
    )
    assert found["training"] == "4 epochs of 13 steps, 128 images each; 2 done"
    assert found["device"].startswith("JAX on ")
    assert found["run"] == "runs/a"


def test_labels_that_a_network_is_not_told_and_none_at_all():
    found = said(tiny(), TrainingData(data(20, ("a", "b")), None))
    assert found["images"] == "20 of digits:train, 5 x 4 x 1"
    assert "--conditional" in found["classes"]
    assert "classes" not in said(tiny(), TrainingData(data(20), None))


def test_the_loss_has_a_unit():
    assert unit_of(tiny()) == ("nats per image", 1.0)
    name, factor = unit_of(tiny(likelihood="discretized-logistic"))
    assert name == "bits/dim"
    assert factor * 20 * 8 * math.log(2) == pytest.approx(8)  # 8 bits for each of 5 x 4 pixels
    assert "thesis" in unit_of(tiny(objective="thesis")).name


@pytest.mark.parametrize(
    ("dataset", "shown", "evaluates"),
    [
        ("mnist:train[:100]", "mnist:test", True),
        ("folder:photos:train", "folder:photos:test", True),
        ("folder:photos[:100]", "folder:photos", False),
        ("npz:photos.npz", "npz:photos.npz", False),
    ],
)
def test_only_what_can_be_run_comes_next(dataset, shown, evaluates):
    lines = next_commands(RunFolder("runs/a"), TrainConfig(dataset=dataset))
    assert f"keras-draw reconstruct runs/a --dataset '{shown}[:8]' --out a-again.png" in lines
    assert ("keras-draw evaluate runs/a" in lines) == evaluates == has_test_split(dataset)


def test_it_closes_with_the_kept_epoch(tmp_path):
    run = RunFolder(tmp_path)
    run.write_config(RunConfig(tiny(likelihood="logistic-mixture"), TrainConfig()))
    bits = 20 * math.log(2)
    run.history.write_text(
        "epoch,loss,reconstruction,kl,val_loss,val_reconstruction,val_kl,learning_rate\n"
        f"1,{5 * bits},60,9,{6 * bits},70,8,0.1\n2,{4 * bits},50,5,{7 * bits},90,6,0.1\n"
    )
    result = TrainResult(str(tmp_path), 2, 1, 0, 0, 0, None, None, None, 1.0, 4000.0)
    lines = closing(result)
    assert lines[1] == f"Trained for 2 epochs in 1 h 7 min: {tmp_path}"
    table = [line.split() for line in lines[3:7]]
    assert table[0] == ["epoch", "1", "(kept)", "train", "validation"]
    assert table[1] == ["loss", "5.00", "6.00", "bits/dim"]
    assert table[2] == ["reconstruction", "60.00", "70.00", "nats", "per", "image"]
    assert table[3][-5:] == ["9.00", "8.00", "nats", "per", "image"]
