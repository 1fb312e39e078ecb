"""Which executor does a sweep: what is refused, and what needs no Ray to be known."""

import json
import os
import platform
import sys

import pytest

from keras_draw import cli
from keras_draw.sweeps.executors import RayOptions, check_executor
from keras_draw.sweeps.folder import Now, SweepFolder, Told
from keras_draw.sweeps.progress import SweepProgress
from keras_draw.sweeps.spec import Sweep
from keras_draw.sweeps.sweeping import run_sweep

SWEEP = Sweep(recipe="demo", vary={"timesteps": [1, 2, 4]}, total_latents=8)


def test_without_ray_one_sentence_and_nothing_is_written(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ray", None)
    spec, out = tmp_path / "spec.json", tmp_path / "out"
    spec.write_text(json.dumps(SWEEP.to_json()))
    for words in (
        ["sweep", "run", str(spec), "--out", str(out), "--executor", "ray"],
        ["experiment", "fig-3.3", "--scale", "smoke", "--out", str(out), "--executor", "ray"],
    ):
        with pytest.raises(SystemExit) as stopped:
            cli.main(words)
        assert stopped.value.code == 2
        assert capsys.readouterr().err == (
            "keras-draw: ray is not installed; install it with: pip install 'keras-draw[ray]', or "
            "leave --executor local.\n"
        )
        assert not out.exists()


def test_options_that_make_no_sense_are_refused(tmp_path, capsys):
    for options, said in (
        ({"cpus_per_run": 0}, "cpus_per_run is 0; a run needs 1 or more"),
        ({"gpus_per_run": 2}, "gpus_per_run is 2; a run uses one GPU at most"),
        ({"gpus_per_run": -0.5}, "expected 0, 1, or a share"),
    ):
        with pytest.raises(ValueError, match=said):
            RayOptions(**options)
    with pytest.raises(ValueError, match="executor is 'rya'; did you mean 'ray'"):
        check_executor("rya", RayOptions())
    with pytest.raises(ValueError, match="are for the executor ray: add --executor ray"):
        run_sweep(SWEEP, tmp_path / "out", ray=RayOptions(cpus_per_run=2))
    with pytest.raises(SystemExit) as stopped:
        cli.main(["sweep", "run", "spec.json", "--out", str(tmp_path / "out"), "--cpus-per-run=-1"])
    assert stopped.value.code == 2
    assert "cpus_per_run is -1" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_several_runs_at_once_are_counted_together(tmp_path, monkeypatch):
    """Of T 1, 2 and 4 the work of an epoch is 3, 5 and 9; the demo has 20 epochs."""
    clock = [0.0]
    monkeypatch.setattr("time.perf_counter", lambda: clock[0])
    first, second, third = SWEEP.runs()
    epochs = first.training.epochs
    folder = SweepFolder(tmp_path)
    with SweepProgress(folder, [first, second, third], 3, show=False) as shown:
        for run in (first, second):
            shown.begin(run)
            shown.reached(run, 0.0, "training, epoch 1 of 2")
        clock[0] = 40
        shown.reached(first, 0.5, "training, epoch 2 of 2")
        assert shown.seconds_left == pytest.approx(40 / 1.5 * (1.5 + 5 + 9))
        shown.reached(second, 0.5, "training, epoch 2 of 2")
        assert shown.seconds_left == pytest.approx(40 / 4 * (1.5 + 2.5 + 9))
        assert shown.left == pytest.approx(epochs * (1.5 + 2.5 + 9))
        shown.reached(second, 0.25, "training, epoch 1 of 2")  # its worker was lost
        shown.reached(second, 0.5, "training, epoch 2 of 2")
        assert shown.left == pytest.approx(epochs * (1.5 + 2.5 + 9))
        shown.end(first, "finished")
        said = json.loads(folder.progress.read_text())
        assert Now(**said).at_work == {second.name: "training, epoch 2 of 2"}


def test_what_other_processes_tell_is_read_and_forgotten(tmp_path):
    folder = SweepFolder(tmp_path)
    assert folder.told() == {}
    first, second, _ = SWEEP.runs()
    folder.tell(first, None, "starting")
    folder.tell(second, 0.5, "training, epoch 2 of 2")
    (folder.stages / "damaged.json").write_text('{"share"')
    (folder.stages / "other.json").write_text('{"portion": 1}')
    worker = f"{platform.node()}, process {os.getpid()}"
    assert folder.told() == {
        first.name: Told(None, "starting", worker),
        second.name: Told(0.5, "training, epoch 2 of 2", worker),
    }
    with folder.locked():
        assert folder.told() == {}
    (tmp_path / "file").touch()
    SweepFolder(tmp_path / "file").tell(first, None, "starting")  # a run does not fail for it


def test_status_says_how_many_are_at_work(tmp_path, capsys):
    folder = SweepFolder(tmp_path)
    folder.write_spec(SWEEP)
    names = [run.name for run in SWEEP.runs()]
    with folder.locked():
        cli.main(["sweep", "status", str(tmp_path)])
        assert "A process works on it; no run goes on just now." in capsys.readouterr().err
        folder.write_now(Now({names[0]: "measuring bound", names[2]: "starting"}, 7300.0))
        cli.main(["sweep", "status", str(tmp_path)])
    assert capsys.readouterr().err.splitlines() == [
        "sweep: 0 of 3 runs finished, 0 failed, 3 to do.",
        "At work: 2 runs; about 2 hours 2 minutes left for all.",
        f"  {names[0]}: measuring bound",
        f"  {names[2]}: starting",
    ]
