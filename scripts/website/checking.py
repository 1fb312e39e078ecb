"""Checks the built site: no internal link is broken, and no page loads anything from elsewhere."""

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {"img": "src", "script": "src", "iframe": "src", "source": "src", "video": "src",
          "object": "data", "embed": "src", "audio": "src"}  # fmt: skip
LOADED_LINKS = {"stylesheet", "icon", "preload", "preconnect", "dns-prefetch", "modulepreload",
                "manifest", "apple-touch-icon"}  # fmt: skip
IN_STYLES = re.compile(r"""(?:url\(\s*|@import\s+)["']?((?:https?:)?//[^"')\s]+)""")


class Page(HTMLParser):
    """The links of a page, what it loads, and its anchors.

    Args:
        html: all of it.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = IN_STYLES.findall(html)
        self.anchors: set[str] = {""}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect the links and anchors of a tag (called by HTMLParser)."""
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag in LOADED and given.get(LOADED[tag]):
            self.loads.append(given[LOADED[tag]])
        if tag == "link" and LOADED_LINKS & set(given.get("rel", "").split()):
            self.loads.append(given.get("href", ""))


def faults(site: Path) -> list[str]:
    """The faults of a built site, one sentence each.

    Args:
        site: its folder.
    """
    pages = {path.resolve(): Page(path.read_text("utf-8")) for path in site.rglob("*.html")}
    found = []
    for path, page in pages.items():
        name = path.relative_to(site.resolve())
        found += [f"{name} loads {url} from elsewhere." for url in page.loads if _abroad(url)]
        inside = [url for url in {*page.links, *page.loads} if not _abroad(url)]
        found += [f"{name} links to {url}, which does not exist." for url in sorted(inside)
                  if not _leads(url, path, site.resolve(), pages)]  # fmt: skip
    for path in site.rglob("*.css"):
        urls = IN_STYLES.findall(path.read_text("utf-8"))
        found += [f"{path.relative_to(site)} loads {url} from elsewhere." for url in urls]
    return found


def _abroad(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") or bool(parts.netloc)


def _leads(url: str, page: Path, site: Path, pages: dict[Path, Page]) -> bool:
    parts = urlsplit(url)
    if parts.scheme:  # data:, mailto:
        return True
    path = unquote(parts.path)
    target = page if not path else (site / path[1:] if path[0] == "/" else page.parent / path)
    target = target.resolve()
    if target.is_dir():
        target /= "index.html"
    if not target.is_relative_to(site) or not target.is_file():
        return False
    fragment = unquote(parts.fragment)  # with "=" in it, it is read by the page's own script
    return target not in pages or "=" in fragment or fragment in pages[target].anchors
