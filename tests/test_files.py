"""Nothing half-written under a final name."""

import contextlib
import os
import resource
import stat
import subprocess
import sys
import threading

import pytest
from faults import FAILING, FULL, Killed, fault_at

from keras_draw import files
from keras_draw.files import check_output, remove_unfinished, replacing, take, write_bytes


def test_the_old_file_stays_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError), replacing(path) as temporary:  # noqa: PT012
        temporary.write_text("half")
        assert path.read_text() == "old"
        raise RuntimeError
    assert path.read_text() == "old"
    with replacing(path) as temporary:
        assert temporary.suffix == ".txt"
        temporary.write_text("new")
    assert path.read_text() == "new"
    assert os.listdir(tmp_path) == ["a.txt"]


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_the_umask_is_honoured(tmp_path, umask, mode):
    before = os.umask(umask)
    try:
        write_bytes(tmp_path / "a.txt", b"new")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == mode


@pytest.mark.parametrize("number", [FULL, FAILING, None])
def test_a_fault_at_any_operation_leaves_the_old_file_or_the_new_one(tmp_path, number):
    path = tmp_path / "a.txt"
    for k in range(100):
        path.write_bytes(b"old")
        with fault_at(k, tmp_path, number) as seen:
            with contextlib.suppress(OSError, Killed):
                write_bytes(path, b"new")
            reached = len(seen) > k
        assert path.read_bytes() in (b"old", b"new")
        write_bytes(path, b"newer")  # and removes what was left
        assert path.read_bytes() == b"newer"
        assert os.listdir(tmp_path) == ["a.txt"]
        if not reached:
            break
    assert 5 < k < 100


def test_an_error_names_the_final_file(tmp_path):
    path = tmp_path / "a.txt"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(OSError, match="File too large") as failed:
            write_bytes(path, bytes(10_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert failed.value.filename == str(path)
    assert os.listdir(tmp_path) == []
    with pytest.raises(FileNotFoundError) as failed:
        write_bytes(tmp_path / "no" / "a.txt", b"")
    assert failed.value.filename == str(tmp_path / "no" / "a.txt")


def test_a_link_is_replaced_and_what_it_points_to_stays(tmp_path):
    (tmp_path / "precious").write_text("precious")
    (tmp_path / "link").symlink_to(tmp_path / "precious")
    os.link(tmp_path / "precious", tmp_path / "second")
    for name in ("link", "second"):
        write_bytes(tmp_path / name, b"new")
        assert (tmp_path / name).read_bytes() == b"new"
    assert (tmp_path / "precious").read_text() == "precious"


HOLDING = """
import sys
from pathlib import Path
from keras_draw.files import replacing
with replacing(Path(sys.argv[1])) as temporary:
    temporary.write_text("whole")
    print("writing", flush=True)
    sys.stdin.readline()
"""


@pytest.mark.parametrize("every", [True, False])
def test_what_a_living_process_writes_stays_and_what_a_dead_one_left_goes(tmp_path, every):
    for killed in (False, True):
        process = subprocess.Popen(
            [sys.executable, "-c", HOLDING, tmp_path / "evaluation.json"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        with process:
            assert process.stdout.readline() == "writing\n"
            remove_unfinished(tmp_path, every=every)
            write_bytes(tmp_path / "other.txt", b"")
            assert len(list(tmp_path.glob(".writing-*"))) == 1
            if killed:
                process.kill()
            else:
                process.communicate("\n")
        assert (tmp_path / "evaluation.json").read_text() == "whole"
    assert len(list(tmp_path.glob(".writing-*"))) == 1
    write_bytes(tmp_path / "picture.png", b"")  # the next writer, whatever it writes
    assert not list(tmp_path.glob(".writing-*"))


def test_only_left_files_are_removed(tmp_path):
    (tmp_path / ".writing-notes.txt").write_text("a person's")
    (tmp_path / ".writing-0123456789abcdef.png").write_text("ours")
    (tmp_path / ".writing-abc_d123.json").write_text("an earlier version's")
    (tmp_path / ".writing-folder").mkdir()
    (tmp_path / "precious").write_text("precious")
    (tmp_path / ".writing-fedcba9876543210").symlink_to(tmp_path / "precious")
    os.mkfifo(tmp_path / ".writing-0000000000000000")
    write_bytes(tmp_path / "a", b"")
    kept = {".writing-notes.txt", ".writing-folder", ".writing-fedcba9876543210", "precious", "a"}
    assert set(os.listdir(tmp_path)) == kept | {".writing-0000000000000000"}
    remove_unfinished(tmp_path, every=True)
    assert ".writing-notes.txt" not in os.listdir(tmp_path)
    assert (tmp_path / "precious").read_text() == "precious"


def test_many_writers_of_one_file_never_lose_it(tmp_path):
    def write(text):
        for _ in range(50):
            write_bytes(tmp_path / "a", text)

    threads = [threading.Thread(target=write, args=(bytes([i]) * 1000,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set((tmp_path / "a").read_bytes())) == 1
    assert os.listdir(tmp_path) == ["a"]


def test_where_the_file_system_has_no_locks_age_decides(tmp_path, monkeypatch):
    def none(handle, *, shared=False):
        raise OSError(37, "No locks available")

    monkeypatch.setattr(files, "take", none)
    young, old = tmp_path / f".writing-{16 * '0'}", tmp_path / f".writing-{16 * '1'}"
    for path in (young, old):
        path.write_text("half")
    os.utime(old, (1e9, 1e9))
    write_bytes(tmp_path / "a", b"new")
    assert sorted(os.listdir(tmp_path)) == [young.name, "a"]


def test_a_lock_is_shared_by_those_who_share_it_alone(tmp_path):
    with (tmp_path / "lock").open("w") as one, (tmp_path / "lock").open("w") as other:
        assert take(one.fileno(), shared=True)
        assert take(other.fileno(), shared=True)
        assert not take(other.fileno())
    with (tmp_path / "lock").open("w") as one, (tmp_path / "lock").open("w") as other:
        assert take(one.fileno())
        assert not take(other.fileno(), shared=True)


def test_outputs_are_refused_at_the_door(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    check_output(path, (".png",), overwrite=False)
    with pytest.raises(ValueError, match=r"extension '.jpg'; choose from .png, .gif"):
        check_output(tmp_path / "a.jpg", (".png", ".gif"), overwrite=True)
    with pytest.raises(FileNotFoundError, match="does not exist; create it first"):
        check_output(tmp_path / "no" / "a.png", (".png",), overwrite=False)
    path.touch()
    check_output(path, (".png",), overwrite=True)
    with pytest.raises(FileExistsError, match="--overwrite to replace it"):
        check_output(path, (".png",), overwrite=False)
    (tmp_path / "b.png").mkdir()
    with pytest.raises(FileExistsError, match="is a folder"):
        check_output(tmp_path / "b.png", (".png",), overwrite=True)
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere
    with pytest.raises(PermissionError, match="cannot be written to"):
        check_output(path, (".png",), overwrite=True)
