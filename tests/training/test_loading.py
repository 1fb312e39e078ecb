"""Loading trained networks: what loads, and what is refused without being executed."""

import io
import json
import os
import shutil
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from conftest import tiny

from keras_draw import DRAW, load
from keras_draw.config import TrainConfig
from keras_draw.training.callbacks import save_weights
from keras_draw.training.runs import FORMAT, RunConfig, RunFolder


@pytest.fixture(scope="module")
def model():
    return DRAW(tiny(num_classes=2), seed=1)


@pytest.fixture
def run(model, tmp_path):
    folder = RunFolder(tmp_path / "run")
    folder.create(overwrite=False)
    folder.write_config(RunConfig(model.config, TrainConfig()))
    save_weights(model, folder.best)
    model.save(folder.model)
    return folder


def same(a, b):
    return all(map(np.array_equal, a.get_weights(), b.get_weights()))


def test_runs_and_files_open(model, run):
    assert same(load(run.path), model)
    assert same(load(str(run.model)), model)
    np.testing.assert_array_equal(load(run.path).generate(3), model.generate(3))


def test_a_trained_scale_comes_back(tmp_path):
    model = DRAW(tiny(likelihood="discretized-logistic"))
    model._named["log_scale"].assign(np.linspace(-4, 0, 20))
    folder = RunFolder(tmp_path / "run")
    folder.create(overwrite=False)
    folder.write_config(RunConfig(model.config, TrainConfig()))
    save_weights(model, folder.best)
    model.save(folder.model)
    images = np.arange(40, dtype=np.uint8).reshape(2, 5, 4, 1)
    for again in (load(folder.path), load(folder.model), keras.saving.load_model(folder.model)):
        assert same(again, model)
        assert again.config == model.config
        np.testing.assert_array_equal(again.elbo(images).elbo, model.elbo(images).elbo)


def test_a_moved_run_opens(model, run, tmp_path):
    shutil.move(run.path, tmp_path / "elsewhere")
    assert same(load(tmp_path / "elsewhere"), model)


def refused(what, *sentences, error=ValueError):
    with pytest.raises(error) as seen:
        load(what)
    message = str(seen.value)
    assert "\n" not in message
    for sentence in sentences:
        assert sentence in message, message


def test_nothing_there(run, tmp_path):
    refused(tmp_path / "nowhere", "There is no run folder", error=FileNotFoundError)
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", "has no config.json", error=FileNotFoundError)
    run.best.unlink()
    refused(run.path, "has no weights yet", error=FileNotFoundError)


def edit_json(path, **changes):
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_configurations_that_cannot_be_true(run):
    good = run.config.read_text()
    edit_json(run.config, format=FORMAT + 1)
    refused(run.path, "written by a newer keras-draw", "Upgrade")
    edit_json(run.config, format="1")
    refused(run.path, "has no format")
    for content, sentence in [
        ("", "is not JSON"),
        (good[: len(good) // 2], "is not JSON"),
        ("[1]", "is not a JSON object"),
        ("[" * 100_000, "is not JSON"),
        ('{"format": 1, "model": {"image_shape": [5, 4, 1], "timestep": 1}}', "'timesteps'"),
        ('{"format": 1, "model": {"image_shape": [5, 4, 1], "timesteps": 0}}', "timesteps is 0"),
        ('{"format": 1, "model": 3, "training": {}}', "must be a JSON object"),
        ('{"format": 1, "model": {}}', "needs the field 'image_shape'"),
        (" " * (2**20 + 1), "expected at most"),
    ]:
        run.config.write_text(content)
        refused(run.path, sentence)


def test_weights_of_another_network(run):
    save_weights(DRAW(tiny(num_classes=2, hidden_dim=9)), run.best)
    refused(run.path, "best.weights.h5 does not fit its configuration, or is damaged")


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_truncated_weights_and_files(run, share):
    for path, what in ((run.best, run.path), (run.model, run.model)):
        content = path.read_bytes()
        path.write_bytes(content[: int(len(content) * share)])
        refused(what, "damaged")


def test_weights_that_point_out_of_the_file(run, tmp_path):
    with h5py.File(tmp_path / "secret.h5", "w") as secret:
        secret["data"] = np.ones((22, 24), "float32")
    with h5py.File(run.best, "r+") as weights:
        found = []
        weights.visit(lambda name: found.append(name) if name.endswith("vars/0") else None)
        name = sorted(found)[0]
        del weights[name]
        weights[name] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "/data")
    refused(run.path, "best.weights.h5 does not fit its configuration, or is damaged")


class Trap:
    sprung = False

    def __new__(cls, *args, **kwargs):
        Trap.sprung = True
        return super().__new__(cls)


def rewritten(path, target, **members):
    """A copy of the archive with some members replaced."""
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as result:
        for member in source.namelist():
            if members.get(member, b"") is not None:
                result.writestr(member, members.get(member) or source.read(member))
        for name in members.keys() - set(source.namelist()):
            result.writestr(name, members[name])
    return target


def config_in(path):
    with zipfile.ZipFile(path) as source:
        return json.loads(source.read("config.json"))


def test_foreign_and_hostile_keras_files_are_refused_unexecuted(run, tmp_path):
    target = tmp_path / "hostile.keras"
    lambda_model = keras.Sequential([keras.layers.Lambda(lambda x: x + 1)])
    lambda_model.build((None, 2))
    lambda_model.save(target)
    refused(target, "not a DRAW network; nothing in it was executed")

    config = config_in(run.model)
    for changes in (
        {"module": "os", "class_name": "system", "registered_name": None},
        {"module": __name__, "class_name": "Trap", "registered_name": "Trap"},
    ):
        hostile = json.dumps(config | changes).encode()
        refused(rewritten(run.model, target, **{"config.json": hostile}), "not a DRAW network")
    inner = config["config"] | {"dtype": {"module": __name__, "class_name": "Trap", "config": {}}}
    hostile = json.dumps(config | {"config": inner}).encode()
    load(rewritten(run.model, target, **{"config.json": hostile}))  # only plain values are read
    assert not Trap.sprung

    # A path outside the folder is never written: only two members are read.
    before = sorted(os.listdir(tmp_path))
    load(rewritten(run.model, target, **{"../escaped.txt": b"out"}))
    assert sorted(os.listdir(tmp_path)) == before
    assert not Path(tmp_path.parent / "escaped.txt").exists()

    for member in ("config.json", "model.weights.h5"):
        refused(rewritten(run.model, target, **{member: None}), "not a DRAW network saved by Keras")
    refused(rewritten(run.model, target, **{"config.json": b"{"}), "is not JSON")
    refused(rewritten(run.model, target, **{"config.json": b" " * 2**21}), "no configuration")
    empty = json.dumps(config | {"config": None}).encode()
    refused(rewritten(run.model, target, **{"config.json": empty}), "configuration is empty")
    refused(rewritten(run.model, target, **{"model.weights.h5": b"HDF"}), "damaged")


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packed_members_that_are_damaged(model, run, tmp_path, method):
    target = tmp_path / "packed.keras"
    with zipfile.ZipFile(run.model) as source, zipfile.ZipFile(target, "w", method) as packed:
        for name in source.namelist():
            packed.writestr(name, source.read(name))
    assert same(load(target), model)
    whole = target.read_bytes()
    for name in (b"config.json", b"model.weights.h5"):
        begin = whole.index(name) + len(name)
        for at in (0, 1, 2, 4, 5, 9, 13, 20, 50):
            for value in (0x00, 0xFF, 0x5A):
                damaged = whole[: begin + at] + bytes([value]) * 8 + whole[begin + at + 8 :]
                target.write_bytes(damaged)
                if damaged != whole:
                    refused(target, "not a DRAW network saved by Keras, or damaged")


def test_a_keras_file_that_unpacks_to_too_much_is_refused(run, tmp_path):
    content = io.BytesIO(run.model.read_bytes()).getvalue()
    at = content.rindex(b"model.weights.h5") - 46
    assert content[at : at + 4] == b"PK\x01\x02"
    target = tmp_path / "bomb.keras"
    target.write_bytes(content[: at + 24] + b"\xfe\xff\xff\xff" + content[at + 28 :])
    refused(target, "contains no weights")


def test_a_network_too_large_for_its_weights_is_refused_before_it_is_made(run):
    stored = json.loads(run.config.read_text())
    stored["model"] |= {"hidden_dim": 1_000_000, "image_shape": [1000, 1000, 3]}
    run.config.write_text(json.dumps(stored))
    refused(run.path, "does not fit its configuration")
