"""Downloads from good, bad, slow and missing servers: the file is complete, or does not exist."""

import errno
import hashlib
import os
import random

import pytest

from keras_draw.data import connecting
from keras_draw.data import download as room
from keras_draw.data.download import download
from keras_draw.data.published import Published

CONTENT = random.Random(0).randbytes(10_500)
PARTIAL = ".a.bin.part"


def published(*addresses, content=CONTENT, **changes):
    digest = hashlib.sha256(content).hexdigest()
    return Published("a.bin", addresses, len(content), **({"sha256": digest} | changes))


def check_whole(folder, content=CONTENT):
    assert os.listdir(folder) == ["a.bin"]
    assert (folder / "a.bin").read_bytes() == content


def test_a_file_is_downloaded_once_and_progress_is_reported(server, tmp_path):
    seen = []
    file = published(server.serve("/a", CONTENT))
    found = download(file, tmp_path, lambda *now: seen.append(now))
    assert found == tmp_path / "a.bin"
    check_whole(tmp_path)
    assert seen[-1] == ("a.bin", len(CONTENT), len(CONTENT))
    assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)
    assert os.stat(found).st_mode & 0o777 == 0o666 & ~_umask()
    download(file, tmp_path)
    assert len(server.asked) == 1


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


@pytest.mark.parametrize("changes", [{"exact": False}, {"sha256": "", "md5": "right"}])
def test_a_file_without_a_published_size_or_sha256(server, tmp_path, changes):
    if "md5" in changes:
        changes = changes | {"md5": hashlib.md5(CONTENT).hexdigest()}
    download(published(server.serve("/a", CONTENT, length=-1), **changes), tmp_path)
    check_whole(tmp_path)
    os.remove(tmp_path / "a.bin")
    wrong = published(server.serve("/a", CONTENT[:-1] + b"?"), content=CONTENT, **changes)
    with pytest.raises(ConnectionError, match="sent a different file"):
        download(wrong, tmp_path)


def test_a_download_continues_where_the_connection_broke(server, tmp_path):
    download(published(server.serve("/a", CONTENT, cut=[4000, 3000])), tmp_path)
    check_whole(tmp_path)
    assert [wanted for _, wanted in server.asked] == ["", "bytes=4000-", "bytes=7000-"]


def test_a_download_starts_over_if_the_server_has_no_ranges(server, tmp_path):
    download(published(server.serve("/a", CONTENT, cut=[4000], ranges=False)), tmp_path)
    check_whole(tmp_path)
    assert [wanted for _, wanted in server.asked] == ["", "bytes=4000-"]


def test_a_later_process_continues_the_download(server, tmp_path):
    address = server.serve("/a", CONTENT, cut=[4000, 0, 0])
    with pytest.raises(ConnectionError, match=r"stopped after 4000 of 10500.*is kept") as refused:
        download(published(address), tmp_path)
    assert "127.0.0.1" in str(refused.value)
    assert os.listdir(tmp_path) == [PARTIAL]
    server.asked.clear()
    download(published(address), tmp_path)
    assert server.asked == [("/a", "bytes=4000-")]
    check_whole(tmp_path)


def test_a_complete_part_is_only_renamed(server, tmp_path):
    (tmp_path / PARTIAL).write_bytes(CONTENT)
    download(published(server.serve("/a")), tmp_path)
    assert server.asked == []
    check_whole(tmp_path)
    os.remove(tmp_path / "a.bin")
    (tmp_path / PARTIAL).write_bytes(CONTENT)
    download(published(server.serve("/a", CONTENT), exact=False), tmp_path)
    assert [wanted for _, wanted in server.asked] == ["bytes=10500-", ""]  # the first is refused
    check_whole(tmp_path)


@pytest.mark.parametrize("left", [b"x" * 4000, b"x" * len(CONTENT), b"x" * 50_000])
def test_a_wrong_beginning_is_discarded(server, tmp_path, left):
    (tmp_path / PARTIAL).write_bytes(left)
    download(published(server.serve("/a", CONTENT)), tmp_path)
    check_whole(tmp_path)


def test_a_link_in_its_place_is_not_followed(server, tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("kept")
    (tmp_path / "into").mkdir()
    (tmp_path / "into" / PARTIAL).symlink_to(victim)
    with pytest.raises(OSError):  # noqa: PT011
        download(published(server.serve("/a", CONTENT)), tmp_path / "into")
    assert victim.read_text() == "kept"


BAD = {
    "wrong": ({"content": b"x" * len(CONTENT)}, "sent a different file .* it was removed"),
    "missing": ({"status": 404}, "answers 404"),
    "broken": ({"status": 500}, "answers 500"),
    "short": ({"content": CONTENT[:900]}, "its file has 900 bytes, not 10500"),
    "long": ({"content": CONTENT * 3}, "its file has 31500 bytes"),
    "endless": ({"content": CONTENT * 3, "length": -1}, "sends more than 10500 bytes"),
    "short, no length": ({"content": CONTENT[:900], "length": -1}, "stopped after 900"),
    "wrong length": ({"content": CONTENT[:900], "length": len(CONTENT)}, "stopped after 900"),
    "to a file": ({"status": 302, "place": "file:///etc/passwd"}, "answers 302"),
    "to ftp": ({"status": 302, "place": "ftp://127.0.0.1/a"}, "unknown url type"),
    "to itself": ({"status": 302, "place": "/a"}, "answers 302"),
    "nothing": ({"status": 204, "length": -1}, "answers 204"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_server_is_reported_and_the_next_one_tried(server, tmp_path, case):
    how, sentence = BAD[case]
    bad = server.serve("/a", **({"content": CONTENT} | how))
    with pytest.raises(ConnectionError, match=rf"a\.bin could not .*127\.0\.0\.1: .*{sentence}"):
        download(published(bad), tmp_path)
    assert not (tmp_path / "a.bin").exists()
    (tmp_path / PARTIAL).unlink(missing_ok=True)
    download(published(bad, server.serve("/b", CONTENT)), tmp_path)
    check_whole(tmp_path)


def test_a_wrong_range_is_refused(server, tmp_path):
    bad = server.serve("/a", CONTENT, cut=[4000], range_start=0)
    with pytest.raises(ConnectionError, match="with a different part"):
        download(published(bad), tmp_path)


def test_redirects_are_followed(server, tmp_path):
    server.serve("/b", CONTENT)
    download(published(server.serve("/a", status=302, place="/b")), tmp_path)
    check_whole(tmp_path)


def test_redirects_from_https_to_http_are_refused():
    request = connecting.urllib.request.Request("https://example.invalid/a")
    with pytest.raises(connecting.urllib.error.HTTPError, match="insecure"):
        connecting._Redirects().redirect_request(request, None, 302, "", {}, "http://x/")


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://x/a", "data:,a"])
def test_other_kinds_of_addresses_are_refused(address, tmp_path, monkeypatch):
    monkeypatch.setattr(room, "PAUSE", 0)
    with pytest.raises(ConnectionError, match="unknown url type"):
        download(published(address), tmp_path)
    assert os.listdir(tmp_path) == []


def test_a_server_that_is_gone_is_reported(server, tmp_path):
    gone = server.url
    server.close()
    with pytest.raises(ConnectionError, match=r"127\.0\.0\.1: Connection refused"):
        download(published(f"{gone}/a"), tmp_path)


def test_a_silent_server_is_not_waited_for(server, tmp_path):
    slow = server.serve("/a", CONTENT, seconds=0.4)
    with pytest.raises(ConnectionError, match="does not answer in time"):
        download(published(slow), tmp_path, timeout=0.05)


def test_a_server_that_is_too_slow_is_given_up(server, tmp_path, monkeypatch):
    monkeypatch.setattr(room, "WINDOW", 0.0)
    slow = server.serve("/a", CONTENT, seconds=0.01)
    with pytest.raises(ConnectionError, match=r"sent only \d+ bytes in 0 seconds"):
        download(published(slow), tmp_path)


def test_a_slow_server_is_waited_for(server, tmp_path):
    download(published(server.serve("/a", CONTENT, seconds=0.02)), tmp_path)
    check_whole(tmp_path)


def test_a_proxy_is_used(server, tmp_path, monkeypatch):
    server.serve("http://example.invalid/a", CONTENT)  # the form of a request to a proxy
    monkeypatch.setenv("HTTP_PROXY", server.url)
    download(published("http://example.invalid/a"), tmp_path)
    check_whole(tmp_path)
    assert server.asked == [("http://example.invalid/a", "")]


def test_a_proxy_is_asked_for_a_tunnel_for_https(server, tmp_path, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", server.url)
    with pytest.raises(ConnectionError, match="Tunnel connection failed: 403"):
        download(published("https://example.invalid/a"), tmp_path)
    assert server.asked[0] == ("example.invalid:443", "CONNECT")


def test_a_full_disk_leaves_nothing(server, tmp_path, monkeypatch):
    opened = os.fdopen

    def full(handle, *more):
        stream = opened(handle, *more)

        class Full:
            def __getattr__(self, name):
                return getattr(stream, name)

            def write(self, chunk):
                if stream.tell() + len(chunk) > 5000:
                    raise OSError(errno.ENOSPC, "No space left on device")
                return stream.write(chunk)

        return Full()

    monkeypatch.setattr(room.os, "fdopen", full)
    mirror = server.serve("/b", CONTENT)
    with pytest.raises(OSError, match="No space left"):
        download(published(server.serve("/a", CONTENT), mirror), tmp_path)
    assert os.listdir(tmp_path) == []
    assert [path for path, _ in server.asked] == ["/a"]
