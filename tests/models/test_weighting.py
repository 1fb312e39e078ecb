"""The importance-weighted bound against a plain NumPy loop, a draw and an image at a time."""

import signal

import numpy as np
import pytest
from conftest import tiny
from models import numpy_draw
from models.pictures import IMAGES, LABELS, K, N
from scipy.special import logsumexp

from keras_draw import DRAW
from keras_draw.models import running, weighting
from keras_draw.models.interruption import interruptible
from keras_draw.models.measuring import noise_of
from keras_draw.models.running import followed, one_ahead
from keras_draw.models.weighting import ahead, log_mean_weights, recut

SAMPLES, SEED = 5, 6
NETWORKS = {
    "whole": {},
    "classes": {"num_classes": K},
    "windows": {"read": 2, "write": 3},
    "windows and classes": {"read": 2, "num_classes": K},
    "cells per timestep": {"share_recurrent": False, "share_heads": False, "num_classes": K},
    "windows and cells per timestep": {"read": 2, "share_recurrent": False},
}


def network(fields):
    model = DRAW(tiny(**fields))
    random = np.random.default_rng(1)
    for weight in model.trainable_weights:
        weight.assign(random.normal(0, 0.4, weight.shape))
    return model


def by_loops(model, y):
    """Log of the mean weight of every image, each image and draw by itself."""
    cfg = numpy_draw.described(model.config)
    weights = {w.name: np.asarray(w.value, float) for w in model.weights}
    shape = (N, cfg["T"], cfg["Z"])
    found = np.zeros((SAMPLES, N))
    for draw in range(SAMPLES):
        noise = noise_of(draw + 1, SEED, shape)
        for n in range(N):
            x = IMAGES[n].reshape(1, -1).astype(float)
            one_hot = None if y is None else np.eye(K)[y[n : n + 1]]
            canvases, mu, log_var, z = numpy_draw.unroll(
                cfg, weights, x, one_hot, noise[n][:, None]
            )
            log_p = -numpy_draw.bernoulli_nats(x, canvases[-1])[0] - (z**2).sum() / 2
            log_q = -(((z - mu) ** 2) / np.exp(log_var) + log_var).sum() / 2
            found[draw, n] = log_p - log_q  # constants of the two normals cancel
    return logsumexp(found, axis=0) - np.log(SAMPLES)


@pytest.mark.parametrize("name", NETWORKS)
def test_equal_to_the_plain_loop_whatever_the_size_of_batches(name):
    model = network(NETWORKS[name])
    y = LABELS if model.config.num_classes else None
    expected = by_loops(model, y)
    for batch_size in (None, 7, N, 2 * N):  # of many draws, of a part of one, of whole ones
        found = log_mean_weights(
            model, IMAGES, y, samples=SAMPLES, seed=SEED, batch_size=batch_size
        )
        assert found.dtype == np.float64
        np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_the_weights_are_those_of_one_draw_after_the_other(conditional):
    weights = [
        conditional.log_weights(IMAGES, LABELS, seed=SEED, draw=k) for k in range(1, SAMPLES + 1)
    ]
    expected = logsumexp(np.array(weights, float), axis=0) - np.log(SAMPLES)
    found = log_mean_weights(conditional, IMAGES, LABELS, samples=SAMPLES, seed=SEED)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_the_size_of_batches_changes_the_last_digit_at_most():
    model = network({"read": 2, "write": 2})
    x = np.random.default_rng(2).random((150, 5, 4, 1)).astype("float32")
    found = [
        log_mean_weights(model, x, samples=3, seed=1, batch_size=size) for size in (64, 150, 256)
    ]
    np.testing.assert_allclose(found[0], found[1], rtol=3e-7)
    np.testing.assert_allclose(found[0], found[2], rtol=3e-7)


def test_huge_weights_do_not_overflow(monkeypatch):
    signs = iter([-1.0, 1.0, -1.0, 1.0])
    monkeypatch.setattr(
        "keras_draw.models.running.Runner.stream",
        lambda *_: (np.full(2, 1e4 * sign, "float32") for sign in signs),
    )
    found = log_mean_weights(DRAW(tiny()), IMAGES[:2], samples=4)
    np.testing.assert_allclose(found, 1e4 + np.log(2 / 4))


def test_noise_of_few_draws_is_in_memory_at_once(monkeypatch):
    made, counted, most = [], [], []

    def noise(draw, seed, shape):
        made.append(draw)
        most.append(len(made) - len(counted))
        return noise_of(draw, seed, shape)

    monkeypatch.setattr(weighting, "noise_of", noise)
    log_mean_weights(
        DRAW(tiny()), IMAGES, samples=60, batch_size=N, on_draw=lambda: counted.append(1)
    )
    assert len(made) == len(counted) == 60
    assert max(most) <= weighting.AHEAD + 2  # those ahead, one under way, one that is read


def test_every_batch_and_every_draw_is_heard_of(conditional):
    heard, draws = [], []
    with followed(lambda batches: heard.append(batches) or (lambda: heard.append("done"))):
        log_mean_weights(
            conditional, IMAGES, LABELS, samples=3, batch_size=N, on_draw=lambda: draws.append(1)
        )
    assert heard == [3, "done", "done", "done"]
    assert len(draws) == 3


def test_samples_out_of_range(conditional):
    for samples in (0, 10**7):
        with pytest.raises(ValueError, match=f"samples is {samples}"):
            log_mean_weights(conditional, IMAGES, LABELS, samples=samples)
    with pytest.raises(ValueError, match="batch_size is 0"):
        log_mean_weights(conditional, IMAGES, LABELS, samples=1, batch_size=0)


def test_rows_are_cut_anew_in_their_order():
    parts = [np.arange(5), np.arange(5, 6), np.arange(6, 13)]
    for rows in (1, 2, 3, 5, 13, 20):
        pieces = list(recut(iter(parts), rows))
        np.testing.assert_array_equal(np.concatenate(pieces), np.arange(13))
        assert {len(piece) for piece in pieces[:-1]} <= {rows}
        assert 0 < len(pieces[-1]) <= rows
    assert list(recut([], 3)) == []


def test_what_is_made_ahead_comes_in_order_and_its_errors_too():
    assert list(ahead(lambda n: n**2, range(20))) == [n**2 for n in range(20)]
    with pytest.raises(ZeroDivisionError):
        list(ahead(lambda n: 1 / n, [1, 0]))


def test_one_is_begun_before_the_last_is_given():
    begun = []

    def each():
        for n in range(3):
            begun.append(n)
            yield n

    seen = [(n, len(begun)) for n in one_ahead(each())]
    assert seen == [(0, 2), (1, 3), (2, 3)]
    assert list(one_ahead(iter([]))) == []


def test_what_is_begun_is_waited_for_if_the_reader_stops(monkeypatch):
    waited = []
    monkeypatch.setattr(running, "wait_for", lambda begun: waited.append(list(begun)))
    reading = one_ahead(iter("abc"))
    assert next(reading) == "a"
    reading.close()
    assert waited == [["a", "b"]]


@pytest.mark.parametrize("when", [1, 2, 3])
def test_a_signal_leaves_nothing_running(monkeypatch, when):
    """It arrives right after a batch was begun: the batch is waited for all the same."""
    begun, waited = [], []
    monkeypatch.setattr(running, "wait_for", waited.extend)

    def each():
        for n in range(4):
            begun.append(n)
            if n == when:
                signal.raise_signal(signal.SIGINT)
            yield n

    with pytest.raises(KeyboardInterrupt), interruptible(signal.SIGINT):
        list(one_ahead(each()))
    assert begun[-1] == when
    assert waited[-1] == when
