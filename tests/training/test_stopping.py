"""Signals: none is lost, and none is left changed."""

import os
import signal
import threading

import pytest

from keras_draw.training.stopping import stopping_gently

BOTH = [signal.SIGINT, signal.SIGTERM]


@pytest.fixture(autouse=True)
def python_s_own_handler():
    """A suite that a shell started in the background has SIGINT ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("number", BOTH)
@pytest.mark.parametrize("becomes", [TypeError("'NoneType' object is not callable"), None])
def test_a_swallowed_interruption_comes_back(number, becomes):
    """As XLA does with one that meets its callbacks while it compiles."""

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
