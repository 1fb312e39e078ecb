"""A short demo: it makes the files that it describes."""

import dataclasses
import re

import pytest
from PIL import Image

from keras_draw import load
from keras_draw.config import DRAWConfig
from keras_draw.thesis import demo as room
from keras_draw.thesis.demo import demo
from keras_draw.training import recipes
from keras_draw.training.runs import RunConfig, RunFolder


def test_the_demo_makes_the_files_that_it_describes(tmp_path):
    result = demo(tmp_path / "demo", epochs=2, progress=False)
    made = re.findall(r"/([\w-]+\.(?:png|gif|keras))", result.story)
    own = ["samples.png", "reconstruction.png", "drawing.gif", "model.keras"]
    shipped = ["mnist-samples.png", "mnist-drawing.gif"]
    assert made == own + shipped
    for name in (*own[:3], *shipped):
        with Image.open(tmp_path / "demo" / name) as picture:
            assert min(picture.size) > 600
    assert "The network mnist was not trained here" in result.story
    for name in ("config.json", "history.csv"):
        assert (tmp_path / "demo" / name).exists()
    assert load(tmp_path / "demo" / "model.keras").config.num_classes == 10
    fields = result.fields()
    assert fields["label_agreement_count"] == 500
    total = fields["test_reconstruction"] + fields["test_kl"]
    assert fields["test_elbo"] == pytest.approx(-total, rel=1e-5)
    assert 0 <= fields["label_agreement"] < 0.9  # two epochs are too few for more


def test_a_demo_that_was_trained_further_is_not_replaced(tmp_path, monkeypatch):
    class ReplacedError(Exception):
        """The demo would be trained here."""

    def train(*args, overwrite, **kwargs):
        assert overwrite
        raise ReplacedError

    monkeypatch.setattr(room, "train", train)
    recipe, run = recipes.get("demo"), RunFolder(tmp_path / "demo")
    run.create(overwrite=False)
    model = DRAWConfig(**recipe.architecture.to_json(), image_shape=(8, 8, 1), num_classes=10)
    run.write_config(RunConfig(model, recipe.training))
    with pytest.raises(ReplacedError):
        demo(run.path)
    run.write_config(RunConfig(model, dataclasses.replace(recipe.training, epochs=500)))
    with pytest.raises(FileExistsError, match="it is not replaced: choose another folder"):
        demo(run.path)
