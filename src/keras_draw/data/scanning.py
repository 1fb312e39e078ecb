"""Which files of a folder are pictures, which are left out, and why. Nothing is decoded here."""

import os
import re
import stat
from collections import deque
from pathlib import Path
from typing import NamedTuple

ENDINGS = {
    ".apng", ".avif", ".bmp", ".gif", ".icb", ".jfi", ".jfif", ".jif", ".jpe", ".jpeg", ".jpg",
    ".mpo", ".pbm", ".pfm", ".pgm", ".png", ".pnm", ".ppm", ".tga", ".tif", ".tiff", ".vda",
    ".vst", ".webp",
}  # fmt: skip
"""Endings of picture files that can be read, in lower case."""
UNREAD = {
    ".arw", ".cr2", ".cr3", ".dcm", ".dds", ".dib", ".dng", ".emf", ".eps", ".exr", ".heic",
    ".heif", ".hif", ".icns", ".ico", ".j2c", ".j2k", ".jp2", ".jpf", ".jpx", ".jxl", ".kra",
    ".nef", ".orf", ".pcx", ".pef", ".psb", ".psd", ".qoi", ".raf", ".ras", ".rw2", ".sgi",
    ".srw", ".svg", ".svgz", ".wmf", ".xcf",
}  # fmt: skip
"""Endings of picture files that cannot be read."""
CLUTTER = {
    "#recycle", "$recycle.bin", "@eadir", "__macosx", "desktop.ini", "ehthumbs.db", "lost+found",
    "system volume information", "thumbs.db",
}  # fmt: skip
"""Files and folders that operating systems and programs create on their own. Names that begin with
a dot are treated the same way."""
_CONTENT = re.compile(
    rb"\x89PNG|\xff\xd8\xff|GIF8|II\*\0|MM\0\*|RIFF....WEBP|....ftyp(avif|heic|heix|mif1)",
    re.DOTALL,
)
_KINDS = {
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFDIR: "a folder",
}
_LONGEST = 100
"""Characters of a name in a message."""


class Found(NamedTuple):
    """A file or folder inside the scanned folder."""

    path: Path
    parts: tuple[str, ...]
    """components of its path relative to the scanned folder."""

    @property
    def name(self) -> str:
        """The relative path, shortened for a message."""
        return shortened("/".join(self.parts))


class Scan(NamedTuple):
    """What a folder contains."""

    pictures: list[Found]
    """files with a picture's ending; a folder's own files come before those of its sub-folders."""
    left_out: list[str]
    """pictures, and entries that may hold pictures, that cannot be used; each with the reason."""
    not_followed: list[str]
    """links to folders that were already scanned, or that contain the link."""
    hidden: list[str]
    """files and folders whose names begin with a dot, or that are in `CLUTTER`."""
    others: list[str]
    """files that are not pictures."""
    folders: list[str]
    """names of the first-level folders that could be listed, sorted."""


def scan(root: Path) -> Scan:
    """List a folder and everything below it.

    Links to folders are followed last, and no folder is listed twice. FIFOs, sockets and devices
    are never opened.

    Args:
        root: the folder.

    Returns:
        What the folder contains. Every file and link is in exactly one of the lists, except those
        inside hidden folders, which are in none.

    Raises:
        OSError: if the folder itself cannot be listed.
    """
    os.scandir(root).close()
    found = Scan([], [], [], [], [], [])
    seen: dict[tuple[int, int], str] = {}
    todo, links = [Found(root, ())], deque[Found]()
    while todo or links:
        folder = todo.pop() if todo else links.popleft()
        try:
            status = folder.path.stat()
            key = (status.st_dev, status.st_ino)
            if _leads_back(folder):
                found.not_followed.append(f"{folder.name} (it leads to a folder that contains it)")
                continue
            if key in seen:
                found.not_followed.append(f"{folder.name} (the same folder as {seen[key]})")
                continue
            seen[key] = folder.name or "the folder itself"
            with os.scandir(folder.path) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            found.left_out.append(f"{folder.name} (cannot be listed: {error.strerror})")
            continue
        inside: list[Found] = []
        for entry in entries:
            one = Found(folder.path / entry.name, (*folder.parts, entry.name))
            _sort(one, entry.is_symlink(), found, inside, links)
        todo += reversed(inside)
        found.folders.extend(folder.parts[:1] if len(folder.parts) == 1 else ())
    found.folders.sort()
    return found


def is_clutter(name: str) -> bool:
    """Whether a file or folder with this name is ignored."""
    return name.startswith(".") or name.lower() in CLUTTER


def _sort(
    one: Found, is_link: bool, found: Scan, folders: list[Found], links: deque[Found]
) -> None:
    """Add one entry of a folder to the list it belongs in."""
    name = one.parts[-1]
    if is_clutter(name):
        found.hidden.append(one.name)
        return
    try:
        status = one.path.stat()
    except OSError as error:
        why = "a broken link" if is_link else f"cannot be read: {error.strerror}"
        found.left_out.append(f"{one.name} ({why})")
        return
    if stat.S_ISDIR(status.st_mode):
        (links if is_link else folders).append(one)
        return
    ending = Path(name).suffix.lower()
    reason = _reason(one.path, ending, status)
    if reason:
        found.left_out.append(f"{one.name} ({reason})")
    elif ending in ENDINGS:
        found.pictures.append(one)
    else:
        found.others.append(one.name)


def _reason(path: Path, ending: str, status: os.stat_result) -> str:
    """Why a file that is or may be a picture is left out; "" if it is used or not a picture."""
    if not stat.S_ISREG(status.st_mode):
        return not_a_file(status) if ending in ENDINGS else ""
    if ending in UNREAD:
        return f"{ending} files cannot be read: save it as PNG or JPEG"
    if ending in ENDINGS or not _holds_picture(path):
        return ""
    return f"a picture {'with an unknown ending' if ending else 'without an ending'}"


def not_a_file(status: os.stat_result) -> str:
    """Describe an entry that is not a regular file: "not a file but a FIFO"; "" for a file."""
    if stat.S_ISREG(status.st_mode):
        return ""
    return f"not a file but {_KINDS.get(stat.S_IFMT(status.st_mode), 'something else')}"


def _holds_picture(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return bool(_CONTENT.match(file.read(12)))
    except OSError:
        return False


def _leads_back(folder: Found) -> bool:
    """Whether a folder is a link to a folder that contains the link."""
    if not folder.parts or not folder.path.is_symlink():
        return False
    return folder.path.parent.resolve().is_relative_to(folder.path.resolve())


def printable(name: str | os.PathLike[str]) -> str:
    r"""Return a name that UTF-8 can encode: any other byte is written as an escape like `\xe9`."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def escaped(name: str) -> str:
    r"""Return a name with its unprintable characters escaped.

    Example:
        >>> escaped("cats/a\tb.png")
        'cats/a\\tb.png'
    """
    letters = printable(name)
    if letters.isprintable():
        return letters
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in letters)


def shortened(name: str) -> str:
    r"""Return a name for a message: escaped, and without its middle if it is very long.

    Example:
        >>> shortened("cats/a\tb.png")
        'cats/a\\tb.png'
    """
    letters = escaped(name)
    half = _LONGEST // 2
    return letters if len(letters) <= _LONGEST else f"{letters[:half]}…{letters[-half:]}"


def some(names: list[str], most: int = 5) -> str:
    """List the first few names, and say how many more there are.

    Example:
        >>> some(["a", "b", "c"], 2)
        'a, b, and 1 more'
    """
    more = f", and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
