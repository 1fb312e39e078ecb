"""Use of the latents against plain NumPy."""

import numpy as np
import pytest
from conftest import tiny

from keras_draw import DRAW
from keras_draw.evaluation import latents as room
from keras_draw.evaluation.latents import latent_use


def test_equal_to_plain_numpy_in_chunks(monkeypatch):
    monkeypatch.setattr(room, "CHUNK", 4)
    model = DRAW(tiny(num_classes=2), seed=2)
    x, y = np.random.default_rng(0).random((11, 5, 4, 1)), np.arange(11) % 2
    found = latent_use(model, x, y)
    parts = [model.encode(x[i : i + 4], y[i : i + 4], seed=i // 4) for i in (0, 4, 8)]
    mu = np.concatenate([p.mu for p in parts]).astype(float)
    log_var = np.concatenate([p.log_var for p in parts]).astype(float)
    np.testing.assert_allclose(found.mean_var, np.exp(log_var).mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(found.var_mean, mu.var(axis=0), rtol=1e-6)
    np.testing.assert_allclose(found.variance_law, found.var_mean + found.mean_var)
    kl = 0.5 * (mu**2 + np.exp(log_var) - 1 - log_var)
    np.testing.assert_allclose(found.kl, kl.mean(axis=0), rtol=1e-4, atol=1e-7)
    assert found.images == 11


def test_a_silent_encoder_leaves_every_variable_inactive():
    model = DRAW(tiny())
    model._named["posterior_kernel"].assign(np.zeros((6, 4)))
    x = np.random.default_rng(0).random((5, 5, 4, 1))
    found = latent_use(model, x)
    np.testing.assert_allclose(found.variance_law, 1)
    assert found.inactive.tolist() == [2, 2, 2]
    assert latent_use(model, x, threshold=1.0).inactive.tolist() == [0, 0, 0]  # above, not at
    model._named["posterior_bias"].assign([0, 0, np.log(0.5), 0])
    found = latent_use(model, x)
    np.testing.assert_allclose(found.mean_var[0], [0.5, 1])
    assert found.inactive.tolist() == [1, 1, 1]


def test_active_units_are_those_of_burda_et_al():
    """A plain loop that counts latents whose posterior mean varies over images."""
    model = DRAW(tiny(), seed=3)
    x = np.random.default_rng(1).random((12, 5, 4, 1))
    kernel = np.asarray(model._named["posterior_kernel"])
    totals = []
    for scale in (0, 1, 4, 16, 64):
        model._named["posterior_kernel"].assign(kernel * scale)
        found = latent_use(model, x)
        mu = model.encode(x, seed=0).mu.astype(float)
        expected = [0, 0, 0]
        for t in range(3):
            for z in range(2):
                mean = sum(mu[:, t, z]) / 12
                expected[t] += sum((one - mean) ** 2 for one in mu[:, t, z]) / 12 > 0.01
        assert found.active.tolist() == expected
        fields = found.fields()
        assert fields["active_units_per_timestep"] == expected
        assert fields["active_units"] == sum(expected) <= fields["latent_variables"] == 6
        totals.append(sum(expected))
    assert totals[0] == 0
    assert len(set(totals)) > 2  # some, not all


def test_bad_input():
    with pytest.raises(ValueError, match="needs 2 or more"):
        latent_use(DRAW(tiny()), np.zeros((1, 5, 4, 1)))
    with pytest.raises(ValueError, match="threshold is 0"):
        latent_use(DRAW(tiny()), np.zeros((2, 5, 4, 1)), threshold=0)
