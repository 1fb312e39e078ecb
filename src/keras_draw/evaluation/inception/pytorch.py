"""The 2015 Inception weights from PyTorch state dicts with torchvision's names.

pytorch-fid (`pt_inception-2015-12-05-6726825d.pth`) and torch-fidelity
(`weights-inception-2015-12-05-6726825d.pth`) publish the same conversion of the 2015 graph.
"""

from pathlib import Path
from typing import Any

import numpy as np

from keras_draw.data.formats import check_file
from keras_draw.data.origins import INCEPTION_SHA256
from keras_draw.evaluation.inception.batchnorm import BatchNorm, fold
from keras_draw.evaluation.inception.definition import Weights, layer_shapes
from keras_draw.evaluation.inception.torch_file import read_tensors
from keras_draw.files import sha256_of
from keras_draw.printed import command

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
"""Outputs of the 2015 graph; torchvision's own ImageNet network, a different one, has 1000."""
PUBLISHED = {INCEPTION_SHA256}
"""SHA-256 of the files that are accepted."""


def torch_names() -> dict[str, str]:
    """The convolutions' names in the 2015 graph -> their names in torchvision.

    Example:
        >>> torch_names()["mixed_9_tower_mixed_conv"]
        'Mixed_7b.branch3x3_2a'
    """
    names = [*_STEM, *(f"Mixed_{k}.{branch}" for k, block in _BLOCKS.items() for branch in block)]
    return dict(zip(layer_shapes(), names, strict=True))


def read_state_dict(path: Path) -> Weights:
    """Read the layers of a state dict, without PyTorch and without executing anything in it.

    Args:
        path: a `.pth` file.

    Returns:
        As in `weights.read_weights`.

    Raises:
        ValueError: if the file is not the published one.
    """
    check_file(path)
    _check_published(path)
    state = read_tensors(path)
    head = state["fc.weight"].shape if "fc.weight" in state else (CLASSES,)
    if "AuxLogits.fc.weight" in state or head[:1] != (CLASSES,):
        raise ValueError(
            f"{path.name} contains torchvision's ImageNet network, not the one of 2015-12-05; use "
            "the file published by pytorch-fid or torch-fidelity."
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


def _check_published(path: Path) -> None:
    """Refuse a file that is not the published one: results would carry the wrong label."""
    digest = sha256_of(path)
    if digest not in PUBLISHED:
        raise ValueError(
            f"{path.name} is not the file that pytorch-fid and torch-fidelity publish (its SHA-256 "
            f"begins with {digest[:12]}, theirs with {INCEPTION_SHA256[:12]}): remove it, "
            f"then download the right one with {command('data', 'get', 'inception-2015')}."
        )


def _array(value: Any, name: str, shape: tuple[int, ...], path: Path) -> np.ndarray:
    """Copy a tensor, after checking its shape: a view can claim any size."""
    if value.shape != shape or value.dtype.kind != "f":
        raise ValueError(
            f"{path.name} contains another network: {name} has type {value.dtype} and shape "
            f"{value.shape}, not floats of shape {shape}."
        )
    return np.ascontiguousarray(value, np.float32)
