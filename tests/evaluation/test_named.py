"""The command `fid` and bad input, with a tiny network."""

import json

import numpy as np
import pytest
from conftest import tiny

from keras_draw import DRAW, cli
from keras_draw.config import TrainConfig
from keras_draw.training.callbacks import save_weights
from keras_draw.training.runs import RunConfig, RunFolder


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = RunFolder(tmp_path_factory.mktemp("evaluation") / "run")
    folder.create(overwrite=False)
    model = DRAW(tiny(image_shape=(8, 8, 1), num_classes=10), seed=1)
    folder.write_config(RunConfig(model.config, TrainConfig(dataset="digits")))
    save_weights(model, folder.best)
    return folder


@pytest.fixture
def pictures(tmp_path):
    path = tmp_path / "pictures.npz"
    images = np.random.default_rng(0).integers(0, 256, (40, 28, 28, 1), np.uint8)
    np.savez(path, x=images)
    return f"npz:{path}"


def command(words, capsys, code=None):
    if code is None:
        cli.main([str(word) for word in words])
    else:
        with pytest.raises(SystemExit) as stopped:
            cli.main([str(word) for word in words])
        assert stopped.value.code == code
    return capsys.readouterr()


def test_fid_of_slices_noise_and_runs(run, pictures, capsys):
    extractor = ["--extractor", "digits-classifier", "--json"]
    found = json.loads(command(["fid", pictures, "noise", *extractor], capsys).out)
    assert found["extractor"] == "digits-classifier"
    assert len(found["weights_hash"]) == 16
    assert (found["count_a"], found["count_b"]) == (40, 40)
    again = json.loads(command(["fid", "noise", pictures, *extractor], capsys).out)
    assert again["fid"] == pytest.approx(found["fid"], rel=1e-6)
    some = ["--count", 30, "--seed", 1]
    same = json.loads(command(["fid", pictures, pictures, *extractor, *some], capsys).out)
    assert same["fid"] < 1e-3
    assert same["count_a"] == 30
    assert "30 images are fewer than the 128 features" in same["note"]
    said = command(["fid", run.path, run.path, *extractor], capsys, code=2).err
    assert "is for grey digits of 28 x 28" in said
    forced = json.loads(command(["fid", run.path, run.path, *extractor, "--force"], capsys).out)
    assert (forced["count_a"], forced["fid"] < 1e-3) == (1000, True)


def test_saved_statistics_stand_for_their_images(pictures, tmp_path, capsys):
    extractor = ["--extractor", "digits-classifier", "--json"]
    saved = tmp_path / "reference.npz"
    whole = command(["fid", pictures, "noise", *extractor, "--save", saved], capsys)
    np.savez(tmp_path / "noise.npz", x=np.random.default_rng(0).integers(
        0, 256, (40, 28, 28, 1), np.uint8))  # fmt: skip
    noise = f"npz:{tmp_path / 'noise.npz'}"
    again = command(["fid", saved, noise, *extractor], capsys)
    assert json.loads(again.out)["fid"] == json.loads(whole.out)["fid"]
    said = command(["fid", pictures, "noise", *extractor, "--save", saved], capsys, code=2).err
    assert "exists" in said
    assert "gets its shape" in command(["fid", saved, "noise", *extractor], capsys, code=2).err
    found = dict(np.load(saved))
    for changes, sentence in (
        (
            {"made_by": np.array(["inception-2015:768", "abc", "none"])},
            "two different extractors cannot",
        ),
        ({"mean": np.zeros(3)}, "contains no feature statistics"),
        ({"count": np.array("many")}, "contains no feature statistics"),
        ({"scatter": np.full((128, 128), np.nan)}, "contains no feature statistics"),
        ({"sample": np.array([None])}, "Python objects"),
    ):
        np.savez(tmp_path / "other.npz", **(found | changes))
        said = command(["fid", tmp_path / "other.npz", noise, *extractor], capsys, code=2).err
        assert sentence in said, said


def test_bad_input_meets_a_sentence(run, pictures, tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("KERAS_DRAW_WEIGHTS", raising=False)
    for words, sentence in (
        (["evaluate", tmp_path / "none"], "There is no run folder"),
        (["evaluate", run.path, "--dataset", "digitz"], "did you mean 'digits'?"),
        (["evaluate", run.path, "--samples", "-1"], "samples is -1"),
        (["evaluate", run.path, "--samples", 10**12], "samples is 1000000000000"),
        (["evaluate", run.path, "--threshold", "nan"], "threshold is nan"),
        (["evaluate", run.path, "--seed", "-1"], "seed is -1"),
        (["evaluate", run.path, "--extractor", "digits-classifier"], "is for grey pictures of 28"),
        (["evaluate", run.path, "--dataset", pictures], "no labels"),
        (["fid", pictures, pictures], "There are no weights for inception-2015"),
        (["fid", pictures, pictures, "--extractor", "inceptoin-2015"], "did you mean"),
        (["fid", "noise", "noise", "--extractor", "digits-classifier"], "Both groups are noise"),
        (["fid", pictures, "digits", "--extractor", "digits-classifier"], "convert both to one"),
        (["fid", pictures, pictures, "--extractor", "digits-classifier", "--count", "41"],
         "has only 40 images; 41 were requested"),
        (["fid", pictures, pictures, "--extractor", "digits-classifier", "--count", "-1"],
         "count is -1"),
        (["fid", pictures, pictures, "--extractor", "digits-classifier", "--count", "1"],
         "A group has 1 image"),
    ):  # fmt: skip
        found = command(words, capsys, code=2)
        assert sentence in " ".join(found.err.split()), found.err
        assert "Traceback" not in found.err
