"""Connections to download servers: HTTP and HTTPS, redirects, proxies, byte ranges."""

import http.client
import re
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, NamedTuple

CHUNK = 2**18
"""Bytes per read."""


class Broken(Exception):
    """The connection failed; another attempt may continue where it stopped."""


class Refused(Exception):
    """The server does not have the file."""


class Answer(NamedTuple):
    """A server's response."""

    response: Any
    start: int
    """offset in the file of the first byte that is sent."""
    length: int | None
    """number of bytes to come, if the server states it."""

    def read(self) -> bytes:
        """Return the next bytes; b"" at the end.

        Raises:
            Broken: if the connection failed.
        """
        try:
            return self.response.read1(CHUNK)
        except (OSError, http.client.HTTPException) as error:
            raise Broken(_words(error)) from None


def connect(address: str, start: int, timeout: float) -> Answer:
    """Request a file, starting at a given byte. Proxies from the environment are used.

    Args:
        address: http or https.
        start: offset of the first byte wanted. A server may ignore it and start at 0.
        timeout: seconds that the server may be silent.

    Returns:
        The answer; close its `response`.

    Raises:
        Broken: if the connection fails; another attempt may succeed.
        Refused: if the server does not have the file.
    """
    request = urllib.request.Request(address, headers={"User-Agent": "keras-draw"})  # noqa: S310
    if start:
        request.add_header("Range", f"bytes={start}-")
    try:
        response = _opener().open(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        with error:
            if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and start:
                return connect(address, 0, timeout)
            raise Refused(f"answers {error.code} {error.reason}") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Broken(_words(error)) from None
    length = response.headers.get("Content-Length", "")
    count = int(length) if length.isdigit() else None
    if response.status == http.HTTPStatus.OK:
        return Answer(response, 0, count)
    given = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    if response.status == http.HTTPStatus.PARTIAL_CONTENT and given and int(given[1]) == start:
        return Answer(response, start, count)
    response.close()
    raise Refused(f"answers {response.status} with a different part than was asked for")


def host(address: str) -> str:
    """Return the host name in an address.

    Example:
        >>> host("https://github.com/a/b.zip")
        'github.com'
    """
    return urllib.parse.urlsplit(address).hostname or address


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects, but refuses those from https to http."""

    def redirect_request(
        self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> Any:
        if req.type == "https" and not newurl.lower().startswith("https:"):
            raise urllib.error.HTTPError(req.full_url, code, "to an insecure address", headers, fp)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener() -> urllib.request.OpenerDirector:
    """An opener for HTTP and HTTPS with the environment's proxies; no local files, no FTP."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        _Redirects(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener


def _words(error: BaseException) -> str:
    reason = getattr(error, "reason", None) or error
    if isinstance(reason, TimeoutError):
        return "does not answer in time"
    return str(getattr(reason, "strerror", None) or reason or type(reason).__name__).rstrip(".")
