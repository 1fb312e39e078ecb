"""The Keras model: fit, draw, save, and errors."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from conftest import tiny
from models.pictures import IMAGES, LABELS, K, N

from keras_draw import DRAW
from keras_draw.models.inputs import check_images, check_labels


@pytest.fixture(scope="module")
def plain():
    return DRAW(tiny(), seed=3)


def test_fit_reports_nats_and_lowers_the_loss():
    model = DRAW(tiny(num_classes=K))
    model.compile(keras.optimizers.Adam(1e-2))
    logs = model.fit(
        IMAGES, LABELS, epochs=15, batch_size=6, verbose=0, validation_data=(IMAGES, LABELS)
    ).history
    names = ("loss", "reconstruction", "kl")
    assert set(logs) == {*names, *(f"val_{name}" for name in names)}
    np.testing.assert_allclose(logs["loss"], np.add(logs["reconstruction"], logs["kl"]), rtol=1e-5)
    assert logs["loss"][-1] < logs["loss"][0]
    assert int(model.training_steps.value) == 15 * 2


def test_reported_terms_are_nats_under_the_thesis_objective_too():
    model = DRAW(tiny(objective="thesis"))
    model.compile("adam")
    logs = model.evaluate(IMAGES, return_dict=True, verbose=0)
    assert logs["loss"] < 2 < logs["reconstruction"]  # a mean over pixels; a sum over 20 of them


class Sequence(keras.utils.PyDataset):
    def __len__(self):
        return 2

    def __getitem__(self, index):
        rows = slice(index * 6, index * 6 + 6)
        return IMAGES[rows], np.eye(K)[LABELS[rows]]


def generator():
    while True:
        yield IMAGES[:6], LABELS[:6]


def test_fit_takes_what_keras_takes():
    model = DRAW(tiny(num_classes=K))
    model.compile("sgd")
    model.fit(Sequence(), verbose=0, validation_data=Sequence())
    model.fit(generator(), steps_per_epoch=2, shuffle=False, verbose=0)
    model.fit(IMAGES, LABELS, sample_weight=np.ones(N), verbose=0, validation_split=0.5)
    torch = pytest.importorskip("torch", reason="torch is not installed")
    pairs = torch.utils.data.TensorDataset(torch.tensor(IMAGES), torch.tensor(LABELS))
    model.fit(torch.utils.data.DataLoader(pairs, batch_size=6), shuffle=False, verbose=0)
    assert int(model.training_steps.value) == 2 + 2 + 1 + 2


def test_saving_keeps_every_bit_and_training_goes_on(conditional, tmp_path):
    path = tmp_path / "network.keras"
    conditional.save(path)
    again = keras.saving.load_model(path, safe_mode=True)
    for ours, theirs in zip(conditional.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(conditional.generate(5), again.generate(5))
    assert again.config == conditional.config
    steps = int(again.training_steps.value)
    again.fit(IMAGES, LABELS, batch_size=N, verbose=0)
    assert int(again.training_steps.value) == steps + 1


def test_another_process_loads_it_without_custom_objects(conditional, tmp_path):
    path = tmp_path / "network.keras"
    conditional.save(path)
    script = (
        "import os; assert 'KERAS_BACKEND' not in os.environ\n"
        "from keras_draw import DRAW\nimport keras, numpy\n"
        "assert keras.backend.backend() == 'jax'\n"
        f"model = keras.saving.load_model({str(path)!r})\n"
        f"numpy.save({str(tmp_path / 'drawn.npy')!r}, model.generate(5))\n"
    )
    flags = os.environ.get("XLA_FLAGS", "")  # other flags give other roundings
    environment = {"PATH": "", "HOME": str(tmp_path), "XLA_FLAGS": flags}
    subprocess.run([sys.executable, "-c", script], env=environment, check=True, timeout=120)
    np.testing.assert_array_equal(np.load(tmp_path / "drawn.npy"), conditional.generate(5))


def test_warmup_counts_training_steps():
    losses = []
    for warmup in (0, 4):
        model = DRAW(tiny(kl_warmup_steps=warmup, kl_weight=100.0))
        model.compile(keras.optimizers.SGD(0.0))
        model.fit(IMAGES, batch_size=N, epochs=4, shuffle=False, verbose=0)
        losses.append(model.history.history)
    full, warm = losses
    for epoch, share in enumerate((0.25, 0.5, 0.75, 1.0)):
        expected = full["reconstruction"][epoch] + share * 100 * full["kl"][epoch]
        assert warm["loss"][epoch] == pytest.approx(expected, rel=1e-5)


def test_dynamic_binarization_draws_anew_each_step_and_in_black_and_white():
    model = DRAW(tiny(dynamic_binarization=True))
    first, second = (np.asarray(model(IMAGES, training=True).x) for _ in range(2))
    assert set(np.unique(first)) == {0.0, 1.0}
    assert not np.array_equal(first, second)
    copies = 4000
    share = np.asarray(model(np.repeat(IMAGES[:1], copies, axis=0)).x).mean(0)
    assert np.abs(share - IMAGES[0].reshape(-1)).max() < 5 * 0.5 / np.sqrt(copies)
    black = DRAW(tiny(dynamic_binarization=True)).elbo(np.zeros((1, 5, 4, 1)))
    assert np.isfinite(black.elbo).all()


def test_mean_canvas_starts_at_the_logit_of_the_mean_image():
    model = DRAW(tiny(initial_canvas="mean", timesteps=1))
    model.compile("sgd")
    model.fit(IMAGES, epochs=1, verbose=0)  # adapts automatically
    mean = np.clip(IMAGES.mean(0).reshape(-1), 1e-3, 1 - 1e-3)
    found = np.asarray(model._named["initial_canvas"].value)
    np.testing.assert_allclose(found, np.log(mean / (1 - mean)), rtol=1e-4)
    with pytest.raises(ValueError, match="nothing to adapt"):
        DRAW(tiny()).adapt(IMAGES)
    model = DRAW(tiny(initial_canvas="mean", num_classes=K))
    model.compile("sgd")
    with pytest.raises(ValueError, match=r"call model.adapt\(images\) before fit"):
        model.fit(Sequence())


def test_forget_bias_starts_where_it_is_told():
    bias = np.asarray(DRAW(tiny(forget_bias=0.5))._named["encoder_bias"].value)
    assert bias.tolist() == [0] * 6 + [0.5] * 6 + [0] * 12


@pytest.mark.parametrize(
    "fields",
    [{"cell": "lstm"}, {"cell": "cell-gated"}, {"cell": "gru"}, {"read": 2, "write": 3}],
    ids=["lstm", "cell-gated", "gru", "windows"],
)
def test_mixed_precision_keeps_canvas_and_likelihood_in_float32(fields):
    fields = {"latent_dense": True, "share_heads": False, "timesteps": 8, **fields}
    exact, mixed = DRAW(tiny(**fields)), DRAW(tiny(**fields), dtype="mixed_bfloat16")
    mixed.set_weights(exact.get_weights())
    unrolled = mixed(IMAGES)
    assert {str(a.dtype) for a in keras.tree.flatten(unrolled)} == {"float32"}
    assert str(mixed._tensors()["encoder_kernel"].dtype) == "bfloat16"
    found, expected = mixed.elbo(IMAGES), exact.elbo(IMAGES)
    np.testing.assert_allclose(found.elbo, expected.elbo, rtol=0.02)
    assert not np.array_equal(found.elbo, expected.elbo)
    mixed.compile(keras.optimizers.Adam(1e-2))
    losses = mixed.fit(IMAGES, epochs=8, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


def test_double_precision_trains(float64):
    model = DRAW(tiny(), dtype="float64")
    model.compile(keras.optimizers.Adam(1e-2))
    losses = model.fit(IMAGES.astype("float64"), epochs=5, verbose=0).history["loss"]
    assert {str(w.dtype) for w in model.trainable_weights} == {"float64"}
    assert losses[-1] < losses[0]


BAD_IMAGES = {
    "flat": (np.zeros((2, 20)), "shape"),
    "other size": (np.zeros((2, 4, 5, 1)), "takes (N, 5, 4, 1)"),
    "none": (np.zeros((0, 5, 4, 1)), "There are no images"),
    "0..255 as floats": (np.full((2, 5, 4, 1), 255.0), "divide by 255"),
    "negative": (np.full((2, 5, 4, 1), -0.1), "run from -0.1"),
    "NaN": (np.full((2, 5, 4, 1), np.nan), "hold NaN"),
    "integers": (np.zeros((2, 5, 4, 1), "int64"), "type int64"),
    "text": (np.full((2, 5, 4, 1), "a"), "type <U1"),
}
BAD_LABELS = {
    "missing": (None, "needs a label"),
    "too few": ([0], "1 labels for 2 images"),
    "too large": ([0, 3], "knows 0 to 2"),
    "negative": ([-1, 0], "knows 0 to 2"),
    "fractions": ([0.5, 1], "whole numbers"),
    "two ones in a row": ([[1, 1, 0], [1, 0, 0]], "exactly one 1"),
    "wrong width": (np.zeros((2, 4)), "one-hot rows (N, 3)"),
    "text": (["a", "b"], "There is no class 'a'"),
}


@pytest.mark.parametrize("case", BAD_IMAGES)
def test_bad_images_meet_one_sentence(plain, case):
    images, sentence = BAD_IMAGES[case]
    with pytest.raises(ValueError) as refused:  # noqa: PT011
        check_images(plain.config, images)
    assert sentence in str(refused.value)
    plain.compile("sgd")
    for attempt in (plain.fit, plain.elbo, plain.reconstruct, plain.encode):
        with pytest.raises(ValueError) as refused:  # noqa: PT011
            attempt(images)
        assert sentence in str(refused.value)


@pytest.mark.parametrize("case", BAD_LABELS)
def test_bad_labels_meet_one_sentence(conditional, case):
    labels, sentence = BAD_LABELS[case]
    with pytest.raises(ValueError) as refused:  # noqa: PT011
        check_labels(conditional.config, labels, 2)
    assert sentence in str(refused.value)
    with pytest.raises(ValueError) as refused:  # noqa: PT011
        conditional.fit(IMAGES[:2], labels, verbose=0)
    assert sentence in str(refused.value)


def test_other_bad_requests(conditional):
    with pytest.raises(TypeError, match="expected a DRAWConfig"):
        DRAW({"timesteps": 3})
    with pytest.raises(ValueError, match="it needs a label"):
        conditional.fit(((IMAGES,) for _ in range(2)), steps_per_epoch=1, shuffle=False)


def test_a_network_to_be_filled_is_empty_and_otherwise_the_same():
    for fields in ({}, {"read": 2, "write": 2, "share_heads": False}):
        full, empty = DRAW(tiny(**fields), seed=1), DRAW(tiny(**fields), seed=1, empty=True)
        assert not any(np.any(w) for w in map(np.asarray, empty.trainable_variables))
        assert [w.dtype for w in empty.weights] == [w.dtype for w in full.weights]
        empty.set_weights(full.get_weights())
        np.testing.assert_array_equal(empty.generate(3), full.generate(3))
