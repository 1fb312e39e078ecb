"""The optimizer and callbacks that follow from a configuration."""

import numpy as np
import pytest
from conftest import tiny

from keras_draw.config import TrainConfig
from keras_draw.training.building import build
from keras_draw.training.runs import RunConfig


def test_a_cosine_over_more_steps_than_an_int32_counts():
    training = TrainConfig(epochs=2**31 - 1, learning_rate=0.5)
    model = build(RunConfig(tiny(timesteps=1), training), steps=1000)
    assert float(model.optimizer.learning_rate) == 0.5
    model = build(RunConfig(tiny(timesteps=1), TrainConfig(epochs=3)), steps=5)
    assert model.optimizer._learning_rate.decay_steps == 15


@pytest.mark.parametrize(("cell", "weight_decay"), [("lstm", 0.5), ("cell-gated", 0), ("gru", 0)])
def test_one_step_of_muon_by_hand(cell, weight_decay):
    """Muon for the recurrent kernels: UV^T of the gradient; Adam's first step for all else."""
    rate = 0.1
    training = TrainConfig(
        optimizer="muon", learning_rate=rate, schedule="constant", weight_decay=weight_decay,
        clip_norm=0,
    )  # fmt: skip
    model = build(RunConfig(tiny(cell=cell, num_classes=3), training), steps=1)
    rng = np.random.default_rng(0)
    before = {v.name: np.array(v) for v in model.trainable_variables}
    gradients = {name: rng.normal(size=w.shape).astype("float32") for name, w in before.items()}
    model.optimizer.apply([gradients[v.name] for v in model.trainable_variables])
    for variable in model.trainable_variables:
        name, gradient = variable.name, gradients[variable.name]
        step = (before[name] * (1 - rate * weight_decay) - np.array(variable)) / rate
        if name not in ("encoder_kernel", "decoder_kernel"):
            np.testing.assert_allclose(step, np.sign(gradient), rtol=0.02, err_msg=name)
            continue
        u, _, v = np.linalg.svd(gradient, full_matrices=False)
        # Its polynomial brings singular values near 1, not to 1 (Jordan et al. 2024); the step is
        # as large as Adam's: 0.2 times the larger side's root (Liu et al. 2025, equation 4).
        found = u.T @ step @ v.T / (0.2 * np.sqrt(max(gradient.shape)))
        assert (np.abs(np.diag(found) - 1) < 0.4).all(), name
        np.testing.assert_allclose(found, np.diag(np.diag(found)), atol=2e-3, err_msg=name)


def test_muon_leaves_the_kernels_of_each_timestep_to_adam():
    """A stack of matrices is not a matrix."""
    config = tiny(share_recurrent=False)
    model = build(RunConfig(config, TrainConfig(optimizer="muon")), steps=1)
    assert sum(v is not None for v in model.optimizer.adam_velocities) == len(
        model.trainable_variables
    )
