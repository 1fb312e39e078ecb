"""The command `evaluate`: which results are stored, and when they are reused."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from conftest import tiny
from evaluation.test_named import command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from PIL import Image
from swapping import swaps

from keras_draw import DRAW, cli
from keras_draw.config import TrainConfig
from keras_draw.evaluation import run_evaluation as room
from keras_draw.evaluation.record import Evaluation
from keras_draw.training.callbacks import save_weights
from keras_draw.training.runs import RunConfig, RunFolder

CONFIG = tiny(image_shape=(8, 8, 1))
WORDS = ["--samples", 1, "--json"]


def made(path, config=CONFIG, seed=1, dataset="digits[:100]"):
    folder = RunFolder(path)
    folder.create(overwrite=False)
    folder.write_config(RunConfig(config, TrainConfig(dataset=dataset)))
    save_weights(DRAW(config, seed=seed), folder.best)
    return folder


@pytest.fixture
def run(tmp_path):
    return made(tmp_path / "run")


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """A run that was evaluated, and the content of its file."""
    folder = made(tmp_path_factory.mktemp("measured") / "run")
    cli.main(["evaluate", str(folder.path), "--dataset", "digits:test[:20]", "--samples", "1"])
    return folder, json.loads(folder.evaluation.read_text())


def test_evaluate_prints_a_table_and_keeps_it(run, capsys, monkeypatch):
    words = ["evaluate", run.path, "--dataset", "digits:test[:30]", *WORDS]
    out = command(words, capsys)
    found = json.loads(out.out)
    assert found["dataset"] == "digits:test[:30]"
    assert found == json.loads(run.evaluation.read_text())
    assert f"{found['images']} images of digits:test" in out.err
    assert "not measured: fid (no extractor" in out.err
    assert "log_likelihood from 1 draw of the latents per image" in out.err
    assert "Nothing was measured" not in out.err
    assert found["measured"]["when"].startswith("20")
    assert found["measured"]["versions"]["keras-draw"]

    monkeypatch.setattr(room, "evaluate", lambda *_, done, **__: done)
    again = command(words, capsys)
    assert json.loads(again.out) == found
    said = again.err.splitlines()[-1]
    assert said.startswith("Nothing was measured: all results are from evaluation.json of run, ")
    for word in (found["measured"]["when"], found["measured"]["machine"], "--again"):
        assert word in said
    old = {name: value for name, value in found.items() if name != "measured"}
    run.evaluation.write_text(json.dumps(old))
    assert "without a time of measurement" in command(words, capsys).err
    monkeypatch.undo()

    run.evaluation.write_text(json.dumps({**found, "elbo": -1.0}))
    assert json.loads(command(words, capsys).out)["elbo"] == -1.0
    anew = command([*words, "--again"], capsys)
    assert json.loads(anew.out)["elbo"] == found["elbo"]
    assert "Nothing was measured" not in anew.err
    other = json.loads(command([*words, "--dataset", "digits:test[:20]"], capsys).out)
    assert other["images"] == 20


@pytest.mark.parametrize("part", ["", ":train"])
def test_what_was_held_out_of_a_folder_is_measured_on(part, tmp_path, capsys, monkeypatch):
    for k in range(30):
        Image.new("L", (8, 8), k).save(tmp_path / f"{k}.png")
    run = made(tmp_path / "run", dataset=f"folder:{tmp_path}{part}")
    values = {"images": 3, "seed": 0, "left_out": {}, "note": "", "binarization": "none"}
    given = lambda _, data, **__: Evaluation(values | {"dataset": data.name})  # noqa: E731
    monkeypatch.setattr(room, "evaluate", given)
    words = ["evaluate", run.path, "--samples", 1]
    if not part:
        with pytest.raises(SystemExit):
            command(words, capsys)
        assert "and no images were held out: give the images" in capsys.readouterr().err
        words += ["--dataset", f"folder:{tmp_path}:test"]
    said = command(words, capsys).err
    assert f"3 images of folder:{tmp_path.name}:test" in said
    assert ("which includes images measured here" in said) == (not part)


def test_numbers_are_of_the_weights_that_are_named(run, capsys, monkeypatch):
    """A better epoch is saved while the images are read."""
    words = ["evaluate", run.path, "--dataset", "digits:test[:20]", *WORDS]
    before = run.best.read_bytes()
    whole = room.load_images

    def later(*args, **kwargs):
        save_weights(DRAW(CONFIG, seed=2), run.best)
        return whole(*args, **kwargs)

    monkeypatch.setattr(room, "load_images", later)
    first = json.loads(command(words, capsys).out)
    monkeypatch.undo()
    assert run.best.read_bytes() != before
    assert first["made_from"]["weights"] == hashlib.sha256(before).hexdigest()
    second = json.loads(command(words, capsys).out)
    assert second["made_from"]["weights"] == hashlib.sha256(run.best.read_bytes()).hexdigest()
    run.evaluation.unlink()
    truth = json.loads(command(words, capsys).out)
    assert second["elbo"] == truth["elbo"] != first["elbo"]


def test_another_network_of_the_same_weights_is_measured_anew(run, capsys):
    words = ["evaluate", run.path, "--dataset", "digits:test[:20]", *WORDS]
    bernoulli = json.loads(command(words, capsys).out)
    config = tiny(image_shape=(8, 8, 1), likelihood="gaussian", sigma=0.5)
    run.write_config(RunConfig(config, TrainConfig(dataset="digits")))
    gaussian = json.loads(command(words, capsys).out)
    assert gaussian["elbo"] != bernoulli["elbo"]


def test_a_single_image_has_no_spread_and_no_distance(run, capsys):
    words = ["evaluate", run.path, "--dataset", "digits:test[:1]", *WORDS]
    found = json.loads(command(words, capsys).out)
    assert found["elbo_standard_error"] is None
    assert {"variance_law", "fid"} <= set(found["left_out"])
    assert "NaN" not in run.evaluation.read_text()
    assert json.loads(command(words, capsys).out) == found


def test_what_cannot_be_kept_is_printed(run, capsys, monkeypatch):
    def full(path, values):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(room, "write_json", full)
    out = command(["evaluate", run.path, "--dataset", "digits:test[:20]", *WORDS], capsys)
    assert json.loads(out.out)["images"] == 20
    assert out.err.count("could not be written (No space left on device)") == 1
    assert not run.evaluation.exists()


def test_no_folder_of_the_machine_is_written(run, tmp_path, capsys):
    np.savez(tmp_path / "own.npz", x=np.zeros((3, 8, 8, 1), np.uint8))
    words = ["evaluate", run.path, "--dataset", f"npz:{tmp_path / 'own.npz'}", *WORDS]
    assert json.loads(command(words, capsys).out)["dataset"] == "npz:own.npz"
    assert str(tmp_path) not in run.evaluation.read_text()


def test_an_evaluation_older_than_a_measure_is_completed(measured, tmp_path, capsys):
    """Only the part that lacks a value is measured; the numbers are the same."""
    whole = measured[1]
    folder = made(tmp_path / "old")
    names = ("active_units", "active_units_per_timestep")
    old = {name: value for name, value in whole.items() if name not in names}
    folder.evaluation.write_text(json.dumps({**old, "elbo": -1.0}))
    words = ["evaluate", folder.path, "--dataset", "digits:test[:20]", *WORDS]
    out = command(words, capsys)
    assert "Measured now: latents. All other results are from evaluation.json of old" in out.err
    assert {**json.loads(out.out), "elbo": 0, "measured": 0} == {**whole, "elbo": 0, "measured": 0}
    assert json.loads(out.out)["elbo"] == -1.0


def test_a_file_that_is_no_evaluation_meets_a_sentence(run, measured, capsys):
    words = ["evaluate", run.path, "--dataset", "digits:test[:20]", *WORDS]
    for content, sentence in (
        ("{", "is not JSON. Measure again with --again"),
        (json.dumps({**measured[1], "elbo": "high"}), "elbo is 'high', expected a number"),
    ):
        run.evaluation.write_text(content)
        said = command(words, capsys, code=2).err
        assert sentence in said
        assert "Traceback" not in said
        assert run.evaluation.read_text() == content
    assert json.loads(command([*words, "--again"], capsys).out)["images"] == 20


def test_other_class_names_are_measured_again(tmp_path, capsys):
    """Labels are matched by the names of classes, so names decide what is measured."""
    random = np.random.default_rng(0)
    file = tmp_path / "x.npz"
    folder = made(tmp_path / "run", tiny(num_classes=2, class_names=("dark", "bright")))
    words = ["evaluate", folder.path, "--dataset", f"npz:{file}", *WORDS]
    x, y = random.integers(0, 256, (20, 5, 4, 1), np.uint8), np.arange(20) % 2
    found = []
    for names in (("dark", "bright"), ("bright", "dark"), ("bright", "dark")):
        np.savez(file, x=x, y=y, class_names=np.array(names))
        out = command(words, capsys)
        found.append(json.loads(out.out)["elbo"])
    assert found[0] != found[1] == found[2]
    assert "Nothing was measured" in out.err


def test_the_digits_classifier_comes_with_a_caveat_unless_the_images_are_digits(tmp_path, capsys):
    x = np.random.default_rng(0).integers(0, 256, (20, 28, 28, 1), np.uint8)
    np.savez(tmp_path / "boots.npz", x=x)
    config = CONFIG.__class__(image_shape=(28, 28, 1), timesteps=1, latent_dim=2, hidden_dim=4)
    folder = made(tmp_path / "run", config)
    words = ["evaluate", folder.path, "--dataset", f"npz:{tmp_path / 'boots.npz'}", *WORDS]
    found = json.loads(command(words, capsys).out)
    assert found["extractor"] == "digits-classifier"
    assert (
        "its numbers mean nothing if npz:boots.npz holds pictures of other things"
        in (found["note"])
    )


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(some.data())
def test_damaged_evaluations_are_refused_or_used(measured, monkeypatch, capsys, data):
    """Nothing is measured here: a valid file is printed, a bad one refused with a message."""
    folder, whole = measured
    folder.evaluation.write_text(json.dumps(data.draw(swaps(whole))))

    def pretended(*_, done, **__):
        told = {"units": whole["units"], "left_out": {}, "note": "", "binarization": "none"}
        return Evaluation({**whole, **(done or {}), **told})

    monkeypatch.setattr(room, "evaluate", pretended)
    try:
        cli.main(["evaluate", str(folder.path), "--dataset", "digits:test[:20]", "--samples", "1",
                  "--json"])  # fmt: skip
    except SystemExit as stopped:
        assert stopped.code == 2
    out = capsys.readouterr()
    assert "Traceback" not in out.err
    if out.out:
        json.loads(out.out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_an_evaluation_in_seconds_and_leaves_nothing(tmp_path, number):
    folder = made(tmp_path / "run")
    words = ["evaluate", str(folder.path), "--dataset", "digits:train", "--samples", "100000"]
    heard = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    script = f"{heard}; from keras_draw import cli; cli.main({words!r})"
    process = subprocess.Popen(
        [sys.executable, "-c", script], stderr=subprocess.PIPE, env={**os.environ, "COLUMNS": "80"}
    )
    until = time.monotonic() + 300
    while not folder.evaluation.exists() and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(0.2)  # the draws have just begun: some are running on the device
    process.send_signal(number)
    _, said = process.communicate(timeout=10)
    assert process.returncode == 130
    assert b"Traceback" not in said
    assert {path.name for path in folder.path.iterdir()} <= {
        "config.json", "best.weights.h5", "evaluation.json", "lock",
    }  # fmt: skip
    assert "log_likelihood" not in json.loads(folder.evaluation.read_text())
