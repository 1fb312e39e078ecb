"""The front page's network, at work in the browser: made by `keras-draw page`."""

import subprocess
import sys
from importlib.util import find_spec

from website.places import STAGED

NETWORK = "mnist"
"""The preset that the page draws with."""
COMMAND = (sys.executable, "-c", "from keras_draw.cli import main; main()", "page")
FRAME = """\
<iframe class="live" src="live.html" title="A network that draws as you watch"></iframe>
<p><a href="live.html">On a page of its own</a>: <code>keras-draw page mnist</code></p>"""
BEGIN, END = "<!-- live page -->", "<!-- /live page -->"
"""What stands between them in the front page is shown where there is no live page: on GitHub."""


def write_live_page() -> None:
    """Write `live.html` among the pages, and put it into the front page."""
    if find_spec("keras_draw.page") is None:
        print("There is no `keras-draw page` yet: the front page shows a film in its place.")
        return
    subprocess.run([*COMMAND, NETWORK, "--out", STAGED / "live.html"], check=True)
    front = STAGED / "index.md"
    before, _, rest = front.read_text("utf-8").partition(BEGIN)
    front.write_text(before + FRAME + rest.partition(END)[2], "utf-8")
