"""What the page does with pictures, in Node: centring, guessing, completing."""

import json
import subprocess

import numpy as np
import pytest
from conftest import tiny
from page.engine import FOLDER, NODE, case, drive, needs_node

from keras_draw import DRAW, load
from keras_draw.data import load_images
from keras_draw.page.packing import weights_of

pytestmark = needs_node


def painting(folder, script, value):
    """What a piece of script makes of a value, with the pad's own functions."""
    (folder / "value.json").write_text(json.dumps(value))
    names = [str(FOLDER / name) for name in ("arrays.js", "painting.js")]
    program = f"""
      const fs = require("fs");
      const source = {json.dumps(names)}.map(n => fs.readFileSync(n, "utf8")).join("\\n");
      const [centred, resampled] = new Function(source + "; return [centred, resampled]")();
      const value = JSON.parse(fs.readFileSync({json.dumps(str(folder / "value.json"))}, "utf8"));
      const found = {script};
      console.log(JSON.stringify(found && {{ ...found, values: Array.from(found.values) }}));
    """
    words = [NODE, "-e", program]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_picture_made_smaller_is_the_mean_of_its_areas(tmp_path):
    random = np.random.default_rng(0)
    image = random.random((12, 15, 3))
    source = {"width": 15, "height": 12, "channels": 3, "values": image.ravel().tolist()}
    found = painting(tmp_path, "resampled(value, [0, 0, 15, 12], 5, 3)", source)
    truth = image.reshape(3, 4, 5, 3, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(np.reshape(found["values"], (3, 5, 3)), truth, rtol=1e-6)


@pytest.mark.parametrize(("height", "width"), [(28, 28), (8, 8), (14, 20)])
def test_a_painted_digit_is_centred_as_mnist_was(height, width, tmp_path):
    """Its box becomes 20 / 28 of the smaller side, its centre of mass the middle."""
    image = np.zeros((280, 280))
    image[20:160, 100:120] = 1
    image[140:160, 60:120] = 1
    source = {"width": 280, "height": 280, "channels": 1, "values": image.ravel().tolist()}
    found = painting(tmp_path, f"centred(value, {width}, {height}, 20 / 28)", source)
    seen = np.reshape(found["values"], (height, width))
    down, across = np.indices((height, width)) + 0.5
    assert (seen * down).sum() / seen.sum() == pytest.approx(height / 2, abs=0.1)
    assert (seen * across).sum() / seen.sum() == pytest.approx(width / 2, abs=0.1)
    # The area of the ink: 140 x 20 and 40 x 20 of a box of 140, which becomes 20 / 28.
    scale = 20 / 28 * min(height, width) / 140
    assert seen.sum() == pytest.approx((140 * 20 + 40 * 20) * scale**2, rel=0.01)
    assert painting(tmp_path, "centred(value, 9, 9, 0.7)", source | {"values": [0] * 78400}) is None


def asked(model, requests, *, binary=False):
    """A network, and what is asked of it."""
    packed = case(model.config, weights_of(model))
    record = {"config": packed["config"], "weights": packed["weights"], "binary": binary}
    return {"record": record, "content": packed["content"], "requests": requests}


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian", "logistic-mixture"])
def test_completing_keeps_what_is_seen_and_replaces_what_is_not(likelihood, tmp_path):
    model = DRAW(tiny(num_classes=3, likelihood=likelihood))
    image = (np.arange(20) % 2).astype(float)
    hidden = [int(i >= 10) for i in range(20)]
    request = {"kind": "complete", "job": 1, "image": image.tolist(), "hidden": hidden,
               "answers": 4, "rounds": 3, "seed": 5}  # fmt: skip
    opened, *rounds = drive([asked(model, [request, request])], tmp_path)[0]
    assert opened["done"]
    assert [one["round"] for one in rounds] == [1, 2, 3] * 2
    assert rounds[:3] == rounds[3:]  # the same seed, the same answers
    for one in rounds:
        views = np.array(one["views"])
        assert views.shape == (4, 20)
        assert (views[:, :10] == image[:10]).all()
        assert len({tuple(view) for view in views[:, 10:].tolist()}) == 4


def test_what_went_wrong_is_answered(tmp_path):
    request = {"kind": "guess", "job": 7, "image": [0.0] * 3}
    answers = drive([asked(DRAW(tiny()), [request | {"net": 5}])], tmp_path)[0]
    assert answers[1]["job"] == 7
    assert answers[1]["failed"]


@pytest.mark.slow
def test_the_preset_tells_real_digits(real_data, tmp_path):
    data = load_images("mnist:test[:60]", data_dir=real_data)
    requests = [
        {"kind": "guess", "job": k, "image": (image.ravel() / 255).tolist()}
        for k, image in enumerate(data.images)
    ]
    _, *answers = drive([asked(load("mnist"), requests)], tmp_path)[0]
    right = [
        int(np.argmax(answer["shares"])) == label
        for answer, label in zip(answers, data.labels, strict=True)
    ]
    assert np.mean(right) > 0.93
    assert all(abs(sum(answer["shares"]) - 1) < 1e-6 for answer in answers)
