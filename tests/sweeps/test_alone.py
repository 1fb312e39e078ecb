"""A run of a sweep is byte-identical to the same run in its own process."""

import jax
import keras
import pytest

from keras_draw.sweeps.alone import alone
from keras_draw.sweeps.spec import Sweep, SweepEvaluation
from keras_draw.sweeps.sweeping import run_sweep

FILES = ("best.weights.h5", "checkpoint.npz", "history.csv", "evaluation.json")


def sweep_of(*precisions):
    return Sweep(
        recipe="demo",
        changes={
            "dataset": "digits[:60]", "conditional": False, "hidden_dim": 4, "epochs": 1,
            "batch_size": 20, "timesteps": 1, "latent_dim": 2, "sample_every": 0,
        },
        vary={"precision": list(precisions)},
        evaluation=SweepEvaluation(dataset="digits:test[:20]"),
    )  # fmt: skip


def test_a_run_after_one_in_float64_is_the_same_as_alone(tmp_path):
    run_sweep(sweep_of("float64", "float32"), tmp_path / "both", progress=False)
    assert not jax.config.jax_enable_x64
    run_sweep(sweep_of("float32"), tmp_path / "one", progress=False)
    run = "runs/precision-float32_seed-0"
    for name in FILES[:3]:
        both, one = ((tmp_path / sweep / run / name).read_bytes() for sweep in ("both", "one"))
        assert both == one, name
    names = [
        keras.saving.load_model(tmp_path / sweep / run / "model.keras").name
        for sweep in ("both", "one")
    ]
    assert names[0] == names[1]


def test_the_next_run_finds_no_traces():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        names = []
        for _ in range(2):
            with alone():
                function = jax.jit(lambda x: x + 1)
                function(1.0)
                names.append(keras.layers.Dense(1).name)
            assert function._cache_size() == 0
        assert names[0] == names[1]
        with pytest.raises(RuntimeError, match="fire"), alone():
            raise RuntimeError("fire")
        assert keras.config.dtype_policy().name == "mixed_bfloat16"
    finally:
        keras.config.set_dtype_policy("float32")
