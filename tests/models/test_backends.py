"""The same mathematics on torch as on JAX."""

import csv
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from conftest import tiny

from keras_draw import DRAW, load

pytest.importorskip("torch", reason="torch is not installed: the torch backend is not tested")

SCRIPT = """
import json, sys
import keras, numpy as np
from keras_draw import DRAW, DRAWConfig

assert keras.backend.backend() == "torch"
given = np.load(sys.argv[1])
x, y = given["x"], given["y"]
found = {}
for i, config in enumerate(json.loads(sys.argv[2])):
    model = DRAW(DRAWConfig.from_json(config))
    model.set_weights([given[f"{i}/{j}"] for j in range(len(model.weights))])
    labels = y if config["num_classes"] else None
    found[f"reconstruction/{i}"] = model.reconstruct_strokes(x, labels, seed=5).images
    found[f"drawing/{i}"] = model.generate(4, seed=6)
    found[f"elbo/{i}"] = model.elbo(x, labels, seed=5).elbo
    if config["likelihood"] == "logistic-mixture":
        found[f"classes/{i}"] = model.classify(x, seed=5).bounds
        found[f"answers/{i}"] = model.complete(x, x[0, ..., 0] > 0.5, y, rounds=2, seed=5)
    if config["read"]:
        strokes = model.reconstruct_strokes(x, labels, seed=5)
        found[f"windows/{i}"] = np.stack([*strokes.read, *strokes.write])
    model.compile(keras.optimizers.Adam(1e-2))
    model.fit(x, labels, epochs=6, batch_size=8, shuffle=False, verbose=0)
    found[f"trained/{i}"] = model.elbo(x, labels, seed=5).elbo
np.savez(sys.argv[3], **found)
"""

CONFIGS = [
    tiny(num_classes=2, cell="cell-gated", share_heads=False, latent_dense=True),
    tiny(share_recurrent=False, initial_canvas="learned", learned_initial_state=True),
    tiny(timesteps=4, remat_segment=2, likelihood="gaussian"),
    tiny(read=2, write=3, num_classes=2, image_shape=(5, 4, 1)),
    tiny(likelihood="discretized-logistic"),
    tiny(likelihood="logistic-mixture", cell="gru", learned_initial_state=True, num_classes=2),
]


def test_the_command_trains_on_torch(tmp_path):
    run = tmp_path / "run"
    options = "--timesteps 2 --latent-dim 2 --hidden-dim 8 --epochs 3 --batch-size 8"
    command = [sys.executable, "-m", "keras_draw", "train", "--dataset", "digits:train[:64]"]
    found = subprocess.run(
        [*command, *options.split(), "--optimizer", "muon", "--learning-rate", "0.05",
         "--run-dir", run],
        env={**os.environ, "KERAS_BACKEND": "torch"},
        timeout=240,
        capture_output=True,
        text=True,
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    assert json.loads((run / "provenance.json").read_text())["backend"] == "torch"
    with (run / "history.csv").open() as file:
        first, _, last = (float(row["loss"]) for row in csv.DictReader(file))
    assert last < 0.9 * first
    assert load(run).generate(1).shape == (1, 8, 8, 1)  # on JAX


def test_torch_gives_the_same_pictures_and_trains(tmp_path):
    random = np.random.default_rng(0)
    x, y = random.integers(0, 256, (8, 5, 4, 1)) / np.float32(255), np.arange(8) % 2
    given, expected = {"x": x, "y": y}, {}
    for i, config in enumerate(CONFIGS):
        model = DRAW(config, seed=i)
        given |= {f"{i}/{j}": w for j, w in enumerate(model.get_weights())}
        labels = y if config.num_classes else None
        expected[f"reconstruction/{i}"] = model.reconstruct_strokes(x, labels, seed=5).images
        expected[f"drawing/{i}"] = model.generate(4, seed=6)
        expected[f"elbo/{i}"] = model.elbo(x, labels, seed=5).elbo
        if config.likelihood == "logistic-mixture":
            expected[f"classes/{i}"] = model.classify(x, seed=5).bounds
            expected[f"answers/{i}"] = model.complete(x, x[0, ..., 0] > 0.5, y, rounds=2, seed=5)
        if config.read:
            strokes = model.reconstruct_strokes(x, labels, seed=5)
            expected[f"windows/{i}"] = np.stack([*strokes.read, *strokes.write])
    np.savez(tmp_path / "given.npz", **given)
    configs = json.dumps([config.to_json() for config in CONFIGS])
    subprocess.run(
        [sys.executable, "-c", SCRIPT, tmp_path / "given.npz", configs, tmp_path / "found.npz"],
        env={**os.environ, "KERAS_BACKEND": "torch"},
        check=True,
        timeout=240,
    )
    found = np.load(tmp_path / "found.npz")
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, atol=1e-4, rtol=1e-4, err_msg=name)
    for i in range(len(CONFIGS)):
        assert found[f"trained/{i}"].mean() > found[f"elbo/{i}"].mean()
