"""Texts for files that users may share: they must not reveal folders of this machine."""

import re
from collections.abc import Sequence
from pathlib import Path

_SPEC = re.compile(r"(folder|npz):(.*?)((?:\[[^\[\]/\\]*\])?)", re.DOTALL)
_ABSOLUTE = re.compile(r"[/\\~]|[A-Za-z]:[/\\]")
_PLACE = re.compile(r"\b(folder|npz):[^\[\n]*[/\\](?=[^/\\\[])")
_FOLDERS = re.compile(r"""(?<![\w.:/\\~])(?:~\w*|[A-Za-z]:)?[/\\](?:[^\s/\\:'",;()<>]+[/\\])+""")


def placeless(text: str) -> str:
    """Remove parent folders from an image specification, or from a text that contains some.

    Example:
        >>> placeless("folder:/home/ada/photos[:100]")
        'folder:photos[:100]'
    """
    if spec := _SPEC.fullmatch(text):
        kind, path, rows = spec.groups()
        names = [name for name in re.split(r"[/\\]", path) if name]
        return f"{kind}:{names[-1] if names else path}{rows}"
    return _PLACE.sub(r"\1:", text)


def last_name(path: str) -> str:
    """An absolute path without the folders above it; any other text unchanged.

    Example:
        >>> last_name("/home/ada/my runs/a"), last_name("runs/a"), last_name("hf://ada/digits")
        ('a', 'runs/a', 'hf://ada/digits')
    """
    if not _ABSOLUTE.match(path):
        return path
    return re.split(r"[/\\]+", re.sub(r"[/\\]+(?=\[|$)", "", path))[-1]


def shareable(specs: Sequence[str]) -> list[str]:
    """Shorten absolute paths in image specifications to names that still differ.

    Args:
        specs: image specifications. Only those with an absolute path change.

    Returns:
        One specification for each. Equal names keep as many parent folders as it takes to tell
        them apart. A second call changes nothing.

    Example:
        >>> shareable(["folder:/data/a/cats", "folder:/data/b/cats[:9]", "npz:here.npz", "mnist"])
        ['folder:cats', 'folder:cats[:9]', 'npz:here.npz', 'mnist']
        >>> shareable(["folder:/data/a/cats", "folder:/data/b/cats"])
        ['folder:a/cats', 'folder:b/cats']
    """
    deepest = max((spec.count("/") + spec.count("\\") for spec in specs), default=0)
    for depth in range(1, deepest + 2):
        short = [_last(spec, depth) for spec in specs]
        if len(set(short)) == len(set(specs)):
            break
    return short if specs else []


def _last(spec: str, depth: int) -> str:
    """A specification whose absolute path is cut to its last `depth` names."""
    found = _SPEC.fullmatch(spec)
    if not found or not _ABSOLUTE.match(found[2]):
        return spec
    names = [name for name in re.split(r"[/\\]", found[2]) if name]
    return f"{found[1]}:{'/'.join(names[-depth:]) or found[2]}{found[3]}"


def without_folders(text: str) -> str:
    """Remove the folders of absolute paths from a message; the last name of each stays.

    Example:
        >>> without_folders("There is no file /home/ada/runs/a/config.json: make one.")
        'There is no file config.json: make one.'
    """
    text = placeless(text)
    for known in {str(Path.cwd()), str(Path.cwd().resolve())} - {"/"}:  # it may hold spaces
        text = text.replace(f"{known}/", "")
    return _FOLDERS.sub("", text)
