"""Training in a run folder: its files, errors, and byte-identical results when resumed."""

import csv
import dataclasses
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import keras
import numpy as np
import pytest
from exact import content

from keras_draw import load
from keras_draw.config import Architecture, TrainConfig
from keras_draw.data import load_images
from keras_draw.training import checkpoint
from keras_draw.training import train as training_room
from keras_draw.training.callbacks import Diverged, Keeper
from keras_draw.training.runs import RunFolder
from keras_draw.training.train import Interrupted, resume, train

SMALL = Architecture(timesteps=2, latent_dim=2, hidden_dim=8, dynamic_binarization=True)
EVERYTHING = TrainConfig(
    dataset="digits:train[:160]",
    validation=0.2,
    epochs=4,
    batch_size=32,
    schedule="plateau",
    plateau_patience=1,
    ema_momentum=0.9,
    patience=3,
)
STEPS = 4  # 128 images in batches of 32


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    run = tmp_path_factory.mktemp("runs") / "undisturbed"
    result = train(SMALL, EVERYTHING, run_dir=run, conditional=True, progress=False)
    return run, result


def test_a_run_says_everything_about_itself(undisturbed):
    run, result = undisturbed
    stored = RunFolder(run).read_config()
    assert stored.training == EVERYTHING
    assert stored.model.timesteps == 2
    assert stored.model.num_classes == 10
    provenance = json.loads((run / "provenance.json").read_text())
    images = load_images("digits:train[:160]")
    assert provenance["data"]["train"]["images"] == 128
    assert len(provenance["data"]["train"]["sha256"]) == 64
    assert provenance["data"]["train"]["name"].startswith(images.name)
    assert provenance["versions"]["keras"] == keras.__version__
    assert provenance["seed"] == 0
    assert provenance["images_per_second"] > 0
    assert provenance["seconds"] > 0
    assert len(provenance["git_commit"] or "a" * 40) == 40
    assert result.epochs == 4
    assert result.loss == pytest.approx(result.reconstruction + result.kl, rel=1e-5)
    with (run / "history.csv").open() as source:
        rows = list(csv.DictReader(source))
    assert [row["epoch"] for row in rows] == ["1", "2", "3", "4"]
    assert float(rows[-1]["val_loss"]) == result.val_loss
    best = min(rows, key=lambda row: float(row["val_loss"]))
    assert int(best["epoch"]) == result.best_epoch


def test_the_time_spent_is_on_disk_after_every_epoch(tmp_path):
    run, found = tmp_path / "run", []

    class Look(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch:
                found.append(json.loads((run / "provenance.json").read_text()))

    begun = time.perf_counter()
    plain = dataclasses.replace(EVERYTHING, patience=0)
    result = train(SMALL, plain, run_dir=run, conditional=True, progress=False, callbacks=[Look()])
    spent = time.perf_counter() - begun
    assert [record["epochs"] for record in found] == [1, 2, 3]
    seconds = [record["seconds"] for record in found] + [result.seconds]
    # Each record is rounded to a tenth of a second.
    assert 0 < seconds[0] <= seconds[1] <= seconds[2] <= seconds[3] < spent + 0.5


def test_the_kept_network_is_the_averaged_best_one(undisturbed):
    run, _ = undisturbed
    model = load(run)
    np.testing.assert_array_equal(model.generate(5), load(run / "model.keras").generate(5))
    # With the best epoch's averages and other noise, the validation loss is about the same.
    data = training_room.load_training("digits:train[:160]", validation=0.2, seed=0).validation
    loss = -model.elbo(data.images, data.labels).elbo.mean()
    with (run / "history.csv").open() as source:
        best = min(float(row["val_loss"]) for row in csv.DictReader(source))
    assert loss == pytest.approx(best, abs=2.0)
    raw, _ = checkpoint_weights(run)
    assert not np.allclose(raw, np.asarray(model.trainable_weights[0].value))


def checkpoint_weights(run):
    found = np.load(run / "checkpoint.npz")
    return found["weights/0"], found


@pytest.mark.parametrize("step", [1, 6, 8, 15])
def test_interrupted_and_resumed_is_the_same_to_the_byte(undisturbed, tmp_path, monkeypatch, step):
    plain, seen = Keeper.on_train_batch_end, []

    def interrupt(self, batch, logs=None):
        seen.append(batch)
        if len(seen) == step:
            raise KeyboardInterrupt
        plain(self, batch, logs)

    monkeypatch.setattr(Keeper, "on_train_batch_end", interrupt)
    with pytest.raises(Interrupted, match="Continue with: keras-draw train --resume"):
        train(SMALL, EVERYTHING, run_dir=tmp_path / "run", conditional=True, progress=False)
    monkeypatch.undo()
    resume(tmp_path / "run", progress=False)
    assert content(tmp_path / "run") == content(undisturbed[0])


def test_more_epochs_later_are_the_same_to_the_byte(undisturbed, tmp_path):
    fewer = dataclasses.replace(EVERYTHING, epochs=2)
    train(SMALL, fewer, run_dir=tmp_path / "run", conditional=True, progress=False)
    config = RunFolder(tmp_path / "run").read_config()
    resume(tmp_path / "run", config=config._replace(training=EVERYTHING), progress=False)
    assert content(tmp_path / "run") == content(undisturbed[0])
    assert RunFolder(tmp_path / "run").read_config().training.epochs == 4


def test_muon_resumes_to_the_byte(tmp_path):
    config = dataclasses.replace(EVERYTHING, optimizer="muon", epochs=2)
    train(SMALL, config, run_dir=tmp_path / "whole", progress=False)
    train(SMALL, dataclasses.replace(config, epochs=1), run_dir=tmp_path / "run", progress=False)
    resume(tmp_path / "run", config=RunFolder(tmp_path / "whole").read_config(), progress=False)
    assert content(tmp_path / "run") == content(tmp_path / "whole")


def test_a_finished_run_resumes_to_itself(undisturbed, tmp_path):
    before = content(undisturbed[0])
    result = resume(undisturbed[0], progress=False)
    assert result.epochs == 4
    assert content(undisturbed[0]) == before


def test_early_stopping_stays_stopped(tmp_path):
    config = dataclasses.replace(EVERYTHING, learning_rate=1e-9, patience=1, epochs=30)
    result = train(SMALL, config, run_dir=tmp_path / "run", conditional=True, progress=False)
    assert result.epochs < 30
    again = resume(tmp_path / "run", progress=False)
    assert again.epochs == result.epochs
    before = content(tmp_path / "run")
    stored = RunFolder(tmp_path / "run").read_config()
    more = stored._replace(training=dataclasses.replace(stored.training, epochs=40))
    with pytest.raises(ValueError, match=r"stopped early after epoch \d+, .* --start-from "):
        resume(tmp_path / "run", config=more, progress=False)
    assert content(tmp_path / "run") == before


def test_a_run_without_its_checkpoint_does_not_start_anew(undisturbed, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(undisturbed[0], run)
    (run / "checkpoint.npz").unlink()
    before = {file.name: file.read_bytes() for file in run.iterdir()}
    with pytest.raises(ValueError, match=r"no checkpoint\.npz, .*restore .* --start-from"):
        resume(run, progress=False)
    assert {file.name: file.read_bytes() for file in run.iterdir()} == before


class Hasty(keras.callbacks.Callback):
    """Ends an epoch after two steps."""

    def on_train_batch_end(self, batch, logs=None):
        if batch == 1:
            self.model.stop_training = True


def test_an_epoch_that_a_callback_cuts_short_is_repeated(undisturbed, tmp_path):
    run = tmp_path / "run"
    settings = {"run_dir": run, "conditional": True, "progress": False}
    found = train(SMALL, EVERYTHING, callbacks=[Hasty()], **settings)
    assert found.epochs == 0
    assert np.isnan(found.loss)
    assert not (run / "checkpoint.npz").exists()
    resume(run, progress=False)
    assert content(run) == content(undisturbed[0])


def test_without_validation_the_weights_after_the_warm_up_are_kept(tmp_path):
    """While the weight of the KL rises, the training loss rises, and the early epochs look best."""
    config = dataclasses.replace(EVERYTHING, validation=0, patience=0, schedule="constant")
    rising = dataclasses.replace(SMALL, kl_warmup_steps=4 * STEPS)
    found = train(rising, config, run_dir=tmp_path / "run", progress=False)
    assert found.best_epoch == 4
    later = train(
        dataclasses.replace(SMALL, kl_warmup_steps=STEPS), config,
        run_dir=tmp_path / "later", progress=False,
    )  # fmt: skip
    with (tmp_path / "later" / "history.csv").open() as file:
        losses = [float(row["loss"]) for row in csv.DictReader(file)]
    assert later.best_epoch == 2 + int(np.argmin(losses[1:]))


def test_another_configuration_is_refused_with_the_fields_that_differ(undisturbed):
    stored = RunFolder(undisturbed[0]).read_config()
    other = stored._replace(
        model=dataclasses.replace(stored.model, timesteps=5),
        training=dataclasses.replace(stored.training, learning_rate=0.5, epochs=2),
    )
    with pytest.raises(ValueError) as refused:  # noqa: PT011
        resume(undisturbed[0], config=other)
    for text in (
        "timesteps was 2, not 5",
        "learning_rate was 0.001, not 0.5",
        "epochs was 4, not 2",
    ):
        assert text in str(refused.value)


@pytest.mark.parametrize(("momentum", "why"), [(0.9, "already adds one"), (0.0, "no averages")])
def test_a_second_swap_of_averages_is_refused(tmp_path, momentum, why):
    asked = dataclasses.replace(EVERYTHING, ema_momentum=momentum)
    swap = [keras.callbacks.SwapEMAWeights()]
    with pytest.raises(ValueError, match=f"SwapEMAWeights.*{why}"):
        train(SMALL, asked, run_dir=tmp_path / "run", progress=False, callbacks=swap)
    assert not (tmp_path / "run").exists()


def test_no_second_swap_of_averages_when_it_goes_on(undisturbed):
    run, _ = undisturbed
    before = content(run)
    with pytest.raises(ValueError, match="already adds one"):
        resume(run, progress=False, callbacks=[keras.callbacks.SwapEMAWeights()])
    assert content(run) == before


def test_changed_images_are_refused(tmp_path):
    images = np.random.default_rng(0).random((40, 6, 6, 1))
    np.savez(tmp_path / "mine.npz", x=images)
    config = TrainConfig(dataset=f"npz:{tmp_path / 'mine.npz'}", epochs=1, batch_size=20)
    train(SMALL, config, run_dir=tmp_path / "run", progress=False)
    np.savez(tmp_path / "mine.npz", x=images[::-1])
    with pytest.raises(ValueError, match="their checksum differs"):
        resume(tmp_path / "run", progress=False)
    stored = RunFolder(tmp_path / "run").read_config()
    np.savez(tmp_path / "moved.npz", x=images)

    def elsewhere(spec):
        return stored._replace(training=dataclasses.replace(config, dataset=spec, epochs=2))

    moved = f"npz:{tmp_path / 'moved.npz'}"
    for other in (f"{moved}[:30]", "digits"):
        with pytest.raises(ValueError, match="can only change to more epochs"):
            resume(tmp_path / "run", config=elsewhere(other), progress=False)
    assert resume(tmp_path / "run", config=elsewhere(moved), progress=False).epochs == 2
    assert RunFolder(tmp_path / "run").read_config().training.dataset == moved


def test_an_existing_run_is_not_overwritten_unasked(undisturbed, tmp_path):
    before = content(undisturbed[0])
    with pytest.raises(FileExistsError, match="already contains a run"):
        train(SMALL, EVERYTHING, run_dir=undisturbed[0], conditional=True, progress=False)
    (tmp_path / "thesis.txt").write_text("precious")
    for overwrite in (True, False):
        with pytest.raises(FileExistsError, match="contains other files"):
            train(SMALL, EVERYTHING, run_dir=tmp_path, overwrite=overwrite, progress=False)
    with pytest.raises(FileExistsError, match="is a file"):
        train(SMALL, EVERYTHING, run_dir=tmp_path / "thesis.txt", progress=False)
    assert (tmp_path / "thesis.txt").read_text() == "precious"
    assert content(undisturbed[0]) == before


def test_overwriting_replaces_the_run_and_nothing_else(tmp_path):
    short = dataclasses.replace(EVERYTHING, epochs=1, sample_every=1)
    train(SMALL, short, run_dir=tmp_path, progress=False)
    (tmp_path / "notes.txt").write_text("kept")
    (tmp_path / "evaluation.json").write_text("{}")  # of the replaced network
    assert (tmp_path / "samples" / "epoch-0001.png").exists()
    again = dataclasses.replace(short, sample_every=0)
    train(SMALL, again, run_dir=tmp_path, overwrite=True, progress=False)
    assert not (tmp_path / "samples").exists()
    assert not (tmp_path / "evaluation.json").exists()
    assert (tmp_path / "notes.txt").read_text() == "kept"


def test_a_condition_needs_labels(tmp_path):
    np.savez(tmp_path / "mine.npz", x=np.zeros((40, 6, 6, 1)))
    config = TrainConfig(dataset=f"npz:{tmp_path / 'mine.npz'}")
    with pytest.raises(ValueError, match="has no labels"):
        train(SMALL, config, run_dir=tmp_path / "run", conditional=True, progress=False)
    assert not (tmp_path / "run").exists()


def test_a_loss_that_is_no_number_stops_the_run_and_keeps_the_last_weights(tmp_path, monkeypatch):
    plain, seen = Keeper.on_train_batch_end, []

    def poison(self, batch, logs=None):
        seen.append(batch)
        plain(self, batch, {"loss": np.nan} if len(seen) == STEPS + 2 else logs)

    monkeypatch.setattr(Keeper, "on_train_batch_end", poison)
    with pytest.raises(Diverged) as stopped:
        train(SMALL, EVERYTHING, run_dir=tmp_path / "run", progress=False)
    assert "step 2 of epoch 2; the weights after epoch 1 are kept" in str(stopped.value)
    assert "Try a lower learning_rate" in str(stopped.value)
    assert np.isfinite(load(tmp_path / "run").generate(3)).all()
    monkeypatch.undo()
    resume(tmp_path / "run", progress=False)


def test_a_real_explosion_is_noticed(tmp_path):
    config = dataclasses.replace(EVERYTHING, learning_rate=1e30, clip_norm=0.0, ema_momentum=0.0)
    with pytest.raises(Diverged, match="became NaN or infinite"):
        train(SMALL, config, run_dir=tmp_path / "run", progress=False)


@pytest.mark.parametrize("validation", [0, 0.2])
def test_an_explosion_in_the_last_step_of_an_epoch_is_not_saved(tmp_path, monkeypatch, validation):
    """No later loss of the epoch shows it."""
    plain = Keeper.on_epoch_end

    def broken(self, epoch, logs=None):
        if epoch == 1:
            self.model.trainable_variables[0].assign(self.model.trainable_variables[0] * np.nan)
        plain(self, epoch, logs)

    monkeypatch.setattr(Keeper, "on_epoch_end", broken)
    config = dataclasses.replace(EVERYTHING, validation=validation, patience=0, schedule="constant")
    with pytest.raises(Diverged, match="at the end of epoch 2; the weights after epoch 1 are kept"):
        train(SMALL, config, run_dir=tmp_path / "run", progress=False)
    assert np.isfinite(load(tmp_path / "run").generate(3)).all()
    monkeypatch.undo()
    assert resume(tmp_path / "run", progress=False).epochs == 4


def test_a_validation_loss_that_is_not_finite_is_not_saved(tmp_path, monkeypatch):
    plain = Keeper.on_epoch_end
    monkeypatch.setattr(
        Keeper,
        "on_epoch_end",
        lambda self, epoch, logs: plain(self, epoch, logs | {"val_loss": np.inf}),
    )
    with pytest.raises(Diverged, match="val_loss became NaN or infinite at the end of epoch 1"):
        train(SMALL, EVERYTHING, run_dir=tmp_path / "run", progress=False)
    assert not (tmp_path / "run" / "best.weights.h5").exists()


def test_a_full_disk_leaves_the_checkpoint_before(undisturbed, tmp_path, monkeypatch):
    plain, whole = np.lib.format.write_array, []

    def full(member, array, **options):
        if whole:
            member.write(b"half")
            raise OSError(errno.ENOSPC, "No space left on device")
        plain(member, array, **options)
        if array.dtype == np.uint8:  # the last of the first checkpoint
            whole.append(member)

    monkeypatch.setattr(checkpoint.np.lib.format, "write_array", full)
    with pytest.raises(OSError, match=r"No space left.*checkpoint\.npz"):
        train(SMALL, EVERYTHING, run_dir=tmp_path / "run", conditional=True, progress=False)
    monkeypatch.undo()
    assert not list((tmp_path / "run").glob(".writing-*"))
    resume(tmp_path / "run", progress=False)
    assert content(tmp_path / "run") == content(undisturbed[0])


def test_what_a_killed_process_left_half_written_is_removed(undisturbed, tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    (run / ".writing-abc.npz").write_bytes(b"half")
    train(SMALL, EVERYTHING, run_dir=run, conditional=True, progress=False)
    (run / ".writing-def.npz").write_bytes(b"half")
    resume(run, progress=False)
    assert not list(run.glob(".writing-*"))
    assert content(run) == content(undisturbed[0])


SCRIPT = """
import signal, sys, time
# in the background of a script, SIGINT is ignored, and child processes inherit this
signal.signal(signal.SIGINT, signal.default_int_handler)
from keras_draw.config import Architecture, TrainConfig
from keras_draw.training import train as room
from keras_draw.training.callbacks import Keeper
plain = Keeper.on_train_batch_end
def slowly(self, batch, logs=None):
    plain(self, batch, logs)
    if self.progress.epoch == 1:
        print("training", flush=True)
        time.sleep(60)
Keeper.on_train_batch_end = slowly
architecture = Architecture(timesteps=2, latent_dim=2, hidden_dim=8, dynamic_binarization=True)
training = TrainConfig.from_json({training})
try:
    room.train(architecture, training, run_dir=sys.argv[1], conditional=True, progress=False)
except room.Interrupted as stopped:
    print(stopped, flush=True)
    sys.exit(130)
"""


def start(run):
    """A process in its second epoch."""
    script = SCRIPT.replace("{training}", repr(EVERYTHING.to_json()))
    process = subprocess.Popen(
        [sys.executable, "-c", script, run], stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    assert process.stdout.readline() == "training\n"
    return process


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_run_is_held_while_its_process_lives_and_goes_on_when_it_is_dead(
    undisturbed, tmp_path, number
):
    run = tmp_path / "run"
    process = start(run)
    try:
        with pytest.raises(BlockingIOError, match=f"another process \\(number {process.pid}\\)"):
            resume(run, progress=False)
        process.send_signal(number)
        said = process.communicate(timeout=60)[0]
    finally:
        process.kill()
        process.wait()
    if number == signal.SIGKILL:
        assert process.returncode == -signal.SIGKILL
    else:
        assert process.returncode == 130
        assert "1 epochs are saved. Continue with: keras-draw train --resume" in said
        assert (run / "model.keras").exists()
    resume(run, progress=False)
    assert content(run) == content(undisturbed[0])


KILLED = """
import sys
from keras_draw.config import Architecture, TrainConfig
from keras_draw.training import train as room
from keras_draw.training.runs import RunFolder
architecture = Architecture(timesteps=2, latent_dim=2, hidden_dim=8, dynamic_binarization=True)
training = TrainConfig.from_json({training})
run = sys.argv[1]
print("ready", flush=True)
if RunFolder(run).exists:
    room.resume(run, progress=False)
else:
    room.train(architecture, training, run_dir=run, conditional=True, progress=False)
"""


@pytest.mark.slow
def test_killed_at_six_random_times_it_is_the_same_to_the_byte(undisturbed, tmp_path):
    longer = dataclasses.replace(EVERYTHING, epochs=120, patience=100)
    train(SMALL, longer, run_dir=tmp_path / "whole", conditional=True, progress=False)
    script = KILLED.replace("{training}", repr(longer.to_json()))
    dice = np.random.default_rng(0)
    run = tmp_path / "killed"
    kills, reached = 0, set()
    for attempt in range(60):
        process = subprocess.Popen(
            [sys.executable, "-c", script, run], stdout=subprocess.PIPE, text=True
        )
        process.stdout.readline()
        begun = newest(run)
        # Half of the time, wait for a new checkpoint, to also hit the writing of the next one.
        while attempt % 2 and newest(run) == begun and process.poll() is None:
            time.sleep(0.002)
        time.sleep(dice.uniform(0, 0.25 if attempt % 2 else 2.0))
        if process.poll() is None:
            process.kill()
            kills += 1
        process.wait()
        process.stdout.close()
        if (run / "history.csv").exists():
            reached.add(len((run / "history.csv").read_text().splitlines()) - 1)
        if kills >= 6:
            if process.returncode != 0:
                resume(run, progress=False)
            break
    assert kills >= 6
    assert len(reached) >= 3, reached  # the kills happened in different epochs
    assert content(run) == content(tmp_path / "whole")


STALLED = """
import sys, time
from keras_draw import files
from keras_draw.training import checkpoint
room = {"checkpoint": checkpoint, "history": files, "best": files}
left = int(sys.argv[3])
plain = files.replacing
import contextlib
@contextlib.contextmanager
def stalling(path):
    global left
    with plain(path) as temporary:
        yield temporary
        left -= path.name.startswith(sys.argv[2])
        if left == 0:
            whole = temporary.read_bytes()
            temporary.write_bytes(whole[: len(whole) // 2])
            print("writing", flush=True)
            time.sleep(600)
room[sys.argv[2]].replacing = stalling
"""


@pytest.mark.slow
@pytest.mark.parametrize("file", ["checkpoint", "history", "best"])
def test_killed_while_a_file_is_being_written_it_is_the_same_to_the_byte(
    undisturbed, tmp_path, file
):
    script = STALLED + KILLED.replace("{training}", repr(EVERYTHING.to_json()))
    run = tmp_path / "run"
    for turn in ("1", "2", "1"):  # of the files of that name that this process writes
        before = newest(run)
        process = subprocess.Popen(
            [sys.executable, "-c", script, run, file, turn], stdout=subprocess.PIPE, text=True
        )
        with process:
            assert process.stdout.readline() == "ready\n"
            assert process.stdout.readline() == "writing\n"
            process.kill()
        assert len(list(run.glob(".writing-*"))) == 1
        if (file, turn) == ("checkpoint", "1"):
            assert newest(run) == before  # the previous one is unchanged
    resume(run, progress=False)
    assert not list(run.glob(".writing-*"))
    assert content(run) == content(undisturbed[0])


def newest(run):
    path = run / "checkpoint.npz"
    return path.stat().st_mtime_ns if path.exists() else 0


@pytest.mark.slow
@pytest.mark.parametrize("fields", [{"schedule": "cosine"}, {"precision": "mixed_bfloat16"}])
def test_other_configurations_go_on_exactly_too(tmp_path, monkeypatch, fields):
    config = dataclasses.replace(EVERYTHING, **fields)
    architecture = dataclasses.replace(SMALL, initial_canvas="learned", share_heads=False)
    train(architecture, config, run_dir=tmp_path / "whole", conditional=True, progress=False)
    plain, seen = Keeper.on_train_batch_end, []

    def interrupt(self, batch, logs=None):
        seen.append(batch)
        if len(seen) == 7:
            raise KeyboardInterrupt
        plain(self, batch, logs)

    monkeypatch.setattr(Keeper, "on_train_batch_end", interrupt)
    with pytest.raises(Interrupted):
        train(architecture, config, run_dir=tmp_path / "cut", conditional=True, progress=False)
    monkeypatch.undo()
    resume(tmp_path / "cut", progress=False)
    assert content(tmp_path / "cut") == content(tmp_path / "whole")
