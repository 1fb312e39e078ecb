"""The description of a network, and the table of its parts."""

import keras
import numpy as np
import pytest
from conftest import tiny

from keras_draw import DRAW
from keras_draw.models.describing import rows

NETWORKS = (
    {},
    {"num_classes": 3, "read": 3, "write": 2, "cell": "gru", "latent_dense": True},
    {"share_recurrent": False, "share_heads": False, "learned_initial_state": True},
    {"likelihood": "logistic-mixture", "initial_canvas": "mean", "cell": "cell-gated"},
    {"likelihood": "discretized-logistic", "initial_canvas": "learned"},
)


@pytest.mark.parametrize("fields", NETWORKS)
def test_the_parts_add_up_to_what_keras_counts(fields):
    model = DRAW(tiny(**fields), empty=True)
    parts = rows(model)
    assert sum(row.numbers for row in parts) == model.count_params()
    told = []
    model.summary(print_fn=told.append)
    (text,) = told
    trainable = sum(int(np.prod(w.shape)) for w in model.trainable_weights)
    assert f"Total params: {model.count_params():,} (" in text
    assert f"\nTrainable params: {trainable:,} (" in text
    assert f"Non-trainable params: {model.count_params() - trainable:,} (" in text
    for row in parts:
        assert f"{row.numbers:,} │" in text


def test_shapes_and_counts_by_hand():
    found = {row.layer.split()[0]: row for row in rows(DRAW(tiny(num_classes=3), empty=True))}
    # 5 x 4 pixels, 3 classes, 6 units, 2 latents: the paper's equations (3) to (8)
    assert found["encoder"].numbers == 4 * 6 * (2 * 20 + 3 + 6 + 6 + 1)
    assert found["posterior"].numbers == 4 * (6 + 1)
    assert found["decoder"].numbers == 4 * 6 * (3 + 2 + 6 + 1)
    assert found["canvas"].numbers == 20 * (6 + 1)
    assert [found[name].output for name in ("encoder", "posterior", "decoder", "canvas")] == [
        "(None, 6)", "(None, 4)", "(None, 6)", "(None, 20)",
    ]  # fmt: skip


def test_the_optimizer_counts_once_there_is_one():
    model = DRAW(tiny(), empty=True)
    told = []
    model.summary(print_fn=told.append)
    model.compile(keras.optimizers.Adam())
    model.optimizer.build(model.trainable_variables)
    model.summary(print_fn=told.append)
    assert [("Optimizer params" in text) for text in told] == [False, True]


def test_it_is_printed_in_the_width_that_is_asked_for(capsys):
    DRAW(tiny(), empty=True).summary(line_length=60)
    lines = capsys.readouterr().out.splitlines()
    assert any("posterior" in line for line in lines)
    assert max(map(len, lines)) <= 60


def test_a_network_in_a_line_and_as_a_page():
    model = DRAW(tiny(num_classes=2, class_names=("<b>", "c"), read=2), name="a", empty=True)
    line = repr(model)
    assert line == (
        "<DRAW 'a' for 5 x 4 x 1 images, 2 classes: 3 strokes, 2 latents each, LSTM of 6, "
        "bernoulli; reads through 2 x 2 filters>"
    )
    html = model._repr_html_()
    assert "read window (Dense)" in html
    assert f"{model.count_params():,}" in html
