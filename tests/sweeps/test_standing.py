"""The state of a run, read from its folder: files of real runs, and files made by hand."""

import dataclasses
import json
import os
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from leaving import SHAPE, at_times, evaluated, leave_evaluated, leave_trained

from keras_draw.config import TrainConfig
from keras_draw.data import load
from keras_draw.data.sources import name_of
from keras_draw.evaluation import extractors
from keras_draw.sweeps import one_run
from keras_draw.sweeps.folder import SweepFolder, failed
from keras_draw.sweeps.spec import Sweep, SweepEvaluation, read_sweep
from keras_draw.sweeps.standing import Standing, _has_stopped, extractor_name, standing
from keras_draw.sweeps.sweeping import run_sweep
from keras_draw.sweeps.table import read_results

BEFORE = Path(__file__).parent / "before"
"""A sweep of an earlier version, which stored results in `outcomes/`. Two runs are finished, one of
them without its folder, and two failed."""
SWEEP = Sweep(
    recipe="demo",
    changes={"conditional": False, "hidden_dim": 4, "epochs": 4},
    vary={"timesteps": [1, 2]},
    total_latents=2,
    evaluation=SweepEvaluation(dataset="digits:test[:20]", samples=2),
)


@pytest.fixture
def folder(tmp_path):
    folder = SweepFolder(tmp_path / "out")
    folder.create()
    folder.write_spec(SWEEP)
    return folder


def stands(folder, run, sweep=SWEEP):
    return standing(run, folder.run(run), sweep.evaluation)


def test_a_run_goes_from_its_first_epoch_to_its_last_part(folder):
    run, _ = SWEEP.runs()
    target = folder.run(run)
    assert stands(folder, run) == Standing(0.0, "starting")
    leave_trained(run, target, epochs=0, seconds=0.0)
    assert stands(folder, run)[:2] == (0.0, "training, epoch 1 of 4")
    leave_trained(run, target, epochs=3, written=0)
    assert stands(folder, run)[:2] == (pytest.approx(0.9 * 3 / 4), "training, epoch 4 of 4")
    leave_trained(run, target, written=3)  # killed before it wrote its last files
    assert stands(folder, run)[:2] == (pytest.approx(0.9), "training, epoch 4 of 4")
    leave_trained(run, target)
    assert stands(folder, run)[:2] == (0.9, "measuring bound")
    whole = evaluated(SWEEP, run, target, elbo=-1.5)
    keys = ["elbo", "mse_per_timestep", "kl_per_latent", "log_likelihood"]
    names = ["strokes", "latents", "likelihood"]
    for i, name in enumerate(names, 1):
        left_out = {"fid": "no extractor", "label_agreement": "no classes"}
        absent = (*keys[i:], "fid", "fid_reconstructions")
        some_parts = {k: v for k, v in whole.items() if k not in absent}
        target.evaluation.write_text(json.dumps(some_parts | {"left_out": left_out}))
        found = stands(folder, run)
        assert found[:2] == (pytest.approx(0.9 + 0.1 * i / 4), f"measuring {name}")
        assert found.row is None
    target.evaluation.write_text(json.dumps(whole))
    found = stands(folder, run)
    assert (found.share, found.row["elbo_nats_per_image"]) == (1.0, -1.5)


OTHER = {
    "samples": lambda found: found["made_from"].update(options=[3, 0.9, 0]),
    "threshold": lambda found: found["made_from"].update(options=[2, 0.8, 0]),
    "seed": lambda found: found["made_from"].update(options=[2, 0.9, 1]),
    "images": lambda found: found.update(dataset="digits:test[:21]"),
    "weights": lambda found: found["made_from"].update(weights="0" * 64),
    "extractor": lambda found: found["made_from"].update(extractor=["inception-2015:64", "0"]),
    "nothing said": lambda found: found.pop("made_from"),
    "no count": lambda found: found.pop("images"),
    "an empty list": lambda found: found.update(mse_per_timestep=[]),
}


@pytest.mark.parametrize("what", OTHER)
def test_an_evaluation_of_something_else_does_not_count(folder, what):
    run, _ = SWEEP.runs()
    leave_trained(run, folder.run(run))
    found = evaluated(SWEEP, run, folder.run(run))
    OTHER[what](found)
    folder.run(run).evaluation.write_text(json.dumps(found))
    assert stands(folder, run)[:3] == (0.9, "measuring bound", None)


def test_a_run_with_a_different_configuration_is_not_finished(folder):
    run, other = SWEEP.runs()
    more = dataclasses.replace(run.training, epochs=5)
    for stored in (run._replace(architecture=other.architecture), run._replace(training=more)):
        leave_trained(stored, folder.run(run))
        leave_evaluated(SWEEP, run, folder.run(run))
        assert stands(folder, run) == Standing(0.0, "starting")
    leave_trained(run, folder.run(run))
    assert stands(folder, run).row
    target = folder.run(run)
    target.write_config(target.read_config(), clearing=True)  # an earlier run is being replaced
    assert stands(folder, run) == Standing(0.0, "starting")


def test_weights_that_changed_since_are_noticed(folder):
    run, _ = SWEEP.runs()
    target = folder.run(run)
    leave_trained(run, target)
    leave_evaluated(SWEEP, run, target)
    assert stands(folder, run).row
    target.best.write_bytes(b"trained on")
    assert stands(folder, run).row is None
    target.best.unlink()
    assert stands(folder, run).row is None


@settings(deadline=None)
@given(some.lists(some.integers(0, 4), min_size=1, max_size=12), some.integers(1, 4))
def test_early_stopping_agrees_with_keras(losses, patience):
    """Compared with the callback itself after every epoch."""

    class Model:
        stop_training = False
        metrics = ()

    callback = keras.callbacks.EarlyStopping("val_loss", mode="min", patience=patience)
    callback.set_model(Model())
    callback.on_train_begin()
    training = TrainConfig(dataset="digits", epochs=99, patience=patience, validation=0.1)
    for epoch, loss in enumerate(losses):
        callback.on_epoch_end(epoch, {"val_loss": float(loss)})
        seen = {"val_loss": [float(one) for one in losses[: epoch + 1]]}
        assert _has_stopped(seen, training) == callback.model.stop_training
        if callback.model.stop_training:
            break
    assert not _has_stopped(seen, dataclasses.replace(training, patience=0))


def test_a_run_that_stopped_early_is_finished_and_needs_no_checkpoint(folder, monkeypatch):
    sweep = dataclasses.replace(SWEEP, changes={**SWEEP.changes, "patience": 1})
    run, _ = sweep.runs()
    target = folder.run(run)
    leave_trained(run, target, losses=[2.0, 3.0])
    monkeypatch.setattr(one_run, "resume", None)
    one_run.train_run(one_run.Job(sweep, str(folder), None, None), run, target)
    leave_evaluated(sweep, run, target)
    assert stands(folder, run, sweep).row
    leave_trained(run, target, losses=[3.0, 2.0])
    assert stands(folder, run, sweep)[:2] == (pytest.approx(0.45), "training, epoch 3 of 4")


def test_the_time_left_is_estimated_from_the_times_of_files(folder):
    """For T 1 and 2 the work of an epoch is 3 and 5; nine tenths of it are training."""
    first, second = SWEEP.runs()
    with folder.locked():
        assert folder.status().now.seconds_left is None
        # 3 epochs; the last session, which took its lock at 1000, trained 2 of them in 60 seconds
        leave_trained(first, folder.run(first), epochs=3, written=1, seconds=25.0)
        at_times(folder.run(first), lock=1000, history=1060)
        pace = (25 + 60) / (3 * 3 * 0.9)
        left = pytest.approx(pace * (3 * 4 * (1 - 0.9 * 3 / 4) + 5 * 4))
        assert folder.status().now.seconds_left == left
        # killed and locked again: only the time of the first epoch is known
        at_times(folder.run(first), lock=2000, history=1060)
        pace = 25 / (3 * 0.9)
        left = pytest.approx(pace * (3 * 4 * (1 - 0.9 * 3 / 4) + 5 * 4))
        assert folder.status().now.seconds_left == left
        # two active runs need half the time; a run that failed since the sweep began needs none
        leave_trained(second, folder.run(second), epochs=2, seconds=30.0)
        pace = (25 + 30) / (0.9 * (3 + 5 * 2))
        left = pace * (3 * 4 * (1 - 0.9 * 3 / 4) + 5 * 4 * (1 - 0.9 * 2 / 4))
        with folder.run(first).locked(), folder.run(second).locked():
            now = folder.status().now
        assert len(now.at_work) == 2
        assert folder.status().now.seconds_left == pytest.approx(left)
        folder.keep(second, failed(ValueError("No images.")))
        os.utime(folder.path / "lock", (1000, 1000))
        left = pytest.approx(pace * 3 * 4 * (1 - 0.9 * 3 / 4))
        assert folder.status().now.seconds_left == left
        os.utime(folder.outcomes / f"{second.name}.json", (900, 900))  # to be tried again
        assert folder.status().now.seconds_left > left.expected
    assert now.seconds_left is not None


def test_names_of_images_are_the_same_as_when_they_are_loaded(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.savez(tmp_path / "own.npz", x=np.zeros((4, 8, 8, 1), np.uint8))
    for spec in ("digits", "digits:test", "digits[:9]", "digits:test[0:5]", "digits[3:]",
                 "npz:own.npz", f"npz:{tmp_path}/own.npz[1:3]"):  # fmt: skip
        assert name_of(spec) == load(spec).name


def test_a_folder_with_parts_counts_wherever_it_lies(folder, tmp_path, monkeypatch):
    """The stored sweep keeps the last name of a path only, which need not be found from here."""
    run, _ = SWEEP.runs()
    monkeypatch.chdir(tmp_path)
    asked = dataclasses.replace(SWEEP.evaluation, dataset="folder:own[:20]")
    leave_trained(run, folder.run(run))
    found = evaluated(dataclasses.replace(SWEEP, evaluation=asked), run, folder.run(run))
    for name, share in (("folder:own:train[:20]", 1.0), ("folder:own:test[:20]", 0.9)):
        found["dataset"] = name
        folder.run(run).evaluation.write_text(json.dumps(found))
        assert standing(run, folder.run(run), asked).share == share


def test_names_of_extractors_are_the_same_as_when_they_are_made(monkeypatch):
    for name in ("weights_file", "read_weights", "check_complete", "compile_forward"):
        monkeypatch.setattr(extractors, name, lambda *_: Path("x"))
    monkeypatch.setattr(extractors, "weights_hash", lambda *_: "0")
    for spec in ("inception-2015", "inception-2015:768", "keras-inception", "digits-classifier"):
        assert extractor_name(spec, SHAPE) == extractors.extractor(spec).name
    assert extractor_name("", (28, 28, 1)) == "digits-classifier"
    assert extractor_name("", (32, 32, 3)) is None


@pytest.fixture
def before(tmp_path):
    shutil.copytree(BEFORE, tmp_path / "before")
    return SweepFolder(tmp_path / "before")


def test_a_sweep_of_an_earlier_version_keeps_its_state(before):
    kept = before.outcomes / "dataset-digits-60--535ea734_timesteps-1_seed-0.json"
    outcome = json.loads(kept.read_text())["measured"]
    for is_kept in (True, False):  # its folder alone gives the same state
        status = before.status()
        assert [name.split("_")[1] for name in status.finished] == ["timesteps-1", "timesteps-2"]
        assert all("goes beyond the end" in why for why in status.failed.values())
        assert (len(status.failed), status.waiting, status.now) == (2, [], None)
        table = read_results(before.results)
        before.write_results(read_sweep(before.spec))
        assert read_results(before.results) == table  # now with columns of newer measures
        row = read_results(before.results)[0]
        assert {name: row[name] for name in outcome} == outcome
        if is_kept:
            kept.unlink()


def test_a_sweep_of_an_earlier_version_can_be_continued(before, monkeypatch):
    """Finished runs are kept, failed runs are tried again, and new runs are added."""
    sweep, done = read_sweep(before.spec), []
    monkeypatch.setattr(one_run, "_evaluate", lambda job, run, target: leave_evaluated(
        job.sweep, run, target))  # fmt: skip
    monkeypatch.setattr(
        one_run,
        "train_run",
        lambda job, run, target: [done.append(run), leave_trained(run, target)],
    )
    more = dataclasses.replace(sweep, seeds=(0, 1))
    result = run_sweep(more, before.path, progress=False)
    assert (result.finished, result.failed) == (8, {})
    assert len(done) == 6
    assert all(run.training.seed == 1 or "9999" in run.name for run in done)
    assert len(list(before.outcomes.iterdir())) == 2  # of the runs that were already finished
    assert not (before.path / "progress.json").exists()
    other = dataclasses.replace(
        sweep, evaluation=dataclasses.replace(sweep.evaluation, seed=5), seeds=(0,)
    )
    assert len(before.standings(other)) == 4
    assert not any(one.row for one in before.standings(other).values())
