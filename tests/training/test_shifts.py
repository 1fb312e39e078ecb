"""Training on shifted images: what is trained, what is kept, how it goes on."""

import csv
import dataclasses

import numpy as np
import pytest
from calling import call, refused
from exact import content

from keras_draw import load
from keras_draw.config import Architecture, TrainConfig
from keras_draw.data import load_training
from keras_draw.data.shifting import SHIFTS, shifted
from keras_draw.sweeps.spec import Sweep
from keras_draw.training import building, checkpoint
from keras_draw.training.callbacks import samples_of
from keras_draw.training.runs import RunConfig, RunFolder
from keras_draw.training.shifts import in_training
from keras_draw.training.train import resume, train

NETWORK = Architecture(timesteps=2, latent_dim=2, hidden_dim=8)
TRAINING = TrainConfig(
    dataset="digits:train[:400]", validation=0.25, epochs=2, batch_size=16, learning_rate=1e-2,
    shifted=0.6, sample_every=2, schedule="constant", seed=4,
)  # fmt: skip


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    run = tmp_path_factory.mktemp("runs") / "finished"
    train(NETWORK, TRAINING, run_dir=run, progress=False)
    return RunFolder(run)


def trained(run):
    """Weights of the network in training after the last epoch, by name."""
    model = building.build(run.read_config(), 1)
    with np.load(run.checkpoint) as found:
        return {v.name: found[f"weights/{i}"] for i, v in enumerate(model.weights)}


def rows(run):
    with run.history.open() as source:
        return list(csv.DictReader(source))


def test_the_network_of_the_run_is_unconditional_and_has_the_weights_for_unmoved_images(finished):
    config, told = finished.read_config(), trained(finished)
    assert config.model.num_classes == 0
    assert config.training.shifted == 0.6
    assert float(rows(finished)[1]["val_loss"]) < float(rows(finished)[0]["val_loss"])
    kept = {v.name: np.asarray(v) for v in load(finished.path).weights}
    image = 8 * 8
    np.testing.assert_array_equal(
        kept["encoder_static_kernel"], told["encoder_static_kernel"][:image]
    )
    assert told["encoder_static_kernel"].shape[0] == image + len(SHIFTS)
    for cell, row in (("encoder", image), ("decoder", 0)):
        np.testing.assert_array_equal(
            kept[f"{cell}_bias"], told[f"{cell}_bias"] + told[f"{cell}_static_kernel"][row]
        )
    for name in kept.keys() - {"encoder_static_kernel", "encoder_bias", "decoder_bias"}:
        np.testing.assert_array_equal(kept[name], told[name])


def test_validation_is_on_images_as_they_are(finished):
    data = load_training(TRAINING.dataset, validation=0.25, seed=TRAINING.seed)
    model = load(finished.path)
    found = [-np.asarray(model.elbo(data.validation.images, seed=s).elbo).mean() for s in range(20)]
    # the stored value has one draw of noise per image
    spread = np.std(found, ddof=1)
    assert abs(float(rows(finished)[-1]["val_loss"]) - np.mean(found)) < 5 * spread


def test_a_step_is_one_on_images_shifted_by_hand(finished, tmp_path):
    """One step of a conditional network, fed by hand with the shifted images and their shifts."""
    once = dataclasses.replace(TRAINING, epochs=1, batch_size=300, sample_every=0)
    train(NETWORK, once, run_dir=tmp_path / "once", progress=False)
    run = RunFolder(tmp_path / "once")
    data = load_training(TRAINING.dataset, validation=0.25, seed=TRAINING.seed).train
    order = np.random.default_rng([4, 1, 0]).permutation(len(data))
    draw = np.random.default_rng([4, 2, 0, 0])
    is_shifted = draw.random(len(data)) < 0.6
    shifts = np.where(is_shifted, draw.integers(1, 9, len(data)), 0)
    model = building.build(run.read_config(), 1)
    model.train_on_batch(shifted(data.images[order], shifts), shifts)
    told = trained(run)
    for variable in model.weights:
        np.testing.assert_allclose(np.asarray(variable), told[variable.name], rtol=1e-5, atol=1e-7)


def test_samples_are_of_unmoved_images_without_names_of_classes(finished):
    from PIL import Image

    with Image.open(finished.samples / "epoch-0002.png") as picture:
        width, height = picture.size
    assert width == height  # a square grid, no row per class
    told = building.build(finished.read_config(), 1)
    checkpoint.restore(finished.checkpoint, told)
    drawn = samples_of(told)
    assert (drawn.labels, drawn.names) == (None, ())
    np.testing.assert_array_equal(drawn.images, told.generate(64, 0))
    assert np.abs(drawn.images - told.generate(64, 1)).max() > 1e-3


def test_it_resumes_to_the_byte(finished, tmp_path):
    run = tmp_path / "run"
    train(NETWORK, dataclasses.replace(TRAINING, epochs=1), run_dir=run, progress=False)
    resume(run, config=finished.read_config(), progress=False)
    assert content(run) == content(finished.path)


def test_it_starts_from_a_network_that_was_told_nothing(tmp_path):
    plain = dataclasses.replace(TRAINING, shifted=0.0, sample_every=0)
    train(NETWORK, plain, run_dir=tmp_path / "plain", progress=False)
    frozen = dataclasses.replace(TRAINING, learning_rate=1e-12, epochs=1, sample_every=0)
    train(None, frozen, start_from=tmp_path / "plain", run_dir=tmp_path / "next", progress=False)
    before, after = (load(tmp_path / name) for name in ("plain", "next"))
    for mine, theirs in zip(after.trainable_variables, before.trainable_variables, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-9)


def test_a_conditional_network_cannot_be_told_shifts(tmp_path):
    message = "shifted is 0.6, but this network is conditional, so it cannot be told the shift"
    with pytest.raises(ValueError, match=message):
        train(NETWORK, TRAINING, conditional=True, run_dir=tmp_path / "run")
    assert message in refused(
        ["train", "--recipe", "demo", "--shifted", "0.6", "--run-dir", str(tmp_path / "run")]
    )
    assert not (tmp_path / "run").exists()
    with pytest.raises(ValueError, match=message):
        Sweep(recipe="demo", vary={"shifted": [0.0, 0.6]})


@pytest.mark.parametrize("share", [-0.1, 1.0, float("nan")])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(ValueError, match="shifted is"):
        TrainConfig(shifted=share)


def test_the_opening_says_so(tmp_path):
    ended = call(
        ["train", "--recipe", "laptop-mnist", "--dataset", "digits:train[:32]", "--epochs", "1",
         "--timesteps", "1", "--latent-dim", "1", "--hidden-dim", "4", "--shifted", "0.25",
         "--run-dir", str(tmp_path / "run")]
    )  # fmt: skip
    assert "25 % of the training images, by one pixel" in " ".join(ended.err.split())


def test_without_shifts_nothing_changes():
    config = RunConfig(load("mnist").config, TrainConfig())
    assert in_training(config) == config.model
