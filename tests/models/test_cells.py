"""The cells against Keras's, and the specifications of their weights."""

import keras
import numpy as np
import pytest
from conftest import tiny
from keras import ops

from keras_draw import DRAW
from keras_draw.models.cells import CELLS, cell_of
from keras_draw.models.specs import Layer

RANDOM = np.random.default_rng(0)
B, S, I, H = 3, 2, 5, 6  # noqa: E741


def drawn(cell):
    """Random weights of a cell, by key."""
    specs = cell.specs(Layer("encoder", "encoder"), static=S, changing=I)
    return {spec.key: RANDOM.normal(0, 0.5, spec.shape) for spec in specs}


def test_the_gru_is_kerass_without_reset_after(float64):
    cell = cell_of(tiny(cell="gru"))
    weights = drawn(cell)
    static, changing, h = (RANDOM.normal(size=(B, n)) for n in (S, I, H))
    theirs = keras.layers.GRUCell(H, reset_after=False, dtype="float64")
    theirs.build((B, S + I))
    rows = np.concatenate([weights["kernel"], weights["candidate_kernel"]], axis=-1)
    inputs = np.concatenate([weights["static_kernel"], rows[:I]])
    theirs.set_weights([inputs, rows[I:], weights["bias"]])
    expected, _ = theirs(np.concatenate([static, changing], axis=-1), [h])

    drive = cell.drive(weights, static)
    found = cell.step(weights, drive, [changing[:, :2], changing[:, 2:]], cell.state(h))
    np.testing.assert_allclose(np.asarray(found.h), np.asarray(expected), rtol=1e-6)


def test_the_lstm_is_kerass(float64):
    cell = cell_of(tiny())
    weights = drawn(cell)
    static, changing, c, h = (RANDOM.normal(size=(B, n)) for n in (S, I, H, H))
    theirs = keras.layers.LSTMCell(H, dtype="float64")
    theirs.build((B, S + I))

    def reordered(columns):  # Keras has the candidate third, the output gate last
        i, f, o, candidate = np.split(columns, 4, axis=-1)
        return np.concatenate([i, f, candidate, o], axis=-1)

    kernel = np.concatenate([weights["static_kernel"], weights["kernel"][:I]])
    theirs.set_weights([*map(reordered, (kernel, weights["kernel"][I:], weights["bias"]))])
    expected, _ = theirs(np.concatenate([static, changing], axis=-1), [h, c])

    found = cell.step(weights, cell.drive(weights, static), [changing], cell.state(c, h))
    np.testing.assert_allclose(np.asarray(found.h), np.asarray(expected), rtol=1e-6)


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_names_what_it_starts_from(name):
    cell = cell_of(tiny(cell=name))
    weights = drawn(cell)
    starts = [spec.name for spec in cell.start_specs(Layer("decoder", "decoder"))]
    assert starts == [f"decoder_{field}0" for field in cell.state._fields]
    learned = {f"{field}0": np.full(H, i + 1.0) for i, field in enumerate(cell.state._fields)}
    start = cell.start(learned, B, "float32")
    assert [a.shape for a in start] == [(B, H)] * len(starts)
    assert [float(a[0, 0]) for a in start] == [i + 1.0 for i in range(len(starts))]
    assert not np.any(np.asarray(cell.start({}, B, "float32").h))
    without = cell.specs(Layer("decoder", "decoder"), static=0, changing=I)
    assert {spec.key for spec in without} == weights.keys() - {"static_kernel"}
    assert ops.shape(cell.drive({"bias": weights["bias"]}, None)) == (len(cell.gates) * H,)


def test_the_grus_update_gate_starts_at_the_forget_bias():
    bias = np.asarray(DRAW(tiny(cell="gru", forget_bias=0.5))._named["encoder_bias"].value)
    assert bias.tolist() == [0.5] * 6 + [0] * 12
