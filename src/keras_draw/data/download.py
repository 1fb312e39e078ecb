"""Download one published file: try its mirrors in order, and check the file.

The data are written to a temporary file in the same folder. After a broken connection the download
continues there, also in a later process. The file gets its final name only if its size and digest
are the published ones.
"""

import contextlib
import hashlib
import os
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from keras_draw.data.connecting import CHUNK, Broken, Refused, connect, host
from keras_draw.data.published import Published, Watch
from keras_draw.files import open_plain

TIMEOUT = 20.0
"""Seconds that a server may be silent."""
WINDOW = 30.0
"""Seconds in which at least `LEAST` bytes must arrive."""
LEAST = 30_000
TRIES = 5
"""Connections to one server before the next server is tried."""
PAUSE = 1.0
"""Seconds to wait before the second connection; each later wait is this much longer."""


def download(
    file: Published, folder: Path, watch: Watch | None = None, *, timeout: float = TIMEOUT
) -> Path:
    """Download a file into a folder. `HTTPS_PROXY` and `NO_PROXY` are respected.

    Args:
        file: what to download, and from where.
        folder: an existing folder. Only one process at a time may use it (`fetching.alone`).
        watch: called with the progress.
        timeout: seconds that a server may be silent.

    Returns:
        The path of the file. If it already exists, it is left as it is.

    Raises:
        ConnectionError: if no address delivers the file; says what happened at each of them.
        OSError: if the file cannot be written.

    Example:
        >>> download(SETS["mnist"].parts[0].files[0], Path("."))    # doctest: +SKIP
        PosixPath('train-images-idx3-ubyte.gz')
    """
    target = folder / file.name
    if target.exists():
        return target
    failures = []
    with _Partial(folder / f".{file.name}.part", file) as partial:
        for address in file.addresses:
            try:
                _from(address, partial, watch or _nobody, timeout)
            except (Broken, Refused) as error:
                failures.append(f"{host(address)}: {error}")
                continue
            partial.move(target)
            return target
        kept = (
            " The part received is kept, and another try continues there." if partial.size else ""
        )
    raise ConnectionError(f"{file.name} could not be downloaded ({'; '.join(failures)}).{kept}")


def _nobody(name: str, done: int, size: int) -> None:
    pass


def _from(address: str, partial: "_Partial", watch: Watch, timeout: float) -> None:
    """Download the missing bytes from one address; afterwards the file is complete and right."""
    begun, silent = partial.size > 0, 0
    for attempt in range(TRIES):
        if attempt:
            time.sleep(PAUSE * attempt)
        before = partial.size
        try:
            if not partial.is_full:
                _stream(address, partial, watch, timeout)
        except Broken:
            silent = silent + 1 if partial.size <= before else 0
            if silent == 2 or attempt == TRIES - 1:
                raise
            continue
        wrong = partial.wrong()
        if not wrong:
            return
        partial.restart()
        if not begun:
            raise Refused(f"{wrong}; it was removed")
        begun = False  # an earlier process may have left a wrong beginning: start over once
    raise Refused("the connection broke repeatedly")


def _stream(address: str, partial: "_Partial", watch: Watch, timeout: float) -> None:
    """Open one connection and add the bytes that it delivers."""
    file = partial.file
    answer = connect(address, partial.size, timeout)
    with answer.response:
        if answer.start != partial.size:  # this server does not support ranges
            partial.restart()
        expected = file.size if file.exact else None
        if answer.length is not None:
            coming = partial.size + answer.length
            if coming > file.most or coming != (expected or coming):
                taken = f"not {file.size}" if file.exact else f"more than the limit of {file.most}"
                raise Refused(f"its file has {coming} bytes, {taken}")
            expected = coming
        since, counted = time.monotonic(), 0
        while chunk := answer.read():
            partial.add(chunk)
            watch(file.name, partial.size, expected or file.size)
            counted += len(chunk)
            if time.monotonic() - since > WINDOW:
                if counted < LEAST:
                    raise Broken(f"sent only {counted} bytes in {WINDOW:.0f} seconds")
                since, counted = time.monotonic(), 0
    if expected and partial.size < expected:
        raise Broken(f"stopped after {partial.size} of {expected} bytes")


class _Partial:
    """The part of a file received so far, and its digests."""

    def __init__(self, path: Path, file: Published) -> None:
        self.path, self.file = path, file
        self._stream: IO[bytes] = os.fdopen(open_plain(path, os.O_RDWR | os.O_CREAT), "r+b", 0)
        self._begin()
        while chunk := self._stream.read(CHUNK):
            self._count(chunk)
        if self.size > file.most:
            self.restart()

    def _begin(self) -> None:
        self.size = 0
        self._digests = (hashlib.sha256(), hashlib.md5(usedforsecurity=False))

    def _count(self, chunk: bytes) -> None:
        self.size += len(chunk)
        for digest in self._digests:
            digest.update(chunk)

    @property
    def is_full(self) -> bool:
        """Whether as many bytes as published have been received."""
        return self.file.exact and self.size == self.file.size

    def add(self, chunk: bytes) -> None:
        """Append a chunk.

        Raises:
            OSError: if the disk is full; the received part is removed, to make room.
            Refused: if the file becomes larger than allowed.
        """
        if self.size + len(chunk) > self.file.most:
            self.restart()
            raise Refused(f"sends more than {self.file.most} bytes")
        try:
            rest = memoryview(chunk)
            while rest:
                rest = rest[self._stream.write(rest) :]
        except OSError:
            with contextlib.suppress(OSError):
                self.restart()
            raise
        self._count(chunk)

    def restart(self) -> None:
        """Discard the received part."""
        self._stream.seek(0)
        self._stream.truncate()
        self._begin()

    def wrong(self) -> str:
        """Say what is wrong with the complete file; "" if it is right."""
        if self.file.exact and self.size != self.file.size:
            return f"sent {self.size} bytes, but the published file has {self.file.size}"
        published = (self.file.sha256, self.file.md5 if not self.file.sha256 else "")
        for name, digest, wanted in zip(("SHA-256", "MD5"), self._digests, published, strict=True):
            if wanted and digest.hexdigest() != wanted:
                return (
                    f"sent a different file from the published one (its {name} begins with "
                    f"{digest.hexdigest()[:12]}, not {wanted[:12]})"
                )
        return ""

    def move(self, target: Path) -> None:
        """Give the file its final name."""
        os.fsync(self._stream.fileno())
        self._stream.close()  # an open file cannot be moved on Windows
        self.path.replace(target)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stream.close()
        if not self.size:
            self.path.unlink(missing_ok=True)
