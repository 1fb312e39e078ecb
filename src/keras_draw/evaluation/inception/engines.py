"""Engines that run Inception: XLA, or ONNX Runtime if it is installed and there is no GPU.

Both map preprocessed images (N, 299, 299, 3) to features (N, F). They differ in speed and in the
last digits of float32.
"""

import importlib.util
import io
import os
from collections.abc import Callable
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from keras_draw.evaluation.inception.definition import (
    SIZE,
    Conv,
    Pool,
    Weights,
    forward,
    layer_shapes,
)
from keras_draw.models.devices import everywhere, spread

Forward = Callable[[Any], Any]
"""float32 (N, 299, 299, 3) -> float32 (N, F), which a device may still be making."""
EngineName = Literal["auto", "xla", "onnxruntime"]


def compile_forward(
    weights: Weights, tap: int, last_pool: Literal["avg", "max"], engine: EngineName = "auto"
) -> Forward:
    """Prepare Inception up to a tap for running.

    Args:
        weights: weights of all layers up to the tap.
        tap: number of features: 64, 192, 768 or 2048.
        last_pool: pooling of the last block, see `definition.stages`.
        engine: `auto` selects ONNX Runtime if it is installed and JAX has no GPU, otherwise XLA.

    Returns:
        A function from images to features.

    Raises:
        ValueError: if ONNX Runtime is selected but not installed.
    """
    if engine == "auto":
        engine = best_engine()
    if engine == "xla":
        return _xla(weights, tap, last_pool)
    if not _onnx_is_here():
        raise ValueError(
            "The engine onnxruntime is not installed; install the extra keras-draw[onnx], or use "
            "the engine xla."
        )
    return _onnxruntime(weights, tap, last_pool)


def best_engine() -> Literal["xla", "onnxruntime"]:
    """The faster engine on this machine: ONNX Runtime on CPUs if it is installed, or else XLA."""
    return "onnxruntime" if _onnx_is_here() and jax.default_backend() == "cpu" else "xla"


def _onnx_is_here() -> bool:
    return all(importlib.util.find_spec(name) for name in ("onnx", "onnxruntime"))


class XLAEngine:
    """JAX, with axes NHWC. A 1 x 1 convolution is a matrix product, which is faster on CPUs."""

    def __init__(self, weights: dict[str, jax.Array]) -> None:
        self.weights = weights

    def conv(self, x: jax.Array, conv: Conv) -> jax.Array:
        """Apply convolution, bias and ReLU: (N, H, W, in) -> (N, H, W, out)."""
        kernel, bias = self.weights[f"{conv.name}/weights"], self.weights[f"{conv.name}/bias"]
        if conv.kernel == (1, 1):
            x = jnp.einsum("nhwi,oi->nhwo", x, kernel[:, 0, 0])
        else:
            x = lax.conv_general_dilated(
                x,
                kernel,
                (conv.stride, conv.stride),
                conv.padding,
                dimension_numbers=("NHWC", "OHWI", "NHWC"),
            )
        return jnp.maximum(x + bias, 0)

    def pool(self, x: jax.Array, pool: Pool) -> jax.Array:
        """Pool each channel; an average divides by the number of pixels within the image."""
        window, strides = (1, 3, 3, 1), (1, pool.stride, pool.stride, 1)
        if pool.kind == "max":
            return lax.reduce_window(x, -jnp.inf, lax.max, window, strides, pool.padding)
        ones = jnp.ones((1, *x.shape[1:3], 1), x.dtype)
        total, count = (
            lax.reduce_window(a, 0.0, lax.add, window, strides, pool.padding) for a in (x, ones)
        )
        return total / count

    def concat(self, parts: list[jax.Array]) -> jax.Array:
        """Concatenate along the channels."""
        return jnp.concatenate(parts, axis=-1)

    def average(self, x: jax.Array) -> jax.Array:
        """Average over the image."""
        return x.mean((1, 2))


def _xla(weights: Weights, tap: int, last_pool: Literal["avg", "max"]) -> Forward:
    on_device = everywhere({k: jnp.asarray(value, jnp.float32) for k, value in weights.items()})

    def features(weights: dict[str, jax.Array], images: jax.Array) -> jax.Array:
        with jax.default_matmul_precision("highest"):
            return forward(XLAEngine(weights), images, tap, last_pool)

    run = jax.jit(features)
    return lambda images: run(on_device, spread(images))


class ONNXGraph:
    """A builder of an ONNX graph, with axes NCHW. Tensors are names; nodes are collected."""

    def __init__(self) -> None:
        import onnx

        self.helper = onnx.helper
        self.nodes: list[Any] = []

    def _node(self, kind: str, inputs: list[str], **attributes: Any) -> str:
        name = f"{kind}_{len(self.nodes)}"
        self.nodes.append(self.helper.make_node(kind, inputs, [name], **attributes))
        return name

    def conv(self, x: str, conv: Conv) -> str:
        """Add Conv and Relu nodes, which the runtime fuses."""
        inputs = [x, f"{conv.name}/weights", f"{conv.name}/bias"]
        h, w = conv.kernel if conv.padding == "SAME" else (1, 1)
        # SAME with odd kernels and stride 1 pads half the kernel on each side.
        pads = [h // 2, w // 2, h // 2, w // 2]
        strides = [conv.stride, conv.stride]
        convolved = self._node("Conv", inputs, kernel_shape=conv.kernel, strides=strides, pads=pads)
        return self._node("Relu", [convolved])

    def pool(self, x: str, pool: Pool) -> str:
        """Add a pooling node; `count_include_pad` 0 excludes padding from averages."""
        pads = [1, 1, 1, 1] if pool.padding == "SAME" else [0, 0, 0, 0]
        kind, options = "MaxPool", {}
        if pool.kind == "avg":
            kind, options = "AveragePool", {"count_include_pad": 0}
        strides = [pool.stride, pool.stride]
        return self._node(kind, [x], kernel_shape=[3, 3], strides=strides, pads=pads, **options)

    def concat(self, parts: list[str]) -> str:
        """Add a node that concatenates along the channels."""
        return self._node("Concat", parts, axis=1)

    def average(self, x: str) -> str:
        """Add two nodes that average over the image."""
        return self._node("Flatten", [self._node("GlobalAveragePool", [x])])


def threads() -> int:
    """Number of threads for this process: NPROC, as for XLA, or else the cores it may use.

    Example:
        >>> threads() >= 1
        True
    """
    given = os.environ.get("NPROC", "")
    if given.isdecimal() and int(given):
        return int(given)
    if hasattr(os, "sched_getaffinity"):  # not on every system
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _onnxruntime(weights: Weights, tap: int, last_pool: Literal["avg", "max"]) -> Forward:
    import onnx
    import onnxruntime

    builder = ONNXGraph()
    turned = builder._node("Transpose", ["images"], perm=[0, 3, 1, 2])
    output = forward(builder, turned, tap, last_pool)
    float32 = onnx.TensorProto.FLOAT
    tensors = []
    for layer in layer_shapes(tap):
        kernel = np.ascontiguousarray(weights[f"{layer}/weights"].transpose(0, 3, 1, 2), np.float32)
        bias = np.ascontiguousarray(weights[f"{layer}/bias"], np.float32)
        tensors.append(onnx.numpy_helper.from_array(kernel, f"{layer}/weights"))
        tensors.append(onnx.numpy_helper.from_array(bias, f"{layer}/bias"))
    graph = onnx.helper.make_graph(
        builder.nodes,
        f"inception-{tap}",
        [onnx.helper.make_tensor_value_info("images", float32, ["N", SIZE, SIZE, 3])],
        [onnx.helper.make_tensor_value_info(output, float32, ["N", tap])],
        tensors,
    )
    # The lowest versions with these operations, so every ONNX Runtime in use can read them.
    model = onnx.helper.make_model(
        graph, ir_version=8, opset_imports=[onnx.helper.make_opsetid("", 13)]
    )
    buffer = io.BytesIO()
    onnx.save(model, buffer)
    # The default is one thread per core of the machine. If the process may use fewer cores, the
    # threads spin while they wait for each other, and the work nearly stops.
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads()
    session = onnxruntime.InferenceSession(
        buffer.getvalue(), options, providers=["CPUExecutionProvider"]
    )
    return lambda images: session.run(None, {"images": np.asarray(images, np.float32)})[0]
