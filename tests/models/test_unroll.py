"""The recurrence against a plain NumPy loop, in double precision."""

import itertools

import jax
import numpy as np
import pytest
from conftest import tiny
from keras import ops
from models import numpy_draw

from keras_draw import DRAW
from keras_draw.models import gathered, recurrence
from keras_draw.models.objective import objective
from keras_draw.models.precision import product

BATCH = 3


def case(config, seed=0):
    """Random weights (biases too), images, classes and noise for a configuration."""
    random = np.random.default_rng(seed)
    model = DRAW(config, dtype="float64")
    for weight in model.weights:
        if weight.name != "training_steps":
            weight.assign(random.normal(0, 0.4, weight.shape))
    weights = {w.name: np.asarray(w.value) for w in model.weights if w.name != "training_steps"}
    x = random.random((BATCH, config.num_pixels))
    y = np.eye(config.num_classes)[[1, 0, 1]] if config.num_classes else None
    noise = random.normal(size=(config.timesteps, BATCH, config.latent_dim))
    return model, weights, x, y, noise


COMBINATIONS = [
    {
        "cell": cell,
        "share_recurrent": recurrent,
        "share_heads": heads,
        "latent_dense": dense,
        "num_classes": classes,
    }
    for cell, recurrent, heads, dense, classes in itertools.product(
        ("lstm", "cell-gated"), (True, False), (True, False), (True, False), (0, 2)
    )
]
STARTS = [
    {"image_shape": (3, 4, 3)},
    {"initial_canvas": "learned"},
    {"initial_canvas": "mean", "learned_initial_state": True, "num_classes": 2},
    {"timesteps": 1},
    {"timesteps": 4, "remat_segment": 2, "share_recurrent": False, "share_heads": False},
    {"timesteps": 4, "remat_segment": 1, "num_classes": 2},
]

WINDOWS = [
    {"read": 2, "write": 3},
    {"read": 3},
    {"write": 2},
    {"read": 1, "write": 1, "num_classes": 2},
    {"read": 4, "write": 4, "image_shape": (4, 7, 3)},
    {"read": 2, "write": 3, "image_shape": (6, 3, 2), "num_classes": 2, "cell": "cell-gated"},
    {"read": 2, "write": 2, "share_recurrent": False, "share_heads": False, "num_classes": 2},
    {"read": 3, "write": 2, "timesteps": 4, "remat_segment": 2, "latent_dense": True},
]

GRU = [
    {"cell": "gru"},
    {"cell": "gru", "share_recurrent": False, "num_classes": 2, "learned_initial_state": True},
    {"cell": "gru", "read": 2, "write": 3, "share_heads": False, "num_classes": 2},
    {"cell": "gru", "share_recurrent": False, "read": 2, "timesteps": 4, "remat_segment": 2},
]
MIXTURE = {"likelihood": "logistic-mixture", "mixture_components": 2}
MIXTURES = [
    MIXTURE,
    {**MIXTURE, "image_shape": (4, 3, 3), "initial_canvas": "learned", "cell": "gru"},
    {**MIXTURE, "image_shape": (4, 5, 2), "read": 2, "write": 3, "num_classes": 2},
]


def pictures(config, canvases):
    """The visible part of the loop's canvases (T, B, P): the logits, or the image of a mixture."""
    if config.likelihood != "logistic-mixture":
        return canvases
    cfg = numpy_draw.described(config)
    return np.stack([numpy_draw.painted(cfg, canvas) for canvas in canvases])


def seen(config, logits):
    """The same for the network's output. (Logits of nearly white pixels have few digits.)"""
    logits = np.asarray(logits)
    return numpy_draw.sigmoid(logits) if config.likelihood == "logistic-mixture" else logits


@pytest.mark.parametrize(
    "fields",
    COMBINATIONS + STARTS + WINDOWS + GRU + MIXTURES,
    ids=lambda f: "-".join(map(str, f.values())),
)
def test_unroll_and_decode_equal_the_plain_loop(float64, fields):
    config = tiny(**fields)
    model, weights, x, y, noise = case(config)
    canvases, mu, log_var, z = numpy_draw.unroll(numpy_draw.described(config), weights, x, y, noise)

    found = recurrence.unroll(config, model._tensors(), x, y, noise, all_canvases=True)

    for theirs, ours in (
        (pictures(config, canvases), seen(config, found.canvas)),
        (mu, found.mu),
        (log_var, found.log_var),
        (z, found.z),
    ):
        np.testing.assert_allclose(np.asarray(ours), theirs.swapaxes(0, 1), rtol=1e-9, atol=1e-10)

    decoded = recurrence.decode(config, model._tensors(), y, z, all_canvases=True).canvas
    np.testing.assert_allclose(
        seen(config, decoded), pictures(config, canvases).swapaxes(0, 1), rtol=1e-9, atol=1e-10
    )
    if config.likelihood == "logistic-mixture":
        last = recurrence.decode(config, model._tensors(), y, z).canvas
        np.testing.assert_allclose(np.asarray(last), canvases[-1], rtol=1e-9, atol=1e-10)
    again = numpy_draw.decode(numpy_draw.described(config), weights, y, z)
    np.testing.assert_allclose(again, canvases, rtol=1e-12)


def test_final_canvas_is_the_last_of_all_canvases(float64):
    config = tiny()
    model, _, x, y, noise = case(config)
    every = recurrence.unroll(config, model._tensors(), x, y, noise, all_canvases=True)
    last = recurrence.unroll(config, model._tensors(), x, y, noise)
    np.testing.assert_array_equal(np.asarray(every.canvas)[:, -1], np.asarray(last.canvas))


def test_stacked_weights_equal_shared_ones_repeated(float64):
    shared, stacked = tiny(), tiny(share_recurrent=False, share_heads=False)
    model, weights, x, y, noise = case(shared)
    other = DRAW(stacked, dtype="float64")
    for weight in other.weights:
        if weight.name != "training_steps":
            weight.assign(np.broadcast_to(weights[weight.name], weight.shape))
    ours = recurrence.unroll(shared, model._tensors(), x, y, noise)
    theirs = recurrence.unroll(stacked, other._tensors(), x, y, noise)
    np.testing.assert_allclose(np.asarray(ours.canvas), np.asarray(theirs.canvas), rtol=1e-12)


@pytest.mark.parametrize(
    "fields",
    [
        {"cell": "lstm", "num_classes": 2, "learned_initial_state": True},
        {
            "cell": "cell-gated",
            "share_recurrent": False,
            "share_heads": False,
            "latent_dense": True,
        },
        {"likelihood": "gaussian", "objective": "thesis", "initial_canvas": "learned"},
        {"likelihood": "discretized-logistic", "image_shape": (3, 2, 3)},
        {"timesteps": 4, "remat_segment": 2},
        {"read": 2, "write": 3, "image_shape": (5, 4, 3), "num_classes": 2},
        {"read": 3, "write": 2, "share_heads": False, "timesteps": 4, "remat_segment": 2},
        {"cell": "gru", "num_classes": 2, "learned_initial_state": True},
        {"cell": "gru", "share_recurrent": False, "timesteps": 4, "remat_segment": 2},
        {**MIXTURE, "image_shape": (3, 2, 3), "write": 2, "initial_canvas": "learned"},
    ],
    ids=lambda f: "-".join(map(str, f)),
)
def test_gradients_equal_finite_differences(float64, fields):
    config = tiny(**fields)
    model, _, x, y, noise = case(config)
    tensors = model._tensors()
    names = [w.name for w in model.trainable_weights]

    @jax.jit
    def loss(trainable):
        unrolled = recurrence.unroll(config, {**tensors, **trainable}, x, y, noise)
        return objective(config, unrolled, weights=trainable).loss

    trainable = {name: tensors[name] for name in names}
    gradients = jax.grad(loss)(trainable)
    random = np.random.default_rng(1)
    step = 1e-5
    for name in names:
        for _ in range(3):
            where = tuple(random.integers(n) for n in trainable[name].shape)
            up = {**trainable, name: trainable[name].at[where].add(step)}
            down = {**trainable, name: trainable[name].at[where].add(-step)}
            slope = (loss(up) - loss(down)) / (2 * step)
            np.testing.assert_allclose(
                gradients[name][where], slope, rtol=2e-5, atol=1e-8, err_msg=f"{name}{where}"
            )


@pytest.mark.parametrize("fields", [{}, {"read": 2, "write": 2}], ids=["whole", "windows"])
def test_the_gradient_of_the_images_equals_finite_differences(float64, fields):
    config = tiny(**fields)
    model, _, x, y, noise = case(config)

    def loss(x):
        return objective(config, recurrence.unroll(config, model._tensors(), x, y, noise)).loss

    gradient = jax.grad(loss)(ops.convert_to_tensor(x))
    for where in ((0, 0), (1, 7), (2, 19)):
        step = np.zeros_like(x)
        step[where] = 1e-5
        slope = (loss(x + step) - loss(x - step)) / 2e-5
        np.testing.assert_allclose(gradient[where], slope, rtol=2e-5)


@pytest.mark.parametrize("shared", [True, False], ids=["shared", "per timestep"])
def test_bfloat16_gradients_are_near_those_of_float32(shared):
    """Each gradient is rounded once, not summed in bfloat16 over the timesteps."""
    found = {}
    for dtype in ("float32", "mixed_bfloat16"):
        config = tiny(
            timesteps=32, image_shape=(8, 8, 1), hidden_dim=16,
            share_recurrent=shared, share_heads=shared,
        )  # fmt: skip
        model = DRAW(config, dtype=dtype, seed=3)
        random = np.random.default_rng(0)
        x = random.random((16, 64)).astype("float32")
        noise = random.normal(size=(32, 16, 2)).astype("float32")
        tensors = model._tensors()

        def loss(weights, config=config, x=x, noise=noise):
            return objective(config, recurrence.unroll(config, weights, x, None, noise)).loss

        found[dtype] = jax.grad(loss)(tensors)
    for name, exact in found["float32"].items():
        error = np.abs(np.asarray(found["mixed_bfloat16"][name], "float32") - exact).max()
        assert error < 0.02 * np.abs(exact).max(), name


def test_a_kernel_that_is_used_twice_in_a_scan_is_refused():
    def body(shared, constants, state, row):
        return product(product(state, shared["a_kernel"]), shared["a_kernel"]), ()

    def last(kernel):
        rows = ops.zeros((3, 1))
        kernels = gathered.Kernels({"a_kernel": kernel}, {})
        return ops.sum(gathered.scan(body, kernels, (), ops.ones((2, 4)), rows)[0])

    with pytest.raises(ValueError, match="used in two products"):
        jax.grad(last)(ops.eye(4))


def test_the_compiled_program_does_not_grow_with_timesteps():
    def equations(timesteps):
        config = tiny(timesteps=timesteps, share_heads=False)
        model = DRAW(config)
        x = np.zeros((2, config.num_pixels), "float32")
        noise = np.zeros((timesteps, 2, config.latent_dim), "float32")

        def loss(weights):
            unrolled = recurrence.unroll(config, weights, ops.convert_to_tensor(x), None, noise)
            return objective(config, unrolled).loss

        return _count(jax.make_jaxpr(jax.grad(loss))(model._tensors()).jaxpr)

    assert equations(8) == equations(64)


def _count(jaxpr):
    """The equations of a program, including those of its inner programs."""
    total = 0
    for equation in jaxpr.eqns:
        total += 1
        for value in equation.params.values():
            inner = getattr(value, "jaxpr", value)
            if hasattr(inner, "eqns"):
                total += _count(inner)
    return total


def test_rematerialisation_needs_less_memory_and_gives_the_same_gradients():
    x = np.random.default_rng(0).random((16, 400)).astype("float32")

    def compiled(segment):
        config = tiny(image_shape=(20, 20, 1), timesteps=64, remat_segment=segment)
        model = DRAW(config)
        noise = np.random.default_rng(1).normal(size=(64, 16, 2)).astype("float32")

        def loss(weights):
            return objective(config, recurrence.unroll(config, weights, x, None, noise)).loss

        tensors = model._tensors()
        program = jax.jit(jax.grad(loss)).lower(tensors).compile()
        return program.memory_analysis().temp_size_in_bytes, program(tensors)

    plain_bytes, plain = compiled(0)
    remat_bytes, remat = compiled(8)
    assert remat_bytes < plain_bytes / 2
    for name, gradient in plain.items():
        np.testing.assert_allclose(gradient, remat[name], rtol=2e-3, atol=2e-4, err_msg=name)
