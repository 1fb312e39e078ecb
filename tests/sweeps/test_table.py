"""`results.csv`, as it is written, and after editing by hand."""

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as some

from keras_draw.sweeps.spec import Sweep
from keras_draw.sweeps.table import _TYPES, check_measured, read_results, settings, write_results

SWEEP = Sweep(
    recipe="demo", vary={"timesteps": [1, 2], "learning_rate": [0.001], "read": [None, 3]}
)
MEASURED = {"evaluated_on": "digits:test", "evaluated_images": 359, "fid": 3.5}


@pytest.fixture
def path(tmp_path):
    rows = [{**settings(run), "status": "finished", **MEASURED} for run in SWEEP.runs()]
    rows[1] = {**settings(SWEEP.runs()[1]), "status": "failed", "reason": 'It said "no",\nso.'}
    write_results(tmp_path / "results.csv", rows)
    return tmp_path / "results.csv"


def edited(path, line, **cells):
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    rows[line] |= cells
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def test_rows_are_read_as_they_were_written(path):
    rows = read_results(path)
    assert [row["run"] for row in rows] == [run.name for run in SWEEP.runs()]
    first = rows[0]
    assert (first["timesteps"], first["learning_rate"], first["read"]) == (1, 0.001, None)
    assert (first["conditional"], first["fid"], first["kid"]) == (True, 3.5, None)
    assert rows[1]["read"] == 3
    assert rows[1]["reason"] == 'It said "no",\nso.'
    assert list(first)[:5] == ["run", "status", "reason", "timesteps", "latent_dim"]
    assert "reconstruction_nats_per_image" in first


def test_a_table_saved_by_a_spreadsheet_is_read(path):
    """Different line ends and quoting, a byte-order mark, capital TRUE, an empty last line."""
    before = read_results(path)
    edited(path, 0, conditional="TRUE", notes="a column of one's own")
    path.write_text("\ufeff" + path.read_text() + "\n\n", "utf-8")
    for row, same in zip(read_results(path), before, strict=True):
        assert {k: row[k] for k in same} == same


BAD = {
    "fid": ("low", "line 2: fid is 'low', expected a finite number"),
    "kid": ("nan", "line 2: kid is 'nan', expected a finite number"),
    "timesteps": ("1.5", "line 2: timesteps is '1.5', expected a whole number"),
    "conditional": ("yes", "line 2: conditional is 'yes', expected true or false"),
    "status": ("done", "line 2: status is 'done', expected finished or failed"),
    "seed": ("", "line 2: seed is empty"),
    "evaluated_images": ("", "line 2: evaluated_images is empty"),
    "latent_dim": ("0", "line 2: latent_dim is 0, expected 1 or more"),
}


@pytest.mark.parametrize("name", BAD)
def test_errors_about_bad_cells_name_the_line(path, name):
    cell, said = BAD[name]
    edited(path, 0, **{name: cell})
    with pytest.raises(ValueError, match="has bad rows") as found:
        read_results(path)
    assert said in str(found.value)
    assert "\n" not in str(found.value)


def test_many_bad_rows_give_one_error(path):
    lines = path.read_text().splitlines()
    row = lines[1]
    twice = "\n".join([lines[0], row, row, row + ",1", *["x"] * 9])
    path.write_text(twice + "\n")
    with pytest.raises(ValueError, match="; and 6 more") as found:
        read_results(path)
    assert "line 3: the run 'learning_rate" in str(found.value)
    columns = len(lines[0].split(","))
    assert f"line 4: {columns + 1} values, not {columns}" in str(found.value)


def test_other_files_are_refused(path, tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no table"):
        read_results(tmp_path / "none.csv")
    path.write_text("")
    with pytest.raises(ValueError, match="lacks the columns run, status"):
        read_results(path)
    path.write_bytes(b"\x89PNG\xff\x00")
    with pytest.raises(ValueError, match="is not a table of comma-separated values"):
        read_results(path)
    path.write_text(",".join([*_TYPES, "run"]) + "\n")
    with pytest.raises(ValueError, match="names a column twice"):
        read_results(path)
    path.write_text(",".join(_TYPES) + '\n"a"b,"')
    with pytest.raises(ValueError, match="is not a table"):
        read_results(path)


@pytest.mark.parametrize("blank", ["", " ", "\t"])
def test_blank_text_is_refused_where_a_value_is_needed(blank):
    check_measured({**MEASURED, "extractor": blank})
    with pytest.raises(ValueError, match=r"evaluated_on is .*, expected text"):
        check_measured({**MEASURED, "evaluated_on": blank})


def test_a_measure_that_an_older_table_lacks_is_read_as_none(path):
    """A missing column of a measure is read as empty; a missing setting is refused."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for name, kept in (("active_units", True), ("seed", False)):
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, [column for column in rows[0] if column != name],
                                    extrasaction="ignore")  # fmt: skip
            writer.writeheader()
            writer.writerows(rows)
        if kept:
            assert {row[name] for row in read_results(path)} == {None}
        else:
            with pytest.raises(ValueError, match=f"lacks the columns {name};"):
                read_results(path)


@given(some.floats(allow_nan=False, allow_infinity=False))
def test_numbers_keep_every_digit(tmp_path_factory, value):
    path = tmp_path_factory.mktemp("tables") / "a.csv"
    run = SWEEP.runs()[0]
    write_results(path, [{**settings(run), "status": "finished", **MEASURED, "kid": value}])
    assert read_results(path)[0]["kid"] == value
