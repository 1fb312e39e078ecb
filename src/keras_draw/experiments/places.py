"""Texts that go into files which may be sent: none of them names a folder of this machine."""

import re
from pathlib import Path

_SPEC = re.compile(r"(folder|npz):(.*?)((?:\[[^\[\]/\\]*\])?)", re.DOTALL)
_PLACE = re.compile(r"\b(folder|npz):[^\[\n]*[/\\](?=[^/\\\[])")
_FOLDERS = re.compile(r"""(?<![\w.:/\\~])(?:~\w*|[A-Za-z]:)?[/\\](?:[^\s/\\:'",;()<>]+[/\\])+""")


def placeless(text: str) -> str:
    """A specification of images, or a text that holds some, without the folders above them.

    Example:
        >>> placeless("folder:/home/ada/photos[:100]")
        'folder:photos[:100]'
    """
    if spec := _SPEC.fullmatch(text):
        kind, path, rows = spec.groups()
        names = [name for name in re.split(r"[/\\]", path) if name]
        return f"{kind}:{names[-1] if names else path}{rows}"
    return _PLACE.sub(r"\1:", text)


def without_folders(text: str) -> str:
    """A message without the folders of absolute paths in it; the last name of each stays.

    Example:
        >>> without_folders("There is no file /home/ada/runs/a/config.json: make one.")
        'There is no file config.json: make one.'
    """
    text = placeless(text)
    for known in {str(Path.cwd()), str(Path.cwd().resolve())} - {"/"}:  # it may hold spaces
        text = text.replace(f"{known}/", "")
    return _FOLDERS.sub("", text)
