import hashlib

import h5py
import numpy as np
import pytest
from evaluation.inception.inception_files import (
    folded,
    random_layers,
    real_weights,
    state_dict,
    write_keras,
    write_npz,
    write_state_dict,
)
from evaluation.inception.tensor_files import WRITERS, Tensor, write_zip

from keras_draw.evaluation.inception import pytorch
from keras_draw.evaluation.inception.batchnorm import BatchNorm, fold
from keras_draw.evaluation.inception.definition import layer_shapes
from keras_draw.evaluation.inception.pytorch import torch_names
from keras_draw.evaluation.inception.weights import (
    check_complete,
    missing_layers,
    read_weights,
    weights_hash,
)

PUBLISHED_NAMES = {
    "conv": "Conv2d_1a_3x3",
    "conv_4": "Conv2d_4a_3x3",
    "mixed/conv": "Mixed_5b.branch1x1",
    "mixed/tower/conv_1": "Mixed_5b.branch5x5_2",
    "mixed_2/tower_1/conv_2": "Mixed_5d.branch3x3dbl_3",
    "mixed_2/tower_2/conv": "Mixed_5d.branch_pool",
    "mixed_3/conv": "Mixed_6a.branch3x3",
    "mixed_3/tower/conv_2": "Mixed_6a.branch3x3dbl_3",
    "mixed_4/tower/conv_1": "Mixed_6b.branch7x7_2",
    "mixed_7/tower_1/conv_4": "Mixed_6e.branch7x7dbl_5",
    "mixed_8/tower/conv_1": "Mixed_7a.branch3x3_2",
    "mixed_8/tower_1/conv_3": "Mixed_7a.branch7x7x3_4",
    "mixed_9/tower/mixed/conv": "Mixed_7b.branch3x3_2a",
    "mixed_9/tower_1/mixed/conv_1": "Mixed_7b.branch3x3dbl_3b",
    "mixed_10/tower/mixed/conv_1": "Mixed_7c.branch3x3_2b",
    "mixed_10/tower_2/conv": "Mixed_7c.branch_pool",
}
"""Graph -> torchvision: some of the names in torch-fidelity's converter."""
SLASHED = {name.replace("/", "_"): name for name in PUBLISHED_NAMES}
PICKED = {
    name: layer
    for name, layer in random_layers(2048).items()
    if name in SLASHED and layer.kernel.size < 300_000
}


def assert_same(found, expected, rtol=1e-6):
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert found[name].dtype == np.float32
        np.testing.assert_allclose(found[name], value, rtol, 1e-7, err_msg=name)


def test_folding_is_batch_normalization_of_a_convolution():
    """At one pixel, in float64: gamma (w·x − mean) / sqrt(variance + epsilon) + beta."""
    draw = np.random.default_rng(0)
    w, x = draw.normal(size=(4, 1, 1, 3)), draw.normal(size=3)
    beta, mean, gamma = draw.normal(size=(3, 4))
    variance = draw.uniform(0.1, 2, 4)
    expected = gamma * (w[:, 0, 0] @ x - mean) / np.sqrt(variance + 0.001) + beta
    made = fold("a", w, BatchNorm(beta, mean, variance, gamma))
    np.testing.assert_allclose(made["a/weights"][:, 0, 0] @ x + made["a/bias"], expected, rtol=1e-5)


def test_npz(tmp_path):
    write_npz(tmp_path / "w.npz", PICKED)
    assert_same(read_weights(tmp_path / "w.npz"), folded(PICKED), 0)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"conv/bias": np.zeros(31, np.float32)}, "conv/bias has shape"),
        ({"conv/bias": np.zeros(32, np.int32)}, "type int32"),
        ({"conv/bias": np.full(32, np.nan, np.float32)}, "not finite"),
        (None, "no Inception-v3 layer"),
    ],
)
def test_npz_of_something_else_is_refused(tmp_path, change, sentence):
    arrays = folded(random_layers(64)) | change if change else {"x": np.zeros(3)}
    np.savez(tmp_path / "w.npz", **arrays)
    with pytest.raises(ValueError, match=sentence):
        read_weights(tmp_path / "w.npz")


def test_other_endings_and_missing_files_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"'\.ckpt'; expected Inception weights with \.npz, \.pth"):
        read_weights(tmp_path / "w.ckpt")
    with pytest.raises(FileNotFoundError, match="There is no file"):
        read_weights(tmp_path / "w.pth")


# PyTorch's state dicts.


def test_torch_names_are_the_published_ones():
    names = torch_names()
    assert names.keys() == layer_shapes().keys()
    assert {k: names[k.replace("/", "_")] for k in PUBLISHED_NAMES} == PUBLISHED_NAMES


@pytest.fixture
def publish(monkeypatch):
    """Accept a file as the published one."""

    def taken(path):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        monkeypatch.setattr(pytorch, "PUBLISHED", {digest})

    return taken


@pytest.mark.parametrize("kind", sorted(WRITERS))
def test_state_dict(tmp_path, publish, kind):
    names = {SLASHED[k].replace("/", "_"): PUBLISHED_NAMES[SLASHED[k]] for k in PICKED}
    WRITERS[kind](tmp_path / "pt.pth", state_dict(PICKED, names))
    publish(tmp_path / "pt.pth")
    assert_same(read_weights(tmp_path / "pt.pth"), folded(PICKED))


def test_state_dict_that_pytorch_writes(tmp_path, publish):
    pytest.importorskip("torch")
    names = {SLASHED[k].replace("/", "_"): PUBLISHED_NAMES[SLASHED[k]] for k in PICKED}
    write_state_dict(tmp_path / "pt.pth", PICKED, names)
    publish(tmp_path / "pt.pth")
    assert_same(read_weights(tmp_path / "pt.pth"), folded(PICKED))


def test_the_published_file_and_no_other_is_read(tmp_path):
    """Refused before anything in it is read."""
    assert {"6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"} == pytorch.PUBLISHED
    (tmp_path / "pt.pth").write_bytes(b"cos\nsystem\n(S'exit 1'\ntR.")
    with pytest.raises(ValueError, match=r"pt\.pth is not the file that pytorch-fid .*data get"):
        read_weights(tmp_path / "pt.pth")


def test_torchvisions_own_network_is_refused(tmp_path, publish):
    path, names = tmp_path / "pt.pth", torch_names()
    write_zip(path, state_dict(random_layers(64), names, classes=1000))
    publish(path)
    with pytest.raises(ValueError, match="torchvision's ImageNet network, not the one of 2015"):
        read_weights(path)


def test_state_dicts_of_something_else_are_refused(tmp_path, publish):
    path, names = tmp_path / "pt.pth", torch_names()
    good = state_dict(random_layers(64), names)
    # A view can claim any size: it must be refused before copying.
    huge = Tensor(np.zeros(1, np.float32), shape=(2**29, 2**29), strides=(0, 0))
    for bad in (huge, np.zeros(31, np.float32), np.zeros(32, np.int64)):
        write_zip(path, good | {"Conv2d_1a_3x3.bn.bias": bad})
        publish(path)
        with pytest.raises(ValueError, match=r"Conv2d_1a_3x3\.bn\.bias has type .*, not floats of"):
            read_weights(path)


# Keras's file.


@pytest.mark.slow
def test_keras_file(tmp_path):
    import keras

    from keras_draw.evaluation.inception.keras_file import weights_of

    path = tmp_path / "inception_v3_notop.h5"
    model = keras.applications.InceptionV3(weights=None, include_top=False)
    draw = np.random.default_rng(0)
    model.set_weights([draw.uniform(0.1, 1, w.shape) for w in model.get_weights()])
    write_keras(path, model)
    found = read_weights(path)
    assert not missing_layers(found, 2048)
    assert_same(found, weights_of(model))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match="or is damaged"):
        read_weights(path)


@pytest.mark.parametrize("kind", ["text", "empty", "huge", "elsewhere", "link"])
def test_h5_of_something_else_is_refused(tmp_path, kind):
    path = tmp_path / "w.h5"
    if kind == "text":
        path.write_text("not hdf5")
    else:
        with h5py.File(path, "w") as file:
            if kind == "huge":
                file.create_dataset("x", (2**40,), "f4", chunks=(2**10,))
            if kind == "elsewhere":
                file.create_dataset("x", (4,), "f4", external=[(str(tmp_path / "y"), 0, 16)])
            if kind == "link":
                file["x"] = h5py.ExternalLink(str(tmp_path / "y"), "z")
    sentence = {
        "huge": "more than 536870912",
        "elsewhere": "x is stored in another file",
        "link": "x is stored in another file",
    }
    with pytest.raises(ValueError, match=rf"w\.h5 .*{sentence.get(kind, 'damaged')}"):
        read_weights(path)


# Which layers are present, and their names.


def test_what_is_missing_is_named():
    weights = folded(random_layers(192))
    check_complete(weights, 192, "w.npz")
    del weights["conv_4/bias"]
    with pytest.raises(ValueError, match=r"lacks 1 layers .* \(conv_4\); it reaches the taps 64"):
        check_complete(weights, 192, "w.npz")


def test_hash_sees_every_weight_up_to_the_tap_and_no_other():
    weights = folded(random_layers(192))
    first = weights_hash(weights, 64)
    assert len(first) == 16
    assert first == weights_hash(dict(reversed(weights.items())), 64)
    weights["conv_4/bias"][0] += 1
    assert weights_hash(weights, 64) == first
    weights["conv_2/weights"][0, 0, 0, 0] += 1e-6
    assert weights_hash(weights, 64) != first


def test_real_partial_weights():
    path = real_weights() / "inception-2015-12-05" / "partial.npz"
    if not path.is_file():
        pytest.skip("partial.npz is not on this machine")
    found = read_weights(path)
    check_complete(found, 768, path.name)
    missing = missing_layers(found, 2048)
    assert missing == [
        n for n in layer_shapes() if n.startswith(("mixed_8", "mixed_9", "mixed_10"))
    ]
    with pytest.raises(ValueError, match=r"mixed_8_tower_conv.*it reaches the taps 64, 192, 768"):
        check_complete(found, 2048, path.name)
