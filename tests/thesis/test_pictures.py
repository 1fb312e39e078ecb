"""The thesis's figures of one network, at smoke scale: their sweeps and their pixels."""

import json

import numpy as np
import pytest
from PIL import Image

from keras_draw import cli
from keras_draw.data import load_images
from keras_draw.data.images import as_uint8
from keras_draw.thesis import pictures
from keras_draw.training.loading import load


def make(capsys, *words):
    cli.main(["experiment", *words, "--json"])
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("name", "size"),
    [("fig-3.1", (16, 16, 256)), ("fig-3.4", (16, 24, 1024)), ("fig-3.5", (16, 16, 256)),
     ("fig-4.2", (8, 8, 256)), ("fig-2.2", (1, 2, 256))],
)  # fmt: skip
def test_full_scale_has_the_sizes_of_the_thesis(name, size):
    runs = pictures.sweep_of(name, scale="full").runs()
    for run in runs:
        found = run.architecture
        assert (found.timesteps, found.latent_dim, found.hidden_dim) == size
        assert found.cell == "cell-gated"
        assert run.training.dataset == ("cifar10" if name == "fig-3.4" else "mnist")
        assert run.conditional == (name == "fig-4.2")
    weights = [run.architecture.kl_weight for run in runs]
    assert weights == ([0.0, 1.0] if name == "fig-2.2" else [1.0])


def test_figures_of_the_same_network_train_it_once(tmp_path, capsys):
    out = tmp_path / "mnist"
    words = ["--scale", "smoke", "--out", str(out)]
    make(capsys, "fig-3.1", *words)
    weights = next(out.glob("runs/*/best.weights.h5"))
    before = weights.stat().st_mtime_ns
    for name in ("fig-3.5", "variance-law", "kl-map"):
        found = make(capsys, name, *words)
        assert found["figure"] == str(out / f"{name}.png")
        assert found["finished"] == 1
        with Image.open(found["figure"]) as picture:
            assert min(picture.size) > 50
    assert weights.stat().st_mtime_ns == before


def test_pairs_are_real_images_above_their_reconstructions(tmp_path, capsys):
    """The tiles are compared, pixel by pixel, with the images and the network's reconstructions."""
    found = make(capsys, "fig-3.5", "--scale", "smoke", "--out", str(tmp_path / "o"))
    (folder,) = (tmp_path / "o" / "runs").iterdir()
    test = load_images("digits:test").images[: pictures.SHOWN]
    rows = [as_uint8(test), as_uint8(load(folder).reconstruct(test))]
    with Image.open(found["figure"]) as picture:
        page = np.asarray(picture)[..., 0]
    scale = 6  # the smallest scale at which 12 tiles of 8 pixels are 600 wide
    for images, top in zip(rows, (3, 3 + 8 * scale + 3), strict=True):
        for i in (0, 5, pictures.SHOWN - 1):
            left = page.shape[1] - (pictures.SHOWN - i) * (8 * scale + 3)
            tile = page[top : top + 8 * scale, left : left + 8 * scale]
            np.testing.assert_array_equal(tile[scale // 2 :: scale, scale // 2 :: scale],
                                          images[i, ..., 0])  # fmt: skip


def test_samples_of_one_class_and_the_latent_space(tmp_path, capsys):
    found = make(capsys, "fig-4.2", "--scale", "smoke", "--out", str(tmp_path / "a"))
    (folder,) = (tmp_path / "a" / "runs").iterdir()
    nines = as_uint8(load(folder).generate(36, np.full(36, 9)))
    with Image.open(found["figure"]) as picture:
        page = np.asarray(picture)[..., 0]
    scale, gap = 12, 6  # six tiles of 8 pixels are 600 wide
    tile = page[gap : gap + 8 * scale, gap : gap + 8 * scale]
    np.testing.assert_array_equal(tile[::scale, ::scale], nines[0, ..., 0])
    found = make(capsys, "fig-2.2", "--scale", "smoke", "--out", str(tmp_path / "b"))
    assert found["finished"] == 2
    with Image.open(found["figure"]) as picture:
        assert picture.width > picture.height > 500


def test_a_run_that_fails_draws_nothing(tmp_path, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["experiment", "fig-3.4", "--data-dir", str(tmp_path), "--out",
                  str(tmp_path / "o")])  # fmt: skip
    assert stopped.value.code == 2
    assert "cifar10" in capsys.readouterr().err
    assert not (tmp_path / "o").exists()
