"""Files of a sweep with values of wrong types: a command works, or gives a one-line error."""

import csv
import dataclasses
import io
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from leaving import leave_evaluated, leave_trained
from swapping import VALUES, swaps
from sweeps.test_sweeping import SMALL

from keras_draw import cli
from keras_draw.evaluation.measures import COLUMNS
from keras_draw.sweeps.folder import SweepFolder, failed
from keras_draw.sweeps.panels import MAIN, has, panel
from keras_draw.sweeps.spec import Sweep
from keras_draw.sweeps.table import read_results
from keras_draw.training.forecast import read_history
from keras_draw.training.runs import read_json, write_json

EASY = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
ROW = dict.fromkeys(COLUMNS, 1.5) | {
    "evaluated_on": "digits:test", "evaluated_images": 50, "extractor": None, "weights_hash": None,
    "training_seconds": 3.5, "training_images_per_second": None,
}  # fmt: skip
KEPT = {"status": "finished", "evaluation": SMALL.evaluation.to_json(), "measured": ROW}
"""The outcome that earlier versions stored for a finished run."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A sweep with a finished run, stored by an earlier version, and a failed one."""
    folder = SweepFolder(tmp_path_factory.mktemp("sweeps") / "out")
    folder.create()
    folder.write_spec(SMALL)
    first, second = SMALL.runs()
    folder.keep(first, KEPT)
    folder.keep(second, failed(RuntimeError("fire")))
    folder.write_results(SMALL)
    return folder


def works_or_says(words, capsys):
    """Run a command; return its JSON, or None if it was refused."""
    try:
        cli.main([*map(str, words), "--json"])
    except SystemExit as stopped:
        assert stopped.code == 2
        said = capsys.readouterr().err
        assert said.startswith("keras-draw: ")
        assert said.count("\n") == 1
        return None
    return json.loads(capsys.readouterr().out, parse_constant=pytest.fail)


def replaced(path, content, check):
    """Run a check while a file has a different content, and restore the file afterwards."""
    before = path.read_bytes() if path.exists() else None
    path.write_text(content)
    try:
        return check()
    finally:
        path.unlink() if before is None else path.write_bytes(before)


@EASY
@given(some.data())
def test_outcomes(folder, capsys, data):
    path = folder.outcomes / f"{SMALL.runs()[0].name}.json"
    outcome = data.draw(swaps(KEPT))

    def check():
        found = works_or_says(["sweep", "status", folder.path], capsys)
        if found:  # then the table must be written and read without errors
            folder.write_results(SMALL)
            read_results(folder.results)
        return found

    replaced(path, json.dumps(outcome), check)


@EASY
@given(some.data())
def test_specs(folder, capsys, data):
    whole = dataclasses.replace(SMALL, changes={**SMALL.changes, "dataset": "folder:/a/b"})
    spec = json.dumps(data.draw(swaps(whole.to_json())))

    def check():
        return works_or_says(["sweep", "status", folder.path], capsys)

    replaced(folder.spec, spec, check)


@pytest.fixture(scope="module")
def derived(tmp_path_factory):
    """A sweep whose runs are finished, according to their own folders."""
    folder = SweepFolder(tmp_path_factory.mktemp("derived") / "out")
    folder.create()
    folder.write_spec(SMALL)
    for run in SMALL.runs():
        leave_trained(run, folder.run(run))
        leave_evaluated(SMALL, run, folder.run(run), elbo=-3.5)
    assert len(folder.status().finished) == 2
    return folder


@EASY
@given(some.data())
def test_files_of_a_run(derived, capsys, data):
    """A run with a damaged file is not finished; the other run is unaffected."""
    target = derived.run(SMALL.runs()[0])
    path = getattr(target, data.draw(some.sampled_from(["config", "provenance", "evaluation"])))
    changed = data.draw(swaps(read_json(path)))
    with derived.locked():
        found = replaced(
            path,
            json.dumps(changed),
            lambda: works_or_says(["sweep", "status", derived.path], capsys),
        )
        assert SMALL.runs()[1].name in found["finished"]
        assert len(found["finished"]) + len(found["waiting"]) == 2
        replaced(path, json.dumps(changed), lambda: derived.write_results(SMALL))
    assert read_results(derived.results)[-1]["elbo_nats_per_image"] == -3.5


def test_progress_files_of_earlier_versions_are_ignored(folder, capsys):
    write_json(folder.path / "progress.json", {"at_work": {"a": "training"}, "seconds_left": 3})
    (folder.path / "stages").mkdir()
    (folder.path / "stages" / "a.json").write_text('{"share"')
    assert works_or_says(["sweep", "status", folder.path], capsys)["now"] is None
    with folder.locked():
        assert not {"progress.json", "stages"} & {path.name for path in folder.path.iterdir()}


@EASY
@given(some.data())
def test_tables(folder, data):
    rows = list(csv.reader(io.StringIO(folder.results.read_text())))
    for _ in range(data.draw(some.integers(1, 4))):
        row = rows[data.draw(some.integers(0, len(rows) - 1))]
        cell = data.draw(some.one_of(VALUES.map(str), some.text(), some.just("[" * 100_000)))
        row[data.draw(some.integers(0, len(row) - 1))] = cell
    text = io.StringIO()
    csv.writer(text).writerows(rows)

    def check():
        try:
            found = read_results(folder.results)
        except ValueError as error:
            assert str(folder.results) in str(error)
            return
        done = [row for row in found if row["status"] == "finished"]
        for shown in MAIN:
            if has(shown, done):
                assert panel(shown, done, apart=("objective",)).curves

    try:
        text.getvalue().encode()
    except UnicodeEncodeError:
        return
    replaced(folder.results, text.getvalue(), check)


@EASY
@given(
    some.lists(some.lists(some.one_of(VALUES.map(str), some.text('0123456789.e-naif,"\x00\n')))),
    some.booleans(),
)
def test_histories(tmp_path, rows, plain):
    text = io.StringIO()
    csv.writer(text).writerows([["epoch", "loss"], *rows])
    path = tmp_path / "history.csv"
    path.write_text(text.getvalue() if plain else text.getvalue().replace('"', ""), newline="")
    try:
        found = read_history(path)
    except ValueError as error:
        assert str(error).startswith(f"{path} is damaged")
    else:
        assert len({len(column) for column in found.values()}) <= 1


def test_a_history_that_is_not_utf_8_is_refused(tmp_path):
    (tmp_path / "history.csv").write_bytes(b"epoch,loss\n1,\xff\n")
    with pytest.raises(ValueError, match=r"history.csv is damaged"):
        read_history(tmp_path / "history.csv")


def test_the_sweep_is_unchanged_after_these_tests(folder):
    assert Sweep.from_json(json.loads(folder.spec.read_text())) == SMALL
