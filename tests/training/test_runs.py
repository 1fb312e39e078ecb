"""The run folder: who may use it, faults, and foreign files."""

import contextlib
import json
import os

import pytest
from conftest import tiny
from faults import FAILING, FULL, Killed, fault_at

from keras_draw.config import TrainConfig
from keras_draw.training import provenance, runs
from keras_draw.training.runs import RunConfig, RunFolder, read_json, write_json

OLD = RunConfig(tiny(), TrainConfig(epochs=3))
NEW = RunConfig(tiny(hidden_dim=7), TrainConfig(epochs=5))


def old_run(path):
    """A run with all files that a run can have."""
    run = RunFolder(path)
    run.create(overwrite=False)
    with run.locked():
        run.begin(OLD, {"old": True})
    for file in (
        run.best,
        run.model,
        run.checkpoint,
        run.history,
        run.evaluation,
        run.report,
        run.page,
    ):
        file.write_text("old")
    run.samples.mkdir()
    (run.samples / "epoch-0001.png").write_text("old")
    return run


def replaced(run):
    run.create(overwrite=True)
    with run.locked():
        run.check_free(overwrite=True)
        run.begin(NEW, {"old": False})


def content(run):
    return {str(p): p.read_bytes() for p in sorted(run.path.rglob("*")) if p.is_file()}


@pytest.mark.parametrize("number", [FULL, FAILING, None])
def test_a_fault_at_any_operation_leaves_the_old_run_or_the_new_one(tmp_path, number):
    seen_old = seen_new = 0
    for k in range(200):
        run = old_run(tmp_path / str(k))
        whole = content(run)
        with fault_at(k, run.path, number) as seen:
            with contextlib.suppress(OSError, Killed):
                replaced(run)
            reached = len(seen) > k
        if run.read_config() == OLD:
            seen_old += 1
            after = content(run)
            assert all(after[name] == old for name, old in whole.items() if "lock" not in name)
            assert run.has_weights
        else:
            seen_new += 1
            assert run.read_config() == NEW
            # Whatever is left of the old run is never used as part of the new one.
            assert not run.best.exists() or not run.has_weights
        with run.locked():  # as a resume does
            run.finish_clearing()
            left = {p.name for p in run.path.iterdir()} - {"lock"}
        if run.read_config() == NEW:
            assert left - {"provenance.json", "samples"} == {"config.json"}
            assert not list(run.samples.glob("*"))
            assert not run.is_clearing
        else:
            assert left == {p.name for p in (*run.files, run.samples)}
        replaced(run)  # as another --overwrite does
        assert {p.name for p in run.path.iterdir()} == {"lock", "config.json", "provenance.json"}
        assert read_json(run.provenance) == {"old": False}
        if not reached:
            break
    assert seen_old > 5
    assert seen_new > 10
    assert k < 199


def test_a_persons_files_stay(tmp_path):
    run = old_run(tmp_path / "run")
    (run.path / "notes.txt").write_text("mine")
    (run.samples / "favourite.png").write_text("mine")
    replaced(run)
    assert (run.path / "notes.txt").read_text() == "mine"
    assert os.listdir(run.samples) == ["favourite.png"]


def test_a_folder_of_links_is_refused_and_what_they_point_to_stays(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "epoch-0001.png").write_text("precious")
    run = RunFolder(tmp_path / "run")
    run.path.mkdir()
    run.write_config(OLD)
    run.samples.symlink_to(elsewhere)
    for check in (run.check_writable, lambda: run.create(overwrite=True)):
        with pytest.raises(FileExistsError, match="samples is a link or not a folder; remove it"):
            check()
    (elsewhere / ".writing-0123456789abcdef.png").write_text("precious")
    with run.locked():
        run.begin(NEW, {})
    assert len(os.listdir(elsewhere)) == 1 + 1  # nothing was removed through the link
    run.samples.unlink()
    run.lock.unlink()
    run.lock.symlink_to(elsewhere / "epoch-0001.png")
    with pytest.raises(FileExistsError, match="lock is a link"), run.locked():
        pass
    assert (elsewhere / "epoch-0001.png").read_text() == "precious"
    assert not run.is_locked
    run.history.mkdir()
    with pytest.raises(FileExistsError, match=r"history.csv is a folder, but a run needs a file"):
        run.check_writable()


def test_folders_that_cannot_be_made_or_written_to(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    with pytest.raises(FileExistsError, match="file is a file; give the name of a folder"):
        RunFolder(tmp_path / "file").create(overwrite=True)
    with pytest.raises(FileExistsError, match="a parent folder is a file"):
        RunFolder(tmp_path / "file" / "run").create(overwrite=True)
    for deep in ("a/" * 1900, "a" * 300):
        with pytest.raises((ValueError, OSError)) as refused:
            RunFolder(tmp_path / deep).create(overwrite=False)
        assert "too" in str(refused.value)
    (tmp_path / "run").mkdir()
    monkeypatch.setattr(runs.os, "access", lambda *_: False)  # root may write anywhere
    for check in (lambda run: run.create(overwrite=True), RunFolder.check_writable):
        with pytest.raises(PermissionError, match="run cannot be written to"):
            check(RunFolder(tmp_path / "run"))


def test_json_of_any_kind_meets_a_sentence(tmp_path):
    run = RunFolder(tmp_path)
    values = {"format": 1, "model": OLD.model.to_json(), "training": OLD.training.to_json()}
    wrong = [None, True, [], {}, "a", -1, 10**400, 1e400, [[]], [None], {"a": 1}]
    for part in ("model", "training"):
        for name in values[part]:
            for value in wrong:
                write_json(run.config, {**values, part: {**values[part], name: value}})
                with contextlib.suppress(ValueError):
                    run.read_config()
        for value in wrong:
            write_json(run.config, {**values, part: value})
            with contextlib.suppress(ValueError):
                run.read_config()
    for value in wrong:
        write_json(run.config, {**values, "format": value, "clearing": value})
        assert run.is_clearing == (value is True)
        with contextlib.suppress(ValueError):
            run.read_config()


def test_json_that_is_no_plain_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    for name in ("pipe", "zero"):
        with pytest.raises(ValueError, match="it is not a regular file"):
            read_json(tmp_path / name)


def test_names_that_are_no_utf8_are_kept(tmp_path):
    name = os.fsdecode(b"folder:/photos/\xff")
    write_json(tmp_path / "a", {"dataset": name, "é": 1})
    assert read_json(tmp_path / "a") == {"dataset": name, "é": 1}


def test_a_provenance_that_is_damaged_is_noticed_and_loses_nothing(tmp_path):
    run = RunFolder(tmp_path)
    assert provenance.read_provenance(run) == {}
    session = {"seed": 1, "epochs": 2, "seconds": 3.04, "images_per_second": None}
    for damaged in ("", "[]", "{", '{"seconds": "a"}', '{"seconds": NaN}', '{"epochs": [1]}'):
        run.provenance.write_text(damaged)
        with pytest.raises(ValueError, match=r"is damaged.*To go on, remove the file"):
            provenance.read_provenance(run)
        assert provenance.add_time(run, **session)["seconds"] == 3.0
        assert provenance.read_provenance(run)["epochs"] == 2
    again = provenance.add_time(run, **{**session, "images_per_second": 7.25})
    assert again == json.loads(run.provenance.read_text())
    assert (again["seconds"], again["images_per_second"]) == (6.0, 7.2)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--dataset folder:/home/ada/photos[:100]", "--dataset 'folder:photos[:100]'"),
        ("--dataset npz:/home/ada/a.npz --seed 3", "--dataset npz:a.npz --seed 3"),
        ("--run-dir /home/ada/runs/x/ --epochs 2", "--run-dir x --epochs 2"),
        ("--run-dir=~/x --dataset=folder:~/a/[:9]", "--run-dir=x '--dataset=folder:a[:9]'"),
        (r"--run-dir C:\Users\ada\runs --dataset mnist", "--run-dir runs --dataset mnist"),
        ("--run-dir runs/x --resume runs/y", "--run-dir runs/x --resume runs/y"),
    ],
)  # fmt: skip
def test_a_command_names_no_place_of_the_machine(words, said):
    assert provenance._command(["/usr/bin/keras-draw", "train", *words.split()]) == (
        f"keras-draw train {said}"
    )
    assert provenance._command(["/usr/lib/ipykernel_launcher.py", "-f", "/home/ada/k.json"]) is None
