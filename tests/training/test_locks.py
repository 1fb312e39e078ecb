"""One process at a time; checking a lock does not disturb others."""

import multiprocessing
import os
import subprocess
import sys

import pytest

from keras_draw.training import locks
from keras_draw.training.locks import held, holder, is_held

DEAD = """
import os, sys
from pathlib import Path
from keras_draw.training.locks import held
with held(Path(sys.argv[1]), "it"):
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_it_is_held_by_one_alone(tmp_path):
    lock = tmp_path / "lock"
    assert not is_held(lock)
    assert holder(lock) is None
    with held(lock, "runs/a"):
        assert is_held(lock)
        assert holder(lock) == str(os.getpid())
        assert lock.read_text() == str(os.getpid())
        refusal = rf"runs/a is being trained by another process \(number {os.getpid()}\); wait"
        with pytest.raises(BlockingIOError, match=refusal), held(lock, "runs/a"):
            pass
        assert is_held(lock)
    assert not is_held(lock)
    with held(lock, "runs/a"):
        pass


def test_a_killed_process_lets_go_and_is_never_named(tmp_path):
    lock = tmp_path / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", DEAD, lock], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "held\n"
        assert is_held(lock)
        with pytest.raises(BlockingIOError, match=f"number {process.pid}"), held(lock, "it"):
            pass
        process.kill()
    assert lock.read_text() == str(process.pid)
    assert not is_held(lock)
    with held(lock, "it"):
        for nobody in (str(process.pid), "", "nobody", "-1", "0", "9" * 20, "\0" * 8):
            lock.write_text(nobody)
            with pytest.raises(BlockingIOError, match="by another process; wait"), held(lock, "it"):
                pass


def look(lock, stop):
    while not stop.is_set():
        is_held(lock)


def test_who_looks_all_the_time_keeps_nobody_from_starting(tmp_path):
    lock = tmp_path / "lock"
    lock.touch()
    context = multiprocessing.get_context("fork")
    stop = context.Event()
    lookers = [context.Process(target=look, args=(lock, stop)) for _ in range(2)]
    for looker in lookers:
        looker.start()
    try:
        for _ in range(300):
            with held(lock, "it"):
                assert is_held(lock)
    finally:
        stop.set()
        for looker in lookers:
            looker.join()


def test_links_and_other_things_are_refused_untouched(tmp_path):
    precious = tmp_path / "precious"
    precious.write_text("precious")
    (tmp_path / "link").symlink_to(precious)
    (tmp_path / "nowhere").symlink_to(tmp_path / "missing")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "nowhere", "folder", "pipe"):
        assert not is_held(tmp_path / name)
        refusal = pytest.raises(FileExistsError, match=f"{name} is a link or not a regular file")
        with refusal, held(tmp_path / name, "it"):
            pass
    assert precious.read_text() == "precious"
    assert not (tmp_path / "missing").exists()
    os.link(precious, tmp_path / "second")
    with held(tmp_path / "second", "it"):
        assert is_held(tmp_path / "second")
    assert precious.read_text() == "precious"


def test_a_lock_that_cannot_be_signed_is_held_all_the_same(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(locks.os, "write", full)
    with held(tmp_path / "lock", "it"):
        assert is_held(tmp_path / "lock")
