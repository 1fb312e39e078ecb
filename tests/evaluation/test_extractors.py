import shutil
import sys
import types

import numpy as np
import pytest
from evaluation.inception.inception_files import (
    folded,
    random_layers,
    real_weights,
    write_keras,
    write_npz,
)
from evaluation.inception.test_resize import looped
from sklearn.datasets import load_sample_images

from keras_draw.evaluation.extractors import Extractor, extractor, from_callable
from keras_draw.evaluation.inception.engines import compile_forward
from keras_draw.evaluation.inception.networks import find_weights


def images(count, side=6, channels=3, seed=0):
    draw = np.random.default_rng(seed)
    return draw.integers(0, 256, (count, side, side, channels), np.uint8)


@pytest.fixture(autouse=True)
def no_weights_of_this_machine(monkeypatch):
    monkeypatch.delenv("KERAS_DRAW_WEIGHTS", raising=False)


@pytest.fixture
def small(tmp_path):
    """Random weights that reach the first tap."""
    path = tmp_path / "inception-2015-12-05.npz"
    write_npz(path, random_layers(64))
    return path


def test_preprocessing_is_that_of_2015(small):
    """Looped resize, (x − 128) / 128 and the network, by hand and by the extractor."""
    pictures = images(1, side=4, channels=1)
    made = extractor("inception-2015:64", small, engine="xla")
    by_hand = np.repeat(looped(pictures[0], 299, 299)[None], 3, axis=-1)
    by_hand = ((by_hand - 128) / 128).astype(np.float32)
    expected = compile_forward(folded(random_layers(64)), 64, "max", "xla")(by_hand)
    found = made(pictures)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-4 * expected.max())
    assert (made.name, made.features) == ("inception-2015:64", 64)
    assert "(x - 128) / 128" in made.preprocessing


def test_batches_are_of_one_size_and_nothing_is_lost():
    shapes = []

    def means(batch):
        shapes.append(len(batch))
        return batch.mean((1, 2))

    made = Extractor("means", 3, "none", "none", means, batch=8)
    for count, seen in [(1, [1]), (3, [4]), (8, [8]), (21, [8, 8, 8])]:
        shapes.clear()
        pictures = images(count)
        np.testing.assert_allclose(made(pictures), pictures.mean((1, 2)), rtol=1e-6)
        assert shapes == seen


def test_any_function_is_an_extractor():
    made = from_callable(lambda x: x.reshape(len(x), -1)[:, :5], "first five", "abc")
    assert (made.name, made.weights_hash) == ("first five", "abc")
    pictures = images(40)
    np.testing.assert_array_equal(made(pictures), pictures.reshape(40, -1)[:, :5])
    with pytest.raises(ValueError, match="features of shape"):
        from_callable(lambda x: x.mean((1, 2, 3)), "means")(pictures)
    with pytest.raises(ValueError, match="not finite"):
        from_callable(lambda x: np.full((len(x), 1), np.nan), "nan")(pictures)
    with pytest.raises(ValueError, match="got float64"):
        made(pictures / 255)
    with pytest.raises(ValueError, match="got int and 'x'"):
        from_callable(3, "x")


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ("inception-2014", "did you mean 'inception-2015'"),
        ("inception-2015:100", "no tap '100'; Inception's features are 64, 192, 768, 2048"),
        ("inception-2015:٦٤", "no tap"),
        ("", "no extractor ''"),
    ],
)
def test_unknown_names_are_answered_with_the_nearest(spec, sentence):
    with pytest.raises(ValueError, match=sentence):
        extractor(spec)


def test_digits_classifier_is_asked_for_when_named(monkeypatch):
    module = types.ModuleType("keras_draw.evaluation.digits")
    module.digits_extractor = lambda *, force: ("made", force)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    assert extractor("digits-classifier") == ("made", False)
    with pytest.raises(ValueError, match="leave out ':64'"):
        extractor("digits-classifier:64")


def test_weights_are_looked_for_in_order(tmp_path, small, monkeypatch):
    def put(folder):
        folder.mkdir(parents=True)
        return shutil.copy(small, folder / small.name)

    cached = put(tmp_path / "keras-home" / "models")
    assert find_weights("inception-2015") == cached
    in_folder = put(tmp_path / "weights" / "inception-2015-12-05")
    monkeypatch.setenv("KERAS_DRAW_WEIGHTS", str(tmp_path / "weights"))
    assert find_weights("inception-2015") == in_folder
    monkeypatch.setenv("KERAS_DRAW_WEIGHTS", str(small))
    assert find_weights("inception-2015") == small
    given = put(tmp_path / "given")
    assert find_weights("inception-2015", given.parent) == given
    assert find_weights("inception-2015", given) == given


def test_one_networks_file_is_not_taken_for_the_others(tmp_path, small, monkeypatch):
    monkeypatch.setenv("KERAS_DRAW_WEIGHTS", str(small))
    with pytest.raises(FileNotFoundError, match="no weights for keras-inception"):
        extractor("keras-inception")
    with pytest.raises(
        ValueError, match=r"extension '\.npz'; expected a file of keras-inception with \.h5"
    ):
        extractor("keras-inception", small)


@pytest.mark.parametrize(
    ("name", "get"),
    [
        ("inception-2015", "pt_inception-2015-12-05-6726825d.pth"),
        ("keras-inception", "inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5"),
    ],
)
def test_missing_weights_say_what_to_get_and_where_to_put_it(name, get, tmp_path):
    for weights in (None, tmp_path, tmp_path / "nothing"):
        with pytest.raises(FileNotFoundError, match=f"{get}.*KERAS_DRAW_WEIGHTS"):
            extractor(name, weights)


def test_weights_that_do_not_reach_the_tap_are_refused(small):
    with pytest.raises(ValueError, match="lacks 2 layers for the 192 features"):
        extractor("inception-2015:192", small)


@pytest.mark.slow
def test_keras_network_from_its_file(tmp_path):
    import keras

    name = "inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5"
    model = keras.applications.InceptionV3(weights=None, include_top=False, pooling="avg")
    draw = np.random.default_rng(0)
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D):
            shape = layer.kernel.shape
            layer.kernel.assign(draw.normal(size=shape) * np.sqrt(2 / np.prod(shape[:3])))
    write_keras(tmp_path / name, model)
    pictures = images(1, side=299)
    expected = np.asarray(model(pictures.astype(np.float32) / 127.5 - 1, training=False))
    found = extractor("keras-inception", tmp_path)
    assert (found.name, found.features) == ("keras-inception:2048", 2048)
    np.testing.assert_allclose(found(pictures), expected, atol=1e-4 * expected.max())


@pytest.mark.slow
def test_real_weights_tell_pictures_apart():
    """Two crops of one picture are closer to each other than to noise, and both engines agree."""
    china, flower = (x[100:356, 100:356] for x in load_sample_images().images)
    again = np.ascontiguousarray(china[:, ::-1])
    pictures = np.stack([china, again, flower, images(1, side=256)[0]])
    made = extractor("inception-2015:768", real_weights(), engine="xla")
    found = made(pictures)
    unit = found / np.linalg.norm(found, axis=1, keepdims=True)
    likeness = unit @ unit.T
    assert likeness[0, 1] > max(likeness[0, 2], likeness[0, 3]) + 0.1
    pytest.importorskip("onnxruntime")
    other = extractor("inception-2015:768", real_weights(), engine="onnxruntime")
    assert other.weights_hash == made.weights_hash
    np.testing.assert_allclose(other(pictures), found, atol=1e-4 * found.max())
