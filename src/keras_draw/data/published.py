"""Descriptions of published files: addresses, sizes, digests, licences."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Watch = Callable[[str, int, int], None]
"""A function that is called with a file's name, the bytes received so far, and its total size."""


@dataclass(frozen=True)
class Published:
    """A published file."""

    name: str
    """the name that it is stored under."""
    addresses: tuple[str, ...]
    """http or https; the first one that delivers the right file is used."""
    size: int
    """bytes."""
    exact: bool = True
    """whether the size is published; if not, it is a guess, and up to twice as much is accepted."""
    sha256: str = ""
    """published digest, hexadecimal; empty if there is none."""
    md5: str = ""

    @property
    def most(self) -> int:
        """Bytes that are accepted from a server at most."""
        return self.size if self.exact else 2 * self.size

    @property
    def verified_by(self) -> str:
        """The kind of digest that a download is checked against, or "unverified"."""
        return "SHA-256" if self.sha256 else "MD5" if self.md5 else "unverified"


@dataclass(frozen=True)
class Part:
    """Files that are downloaded together."""

    files: tuple[Published, ...]
    splits: tuple[str, ...] = ()
    """the splits that are read from them."""
    gives: tuple[str, ...] = ()
    """the files that `make` writes; () if `make` is None."""
    make: Callable[[Path], None] | None = None
    """writes those files into the folder of the downloads, which are then removed."""
    optional: bool = False
    """whether the part is downloaded only if its split is named."""

    @property
    def there(self) -> tuple[str, ...]:
        """The files to look for: if all of them exist, nothing is downloaded."""
        return self.gives or tuple(file.name for file in self.files)


@dataclass(frozen=True)
class Origin:
    """A data set, or weights, as published."""

    name: str
    source: str
    """who made it, and where it is published."""
    licence: str
    parts: tuple[Part, ...]
    weights: bool = False
    """whether these are weights rather than images."""

    @property
    def size(self) -> int:
        """Bytes of all parts that are not optional."""
        return sum(file.size for file in self._files)

    @property
    def is_exact(self) -> bool:
        """Whether all sizes in that sum are published."""
        return all(file.exact for file in self._files)

    @property
    def _files(self) -> list[Published]:
        return [file for part in self.parts if not part.optional for file in part.files]
