"""The report of a sweep without run folders, or without some of them."""

import shutil

import pytest
from conftest import ROOT
from report.html_pages import Read, check_alone
from report.test_report import GROWN, TINY, swept  # noqa: F401

from keras_draw.report import report
from keras_draw.sweeps.folder import SweepFolder

ONLY = "Only the table of this sweep is stored, so there are no samples and no maps."


@pytest.fixture
def page(tmp_path):
    """The report of a sweep in the documentation."""
    shutil.copytree(ROOT / "docs" / "runs" / "fig-4.1-laptop-elbo", tmp_path / "stored")
    report(tmp_path / "stored")
    return Read(tmp_path / "stored" / "report.html")


def test_a_stored_sweep_says_once_what_is_not_there(page):
    check_alone(page)
    assert "runs 12 of 12 finished lowest FID" in page.text
    assert "to do" not in page.text
    assert page.text.count(ONLY) == 1
    assert "There is no run folder" not in page.text
    assert "No samples of" not in page.text
    assert "keras-draw evaluate" not in page.text
    assert "continues from where it stopped" not in page.text
    assert len(page.pictures) >= 3  # the figures need only the table


def test_runs_without_a_row_are_to_do(tmp_path):
    folder = SweepFolder(tmp_path / "stored")
    shutil.copytree(ROOT / "docs" / "runs" / "fig-4.1-laptop-elbo", folder.path)
    lines = folder.results.read_text().splitlines(keepends=True)
    folder.results.write_text("".join(lines[:-2]))
    report(folder.path)
    assert "runs 10 of 12 finished 2 to do" in Read(folder.report).text


def test_one_run_folder_that_is_missing_is_counted(swept, tmp_path):  # noqa: F811
    folder = SweepFolder(tmp_path / "lacking")
    shutil.copytree(swept, folder.path)
    shutil.rmtree(folder.run(TINY.runs()[0]).path)
    report(folder.path)
    page = Read(folder.report)
    assert "2 of 4 finished 1 failed, 1 to do" in page.text  # as many as there are rows
    assert len(GROWN.runs()) == 4
    assert (
        "1 finished run has no run folder here, so there are no samples and no maps of it."
        in page.text
    )
    assert ONLY not in page.text
    assert "evaluated before the KL" not in page.text
    assert "10 samples of every finished run" in page.text
