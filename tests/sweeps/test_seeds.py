"""Runs that differ only in their seed, trained together: against the same runs one by one."""

import csv
import dataclasses
import os
import signal
import time

import numpy as np
import pytest

from keras_draw import load
from keras_draw.evaluation.record import Evaluation
from keras_draw.sweeps import seeds
from keras_draw.sweeps.folder import SweepFolder
from keras_draw.sweeps.spec import Sweep, SweepEvaluation
from keras_draw.sweeps.sweeping import run_sweep
from keras_draw.training.callbacks import Keeper
from keras_draw.training.in_step import in_step
from keras_draw.training.runs import read_json
from keras_draw.training.train import Interrupted

SMALL = Sweep(
    recipe="demo",
    changes={
        "dataset": "digits[:100]", "hidden_dim": 4, "epochs": 3, "batch_size": 32,
        "ema_momentum": 0.5, "sample_every": 2, "timesteps": 2, "latent_dim": 2,
    },
    seeds=(0, 1),
    evaluation=SweepEvaluation(dataset="digits:test[:50]"),
)  # fmt: skip


@pytest.fixture(scope="module")
def one_by_one(tmp_path_factory):
    return swept(tmp_path_factory.mktemp("one") / "by-one")


def swept(out, sweep=SMALL, **options):
    result = run_sweep(sweep, out, progress=False, **options)
    assert result.failed == {}
    return SweepFolder(out)


def history(run):
    with run.history.open() as file:
        return [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]


def assert_same_runs(found, expected, sweep=SMALL):
    """What two sweeps left, to rounding."""
    for run in sweep.runs():
        here, there = found.run(run), expected.run(run)
        assert here.read_config() == there.read_config()
        assert len(history(here)) == len(history(there))
        for row, other in zip(history(here), history(there), strict=True):
            assert row == pytest.approx(other, rel=1e-4)
        pair = [load(folder.path).get_weights() for folder in (here, there)]
        for weight, other in zip(*pair, strict=True):
            np.testing.assert_allclose(weight, other, rtol=1e-3, atol=1e-5)
        measured, other = (Evaluation.read(folder.evaluation) for folder in (here, there))
        assert measured.keys() == other.keys()
        assert measured["elbo"] == pytest.approx(other["elbo"], rel=1e-4)
        assert {p.name for p in here.path.rglob("*")} == {p.name for p in there.path.rglob("*")}


def test_runs_are_what_they_are_alone(tmp_path, one_by_one, monkeypatch):
    groups = []
    monkeypatch.setattr(seeds, "in_step", lambda some: groups.append(len(some)) or in_step(some))
    together = swept(tmp_path / "together", seeds_together=True)
    assert groups == [2]
    assert_same_runs(together, one_by_one)
    for run in SMALL.runs():
        said = read_json(together.run(run).provenance)
        assert said["trained_together"] == [run.name for run in SMALL.runs()]
        alone = read_json(one_by_one.run(run).provenance)
        assert said.keys() - alone.keys() == {"trained_together"}
    first, second = (history(together.run(run))[0]["loss"] for run in SMALL.runs())
    assert first != second


def test_stopped_and_gone_on_with_it_is_the_same(tmp_path, one_by_one, monkeypatch):
    out, whole, ended = tmp_path / "stopped", Keeper.on_epoch_end, []

    def stopping(self, epoch, logs=None):
        whole(self, epoch, logs)
        ended.append(epoch)
        if ended == [0, 0]:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(1)  # until it is heard

    monkeypatch.setattr(Keeper, "on_epoch_end", stopping)
    with pytest.raises(Interrupted, match=r"0 of 2 runs are finished.*--seeds-together"):
        swept(out, seeds_together=True)
    monkeypatch.undo()
    reached = [len(history(SweepFolder(out).run(run))) for run in SMALL.runs()]
    assert all(1 <= epochs < 3 for epochs in reached)
    assert_same_runs(swept(out, seeds_together=True), one_by_one)


def test_one_that_is_further_than_the_other_goes_on_beside_it(tmp_path, one_by_one):
    out = tmp_path / "further"
    swept(out, dataclasses.replace(SMALL, seeds=(1,)))
    assert_same_runs(swept(out, seeds_together=True), one_by_one)


def test_one_that_fails_leaves_the_other_alone(tmp_path, one_by_one, monkeypatch):
    whole = Keeper.on_epoch_end

    def failing(self, epoch, logs=None):
        if self.run.path.name == "seed-1" and epoch == 1:
            raise OSError("The disk is full.")
        whole(self, epoch, logs)

    monkeypatch.setattr(Keeper, "on_epoch_end", failing)
    result = run_sweep(SMALL, tmp_path / "one", progress=False, seeds_together=True)
    assert (result.finished, result.failed) == (1, {"seed-1": "The disk is full."})
    first = SMALL.runs()[0]
    found = history(SweepFolder(tmp_path / "one").run(first))
    for row, other in zip(found, history(one_by_one.run(first)), strict=True):
        assert row == pytest.approx(other, rel=1e-4)


def test_only_runs_that_differ_in_nothing_but_their_seed_are_trained_together():
    sweep = dataclasses.replace(
        SMALL,
        changes={"dataset": "digits[:100]", "conditional": False},
        vary={"timesteps": [1, 2], "learning_rate": [1e-3, 2e-3]},
        seeds=(0, 1, 2),
    )
    groups = seeds._groups(sweep.runs())
    assert [len(group) for group in groups] == [3] * 4
    assert [run.training.seed for run in groups[0]] == [0, 1, 2]
    assert len({run.training.learning_rate for run in groups[0]}) == 1


def test_ray_and_together_are_refused(tmp_path):
    pytest.importorskip("ray")
    with pytest.raises(ValueError, match="in one process, but the executor ray starts"):
        run_sweep(SMALL, tmp_path / "no", executor="ray", seeds_together=True)
    assert not (tmp_path / "no").exists()
