"""Nothing half-written under a final name."""

import os
import stat

import pytest

from keras_draw.files import check_output, replacing


def test_the_old_file_stays_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError), replacing(path) as temporary:  # noqa: PT012
        temporary.write_text("half")
        assert path.read_text() == "old"
        raise RuntimeError
    assert path.read_text() == "old"
    with replacing(path) as temporary:
        assert temporary.suffix == ".txt"
        temporary.write_text("new")
    assert path.read_text() == "new"
    assert os.listdir(tmp_path) == ["a.txt"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_outputs_are_refused_at_the_door(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    check_output(path, (".png",), overwrite=False)
    with pytest.raises(ValueError, match=r"ending '.jpg'; known are .png, .gif"):
        check_output(tmp_path / "a.jpg", (".png", ".gif"), overwrite=True)
    with pytest.raises(FileNotFoundError, match="does not exist; create it first"):
        check_output(tmp_path / "no" / "a.png", (".png",), overwrite=False)
    path.touch()
    check_output(path, (".png",), overwrite=True)
    with pytest.raises(FileExistsError, match="--overwrite to replace it"):
        check_output(path, (".png",), overwrite=False)
    (tmp_path / "b.png").mkdir()
    with pytest.raises(FileExistsError, match="is a folder"):
        check_output(tmp_path / "b.png", (".png",), overwrite=True)
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere
    with pytest.raises(PermissionError, match="cannot be written to"):
        check_output(path, (".png",), overwrite=True)
