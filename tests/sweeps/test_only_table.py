"""Sweeps of which only the table is stored: read as before, and never replaced."""

import dataclasses
import json
import shutil
from pathlib import Path

import pytest
from calling import call, refused
from conftest import ROOT
from leaving import leave_evaluated, leave_trained
from sweeps.test_sweeping import SMALL, pretended  # noqa: F401

from keras_draw.sweeps import one_run
from keras_draw.sweeps.folder import SweepFolder
from keras_draw.sweeps.spec import read_sweep
from keras_draw.sweeps.sweeping import run_sweep
from keras_draw.sweeps.table import read_results

SEVEN = dataclasses.replace(SMALL, vary={"timesteps": [1, 2, 7]}, total_latents=14)
"""With a run that fails."""
LOST = "holds the rows of 2 finished runs whose run folders are missing"


@pytest.fixture
def stored(tmp_path, pretended):  # noqa: F811
    """The table and the SPEC of a sweep: two runs finished, one failed."""
    run_sweep(SEVEN, tmp_path / "whole", progress=False)
    out = tmp_path / "stored"
    out.mkdir()
    for name in ("results.csv", "sweep.json"):
        shutil.copy(tmp_path / "whole" / name, out)
    pretended.clear()
    return SweepFolder(out)


def files(folder):
    return {path.name: path.read_bytes() for path in folder.path.rglob("*") if path.is_file()}


def test_rows_that_only_the_table_holds_are_not_replaced(stored, pretended):  # noqa: F811
    before = files(stored)
    for asked in (SEVEN, dataclasses.replace(SEVEN, seeds=(0, 1))):
        with pytest.raises(ValueError, match=f"{LOST}.* choose another folder for --out"):
            run_sweep(asked, stored.path, progress=False)
    assert LOST in refused(["sweep", "run", str(stored.spec), "--out", str(stored.path)])
    assert (files(stored), pretended) == (before, [])
    stored.runs.mkdir()  # some copies keep empty folders
    with pytest.raises(ValueError, match=LOST):
        run_sweep(SEVEN, stored.path, progress=False)
    stored.results.unlink()  # as the sentence says
    assert run_sweep(SEVEN, stored.path, progress=False).finished == 2
    assert len(pretended) == 2


def test_a_damaged_table_without_run_folders_is_not_replaced(stored):
    stored.results.write_text(stored.results.read_text()[:-200])
    before = files(stored)
    with pytest.raises(ValueError, match=r"is damaged, and without run folders it cannot be writ"):
        run_sweep(SEVEN, stored.path, progress=False)
    assert files(stored) == before


def test_the_status_is_that_of_the_table(stored):
    found = call(["sweep", "status", str(stored.path), "--json"])
    assert "2 of 3 runs finished, 1 failed, 0 to do." in found.err
    assert "Only the table is stored (results.csv): the run folders are missing" in found.err
    status = json.loads(found.out)
    assert status["only_table"]
    assert status["failed"] == {"timesteps-7_seed-0": "The machine is on fire."}
    stored.write_spec(dataclasses.replace(SEVEN, seeds=(0, 1)))
    found = call(["sweep", "status", str(stored.path)])
    assert "2 of 6 runs finished, 1 failed, 3 to do." in found.err
    assert "keras-draw sweep run" not in found.err


def test_the_status_of_sweeps_in_the_documentation():
    for spec in (ROOT / "docs" / "runs").glob("*/sweep.json"):
        status = SweepFolder(spec.parent).status()
        rows = read_results(spec.parent / "results.csv")
        assert {*status.finished} == {row["run"] for row in rows if row["status"] == "finished"}
        assert status.only_table


def test_rows_that_an_earlier_version_stored_are_no_loss(tmp_path, monkeypatch):
    """They are in `outcomes`, so the table can be written again without any run folder."""
    shutil.copytree(Path(__file__).parent / "before", tmp_path / "before")
    folder = SweepFolder(tmp_path / "before")
    shutil.rmtree(folder.runs)
    status, done = folder.status(), []
    assert (len(status.finished), len(status.failed), status.only_table) == (2, 2, False)
    monkeypatch.setattr(one_run, "_evaluate", lambda job, run, target: leave_evaluated(
        job.sweep, run, target))  # fmt: skip
    monkeypatch.setattr(
        one_run,
        "train_run",
        lambda job, run, target: [done.append(run.name), leave_trained(run, target)],
    )
    more = dataclasses.replace(read_sweep(folder.spec), seeds=(0, 1))
    result = run_sweep(more, folder.path, progress=False)
    assert (result.finished, result.failed) == (8, {})
    assert len(done) == 6
    assert all("seed-1" in name or "9999" in name for name in done)
