"""Runs side by side: true to their files, deaf to what files say, and one page."""

import json
import shutil

import pytest
from calling import call
from conftest import ROOT
from report.html_pages import Read, check_alone

from keras_draw.report.compare import NOTHING, compare
from keras_draw.training.loading import PRESETS
from keras_draw.training.runs import RunFolder

EVIL = "<b onload=alert(1)>$\\frac{'"


@pytest.fixture
def copied(tmp_path):
    """A preset's files as a run of another name, without its weights."""
    path = tmp_path / EVIL.replace("/", "")
    shutil.copytree(PRESETS / "mnist", path)
    (path / "best.weights.h5").unlink()
    return RunFolder(path)


def edit(path, **changes):
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def numbers(page, title):
    (row,) = [row for row in page.rows if row[:1] == [title]]
    return row


def test_numbers_and_settings_stand_side_by_side(tmp_path):
    out = tmp_path / "a.html"
    binary = ROOT / "docs" / "runs" / "binarized-mnist-unshifted"
    made = compare(["mnist", binary], out=str(out))
    page = Read(out)
    check_alone(page)
    assert made.bytes == len(page.html.encode()) < 1e6
    assert made.runs == ["1 mnist", "2 binarized-mnist-unshifted"]
    folders = (PRESETS / "mnist", binary)
    found = [json.loads((folder / "evaluation.json").read_text()) for folder in folders]
    assert made.measured["fid"] == [one["fid"] for one in found]
    row = numbers(page, "FID of samples")
    assert row[1:3] == [f"{one['fid']:.2f}" for one in found]
    assert row[3].endswith("lower is better")
    assert numbers(page, "label agreement")[1:3] == ["99.1%", NOTHING]
    assert numbers(page, "timesteps")[1:] == ["8", "24"]
    assert made.differs["timesteps"] == ["8", "24"]
    assert "objective" not in made.differs  # the same in both
    assert not [row for row in page.rows if row[:1] == ["objective"]]
    assert "The runs were measured on different images." in page.text
    # Samples of both, and what history was kept.
    assert page.pictures[0]["src"].startswith("data:image/png;")
    assert [p["alt"][:10] for p in page.pictures[:2]] == ["50 samples"] * 2
    assert made.pictures == len(page.pictures)


def test_a_run_that_was_not_evaluated_says_so(copied, tmp_path):
    copied.evaluation.unlink()
    compare([copied.path, "mnist"], out=str(tmp_path / "a.html"))
    page = Read(tmp_path / "a.html")
    assert numbers(page, "measured on")[1:3] == ["not evaluated", "10,000 images of mnist:test"]
    assert numbers(page, "elbo")[1] == NOTHING
    assert "keras-draw evaluate" in page.text
    assert "there are no weights yet" in page.text


def test_curves_of_all_that_have_a_history(copied, tmp_path):
    header = "epoch,loss,reconstruction,kl,val_loss"
    copied.history.write_text(f"{header}\n1,9,8,1,9\n2,nan,7,2,1e300\n")
    compare([copied.path, "mnist"], out=str(tmp_path / "a.html"))
    page = Read(tmp_path / "a.html")
    assert len([p for p in page.pictures if p["alt"].startswith("Curves of")]) == 3


def test_what_files_say_stays_text(copied, tmp_path):
    model = json.loads(copied.config.read_text())["model"]
    edit(copied.config, model=model | {"class_names": [f"{EVIL}{k}" for k in range(10)]})
    edit(copied.evaluation, note=EVIL, dataset=f"folder:/home/ada/{EVIL}", extractor=EVIL)
    edit(copied.provenance, seconds=EVIL)
    compare([copied.path, "mnist"], out=str(tmp_path / "a.html"))
    page = Read(tmp_path / "a.html")
    check_alone(page)
    assert "b" not in page.tags
    assert page.text.count(EVIL) >= 5
    assert "/home/ada" not in page.html
    assert str(tmp_path) not in page.html


def test_the_command_writes_one_page_and_replaces_none(tmp_path, monkeypatch, copied):
    monkeypatch.chdir(tmp_path)
    words = ["compare", str(copied.path), "mnist", "--json"]
    found = call(words)
    assert json.loads(found.out)["out"] == "compare.html"
    assert "Wrote the comparison of 2 runs to compare.html" in found.err
    assert "--overwrite to replace it" in call(words).err
    assert call([*words, "--overwrite"]).code == 0
