"""The progress of a sweep, in a log and on a terminal."""

import pytest
from leaving import leave_evaluated, leave_trained

from keras_draw.sweeps.folder import SweepFolder
from keras_draw.sweeps.progress import SweepProgress
from keras_draw.sweeps.spec import Sweep

SWEEP = Sweep(
    recipe="demo",
    changes={"conditional": False, "hidden_dim": 4, "epochs": 4},
    vary={"timesteps": [1, 2, 4]},
    total_latents=4,
)


@pytest.fixture
def folder(tmp_path):
    """Runs with T 1, 2 and 4: one is finished, one half trained, one not started."""
    folder = SweepFolder(tmp_path / "out")
    folder.create()
    folder.write_spec(SWEEP)
    first, second, _ = SWEEP.runs()
    leave_trained(first, folder.run(first), seconds=4 * 3 * 0.9 * 10)
    leave_evaluated(SWEEP, first, folder.run(first))
    leave_trained(second, folder.run(second), epochs=2, seconds=2 * 5 * 0.9 * 10)
    return folder


def test_a_log_has_a_line_for_each_begin_and_end(folder, capsys):
    with folder.locked(), SweepProgress(folder, folder.standings(SWEEP), show=True) as shown:
        run = SWEEP.runs()[1]
        shown.begin(run)
        leave_trained(run, folder.run(run), seconds=4 * 5 * 0.9 * 10)
        leave_evaluated(SWEEP, run, folder.run(run))
        shown.end(run, "finished", folder.standings(SWEEP))
    assert capsys.readouterr().err.splitlines() == [
        f"run 2 of 3, {run.name}",
        f"{run.name}: finished; about 6 minutes left",  # 4 epochs of work 9, 10 seconds each
    ]


def test_a_terminal_shows_the_status(folder, capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    run = SWEEP.runs()[1]
    with folder.locked(), folder.run(run).locked():
        with SweepProgress(folder, folder.standings(SWEEP), show=True) as shown:
            shown.say("A line.")
        said = capsys.readouterr().err
        words = folder.status().words
        with SweepProgress(folder, folder.standings(SWEEP), show=False) as shown:
            shown.say("A line.")
    assert words[1:] == [
        "Active: 1 run; about 8 minutes left in total.",  # 5 * 4 * 0.55 and 9 * 4, 10 seconds each
        f"  {run.name}: training, epoch 3 of 4",
    ]
    assert all(line in said for line in ["A line.", *words])
    assert capsys.readouterr().err == ""


def test_a_file_that_is_damaged_meanwhile_does_not_stop_a_sweep(folder, capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    with SweepProgress(folder, folder.standings(SWEEP), show=True) as shown:
        folder.spec.write_text("{")
        shown.say("It goes on.")
    assert "It goes on." in capsys.readouterr().err
