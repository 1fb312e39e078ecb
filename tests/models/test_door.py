"""Every form of images, labels and weights, accepted or refused, against a plain oracle."""

import itertools
import json
import re

import jax.numpy as jnp
import keras
import numpy as np
import pytest
from conftest import tiny
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from models import numpy_draw

from keras_draw import DRAW
from keras_draw.data.batches import Batches
from keras_draw.data.images import ImageData
from keras_draw.models import door

RANDOM = np.random.default_rng(0)
N, K, SHAPE = 6, 3, (5, 4, 1)
BYTES = RANDOM.integers(0, 256, (N, *SHAPE), dtype=np.uint8)
FLOATS = BYTES / np.float32(255)
LABELS = np.arange(N) % K
WEIGHTS = np.array([0.0, 1.0, 2.0, 0.5, 1.0, 3.0])
CONFIGS = {"conditional": tiny(num_classes=K), "unconditional": tiny()}


def changed(x, value):
    """Change one pixel."""
    x = x.copy()
    x[2, 3, 1, 0] = value
    return x


# User input -> what the network should get, or None if it must be refused.

IMAGES = {
    "bytes": (BYTES, FLOATS),
    "float16": (FLOATS.astype("float16"), FLOATS.astype("float16")),
    "float32": (FLOATS, FLOATS),
    "float64": (FLOATS.astype("float64"), FLOATS),
    "bfloat16": (jnp.asarray(FLOATS, "bfloat16"), jnp.asarray(FLOATS, "bfloat16").astype("f4")),
    "booleans": (BYTES > 127, (BYTES > 127).astype("f4")),
    "no channel axis": (FLOATS[..., 0], FLOATS),
    "all black": (0 * BYTES, 0 * FLOATS),
    "black and white as floats": ((BYTES > 127).astype("f4"), (BYTES > 127).astype("f4")),
    "bytes of 0 and 1": ((BYTES > 127).astype("uint8"), None),
    "0 to 255 as floats": (BYTES.astype("float32"), None),
    "-1 to 1": (2 * FLOATS - 1, None),
    "one NaN": (changed(FLOATS, np.nan), None),
    "one infinity": (changed(FLOATS, np.inf), None),
    "one below": (changed(FLOATS, -1e-3), None),
    "one above": (changed(FLOATS, 1.001), None),
    "int64": (BYTES.astype("int64"), None),
    "int32 of 0 and 1": ((BYTES > 127).astype("int32"), None),
    "uint16": (BYTES.astype("uint16") * 257, None),
    "int8": (FLOATS.astype("int8"), None),
    "complex": (FLOATS.astype("complex64"), None),
    "text": (FLOATS.astype(str), None),
    "objects": (FLOATS.astype(object), None),
    "times": (BYTES.astype("m8[s]"), None),
    "other size": (FLOATS[:, :4], None),
    "a single image": (FLOATS[0], None),
    "channels first": (FLOATS.transpose(0, 3, 1, 2), None),
    "three channels": (FLOATS.repeat(3, axis=3), None),
    "flat": (FLOATS.reshape(N, -1), None),
    "none": (FLOATS[:0], None),
}
ONE_HOT = np.eye(K, dtype="float32")[LABELS]
LABELLED = {
    "int64": (LABELS, ONE_HOT),
    "uint8": (LABELS.astype("uint8"), ONE_HOT),
    "whole floats": (LABELS.astype("float32"), ONE_HOT),
    "a column": (LABELS[:, None], ONE_HOT),
    "one-hot": (ONE_HOT, ONE_HOT),
    "one-hot booleans": (ONE_HOT > 0, ONE_HOT),
    "fractions": (LABELS + 0.5, None),
    "NaN": (np.where(LABELS == 1, np.nan, LABELS), None),
    "negative": (LABELS - 1, None),
    "from 1": (LABELS + 1, None),
    "text": (LABELS.astype(str), ONE_HOT),
    "text of no class": (LABELS.astype(str) + ".0", None),
    "booleans": (LABELS > 0, None),
    "complex": (LABELS + 0j, None),
    "objects": (LABELS.astype(object), None),
    "one class too many": (np.eye(K + 1)[LABELS], None),
    "two ones in a row": (np.maximum(ONE_HOT, [1, 0, 0]), None),
    "soft": (0.5 * ONE_HOT + 0.5 / K, None),
    "too few": (LABELS[:-1], None),
    "too many": (np.append(LABELS, 0), None),
}
WEIGHTED = {
    "floats": (WEIGHTS, WEIGHTS),
    "a column": (WEIGHTS[:, None], WEIGHTS),
    "integers": (np.arange(N), np.arange(N)),
    "booleans": (WEIGHTS > 1, WEIGHTS > 1),
    "zeros": (0 * WEIGHTS, 0 * WEIGHTS),
    "one negative": (WEIGHTS - 0.5, None),
    "NaN": (WEIGHTS * np.nan, None),
    "infinite": (WEIGHTS + np.inf, None),
    "beyond float32": (WEIGHTS * 1e300, None),
    "too few": (WEIGHTS[:-1], None),
    "one for each pixel": (np.ones((N, *SHAPE)), None),
    "text": (WEIGHTS.astype(str), None),
}


class Dataset(keras.utils.PyDataset):
    """One batch."""

    def __init__(self, batch):
        super().__init__()
        self.batch, self.begun, self.ended = batch, 0, 0

    def __len__(self):
        return 1

    def __getitem__(self, index):
        return self.batch

    def on_epoch_begin(self):
        self.begun += 1

    def on_epoch_end(self):
        self.ended += 1


class Loader:
    """An iterable that can start over, like TensorFlow's datasets and PyTorch's loaders."""

    def __init__(self, batch):
        self.batch, self.begun = batch, 0

    def __len__(self):
        return 1

    def __iter__(self):
        self.begun += 1
        return iter([self.batch])


def trimmed(parts):
    """Drop trailing Nones, as in tuples of batches."""
    while parts[-1] is None:
        parts = parts[:-1]
    return parts


def passed(stream):
    """The single batch that passes, as images, labels and weights."""
    if isinstance(stream, keras.utils.PyDataset):
        (batch,) = list(stream)
    else:
        (batch,) = list(stream.get_jax_iterator())
    return (*batch, None, None)[:3]


def as_parts(inputs):
    """The inputs of a call of a network, as images, labels and weights."""
    return (*inputs, None) if isinstance(inputs, tuple) else (inputs, None, None)


def plain(parts):
    """Images as fractions, labels as one-hot rows or None, weights or None."""
    x, y, w = parts
    x = np.asarray(x)
    x = x / 255 if x.dtype == np.uint8 else x
    if y is not None:
        y = np.asarray(y)
        y = None if y.shape == (len(x), 0) else y if y.ndim == 2 else np.eye(K)[y]
    return x, y, w


DOORS = {
    "arrays": door.given,
    "validation tuple": lambda c, *given: door.given_validation(c, trimmed(given)),
    "validation list": lambda c, *given: door.given_validation(c, list(trimmed(given))),
    "inputs": lambda c, x, y, w: as_parts(door.given_inputs(c, x if y is None else (x, y))),
    "generator": lambda c, *given: passed(door.given(c, (b for b in [trimmed(given)])).x),
    "iterator": lambda c, *given: passed(door.given(c, iter([list(trimmed(given))])).x),
    "loader": lambda c, *given: passed(door.given(c, Loader(trimmed(given))).x),
    "dataset": lambda c, *given: passed(door.given(c, Dataset(trimmed(given))).x),
    "validation dataset": lambda c, *given: passed(
        door.given_validation(c, Dataset(trimmed(given))).x
    ),
    "validation generator": lambda c, *given: passed(
        door.given_validation(c, (b for b in [trimmed(given)])).x
    ),
}


def a(table):
    return st.sampled_from(sorted(table))


@settings(max_examples=400, deadline=None)
@given(a(DOORS), a(CONFIGS), a(IMAGES), st.none() | a(LABELLED), st.none() | a(WEIGHTED), st.data())
def test_every_door_gives_what_was_meant_or_refuses(name, kind, image, label, weight, data):
    if data.draw(st.booleans(), "images are right"):
        image = data.draw(st.sampled_from([n for n in sorted(IMAGES) if IMAGES[n][1] is not None]))
    if data.draw(st.booleans(), "labels are as the network wants them"):
        right = [n for n in sorted(LABELLED) if LABELLED[n][1] is not None]
        label = data.draw(st.sampled_from(right)) if kind == "conditional" else None
    weight = None if name == "inputs" else weight
    # A list that holds one image is a batch of one; see below.
    alone = (name, image, label, weight) == ("validation list", "a single image", None, None)
    assume(not alone)
    x, y, w = (
        (None, None) if n is None else table[n]
        for table, n in ((IMAGES, image), (LABELLED, label), (WEIGHTED, weight))
    )
    wanted = (y[0] is not None) == (kind == "conditional")
    fits = all((g is None) == (e is None) for g, e in (x, y, w))
    config = CONFIGS[kind]
    if not (wanted and fits):
        with pytest.raises(ValueError) as refused:  # noqa: PT011
            DOORS[name](config, x[0], y[0], w[0])
        about_labels = x[1] is not None and (not wanted or (y[0] is not None and y[1] is None))
        assert not about_labels or re.search("[Ll]abel|class", str(refused.value))
        return
    found = plain(DOORS[name](config, x[0], y[0], w[0]))
    np.testing.assert_allclose(found[0], np.asarray(x[1]), rtol=1e-6)
    for got, expected in zip(found[1:], (y[1], w[1]), strict=True):
        assert (got is None) == (expected is None)
        if expected is not None:
            np.testing.assert_array_equal(got, np.asarray(expected, "float32"))


def test_a_list_of_one_image_is_a_batch_of_one():
    found = door.given_validation(CONFIGS["unconditional"], [FLOATS[0]])
    np.testing.assert_allclose(plain(found)[0], FLOATS[:1], rtol=1e-6)


METHODS = {
    "call": lambda m, x, y: m((x, y)),
    "call with a list": lambda m, x, y: m([x, y]),
    "fit": lambda m, x, y: m.fit(x, y, verbose=0),
    "fit, validation": lambda m, x, y: m.fit(FLOATS, LABELS, validation_data=[x, y], verbose=0),
    "evaluate": lambda m, x, y: m.evaluate(x, y, verbose=0),
    "evaluate a generator": lambda m, x, y: m.evaluate(((x, y) for _ in range(1)), verbose=0),
    "reconstruct": lambda m, x, y: m.reconstruct(x, y),
    "encode": lambda m, x, y: m.encode(x, y),
    "elbo": lambda m, x, y: m.elbo(x, y),
    "log_weights": lambda m, x, y: m.log_weights(x, y),
    "interpolate": lambda m, x, y: m.interpolate(FLOATS, x, 2, LABELS, y),
}


@pytest.fixture(scope="module")
def network():
    model = DRAW(CONFIGS["conditional"])
    model.compile(keras.optimizers.SGD(0.0))
    return model


@settings(max_examples=150, deadline=None)
@given(method=a(METHODS), image=a(IMAGES), label=a(LABELLED), which=st.booleans())
def test_every_method_refuses_what_is_no_image_or_no_label(network, method, image, label, which):
    x, y = (IMAGES[image], (LABELS, ONE_HOT)) if which else ((FLOATS, FLOATS), LABELLED[label])
    if x[1] is not None and y[1] is not None:
        return
    with pytest.raises(ValueError, match=r"[Ii]mage|[Ll]abel|class"):
        METHODS[method](network, x[0], y[0])
    assert all(np.isfinite(w).all() for w in network.get_weights())


def weighted_loss(model, x, y, weights, *, free_bits=0.0):
    """The objective of one batch in plain NumPy, from the network's unroll."""
    u = model(x if y is None else (x, y))
    nats = numpy_draw.bernoulli_nats(np.asarray(u.x, float), np.asarray(u.canvas, float))
    kl = numpy_draw.kl_nats(np.asarray(u.mu, float), np.asarray(u.log_var, float))
    kl = (weights[:, None] * kl).mean(0)
    return (weights * nats).mean() + np.maximum(kl, free_bits * weights.mean()).sum()


def replayed(model, call):
    """Replay the same noise; afterwards the generator is where it was after the call."""
    state = np.asarray(model.noise_generator.state.value)
    found = call()
    model.noise_generator.state.assign(state)
    return found


CLASSES = {0: 2.0, 2: 0.0}
OF_CLASS = np.array([2.0, 1.0, 0.0])[LABELS]


@pytest.mark.parametrize("kind", CONFIGS)
def test_weights_reach_the_loss(kind):
    model = DRAW(CONFIGS[kind], seed=1)
    model.compile(keras.optimizers.SGD(0.0))
    y = LABELS if kind == "conditional" else None

    def check(call, weights):
        found = replayed(model, call)
        expected = weighted_loss(model, FLOATS, y, np.asarray(weights, float))
        assert found == pytest.approx(expected, rel=1e-5, abs=1e-6)

    def evaluate(x, *given, **more):
        return model.evaluate(x, *given, batch_size=N, return_dict=True, verbose=0, **more)["loss"]

    def fit(x, *given, **more):
        return model.fit(x, *given, batch_size=N, shuffle=False, verbose=0, **more).history["loss"][
            0
        ]

    def validated(data):
        history = model.fit(
            FLOATS[:1], None if y is None else y[:1], validation_data=data, verbose=0
        )
        return history.history["val_loss"][0]

    check(lambda: evaluate(FLOATS, y), np.ones(N))
    for weights in (WEIGHTS, np.zeros(N), np.full(N, 7.0)):
        check(lambda w=weights: evaluate(FLOATS, y, sample_weight=w), weights)
    check(lambda: evaluate(Loader((FLOATS, y, WEIGHTS))), WEIGHTS)
    check(lambda: evaluate(Dataset((FLOATS, y, WEIGHTS))), WEIGHTS)
    check(lambda: fit(FLOATS, y, sample_weight=WEIGHTS), WEIGHTS)
    if y is None:
        with pytest.raises(ValueError, match="unconditional and has no classes: use sample_weight"):
            fit(FLOATS, class_weight=CLASSES)
        return
    check(lambda: fit(FLOATS, y, class_weight=CLASSES), OF_CLASS)
    check(lambda: fit(Dataset((FLOATS, ONE_HOT)), class_weight=CLASSES), OF_CLASS)
    check(lambda: fit(FLOATS, y, sample_weight=WEIGHTS, class_weight=CLASSES), WEIGHTS * OF_CLASS)
    first = replayed(model, lambda: validated((FLOATS, y, np.zeros(N))))
    assert first == 0


def test_free_bits_are_weighted_like_the_kl():
    model = DRAW(tiny(free_bits=0.05), seed=1)
    model.compile(keras.optimizers.SGD(0.0))
    for weights in (np.zeros(N), WEIGHTS):
        found = replayed(model, lambda w=weights: model.evaluate(
            FLOATS, sample_weight=w, batch_size=N, verbose=0
        ))  # fmt: skip
        expected = weighted_loss(model, FLOATS, None, weights, free_bits=0.05)
        assert found[0] == pytest.approx(expected, rel=1e-5)


BAD_CLASS_WEIGHTS = {
    "list": ([1.0, 2.0, 3.0], "expected a dict"),
    "unknown": ({3: 1.0}, "has the label 3; this network knows 0 to 2"),
    "text": ({"cat": 1.0}, "no class 'cat'"),
    "negative": ({0: -1.0}, "holds a negative value"),
    "NaN": ({0: np.nan}, "not finite"),
    "lists": ({0: [1.0]}, "Class weights"),
}


@pytest.mark.parametrize("case", BAD_CLASS_WEIGHTS)
def test_class_weights_that_make_no_sense(case):
    given, sentence = BAD_CLASS_WEIGHTS[case]
    with pytest.raises(ValueError, match=sentence):
        door.given(CONFIGS["conditional"], FLOATS, LABELS, None, given)


def batches(*kinds):
    return [(IMAGES[kind][0],) for kind in kinds]


def test_a_stream_is_checked_to_its_end_and_loses_nothing():
    seen = []
    source = (seen.append(i) or (x[0] + 0,) for i, x in enumerate(batches("bytes", "bytes")))
    stream = door.given(CONFIGS["unconditional"], source).x
    assert seen == [0]  # only the first batch was requested
    assert len(list(stream.get_jax_iterator())) == 2
    stream = door.given(CONFIGS["unconditional"], iter(batches("bytes", "one NaN"))).x
    with pytest.raises(ValueError, match="hold NaN"):
        list(stream.get_jax_iterator())
    with pytest.raises(ValueError, match="yield no batch"):
        door.given(CONFIGS["unconditional"], iter([]))


def test_a_stream_of_bytes_is_asked_about_only_while_it_can_mean_two_things():
    config = CONFIGS["unconditional"]
    dark = "bytes of 0 and 1"
    stream = door.given(config, iter(batches("all black", dark, "bytes"))).x
    assert len(list(stream.get_jax_iterator())) == 3
    for source in (iter(batches("all black", dark)), itertools.cycle(batches(dark))):
        with pytest.raises(ValueError, match=r"give 255 \* x"):
            door.given(config, source)


def test_an_iterable_begins_anew_each_epoch_and_a_dataset_keeps_its_hooks():
    loader, dataset = Loader((FLOATS,)), Dataset((FLOATS,))
    stream = door.given(CONFIGS["unconditional"], loader).x
    for _ in range(3):
        assert len(list(stream.get_jax_iterator())) == 1
    assert loader.begun == 3  # batches read in advance belong to the first epoch
    wrapped = door.given(CONFIGS["unconditional"], dataset).x
    wrapped.on_epoch_begin()
    wrapped.on_epoch_end()
    assert (dataset.begun, dataset.ended, wrapped.num_batches, wrapped.workers) == (1, 1, 1, 1)
    assert door.given(CONFIGS["unconditional"], wrapped).x is wrapped


def test_a_dataset_makes_no_batch_twice_unless_its_epochs_differ():
    class Counting(keras.utils.PyDataset):
        made = 0

        def __len__(self):
            return 2

        def __getitem__(self, index):
            self.made += 1
            return (FLOATS / self.made,)

    class Changing(Counting):
        def on_epoch_end(self):
            self.made = 0

    for dataset in (Counting(), Changing()):
        wrapped = door.given(CONFIGS["unconditional"], dataset).x
        assert dataset.made == 1
        wrapped.on_epoch_end()  # Keras ends an epoch before starting the first
        wrapped.on_epoch_begin()
        np.testing.assert_array_equal(wrapped[0][0], FLOATS)
        assert dataset.made == 1
        np.testing.assert_array_equal(wrapped[1][0], FLOATS / 2)


def test_batches_of_checked_images_are_taken_as_they_are():
    data = Batches(ImageData(BYTES, LABELS, ("a", "b", "c")), 2, labels=True)
    assert door.given(CONFIGS["conditional"], data).x is data
    with pytest.raises(ValueError, match="takes no labels"):
        door.given(CONFIGS["unconditional"], data)
    with pytest.raises(ValueError, match="range from 0 to 2"):
        door.given(tiny(num_classes=2), data)
    with pytest.raises(ValueError, match="have shape"):
        door.given(tiny(image_shape=(4, 5, 1)), Batches(ImageData(BYTES), 2))


NO_IMAGES = {
    "nothing": (None, "x is a NoneType"),
    "a name": ("mnist", "x is a str"),
    "a dict": ({"x": FLOATS}, "x is a dict"),
    "both in one": ((FLOATS, LABELS), "two arguments, x and y"),
    "ragged": ([FLOATS, FLOATS[:2]], "different shapes"),
    "a dict of a stream": (iter([{"x": FLOATS}]), "A batch is a dict"),
    "four in a batch": (iter([(FLOATS,) * 4]), "A batch is a tuple of length 4"),
    "a single image": (FLOATS[0], r"\(5, 4, 1\); .* this is a single image"),
    "channels first": (FLOATS.transpose(0, 3, 1, 2), "pass np.transpose"),
}


@pytest.mark.parametrize("case", NO_IMAGES)
def test_what_is_no_image_is_named(case):
    given, sentence = NO_IMAGES[case]
    with pytest.raises(ValueError, match=sentence):
        door.given(CONFIGS["unconditional"], given)


def test_labels_and_weights_beside_a_stream_belong_in_it():
    for more in ({"y": LABELS}, {"sample_weight": WEIGHTS}):
        with pytest.raises(ValueError, match="into the batches"):
            door.given(CONFIGS["conditional"], Loader((FLOATS, LABELS)), **more)


def test_calls_and_predictions_name_labels(network):
    for call in (network, lambda x: door.given_inputs(network.config, x)):
        with pytest.raises(ValueError, match="needs a label"):
            call(FLOATS)
        with pytest.raises(ValueError, match=r"Labels have shape \(6, 4\)"):
            call((FLOATS, np.eye(4)[LABELS]))
        with pytest.raises(ValueError, match="got a tuple of length 3"):
            call((FLOATS, LABELS, WEIGHTS))
    with pytest.raises(ValueError, match="takes no labels"):
        DRAW(tiny())((FLOATS, LABELS))
    with pytest.raises(ValueError, match="call it with a single batch, or use predict"):
        network(Loader((FLOATS, LABELS)))
    symbols = keras.Input(SHAPE), keras.Input(())
    assert network(symbols).canvas.shape == (None, 20)
    with pytest.raises(ValueError, match="got no labels"):
        network(symbols[0])
    with pytest.raises(ValueError, match="A batch of labels has shape"):
        network((symbols[0], keras.Input((4,))))
    from_batches = network.predict(Dataset((FLOATS, LABELS)), verbose=0)
    assert from_batches.x.shape == network.predict((FLOATS, LABELS), verbose=0).x.shape


def test_tensors_of_torch_are_images_too():
    torch = pytest.importorskip("torch", reason="torch is not installed")
    x = torch.tensor(FLOATS, requires_grad=True)
    np.testing.assert_array_equal(door.given(CONFIGS["unconditional"], x).x, FLOATS)
    x = x.bfloat16()
    assert door.given(CONFIGS["unconditional"], x).x.dtype == np.float32
    loader = torch.utils.data.DataLoader(torch.tensor(FLOATS), batch_size=4)  # no tuples
    stream = door.given(CONFIGS["unconditional"], loader).x
    assert [b[0].shape for b in stream.get_jax_iterator()] == [(4, 5, 4, 1), (2, 5, 4, 1)]
    assert stream.num_batches == 2


def test_latents_are_finite_numbers_of_their_shape(network):
    z = np.zeros((2, 3, 2))
    assert network.decode(z.tolist(), [0, 1]).shape == (2, *SHAPE)
    for bad in (z * np.nan, z + np.inf, z + 0j, z.astype(str), z.astype(object), z > 0, z[0]):
        with pytest.raises(ValueError, match="Latents"):
            network.decode(bad, [0, 1])


def test_numbers_of_numpy_are_numbers(network):
    config = tiny(timesteps=np.int64(3), kl_weight=np.float32(0.5), share_heads=np.bool_(True))
    assert json.loads(json.dumps(config.to_json())) == tiny(kl_weight=0.5).to_json()
    assert DRAW(config, seed=np.int32(4)).get_config()["seed"] == 4
    ours = network.generate(np.int64(2), np.uint8(1), seed=np.int8(3), batch_size=np.int16(2))
    np.testing.assert_array_equal(ours, network.generate(2, 1, seed=3, batch_size=2))
    assert len(Batches(ImageData(BYTES), np.int64(4), seed=np.int64(1))) == 2
    for bad in (2.5, "2", True, None, np.float64(2)):
        with pytest.raises(ValueError, match="expected a whole number"):
            network.generate(bad)


def test_a_loss_is_finite_where_16_bits_end():
    floatx = keras.config.floatx()
    images = np.full((1600, 8, 8, 1), 128, np.uint8)
    keras.config.set_floatx("float16")
    try:
        model = DRAW(tiny(image_shape=(8, 8, 1), timesteps=1), dtype="float16")
        model.compile("sgd")
        found = model.evaluate(images, batch_size=800, verbose=0, return_dict=True)
        with pytest.raises(ValueError, match="not finite"):
            model.evaluate(images[:1], sample_weight=[1e5], verbose=0)
    finally:
        keras.config.set_floatx(floatx)
    assert found["loss"] == pytest.approx(64 * np.log(2), rel=0.1)  # half of 131,072 is too much
    assert found["loss"] == pytest.approx(found["reconstruction"] + found["kl"], rel=1e-3)
