"""What is in a page, read without a browser."""

import base64
from html.parser import HTMLParser
from io import BytesIO

from PIL import Image


class Read(HTMLParser):
    """What a browser would find in a page."""

    def __init__(self, path):
        super().__init__()
        self.html = path.read_text("utf-8")
        self.tags, self.pictures, self.links, self.words, self.rows = [], [], [], [], []
        self.policy = ""
        self._cells = None
        self.feed(self.html)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.tags.append(tag)
        self.links += [found[name] for name in ("src", "srcset", "href") if name in found]
        if tag == "img":
            self.pictures.append(found)
        if found.get("http-equiv") == "Content-Security-Policy":
            self.policy = found["content"]
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self._cells = self.rows[-1]

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self._cells = None

    def handle_data(self, data):
        self.words.append(data)
        if self._cells is not None:
            self._cells[-1] += data

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())

    def value(self, name):
        """The second cell of the row that begins so."""
        (found,) = [row[1] for row in self.rows if row and row[0] == name]
        return found


def check_alone(page):
    """The page needs nothing but itself, and can ask for nothing."""
    assert all(link.startswith(("data:", "#")) for link in page.links)
    assert "default-src 'none'" in page.policy
    assert "img-src data:;" in page.policy
    assert not {"script", "iframe", "object", "embed", "form"} & set(page.tags)
    assert "url(" not in page.html
    assert "://" not in page.html
    for picture in page.pictures:
        assert len(picture["alt"]) > 10
        kind, _, content = picture["src"].partition(",")
        with Image.open(BytesIO(base64.b64decode(content))) as opened:
            assert kind == f"data:image/{opened.format.lower()};base64"
            opened.load()
        assert int(picture["width"]) > 0
        assert int(picture["height"]) > 0
