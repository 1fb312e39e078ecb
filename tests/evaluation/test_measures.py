"""The rows of measures: names in stored files and tables stay, and every value can be printed."""

import csv
import json

import pytest
from conftest import ROOT

from keras_draw.evaluation.measures import COLUMNS, MEASURES, NAMED, UNITS
from keras_draw.sweeps.panels import MAIN
from keras_draw.sweeps.table import read_results
from keras_draw.thesis.catalogue import EXPERIMENTS
from keras_draw.thesis.judging import DRAWN, JUDGED
from keras_draw.training.loading import PRESETS

TABLES = sorted((ROOT / "docs" / "runs").glob("*/results.csv"))
KEPT = {
    "elbo_nats_per_image": "elbo",
    "reconstruction_nats_per_image": "reconstruction",
    "kl_nats_per_image": "kl",
    "bits_per_dim": "bits_per_dim",
    "log_likelihood_nats_per_image": "log_likelihood",
    "cross_entropy_nats_per_pixel": "cross_entropy_per_timestep",
    "squared_error_per_pixel": "mse_per_timestep",
    "inactive_variables": "inactive_variables",
    "latent_variables": "latent_variables",
    "variance_law": "variance_law",
    "fid": "fid",
    "fid_reconstructions": "fid_reconstructions",
    "kid": "kid",
    "precision": "precision",
    "recall": "recall",
    "density": "density",
    "coverage": "coverage",
    "label_agreement": "label_agreement",
}
"""Column of a table -> name in `evaluation.json`, as in stored files."""


def test_columns_and_names_of_files_are_kept_in_their_order():
    assert {column: COLUMNS[column].names[0] for column in KEPT} == KEPT
    assert [column for column in COLUMNS if column in KEPT] == list(KEPT)


def test_a_row_is_one_measure():
    assert len(NAMED) == len(MEASURES)
    assert len(COLUMNS) == sum(bool(one.column) for one in MEASURES)
    for one in MEASURES:
        assert one.names
        assert one.title
        assert one.unit
        assert not one.of or NAMED[one.of].column
        assert set(one.names) <= set(UNITS)


def test_units_of_files_are_kept():
    for path in PRESETS.glob("*/evaluation.json"):
        assert json.loads(path.read_text())["units"].keys() <= UNITS.keys()


def test_what_is_drawn_or_ranked_has_a_column_and_a_direction():
    drawn = {name for one in EXPERIMENTS.values() for name in one.panels}
    assert all(NAMED[name].column for name in {*drawn, *DRAWN, *JUDGED})
    assert all(one.column for one in MAIN)
    assert all(NAMED[name].more_is_better is not None for name in JUDGED)


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.parent.name)
def test_tables_of_today_are_read(path):
    """Files of the documentation, some of which are older than a measure."""
    with path.open(newline="") as file:
        lines = list(csv.DictReader(file))
    rows = read_results(path)
    assert len(rows) == len(lines) > 0
    for row, line in zip(rows, lines, strict=True):
        for column in COLUMNS:
            cell = line.get(column, "")
            assert row[column] == (float(cell) if cell else None)


def test_numbers_as_people_read_them():
    assert NAMED["elbo"].said(-1234.567) == "−1,234.57"
    assert NAMED["label_agreement"].said(0.99149) == "99.1%"
    assert NAMED["inactive_variables"].said(4) == "4"
    assert NAMED["kid"].said(-0.0004) == "−0.000"
