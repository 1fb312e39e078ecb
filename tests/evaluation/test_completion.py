"""Errors of answers to half-hidden images: against plain loops."""

import numpy as np
import pytest

from keras_draw.evaluation.completion import completion

HIDDEN = np.array([[False, True], [True, True], [False, False]])


def plain(real, guess):
    """Squared error and cross-entropy of one guess, over hidden pixels."""
    squared, nats = [], []
    for i, j in np.argwhere(HIDDEN):
        for x, p in zip(real[i, j], guess[i, j], strict=True):
            squared.append((x - p) ** 2)
            nats.append(-(x * np.log(p) + (1 - x) * np.log(1 - p)))
    return np.mean(squared), np.mean(nats)


def test_errors_equal_plain_loops():
    random = np.random.default_rng(0)
    x = random.integers(0, 256, (5, 3, 2, 3), dtype=np.uint8)
    answers = random.uniform(0.01, 0.99, (5, 4, 3, 2, 3))
    start = random.uniform(0.01, 0.99, (3, 2, 3))
    found = completion(x, HIDDEN, answers, start)
    assert (found.images, found.answers) == (5, 4)
    real = x / 255
    cases = {
        "single": [
            np.mean([plain(r, a) for a in many], 0) for r, many in zip(real, answers, strict=True)
        ],
        "together": [plain(r, many.mean(0)) for r, many in zip(real, answers, strict=True)],
        "start": [plain(r, start) for r in real],
    }
    for name, each in cases.items():
        error = getattr(found, name)
        for values, one in zip(np.transpose(each), error, strict=True):
            assert one.value == pytest.approx(values.mean())
            assert one.standard_error == pytest.approx(values.std(ddof=1) / 5**0.5)


def test_what_is_seen_does_not_count():
    x = np.zeros((1, 3, 2, 1), np.uint8)
    answers = np.where(HIDDEN[..., None], 0.0, 1.0)[None, None]
    found = completion(x, HIDDEN, answers, np.zeros((3, 2, 1)))
    assert found.single.squared.value == 0


def test_an_answer_that_is_sure_and_wrong_costs_a_finite_number():
    x = np.full((2, 3, 2, 1), 255, np.uint8)
    found = completion(x, HIDDEN, np.zeros((2, 1, 3, 2, 1)), np.zeros((3, 2, 1)))
    assert found.single.cross_entropy.value == pytest.approx(-np.log(1e-7))
