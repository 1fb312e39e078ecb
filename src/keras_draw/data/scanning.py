"""Which files of a folder are pictures, which are not taken, and why. Nothing is decoded here."""

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
"""Of pictures that can be read, in small letters."""
UNREAD = {
    ".arw", ".cr2", ".cr3", ".dcm", ".dds", ".dib", ".dng", ".emf", ".eps", ".exr", ".heic",
    ".heif", ".hif", ".icns", ".ico", ".j2c", ".j2k", ".jp2", ".jpf", ".jpx", ".jxl", ".kra",
    ".nef", ".orf", ".pcx", ".pef", ".psb", ".psd", ".qoi", ".raf", ".ras", ".rw2", ".sgi",
    ".srw", ".svg", ".svgz", ".wmf", ".xcf",
}  # fmt: skip
"""Of pictures that are not read."""
CLUTTER = {
    "#recycle", "$recycle.bin", "@eadir", "__macosx", "desktop.ini", "ehthumbs.db", "lost+found",
    "system volume information", "thumbs.db",
}  # fmt: skip
"""What systems and programs leave in folders unasked, beside what begins with a dot."""
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
"""Letters of a name in a message."""


class Found(NamedTuple):
    """A file or folder below the folder that is scanned."""

    path: Path
    parts: tuple[str, ...]
    """the names on the way to it, its own last."""

    @property
    def name(self) -> str:
        """The way to it, for a message."""
        return shortened("/".join(self.parts))


class Scan(NamedTuple):
    """What lies in a folder."""

    pictures: list[Found]
    """files with a picture's ending, a folder's own before those of the folders in it."""
    left_out: list[str]
    """what is a picture, or may hold one, and cannot be taken; each with its reason."""
    not_followed: list[str]
    """links to folders that were scanned already, or that hold the link."""
    hidden: list[str]
    """files and folders that begin with a dot, or that systems leave behind."""
    others: list[str]
    """files that are no pictures."""
    folders: list[str]
    """names of those of the first level that could be listed, sorted."""


def scan(root: Path) -> Scan:
    """List a folder and everything below it.

    A link to a folder is followed, after everything that needs no link; no folder is listed twice.
    A FIFO, a socket or a device is never opened.

    Args:
        root: the folder.

    Returns:
        What is there; every file and link is in exactly one of the lists, but for those inside of
        hidden folders.

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
                found.not_followed.append(f"{folder.name} (it leads to a folder that holds it)")
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


def _sort(
    one: Found, is_link: bool, found: Scan, folders: list[Found], links: deque[Found]
) -> None:
    """Put one entry of a folder where it belongs."""
    name = one.parts[-1]
    if name.startswith(".") or name.lower() in CLUTTER:
        found.hidden.append(one.name)
        return
    try:
        status = one.path.stat()
    except OSError as error:
        why = "a link to nothing" if is_link else f"cannot be read: {error.strerror}"
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
    """Why a file that is or may be a picture is not taken; nothing if it is taken, or none."""
    if not stat.S_ISREG(status.st_mode):
        return not_a_file(status) if ending in ENDINGS else ""
    if ending in UNREAD:
        return f"{ending} is not read: save it as PNG or JPEG"
    if ending in ENDINGS or not _holds_picture(path):
        return ""
    return f"a picture by its content, {'not by its ending' if ending else 'without an ending'}"


def not_a_file(status: os.stat_result) -> str:
    """What something is that cannot be opened like a file; nothing if it can."""
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
    """Whether a link leads to a folder in which it lies itself."""
    if not folder.parts or not folder.path.is_symlink():
        return False
    return folder.path.parent.resolve().is_relative_to(folder.path.resolve())


def printable(name: str | os.PathLike[str]) -> str:
    r"""A name as UTF-8 can express it: another byte becomes `\xe9`."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def escaped(name: str) -> str:
    r"""A name in printable letters alone.

    Example:
        >>> escaped("cats/a\tb.png")
        'cats/a\\tb.png'
    """
    letters = printable(name)
    if letters.isprintable():
        return letters
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in letters)


def shortened(name: str) -> str:
    r"""A name for a message: in printable letters, without its middle if it is very long.

    Example:
        >>> shortened("cats/a\tb.png")
        'cats/a\\tb.png'
    """
    letters = escaped(name)
    half = _LONGEST // 2
    return letters if len(letters) <= _LONGEST else f"{letters[:half]}…{letters[-half:]}"


def some(names: list[str], most: int = 5) -> str:
    """The first few of many, and how many more there are.

    Example:
        >>> some(["a", "b", "c"], 2)
        'a, b, and 1 more'
    """
    more = f", and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
