"""Training with faults: an old run is only replaced by a new one, and kills are recovered from."""

import contextlib
import dataclasses
import json
import os
import resource
import shutil
import time

import numpy as np
import pytest
from faults import FULL, Killed, fault_at

from keras_draw import load
from keras_draw.config import Architecture, TrainConfig
from keras_draw.models.draw import DRAW
from keras_draw.training.callbacks import Keeper, Samples
from keras_draw.training.runs import RunFolder, read_json
from keras_draw.training.train import Interrupted, resume, train

TINY = Architecture(timesteps=1, latent_dim=2, hidden_dim=4)
SHORT = TrainConfig(
    dataset="digits:train[:48]", validation=0.25, epochs=2, batch_size=18, sample_every=1,
    ema_momentum=0.5,
)  # fmt: skip


def content(run):
    names = ("best.weights.h5", "checkpoint.npz", "history.csv", "samples/epoch-0002.png")
    return {name: (run / name).read_bytes() for name in names}


def everything(run):
    return {p: p.read_bytes() for p in run.rglob("*") if p.is_file() and p.name != "lock"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    run = tmp_path_factory.mktemp("runs") / "whole"
    train(TINY, SHORT, run_dir=run, progress=False)
    return run


@pytest.fixture
def run(whole, tmp_path):
    return shutil.copytree(whole, tmp_path / "run")


def test_an_old_run_stays_until_the_first_step_of_the_new_one(run, monkeypatch):
    before = everything(run)
    asked = dataclasses.replace(SHORT, seed=1)

    def fails(error):
        def fit(self, *args, **options):
            raise error

        return fit

    for error, seen in [
        (KeyboardInterrupt(), (Interrupted, "is unchanged")),
        (MemoryError("full"), (MemoryError, "full")),
        (OSError(FULL, "No space left"), (OSError, "No space left")),
    ]:
        monkeypatch.setattr(DRAW, "fit", fails(error))
        with pytest.raises(seen[0], match=seen[1]):
            train(TINY, asked, run_dir=run, overwrite=True, progress=False)
        assert everything(run) == before
    monkeypatch.undo()
    for missing in ("digits:train[:0]", "folder:nowhere"):
        with pytest.raises((ValueError, FileNotFoundError)):
            train(TINY, dataclasses.replace(asked, dataset=missing), run_dir=run, overwrite=True)
        assert everything(run) == before
    plain = Keeper.on_train_batch_end

    def diverges(self, batch, logs=None):
        plain(self, batch, {"loss": np.nan})

    monkeypatch.setattr(Keeper, "on_train_batch_end", diverges)
    with pytest.raises(ArithmeticError):
        train(TINY, asked, run_dir=run, overwrite=True, progress=False)
    assert everything(run) == before


def test_what_a_kill_left_undone_is_made_good(whole, run, monkeypatch):
    # Killed before the last grid was drawn and the final network was written.
    before = content(whole)
    (run / "samples" / "epoch-0002.png").unlink()
    (run / "model.keras").unlink()
    provenance = read_json(run / "provenance.json")
    sha = provenance.pop("data")["train"]["sha256"]
    for left in ({}, provenance):
        (run / "provenance.json").unlink()
        if left:
            (run / "provenance.json").write_text(json.dumps(left))
        resume(run, progress=False)
        found = read_json(run / "provenance.json")
        assert found["data"]["train"]["sha256"] == sha
        assert found["epochs"] == 2
        assert content(run) == before
    assert found["started"] == provenance["started"]
    assert load(run / "model.keras").generate(2).shape == (2, 8, 8, 1)

    def killed(self, epoch, logs=None):
        raise Killed

    shutil.rmtree(run)
    monkeypatch.setattr(Samples, "on_epoch_end", killed)
    with pytest.raises(Killed):
        train(TINY, SHORT, run_dir=run, progress=False)
    monkeypatch.undo()
    assert not (run / "samples").exists()
    resume(run, progress=False)
    assert len(os.listdir(run / "samples")) == 2
    assert content(run) == before


def test_what_cannot_end_well_is_refused_at_the_start(whole, run, monkeypatch):
    def never(self, *args, **options):
        raise AssertionError("it trained")

    monkeypatch.setattr(DRAW, "fit", never)
    longer = RunFolder(run).read_config()
    longer = longer._replace(training=dataclasses.replace(SHORT, epochs=4))

    def refused(sentence, error=ValueError):
        with pytest.raises(error, match=sentence):
            resume(run, config=longer, progress=False)

    stored = json.loads((run / "config.json").read_text())
    other = {**stored, "model": {**stored["model"], "kl_weight": 0.5}}
    (run / "config.json").write_text(json.dumps(other))
    with pytest.raises(ValueError, match=r"a different configuration: kl_weight was 1.0, not 0.5"):
        resume(run, progress=False)
    (run / "config.json").write_text(json.dumps(stored))
    for file, damaged, sentence in [
        ("provenance.json", b"{", "To go on, remove the file"),
        ("provenance.json", b'{"seconds": "long"}', "To go on, remove the file"),
        ("best.weights.h5", b"", "is missing or damaged; restore it"),
        ("checkpoint.npz", b"PK", "damaged"),
    ]:
        good = (run / file).read_bytes()
        (run / file).write_bytes(damaged)
        refused(sentence)
        (run / file).write_bytes(good)
    assert json.loads((run / "config.json").read_text()) == stored
    precious = run.parent / "precious"
    precious.write_text("precious")
    for name in ("lock", "samples"):
        moved = (run / name).rename(run.parent / name)
        (run / name).symlink_to(precious)
        refused("is a link", FileExistsError)
        (run / name).unlink()
        moved.rename(run / name)
    assert precious.read_text() == "precious"


def test_every_file_of_a_run_from_elsewhere_may_be_a_link(whole, run):
    before = everything(whole)
    for path in before:
        if path.parent == whole:
            (run / path.name).unlink()
            (run / path.name).symlink_to(path)
    longer = RunFolder(run).read_config()
    resume(run, config=longer._replace(training=dataclasses.replace(SHORT, epochs=3)))
    assert everything(whole) == before
    assert not (run / "history.csv").is_symlink()


def test_a_wrong_clock_loses_no_network(tmp_path, monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 0.0)
    train(TINY, dataclasses.replace(SHORT, epochs=1), run_dir=tmp_path / "run", progress=False)
    monkeypatch.undo()
    assert load(tmp_path / "run" / "model.keras").generate(1).shape == (1, 8, 8, 1)


def test_no_file_but_the_configuration_names_a_place(tmp_path):
    np.savez(tmp_path / "mine.npz", x=np.zeros((40, 8, 8, 1)))
    config = dataclasses.replace(SHORT, dataset=f"npz:{tmp_path}/mine.npz", epochs=1)
    run = tmp_path / "run"
    train(TINY, config, run_dir=run, progress=False)
    for path, found in everything(run).items():
        assert (str(tmp_path).encode() in found) == (path.name == "config.json"), path


@pytest.mark.slow
def test_a_disk_of_any_size_ends_in_a_sentence_and_goes_on_when_there_is_room(whole, tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    run = tmp_path / "run"
    for size in (0, 500, 1000, 2000, 4000, 8000, 10_000, 12_000, 20_000):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
        try:
            with pytest.raises(OSError, match="File too large"):
                resume(run, progress=False) if RunFolder(run).exists else train(
                    TINY, SHORT, run_dir=run, progress=False
                )
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert not list(run.rglob(".writing-*"))
    resume(run, progress=False)
    assert content(run) == content(whole)


@pytest.mark.slow
@pytest.mark.parametrize("number", [FULL, None])
def test_overwriting_with_a_fault_at_any_operation_loses_neither_run(
    whole, tmp_path, number, monkeypatch
):
    """Afterwards there is the old run or the new one, each byte-identical to an undisturbed run."""
    asked = dataclasses.replace(SHORT, seed=1)
    new = tmp_path / "new"
    train(TINY, asked, run_dir=new, progress=False)
    before, sooner = content(whole), 0
    for k in range(0, 200, 5):  # every single call at the start is tried in test_runs
        run = shutil.copytree(whole, tmp_path / "run")
        with fault_at(k, run, number) as seen:
            with contextlib.suppress(OSError, Killed):
                train(TINY, asked, run_dir=run, overwrite=True, progress=False)
            reached = len(seen) > k
        is_old = RunFolder(run).read_config().training.seed == 0
        sooner += is_old
        resume(run, progress=False)
        assert content(run) == (before if is_old else content(new))
        assert not list(run.rglob(".writing-*"))
        shutil.rmtree(run)
        if not reached:
            break
    assert sooner
    assert k > 40
