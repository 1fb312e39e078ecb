"""The eager PyTorch baseline of the benchmarks computes what the network computes."""

import sys

import numpy as np
import pytest
from conftest import ROOT, tiny

from keras_draw import DRAW

pytest.importorskip("torch", reason="torch is not installed: the baseline is not tested")


@pytest.mark.parametrize(
    ("fields", "count"),
    [({}, 18), ({"read": 2, "write": 3, "image_shape": (4, 5, 3)}, 13)],
    ids=["whole", "windows"],
)
def test_loss_gradients_and_drawings_are_equal(monkeypatch, fields, count):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import baseline_torch

    model = DRAW(tiny(**fields), seed=1)
    random = np.random.default_rng(0)
    x = random.random((7, model.config.num_pixels), dtype=np.float32)
    noise = random.standard_normal((3, 7, 2), dtype=np.float32)
    differences = baseline_torch.largest_differences(model, x, noise)
    assert len(differences) == count
    assert max(differences.values()) < 1e-5
    found = baseline_torch.generation(model, baseline_torch.parameters_of(model), count=8)
    assert found["largest_difference"] < 1e-5
    sys.modules.pop("baseline_torch")
    sys.modules.pop("torch_draw")
