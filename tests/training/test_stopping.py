"""Signals: none is lost, handlers are restored, and a process ends within seconds."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from keras_draw.models.interruption import look, unbroken
from keras_draw.training.stopping import stopping_gently

BOTH = [signal.SIGINT, signal.SIGTERM]
LATEST = 5.0
"""Seconds from a signal to the end of the process."""


@pytest.fixture(autouse=True)
def python_s_own_handler():
    """A shell ignores SIGINT for processes that it starts in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("number", BOTH)
@pytest.mark.parametrize("becomes", [TypeError("'NoneType' object is not callable"), None])
def test_a_swallowed_interruption_comes_back(number, becomes):
    """As XLA does if an exception is raised in its callbacks while it compiles."""

    def swallow():
        try:
            os.kill(os.getpid(), number)
        except KeyboardInterrupt:
            if becomes:
                raise becomes from None

    before = [signal.getsignal(n) for n in BOTH]
    with pytest.raises(KeyboardInterrupt), stopping_gently():
        swallow()
    assert [signal.getsignal(n) for n in BOTH] == before


def test_blocks_within_blocks():
    def nest():
        with stopping_gently():
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(KeyboardInterrupt), stopping_gently():
        nest()


def test_other_errors_stay_what_they_are():
    with pytest.raises(ValueError, match="other"), stopping_gently():
        raise ValueError("other")


def test_an_ignored_signal_stays_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with stopping_gently():
            os.kill(os.getpid(), signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)


def test_other_threads_change_nothing():
    found = []

    def inside():
        with stopping_gently():
            found.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=inside)
    thread.start()
    thread.join()
    assert found == [signal.getsignal(signal.SIGTERM)]


def test_a_step_is_not_broken_off():
    reached = []

    def work():
        with unbroken():
            os.kill(os.getpid(), signal.SIGTERM)
            reached.append("the end of the step")
        reached.append("more")

    with pytest.raises(KeyboardInterrupt), stopping_gently():
        work()
    assert reached == ["the end of the step"]


@pytest.mark.parametrize("number", BOTH)
def test_a_swallowed_interruption_stops_at_the_next_look(number):
    reached = []

    def work():
        try:
            os.kill(os.getpid(), number)
        except:  # noqa: E722, as Keras does it
            reached.append("swallowed")
        look()
        reached.append("more")

    with pytest.raises(KeyboardInterrupt), stopping_gently():
        work()
    assert reached == ["swallowed"]
    look()  # a signal is forgotten after its block


def test_what_follows_a_stop_is_not_stopped():
    """Like a run that writes its last files."""

    def work():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        except KeyboardInterrupt:
            with unbroken():
                pass
            raise KeyboardInterrupt("saved") from None

    with pytest.raises(KeyboardInterrupt, match="saved"), stopping_gently():
        work()


SLEEPER = """
import hashlib, signal, sys, time
from keras_draw.training.stopping import ending_in_time, taking_longer

signal.signal(signal.SIGINT, signal.default_int_handler)
with ending_in_time(float(sys.argv[2])):
    print("begun", flush=True)
    if sys.argv[1] == "deaf":  # foreign code that does not return to Python for minutes
        hashlib.pbkdf2_hmac("sha256", b"", b"", 10**9)
    if sys.argv[1] == "slow":
        with taking_longer(20):
            try:
                time.sleep(20)
            finally:
                time.sleep(1)
    time.sleep(20)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "patience", "signals"),
    [
        ("open", 20, 1),  # a clean stop
        ("deaf", 0.5, 1),  # patience is over
        ("deaf", 20, 2),  # a second signal
        ("slow", 0.1, 1),  # a clean stop that takes longer and may
        ("slow", 0.1, 2),
    ],
)
@pytest.mark.parametrize("number", BOTH)
def test_a_process_ends_in_time(kind, patience, signals, number):
    command = [sys.executable, "-c", SLEEPER, kind, str(patience)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "begun\n"
    time.sleep(1)  # until it has settled
    begun = time.monotonic()
    for _ in range(signals):
        process.send_signal(number)
        time.sleep(0.3)
    _, said = process.communicate(timeout=30)
    assert time.monotonic() - begun < LATEST
    if kind == "open" or (kind == "slow" and signals == 1):
        assert said.rstrip().endswith("KeyboardInterrupt")
    else:
        assert process.returncode == 130
        assert "the files on disk are complete" in said


SLOW = ("--timesteps", "16", "--batch-size", "512", "--schedule", "constant", "--validation", "0")
"""A step that takes more than half a second."""


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    """Start commands in processes that have imported Keras: (process, a function to await it)."""
    folder = tmp_path_factory.mktemp("processes")
    script = Path(__file__).with_name("fork_server.py")
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    server = subprocess.Popen(
        [sys.executable, script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    log = folder / "log"
    config = {
        "jax_compilation_cache_dir": str(folder / "compiled"),
        "jax_persistent_cache_min_compile_time_secs": 0.0,
    }

    def start(*argv, compiled=True):
        asked = {"argv": argv, "log": str(log), "config": config if compiled else {}}
        server.stdin.write(json.dumps(asked) + "\n")
        server.stdin.flush()
        return int(server.stdout.readline()), lambda: int(server.stdout.readline())

    start.log = log
    with server:  # leaving the block closes the pipes and waits
        yield start


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """Images for two steps."""
    path = tmp_path_factory.mktemp("images") / "x.npz"
    rng = np.random.default_rng(0)
    np.savez(path, x=rng.integers(0, 256, (1024, 28, 28, 1), dtype="uint8"))
    return f"npz:{path}"


def stop(start, argv, number, wait, after=None, compiled=True):
    """Send a signal; return the exit code and the seconds until the end.

    It is sent some seconds after the start, or after a file was rewritten at an epoch's end.
    """
    before = after.stat().st_mtime_ns if after else 0
    process, ended = start(*argv, compiled=compiled)
    until = time.monotonic() + 120
    while after and after.stat().st_mtime_ns == before and time.monotonic() < until:
        time.sleep(0.1)
    time.sleep(wait)
    begun = time.monotonic()
    try:
        os.kill(process, number)
    except ProcessLookupError:
        return ended(), 0.0
    return ended(), time.monotonic() - begun


@pytest.mark.slow
def test_eight_signals_into_a_training_with_slow_steps(started, images, tmp_path):
    """Half of the signals at any time, half during training; every fifth process compiles again."""
    rng = random.Random(0)
    disturbed, calm = tmp_path / "disturbed", tmp_path / "calm"
    begin = ("train", "--dataset", images, *SLOW)
    _, ended = started(*begin, "--epochs", "3", "--run-dir", str(calm))
    assert ended() == 0, started.log.read_text()
    _, ended = started(*begin, "--epochs", "1", "--run-dir", str(disturbed))
    assert ended() == 0, started.log.read_text()
    found = []
    for trial in range(8):
        argv = ("train", "--resume", str(disturbed), "--epochs", "500")
        number, compiled = BOTH[trial // 2 % 2], trial % 5 != 4
        after, wait = (disturbed / "checkpoint.npz", 2) if trial % 2 else (None, 6)
        found.append(stop(started, argv, number, rng.uniform(0.2, wait), after, compiled))
    said = started.log.read_text()
    # before the command starts, a signal has its default effect
    assert {code for code, _ in found} <= {130, -signal.SIGTERM}, said
    assert sum(code == 130 for code, _ in found) >= 6, found
    assert max(seconds for _, seconds in found) < LATEST, found
    rows = (disturbed / "history.csv").read_text().splitlines()
    reference = (calm / "history.csv").read_text().splitlines()
    assert len(rows) >= len(reference)
    assert rows[: len(reference)] == reference


@pytest.mark.slow
def test_six_signals_into_an_evaluation(started, images, tmp_path):
    rng = random.Random(1)
    run = tmp_path / "run"
    _, ended = started("train", "--dataset", images, *SLOW, "--epochs", "1", "--run-dir", str(run))
    assert ended() == 0, started.log.read_text()
    argv = ("evaluate", str(run), "--dataset", images, "--samples", "1000")
    found = [stop(started, argv, BOTH[trial % 2], rng.uniform(0.5, 8)) for trial in range(6)]
    assert {code for code, _ in found} <= {130, -signal.SIGTERM}, started.log.read_text()
    assert sum(code == 130 for code, _ in found) >= 4, found
    assert max(seconds for _, seconds in found) < LATEST, found
    _, ended = started("generate", str(run), "--out", str(tmp_path / "drawn.png"))
    assert ended() == 0, started.log.read_text()
