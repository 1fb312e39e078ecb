import hashlib
import os
import subprocess
import sys

import jax
import numpy as np
import pytest
from evaluation.inception.inception_files import folded, random_layers, write_state_dict

from keras_draw.evaluation.inception import pytorch
from keras_draw.evaluation.inception.definition import Conv, Pool, forward, layer_shapes
from keras_draw.evaluation.inception.engines import XLAEngine, compile_forward
from keras_draw.evaluation.inception.pytorch import torch_names
from keras_draw.evaluation.inception.weights import read_weights


def noise(*shape, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32)


def padded(x, kernel, padding, value):
    if padding == "VALID":
        return x
    edges = [(0, 0), *((k // 2, k // 2) for k in kernel), (0, 0)]
    return np.pad(x, edges, constant_values=value)


def looped_conv(x, weights, bias, conv):
    """Sum over window and channels, one output at a time."""
    x = padded(x.astype(np.float64), conv.kernel, conv.padding, 0)
    (h, w), s = conv.kernel, conv.stride
    rows, columns = (x.shape[1] - h) // s + 1, (x.shape[2] - w) // s + 1
    found = np.zeros((len(x), rows, columns, len(weights)))
    for i in range(rows):
        for j in range(columns):
            window = x[:, i * s : i * s + h, j * s : j * s + w]
            for o, kernel in enumerate(weights):
                found[:, i, j, o] = (window * kernel).sum((1, 2, 3)) + bias[o]
    return np.maximum(found, 0)


def looped_pool(x, pool):
    """The maximum or the mean of the pixels of the window that are in the image."""
    x = padded(x.astype(np.float64), (3, 3), pool.padding, np.nan)
    rows, columns = ((n - 3) // pool.stride + 1 for n in x.shape[1:3])
    found = np.zeros((len(x), rows, columns, x.shape[-1]))
    for i in range(rows):
        for j in range(columns):
            a, b = i * pool.stride, j * pool.stride
            window = x[:, a : a + 3, b : b + 3]
            found[:, i, j] = (np.nanmax if pool.kind == "max" else np.nanmean)(window, (1, 2))
    return found


@pytest.mark.parametrize(
    ("kernel", "stride", "padding"),
    [
        ((1, 1), 1, "SAME"),
        ((3, 3), 2, "VALID"),
        ((3, 3), 1, "SAME"),
        ((5, 5), 1, "SAME"),
        ((1, 7), 1, "SAME"),
        ((7, 1), 1, "SAME"),
    ],
)
def test_a_convolution_is_a_loop(kernel, stride, padding):
    conv = Conv("a", 4, kernel, stride, padding)
    weights, bias = noise(4, *kernel, 3, seed=1), noise(4, seed=2)
    x = noise(2, 9, 8, 3)
    found = XLAEngine({"a/weights": weights, "a/bias": bias}).conv(x, conv)
    np.testing.assert_allclose(found, looped_conv(x, weights, bias, conv), atol=1e-5)


@pytest.mark.parametrize("kind", ["avg", "max"])
@pytest.mark.parametrize(("stride", "padding"), [(1, "SAME"), (2, "VALID")])
def test_a_pool_is_a_loop_that_leaves_padding_out(kind, stride, padding):
    pool = Pool(kind, stride, padding)
    x = noise(2, 7, 6, 3) - 2  # all negative: padding with zeros would win a maximum
    np.testing.assert_allclose(XLAEngine({}).pool(x, pool), looped_pool(x, pool), atol=1e-5)


def test_size_is_that_of_the_published_network():
    """Keras's InceptionV3 without top: 21,768,352 trained parameters, 34,432 moving averages."""
    shapes = layer_shapes()
    channels = sum(shape[0] for shape in shapes.values())
    assert len(shapes) == 94
    assert 2 * channels == 34_432
    assert sum(np.prod(shape) for shape in shapes.values()) + channels == 21_768_352


@pytest.mark.parametrize("tap", [64, 192, 768, 2048])
def test_each_tap_gives_its_features(tap):
    images = jax.ShapeDtypeStruct((2, 299, 299, 3), np.float32)
    weights = {}
    for name, shape in layer_shapes(tap).items():
        weights[f"{name}/weights"] = jax.ShapeDtypeStruct(shape, np.float32)
        weights[f"{name}/bias"] = jax.ShapeDtypeStruct(shape[:1], np.float32)
    found = jax.eval_shape(lambda w, x: forward(XLAEngine(w), x, tap), weights, images)
    assert found.shape == (2, tap)


def relative(found, expected):
    return np.abs(found - expected).max() / np.abs(expected).max()


def test_onnx_runtime_gives_what_xla_gives():
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    weights, x = folded(random_layers(64)), noise(2, 299, 299, 3)
    expected = compile_forward(weights, 64, "max", "xla")(x)
    assert expected.std() > 0.01
    assert relative(compile_forward(weights, 64, "max", "onnxruntime")(x), expected) < 1e-5


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity on this system")
def test_onnx_runtime_takes_the_threads_that_it_may_use():
    """The threads that a session adds, counted in separate processes."""
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    count = (
        "import os, sys; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}) if sys.argv[1:] "
        "else None; import numpy as np\n"
        "from evaluation.inception.inception_files import folded, random_layers\n"
        "from keras_draw.evaluation.inception.engines import compile_forward\n"
        "w = folded(random_layers(64)); tasks = lambda: len(os.listdir('/proc/self/task'))\n"
        "before = tasks(); f = compile_forward(w, 64, 'max', 'onnxruntime')\n"
        "print(tasks() - before)"
    )

    def begun(nproc, *words):
        found = subprocess.run(
            [sys.executable, "-c", count, *words], capture_output=True, text=True, check=True,
            env={**os.environ, "NPROC": nproc, "PYTHONPATH": os.pathsep.join(sys.path)},
        )  # fmt: skip
        return int(found.stdout)

    assert begun("4") - begun("2") == 2
    assert begun("", "pinned") == begun("1")


def test_a_missing_engine_is_said(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ValueError, match="onnxruntime is not installed; install the extra"):
        compile_forward({}, 64, "max", "onnxruntime")


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["xla", "onnxruntime"])
def test_whole_network_is_that_of_keras_applications(engine):
    import keras

    from keras_draw.evaluation.inception.keras_file import weights_of

    if engine == "onnxruntime":
        pytest.importorskip("onnxruntime")
    model = keras.applications.InceptionV3(weights=None, include_top=False, pooling="avg")
    layers = iter(random_layers(2048).values())
    convolutions = (layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D))
    norms = (x for x in model.layers if isinstance(x, keras.layers.BatchNormalization))
    by_name = {"key": lambda layer: [int(p) for p in layer.name.split("_") if p.isdigit()]}
    for conv, norm, layer in zip(
        sorted(convolutions, **by_name), sorted(norms, **by_name), layers, strict=True
    ):
        conv.kernel.assign(layer.kernel)
        norm.set_weights([layer.beta, layer.mean, layer.variance])
    x = noise(2, 299, 299, 3)
    expected = np.asarray(model(x, training=False))
    assert expected.std() > 0.01
    found = compile_forward(weights_of(model), 2048, "avg", engine)(x)
    assert relative(found, expected) < 1e-4


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["xla", "onnxruntime"])
def test_whole_network_is_that_of_pytorch_fid(engine, tmp_path, monkeypatch):
    """From the format of its file to its features."""
    torch = pytest.importorskip("torch")
    from evaluation.inception.torch_inception import build

    if engine == "onnxruntime":
        pytest.importorskip("onnxruntime")
    path, x = tmp_path / "pt.pth", noise(1, 299, 299, 3)
    write_state_dict(path, random_layers(2048), torch_names())
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setattr(pytorch, "PUBLISHED", {digest})
    model = build()
    state = torch.load(path, weights_only=True)
    state.pop("fc.weight")
    model.load_state_dict(state)
    with torch.no_grad():
        expected = model.eval()(torch.from_numpy(x).permute(0, 3, 1, 2)).numpy()
    assert expected.std() > 0.01
    found = compile_forward(read_weights(path), 2048, "max", engine)(x)
    assert relative(found, expected) < 1e-4
