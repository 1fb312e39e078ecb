"""The page's engine against a plain NumPy loop in double precision, and against the package."""

import itertools

import numpy as np
import pytest
from conftest import tiny
from models import numpy_draw, numpy_mixture
from page.engine import case, drive, needs_node

from keras_draw import load
from keras_draw.models.weights import specs
from keras_draw.page.packing import pack, unpacked, weights_of
from keras_draw.training.loading import presets

pytestmark = needs_node
CELLS = ("lstm", "cell-gated", "gru")
LIKELIHOODS = ("bernoulli", "gaussian", "discretized-logistic", "logistic-mixture")
SHAPES = ((5, 4, 1), (3, 6, 3), (4, 4, 2))
FLOAT32 = 3e-7
"""What an image (0 to 1) may differ by in float32; ten times as much what leads to it."""


def random_configs(count, seed=0):
    """Configurations of every kind: cells and likelihoods in turn, the rest drawn."""
    random = np.random.default_rng(seed)
    kinds = itertools.cycle(itertools.product(CELLS, LIKELIHOODS))
    for cell, likelihood in itertools.islice(kinds, count):
        yield tiny(
            cell=cell,
            likelihood=likelihood,
            image_shape=SHAPES[random.integers(3)],
            timesteps=int(random.integers(2, 4)),
            hidden_dim=int(random.integers(4, 11)),
            latent_dim=int(random.integers(1, 5)),
            num_classes=int(random.choice([0, 3])),
            share_recurrent=bool(random.integers(2)),
            share_heads=bool(random.integers(2)),
            latent_dense=bool(random.integers(2)),
            learned_initial_state=bool(random.integers(2)),
            initial_canvas=str(random.choice(["zero", "learned"])),
            read=[None, 1, 2, 3][random.integers(4)],
            write=[None, 1, 2, 3][random.integers(4)],
            mixture_components=2,
        )


def given(config, seed=1):
    """Random weights, an image, a label and noise."""
    random = np.random.default_rng(seed)
    weights = {
        spec.name: random.normal(0, 0.4, spec.shape).astype("float32") for spec in specs(config)
    }
    x = np.round(255 * random.random(config.num_pixels)) / 255
    label = np.eye(3)[1] if config.num_classes else np.zeros(0)
    noise = random.normal(size=(config.timesteps, config.latent_dim))
    return weights, {"x": x.tolist(), "label": label.tolist(), "noise": noise.tolist()}


def expected(config, weights, asked):
    """The same from the NumPy loop."""
    cfg = numpy_draw.described(config)
    wide = {name: value.astype("float64") for name, value in weights.items()}
    x, y = np.array([asked["x"]]), np.array([asked["label"]])
    noise = np.array(asked["noise"])[:, None]
    canvases, mu, log_var, z = numpy_draw.unroll(cfg, wide, x, y, noise)
    canvas = canvases[-1]
    if config.likelihood == "bernoulli":
        left = numpy_draw.bernoulli_nats(x, canvas)
    elif config.likelihood == "gaussian":
        s = config.sigma
        error = (x - numpy_draw.sigmoid(canvas)) / s
        left = (0.5 * error**2 + np.log(s * np.sqrt(2 * np.pi))).sum(axis=1)
    elif config.likelihood == "discretized-logistic":
        left = numpy_mixture.discretized_logistic_nats(x, canvas, wide["log_scale"])
    else:
        levels = np.round(255 * x).astype(int).reshape(1, *config.image_shape)
        left = numpy_mixture.nats(levels, canvas, config.mixture_components)
    return {
        "images": [numpy_draw.painted(cfg, each)[0] for each in canvases],
        "canvas": canvas[0],
        "mu": mu[:, 0],
        "logVar": log_var[:, 0],
        "z": z[:, 0],
        "kl": numpy_draw.kl_nats(mu, log_var)[:, 0],
        "left": left[0],
    }


@pytest.fixture(scope="module")
def random_cases(tmp_path_factory):
    """48 random networks, and what the engine makes of them."""
    configs = list(random_configs(48))
    asked = [given(config, seed) for seed, config in enumerate(configs)]
    cases = [case(c, w, samples=2000, **a) for c, (w, a) in zip(configs, asked, strict=True)]
    return list(zip(configs, asked, drive(cases, tmp_path_factory.mktemp("node")), strict=True))


def test_every_kind_of_network_is_among_the_random_ones(random_cases):
    configs = [config for config, *_ in random_cases]
    for name in ("cell", "likelihood", "image_shape", "num_classes", "share_recurrent", "read",
                 "share_heads", "latent_dense", "learned_initial_state", "write"):  # fmt: skip
        assert len({getattr(config, name) for config in configs}) > 1, name


def test_engine_equals_the_plain_loop(random_cases):
    for config, (weights, asked), found in random_cases:
        truth = expected(config, unpacked(pack(config, weights, "float16")), asked)
        for name, value in truth.items():
            ours = found[name][1:] if name == "images" else found[name]
            scale = max(1.0, float(np.abs(value).max()))
            worst = np.abs(np.array(ours) - value).max() / scale
            assert worst < (FLOAT32 if name == "images" else 10 * FLOAT32), (name, config)


def test_given_latents_paint_the_same_image_and_again_from_the_middle(random_cases):
    for _, _, found in random_cases:
        assert found["decoded"] == found["images"]
        assert found["again"] == found["images"]


def test_samples_have_the_mean_of_the_likelihood(random_cases):
    """2,000 draws of every pixel; of gaussians only where nothing is cut off."""
    for config, _, found in random_cases:
        mean, drawn = np.array(found["images"][-1]), np.array(found["sampled"])
        if config.likelihood == "bernoulli":
            bounds = 5 * np.sqrt(mean * (1 - mean) / 2000) + 1e-3
            assert (np.abs(drawn - mean) < bounds).all(), config
        elif config.likelihood == "gaussian":
            inside = np.abs(mean - 0.5) < 0.1
            assert (np.abs(drawn - mean)[inside] < 5 * 0.1 / np.sqrt(2000)).all(), config


def masses(means, scales):
    """P(level) of logistics in 0..1, rounded to 256 levels: (..., 256)."""
    edges = (np.arange(255) + 0.5) / 255
    below = numpy_draw.sigmoid((edges - means[..., None]) / scales[..., None])
    ends = np.zeros_like(means)[..., None]
    return np.diff(below, axis=-1, prepend=ends, append=ends + 1)


@pytest.mark.parametrize("likelihood", ["discretized-logistic", "logistic-mixture"])
def test_samples_of_levels_are_as_frequent_as_they_are_probable(likelihood, tmp_path):
    """Means of 4,000 draws against sums over all levels, of two channels one after the other."""
    config = tiny(
        image_shape=(1, 2, 2), timesteps=1, likelihood=likelihood, initial_canvas="learned",
        mixture_components=2,
    )  # fmt: skip
    random = np.random.default_rng(3)
    weights = {spec.name: np.zeros(spec.shape, "float32") for spec in specs(config)}
    canvas = random.normal(0, 1, weights["initial_canvas"].shape).astype("float32")
    weights["initial_canvas"] = canvas
    levels = np.arange(256) / 255
    if likelihood == "discretized-logistic":
        logs = weights["log_scale"] = random.normal(-2, 0.5, 4).astype("float32")
        truth = masses(numpy_draw.sigmoid(canvas), np.exp(logs) + 0.1 / 255) @ levels
    else:
        truth = np.zeros((2, 2))
        for pixel, one in enumerate(canvas.reshape(2, -1)):
            shares, means, scales, slopes = numpy_mixture.cut(one, 2, 2)
            for k in range(2):
                mean, scale = means[k] / 2 + 0.5, scales[k] / 2
                first = masses(mean[0], scale[0])
                second = mean[1] + slopes[k, 1, 0] * (levels - 0.5)
                second = masses(second, np.full(256, scale[1])) @ levels
                truth[pixel] += shares[k] * np.array([first @ levels, first @ second])
    _, asked = given(tiny(image_shape=(1, 2, 2), timesteps=1))
    (found,) = drive([case(config, weights, samples=4000, **asked)], tmp_path)
    np.testing.assert_allclose(found["sampled"], truth.ravel(), atol=5 * 0.4 / np.sqrt(4000))


@pytest.mark.parametrize("kind", ["float16", "int8"])
def test_packed_weights_are_read_as_they_were_written(kind, tmp_path):
    """Large enough that kernels are packed; the truth has the weights that Python unpacks."""
    fields = {"image_shape": (8, 8, 1), "hidden_dim": 32, "timesteps": 2}
    configs = [tiny(**fields), tiny(**fields, share_recurrent=False, cell="gru", num_classes=3)]
    cases, truths, rough = [], [], []
    for config in configs:
        weights, asked = given(config)
        weights = {name: value / 4 for name, value in weights.items()}
        packed = pack(config, weights, kind)
        assert kind in {one["type"] for one in packed.header.values()}
        cases.append(case(config, weights, kind, **asked))
        truths.append(expected(config, unpacked(packed), asked))
        rough.append(expected(config, weights, asked))
    for found, truth, unrounded in zip(drive(cases, tmp_path), truths, rough, strict=True):
        images = np.array(found["images"][1:])
        assert np.abs(images - truth["images"]).max() < FLOAT32
        error = np.abs(images - unrounded["images"]).max()
        assert 0 < error < {"float16": 1e-3, "int8": 2e-2}[kind]


@pytest.mark.slow
def test_presets_are_what_the_package_has(tmp_path):
    """Images after every stroke and the bound, with the package's own noise, in both formats."""
    x = np.zeros((1, 28, 28, 1), "float32")
    x[:, 5:23, 12:15] = 1
    cases, truths = [], []
    for name in presets():
        model = load(name)
        y = [1] if model.config.num_classes else None
        noise = model.runner.noise(1, 3)[0]
        label = np.eye(10)[1] if y else np.zeros(0)
        asked = {"x": x.ravel().tolist(), "label": label.tolist(), "noise": noise.tolist()}
        strokes = model.reconstruct_strokes(x, y, seed=3)
        bound = model.elbo(x, y, seed=3)
        for kind in ("float16", "int8"):
            cases.append(case(model.config, weights_of(model), kind, **asked))
            truths.append((name, kind, strokes.images[0], bound))
    for found, (name, kind, images, bound) in zip(drive(cases, tmp_path), truths, strict=True):
        error = np.abs(np.array(found["images"][1:]) - images.reshape(len(images), -1)).max()
        nats = found["left"] + sum(found["kl"]) + float(bound.elbo[0])
        said = (name, kind, error, nats, found["milliseconds"])
        assert error < {"float16": 0.03, "int8": 0.3}[kind], said
        assert abs(nats) < {"float16": 0.3, "int8": 3}[kind], said
