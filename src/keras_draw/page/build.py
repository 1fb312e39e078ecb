"""Builds the HTML file that runs networks: records, weights, scripts, and a security policy."""

import base64
import hashlib
import html
import json
from functools import cache
from pathlib import Path
from typing import Any

from keras_draw import __version__

FOLDER = Path(__file__).parent
ENGINE = ("arrays.js", "likelihoods.js", "engine.js", "work.js")
"""Scripts that also run in a Worker."""
SCRIPTS = (
    "asking.js", "pictures.js", "painting.js", "link.js",
    "page.js", "stage.js", "inside.js", "yours.js", "between.js", "controls.js",
)  # fmt: skip
STRICT = '"use strict";\n'


def page_of(records: list[dict[str, Any]], contents: list[bytes], title: str) -> str:
    """The page as HTML.

    Args:
        records: the record of each network. Their texts may come from other people's files.
        contents: the weights of each network, packed by `packing.pack`.
        title: the title of the page.
    """
    engine, script, style = script_of(ENGINE), script_of(SCRIPTS), read("page.css")
    weights = [
        f'<script type="text/plain" id="weights-{k}">{base64.b64encode(content).decode()}</script>'
        for k, content in enumerate(contents)
    ]
    networks = f'<script type="application/json" id="networks">{as_script(records)}</script>'
    values = {
        "policy": policy(engine, script, style),
        "version": __version__,
        "title": html.escape(title),
        "style": style,
        "networks": "\n".join([networks, *weights]),
        "engine": engine,
        "script": script,
    }
    # Split at the marks before inserting values, because values may contain marks, too.
    first, *rest = read("page.html").split("{{ ")
    parts = [first]
    for part in rest:
        name, _, text = part.partition(" }}")
        parts += [values[name], text]
    return "".join(parts)


def as_script(value: Any) -> str:
    r"""JSON that is safe inside a script element: no tag or comment can begin in it.

    Example:
        >>> as_script({"name": "</script>"})
        '{"name":"\\u003c/script>"}'
    """
    return json.dumps(value, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def policy(engine: str, script: str, style: str) -> str:
    """The Content-Security-Policy: only the page's own scripts, also in a Worker; no network."""
    scripts = " ".join(map(_hash, (engine, script)))
    return (
        f"default-src 'none'; script-src {scripts} blob:; worker-src blob:; "
        f"style-src {_hash(style)}; img-src data: blob:; connect-src 'none'; base-uri 'none'; "
        "form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def script_of(names: tuple[str, ...]) -> str:
    """Several scripts, joined into one in strict mode."""
    return STRICT + "\n".join(map(read, names))


@cache
def read(name: str) -> str:
    """The text of one of the page's own files."""
    return (FOLDER / name).read_text("utf-8")
