"""The README's example and its first commands run as they stand, on less."""

import re
import shlex

import pytest
from calling import call
from conftest import ROOT

from keras_draw import load


def test_the_python_example(tmp_path, monkeypatch):
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert len(example.strip().splitlines()) <= 12
    monkeypatch.chdir(tmp_path)
    found = {}
    exec(example.replace("epochs=20", "epochs=1, verbose=0"), found)
    assert found["nines"].shape == (16, 8, 8, 1)
    assert found["strokes"].images.shape == (8, 8, 8, 8, 1)
    assert load("digits.keras").config == found["config"]


@pytest.mark.slow
def test_the_first_commands_one_after_the_other(tmp_path, monkeypatch):
    text = (ROOT / "README.md").read_text().partition("One after the other, as printed")[2]
    less = "--dataset digits --conditional --timesteps 2 --latent-dim 2 --hidden-dim 8 --epochs 1"
    (block,) = re.findall(r"```\n(.*?)```", text, re.DOTALL)[:1]
    block = block.replace("--recipe demo", less).replace("--epochs 120", "--epochs 2")
    monkeypatch.chdir(tmp_path)
    for line in block.splitlines():
        found = call(shlex.split(line, comments=True)[1:])
        assert found.code == 0, found.err
    for path in (
        "nines.png",
        "again.png",
        "runs/digits/evaluation.json",
        "runs/digits/report.html",
    ):
        assert (tmp_path / path).is_file()
