"""What a process does when another one is lost, stops, or finishes."""

import json
import socket
import subprocess
import sys

import pytest

WAITS = """
import socket, sys, time
from keras_draw.training import lifelines
from keras_draw.training.rollcall import Link
lifelines.PATIENCE, lifelines.BEAT = 0.5, 0.05
link = Link(socket.socket(fileno=int(sys.argv[1])))
lines = lifelines.Lifelines({0: link}, 1, lambda: print("left", flush=True))
lines.advice = "go on with --resume run."
lines.start()
link.send({"ready": True})
time.sleep(float(sys.argv[2]))
lines.part(None if len(sys.argv) == 3 else sys.argv[3])
"""


def waiting(*words):
    """A process that waits in foreign code, and our end of its connection."""
    ours, its = socket.socketpair()
    its.set_inheritable(True)
    process = subprocess.Popen(
        [sys.executable, "-c", WAITS, str(its.fileno()), *words],
        pass_fds=[its.fileno()],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    its.close()
    ours.settimeout(30)
    lines = ours.makefile("r")
    assert any("ready" in json.loads(lines.readline()) for _ in range(3))
    return process, ours, lines


@pytest.mark.parametrize("how", ["dies", "vanishes", "stops"])
def test_one_that_is_left_behind_ends_with_a_sentence(how):
    process, ours, lines = waiting("60")
    if how == "dies":
        ours.shutdown(socket.SHUT_RDWR)
    elif how == "stops":
        ours.sendall(b'{"stopped": "run holds a run already."}\n')
    out, err = process.communicate(timeout=20)
    assert process.returncode == 1
    said = {
        "dies": "Process 0 ended or cannot be reached any more, so this one cannot go on; "
        "go on with --resume run.",
        "vanishes": "Process 0 sent no heartbeat for 0 seconds, so this one cannot go on; "
        "go on with --resume run.",
        "stops": "Process 0 stopped: run holds a run already.",
    }
    assert err == f"keras-draw: {said[how]}\n"
    assert out == ("left\n" if how == "stops" else "")
    lines.close()
    ours.close()


@pytest.mark.parametrize("sentence", [None, "The loss became NaN."])
def test_one_that_leaves_tells_the_others(sentence):
    process, ours, lines = waiting("0", *([sentence] if sentence else []))
    told = [json.loads(line) for line in lines]
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, "left\n", "")
    assert told[-1] == ({"stopped": sentence} if sentence else {"done": True})
    assert {"beat": True} in told or len(told) == 1
    lines.close()
    ours.close()
