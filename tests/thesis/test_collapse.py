"""When latents collapse: eigenvalues against closed forms and naive NumPy, and trained networks."""

import json

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from keras_draw import DRAW, DRAWConfig, cli
from keras_draw.thesis.collapse import CHUNK, beta_of, collapse, spectrum

GROUPS = (12, 4)
"""Numbers of pixels that are copies of one fair coin, and of a second one."""


def coins(groups=GROUPS, shape=(4, 4, 1)):
    """All outcomes of independent coins, each copied to a group of pixels, as uint8."""
    bits = np.indices((2,) * len(groups)).reshape(len(groups), -1).T
    return np.repeat(255 * bits, groups, axis=1).astype(np.uint8).reshape(-1, *shape)


def by_hand(x):
    """Eigenvalues of S^-1 Cov, a non-symmetric matrix with the same ones, by sums over images."""
    n, d = x.shape
    p = [sum(x[:, i]) / n for i in range(d)]
    matrix = np.array(
        [
            [sum((x[k, i] - p[i]) * (x[k, j] - p[j]) for k in range(n)) / n for j in range(d)]
            for i in range(d)
        ]
    )
    s = np.array([q * (1 - q) for q in p])
    return np.sort(np.linalg.eigvals(matrix / s[:, None]).real)[::-1]


@given(some.lists(some.integers(1, 5), min_size=1, max_size=4))
def test_the_number_of_copies_of_a_coin_is_an_eigenvalue(groups):
    """The correlation matrix has blocks of ones; the eigenvalues are the block sizes, and zeros."""
    pixels = sum(groups)
    expected = sorted(groups, reverse=True) + [0] * (pixels - len(groups))
    np.testing.assert_allclose(spectrum(coins(groups, (1, pixels, 1))), expected, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_grey_pixels_agree_with_sums_by_hand(dtype):
    x = np.random.default_rng(0).integers(0, 256, (CHUNK + 3, 2, 3, 1)).astype(dtype)
    x = x if dtype == np.uint8 else x / dtype(255)
    white = 255 if dtype == np.uint8 else 1
    expected = by_hand(x.reshape(len(x), -1).astype(float) / white)
    np.testing.assert_allclose(spectrum(x), expected, rtol=1e-5 if white == 1 else 1e-10)


def test_constant_pixels_count_as_zero():
    x = coins()
    still = np.concatenate([x, np.zeros_like(x), np.full_like(x, 255), np.full_like(x, 7)], axis=2)
    np.testing.assert_allclose(spectrum(still)[:3], [12, 4, 0], atol=1e-12)
    assert spectrum(still).shape == (64,)
    np.testing.assert_array_equal(spectrum(still[:1]), np.zeros(64))


def loss(x, beta, a, b, log_var):
    """Exact loss for one latent N(a'(x - p), exp(log_var)) and the canvas logit(p) + b z."""
    p = x.mean(axis=0)
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    m, s = (x - p) @ a, np.exp(log_var / 2)
    z = m[:, None] + s * nodes
    canvas = np.log(p / (1 - p)) + z[..., None] * b
    cost = (np.logaddexp(0, canvas) - x[:, None] * canvas).sum(axis=-1) @ weights / weights.sum()
    return (cost + beta * 0.5 * (m**2 + s**2 - 1 - log_var)).mean()


@pytest.mark.parametrize(("factor", "falls"), [(0.98, True), (1.02, False)])
def test_the_collapsed_state_is_unstable_just_below_the_largest_eigenvalue(factor, falls):
    """The Hessian of the exact loss, by finite differences, has a negative eigenvalue or not."""
    x = np.random.default_rng(1).integers(0, 256, (40, 3)) / 255
    x[:, 1] = 0.8 * x[:, 0] + 0.2 * x[:, 1]
    beta, d, step = factor * by_hand(x)[0], 3, 1e-3

    def at(v):
        return loss(x, beta, v[:d], v[d : 2 * d], v[2 * d])

    eye = step * np.eye(2 * d + 1)
    hessian = np.array(
        [[at(u + v) - at(u - v) - at(v - u) + at(-u - v) for v in eye] for u in eye]
    ) / (4 * step**2)
    assert (np.linalg.eigvalsh(hessian)[0] < -1e-6) == falls


def test_beta_is_relative_to_a_sum_over_pixels():
    def beta(**fields):
        return beta_of(DRAWConfig(image_shape=(28, 28, 1), timesteps=8, latent_dim=4, **fields))

    assert beta() == 1
    assert beta(kl_weight=3.0) == 3
    assert beta(objective="thesis") == 784 / 32
    assert beta(objective="thesis", kl_reduction="sum", kl_weight=0.5) == 784 / 16


@pytest.mark.slow
@pytest.mark.parametrize("timesteps", [1, 2])
def test_networks_collapse_above_the_largest_eigenvalue_and_learn_below_it(timesteps):
    """Coins are copied 12 and 4 times: a weight of 16 is above both, 8 is below the first."""
    x, awake = np.tile(coins(), (16, 1, 1, 1)), {}
    for beta in (16, 8):
        config = DRAWConfig(
            image_shape=(4, 4, 1), timesteps=timesteps, latent_dim=2, hidden_dim=8, kl_weight=beta
        )
        model = DRAW(config, seed=0)
        model.compile(keras.optimizers.Adam(1e-2))
        model.fit(x, epochs=400, batch_size=64, shuffle=False, verbose=0)
        pictures = model.reconstruct(coins()).reshape(4, 16)
        awake[beta] = [bool(np.ptp(pictures[:, pixel]) > 0.2) for pixel in (0, 15)]
        assert (model.elbo(coins()).kl.sum(axis=1) > 0.2).all() == (beta == 8)
    assert awake == {16: [False, False], 8: [True, False]}


def test_classes_are_analysed_separately(tmp_path, capsys):
    """Two classes with one coin each: pixels that differ between the classes do not count."""
    x = np.concatenate([coins((16,)), coins((8,), (4, 2, 1)).repeat(2, axis=2)])
    x[2:, :, 2:] = 0
    np.savez(tmp_path / "coins.npz", x=x, y=[0, 0, 1, 1])
    spec = f"npz:{tmp_path / 'coins.npz'}"
    found = collapse(spec, beta=10, by_class=True, shown=1)
    assert {k: (v.images, v.unstable) for k, v in found.items()} == {
        "all": (4, 1), "0": (2, 1), "1": (2, 0),
    }  # fmt: skip
    assert [found[k].eigenvalues.round(9).tolist() for k in "01"] == [[16], [8]]
    cli.main(
        ["experiment", "collapse", spec, "--beta", "10", "--by-class", "--show", "1", "--json"]
    )
    said = json.loads(capsys.readouterr().out)
    assert said["1"] == {"images": 2, "beta": 10, "eigenvalues": [pytest.approx(8)], "unstable": 0}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--beta", "0"], "beta is 0"),
        (["--beta", "nan"], "beta is nan"),
        (["--show", "0"], "shown is 0"),
        (["--by-class"], "no labels"),
    ],
)
def test_bad_input_gives_a_one_line_error(tmp_path, capsys, words, said):
    np.savez(tmp_path / "coins.npz", x=coins())
    with pytest.raises(SystemExit) as stopped:
        cli.main(["experiment", "collapse", f"npz:{tmp_path / 'coins.npz'}", *words])
    assert stopped.value.code == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1


def test_a_class_may_be_called_all(tmp_path):
    x = np.random.default_rng(0).integers(0, 256, (20, 4, 4, 1), np.uint8)
    names = np.array(["all", "some"])
    np.savez(tmp_path / "x.npz", x=x, y=np.arange(20) % 2, class_names=names)
    found = collapse(f"npz:{tmp_path / 'x.npz'}", beta=1, by_class=True)
    assert {name: one.images for name, one in found.items()} == {
        "all": 20, "the class all": 10, "some": 10,
    }  # fmt: skip
