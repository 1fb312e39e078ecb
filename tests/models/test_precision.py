"""Products in the compute dtype: values and gradients against NumPy's, in double precision."""

import jax
import numpy as np
import pytest

from keras_draw.models.precision import product, summed_products

ROUNDING = {"bfloat16": 2.0**-8, "float16": 2.0**-11, "float32": 2.0**-23}
SHAPES = {
    "one kernel": ((6, 5), (5, 4), "bi,io->bo"),
    "a kernel per timestep": ((3, 6, 5), (3, 5, 4), "tbi,tio->tbo"),
    "the same rows at every timestep": ((1, 6, 5), (3, 5, 4), "tbi,tio->tbo"),
}


@pytest.mark.parametrize("dtype", ROUNDING)
@pytest.mark.parametrize(("of_x", "of_kernel", "sums"), SHAPES.values(), ids=SHAPES.keys())
def test_products_and_gradients_are_numpys(dtype, of_x, of_kernel, sums):
    random = np.random.default_rng(0)
    x, kernel = (random.normal(size=size) for size in (of_x, of_kernel))
    x, kernel = (np.asarray(a, "float32") for a in (x, kernel))
    seen = np.broadcast_to(x.astype("float64"), (*of_kernel[:-2], *of_x[-2:]))
    expected = np.einsum(sums, seen, kernel)
    weight = random.normal(size=expected.shape).astype("float32")
    of_rows, of_columns = sums.replace("->", ",").split(",")[::2], sums.split(",")[1].split("->")
    d_x = np.einsum(f"{of_rows[1]},{of_columns[0]}->{of_rows[0]}", weight, kernel)
    d_kernel = np.einsum(f"{of_rows[0]},{of_rows[1]}->{of_columns[0]}", seen, weight)
    if of_x[0] == 1:
        d_x = d_x.sum(0, keepdims=True)

    def total(x, kernel):
        found = product(x, kernel)
        return (weight * found).sum(), found

    stored = jax.numpy.asarray(kernel, dtype)
    gradients, found = jax.jit(jax.grad(total, argnums=(0, 1), has_aux=True))(x, stored)

    assert found.dtype == "float32"
    assert [g.dtype.name for g in gradients] == ["float32", dtype]
    for ours, theirs in ((found, expected), (gradients[0], d_x), (gradients[1], d_kernel)):
        error = np.abs(np.asarray(ours, "float64") - theirs).max()
        assert error < 4 * ROUNDING[dtype] * np.abs(theirs).max()


@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16"])
@pytest.mark.parametrize(
    ("axes", "each", "sums"),
    [((0, 1), False, "tbi,tbo->io"), ((1,), True, "tbi,tbo->tio")],
)
def test_a_kernels_gradient_is_a_sum_over_rows(float64, dtype, axes, each, sums):
    random = np.random.default_rng(0)
    x, y = (jax.numpy.asarray(random.normal(size=(3, 8, k)), dtype) for k in (5, 4))
    found = summed_products(x, y, axes, each=each)
    expected = np.einsum(sums, np.asarray(x, "float64"), np.asarray(y, "float64"))
    rtol = {"float64": 1e-12, "float32": 1e-5, "bfloat16": 2.0**-8}[dtype]
    assert found.dtype.name == dtype
    np.testing.assert_allclose(np.asarray(found, "float64"), expected, rtol=rtol, atol=1e-6)
