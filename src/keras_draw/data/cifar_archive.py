"""Unpack the batches from CIFAR-10's archive, and nothing else."""

import tarfile
import zlib
from pathlib import Path

from keras_draw.data.formats import check_file
from keras_draw.data.pickles import MAX_BYTES
from keras_draw.files import write_bytes

ARCHIVE = "cifar-10-python.tar.gz"
FOLDER = "cifar-10-batches-py"
BATCHES = (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch")
MOST_MEMBERS = 100


def unpack_cifar10(folder: Path) -> None:
    """Unpack the batches.

    Members with other names are ignored, and no path from the archive is used for writing.

    Args:
        folder: holds the archive; the batches are written to its folder `cifar-10-batches-py`.

    Raises:
        ValueError: if the archive is damaged, lacks a batch, or states sizes that no batch has.
    """
    path = folder / ARCHIVE
    check_file(path)
    wanted = {f"{FOLDER}/{name}": name for name in BATCHES}
    try:
        with tarfile.open(path, "r:gz") as archive:
            for count, member in enumerate(archive):
                if member.size > MAX_BYTES or count > MOST_MEMBERS:
                    raise ValueError(f"{path.name} holds more than CIFAR-10's batches.")
                content = archive.extractfile(member) if member.isreg() else None
                if content and (name := wanted.pop(member.name, None)):
                    (folder / FOLDER).mkdir(exist_ok=True)
                    write_bytes(folder / FOLDER / name, content.read())
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise ValueError(f"{path.name} is damaged ({error}).") from None
    if wanted:
        raise ValueError(f"{path.name} lacks {', '.join(wanted.values())}.")
