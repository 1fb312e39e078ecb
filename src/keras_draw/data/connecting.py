"""Connections to servers that publish files: HTTP and HTTPS, redirects, proxies, ranges."""

import http.client
import re
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, NamedTuple

CHUNK = 2**18
"""Bytes that are read at once."""


class Broken(Exception):
    """A connection that may go on where it stopped."""


class Refused(Exception):
    """A server that does not have the file."""


class Answer(NamedTuple):
    """What a server sends."""

    response: Any
    start: int
    """of the file's bytes, the first that comes."""
    length: int | None
    """bytes that are to come, if the server says so."""

    def read(self) -> bytes:
        """What came next; nothing at the end.

        Raises:
            Broken: if the connection broke.
        """
        try:
            return self.response.read1(CHUNK)
        except (OSError, http.client.HTTPException) as error:
            raise Broken(_words(error)) from None


def connect(address: str, start: int, timeout: float) -> Answer:
    """Ask for a file from one of its bytes on. A proxy is used as the environment says.

    Args:
        address: http or https.
        start: the first byte that is wanted. A server may begin at the file's first instead.
        timeout: seconds that the server may be silent.

    Returns:
        The answer, to be closed by its `response`.

    Raises:
        Broken: if nobody answers, or the answer is of no use but another may be.
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
    raise Refused(f"answers {response.status} with another part than was asked for")


def host(address: str) -> str:
    """The server of an address.

    Example:
        >>> host("https://github.com/a/b.zip")
        'github.com'
    """
    return urllib.parse.urlsplit(address).hostname or address


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Redirects as usual, but none away from a safe connection."""

    def redirect_request(
        self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> Any:
        if req.type == "https" and not newurl.lower().startswith("https:"):
            raise urllib.error.HTTPError(req.full_url, code, "to an unsafe place", headers, fp)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener() -> urllib.request.OpenerDirector:
    """HTTP and HTTPS, by the environment's proxies; no files, no FTP."""
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
