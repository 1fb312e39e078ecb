"""What cannot fit into memory is refused before trying."""

import math

import numpy as np
import pytest
from conftest import tiny

from keras_draw import DRAW
from keras_draw.models import devices
from keras_draw.models.memory import (
    check_device_fits,
    check_training_fits,
    explained_when_full,
    weight_bytes,
)


def test_the_weights_of_a_network_are_counted():
    config = tiny(num_classes=2)
    model = DRAW(config)
    held = sum(math.prod(w.shape) for w in model.trainable_weights)
    assert weight_bytes(config) == 4 * held


@pytest.mark.parametrize("field", ["hidden_dim", "latent_dim"])
def test_a_network_too_large_for_the_machine_is_refused(field):
    config = tiny(**{field: 10**10})
    with pytest.raises(ValueError, match=r"weights would take at least .* GiB .* choose a smaller"):
        DRAW(config)
    with pytest.raises(ValueError, match="Adam's averages would take at least"):
        check_training_fits(config, 1)


class Device:
    """A device with its own memory, or without."""

    def __init__(self, limit=None):
        self.limit = limit

    def memory_stats(self):
        return self.limit and {"bytes_limit": self.limit, "bytes_in_use": 0}


def test_the_memory_of_the_device_that_computes_counts(monkeypatch):
    monkeypatch.setattr("keras_draw.memory.memory", lambda: 10)
    with devices.using([Device(2000), Device(1000)]):
        check_device_fits(1000, "It", "take less")
        with pytest.raises(ValueError, match=r"the device that computes has 0\.0; take less"):
            check_device_fits(1001, "It", "take less")


def test_devices_without_memory_of_their_own_share_the_machines(monkeypatch):
    monkeypatch.setattr("keras_draw.memory.memory", lambda: 1000)
    with devices.using([Device(), Device()]):
        check_device_fits(500, "It", "take less")
        with pytest.raises(ValueError, match="this machine has"):
            check_device_fits(501, "It", "take less")


def test_what_is_computed_in_and_on_counts(monkeypatch):
    config = tiny(timesteps=100, hidden_dim=100)
    assert weight_bytes(config, "float64") == 2 * weight_bytes(config, "mixed_bfloat16")
    monkeypatch.setattr("keras_draw.memory.memory", lambda: 80 * weight_bytes(config))
    check_training_fits(config, 256)
    with pytest.raises(ValueError, match="A step over 256 images"):
        check_training_fits(config, 256, precision="float64")
    check_training_fits(config, 256, precision="float64", devices=2)


def test_what_just_fits_is_not_refused(monkeypatch):
    config = tiny()
    monkeypatch.setattr("keras_draw.memory.memory", lambda: 7 * weight_bytes(config))
    check_training_fits(config, 1)
    with pytest.raises(ValueError, match="A step over 1000000 images"):
        check_training_fits(config, 1_000_000)
    monkeypatch.setattr("keras_draw.memory.memory", lambda: 7 * weight_bytes(config) - 1)
    with pytest.raises(ValueError, match="Weights and Adam's averages"):
        check_training_fits(config, 1)


def test_rematerialised_segments_count_for_less():
    config = tiny(timesteps=1_000_000, hidden_dim=1000, remat_segment=1)
    check_training_fits(config, 100)
    with pytest.raises(ValueError, match="fewer timesteps"):
        check_training_fits(tiny(timesteps=1_000_000, hidden_dim=1000), 100)


def test_only_exhausted_memory_is_explained():
    with (
        pytest.raises(MemoryError, match=r"is full; take less\."),
        explained_when_full("take less"),
    ):
        raise RuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 8 bytes.")
    with pytest.raises(RuntimeError, match="other"), explained_when_full("take less"):
        raise RuntimeError("other")


def test_too_many_images_at_once_are_refused():
    with pytest.raises(ValueError, match="Drawing 10000000000000 images at once"):
        DRAW(tiny()).generate(10**13)


def test_too_many_images_to_paint_again_are_refused(monkeypatch):
    model, images = DRAW(tiny()), np.zeros((100, 5, 4, 1), np.uint8)
    monkeypatch.setattr("keras_draw.memory.memory", lambda: 16 * 100 * 3 * 2)
    with pytest.raises(ValueError, match="Painting 100 images would take at least"):
        model.reconstruct_strokes(images)
    monkeypatch.setattr("keras_draw.memory.memory", lambda: 16 * 100 * 3 * 2 - 1)
    with pytest.raises(ValueError, match="Latents of 100 images would take at least"):
        model.elbo(images)


def test_more_timesteps_than_fit_are_refused():
    config = tiny(timesteps=1_000_000, latent_dim=10_000)
    with pytest.raises(ValueError, match="Drawing 64 images at once"):
        DRAW(config).generate(64)
