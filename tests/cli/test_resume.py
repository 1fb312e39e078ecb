"""`train --resume`: an option is heeded, agrees with the run, or is refused."""

import dataclasses
import json
import shlex

import pytest
from calling import call, refused
from conftest import tiny
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_draw.config import TrainConfig
from keras_draw.training import train
from keras_draw.training.runs import RunConfig, RunFolder

TRAINING = TrainConfig(dataset="digits[:100]", epochs=3, batch_size=7, validation=0.2)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = RunFolder(tmp_path_factory.mktemp("home of") / "my run")
    folder.create(overwrite=False)
    model = tiny(image_shape=(8, 8, 1), num_classes=10, timesteps=4, remat_segment=2)
    folder.write_config(RunConfig(model, TRAINING))
    folder.history.write_text("epoch,loss,reconstruction,kl\n1,3,2,1\n2,3,2,1\n3,3,2,1\n")
    return folder


@pytest.fixture(scope="module")
def asked(run):
    """What `resume` was asked for, instead of doing it."""
    found = []

    def resume(run_dir, *, config, data_dir, progress, devices):
        train.check_same(RunFolder(run_dir).read_config(), config)
        found.append(config)
        return train.TrainResult(str(run_dir), 3, 1, 0.0, 0.0, 0.0, None, None, None, 1.0, 1.0)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train, "resume", resume)
        yield found


NEW = {
    "recipe": ["demo"],
    "run-dir": ["elsewhere"],
    "overwrite": [],
    "no-conditional": [],
    "image-shape": ["9", "8", "1"],
    "strict": [],
}
AGREE = {"conditional": [], "image-shape": ["8", "8", "1"], "run-dir": None}


@pytest.mark.parametrize("option", NEW)
def test_options_of_a_new_run_are_refused(run, asked, option):
    before = run.config.read_bytes()
    for words in (["--resume", str(run)], [f"--resume={run}"]):
        said = refused(["train", f"--{option}", *NEW[option], *words])
        assert f"--{option.removeprefix('no-')} is for a new run" in said
    assert run.config.read_bytes() == before
    assert not asked


@pytest.mark.parametrize("option", AGREE)
def test_options_that_agree_are_accepted(run, asked, option):
    value = [f"{run}/../my run/"] if AGREE[option] is None else AGREE[option]
    assert call(["train", "--resume", str(run), f"--{option}", *value]).code == 0
    assert asked.pop() == run.read_config()


FIELDS = tiny(timesteps=4, remat_segment=2).to_json() | TRAINING.to_json()
OTHER = {
    "dataset": "digits", "validation": 0.3, "batch_size": 8, "learning_rate": 0.5, "seed": 1,
    "timesteps": 2, "latent_dim": 5, "hidden_dim": 7, "sigma": 0.7, "kl_weight": 0.5,
    "remat_segment": 4, "objective": "thesis", "cell": "cell-gated", "schedule": "constant",
}  # fmt: skip


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(sorted(OTHER)), st.booleans())
def test_fields_are_compared_where_they_were_given_and_nowhere_else(run, asked, name, agrees):
    value = FIELDS[name] if agrees else OTHER[name]
    words = ["train", "--resume", str(run), f"--{name.replace('_', '-')}", str(value)]
    if agrees:
        assert call(words).code == 0
        assert asked.pop() == run.read_config()
    else:
        assert f"{name} was {FIELDS[name]!r}, not {value!r}" in refused(words)


def test_more_epochs_are_asked_for(run, asked):
    assert call(["train", "--epochs", "5", "--resume", str(run)]).code == 0
    stored = run.read_config()
    assert asked.pop() == stored._replace(training=dataclasses.replace(TRAINING, epochs=5))


def test_a_run_in_the_users_folder(run, asked, monkeypatch):
    monkeypatch.setenv("HOME", str(run.path.parent))
    for words in (["--resume=~/my run"], ["--resume", "~/my run"]):
        assert call(["train", *words]).code == 0
        assert asked.pop() == run.read_config()


def test_the_last_of_two_is_meant(run, asked):
    assert call(["train", "--resume", "nowhere", "--resume", str(run)]).code == 0
    assert asked.pop() == run.read_config()


def test_the_advice_can_be_typed(run, asked):
    found = call(["train", "--resume", str(run), "--json"])
    asked.clear()
    commands = found.err.partition("Next:\n")[2].splitlines()
    assert shlex.split(commands[0]) == ["keras-draw", "generate", str(run)]
    assert json.loads(found.out)["run_dir"] == str(run)
    said = refused(["train", "--dataset", "digits[:20]", "--run-dir", str(run)])
    assert shlex.split(said.partition("resume it with ")[2])[:2] == ["--resume", f"{run},"]
