"""The 2015 Inception weights as PyTorch state dicts, by torchvision's names.

pytorch-fid (`pt_inception-2015-12-05-6726825d.pth`) and torch-fidelity
(`weights-inception-2015-12-05-6726825d.pth`) publish the same conversion of the 2015 graph.
"""

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np

from keras_draw.evaluation.inception.batchnorm import BatchNorm, fold
from keras_draw.evaluation.inception.definition import Weights, layer_shapes

_STEM = ("Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "Conv2d_3b_1x1", "Conv2d_4a_3x3")
_A = (
    "branch1x1", "branch5x5_1", "branch5x5_2", "branch3x3dbl_1", "branch3x3dbl_2",
    "branch3x3dbl_3", "branch_pool",
)  # fmt: skip
_B = ("branch3x3", "branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3")
_C = (
    "branch1x1", "branch7x7_1", "branch7x7_2", "branch7x7_3", "branch7x7dbl_1", "branch7x7dbl_2",
    "branch7x7dbl_3", "branch7x7dbl_4", "branch7x7dbl_5", "branch_pool",
)  # fmt: skip
_D = (
    "branch3x3_1", "branch3x3_2", "branch7x7x3_1", "branch7x7x3_2", "branch7x7x3_3",
    "branch7x7x3_4",
)  # fmt: skip
_E = (
    "branch1x1", "branch3x3_1", "branch3x3_2a", "branch3x3_2b", "branch3x3dbl_1", "branch3x3dbl_2",
    "branch3x3dbl_3a", "branch3x3dbl_3b", "branch_pool",
)  # fmt: skip
_BLOCKS = {
    "5b": _A, "5c": _A, "5d": _A, "6a": _B, "6b": _C, "6c": _C, "6d": _C, "6e": _C,
    "7a": _D, "7b": _E, "7c": _E,
}  # fmt: skip

_NORM = ("bias", "running_mean", "running_var", "weight")

CLASSES = 1008
"""Outputs of the 2015 graph; torchvision's own ImageNet network, which is another one, has 1000."""
MAX_BYTES = 2**29
"""The published files have 96 MB; larger ones are not read."""


def torch_names() -> dict[str, str]:
    """The convolutions' names in the 2015 graph, and torchvision's for the same.

    Example:
        >>> torch_names()["mixed_9_tower_mixed_conv"]
        'Mixed_7b.branch3x3_2a'
    """
    names = [*_STEM, *(f"Mixed_{k}.{branch}" for k, block in _BLOCKS.items() for branch in block)]
    return dict(zip(layer_shapes(), names, strict=True))


def read_state_dict(path: Path) -> Weights:
    """The layers of a state dict, read without running anything in it.

    Args:
        path: a `.pth` file.

    Returns:
        As `inception_weights.read_weights`.

    Raises:
        ValueError: if torch is not installed, or the file is damaged, would run something, or
            holds another network.
    """
    state = _load(path)
    head = getattr(state.get("fc.weight"), "shape", (CLASSES,))
    if "AuxLogits.fc.weight" in state or tuple(head[:1]) != (CLASSES,):
        raise ValueError(
            f"{path.name} holds torchvision's ImageNet network, not the one of 2015-12-05; give "
            "the file that pytorch-fid or torch-fidelity publishes."
        )
    found: Weights = {}
    for (layer, kernel), name in zip(layer_shapes().items(), torch_names().values(), strict=True):
        out, height, width, depth = kernel
        shapes: dict[str, tuple[int, ...]] = {"conv.weight": (out, depth, height, width)}
        shapes |= {f"bn.{part}": (out,) for part in _NORM}
        if any(f"{name}.{part}" not in state for part in shapes):
            continue
        value = {
            part: _array(state[f"{name}.{part}"], f"{name}.{part}", shape, path)
            for part, shape in shapes.items()
        }
        norm = BatchNorm(*(value[f"bn.{part}"] for part in _NORM))
        found |= fold(layer, value["conv.weight"].transpose(0, 2, 3, 1), norm)
    return found


def _load(path: Path) -> dict[str, Any]:
    if importlib.util.find_spec("torch") is None:
        raise ValueError(
            f"{path.name} is PyTorch's format and torch is not installed; install the extra "
            "keras-draw[torch], or give an .npz of the folded layers."
        )
    if path.stat().st_size > MAX_BYTES:
        raise ValueError(
            f"{path.name} has {path.stat().st_size} bytes; no more than {MAX_BYTES} are read."
        )
    import torch

    try:
        state = torch.load(path, weights_only=True, map_location="cpu")
    except Exception as error:  # torch fails in many ways on files that are not its own
        raise ValueError(
            f"{path.name} is damaged, or holds more than tensors, which is not read "
            f"({type(error).__name__})."
        ) from None
    if not isinstance(state, dict):
        raise ValueError(f"{path.name} holds a {type(state).__name__}, not a state dict.")
    return state


def _array(value: Any, name: str, shape: tuple[int, ...], path: Path) -> np.ndarray:
    """A tensor's numbers, after its shape has been compared: a view can state any size."""
    import torch

    plain = isinstance(value, torch.Tensor) and value.layout == torch.strided and value.is_cpu
    if not plain or tuple(value.shape) != shape or not value.dtype.is_floating_point:
        given = tuple(value.shape) if isinstance(value, torch.Tensor) else type(value).__name__
        raise ValueError(
            f"{path.name} holds another network: {name} is {given}, not a tensor of floats of "
            f"shape {shape}."
        )
    return value.detach().to(torch.float32).numpy()
