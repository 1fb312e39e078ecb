"""Published files, and the files that are made from them."""

import os
from pathlib import Path

import numpy as np
import pytest
from calling import call
from data import writers
from serving import contents_of, publish

from keras_draw.data import load_images, named
from keras_draw.data.fetching import fetch
from keras_draw.data.origins import ORIGINS
from keras_draw.data.reporting import Reporter
from keras_draw.evaluation.inception.networks import NETWORKS


class Heard(Reporter):
    def __init__(self):
        self.said = []

    def tell(self, sentence):
        self.said.append(sentence)


@pytest.fixture
def cached(tmp_path):
    """The folder that data sets are downloaded into by default."""
    return tmp_path / "cache" / "data"


def test_files_are_made_from_downloads(server, monkeypatch, cached, tmp_path):
    rows = {"train": 4, "valid": 3, "test": 2}
    arrays = {s: writers.RANDOM.integers(0, 2, (n, 784), dtype=np.uint8) for s, n in rows.items()}
    contents = {
        f"binarized_mnist_{s}.amat": "".join(f"{' '.join(map(str, r))}\n" for r in a).encode()
        for s, a in arrays.items()
    }
    monkeypatch.setattr("keras_draw.data.amat.ROWS", rows)
    publish(monkeypatch, server, "binarized_mnist", contents, rows)
    heard = Heard()
    fetch("binarized_mnist", reporter=heard)
    assert os.listdir(cached / "binarized_mnist") == ["binarized_mnist.npz"]
    assert heard.said[1] == "Making binarized_mnist.npz from the download."
    for split, expected in arrays.items():
        found = load_images(f"binarized_mnist:{split}").images
        np.testing.assert_array_equal(found.reshape(-1, 784), expected * 255)
    assert len(server.asked) == 3
    # If this fails, the downloads are removed, to be fetched again.
    os.remove(cached / "binarized_mnist" / "binarized_mnist.npz")
    contents["binarized_mnist_test.amat"] = bytes(2 * 784 * 2)
    publish(monkeypatch, server, "binarized_mnist", contents)
    with pytest.raises(ValueError, match="does not consist of rows"):
        fetch("binarized_mnist")
    assert os.listdir(cached / "binarized_mnist") == []


def test_svhn_extra_is_downloaded_only_if_it_is_named(server, monkeypatch, tmp_path):
    sizes = {"train": 3, "test": 2, "extra": 4}
    for split, count in sizes.items():
        path = tmp_path / "published" / f"{split}_32x32.mat"
        writers.published_svhn(monkeypatch, path, count=count)
    publish(monkeypatch, server, "svhn", contents_of(tmp_path / "published"), sizes)
    assert call("data get svhn").code == 0
    assert sorted(path for path, _ in server.asked) == [
        "/svhn/test_32x32.mat",
        "/svhn/train_32x32.mat",
    ]
    assert len(load_images("svhn:extra")) == 4


def test_every_origin_is_a_set_or_an_extractor_and_can_be_checked():
    weights = {name for name, origin in ORIGINS.items() if origin.weights}
    assert weights == set(NETWORKS)
    assert set(ORIGINS) - weights == set(named.SETS) - {"digits"}
    for name, origin in ORIGINS.items():
        assert origin.source, name
        assert origin.licence, name
        for part in origin.parts:
            for file in part.files:
                assert all(a.startswith(("https://", "http://")) for a in file.addresses)
                assert Path(file.name).name == file.name
                assert file.size > 0
                assert (len(file.sha256), len(file.md5)) in ((64, 0), (0, 32)), file.name
                int(file.sha256 + file.md5, 16)
        if not origin.weights:
            splits = {split for part in origin.parts for split in part.splits}
            assert splits == set(named.SETS[name].splits)
