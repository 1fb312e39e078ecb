"""Runs of a sweep made from other images of the same name are not mixed in one table."""

import dataclasses

import numpy as np
import pytest

from keras_draw.sweeps import same_images
from keras_draw.sweeps.spec import Sweep, SweepEvaluation
from keras_draw.sweeps.sweeping import run_sweep
from keras_draw.training.runs import RunFolder


def images(path, seed):
    path.parent.mkdir(exist_ok=True)
    np.savez(path, x=np.random.default_rng(seed).integers(0, 256, (40, 4, 4, 1), np.uint8))
    return f"npz:{path}"


def test_other_images_of_the_same_name_are_noticed(tmp_path):
    one, two = ({use: images(tmp_path / f / f"{use}.npz", seed) for use in ("train", "test")}
                for seed, f in enumerate("ab"))  # fmt: skip
    changes = {"conditional": False, "hidden_dim": 4, "epochs": 1, "batch_size": 16}
    sweep = Sweep(
        recipe="demo",
        changes={**changes, "dataset": one["train"]},
        vary={"timesteps": [1]},
        total_latents=2,
        evaluation=SweepEvaluation(dataset=one["test"]),
    )
    out = tmp_path / "sweep"
    assert run_sweep(sweep, out, progress=False).finished == 1
    table = (out / "results.csv").read_bytes()
    measured = dataclasses.replace(sweep, evaluation=SweepEvaluation(dataset=two["test"]))
    trained = dataclasses.replace(sweep, changes={**changes, "dataset": two["train"]})
    for other, sentence in (
        (measured, r"not those that timesteps-1_seed-0 was measured on: give them another name"),
        (trained, r"not those that timesteps-1_seed-0 was trained on: choose another folder"),
    ):
        with pytest.raises(ValueError, match=sentence):
            run_sweep(other, out, progress=False)
    assert (out / "results.csv").read_bytes() == table
    (tmp_path / "a").rename(tmp_path / "c")  # moved: the same images, or none to compare with
    assert run_sweep(sweep, out, progress=False).finished == 1
    moved = {use: spec.replace("/a/", "/c/") for use, spec in one.items()}
    same = dataclasses.replace(
        sweep,
        changes={**changes, "dataset": moved["train"]},
        evaluation=SweepEvaluation(dataset=moved["test"]),
    )
    assert run_sweep(same, out, progress=False).finished == 1
    evaluation = out / "runs" / "timesteps-1_seed-0" / "evaluation.json"
    assert same_images._measured_on(RunFolder(evaluation.parent))
    evaluation.unlink()  # as earlier versions left it
    assert same_images._measured_on(RunFolder(evaluation.parent)) == ""
