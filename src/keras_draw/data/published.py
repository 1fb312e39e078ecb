"""What is known of files that others publish: addresses, sizes, digests, licences."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Watch = Callable[[str, int, int], None]
"""Is told how far a file is: its name, bytes that are there, bytes in all."""


@dataclass(frozen=True)
class Published:
    """A file that somebody publishes."""

    name: str
    """under which it is kept."""
    addresses: tuple[str, ...]
    """http or https; the first that answers with the right file is taken."""
    size: int
    """bytes."""
    exact: bool = True
    """whether the size is published; else it is a guess, and up to twice as much is taken."""
    sha256: str = ""
    """published digest, hexadecimal; empty where there is none."""
    md5: str = ""

    @property
    def most(self) -> int:
        """Bytes that are taken from a server at most."""
        return self.size if self.exact else 2 * self.size

    @property
    def verified_by(self) -> str:
        """The digest that a download is compared with, in words."""
        return "SHA-256" if self.sha256 else "MD5" if self.md5 else "unverified"


@dataclass(frozen=True)
class Part:
    """What is fetched in one go."""

    files: tuple[Published, ...]
    splits: tuple[str, ...] = ()
    """that are read from it."""
    gives: tuple[str, ...] = ()
    """files that are there afterwards; those that were fetched, if `make` is None."""
    make: Callable[[Path], None] | None = None
    """makes them in the folder of the fetched files, which are removed then."""
    optional: bool = False
    """fetched only where it is asked for by name."""

    @property
    def there(self) -> tuple[str, ...]:
        """Files by which it is known that nothing has to be fetched."""
        return self.gives or tuple(file.name for file in self.files)


@dataclass(frozen=True)
class Origin:
    """A set, or weights, as published."""

    name: str
    source: str
    """who made it, and where it is published."""
    licence: str
    parts: tuple[Part, ...]
    weights: bool = False
    """whether these are weights, and no images."""

    @property
    def size(self) -> int:
        """Bytes of all that is fetched by the name alone."""
        return sum(file.size for file in self._files)

    @property
    def is_exact(self) -> bool:
        """Whether that size is published."""
        return all(file.exact for file in self._files)

    @property
    def _files(self) -> list[Published]:
        return [file for part in self.parts if not part.optional for file in part.files]
