"""The precision rule: products in the compute dtype, everything else in at least float32."""

import contextlib
from collections.abc import Callable, Iterator
from functools import cache

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
    stacked = len(kernel.shape) == 3
    if keras.backend.backend() == "jax" and (stacked or compute_dtype != dtype):
        # Unlike Keras's matmul, this does not round the result to the compute dtype. It is also
        # several times as fast on processors with bfloat16 instructions, and up to twice as fast
        # for stacked kernels.
        if transposed:
            return _contracted(ops.cast(x, compute_dtype), kernel, 1)
        return _jax_product()(ops.cast(x, dtype), kernel)
    kernel = ops.swapaxes(kernel, -1, -2) if transposed else kernel
    return ops.cast(ops.matmul(ops.cast(x, compute_dtype), kernel), dtype)


def summed_products(x: Tensor, y: Tensor, axes: tuple[int, ...], *, each: bool = False) -> Tensor:
    """The gradient of a kernel: products of each row of x with the same row of y, summed.

    Args:
        x: (R..., I), on JAX.
        y: (R..., O), of the same dtype.
        axes: the axes of the rows.
        each: whether the first axis is T, with a sum for each timestep; then it is not in `axes`.

    Returns:
        (I, O), or (T, I, O), in the dtype of x; summed in at least float32.
    """
    import jax

    narrow = x.dtype.name
    dtype = state_dtype(narrow)
    if narrow != dtype and len(axes) == 1:
        # On CPUs, XLA multiplies bfloat16 quickly with two axes of rows, but not with one.
        x, y = (ops.expand_dims(a, axes[0]) for a in (x, y))
        axes = (axes[0], axes[0] + 1)
    elif each:  # for wide kernels this order is faster, by a quarter to two fifths
        return ops.swapaxes(jax.lax.dot_general(y, x, ((axes, axes), ((0,), (0,)))), 1, 2)
    batch = ((0,), (0,)) if each else ((), ())
    found = jax.lax.dot_general(x, y, ((axes, axes), batch), preferred_element_type=dtype)
    return found.astype(narrow)


def _contracted(x: Tensor, kernel: Tensor, axis: int) -> Tensor:
    """Rows of x times a kernel, or (T, B, I) times T of them, along an axis of each kernel."""
    import jax

    first = len(kernel.shape) - 2
    if first:
        x = ops.broadcast_to(x, (kernel.shape[0], *x.shape[1:]))
    batch = ((0,), (0,)) if first else ((), ())
    axes = ((len(x.shape) - 1,), (first + axis,))
    dtype = state_dtype(x.dtype.name)
    return jax.lax.dot_general(x, kernel, (axes, batch), preferred_element_type=dtype)


@cache
def _jax_product() -> Callable[..., Tensor]:
    """A product in the kernel's dtype; its gradients are products in this dtype, too."""
    import jax

    def forward(x: Tensor, kernel: Tensor) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        x = ops.cast(x, kernel.dtype)
        return _contracted(x, kernel, 0), (x, kernel)

    def multiply(x: Tensor, kernel: Tensor) -> Tensor:
        return forward(x, kernel)[0]

    def backward(kept: tuple[Tensor, Tensor], cotangent: Tensor) -> tuple[Tensor, Tensor]:
        x, kernel = kept
        cotangent = ops.cast(cotangent, kernel.dtype)
        to_x = _contracted(cotangent, kernel, 1)
        if len(kernel.shape) == 2:
            rows = tuple(range(len(x.shape) - 1))
            return to_x, summed_products(x, cotangent, rows)
        seen = ops.broadcast_to(x, (kernel.shape[0], *x.shape[1:]))
        to_x = ops.sum(to_x, axis=0, keepdims=True) if x.shape[0] == 1 else to_x
        return to_x, summed_products(seen, cotangent, (1,), each=True)

    found = jax.custom_vjp(multiply)
    found.defvjp(forward, backward)
    return found


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
