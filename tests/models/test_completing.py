"""Completion: chains against a plain loop with the same noise, and the checks of inputs."""

import numpy as np
import pytest
from conftest import tiny
from models import numpy_draw
from models.pictures import IMAGES, LABELS, K

from keras_draw import DRAW
from keras_draw.models.likelihoods import LIKELIHOODS, Bernoulli

LOWER = np.arange(5)[:, None] * np.ones(4) >= 3
SEEN = ~LOWER
ROUNDS, ANSWERS, SEED = 4, 3, 7


def plain_chain(model, image, label, hidden, row, answer, between):
    """One chain, round by round, using only the weights from keras_draw."""
    cfg = numpy_draw.described(model.config)
    weights = {w.name: np.asarray(w.value, float) for w in model.weights}
    t, z, d = cfg["T"], cfg["Z"], cfg["D"]
    normal = np.random.default_rng((SEED, 3, row, answer)).standard_normal(
        (ROUNDS, t, z), dtype="float32"
    )
    uniform = np.random.default_rng((SEED, 4, row, answer)).random((ROUNDS + 1, d), dtype="float32")
    x, hidden, y = image.reshape(1, -1), hidden.reshape(1, -1), np.eye(K)[[label]]

    def next_of(mean, u):
        drawn = (u < mean).astype(float) if between == "sample" else mean
        return np.where(hidden, drawn, x)

    current = next_of(np.full((1, d), 0.5), uniform[:1])
    for r in range(ROUNDS):
        canvases, *_ = numpy_draw.unroll(cfg, weights, current, y, normal[r][:, None])
        mean = numpy_draw.sigmoid(canvases[-1])
        current = next_of(mean, uniform[r + 1])
    return np.where(hidden, mean, x).reshape(image.shape)


@pytest.mark.parametrize("between", ["sample", "mean"])
def test_chains_equal_a_plain_loop(conditional, between):
    found = conditional.complete(
        IMAGES[:5], LOWER, LABELS[:5], n=ANSWERS, rounds=ROUNDS, between=between, seed=SEED,
        batch_size=4,
    )  # fmt: skip
    assert found.shape == (5, ANSWERS, 5, 4, 1)
    assert found.dtype == np.float32
    for row in (0, 4):
        for answer in range(ANSWERS):
            expected = plain_chain(
                conditional, IMAGES[row], LABELS[row], LOWER, row, answer, between
            )
            np.testing.assert_allclose(found[row, answer], expected, rtol=1e-4, atol=1e-5)
    # Visible pixels stay bit-identical.
    kept = np.repeat(IMAGES[:5, None], ANSWERS, axis=1)
    np.testing.assert_array_equal(found[:, :, SEEN], kept[:, :, SEEN])


def complete(model, *given, **options):
    usual = {"n": 2, "rounds": ROUNDS, "seed": SEED, "batch_size": 4}
    return model.complete(*given, **usual | options)


def test_answers_do_not_depend_on_what_is_hidden_nor_on_how_many_there_are(conditional):
    found = complete(conditional, IMAGES[:4], LOWER, LABELS[:4])
    others = np.where(LOWER[..., None], 0.0, IMAGES[:4])
    np.testing.assert_array_equal(found, complete(conditional, others, LOWER, LABELS[:4]))
    fewer = complete(conditional, IMAGES[:4], LOWER, LABELS[:4], n=1)
    np.testing.assert_allclose(found[:, :1], fewer, atol=1e-6)
    assert not np.allclose(found[:, 0], found[:, 1])
    assert not np.allclose(found, complete(conditional, IMAGES[:4], LOWER, LABELS[:4], seed=8))


def test_every_image_may_have_a_mask_of_its_own(conditional):
    masks = np.stack([LOWER, ~LOWER])
    found = complete(conditional, IMAGES[:2], masks, LABELS[:2])
    for image, mask, answers in zip(IMAGES, masks, found, strict=False):
        np.testing.assert_array_equal(answers[:, ~mask], np.stack([image[~mask]] * 2))
    same = complete(conditional, IMAGES[:2], masks[..., None].astype(int), LABELS[:2])
    np.testing.assert_array_equal(found, same)


@pytest.mark.parametrize(
    ("mask", "sentence"),
    [
        (LOWER.T, r"The mask has shape \(4, 5\); expected \(5, 4\) for all images"),
        (np.stack([LOWER] * 3), r"shape \(3, 5, 4\); expected .* or \(2, 5, 4\)"),
        (LOWER * 255, "may only contain True"),
        (LOWER & False, "hides no pixel"),
        (np.stack([LOWER, LOWER & False]), "hides no pixel of at least one image"),
        ("lower", "may only contain|shape"),
    ],
)
def test_masks_that_hide_nothing_or_do_not_fit(conditional, mask, sentence):
    with pytest.raises(ValueError, match=sentence):
        conditional.complete(IMAGES[:2], mask, LABELS[:2])


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"n": 0}, "n is 0"),
        ({"rounds": 0}, "rounds is 0"),
        ({"seed": -1}, "seed is -1"),
        ({"between": "median"}, "between is 'median'; expected 'sample' or 'mean'"),
        ({"y": None}, "needs a label"),
    ],
)
def test_what_no_chain_can_be_made_of(conditional, options, sentence):
    with pytest.raises(ValueError, match=sentence):
        conditional.complete(IMAGES[:2], LOWER, **{"y": LABELS[:2]} | options)


class Unsampled(Bernoulli):
    draws = 0


def test_a_likelihood_without_a_sampler_says_what_can_be_done(conditional, monkeypatch):
    monkeypatch.setitem(LIKELIHOODS, "bernoulli", Unsampled)
    with pytest.raises(ValueError, match=r"'bernoulli' cannot be sampled.* use between='mean'"):
        conditional.complete(IMAGES[:2], LOWER, LABELS[:2])


def test_images_of_dynamic_binarization_are_seen_in_black_and_white():
    model = DRAW(tiny(dynamic_binarization=True, timesteps=1))
    found = model.complete(IMAGES[:3], LOWER, n=2, rounds=1, seed=5)
    seen = np.random.default_rng([5, 1]).random((3, 20)) < IMAGES[:3].reshape(3, 20)
    plain = DRAW(tiny(timesteps=1))
    plain.set_weights(model.get_weights())
    expected = plain.complete(seen.reshape(3, 5, 4, 1), LOWER, n=2, rounds=1, seed=5)
    np.testing.assert_array_equal(found[:, :, LOWER], expected[:, :, LOWER])
    for answers, image in zip(found, IMAGES, strict=False):
        for answer in answers:
            np.testing.assert_allclose(answer[SEEN], image[SEEN], rtol=1e-6)  # as given


def test_hidden_pixels_may_be_marked_by_nan(conditional):
    marked = IMAGES[:2].astype("float32")
    marked[:, LOWER] = np.nan
    found = conditional.complete(marked, LOWER, LABELS[:2], rounds=2, between="mean")
    expected = conditional.complete(IMAGES[:2], LOWER, LABELS[:2], rounds=2, between="mean")
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    marked[:, 0, 0] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        conditional.complete(marked, LOWER, LABELS[:2], between="mean")
