"""The maintainer's script that checks all download addresses, against a local server."""

import dataclasses
import hashlib
import runpy
import sys

import pytest
from conftest import ROOT

from keras_draw.data.origins import ORIGINS


@pytest.mark.parametrize("words", [[], ["--sizes"]])
def test_right_wrong_and_missing_files_are_told_apart(server, monkeypatch, capsys, words):
    right, wrong = b"a" * 2000, b"b" * 1999
    file = ORIGINS["mnist"].parts[0].files[0]
    addresses = (
        server.serve("/right", right),
        server.serve("/wrong", wrong),
        f"{server.url}/missing",
    )
    digest = hashlib.sha256(right).hexdigest()
    file = dataclasses.replace(file, addresses=addresses, size=len(right), sha256=digest)
    part = dataclasses.replace(ORIGINS["mnist"].parts[0], files=(file,))
    for name in list(ORIGINS):
        monkeypatch.delitem(ORIGINS, name)
    monkeypatch.setitem(ORIGINS, "mnist", _only(part))
    monkeypatch.setattr(sys, "argv", ["check_downloads.py", *words])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(ROOT / "scripts" / "check_downloads.py"), run_name="__main__")
    assert ended.value.code == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines[:3]] == ["right", "WRONG", "WRONG"]
    assert "1999 bytes" in lines[1]
    assert "answers 404" in lines[2]
    assert lines[3] == "2 addresses are wrong."


def _only(part):
    from keras_draw.data.published import Origin

    return Origin("mnist", "a", "b", (part,))
