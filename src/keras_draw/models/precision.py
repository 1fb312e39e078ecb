"""The precision rule: products in the compute dtype, everything else in at least float32."""

import contextlib
from collections.abc import Iterator

import keras
from keras import ops

from keras_draw.models.outputs import Tensor


def state_dtype(compute_dtype: str) -> str:
    """The dtype of canvas, states and likelihood under a compute dtype.

    Args:
        compute_dtype: the dtype of products, such as `"bfloat16"`.

    Returns:
        `"float64"` for float64, otherwise `"float32"`.
    """
    return "float64" if compute_dtype == "float64" else "float32"


def product(x: Tensor, kernel: Tensor, *, transposed: bool = False) -> Tensor:
    """`x @ kernel`, computed in the kernel's dtype and returned in the state dtype.

    Args:
        x: (..., I) of any float dtype.
        kernel: (I, O) or (T, I, O) in the compute dtype; or a function that multiplies by a kernel.
        transposed: multiply by the transpose of a kernel (O, I) instead.

    Returns:
        (..., O) in at least float32.
    """
    if callable(kernel):
        return kernel(x)
    compute_dtype = ops.dtype(kernel)
    dtype = state_dtype(compute_dtype)
    x = ops.cast(x, compute_dtype)
    if keras.backend.backend() == "jax" and compute_dtype != dtype and len(kernel.shape) == 2:
        import jax

        # Unlike Keras's matmul, this does not round the result to the compute dtype. It is also
        # twice as fast on processors with bfloat16 instructions.
        contracted = ((x.ndim - 1,), (1 if transposed else 0,))
        return jax.lax.dot_general(x, kernel, (contracted, ((), ())), preferred_element_type=dtype)
    kernel = ops.swapaxes(kernel, -1, -2) if transposed else kernel
    return ops.cast(ops.matmul(x, kernel), dtype)


def tanh(x: Tensor) -> Tensor:
    """The hyperbolic tangent in the dtype of `x`: Keras 3.15's own rounds float64 to float32."""
    if ops.dtype(x) == "float64":
        return x - ops.tanh_shrink(x)
    return ops.tanh(x)


def mean_over_batch(x: Tensor) -> Tensor:
    """The mean over the first axis, in the dtype of `x` (as for `tanh`)."""
    return ops.sum(x, axis=0) / ops.shape(x)[0]


@contextlib.contextmanager
def wide_floatx() -> Iterator[None]:
    """Inside the block, Keras's `floatx` has at least 32 bits: sums of nats need more than 16."""
    floatx = keras.config.floatx()
    keras.config.set_floatx(state_dtype(floatx))
    try:
        yield
    finally:
        keras.config.set_floatx(floatx)
