"""One published file from the network: its mirrors in order, checked while it comes.

What has come lies under a temporary name beside the final one. A connection that breaks goes on
there, also in a later process; only a file of the published size and digest gets its name.
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
"""Seconds in which a server has to say something."""
WINDOW = 30.0
"""Seconds in which at least `LEAST` bytes have to come."""
LEAST = 30_000
TRIES = 5
"""Connections to one server before the next one is asked."""
PAUSE = 1.0
"""Seconds before the second connection; each later one waits as long again."""


def download(
    file: Published, folder: Path, watch: Watch | None = None, *, timeout: float = TIMEOUT
) -> Path:
    """Fetch a file into a folder. A proxy is used as `HTTPS_PROXY` and `NO_PROXY` say.

    Args:
        file: what to fetch, and from where.
        folder: where it goes; it exists. One process at a time (`fetching.alone`).
        watch: is told how far it is.
        timeout: seconds that a server may be silent.

    Returns:
        Its path. What is there by that name already is left as it is.

    Raises:
        ConnectionError: if no address has it; says what each of them did.
        OSError: if it cannot be written.

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
        kept = " What has come is kept, and another try goes on there." if partial.size else ""
    raise ConnectionError(f"{file.name} could not be downloaded ({'; '.join(failures)}).{kept}")


def _nobody(name: str, done: int, size: int) -> None:
    pass


def _from(address: str, partial: "_Partial", watch: Watch, timeout: float) -> None:
    """Fetch what is missing from one address; the file is whole and right afterwards."""
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
        begun = (
            False  # the beginning may be another process's, and wrong: once more, from the start
        )
    raise Refused("it broke off again and again")


def _stream(address: str, partial: "_Partial", watch: Watch, timeout: float) -> None:
    """One connection: what it brings is added."""
    file = partial.file
    answer = connect(address, partial.size, timeout)
    with answer.response:
        if answer.start != partial.size:  # this server does not know ranges
            partial.restart()
        expected = file.size if file.exact else None
        if answer.length is not None:
            coming = partial.size + answer.length
            if coming > file.most or coming != (expected or coming):
                taken = f"not {file.size}" if file.exact else f"and {file.most} are taken at most"
                raise Refused(f"has {coming} bytes by that name, {taken}")
            expected = coming
        since, counted = time.monotonic(), 0
        while chunk := answer.read():
            partial.add(chunk)
            watch(file.name, partial.size, expected or file.size)
            counted += len(chunk)
            if time.monotonic() - since > WINDOW:
                if counted < LEAST:
                    raise Broken(f"brought {counted} bytes in {WINDOW:.0f} seconds")
                since, counted = time.monotonic(), 0
    if expected and partial.size < expected:
        raise Broken(f"broke off after {partial.size} of {expected} bytes")


class _Partial:
    """The file as far as it has come, and its digests so far."""

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
        """Whether as many bytes are there as were published."""
        return self.file.exact and self.size == self.file.size

    def add(self, chunk: bytes) -> None:
        """Write what came.

        Raises:
            OSError: if the disk is full: what came is removed, to leave room.
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
        """Throw away what came."""
        self._stream.seek(0)
        self._stream.truncate()
        self._begin()

    def wrong(self) -> str:
        """What is wrong with the file now that all has come; nothing if it is right."""
        if self.file.exact and self.size != self.file.size:
            return f"sent {self.size} bytes, and the published file has {self.file.size}"
        published = (self.file.sha256, self.file.md5 if not self.file.sha256 else "")
        for name, digest, wanted in zip(("SHA-256", "MD5"), self._digests, published, strict=True):
            if wanted and digest.hexdigest() != wanted:
                return (
                    f"sent another file than the published one (its {name} begins with "
                    f"{digest.hexdigest()[:12]}, not {wanted[:12]})"
                )
        return ""

    def move(self, target: Path) -> None:
        """Give the file its name."""
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
