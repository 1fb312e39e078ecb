"""The folders of a user who has none."""

import pwd
import tempfile
from pathlib import Path

import pytest
from calling import refused

from keras_draw.evaluation.cache import CacheWarning, cache_folder
from keras_draw.homes import home, keras_home


def nobody(*_):
    raise KeyError


def test_without_home_and_without_an_entry_in_the_list_of_users(monkeypatch):
    for name in ("HOME", "KERAS_HOME", "KERAS_DRAW_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    assert home() is None
    assert keras_home() == Path(tempfile.gettempdir(), ".keras")
    with pytest.warns(CacheWarning, match="no home folder"):
        assert cache_folder() is None
    assert "HOME is 'not set'" in refused("generate ~/run")


def test_with_a_home(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KERAS_HOME", raising=False)
    assert home() == tmp_path
    assert keras_home() == tmp_path / ".keras"
    monkeypatch.setenv("KERAS_HOME", "/elsewhere")
    assert keras_home() == Path("/elsewhere")
