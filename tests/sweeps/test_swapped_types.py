"""Files of a sweep with values of other types: a command works, or says one sentence."""

import csv
import dataclasses
import io
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from swapping import VALUES, swaps
from sweeps.test_sweeping import SMALL

from keras_draw import cli
from keras_draw.evaluation.measures import COLUMNS
from keras_draw.sweeps.folder import Now, SweepFolder, failed, finished
from keras_draw.sweeps.panels import MAIN, has, panel
from keras_draw.sweeps.spec import Sweep
from keras_draw.sweeps.table import read_results
from keras_draw.training.forecast import read_history

EASY = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
ROW = dict.fromkeys(COLUMNS, 1.5) | {
    "evaluated_on": "digits:test", "evaluated_images": 50, "extractor": None, "weights_hash": None,
    "training_seconds": 3.5, "training_images_per_second": None,
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A sweep with a run that finished and one that failed."""
    folder = SweepFolder(tmp_path_factory.mktemp("sweeps") / "out")
    folder.create()
    folder.write_spec(SMALL)
    first, second = SMALL.runs()
    folder.keep(first, finished(SMALL, ROW))
    folder.keep(second, failed(RuntimeError("fire")))
    folder.write_results(SMALL)
    return folder


def works_or_says(words, capsys):
    """Its JSON, or None where it was refused."""
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
    """Check something with another content of a file, which then is what it was."""
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
    outcome = data.draw(swaps(finished(SMALL, ROW)))

    def check():
        found = works_or_says(["sweep", "status", folder.path], capsys)
        if found:  # then the table can be written, and read again
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


@EASY
@given(some.data())
def test_what_a_sweep_says_of_itself(folder, capsys, data):
    now = data.draw(swaps(Now({"a": "training"}, 3.0)._asdict()))

    def check():
        with folder.locked():
            folder.progress.write_text(json.dumps(now))
            return works_or_says(["sweep", "status", folder.path], capsys)

    assert check() is not None
    folder.stages.mkdir(exist_ok=True)
    (folder.stages / "a.json").write_text(
        json.dumps(data.draw(swaps({"share": 0.5, "stage": "x", "worker": "y"})))
    )
    for told in folder.told().values():
        assert told.share is None or told.share + 1 > told.share - 1
        assert isinstance(told.stage, str)
    folder.forget_told()


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


def test_a_history_of_bytes_that_are_no_text(tmp_path):
    (tmp_path / "history.csv").write_bytes(b"epoch,loss\n1,\xff\n")
    with pytest.raises(ValueError, match=r"history.csv is damaged"):
        read_history(tmp_path / "history.csv")


def test_a_sweep_is_equal_to_itself_after_all_this(folder):
    assert Sweep.from_json(json.loads(folder.spec.read_text())) == SMALL
