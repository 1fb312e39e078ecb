"""The door of every command: words, numbers, surroundings, refused before anything is touched."""

import importlib.util
import os

import pytest
from calling import COMMANDS, call, refused
from hypothesis import given, settings
from hypothesis import strategies as st

import keras_draw
from keras_draw.backends import TRAINABLE, check_backend
from keras_draw.cli import door

commands = st.sampled_from(COMMANDS).map(str.split)
few = settings(max_examples=30, deadline=None)


@pytest.fixture(autouse=True, scope="module")
def empty_folder(tmp_path_factory):
    """Commands are called in a folder that stays empty."""
    folder = tmp_path_factory.mktemp("door")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield
        assert os.listdir() == []


missing = [name for name in TRAINABLE if importlib.util.find_spec(name) is None]
backends = st.sampled_from(["", "numpy", "openvino", "JAX", " jax", "jaxx", *missing]) | st.text(
    st.characters(codec="ascii", exclude_characters="\0", exclude_categories=["Cc"])
).filter(lambda name: name not in TRAINABLE)


@few
@given(commands, backends)
def test_no_command_begins_on_a_backend_that_cannot_train(words, backend):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERAS_BACKEND", backend)
        said = refused(words)
    assert said.startswith(f"keras-draw: KERAS_BACKEND is {backend!r}, ".replace("  ", " "))


@pytest.mark.parametrize("name", ["DRAW", "load", "train"])
def test_networks_are_not_imported_on_such_a_backend(name, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "openvino")
    with pytest.raises(ImportError, match="KERAS_BACKEND is 'openvino', on which Keras cannot tra"):
        getattr(keras_draw, name)
    assert keras_draw.Architecture().timesteps == 8  # needs no backend


def test_a_backend_that_is_there_passes(monkeypatch):
    for name in set(TRAINABLE) - set(missing):
        monkeypatch.setenv("KERAS_BACKEND", name)
        check_backend()
    monkeypatch.delenv("KERAS_BACKEND")
    check_backend()


not_utf8 = st.binary(min_size=1, max_size=20).map(os.fsdecode).filter(lambda w: not _encodes(w))
bad_words = st.one_of(
    not_utf8,
    st.just(""),
    st.integers(201, 1900).map("a/".__mul__),
    st.integers(4001, 9000).map("9".__mul__),
    st.sampled_from(["~nobody-here", "~nobody-here/runs/a", "./~nobody-here"]),
    st.just("a\0b"),
)


def _encodes(word):
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in word


@few
@given(commands, bad_words, st.sampled_from(["{}", "folder:{}", "npz:{}"]), st.data())
def test_words_that_name_nothing_are_refused(words, bad, form, data):
    bad = form.format(bad) if bad else bad
    at = data.draw(st.integers(1, len(words)))
    option = data.draw(st.sampled_from([[bad], ["--out", bad], [f"--run-dir={bad}"]]))
    refused([*words[:at], *option, *words[at:]])


def test_what_is_missing_is_named():
    assert "--run-dir is empty" in refused("train --run-dir=")
    assert "--resume is empty" in refused(["train", "--resume", ""])
    assert "A name is empty" in refused(["generate", ""])
    assert "the home folder of an unknown user" in refused("generate ~nobody-here/run")


def test_folders_of_users_in_the_environment(monkeypatch):
    for name in ("KERAS_DRAW_DATA", "KERAS_DRAW_WEIGHTS", "KERAS_DRAW_CACHE"):
        with monkeypatch.context() as patch:
            patch.setenv(name, "~nobody-here/data")
            assert f"{name} begins with the home folder of" in refused("data list")


NUMBERS = [
    *(("train", f"--{name}") for name in (
        "epochs", "batch-size", "seed", "timesteps", "hidden-dim", "latent-dim", "read", "write",
        "remat-segment", "kl-warmup-steps", "patience", "sample-every", "learning-rate", "sigma",
        "kl-weight", "weight-decay", "clip-norm", "forget-bias", "free-bits", "validation",
    )),
    ("generate mnist", "--count"), ("generate mnist", "--label"), ("generate mnist", "--seed"),
    ("reconstruct mnist --dataset digits --out a.png", "--seed"),
    ("evaluate mnist", "--samples"), ("evaluate mnist", "--threshold"),
    ("evaluate mnist", "--seed"),
    ("fid mnist noise", "--count"), ("fid mnist noise", "--seed"),
    ("experiment fid-properties", "--count"), ("experiment fid-properties", "--seed"),
    ("experiment fig-3.3 --scale smoke --out out", "--timesteps"),
    ("experiment fig-3.3 --scale smoke --out out", "--seeds"),
    ("experiment fig-3.3 --scale smoke --out out --executor ray", "--cpus-per-run"),
    ("experiment fig-3.3 --scale smoke --out out --executor ray", "--gpus-per-run"),
]  # fmt: skip


@few
@given(st.sampled_from(NUMBERS), st.integers(63, 12000).map(lambda bits: 2**bits))
def test_numbers_beyond_the_machine_are_refused(asked, number):
    command, option = asked
    if option in ("--threshold", "--learning-rate", "--sigma", "--kl-weight", "--weight-decay",
                  "--clip-norm", "--forget-bias", "--free-bits", "--validation",
                  "--gpus-per-run"):  # fmt: skip
        number *= 2**130
    refused([*command.split(), option, str(number)])


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e400"])
def test_what_is_no_finite_number_is_refused(value):
    assert "finite number" in refused(f"evaluate mnist --threshold={value} --json")
    assert "finite number" in refused(f"train --learning-rate={value}")
    assert "finite number" in refused(f"train --sigma={value}")


@pytest.mark.parametrize("command", ["generate mnist", "evaluate mnist", "fid mnist noise"])
def test_seeds_are_not_negative(command):
    said = refused(f"{command} --seed=-1")
    assert "seed is -1" in said
    assert "0 or more" in said


def test_strokes_without_end():
    assert "choose fewer timesteps" in refused(f"train --timesteps {10**12} --remat-segment 7")
    assert "choose fewer timesteps" in refused(f"train --timesteps {10**9}")


def test_weights_that_nothing_reads():
    assert "leave out --weights" in refused(
        "fid mnist noise --extractor digits-classifier --weights w.npz"
    )
    assert "none is named" in refused("evaluate mnist --weights w.npz")


def test_what_was_given():
    words = ["train", "--run-dir=a", "--no-conditional", "--epochs", "3", "--image_shape", "8"]
    assert door.given(words) == {"run_dir", "conditional", "epochs", "image_shape"}


@given(st.sampled_from(["generate mnist --count 1 --out a.jpg", "data list"]))
def test_good_words_pass(command):
    door.check_words([*command.split(), "--data-dir", "a" * 255, "--out", "a/" * 200, "~", "~/x"])


def test_help_and_version_need_no_backend(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "nonsense")
    assert call("--version").out == f"keras-draw {keras_draw.__version__}\n"
    assert call("train --help").code == 0
