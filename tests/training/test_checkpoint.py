"""The checkpoint: a file as NumPy writes it, and errors for files that are not checkpoints."""

import json
import os
import resource

import numpy as np
import pytest
from conftest import tiny

from keras_draw.config import TrainConfig
from keras_draw.training import checkpoint
from keras_draw.training.building import build, keras_callbacks
from keras_draw.training.checkpoint import Progress
from keras_draw.training.runs import RunConfig

CONFIG = RunConfig(tiny(), TrainConfig(schedule="plateau", patience=3, ema_momentum=0.5))
ROW = {"epoch": 1, "loss": 3.0, "reconstruction": 2.0, "kl": 1.0, "val_loss": 3.5}
PROGRESS = Progress(1, [ROW], 3.5, 1, False, "abc", 0.0, checkpoint.configuration(CONFIG))


@pytest.fixture(scope="module")
def model():
    return build(CONFIG, steps=1)


@pytest.fixture(scope="module")
def callbacks():
    return keras_callbacks(CONFIG.training)


@pytest.fixture
def path(tmp_path, model, callbacks):
    for callback in callbacks[1:]:
        callback.set_model(model)
        callback.on_train_begin()
    checkpoint.save(tmp_path / "checkpoint.npz", model, callbacks, PROGRESS)
    return tmp_path / "checkpoint.npz"


def rewritten(path, **arrays):
    with np.load(path) as found:
        whole = dict(found)
    np.savez(path, **(whole | arrays))


def with_meta(path, change):
    with np.load(path) as found:
        meta = json.loads(found["meta"].tobytes())
    change(meta)
    rewritten(path, meta=np.frombuffer(json.dumps(meta).encode(), np.uint8))


def test_it_is_what_numpy_writes(path, tmp_path):
    with np.load(path) as found:
        np.savez(tmp_path / "numpy.npz", **found)
    assert path.read_bytes() == (tmp_path / "numpy.npz").read_bytes()


def test_it_comes_back(path, model, callbacks):
    assert checkpoint.restore(path, model, callbacks)[0] == PROGRESS


def test_one_of_an_early_version_comes_back(path, model, callbacks):
    with_meta(path, lambda meta: meta["progress"].pop("configuration"))
    assert checkpoint.restore(path, model, callbacks)[0] == PROGRESS._replace(configuration={})


def test_it_is_bound_to_its_configuration_but_not_to_a_place():
    other = RunConfig(tiny(kl_weight=0.5), CONFIG.training)
    assert checkpoint.configuration(other) != PROGRESS.configuration
    for name, value in {"epochs": 99, "dataset": "folder:/home/ada/photos"}.items():
        training = TrainConfig(**{**CONFIG.training.to_json(), name: value})
        moved = RunConfig(CONFIG.model, training)
        assert checkpoint.configuration(moved) == PROGRESS.configuration
    assert "/" not in json.dumps(checkpoint.configuration(moved))


WRONG = [None, True, "a", -1, 2**70, 0.5, [], [1], {}, {"a": 1}, [[]], [{}], [{"epoch": "1"}]]


def test_values_of_another_type_meet_a_sentence(path, model, callbacks):
    whole = path.read_bytes()
    for name, good in PROGRESS._asdict().items():
        for value in WRONG:
            path.write_bytes(whole)
            with_meta(path, lambda meta: meta["progress"].update({name: value}))  # noqa: B023
            try:
                checkpoint.restore(path, model, callbacks)
            except ValueError as refused:
                assert "is damaged or belongs to another network" in str(refused)
            else:
                kind = (int, float) if isinstance(good, float) else type(good)
                assert name == "seconds" or value is None or isinstance(value, kind), (name, value)
    for part in ("progress", "callbacks"):
        for value in WRONG:
            path.write_bytes(whole)
            with_meta(path, lambda meta: meta.update({part: value}))  # noqa: B023
            with pytest.raises(ValueError, match="is damaged or belongs to another network"):
                checkpoint.restore(path, model, callbacks)
    path.write_bytes(whole)
    with_meta(path, lambda meta: meta["callbacks"][0].update(wait="soon"))
    with pytest.raises(ValueError, match="not numbers"):
        checkpoint.restore(path, model, callbacks)


def test_arrays_of_another_type_meet_a_sentence(path, model):
    whole = path.read_bytes()
    with np.load(path) as found:
        plain = found["weights/0"]
    for kind in ("float64", "complex64", "int32", "U4", "S4", "bool", "datetime64[s]", "V4", ">f4"):
        path.write_bytes(whole)
        rewritten(path, **{"weights/0": plain.astype(kind)})
        with pytest.raises(ValueError, match="is damaged or belongs to another network"):
            checkpoint.restore(path, model)


def test_a_full_disk_of_any_size_leaves_the_one_before(path, model, callbacks):
    before = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        for size in range(0, len(before), len(before) // 40):
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
            with pytest.raises(OSError, match="File too large"):
                checkpoint.save(path, model, callbacks, PROGRESS._replace(epoch=2))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == [path.name]
