"""Which optimizer trains which weights, and with what step."""

import numpy as np
import pytest
from calling import refused
from conftest import tiny

from keras_draw.config import TrainConfig
from keras_draw.sweeps.spec import Sweep
from keras_draw.training.building import build
from keras_draw.training.runs import RunConfig

RECURRENT = {
    "lstm": {"kernel"},
    "cell-gated": {"kernel", "output_kernel"},
    "gru": {"kernel", "candidate_kernel"},
}


@pytest.mark.parametrize(("cell", "weight_decay"), [("lstm", 0.5), ("cell-gated", 0), ("gru", 0)])
def test_one_step_of_muon_by_hand(cell, weight_decay):
    """Muon for the recurrent kernels: UV^T of the gradient; Adam's first step for all else."""
    rate, config = 0.1, tiny(cell=cell, num_classes=3, hidden_dim=16)
    training = TrainConfig(optimizer="muon", learning_rate=rate, weight_decay=weight_decay)
    model = build(RunConfig(config, training), steps=10**6)
    rng = np.random.default_rng(0)
    before = {v.name: np.array(v) for v in model.trainable_variables}
    # Away from zero, where Adam's epsilon would show; clipped to a norm of 5.
    gradients = {n: rng.choice([-1, 1], w.shape) * rng.uniform(1, 2, w.shape)
                 for n, w in before.items()}  # fmt: skip
    given = [gradients[v.name].astype("float32") for v in model.trainable_variables]
    model.optimizer.apply(given)
    for variable in model.trainable_variables:
        name, gradient = variable.name, gradients[variable.name]
        step = (before[name] * (1 - rate * weight_decay) - np.array(variable)) / rate
        part, _, key = name.partition("_")
        if part not in ("encoder", "decoder") or key not in RECURRENT[cell]:
            np.testing.assert_allclose(step, np.sign(gradient), rtol=1e-3, err_msg=name)
            continue
        u, _, v = np.linalg.svd(gradient, full_matrices=False)
        # Its polynomial brings singular values near 1, not to 1 (Jordan et al. 2024); the step is
        # 0.2 times the root of the larger side (Liu et al. 2025, equation 4).
        found = u.T @ step @ v.T / (0.2 * np.sqrt(max(gradient.shape)))
        assert (np.abs(np.diag(found) - 1) < 0.35).all(), name
        np.testing.assert_allclose(found, np.diag(np.diag(found)), atol=2e-3, err_msg=name)


def test_muon_is_refused_for_cells_of_each_timestep(tmp_path):
    message = "set optimizer to adam, or share_recurrent to true"
    said = refused(
        ["train", "--dataset", "digits", "--optimizer", "muon", "--no-share-recurrent",
         "--run-dir", str(tmp_path / "run")]
    )  # fmt: skip
    assert message in said
    assert not (tmp_path / "run").exists()
    with pytest.raises(ValueError, match=message):
        Sweep(recipe="demo", changes={"optimizer": "muon"}, vary={"share_recurrent": [True, False]})
