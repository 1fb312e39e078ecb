"""A scan over timesteps whose kernels get their gradients in one product after it.

Differentiating a plain scan adds each timestep's share of a kernel's gradient to a running sum: T
thin products, and T passes over an array as large as the kernel. Here the backward scan collects
what comes back to each product, the forward scan what went into it, and one product over T times B
rows gives the whole gradient, summed in float32 under every compute dtype. For a kernel of which
there is one per timestep it is one batch of T products, which need not be copied into a place. On
other backends than JAX this is a plain scan.
"""

from collections.abc import Callable
from functools import cache, partial
from typing import Any, NamedTuple

import keras
from keras import ops

from keras_draw.models.devices import are_sharing
from keras_draw.models.outputs import Tensor
from keras_draw.models.precision import product, state_dtype, summed_products

Body = Callable[[dict[str, Any], Any, Any, Any], tuple[Any, Any]]
"""(this timestep's kernels, constants, state, row) -> (state, what is kept of the timestep)."""


class Kernels(NamedTuple):
    """The kernels of a scan, by name."""

    shared: dict[str, Tensor]
    """by all timesteps (I, O)."""
    stacked: dict[str, Tensor]
    """one per timestep (T, I, O)."""


def scan(body: Body, kernels: Kernels, constants: Any, start: Any, rows: Any) -> tuple[Any, Any]:
    """Scan `body` over the leading axis of `rows`.

    Args:
        body: one timestep. It closes over no arrays, and hands each kernel to one
            `precision.product` with rows (B, I).
        kernels: their names differ.
        constants: what else all timesteps see.
        start: the state before the first timestep, arrays (B, ...).
        rows: arrays (T, ...).

    Returns:
        The last state, and what was kept, stacked along T.
    """
    if keras.backend.backend() != "jax":
        return ops.scan(
            partial(_step, body, kernels.shared, constants), start, (kernels.stacked, rows)
        )
    return _differentiable_scan()(body, kernels, constants, start, rows)


def _step(body: Body, shared: Any, constants: Any, state: Any, row: Any) -> tuple[Any, Any]:
    own, row = row
    return body({**shared, **own}, constants, state, row)


class Tapped:
    """A kernel inside the scan that shows what it is multiplied by and what comes back.

    Args:
        kernel: (I, O).
        slot: (B, O), of any value: it is not used, but its cotangent is the product's, in the
            dtype in which it is multiplied.
    """

    def __init__(self, kernel: Tensor, slot: Tensor) -> None:
        self.kernel, self.slot = kernel, slot
        self.seen: Tensor = None

    def __call__(self, x: Tensor) -> Tensor:
        """`x @ kernel`, as `precision.product` has it."""
        if self.seen is not None:
            raise ValueError("A kernel of the scan is used in two products; give each its own.")
        self.seen = ops.cast(x, ops.dtype(self.kernel))
        return _tapped_product()(x, self.kernel, self.slot)


@cache
def _tapped_product() -> Callable[..., Any]:
    import jax

    def primal(x: Tensor, kernel: Tensor, slot: Tensor) -> Tensor:
        return product(x, kernel)

    def forward(x: Tensor, kernel: Tensor, slot: Tensor) -> tuple[Tensor, Tensor]:
        return product(x, kernel), kernel

    def backward(kernel: Tensor, cotangent: Tensor) -> tuple[Tensor, None, Tensor]:
        cotangent = cotangent.astype(kernel.dtype)
        return product(cotangent, kernel, transposed=True), None, cotangent

    multiply = jax.custom_vjp(primal)
    multiply.defvjp(forward, backward)
    return multiply


@cache
def _differentiable_scan() -> Callable[..., Any]:
    import jax

    @partial(jax.custom_vjp, nondiff_argnums=(0,))
    def plain(body: Body, kernels: Kernels, constants: Any, start: Any, rows: Any) -> Any:
        step = partial(_step, body, kernels.shared, constants)
        return jax.lax.scan(step, start, (kernels.stacked, rows))

    plain.defvjp(_forward, _backward)
    return plain


def _forward(body: Body, kernels: Kernels, constants: Any, start: Any, rows: Any) -> Any:
    import jax
    import jax.numpy as jnp

    length = jax.tree.leaves(rows)[0].shape[0]
    batch = jax.tree.leaves(start)[0].shape[0]
    slots = {
        name: jnp.zeros((length, batch, kernel.shape[-1]), kernel.dtype)
        for name, kernel in {**kernels.shared, **kernels.stacked}.items()
    }

    def tapped(constants: Any, start: Any, rows: Any, slots: Any) -> Any:
        def step(state: Any, row: Any) -> Any:
            stacked, own, slot = row
            here = {**kernels.shared, **stacked}
            taps = {name: Tapped(here[name], slot[name]) for name in here}
            state, kept = body(taps, constants, state, own)
            return state, (kept, {name: tap.seen for name, tap in taps.items()})

        state, (kept, inputs) = jax.lax.scan(step, start, (kernels.stacked, rows, slots))
        return (state, kept), inputs

    found, pull_back, inputs = jax.vjp(tapped, constants, start, rows, slots, has_aux=True)
    of = Kernels(*({name: inputs[name] for name in named} for named in kernels))
    return found, (pull_back, of)


def _backward(body: Body, residuals: Any, cotangents: Any) -> Any:
    pull_back, inputs = residuals
    constants, start, rows, slots = pull_back(cotangents)
    kernels = Kernels(
        {name: _summed(x, slots[name]) for name, x in inputs.shared.items()},
        {
            name: summed_products(x, slots[name], (1,), each=True)
            for name, x in inputs.stacked.items()
        },
    )
    return kernels, constants, start, rows


def _summed(x: Tensor, slot: Tensor) -> Tensor:
    """The gradient of a kernel: products of (T, B, I) and (T, B, O), summed over T and B."""
    # As one axis, T and B could not be shared by rows: all would be sent to all.
    if are_sharing() or x.dtype != state_dtype(x.dtype.name):
        return summed_products(x, slot, (0, 1))
    x, slot = (a.reshape(-1, a.shape[-1]) for a in (x, slot))
    return summed_products(x, slot, (0,))
