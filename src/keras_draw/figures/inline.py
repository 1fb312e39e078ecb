"""Pictures for notebooks and other pages: HTML that needs no other files."""

import base64
import io
import json
import secrets
from collections.abc import Sequence
from html import escape
from string import Template
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from keras_draw.figures.grids import laid_out
from keras_draw.figures.layout import Layout, rectangle
from keras_draw.figures.moving import FPS, HOLD_SECONDS
from keras_draw.figures.sizes import check_grid
from keras_draw.figures.strokes import Frame

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_PIXELS = 100_000_000
"""Most pixels in all strokes of a drawing together; notebooks and browsers can handle this many."""
DPI = 80
"""Resolution of figures."""
_PLAYER = Template(
    """
<div id="$name" style="display:inline-block;max-width:100%">
$last
<div hidden style="align-items:center;gap:0.6em;margin-top:0.2em">
<button type="button" style="min-width:4.5em">pause</button>
<input type="range" min="0" max="$most" value="$most" step="1" style="flex:1" aria-label="stroke">
</div>
<script>
(() => {
  const box = document.getElementById("$name");
  if (!box || box.dataset.plays) return;
  box.dataset.plays = "yes";
  const pages = $pages;
  const [image, row] = [box.querySelector("img"), box.querySelector("div")];
  const [button, slider] = [row.querySelector("button"), row.querySelector("input")];
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  let at = still ? pages.length - 1 : 0, timer = null;
  const show = (to) => { at = to; slider.value = to; image.src = pages[to]; };
  const next = () => {
    if (!box.isConnected) return;
    show((at + 1) % pages.length);
    wait();
  };
  const wait = () => { timer = setTimeout(next, at === pages.length - 1 ? $held : $each); };
  const play = (on) => {
    clearTimeout(timer);
    button.textContent = on ? "pause" : "play";
    box.dataset.plays = on ? "yes" : "paused";
    if (on) wait();
  };
  row.hidden = false;
  row.style.display = "flex";
  button.addEventListener("click", () => play(box.dataset.plays !== "yes"));
  slider.addEventListener("input", () => { play(false); show(Number(slider.value)); });
  show(at);
  play(!still);
})();
</script>
</div>
"""
)


class Shown:
    """An object that a notebook shows as HTML, and that prints as one line of text.

    Args:
        html: the HTML.
        words: the text.

    Example:
        >>> Shown("<b>8 images</b>", "8 images")
        8 images
    """

    def __init__(self, html: str, words: str) -> None:
        self.html, self.words = html, words

    def __repr__(self) -> str:
        return self.words

    def _repr_html_(self) -> str:
        return self.html


def data_uri(page: Image.Image) -> str:
    """Return a picture as a `data:` URI with a PNG."""
    pixels = np.asarray(page)
    if pixels.ndim == 3 and (pixels == pixels[..., :1]).all():
        page = page.convert("L")  # needs a third of the bytes
    stream = io.BytesIO()
    page.save(stream, format="PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(stream.getvalue()).decode()}"


def picture(page: Image.Image, words: str) -> str:
    """Return a picture as HTML.

    Args:
        page: the picture.
        words: the alternative text; may contain any characters.

    Example:
        >>> picture(Image.new("L", (2, 2)), "<b>")[:26]
        '<img alt="&lt;b&gt;" style'
    """
    return f'<img alt="{escape(words)}" style="max-width:100%" src="{data_uri(page)}">'


def figure(drawn: "Figure", words: str) -> str:
    """Return a Matplotlib figure as HTML.

    Args:
        drawn: the figure.
        words: as in `picture`.
    """
    stream = io.BytesIO()
    drawn.savefig(stream, format="png", dpi=DPI)
    with Image.open(stream) as page:
        return picture(page, words)


def table(
    title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], below: Sequence[str] = ()
) -> str:
    """Return a table as HTML. All texts may contain any characters.

    Args:
        title: a line above the table.
        heads: one heading per column. The last column is right-aligned.
        rows: one text per column in each row; line breaks in them are kept.
        below: lines below the table.

    Example:
        >>> "&lt;b&gt;" in table("a title", ["name", "value"], [["<b>", "1"]])
        True
    """
    styles = [*["text-align:left"] * (len(heads) - 1), "text-align:right"]

    def line(kind: str, texts: Sequence[str]) -> str:
        cells = zip(styles, texts, strict=True)
        return "".join(
            f'<{kind} style="{style};white-space:pre-line">{escape(text)}</{kind}>'
            for style, text in cells
        )

    body = "".join(f"<tr>{line('td', row)}</tr>" for row in rows)
    rest = "".join(f"<div>{escape(text)}</div>" for text in below)
    return (
        f"<div><b>{escape(title)}</b><table><thead><tr>{line('th', heads)}</tr></thead>"
        f"<tbody>{body}</tbody></table>{rest}</div>"
    )


def grid(images: np.ndarray, layout: Layout, words: str, *, scale: int | None = None) -> Shown:
    """Show still images.

    Args:
        images: (N, H, W, C), floats in [0, 1] or uint8.
        layout: the position of each image.
        words: a description; may contain any characters.
        scale: pixels of the picture per pixel of an image; chosen automatically if None.

    Raises:
        ValueError: if the picture would be too large.
    """
    return Shown(picture(laid_out(images, layout, scale=scale), words), words)


def animation(
    steps: np.ndarray,
    words: str,
    *,
    layout: Layout | None = None,
    frames: Sequence[Frame] = (),
    scale: int | None = None,
    fps: float = FPS,
) -> Shown:
    """Show images being drawn, with a pause button and a slider over the strokes.

    If scripts are off, only the last stroke is shown.

    Args:
        steps: (N, T, H, W, C), floats in [0, 1] or uint8.
        words: a description; may contain any characters.
        layout: the position of each image; a full rectangle if None.
        frames: rectangles on the images of every stroke, each value (N, T). The last picture is
            shown once more without them.
        scale: as in `grid`.
        fps: strokes per second.

    Raises:
        ValueError: if the pictures would be too large.

    Example:
        >>> animation(model.generate_strokes(16).images, "digits")     # doctest: +SKIP
    """
    layout = layout or rectangle(len(steps))
    count, size = steps.shape[1], steps.shape[2:4]
    scale = check_grid(
        *layout.shape, size, pages=count + bool(frames), scale=scale, windows=bool(frames)
    )
    pixels = layout.cells.size * size[0] * size[1] * scale**2 * count
    if pixels > MOST_PIXELS:
        raise ValueError(
            f"{words} would have {pixels:,} pixels in all strokes, too many for a page: show fewer "
            "images, give a smaller scale, or save them as a .gif."
        )
    pages = []
    for t in range(count):
        now = [frame.each(lambda values: values[:, t]) for frame in frames]  # noqa: B023
        caption = f"t = {t + 1} of {count}"
        pages.append(laid_out(steps[:, t], layout, caption=caption, scale=scale, frames=now))
    if frames:
        pages.append(laid_out(steps[:, -1], layout, caption=caption, scale=scale))
    if len(pages) == 1:
        return Shown(picture(pages[0], words), words)
    html = _PLAYER.substitute(
        name=f"drawing-{secrets.token_hex(8)}",
        last=picture(pages[-1], words),
        most=len(pages) - 1,
        pages=json.dumps([data_uri(page) for page in pages]),
        each=round(1000 / fps),
        held=round(1000 * HOLD_SECONDS),
    )
    return Shown(html, words)
