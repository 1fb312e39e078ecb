"""The networks that draw on the front page, in the browser: made by `keras-draw page`."""

import subprocess
import sys

from website.places import STAGED

NETWORKS = ("mnist", "binarized-mnist-attention")
"""The presets on the page. The first is shown; the page has a box to choose the other."""
WEIGHTS = ("--weights", "int8")
"""In int8 both networks take 4.9 MB. In float16 the first one alone takes 7.1 MB."""
COMMAND = (sys.executable, "-c", "from keras_draw.cli import main; main()", "page")
FRAME = """\
<iframe class="live" src="live.html" loading="lazy"
        title="A network that draws as you watch"></iframe>
<p class="live-links">Open it <a href="live.html">on a page of its own</a>, or watch the network
<a href="live.html#network=binarized-mnist-attention">that paints through a moving window</a>.
Made by <code>keras-draw page</code>.</p>"""
BEGIN, END = "<!-- live page -->", "<!-- /live page -->"
"""What stands between them in the front page is for GitHub, which shows no frames."""


def write_live_page() -> None:
    """Write `live.html` among the pages, and put it into the front page."""
    page = STAGED / "live.html"
    subprocess.run([*COMMAND, *NETWORKS, *WEIGHTS, "--out", page], check=True)
    front = STAGED / "index.md"
    before, _, rest = front.read_text("utf-8").partition(BEGIN)
    front.write_text(before + FRAME + rest.partition(END)[2], "utf-8")
