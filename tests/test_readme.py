"""The README's example runs as it stands, with fewer epochs."""

import re

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
