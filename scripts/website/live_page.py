"""The front page's network, at work in the browser: made by `keras-draw page`."""

import subprocess
import sys

from website.places import STAGED

NETWORK = "mnist"
"""The preset that the page draws with."""
INSTEAD = '<p>The page that draws here is made by <code>keras-draw page</code>.</p>'


def write_live_page() -> None:
    """Write `live.html` among the pages."""
    out = STAGED / "live.html"
    command = [sys.executable, "-m", "keras_draw.cli", "page"]
    if subprocess.run([*command, "--help"], capture_output=True, check=False).returncode:
        out.write_text(INSTEAD, "utf-8")
        return
    subprocess.run([*command, NETWORK, "--out", out, "--overwrite"], check=True)
