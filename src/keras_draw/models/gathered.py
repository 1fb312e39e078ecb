"""A scan over timesteps that computes the gradient of each kernel in one product at the end.

Differentiating a plain scan adds each timestep's gradient of a shared kernel to a running sum: T
thin products, and T passes over an array as large as the kernel. Here the forward scan collects the
inputs of each product and the backward scan their cotangents. Then one product over T times B rows
gives the whole gradient, summed in float32 under every compute dtype. Where each timestep has a
kernel of its own, that is one batch of T products, and no gradient is copied into its place. On
backends other than JAX this is a plain scan.
"""

from collections.abc import Callable
from functools import cache, partial
from typing import Any, NamedTuple

import keras
from keras import ops

from keras_draw.models.devices import are_sharing, shared_now
from keras_draw.models.outputs import Tensor
from keras_draw.models.precision import product, state_dtype, summed_products

Body = Callable[[dict[str, Any], Any, Any, Any], tuple[Any, Any]]
"""(kernels of this timestep, constants, state, row) -> (state, values to keep from it)."""


class Kernels(NamedTuple):
    """The kernels of a scan, by name."""

    shared: dict[str, Tensor]
    """used by all timesteps (I, O)."""
    stacked: dict[str, Tensor]
    """one per timestep (T, I, O)."""


def scan(body: Body, kernels: Kernels, constants: Any, start: Any, rows: Any) -> tuple[Any, Any]:
    """Scan `body` over the leading axis of `rows`.

    Args:
        body: one timestep. It must not close over arrays, and must use each kernel in exactly one
            `precision.product` with rows (B, I).
        kernels: all kernels; no two have the same name.
        constants: other arrays shared by all timesteps.
        start: the state before the first timestep, arrays (B, ...).
        rows: inputs of the timesteps, arrays (T, ...).

    Returns:
        The last state, and the kept values, stacked along T.
    """
    if keras.backend.backend() != "jax":
        return ops.scan(
            partial(_step, body, kernels.shared, constants), start, (kernels.stacked, rows)
        )
    return _differentiable_scan()(body, kernels, _row_by_row(constants, start), start, rows)


def _row_by_row(constants: Any, start: Any) -> Any:
    """On several devices, repeat vectors such as biases for each image; else change nothing.

    The gradient of a vector is a sum over all images, so all devices would have to exchange it in
    every timestep. Repeated rows are summed over timesteps on their own device, and over images
    once, after the scan.
    """
    if not are_sharing():
        return constants
    import jax
    import jax.numpy as jnp

    batch = jax.tree.leaves(start)[0].shape[0]

    def rows(a: Tensor) -> Tensor:
        return shared_now(jnp.broadcast_to(a, (batch, *a.shape))) if a.ndim == 1 else a

    return jax.tree.map(rows, constants)


def _step(body: Body, shared: Any, constants: Any, state: Any, row: Any) -> tuple[Any, Any]:
    own, row = row
    return body({**shared, **own}, constants, state, row)


class Tapped:
    """A kernel inside the scan that records its input and gives access to its cotangent.

    Args:
        kernel: (I, O).
        slot: (B, O), any values: they are not used, but their cotangent is that of the product, in
            the dtype in which it is multiplied.
    """

    def __init__(self, kernel: Tensor, slot: Tensor) -> None:
        self.kernel, self.slot = kernel, slot
        self.seen: Tensor = None

    def __call__(self, x: Tensor) -> Tensor:
        """`x @ kernel`, as in `precision.product`; also records `x`.

        Raises:
            ValueError: if the kernel is used a second time.
        """
        if self.seen is not None:
            raise ValueError(
                "A kernel of the scan is used in two products; give each product its own kernel."
            )
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
    """The gradient of a kernel: product of (T, B, I) and (T, B, O), summed over T and B."""
    # On several devices, merging T and B would destroy the split by rows and send all data around.
    if are_sharing() or x.dtype != state_dtype(x.dtype.name):
        return summed_products(x, slot, (0, 1))
    x, slot = (a.reshape(-1, a.shape[-1]) for a in (x, slot))
    return summed_products(x, slot, (0,))
