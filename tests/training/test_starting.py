"""A run that begins with a trained network's weights: the same as by hand, refused, resumed."""

import contextlib
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from calling import call, refused
from conftest import tiny
from exact import content
from faults import Killed, fault_at
from keras import ops

from keras_draw import load
from keras_draw.config import Architecture, TrainConfig
from keras_draw.training import fitting, rollcall
from keras_draw.training import train as room
from keras_draw.training.callbacks import Keeper
from keras_draw.training.runs import RunConfig, RunFolder
from keras_draw.training.starting import check_fits, source_of
from keras_draw.training.starts import Start
from keras_draw.training.train import Interrupted, resume, train

NETWORK = Architecture(
    timesteps=2, latent_dim=2, hidden_dim=8, read=3, write=3, initial_canvas="mean"
)
FIRST = TrainConfig(dataset="digits:train[:64]", epochs=1, batch_size=32, seed=3)
NEXT = TrainConfig(
    dataset="digits:train[64:160]", epochs=2, batch_size=32, learning_rate=2e-3, ema_momentum=0.9
)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    run = tmp_path_factory.mktemp("runs") / "source"
    train(NETWORK, FIRST, run_dir=run, progress=False)
    return run


@pytest.fixture(scope="module")
def begun(source, tmp_path_factory):
    """A run with another T that started from the source's weights."""
    run = tmp_path_factory.mktemp("runs") / "begun"
    train(replace(NETWORK, timesteps=3), NEXT, start_from=source, run_dir=run, progress=False)
    return run


def test_it_is_what_assigning_every_trained_weight_by_hand_gives(
    source, begun, tmp_path, monkeypatch
):
    plain = fitting.build

    def build(config, steps):
        model = plain(config, steps)
        theirs = {v.path.split("/", 1)[-1]: v for v in load(source).trainable_variables}
        mine = {v.path.split("/", 1)[-1]: v for v in model.trainable_variables}
        assert mine.keys() == theirs.keys()
        for name, variable in mine.items():
            variable.assign(theirs[name])
        return model

    monkeypatch.setattr(fitting, "build", build)
    train(replace(NETWORK, timesteps=3), NEXT, run_dir=tmp_path / "hand", progress=False)
    ours, by_hand = np.load(begun / "checkpoint.npz"), np.load(tmp_path / "hand/checkpoint.npz")
    names = set(ours.files) - {"meta"}
    assert names == set(by_hand.files) - {"meta"}
    assert len(names) > 30
    for name in names:
        np.testing.assert_array_equal(ours[name], by_hand[name], err_msg=name)
    for name in ("best.weights.h5", "history.csv"):
        assert (begun / name).read_bytes() == (tmp_path / "hand" / name).read_bytes()


def test_without_a_rate_the_weights_stay_and_the_canvas_is_the_new_images(source, tmp_path):
    still = replace(NEXT, learning_rate=1e-12, epochs=1, ema_momentum=0.0, validation=0.0)
    file = tmp_path / "network.keras"
    load(source).save(file)
    train(None, still, start_from=file, run_dir=tmp_path / "run", progress=False)
    before, after = load(source), load(tmp_path / "run")
    assert after.config == before.config
    for old, new in zip(before.trainable_variables, after.trainable_variables, strict=True):
        np.testing.assert_allclose(old, new, rtol=0, atol=1e-9)
    images = room.load_training(still.dataset, validation=0.0, seed=0).train.images / 255.0
    mean = images.mean(axis=0).reshape(-1).clip(1e-3, 1 - 1e-3)
    started = 1 / (1 + np.exp(-ops.convert_to_numpy(after._named["initial_canvas"])))
    np.testing.assert_allclose(started.clip(1e-3, 1 - 1e-3), mean, atol=2e-3)
    assert not np.allclose(started, 1 / (1 + np.exp(-before._named["initial_canvas"].numpy())))


def test_it_says_what_it_began_with(source, begun):
    sha = room.sha256_of(source / "best.weights.h5")
    assert RunFolder(begun).read_config().start == Start("source", sha)
    assert "start" not in json.loads((source / "config.json").read_text())
    file = begun / f"start-{sha[:16]}.npz"
    with np.load(file) as kept:
        model = load(source)
        assert set(kept.files) == {v.name for v in model.trainable_variables}
        for variable in model.trainable_variables:
            np.testing.assert_array_equal(kept[variable.name], variable)


@pytest.mark.parametrize("step", [1, 2, 4])
def test_interrupted_and_resumed_it_needs_the_network_no_more(
    source, begun, tmp_path, monkeypatch, step
):
    copy = shutil.copytree(source, tmp_path / "source")
    plain, seen = Keeper.on_train_batch_end, []

    def interrupt(self, batch, logs=None):
        seen.append(batch)
        if len(seen) == step:
            raise KeyboardInterrupt
        plain(self, batch, logs)

    monkeypatch.setattr(Keeper, "on_train_batch_end", interrupt)
    network = replace(NETWORK, timesteps=3)
    with pytest.raises(Interrupted):
        train(network, NEXT, start_from=copy, run_dir=tmp_path / "run", progress=False)
    monkeypatch.undo()
    shutil.rmtree(copy)
    config = RunFolder(tmp_path / "run").read_config()
    resume(tmp_path / "run", config=RunConfig(config.model, config.training), progress=False)
    assert content(tmp_path / "run") == content(begun)
    assert RunFolder(tmp_path / "run").read_config() == config


def test_a_run_may_replace_the_one_that_it_begins_with(source, begun, tmp_path):
    run = shutil.copytree(source, tmp_path / "source")
    network = replace(NETWORK, timesteps=3)
    train(network, NEXT, start_from=run, run_dir=run, overwrite=True, progress=False)
    assert content(run) == content(begun)


def test_without_checkpoint_and_kept_weights_it_is_refused(begun, tmp_path):
    run = shutil.copytree(begun, tmp_path / "run")
    (run / "checkpoint.npz").unlink()
    (run / "history.csv").unlink()  # as if it had been stopped in its first epoch
    (file,) = run.glob("start-*.npz")
    whole = file.read_bytes()
    for bad, said in ((b"no", "not an .npz"), (whole[: len(whole) // 2], "not an .npz")):
        file.write_bytes(bad)
        with pytest.raises(ValueError, match=said) as seen:
            resume(run, progress=False)
        assert "train again from source with --start-from" in str(seen.value)
    for change in ({"extra": np.ones(3)}, {"encoder_bias": np.full(32, np.nan, "float32")}):
        with np.load(begun / file.name) as kept:
            np.savez(file, **{**kept, **change})
        with pytest.raises(ValueError, match="damaged or belongs to another network: train again"):
            resume(run, progress=False)
    file.unlink()
    with pytest.raises(ValueError, match="from the weights of source and has no checkpoint"):
        resume(run, progress=False)


def test_a_configuration_that_lies_about_its_start_is_damaged(begun, tmp_path):
    run = shutil.copytree(begun, tmp_path / "run")
    values = json.loads((run / "config.json").read_text())
    for bad in (3, "mnist", {}, {"network": "a"}, {"network": "a", "sha256": "../x"},
                {"network": 1, "sha256": "0" * 64}, {"network": "a", "sha256": 7}):  # fmt: skip
        (run / "config.json").write_text(json.dumps(values | {"start": bad}))
        with pytest.raises(ValueError, match="does not name the network that the run started from"):
            RunFolder(run).read_config()


@pytest.mark.parametrize("replaces", [False, True])
def test_killed_at_any_operation_it_can_be_resumed_or_overwritten(tmp_path, replaces):
    old = RunConfig(tiny(), TrainConfig(), Start("a", "a" * 64))
    new = RunConfig(tiny(hidden_dim=7), TrainConfig(), Start("b", "b" * 64))
    for k in range(200):
        run = RunFolder(tmp_path / f"{replaces}{k}")
        run.create(overwrite=False)
        if replaces:
            run.begin(old, {}, b"old")
        with fault_at(k, run.path) as seen:
            with contextlib.suppress(Killed):
                run.begin(new, {}, b"new")
            reached = len(seen) > k
        run.create(overwrite=True)  # it may be taken, whatever is in it
        if run.exists:
            run.finish_clearing()
            found = run.read_config()
            assert found in (old, new)
            (kept,) = run.path.glob("start-*")
            assert kept == found.start.file(run.path)
            assert kept.read_bytes() == (b"old" if found == old else b"new")
        run.begin(new, {}, b"new")
        assert {p.name for p in run.path.iterdir()} - {"lock"} == {
            "config.json", "provenance.json", new.start.file(run.path).name,
        }  # fmt: skip
        if not reached:
            break
    assert 5 < k < 199


SHAPE = (8, 8, 1)


@pytest.mark.parametrize(
    ("mine", "said"),
    [
        ({"hidden_dim": 9}, "hidden_dim is 9, and the network's is 6"),
        ({"latent_dim": 5, "likelihood": "gaussian"}, "latent_dim is 5, and the network's is 2"),
        ({"cell": "gru"}, "cell is gru, and the network's is lstm"),
        ({"image_shape": (6, 4, 1)}, "it paints images of 5 x 4 x 1, and those of photos are 6 x"),
        ({"num_classes": 3}, "it is unconditional, and the new network has 3 classes"),
        ({"read": 2}, "read is 2, and the network's is None"),
        ({"initial_canvas": "learned"}, "initial_canvas is learned, and the network's is zero"),
        ({"initial_canvas": "mean"}, "initial_canvas is mean, and the network's is zero"),
        ({"share_heads": False, "timesteps": 4}, "share_heads is False, and the network's is True"),
        ({"hidden_dim": 9, "cell": "gru"}, "hidden_dim is 9, and the network's is 6; cell is gru"),
    ],
)
def test_what_does_not_fit_is_named(mine, said, tmp_path):
    with pytest.raises(ValueError, match="does not fit this training") as seen:
        check_fits(_source(tmp_path), tiny(**mine), "photos")
    assert f"does not fit this training: {said}" in str(seen.value)
    asked = set(mine) - {"likelihood", "timesteps"}
    assert str(seen.value).count(";") == len(asked) - 1


def test_heads_of_their_own_fit_their_own_number_alone(tmp_path):
    theirs = _source(tmp_path, share_heads=False)
    check_fits(theirs, tiny(share_heads=False), "photos")
    with pytest.raises(ValueError, match="timesteps is 4, and the network's is 3, with separate"):
        check_fits(theirs, tiny(share_heads=False, timesteps=4), "photos")


def test_what_changes_no_weight_fits(tmp_path):
    theirs = _source(tmp_path, read=2, write=2, num_classes=2, class_names=("a", "b"))
    mine = tiny(
        read=2, write=2, num_classes=2, timesteps=6, remat_segment=2, likelihood="gaussian",
        image_shape=(7, 9, 1), initial_window=0.5, kl_weight=2.0, forget_bias=0.0,
    )  # fmt: skip
    check_fits(theirs, mine, "photos")


def _source(folder, **fields):
    run = RunFolder(folder / "network")
    run.create(overwrite=False)
    run.write_config(RunConfig(tiny(**fields), TrainConfig()))
    run.best.write_bytes(b"weights")
    return source_of(run.path)


def test_the_command_takes_the_networks_architecture_and_options_change_it(source, tmp_path):
    out = tmp_path / "run"
    words = ["train", "--start-from", str(source), "--run-dir", str(out), "--epochs", "1"]
    words += ["--dataset", "digits:train[:40]", "--timesteps", "4", "--batch-size", "20"]
    found = call(words)
    assert found.code == 0, found.err
    assert "start     from source (weights " in found.err
    config = RunFolder(out).read_config()
    assert config.model.architecture == replace(NETWORK, timesteps=4)
    assert config.start.network == "source"
    said = refused(["train", "--resume", str(out), "--start-from", str(source)])
    assert "--start-from is for a new run" in said


def test_the_command_refuses_and_writes_nothing(source, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data = ["--dataset", "digits:train[:40]"]
    for more, said in (
        (["--hidden-dim", "9"], "hidden_dim is 9, and the network's is 8"),
        (["--recipe", "demo"], "hidden_dim is 128, and the network's is 8"),
        (["--conditional"], "it is unconditional, and the new network has 10 classes"),
    ):
        assert said in refused(["train", "--start-from", str(source), *data, *more])
    assert "did you mean 'mnist'?" in refused(["train", "--start-from", "mnits", *data])
    assert "paints images of 28 x 28 x 1" in refused(["train", "--start-from", "mnist", *data])
    (tmp_path / "half").mkdir()
    RunFolder("half").write_config(RunFolder(source).read_config())
    said = refused(["train", "--start-from", "half", *data])
    assert "half has no weights yet" in said
    assert [p.name for p in tmp_path.iterdir() if p.name != "keras-home"] == ["half"]


def test_what_replaces_the_network_meanwhile_is_noticed(source, tmp_path):
    copy = shutil.copytree(source, tmp_path / "source")
    from keras_draw.training.starting import weights_of

    found = source_of(copy)
    model = load(copy)
    model.set_weights([w + 1 for w in model.get_weights()])
    from keras_draw.models.saving import save_weights

    save_weights(model, copy / "best.weights.h5")
    with pytest.raises(ValueError, match="has just been replaced by another network"):
        weights_of(found)


def test_processes_must_begin_with_the_same_weights(source):
    data = room.load_training("digits:train[:40]", validation=0.1, seed=0)
    config = RunFolder(source).read_config()
    said = [
        room._said(config._replace(start=start), data)
        for start in (None, Start("a", "a" * 64), Start("b", "a" * 64))
    ]
    assert "start_from is '' in process 0 and 'aaaa" in rollcall.difference(said[0], said[1], 1)
    assert rollcall.difference(said[1], said[2], 1) is None
