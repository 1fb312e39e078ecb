"""The live network on the front page, written by `keras-draw page`."""

import subprocess
import sys
from importlib.util import find_spec

from website.places import STAGED

NETWORK = "mnist"
"""The preset on the page."""
COMMAND = (sys.executable, "-c", "from keras_draw.cli import main; main()", "page")
FRAME = """\
<iframe class="live" src="live.html" title="A network that draws as you watch"></iframe>
<p><a href="live.html">Open it on its own page</a>: <code>keras-draw page mnist</code></p>"""
BEGIN, END = "<!-- live page -->", "<!-- /live page -->"
"""The front page's text between these marks is shown where there is no live page: on GitHub."""


def write_live_page() -> None:
    """Write `live.html` to the staged pages, and embed it in the front page."""
    if find_spec("keras_draw.page") is None:
        print("There is no `keras-draw page` yet: the front page shows a film instead.")
        return
    subprocess.run([*COMMAND, NETWORK, "--out", STAGED / "live.html"], check=True)
    front = STAGED / "index.md"
    before, _, rest = front.read_text("utf-8").partition(BEGIN)
    front.write_text(before + FRAME + rest.partition(END)[2], "utf-8")
