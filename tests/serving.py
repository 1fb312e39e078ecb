"""A local server that publishes files, with any faults that a test asks for."""

import contextlib
import dataclasses
import hashlib
import http.server
import re
import threading
import time
from dataclasses import dataclass, field

import keras_draw.data.named as named
from keras_draw.data import connecting, download
from keras_draw.data.origins import ORIGINS


@dataclass
class Served:
    """How one address behaves."""

    content: bytes = b""
    status: int = 200
    ranges: bool = True
    cut: list = field(default_factory=list)
    """number of bytes after which each of the first connections ends; later ones are complete."""
    length: int | None = None
    """the length that is stated, whatever is sent; None: the true one; -1: none."""
    place: str = ""
    """target of a redirect."""
    seconds: float = 0
    """delay before each piece of 1,000 bytes."""
    range_start: int | None = None
    """the start of the range that is stated; None: the true one."""


class Server:
    """A server: its files by path, and a list of the requests it received."""

    def __init__(self) -> None:
        self.files: dict[str, Served] = {}
        self.asked: list[tuple[str, str]] = []
        self.lock = threading.Lock()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.answer(self)

            def do_CONNECT(self):
                outer.asked.append((self.path, "CONNECT"))
                self.send_error(403)

            def log_message(self, *_):
                pass

        self.httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.httpd.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.httpd.server_address[1]}"
        self.thread = threading.Thread(target=self.httpd.serve_forever, args=(0.01,))
        self.thread.start()

    def close(self) -> None:
        if not self.thread.is_alive():
            return
        self.httpd.shutdown()
        self.thread.join()
        self.httpd.server_close()

    def serve(self, path: str, content: bytes = b"", **how) -> str:
        """Serve a file; return its address."""
        self.files[path] = Served(content, **how)
        return self.url + path

    def answer(self, request) -> None:
        wanted = request.headers.get("Range", "")
        with self.lock:
            self.asked.append((request.path, wanted))
        served = self.files.get(request.path, Served(status=404))
        content, status = served.content, served.status
        if wanted and served.ranges and status == 200:
            start = int(re.match(r"bytes=(\d+)-", wanted)[1])
            if start >= len(content):
                request.send_error(416)
                return
            content, status = content[start:], 206
        request.send_response(status)
        if status == 206:
            said = start if served.range_start is None else served.range_start
            end = len(served.content)
            request.send_header("Content-Range", f"bytes {said}-{end - 1}/{end}")
        if served.place:
            request.send_header("Location", served.place)
        if served.length != -1:
            said = len(content) if served.length is None else served.length
            request.send_header("Content-Length", str(said))
        request.end_headers()
        cut = served.cut.pop(0) if served.cut else len(content)
        try:
            for begin in range(0, cut, 1000):
                time.sleep(served.seconds)
                request.wfile.write(content[begin : min(begin + 1000, cut)])
        except OSError:  # the client has closed the connection
            pass


@contextlib.contextmanager
def serving(monkeypatch):
    """Start a server and allow downloads, but only from this machine."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.delenv("KERAS_DRAW_OFFLINE")
    monkeypatch.setattr(download, "PAUSE", 0)
    connect = connecting.connect

    def only_here(address, start, timeout):
        assert connecting.host(address) in ("127.0.0.1", "example.invalid"), address
        return connect(address, start, timeout)

    monkeypatch.setattr(download, "connect", only_here)
    server = Server()
    try:
        yield server
    finally:
        server.close()


def publish(monkeypatch, server, name, contents, splits=None):
    """Make a server the origin of a data set; `contents` maps file names to bytes."""

    def moved(file):
        content = contents[file.name]
        address = server.serve(f"/{name}/{file.name}", content)
        digest = hashlib.sha256(content).hexdigest()
        return dataclasses.replace(
            file, addresses=(address,), size=len(content), exact=True, sha256=digest
        )

    origin = ORIGINS[name]
    parts = tuple(
        dataclasses.replace(part, files=tuple(map(moved, part.files)))
        for part in origin.parts
        if all(file.name in contents for file in part.files)
    )
    monkeypatch.setitem(ORIGINS, name, dataclasses.replace(origin, parts=parts))
    if splits:
        small = dataclasses.replace(named.SETS[name], splits=splits, digests={})
        monkeypatch.setitem(named.SETS, name, small)


def contents_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}
