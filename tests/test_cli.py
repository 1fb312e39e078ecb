"""The command: what it prints, writes and refuses."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from keras_draw import __version__, cli

TRAIN = (
    "train --dataset digits[:100] --epochs 1 --batch-size 45 --timesteps 2 --latent-dim 2 "
    "--hidden-dim 8 --conditional"
)


def run(arguments, capsys, code=None):
    """The command in this process: what it printed on stdout and stderr."""
    words = arguments if isinstance(arguments, list) else arguments.split()
    if code is None:
        cli.main(words)
    else:
        with pytest.raises(SystemExit) as stopped:
            cli.main(words)
        assert stopped.value.code == code
    return capsys.readouterr()


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli") / "run"
    cli.main([*TRAIN.split(), "--run-dir", str(folder)])
    return folder


def test_version(capsys):
    assert run("--version", capsys).out == f"keras-draw {__version__}\n"
    words = [sys.executable, "-m", "keras_draw", "--version"]
    found = subprocess.run(words, capture_output=True, text=True)
    assert found.stdout == f"keras-draw {__version__}\n", found.stderr


def test_the_package_is_the_command():
    words = [sys.executable, "-m", "keras_draw", "--version"]
    assert subprocess.check_output(words, text=True) == f"keras-draw {__version__}\n"


@pytest.mark.parametrize(
    "words",
    [
        "--help",
        "train --help",
        "generate --help",
        "reconstruct --help",
        "interpolate --help",
        "compare --help",
        "report --help",
        "data list --help",
        "sweep run --help",
        "sweep status --help",
        "experiment fig-3.3 --help",
        "experiment fig-4.1 --help",
        "experiment fid-properties --help",
    ],
)
def test_help_explains_every_option_and_loads_no_backend(words):
    script = (
        "import sys; from keras_draw import cli\n"
        f"try: cli.main({words.split()!r})\n"
        "finally:\n"
        "    loaded = {'jax', 'keras', 'numpy', 'matplotlib'} & set(sys.modules)\n"
        "    assert not loaded, loaded"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    assert "usage: keras-draw" in found.stdout


def test_training_help_names_every_field(capsys):
    import dataclasses

    from keras_draw.config import Architecture, TrainConfig

    text = run("train --help", capsys, code=0).out
    for config in (Architecture, TrainConfig):
        for field in dataclasses.fields(config):
            assert f"--{field.name.replace('_', '-')}" in text


def test_train_prints_one_json_object_and_nothing_else_on_stdout(tmp_path, capsys):
    out = run(f"{TRAIN} --run-dir {tmp_path / 'run'} --json", capsys)
    found = json.loads(out.out)
    assert {"run_dir", "epochs", "loss", "reconstruction", "kl", "images_per_second"} <= set(found)
    assert found["epochs"] == 1
    assert "Trained for 1 epoch in" in out.err
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert config["model"]["timesteps"] == 2
    assert config["model"]["image_shape"] == [8, 8, 1]


def test_generate_writes_png_gif_and_npz(trained, tmp_path, capsys):
    found = run(f"generate {trained} --out {tmp_path / 'a.png'} --count 20 --json", capsys)
    assert json.loads(found.out)["count"] == 20
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.height > 3 * picture.width  # ten rows, one per class, two columns
    run(f"generate {trained} --out {tmp_path / 'a.gif'} --label 9 --count 4", capsys)
    with Image.open(tmp_path / "a.gif") as gif:
        assert gif.n_frames == 2
    for name in ("a", "b"):
        run(f"generate {trained} --out {tmp_path / name}.npz --label 3 --count 5 --seed 7", capsys)
    a, b = np.load(tmp_path / "a.npz"), np.load(tmp_path / "b.npz")
    assert a["x"].dtype == np.uint8
    assert a["x"].shape == (5, 8, 8, 1)
    assert a["y"].tolist() == [3] * 5
    np.testing.assert_array_equal(a["x"], b["x"])


def test_reconstruct(trained, tmp_path, capsys):
    arguments = ["reconstruct", str(trained), "--dataset", "digits:test[:3]", "--json", "--out"]
    found = json.loads(run([*arguments, str(tmp_path / "a.png")], capsys).out)
    assert found["dataset"] == "digits:test[:3]"
    assert found["units"]["kl"] == "nats per image"
    run([*arguments, str(tmp_path / "a.gif")], capsys)
    run([*arguments, str(tmp_path / "a.npz")], capsys)
    assert np.load(tmp_path / "a.npz")["reconstruction"].shape == (3, 8, 8, 1)


def test_resume_goes_on_and_refuses_other_configurations(tmp_path, capsys):
    folder = tmp_path / "run"
    run(f"{TRAIN} --run-dir {folder}", capsys)
    found = run(f"train --resume {folder} --epochs 2 --json", capsys)
    assert json.loads(found.out)["epochs"] == 2
    said = run(f"train --resume {folder} --timesteps 3", capsys, code=2).err
    assert "timesteps was 2, not 3" in said
    said = run(f"train --resume {folder} --epochs 1", capsys, code=2).err
    assert "epochs was 2, not 1" in said


def test_attention_is_not_added_to_a_network_that_was_trained_without(trained, capsys):
    said = run(f"train --resume {trained} --read 3", capsys, code=2).err
    assert "read was None, not 3" in said


def test_pictures_in_a_folder_train_with_attention_and_show_their_windows(tmp_path, capsys):
    """48 x 48 and colour, as faces are; rectangles show where the network looks and writes."""
    random = np.random.default_rng(0)
    (tmp_path / "faces").mkdir()
    for i in range(6):
        picture = Image.fromarray(random.integers(0, 256, (90, 70, 3), np.uint8))
        picture.save(tmp_path / "faces" / f"{i}.png")
    folder = f"folder:{tmp_path / 'faces'}"
    out = run(
        f"train --recipe faces --dataset {folder} --run-dir {tmp_path / 'run'} --epochs 1 "
        "--timesteps 2 --latent-dim 2 --hidden-dim 8 --read 3 --write 2 --sample-every 0 "
        "--precision float32 --json",
        capsys,
    ).out
    assert np.isfinite(json.loads(out)["loss"])
    arguments = ["reconstruct", str(tmp_path / "run"), "--dataset", f"{folder}[:2]", "--windows"]
    run([*arguments, "--out", str(tmp_path / "a.gif")], capsys)
    run(f"generate {tmp_path / 'run'} --count 3 --windows --out {tmp_path / 'b.gif'}", capsys)
    colours = {}
    for name in "ab":
        with Image.open(tmp_path / f"{name}.gif") as gif:
            assert gif.n_frames == 3  # two strokes, and the picture without windows
            colours[name] = {colour for _, colour in gif.convert("RGB").getcolors(10**6)}
    near = {"read": (47, 158, 68), "write": (247, 103, 7)}
    seen = {
        name: {what for what, colour in near.items() if _has(found, colour)}
        for name, found in colours.items()
    }
    assert seen == {"a": {"read", "write"}, "b": {"write"}}


def _has(colours, wanted):
    return any(max(abs(a - b) for a, b in zip(c, wanted, strict=True)) < 24 for c in colours)


def test_a_drawing_has_a_name_of_its_own_if_none_is_given(trained, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    found = run(f"generate {trained} --label 3 --count 1 --json", capsys)
    assert json.loads(found.out)["out"] == "run-3.png"
    assert (tmp_path / "run-3.png").is_file()
    said = run(f"generate {trained} --label 3 --count 1", capsys, code=2).err
    assert "--overwrite to replace it" in said


def test_data_commands(capsys):
    listed = json.loads(run("data list --json", capsys).out)["data"]
    assert listed["digits"]["found"] == "embedded in scikit-learn"
    assert listed["mnist"]["found"] is None
    checked = run("data check digits --json", capsys)
    assert json.loads(checked.out)["whole"] is True
    assert "It is complete." in checked.err


def test_a_check_of_a_folder_lists_what_was_taken_and_what_was_not(tmp_path, capsys):
    for name in ("cats/0.png", ".trash/1.png"):
        (tmp_path / name).parent.mkdir()
        Image.new("L", (4, 4), 9).save(tmp_path / name)
    (tmp_path / "cats" / "1.heic").touch()
    checked = run(f"data check folder:{tmp_path} --json", capsys)
    assert json.loads(checked.out)["splits"]["hidden"] == "1: .trash"
    assert "skipped: 1: cats/1.heic (.heic files cannot be read" in checked.err
    assert "It is not complete." in checked.err


BAD = {
    "train --dataset folder:~nobody-of-that-name": "home folder of an unknown user",
    "data check folder:nowhere": "There is no folder 'nowhere'",
    "train --dataset folder:. --image-shape 100000 100000 1": "64,000,000 pixels at most",
    "train --dataset mnits": "did you mean 'mnist'?",
    "train --dataset mnist": "Without that, keras-draw data get mnist downloads it",
    "train --dataset digits:valid": "has no split 'valid'",
    "train --dataset digits[5:2]": "START must be below STOP",
    "train --dataset digits:test": "reserved for evaluation",
    "train --recipe demmo": "did you mean 'demo'?",
    "train --timesteps 0": "timesteps is 0; it must be 1 or more.",
    "train --epochs 0": "epochs is 0",
    "train --hidden-dim 1000000000": "would take at least",
    "train --batch-size 100000000000": "choose a smaller batch_size",
    "train --timesteps 100000000000": "fewer timesteps",
    "generate RUN --out a.png --count 10000000000000": "give fewer images",
    "train --cell lsm": "--cell is 'lsm'; did you mean 'lstm'?",
    "train --timestep 3": "--timesteps",
    "train --resume nowhere": "is not a run folder",
    "generate nowhere --out a.png": "There is no run folder, .keras file or preset 'nowhere'",
    "generate RUN --out a.jpg": "choose from .png, .gif, .mp4, .npz",
    "generate RUN --out nowhere/a.png": "create it first",
    "train --read 0": "read is 0; a window needs 1 or more filters per side",
    "train --write -1": "write is -1; a window needs 1 or more filters per side",
    "train --read 9": "choose 1 to 8, or None for the whole image",
    "train --recipe faces --dataset digits": "use folder:PATH, whose pictures are resized to it",
    "train --recipe paper-svhn": "Without that, keras-draw data get svhn downloads it",
    "generate RUN --out a.png --windows": "--windows needs a .gif or .mp4",
    "generate RUN --out a.gif --windows": "this network does not paint through a window",
    "reconstruct RUN --dataset digits:test[:2] --out a.gif --windows": "neither reads nor paints",
    "generate RUN --out a.png --count 0": "--count is 0; give 1 or more",
    "generate RUN --out a": "a has no extension: give one of",
    "generate RUN --out a.png --columns 0": "--columns is 0; give 1 or more",
    "generate RUN --out a.gif --fps 0": "fps is 0; give strokes per second",
    "generate RUN --out nowhere/new/": "create it first",
    "interpolate RUN --out a.png --stations 1": "--stations is 1; a path needs 2 or more",
    "interpolate RUN --out a.png --columns 3": "give --stations instead of --columns",
    "interpolate RUN --out a.png --count 1": "a path needs two, its ends",
    "compare RUN": "1 run to compare; give 2 to 12",
    "compare RUN RUN": "is given twice",
    "compare RUN nowhere": "There is no run folder, .keras file or preset 'nowhere'",
    "generate RUN --out a.png --label 10": "There is no class '10'",
    "generate RUN --out exists.png": "--overwrite to replace it",
    "reconstruct RUN --dataset digits:test[:0] --out a.png": "START must be below STOP",
    "reconstruct RUN --dataset folder:none --out a.png": "There is no folder",
    "data check mnits": "did you mean 'mnist'?",
    "sweep run none.json --out out": "There is no file none.json",
    "sweep run exists.png --out out": "is not JSON",
    "sweep status RUN": "is not a sweep: it has no sweep.json",
    "experiment fig-3.3 --scale smoke --timesteps 3 --out out": "nearest that do: 2 and 4",
    "experiment fig-3.3 --scale large": "--scale is 'large'; choose from smoke, laptop, full",
    "experiment fig-4.1 --scale full --out out": "mnist was not found",
    "experiment fig-4.1 --table none.csv": "There is no table none.csv",
    "trian": "train",
}


@pytest.mark.parametrize("arguments", BAD)
def test_bad_input_meets_a_sentence_and_exit_code_2(
    trained, tmp_path, monkeypatch, capsys, arguments
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "exists.png").write_text("precious")
    found = run(arguments.replace("RUN", str(trained)), capsys, code=2)
    text = " ".join((found.out + found.err).replace("│", " ").split())
    assert BAD[arguments] in text
    assert "Traceback" not in text
    assert os.listdir(tmp_path) == ["exists.png"]
    assert (tmp_path / "exists.png").read_text() == "precious"
    if found.err.startswith("keras-draw:"):
        assert found.err.count("\n") == 1


def test_a_folder_that_cannot_be_written_to(trained, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere
    assert "cannot be written to" in run(f"generate {trained} --out a.png", capsys, code=2).err
    assert "cannot be written to" in run(f"{TRAIN} --run-dir there", capsys, code=2).err
    assert not (tmp_path / "there" / "config.json").exists()
