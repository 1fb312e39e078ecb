"""A short demo: it makes the files that it describes."""

import re

import pytest
from PIL import Image

from keras_draw import load
from keras_draw.thesis.demo import demo


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
