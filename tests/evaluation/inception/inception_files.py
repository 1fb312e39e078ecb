"""Random Inception weights, and writers of the published formats that share no code with the
package: torch, NumPy."""

import os
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np
import pytest

from keras_draw.evaluation.inception.definition import layer_shapes

REAL_WEIGHTS = os.environ.get("KERAS_DRAW_WEIGHTS")


class Layer(NamedTuple):
    """A convolution and its batch normalization, not folded, as published."""

    kernel: np.ndarray
    """(height, width, in, out)."""
    beta: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    gamma: np.ndarray


def random_layers(tap=64, seed=0) -> dict[str, Layer]:
    """Kernels by He's rule, so that activations neither vanish nor explode."""
    random = np.random.default_rng(seed)
    layers = {}
    for name, (out, height, width, depth) in layer_shapes(tap).items():
        spread = np.sqrt(2 / (height * width * depth))
        kernel = random.standard_normal((height, width, depth, out), np.float32) * spread
        norm = (
            0.1 * random.standard_normal(out),
            0.1 * random.standard_normal(out),
            random.uniform(0.5, 1.5, out),
            random.uniform(0.8, 1.2, out),
        )
        layers[name] = Layer(kernel.astype(np.float32), *(v.astype(np.float32) for v in norm))
    return layers


def folded(layers: dict[str, Layer]) -> dict[str, np.ndarray]:
    """Folded weights and bias, from the definition of batch normalization."""
    found = {}
    for name, layer in layers.items():
        for_kernel = [
            layer.kernel[..., o] * layer.gamma[o] / np.sqrt(np.float64(layer.variance[o]) + 1e-3)
            for o in range(len(layer.beta))
        ]
        at_zero = layer.gamma * (0 - layer.mean) / np.sqrt(np.float64(layer.variance) + 1e-3)
        found[f"{name}/weights"] = np.stack(for_kernel).astype(np.float32)
        found[f"{name}/bias"] = (at_zero + layer.beta).astype(np.float32)
    return found


def write_npz(path, layers) -> None:
    np.savez(path, **folded(layers))


def state_dict(layers, names, classes=1008) -> dict[str, np.ndarray]:
    """As in pytorch-fid's file: torchvision's names, and a head with one row per class."""
    state = {"fc.weight": np.zeros((classes, 4), np.float32)}
    for name, layer in layers.items():
        state[f"{names[name]}.conv.weight"] = layer.kernel.transpose(3, 2, 0, 1).copy()
        norm = {
            "weight": layer.gamma,
            "bias": layer.beta,
            "running_mean": layer.mean,
            "running_var": layer.variance,
            "num_batches_tracked": np.array(0),
        }
        state |= {f"{names[name]}.bn.{part}": value for part, value in norm.items()}
    return state


def write_state_dict(path, layers, names) -> None:
    """The same written by PyTorch, in the format of the published file."""
    import torch

    state = {name: torch.from_numpy(value) for name, value in state_dict(layers, names).items()}
    torch.save(state, path, _use_new_zipfile_serialization=False)


def write_keras(path, model) -> None:
    """As in Keras's published file: the format before `.weights.h5`."""
    from keras.src.legacy.saving import legacy_h5_format

    with h5py.File(path, "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, model)


def real_weights() -> Path:
    """The real, partial weights of the 2015 graph; skips the test if there are none."""
    shared = Path(__file__).parents[4] / "shared" / "weights"
    for folder in (Path(REAL_WEIGHTS) if REAL_WEIGHTS else None, shared):
        if folder is not None and folder.exists():
            return folder
    pytest.skip("real Inception weights are not on this machine (KERAS_DRAW_WEIGHTS says where)")
