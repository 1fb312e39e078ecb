"""Running sweeps: complete, killed, failing and growing ones, and folders that are refused."""

import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from leaving import leave_evaluated, leave_trained

from keras_draw import cli
from keras_draw.evaluation import run_evaluation
from keras_draw.sweeps import one_run, sweeping
from keras_draw.sweeps.folder import SweepFolder, failed, in_words
from keras_draw.sweeps.progress import SweepProgress
from keras_draw.sweeps.spec import Sweep, SweepEvaluation
from keras_draw.sweeps.sweeping import run_sweep
from keras_draw.sweeps.table import TIMING, read_results
from keras_draw.training.callbacks import Keeper
from keras_draw.training.runs import RunFolder
from keras_draw.training.train import Interrupted

SMALL = Sweep(
    recipe="demo",
    changes={
        "dataset": "digits[:100]", "conditional": False, "hidden_dim": 4, "epochs": 2,
        "batch_size": 64, "ema_momentum": 0.5,
    },
    vary={"timesteps": [1, 2]},
    total_latents=2,
    evaluation=SweepEvaluation(dataset="digits:test[:50]"),
)  # fmt: skip


def table(out):
    """The rows without timing."""
    rows = read_results(out / "results.csv")
    return [{k: v for k, v in row.items() if k not in TIMING} for row in rows]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    out = tmp_path_factory.mktemp("sweeps") / "undisturbed"
    return out, run_sweep(SMALL, out, progress=False)


@pytest.fixture
def pretended(monkeypatch):
    """Pretend to execute runs, without training. Gives the names of the executed runs."""
    done = []

    def train(job, run, target):
        if "timesteps-7" in run.name:
            raise RuntimeError("The machine\nis on fire.")
        leave_trained(run, target)
        done.append(run.name)

    def evaluate(job, run, target):
        leave_evaluated(job.sweep, run, target, fid=float(job.sweep.evaluation.seed))

    monkeypatch.setattr(one_run, "train_run", train)
    monkeypatch.setattr(one_run, "_evaluate", evaluate)
    return done


def with_values(sweep, **fields):
    return dataclasses.replace(sweep, **fields)


def test_a_sweep_writes_a_table_and_its_runs(undisturbed):
    out, result = undisturbed
    assert (result.finished, result.failed) == (2, {})
    rows = read_results(result.results)
    assert [row["run"] for row in rows] == ["timesteps-1_seed-0", "timesteps-2_seed-0"]
    assert [row["latent_dim"] for row in rows] == [2, 1]
    for row in rows:
        run = RunFolder(out / "runs" / row["run"])
        found = json.loads(run.evaluation.read_text())
        assert row["reconstruction_nats_per_image"] == found["reconstruction"]
        assert row["cross_entropy_nats_per_pixel"] == found["cross_entropy_per_timestep"][-1]
        assert row["inactive_variables"] == found["inactive_variables"]
        assert row["latent_variables"] == 2
        assert (row["evaluated_on"], row["evaluated_images"]) == ("digits:test[:50]", 50)
        assert (row["status"], row["reason"], row["fid"]) == ("finished", None, None)
        assert row["training_seconds"] > 0
        assert run.read_config().training.epochs == 2


def test_finished_runs_are_not_executed_again(undisturbed, monkeypatch):
    out, result = undisturbed
    before = (out / "results.csv").read_bytes()
    monkeypatch.setattr(sweeping, "do", None)
    assert run_sweep(SMALL, out, progress=False) == result
    assert (out / "results.csv").read_bytes() == before


def test_killed_at_random_points_the_table_is_the_same(undisturbed, tmp_path, monkeypatch):
    """Killed at different events: a step, an epoch's end, a part of evaluation, a stored result."""
    events = {"left": 0, "seen": []}

    def breaking(owner, name):
        whole = getattr(owner, name)

        def broken(*args, **kwargs):
            found = whole(*args, **kwargs)
            events["seen"].append(name)
            events["left"] -= 1
            if events["left"] == 0:
                raise KeyboardInterrupt
            return found

        monkeypatch.setattr(owner, name, broken)

    breaking(Keeper, "on_train_batch_end")
    breaking(Keeper, "on_epoch_end")
    breaking(run_evaluation._Keeper, "keep")
    breaking(SweepProgress, "begin")
    breaking(SweepFolder, "keep")
    out, stopped_at = tmp_path / "killed", set()
    random = np.random.default_rng(1)
    for left in random.permutation([2, 4, 6, 9]):
        events.update(left=int(left), seen=[])
        with pytest.raises(Interrupted, match=r"of 2 runs are finished. Continue with: keras-draw"):
            run_sweep(SMALL, out, progress=False)
        stopped_at.add(events["seen"][-1])
        assert not list(out.rglob(".writing-*"))
        if RunFolder(out / "runs" / "timesteps-2_seed-0").model.exists():
            break
    assert len(stopped_at) > 1
    events.update(left=0)
    run_sweep(SMALL, out, progress=False)
    assert table(out) == table(undisturbed[0])


def test_a_failed_run_is_stored_with_its_reason_and_does_not_stop_others(
    tmp_path, pretended, capsys
):
    out = tmp_path / "out"
    sweep = with_values(SMALL, vary={"timesteps": [1, 7, 2]}, total_latents=14)
    result = run_sweep(sweep, out)
    assert pretended == ["timesteps-1_seed-0", "timesteps-2_seed-0"]
    assert result.finished == 2
    assert result.failed == {"timesteps-7_seed-0": "The machine is on fire."}
    said = capsys.readouterr().err
    assert "timesteps-7_seed-0: failed: The machine is on fire." in said
    assert "run 3 of 3, timesteps-2_seed-0" in said
    rows = read_results(result.results)
    assert [row["status"] for row in rows] == ["finished", "failed", "finished"]
    assert rows[1]["reason"] == "The machine is on fire."
    assert (rows[1]["timesteps"], rows[1]["fid"]) == (7, None)
    kept = json.loads((out / "outcomes" / "timesteps-7_seed-0.json").read_text())
    assert "RuntimeError: The machine" in kept["traceback"]
    run_sweep(sweep, out, progress=False)  # tries only this run again
    assert pretended == ["timesteps-1_seed-0", "timesteps-2_seed-0"]


def test_added_values_and_seeds_execute_only_new_runs(tmp_path, pretended):
    out = tmp_path / "out"
    run_sweep(SMALL, out, progress=False)
    pretended.clear()
    more = with_values(SMALL, vary={"timesteps": [1, 2]}, seeds=(0, 1))
    run_sweep(more, out, progress=False)
    assert pretended == ["timesteps-1_seed-1", "timesteps-2_seed-1"]
    assert len(read_results(out / "results.csv")) == 4
    pretended.clear()
    fewer = with_values(SMALL, vary={"timesteps": [2]})
    run_sweep(fewer, out, progress=False)
    assert pretended == []
    assert [row["run"] for row in table(out)] == ["timesteps-2_seed-0"]
    run_sweep(more, out, progress=False)
    assert pretended == []
    assert len(table(out)) == 4


def test_a_changed_evaluation_is_repeated_for_every_run(tmp_path, pretended):
    out = tmp_path / "out"
    run_sweep(SMALL, out, progress=False)
    other = with_values(SMALL, evaluation=dataclasses.replace(SMALL.evaluation, seed=4))
    run_sweep(other, out, progress=False)
    assert [row["fid"] for row in table(out)] == [4, 4]


def test_a_finished_run_needs_no_checkpoint_to_be_measured_again(
    undisturbed, tmp_path, monkeypatch
):
    out = tmp_path / "out"
    shutil.copytree(undisturbed[0], out)
    (out / "runs" / "timesteps-2_seed-0" / "checkpoint.npz").unlink()
    monkeypatch.setattr(one_run, "resume", None)
    evaluation = SweepEvaluation(dataset="digits:test[:30]")
    run_sweep(with_values(SMALL, vary={"timesteps": [2]}, evaluation=evaluation), out)
    (row,) = table(out)
    assert (row["status"], row["evaluated_images"]) == ("finished", 30)


def test_unsuitable_folders_are_refused(undisturbed, tmp_path, monkeypatch):
    out, _ = undisturbed
    other = with_values(SMALL, changes={**SMALL.changes, "epochs": 3})
    with pytest.raises(ValueError, match=r"a different sweep: changes\['epochs'\] was 2, not 3"):
        run_sweep(other, out)
    with pytest.raises(FileExistsError, match="holds other files"):
        run_sweep(SMALL, out / "runs" / "timesteps-1_seed-0")
    (tmp_path / "file").touch()
    with pytest.raises(FileExistsError, match="is a file"):
        run_sweep(SMALL, tmp_path / "file")
    with SweepFolder(out).locked(), pytest.raises(BlockingIOError, match="another process"):
        run_sweep(SMALL, out)
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere
    with pytest.raises(PermissionError, match="cannot be written to; choose another folder"):
        run_sweep(SMALL, tmp_path / "there")
    assert list((tmp_path / "there").iterdir()) == []


def test_errors_that_would_fail_every_run_are_refused_immediately(tmp_path):
    for change, error in (
        ({"changes": {**SMALL.changes, "dataset": "mnist"}}, "mnist was not found"),
        ({"changes": {**SMALL.changes, "dataset": "digits[:9999]"}}, "goes beyond the end"),
        ({"evaluation": SweepEvaluation(extractor="inceptoin-2015")}, "did you mean"),
        ({"evaluation": SweepEvaluation(extractor="inception-2015")}, "There are no weights"),
        ({"evaluation": SweepEvaluation(dataset="digitz")}, "did you mean 'digits'"),
    ):
        with pytest.raises((ValueError, FileNotFoundError), match=error):
            run_sweep(with_values(SMALL, **change), tmp_path / "out")
        assert not (tmp_path / "out" / "sweep.json").exists()


def test_a_run_whose_images_are_missing_fails_without_the_others(tmp_path):
    out = tmp_path / "out"
    datasets = ["digits[:9999]", "mnist"]
    sweep = Sweep(recipe="demo", changes={"epochs": 1}, vary={"dataset": datasets})
    failed = list(run_sweep(sweep, out, progress=False).failed.values())
    assert "goes beyond the end" in failed[0]
    assert "mnist was not found" in failed[1]


def test_damaged_outcomes_are_reported(tmp_path, pretended):
    out = tmp_path / "out"
    sweep = with_values(SMALL, vary={"timesteps": [1, 7]}, total_latents=14)
    run_sweep(sweep, out, progress=False)
    path = out / "outcomes" / "timesteps-7_seed-0.json"
    for content, said in (("{", "is not JSON"), ('{"status": "fine"}', "is damaged: it holds")):
        path.write_text(content)
        with pytest.raises(ValueError, match=said):
            run_sweep(sweep, out, progress=False)
    path.unlink()
    assert list(run_sweep(sweep, out, progress=False).failed) == ["timesteps-7_seed-0"]
    assert pretended == ["timesteps-1_seed-0"]


def test_a_run_whose_folder_is_removed_is_executed_again(tmp_path, pretended):
    out = tmp_path / "out"
    run_sweep(SMALL, out, progress=False)
    shutil.rmtree(out / "runs" / "timesteps-1_seed-0")
    assert SweepFolder(out).status().waiting == ["timesteps-1_seed-0"]
    run_sweep(SMALL, out, progress=False)
    assert pretended[2:] == ["timesteps-1_seed-0"]


def test_a_run_that_finishes_after_a_failure_is_no_longer_failed(tmp_path, pretended):
    out, folder = tmp_path / "out", SweepFolder(tmp_path / "out")
    first, _ = SMALL.runs()
    folder.create()
    folder.write_spec(SMALL)
    folder.keep(first, failed(ValueError("No images.")))
    assert folder.status().failed == {first.name: "No images."}
    run_sweep(SMALL, out, progress=False)
    assert folder.status().failed == {}
    assert list(folder.outcomes.iterdir()) == []
    assert [row["status"] for row in table(out)] == ["finished", "finished"]


def test_a_damaged_evaluation_fails_only_its_own_run(undisturbed, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(undisturbed[0], out)
    path = out / "runs" / "timesteps-2_seed-0" / "evaluation.json"
    whole = path.read_bytes()
    path.write_text("{")
    assert SweepFolder(out).status().waiting == ["timesteps-2_seed-0"]
    result = run_sweep(SMALL, out, progress=False)
    assert result.finished == 1
    assert "evaluation.json is damaged: it is not JSON" in result.failed["timesteps-2_seed-0"]
    path.unlink()
    assert run_sweep(SMALL, out, progress=False).failed == {}
    again, before = json.loads(path.read_bytes()), json.loads(whole)
    assert again.pop("measured") != before.pop("measured")
    assert again == before  # measured again, with the same weights


def test_a_damaged_file_does_not_cause_trained_weights_to_be_trained_again(undisturbed, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(undisturbed[0], out)
    target = RunFolder(out / "runs" / "timesteps-2_seed-0")
    target.checkpoint.unlink()
    weights = target.best.read_bytes()
    target.history.write_text("epoch,loss\n1,low\n")  # the other files show that it is finished
    assert len(SweepFolder(out).status().finished) == 2
    target.provenance.write_text("{")
    (reason,) = run_sweep(SMALL, out, progress=False).failed.values()
    assert "provenance.json is damaged" in reason
    assert target.best.read_bytes() == weights


def test_the_status_seen_by_another_process(tmp_path, pretended):
    out = tmp_path / "out"
    sweep = with_values(SMALL, vary={"timesteps": [1, 7]}, total_latents=14)
    with pytest.raises(FileNotFoundError, match="is not a sweep"):
        SweepFolder(out).status()
    run_sweep(sweep, out, progress=False)
    folder = SweepFolder(out)
    folder.write_spec(with_values(sweep, seeds=(0, 1)))
    status = folder.status()
    assert status.finished == ["timesteps-1_seed-0"]
    assert list(status.failed) == ["timesteps-7_seed-0"]
    assert status.waiting == ["timesteps-1_seed-1", "timesteps-7_seed-1"]
    assert (status.running, status.now) == (False, None)
    run = SweepFolder(out).run(with_values(sweep, seeds=(0, 1)).runs()[1])
    with folder.locked():
        assert folder.status().running
        assert folder.status().now.at_work == {}
        run.path.mkdir()
        with run.locked():
            assert folder.status().now.at_work == {"timesteps-1_seed-1": "starting"}
            assert folder.status().waiting[0] == "timesteps-1_seed-1"
    assert folder.status().now is None
    with run.locked():  # resumed by hand
        assert folder.status().now.at_work == {"timesteps-1_seed-1": "starting"}
        assert not folder.status().running


def test_durations_in_words():
    assert [in_words(s) for s in (3, 600, 7300)] == [
        "about 3 seconds", "about 10 minutes", "about 2 hours 2 minutes",
    ]  # fmt: skip


def test_the_sweep_commands(tmp_path, pretended, capsys):
    spec, out = tmp_path / "spec.json", tmp_path / "out"
    sweep = with_values(SMALL, vary={"timesteps": [1, 7]}, total_latents=14)
    spec.write_text(json.dumps(sweep.to_json()))
    with pytest.raises(SystemExit) as stopped:
        cli.main(["sweep", "run", str(spec), "--out", str(out), "--json"])
    assert stopped.value.code == 1  # a run failed
    found = capsys.readouterr()
    assert json.loads(found.out)["finished"] == 1
    assert "failed: timesteps-7_seed-0: The machine is on fire." in found.err
    cli.main(["sweep", "status", str(out), "--json"])
    found = capsys.readouterr()
    assert json.loads(found.out)["failed"] == {"timesteps-7_seed-0": "The machine is on fire."}
    assert "1 of 2 runs finished, 1 failed, 0 to do." in found.err
    (out / "runs" / "timesteps-1_seed-0" / "evaluation.json").unlink()
    cli.main(["sweep", "status", str(out)])
    assert f"keras-draw sweep run {out / 'sweep.json'} --out {out}" in capsys.readouterr().err
    none = tmp_path / "none"  # `sweep SPEC` is `sweep run SPEC`
    for words in (["run", none, "--out", out], [none, "--out", out], ["status", none]):
        with pytest.raises(SystemExit) as stopped:
            cli.main(["sweep", *map(str, words)])
        assert stopped.value.code == 2
        assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.slow
def test_a_killed_process_changes_nothing_in_the_table(undisturbed, tmp_path):
    spec, out = tmp_path / "spec.json", tmp_path / "out"
    spec.write_text(json.dumps(SMALL.to_json()))
    words = ["sweep", "run", str(spec), "--out", str(out)]
    script = f"from keras_draw import cli; cli.main({words!r})"
    random = np.random.default_rng(0)
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGKILL):
        process = subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE)
        while not (out / "results.csv").exists() and process.poll() is None:
            time.sleep(0.05)
        time.sleep(random.uniform(0, 6))
        process.send_signal(number)
        process.communicate()
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    assert table(out) == table(undisturbed[0])
