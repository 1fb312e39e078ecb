"""The table and the plot of FID's properties, on a few random images."""

import csv
import json

import numpy as np
import pytest

from keras_draw import cli
from keras_draw.evaluation.digits import digits_extractor
from keras_draw.evaluation.frechet import frechet_distance, statistics

pytestmark = pytest.mark.filterwarnings("ignore:.*fewer than:UserWarning")


def test_distances_agree_with_those_computed_directly(tmp_path, monkeypatch, capsys):
    from keras_draw.data.images import ImageData
    from keras_draw.thesis import fid_properties as room

    random = np.random.default_rng(0)
    images = random.integers(0, 2, (60, 28, 28, 1), np.uint8) * random.integers(
        0, 256, (60, 1, 1, 1), np.uint8
    )
    asked = []
    monkeypatch.setattr(
        room, "load_images", lambda spec, **_: asked.append(spec) or ImageData(images)
    )
    words = [
        "experiment",
        "fid-properties",
        "--extractor",
        "digits-classifier",
        "--count",
        "30",
        "--json",
    ]
    cli.main([*words, "--out", str(tmp_path / "out")])
    out = capsys.readouterr()
    found = json.loads(out.out)
    assert asked == ["mnist:train[:60]"]
    features = digits_extractor()(images)

    def distance(rows):
        return frechet_distance(statistics([features[:30]]), statistics([features[30:][rows]]))

    assert found["second half"] == pytest.approx(distance(np.arange(30)), rel=1e-6)
    assert found["by_distinct_images"]["30"] == found["second half"]
    for k in (1, 5, 20):
        rows = [i % k for i in range(30)]
        assert found["by_distinct_images"][str(k)] == pytest.approx(distance(rows), rel=1e-6)
    assert found["noise"] > 0
    assert "thesis" not in found
    assert "30 images are fewer than the 128 features" in out.err
    with (tmp_path / "out" / "fid-properties.csv").open() as source:
        rows = list(csv.DictReader(source))
    assert [row["group"] for row in rows[:2]] == ["second half", "noise"]
    assert (tmp_path / "out" / "fid-properties.png").stat().st_size > 5000


def test_bad_input_is_refused_before_anything_is_computed(tmp_path, monkeypatch, capsys):
    from keras_draw.thesis import fid_properties as room

    (tmp_path / "file").write_text("")
    monkeypatch.setattr(
        room, "statistics", lambda *_: pytest.fail("Features were computed in vain.")
    )
    words = ["experiment", "fid-properties", "--extractor", "digits-classifier", "--count", "5"]
    for options, sentence in (
        (["--dataset", "digits[:10]", "--out", tmp_path / "a"], "digits[:10] is a slice; give the"),
        (["--dataset", "digits", "--out", tmp_path / "file"], "file"),
    ):
        with pytest.raises(SystemExit) as stopped:
            cli.main([*words, "--force", *map(str, options)])
        assert stopped.value.code == 2
        assert sentence in capsys.readouterr().err
