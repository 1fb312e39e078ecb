"""The examples, shortened: each leaves what its first lines promise. Slowly: as they stand."""

import ast
import importlib.util
import json
import math
import re
import subprocess
import sys
import types

import numpy as np
import pytest
from conftest import ROOT
from PIL import Image

from keras_draw import load
from keras_draw.data import load_images
from keras_draw.sweeps.table import read_results
from keras_draw.training.runs import RunFolder

EXAMPLES = ROOT / "examples"
SCRIPTS = sorted(EXAMPLES.glob("*.py"))
SERVICES = ("wandb", "trackio")


def example(name):
    """The script as a module: nothing runs until `main` is called."""
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def promised(name):
    """The files and folders that a script's first lines name."""
    said = ast.get_docstring(ast.parse((EXAMPLES / f"{name}.py").read_text("utf-8")))
    found = re.findall(r"^    (\S+?)/?  ", said.partition("It writes to OUT")[2], re.MULTILINE)
    assert found
    return set(found)


def left_in(folder):
    return {path.name for path in folder.iterdir()}


def tiles(path, across):
    """Images in a row (or, not across, in a column) of a grid, between lines of bare paper."""
    with Image.open(path) as picture:
        pixels = np.asarray(picture.convert("L"))
    bare = (pixels == 250).all(axis=0 if across else 1)
    return int((bare[:-1] & ~bare[1:]).sum())


def frames(path):
    with Image.open(path) as picture:
        return picture.n_frames


def test_every_script_has_a_test_and_a_line_in_the_table():
    names = [script.stem for script in SCRIPTS]
    assert len(names) >= 5
    table = re.findall(r"^\| \[(\w+)\.py\]\((\w+)\.py\)", (EXAMPLES / "README.md").read_text(),
                       re.MULTILINE)  # fmt: skip
    assert sorted(table) == [(name, name) for name in names]
    for name in names:
        assert f"test_{name}" in globals() or name.removeprefix("log_to_") in SERVICES
        assert f"python examples/{name}.py" in (EXAMPLES / f"{name}.py").read_text("utf-8")


def test_draw_from_preset(tmp_path):
    example("draw_from_preset").main(tmp_path)
    assert left_in(tmp_path) == promised("draw_from_preset")
    assert tiles(tmp_path / "digits.png", across=False) == 10
    assert tiles(tmp_path / "styles.png", across=True) == 10
    assert frames(tmp_path / "sevens.gif") == 8
    strokes = load("binarized-mnist-attention").config.timesteps
    assert frames(tmp_path / "windows.gif") == strokes + 1  # the last one without windows


def test_train_on_pictures(tmp_path):
    given = tmp_path / "given"
    given.mkdir()
    random = np.random.default_rng(0)
    for number in range(6):  # of six sizes
        pixels = random.integers(0, 256, (20 + number, 30, 3), np.uint8)
        Image.fromarray(pixels).save(given / f"{number}.png")
    out = tmp_path / "out"
    example("train_on_pictures").main(out, given, epochs=1)
    assert left_in(out) == promised("train_on_pictures") - {"pictures"}
    assert len(left_in(given)) == 6
    run = RunFolder(out / "run").read_config()
    assert (run.training.dataset, run.model.image_shape) == (f"folder:{given}", (16, 16, 3))
    assert [tiles(out / "samples.png", across=a) for a in (True, False)] == [8, 8]
    assert tiles(out / "reconstruction.png", across=True) == 1 + 8


def test_pictures_that_stand_in_for_ones_own(tmp_path):
    example("train_on_pictures").write_pictures(tmp_path / "pictures")
    found = load_images(f"folder:{tmp_path / 'pictures'}")
    assert found.images.shape == (1438, 24, 24, 3)
    assert found.labels is None
    grey = (np.ptp(found.images, axis=-1).reshape(1438, -1).max(axis=1) == 0).mean()
    assert grey < 0.01


def test_draw_by_class(tmp_path):
    example("draw_by_class").main(tmp_path, epochs=1)
    assert left_in(tmp_path) == promised("draw_by_class")
    assert load(tmp_path / "digits.keras").config.num_classes == 10
    assert [tiles(tmp_path / "nines.png", across=a) for a in (True, False)] == [4, 4]
    assert tiles(tmp_path / "styles.png", across=True) == 10
    assert tiles(tmp_path / "morphs.png", across=False) == 10


def test_evaluate_network(tmp_path, capsys):
    example("evaluate_network").main(tmp_path, epochs=1, samples=2)
    assert left_in(tmp_path) == promised("evaluate_network")
    found = json.loads((tmp_path / "evaluation.json").read_text("utf-8"))
    assert found["images"] == found["count_a"] == found["count_b"] == 359
    assert found["log_likelihood_samples"] == 2
    assert found["elbo"] == pytest.approx(-(found["reconstruction"] + found["kl"]), rel=1e-5)
    bits = -found["elbo"] / (64 * math.log(2))
    assert found["bits_per_dim"] == pytest.approx(bits, rel=1e-5)
    assert found["latent_variables"] == 8 * 6
    assert 0 < found["fid_of_real_images"] < found["fid"] < math.inf
    assert 0 <= found["samples_taken_for_what_was_asked"] <= 1
    assert f"log p(x | label) >= {found['elbo']:.2f} nats" in capsys.readouterr().out


def test_sweep_timesteps(tmp_path):
    main = example("sweep_timesteps").main
    main(tmp_path, timesteps=(2,), seeds=(3,), epochs=1)
    assert left_in(tmp_path) >= promised("sweep_timesteps")
    (row,) = read_results(tmp_path / "results.csv")
    assert (row["timesteps"], row["latent_dim"], row["seed"]) == (2, 16, 3)
    assert (row["status"], row["epochs"], row["evaluated_images"]) == ("finished", 1, 359)
    assert left_in(tmp_path / "runs") == {row["run"]}
    with Image.open(tmp_path / "timesteps.png") as picture:
        picture.load()
        assert picture.width > picture.height
    before = (tmp_path / "results.csv").read_bytes()  # with the seconds of training
    main(tmp_path, timesteps=(2,), seeds=(3,), epochs=1)
    assert (tmp_path / "results.csv").read_bytes() == before


def test_log_to_tensorboard(tmp_path):
    pytest.importorskip("tensorboardX")
    from tensorboardX.proto.event_pb2 import Event

    example("log_to_tensorboard").main(tmp_path, epochs=5)
    assert left_in(tmp_path) == promised("log_to_tensorboard")
    (file,) = (tmp_path / "events").iterdir()
    content, at, values = file.read_bytes(), 0, []
    while at < len(content):  # each record: 8 bytes of length, 4 of checksum, itself, 4 of checksum
        length = int.from_bytes(content[at : at + 8], "little")
        event = Event.FromString(content[at + 12 : at + 12 + length])
        values += [(value.tag, event.step) for value in event.summary.value]
        at += 16 + length
    scalars = {(name, step) for name in ("loss", "kl", "reconstruction") for step in range(1, 6)}
    assert set(values) == scalars | {("samples", 5)}


class Recorder(types.ModuleType):
    """Stands in for a service's library: keeps what it is told."""

    def __init__(self, name):
        super().__init__(name)
        self.config, self.told, self.over = {}, {}, 0

    def init(self, *, project, config=None, dir=None):
        self.config.update(config or {})
        if dir is not None:
            (dir / "wandb").mkdir()
        return self

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.finish()

    def log(self, values, step):
        assert step not in self.told
        self.told[step] = values

    def finish(self):
        self.over += 1

    Image = staticmethod(np.asarray)


@pytest.mark.parametrize("service", SERVICES)
def test_logs_to_a_service(service, tmp_path, monkeypatch):
    library = Recorder(service)
    monkeypatch.setitem(sys.modules, service, library)
    script = example(f"log_to_{service}")
    script.main(*([tmp_path / "out"] if service == "wandb" else []), epochs=5)
    if service == "wandb":
        assert left_in(tmp_path / "out") == promised("log_to_wandb")
    assert library.config["num_classes"] == 10
    assert library.over == 1
    assert sorted(library.told) == [1, 2, 3, 4, 5]
    assert all(
        values.keys() >= {"loss", "kl", "reconstruction"} for values in library.told.values()
    )
    assert [step for step, values in library.told.items() if "samples" in values] == [5]
    assert library.told[5]["samples"].shape[-1] == 3


@pytest.mark.slow
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_as_it_stands(script, tmp_path):
    if script.stem.startswith("log_to_"):
        pytest.skip("runs above; as it stands it asks for an account, or writes into one's home")
    done = subprocess.run(
        [sys.executable, script], cwd=tmp_path, capture_output=True, text=True, timeout=1200
    )
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    out = tmp_path / "runs" / "examples" / script.stem.replace("_", "-")
    assert left_in(out) >= promised(script.stem)
    if script.stem == "evaluate_network":
        found = json.loads((out / "evaluation.json").read_text("utf-8"))
        assert found["samples_taken_for_what_was_asked"] > 0.9
    if script.stem == "sweep_timesteps":
        bounds = {
            r["timesteps"]: r["elbo_nats_per_image"] for r in read_results(out / "results.csv")
        }
        assert bounds[16] > bounds[1]
