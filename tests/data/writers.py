"""Writers for every file format that the package reads, independent of the package."""

import gzip
import hashlib
import pickle
import struct
import zlib
from pathlib import Path

import numpy as np
import scipy.io
from PIL import Image

import keras_draw.data.svhn

RANDOM = np.random.default_rng(0)


def idx(array):
    header = struct.pack(">BBBB", 0, 0, 8, array.ndim) + struct.pack(
        f">{array.ndim}I", *array.shape
    )
    return header + array.tobytes()


def mnist(folder, count=6, zipped=True):
    """Write the four IDX files, with `count` images in each split."""
    folder.mkdir(parents=True, exist_ok=True)
    for prefix in ("train", "t10k"):
        images = RANDOM.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        labels = (np.arange(count) % 10).astype(np.uint8)
        for name, array in (("images-idx3", images), ("labels-idx1", labels)):
            content = idx(array)
            path = folder / f"{prefix}-{name}-ubyte{'.gz' if zipped else ''}"
            path.write_bytes(gzip.compress(content) if zipped else content)


def cifar_batch(path, count=4, protocol=2, **changes):
    """Write a batch as Python 2 pickled it: latin-1 keys, an array of rows, a list of labels."""
    batch = {
        "batch_label": "training batch",
        "labels": [i % 10 for i in range(count)],
        "data": RANDOM.integers(0, 256, (count, 3072), dtype=np.uint8),
        "filenames": [f"{i}.png" for i in range(count)],
    }
    path.write_bytes(pickle.dumps(batch | changes, protocol=protocol))
    return batch | changes


def svhn(path, count=4, **changes):
    """Write a file of SVHN's cropped digits, with axes and labels in MATLAB's order."""
    arrays = {
        "X": RANDOM.integers(0, 256, (32, 32, 3, count), dtype=np.uint8),
        "y": (np.arange(count, dtype=np.uint8) % 10 + 1)[:, None],
    } | changes
    path.parent.mkdir(parents=True, exist_ok=True)
    wanted = {name: array for name, array in arrays.items() if array is not None}
    scipy.io.savemat(path, wanted, appendmat=False, do_compression=True)
    return arrays


def published_svhn(monkeypatch, path, **options):
    """Write such a file, and record its digest as the published one."""
    arrays = svhn(path, **options)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setitem(keras_draw.data.svhn.PUBLISHED, path.name, digest)
    return arrays


def npz(path, **arrays):
    np.savez_compressed(path, **arrays)


def picture(path, mode="RGB", size=(9, 7), **options):
    """Write a picture whose content depends only on its mode and size."""
    path.parent.mkdir(parents=True, exist_ok=True)
    bands = len(Image.new(mode, (1, 1)).getbands())
    pixels = np.random.default_rng(1).integers(0, 256, (size[1], size[0], bands), dtype=np.uint8)
    if mode in ("I;16", "I"):
        image = Image.fromarray(pixels[..., 0].astype(np.uint16) * 257)
    elif mode == "P":
        image = Image.fromarray(np.repeat(pixels, 3, 2)).convert("P")
    else:
        image = Image.fromarray(pixels[..., 0] if bands == 1 else pixels, mode=mode)
    image.save(path, **options)
    return image


def pictures(folder, *names):
    """Write tiny pictures with these names."""
    for name in names:
        picture(folder / name, size=(2, 2))


def deep_png(values):
    """A PNG in colour with 16 bits per channel, which Pillow cannot write."""
    height, width, _ = values.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    chunks = [
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def grey_tiff(values, bits, photometric=1):
    """A grey TIFF of 12 or 16 bits; with photometric 0, the value 0 is white."""
    if bits == 12:  # two values in three bytes
        pairs = values.reshape(-1, 2).tolist()
        body = b"".join(((a << 12) | b).to_bytes(3, "big") for a, b in pairs)
    else:
        body = values.astype("<u2").tobytes()
    height, width = values.shape
    tags = {256: width, 257: height, 258: bits, 259: 1, 262: photometric, 273: 200, 277: 1,
            278: height, 279: len(body)}  # fmt: skip
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    head = b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)
    return head.ljust(200, b"\0") + body


class Trap:
    """An object that creates a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))
