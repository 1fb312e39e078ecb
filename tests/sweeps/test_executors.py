"""Executors: bad options are refused, and everything that works without Ray."""

import json
import sys

import pytest
from leaving import leave_trained

from keras_draw import cli
from keras_draw.sweeps.executors import RayOptions, check_executor
from keras_draw.sweeps.folder import SweepFolder, in_words
from keras_draw.sweeps.spec import Sweep
from keras_draw.sweeps.sweeping import run_sweep

SWEEP = Sweep(recipe="demo", vary={"timesteps": [1, 2, 4]}, total_latents=8)


def test_without_ray_there_is_a_clear_error_and_nothing_is_written(tmp_path, monkeypatch, capsys):
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
            "use --executor local.\n"
        )
        assert not out.exists()


def test_bad_options_are_refused(tmp_path, capsys):
    for options, said in (
        ({"cpus_per_run": 0}, "cpus_per_run is 0; a run needs 1 or more"),
        ({"gpus_per_run": 2}, "gpus_per_run is 2; a run uses at most one GPU"),
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


def test_status_shows_active_runs(tmp_path, capsys):
    """For T 1, 2 and 4 the work of an epoch is 3, 5 and 9; nine tenths of it are training."""
    folder = SweepFolder(tmp_path)
    folder.write_spec(SWEEP)
    runs = SWEEP.runs()
    first, _, third = map(folder.run, runs)
    with folder.locked():
        cli.main(["sweep", "status", str(tmp_path)])
        assert "A process is working on it; no run is active now." in capsys.readouterr().err
        leave_trained(runs[0], first, seconds=20 * 3 * 0.9 * 100)
        third.path.mkdir()
        with first.locked(), third.locked():
            cli.main(["sweep", "status", str(tmp_path)])
    left = 100 * (20 * 3 * 0.1 + 20 * 5 + 20 * 9) / 2
    assert capsys.readouterr().err.splitlines() == [
        "sweep: 0 of 3 runs finished, 0 failed, 3 to do.",
        f"Active: 2 runs; {in_words(left)} left in total.",
        f"  {runs[0].name}: measuring bound",
        f"  {runs[2].name}: starting",
    ]
