"""Specifications of folders and files: brackets and colons in names, and impossible paths."""

import os

import numpy as np
import pytest
from data import writers

from keras_draw.data import load_images, load_training


@pytest.mark.parametrize("name", ["photos [2019]", "a[1:2]", "b[:1]", "c[", "d:e", "[3:4]"])
def test_names_with_brackets_and_colons(tmp_path, name):
    writers.pictures(tmp_path / name, "0.png", "1.png", "2.png")
    writers.pictures(tmp_path / "a", "0.png")
    writers.npz(tmp_path / f"{name}.npz", x=np.full((3, 2, 2), 7, np.uint8))
    os.rename(tmp_path / f"{name}.npz", tmp_path / f"npz {name}")
    for spec in (f"folder:{tmp_path / name}", f"npz:{tmp_path}/npz {name}"):
        assert len(load_images(spec)) == 3
        assert len(load_images(f"{spec}[:2]")) == 2
        assert len(load_training(f"{spec}[1:]", validation=0.5, seed=0).train) == 1


def test_brackets_that_are_neither_name_nor_slice_are_refused(tmp_path):
    writers.pictures(tmp_path, "0.png")
    with pytest.raises(ValueError, match=r"slice .* is malformed"):
        load_images(f"folder:{tmp_path}[half]")
    with pytest.raises(FileNotFoundError, match=r"There is no folder 'nowhere \[2019\]'"):
        load_images("folder:nowhere [2019]")
    with pytest.raises(ValueError, match="is malformed"):
        load_images(f"digits[:{'9' * 400}]")


@pytest.mark.parametrize("kind", ["folder", "npz"])
def test_impossible_paths_are_refused(kind, monkeypatch):
    monkeypatch.delenv("HOME", raising=False)
    for path in ("~nobody-of-that-name/x", "a\0b", "x" * 5000, "x/" * 3000):
        with pytest.raises(FileNotFoundError, match=f"There is no .*; write {kind}:PATH"):
            load_images(f"{kind}:{path}")
