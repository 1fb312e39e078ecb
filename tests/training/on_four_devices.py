"""Run by `test_distribution.py` with a CPU split into four JAX devices; prints its results."""

import csv
import dataclasses
import json
import re
import sys
from pathlib import Path

import keras
import numpy as np

from keras_draw.config import Architecture, Devices, DRAWConfig, TrainConfig
from keras_draw.data import load_images
from keras_draw.evaluation.extractors import Extractor
from keras_draw.models import devices
from keras_draw.training.building import build
from keras_draw.training.loading import load
from keras_draw.training.runs import RunConfig, RunFolder
from keras_draw.training.train import resume, train

NETWORK = Architecture(timesteps=2, latent_dim=2, hidden_dim=8, dynamic_binarization=True)
TRAINING = TrainConfig(  # 131 images in 17 steps an epoch, the last of 3; 56 to validate with
    dataset="digits:train[:187]",
    validation=0.3,
    epochs=4,
    batch_size=8,
    ema_momentum=0.9,
    schedule="constant",
)


def weights(run):
    with np.load(run / "checkpoint.npz") as found:
        return {name: found[name] for name in found.files if name != "meta"}


def difference(a, b):
    """The largest difference of all values that training depends on; noise states must be equal."""
    a, b = weights(a), weights(b)
    assert a.keys() == b.keys()
    np.testing.assert_array_equal(a["noise/0"], b["noise/0"])
    return max(float(np.abs(a[n].astype(float) - b[n].astype(float)).max()) for n in a)


def history(run):
    with (run / "history.csv").open() as source:
        return [[float(value) for value in row.values()] for row in csv.DictReader(source)]


def far(a, b):
    return float(np.abs(np.asarray(a) - np.asarray(b)).max())


def noise():
    """Whether four devices draw the same bits as one device, for rows that do not divide."""
    import jax

    mesh = devices.mesh(jax.devices())

    def draw(x, seed, mesh):
        x = devices.shared(mesh, x)
        return keras.random.normal((3, x.shape[0], 5), seed=seed) * x[None, :, :1]

    x, seed = np.ones((10, 4), "float32"), np.array([7, 2], "uint32")
    one = jax.jit(lambda x, s: draw(x, s, None))(x, seed)
    step = jax.jit(lambda x, s: draw(x, s, mesh), out_shardings=devices.rows(mesh, 10))
    return np.array_equal(one, step(jax.device_put(x, devices.rows(mesh, 10)), seed))


def sums():
    """How many sums over devices a step of training has in its loops over time, and outside."""
    import jax

    mesh = devices.mesh(jax.devices())
    every_kind = {"read": 2, "write": 2, "cell": "cell-gated", "latent_dense": True}
    config = DRAWConfig(**(NETWORK.to_json() | every_kind), image_shape=(8, 8, 1))
    with keras.distribution.DataParallel(devices=jax.devices()).scope():
        model = build(RunConfig(config, TRAINING), steps=1)
    groups = (
        model.trainable_variables, model.non_trainable_variables, model.optimizer.variables,
        model.metrics_variables,
    )  # fmt: skip
    state = [[variable.value for variable in group] for group in groups]

    def step(state, x):
        with devices.sharing(mesh):
            return model.train_step(state, devices.shared(mesh, (x,)))

    x = jax.device_put(np.ones((8, 8, 8, 1), "float32"), devices.rows(mesh, 8))
    program = jax.jit(step).lower(state, x).compile().as_text()
    loops = set(re.findall(r"body=%?([\w.-]+)", program))
    assert loops
    name, found = "", {"in loops": 0, "outside": 0}
    for line in program.splitlines():
        if begins := re.match(r"(?:ENTRY )?%?([\w.-]+) \(", line):
            name = begins[1]
        if re.search(r" all-reduce(-start)?\(", line):
            found["in loops" if name in loops else "outside"] += 1
    return found


def shares():
    """Number of images per device while features are computed."""
    found = set()

    def forward(images):
        array = devices.spread(images.astype("float32"))
        found.update(shard.data.shape[0] for shard in array.addressable_shards)
        return np.asarray(array).mean((1, 2))

    images = load_images("digits:test[:13]").images
    features = Extractor("means", 1, "none", "none", forward, batch=2)(images)
    np.testing.assert_allclose(features, images.mean((1, 2)), rtol=1e-6)
    return sorted(found)


def refused(batch_size, count):
    try:
        training = dataclasses.replace(TRAINING, batch_size=batch_size)
        train(NETWORK, training, run_dir="refused", devices=Devices(devices=count))
    except ValueError as error:
        assert not Path("refused").exists()
        return str(error)
    raise SystemExit("not refused")


def trained(name, training, count):
    run = Path(name)
    asked = Devices(devices=count)
    conditional = not training.shifted
    train(NETWORK, training, conditional=conditional, run_dir=run, progress=False, devices=asked)
    return run


def main():
    import jax

    one = trained("one", TRAINING, 1)
    moved = trained("moved", dataclasses.replace(TRAINING, epochs=3), 4)
    config = RunFolder(moved).read_config()._replace(training=TRAINING)
    at_first = weights(moved)["weights/0"]
    resume(moved, config=config, progress=False, devices=Devices(devices=1))

    shifted = dataclasses.replace(TRAINING, epochs=1, shifted=0.5)
    between = difference(trained("shifted-1", shifted, 1), trained("shifted-4", shifted, 4))

    model, images = load(one), load_images("digits:test[:13]")
    bound, drawn = model.elbo(images.images, images.labels).elbo, model.generate(7)
    with devices.using(jax.devices()):
        found = {
            "noise": noise(),
            "weights": difference(one, moved),
            "shifted": between,
            "history": far(history(one), history(moved)),
            "changed": far(at_first, weights(moved)["weights/0"]),
            "elbo": far(bound, model.elbo(images.images, images.labels, batch_size=2).elbo),
            "drawn": far(drawn, model.generate(7)),
            "shares": shares(),
            "sums": sums(),
        }
    found["uneven"], found["too many"] = refused(6, 4), refused(8, 5)
    found["provenance"] = json.loads((moved / "provenance.json").read_text())["devices"]
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
