"""Pictures inside a page, such as a notebook's: HTML that asks for nothing else."""

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
"""Of all strokes of a drawing: a notebook is to hold it, and a browser to open it."""
DPI = 80
"""Of a figure in a page."""
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
    """Something that a notebook shows: pictures as HTML, and what they are in a line.

    Args:
        html: what is shown.
        words: what it is, where only text is.

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
    """A picture as an address that holds it, PNG."""
    pixels = np.asarray(page)
    if pixels.ndim == 3 and (pixels == pixels[..., :1]).all():
        page = page.convert("L")  # a third of the bytes
    stream = io.BytesIO()
    page.save(stream, format="PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(stream.getvalue()).decode()}"


def picture(page: Image.Image, words: str) -> str:
    """A picture as HTML.

    Args:
        page: the picture.
        words: for those who do not see it; any text.

    Example:
        >>> picture(Image.new("L", (2, 2)), "<b>")[:26]
        '<img alt="&lt;b&gt;" style'
    """
    return f'<img alt="{escape(words)}" style="max-width:100%" src="{data_uri(page)}">'


def figure(drawn: "Figure", words: str) -> str:
    """A figure as HTML.

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
    """A table as HTML; every text may hold anything.

    Args:
        title: above it.
        heads: a text a column. The last column stands at the right.
        rows: as many texts each; lines in them stay lines.
        below: lines after it.

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
    """Images at rest.

    Args:
        images: (N, H, W, C), floats in [0, 1] or uint8.
        layout: which image lies where.
        words: what they are; any text.
        scale: pixels of the picture per pixel of an image; chosen if not given.

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
    """Images being drawn, with a button that pauses and a slider over the strokes.

    Where scripts are off the last stroke is seen, at rest.

    Args:
        steps: (N, T, H, W, C), floats in [0, 1] or uint8.
        words: what they are; any text.
        layout: which image lies where; a full rectangle if not given.
        frames: rectangles on the images of every stroke, each value (N, T); the last picture is
            shown without them, too.
        scale: as in `grid`.
        fps: strokes a second.

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
            f"{words} would hold {pixels:,} pixels in all strokes, too many for a page: show fewer "
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
