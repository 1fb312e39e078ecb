"""Processes meet over loopback, simulated by threads; nothing is computed."""

import contextlib
import socket
import threading

import pytest

from keras_draw.config import Devices
from keras_draw.training import rollcall
from keras_draw.training.rollcall import call_the_roll, difference

SAID = {"jax": "0.10.2", "batch_size": 32, "image_shape": (8, 8, 1)}


@pytest.fixture
def port(monkeypatch):
    monkeypatch.setattr(rollcall, "PAUSE", 0.02)
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def come(port, *processes, said=None, patience=5.0, count=None):
    """The place of each of these processes, or the error it gets."""
    found = {}

    def one(place, process):
        where = Devices(
            coordinator=f"127.0.0.1:{port}", processes=count or len(processes), process=process
        )
        try:
            links, found[place] = call_the_roll(where, (said or {}).get(process, SAID), patience)
            for link in links.values():
                link.close()
        except (ValueError, OSError) as error:
            found[place] = error

    threads = [threading.Thread(target=one, args=p) for p in enumerate(processes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return [found[place] for place in range(len(processes))]


def test_all_come_in_any_order_and_are_told_the_same_address(port):
    found = come(port, 2, 0, 1)
    assert len({place.address for place in found}) == 1
    assert found[0].address.startswith("127.0.0.1:")
    assert found[0].address != f"127.0.0.1:{port}"
    assert [place.on_host for place in found] == [2, 0, 1]
    assert {place.are_on_host for place in found} == {3}


def test_what_differs_is_named_in_every_process(port):
    first, other = come(port, 0, 1, said={1: SAID | {"jax": "0.10.1", "batch_size": 64}})
    for error in (first, other):
        assert isinstance(error, ValueError)
        assert str(error).startswith(
            "The processes of this training differ: batch_size is 32 in process 0 and 64 in "
            "process 1; jax is '0.10.2' in process 0 and '0.10.1' in process 1; start all"
        )


def test_another_number_of_processes_is_a_difference():
    assert "processes is 2 in process 0 and 3 in process 1" in difference(
        {"processes": 2}, {"processes": 3}, 1
    )
    assert difference(SAID, dict(SAID), 1) is None
    assert "'missing' in process 0" in difference({}, {"seed": 1}, 1)


def test_a_number_that_comes_twice_is_refused(port):
    found = come(port, 0, 1, 1, count=3, patience=5.0)
    assert all("Process 1 was started twice" in str(error) for error in found)


def test_who_does_not_come_is_named_in_time(port):
    found = come(port, 0, 2, count=4, patience=0.5)
    assert isinstance(found[0], TimeoutError)
    assert "Processes 1 and 3 of 4 did not connect" in str(found[0])
    assert "did not connect" in str(found[1]) or "still waiting" in str(found[1])


def test_a_coordinator_that_does_not_answer_is_waited_for_in_bounds(port):
    (error,) = come(port, 1, count=2, patience=0.2)
    assert isinstance(error, TimeoutError)
    assert f"No answer from 127.0.0.1:{port}" in str(error)
    assert "start process 0 there" in str(error)


def test_a_coordinator_that_is_something_else_is_said_so(port):
    with socket.create_server(("127.0.0.1", port)) as other:

        def answer():
            other.accept()[0].close()

        thread = threading.Thread(target=answer)
        thread.start()
        (error,) = come(port, 1, count=2, patience=5.0)
        thread.join()
    assert "is not a process of this training" in str(error)


def test_who_knocks_and_is_none_of_ours_is_passed_over(port):
    def knock():
        for words in (b"GET / HTTP/1.1\r\n\r\n", b"[1]\n", b'{"hello": 1}\n', b"x" * 2**17, b""):
            while True:
                try:
                    connection = socket.create_connection(("127.0.0.1", port), 5)
                    break
                except ConnectionRefusedError:
                    pass
            with contextlib.suppress(OSError):  # closed before everything was read
                connection.sendall(words)
            knocked.append(connection)

    knocked = []
    stranger = threading.Thread(target=knock)
    stranger.start()
    coordinator = []
    first = threading.Thread(target=lambda: coordinator.extend(come(port, 0, count=2)))
    first.start()
    stranger.join(20)
    (told,) = come(port, 1, count=2)
    first.join(20)
    assert told.address == coordinator[0].address
    for connection in knocked:
        connection.close()


def test_a_port_that_is_taken_is_said_so(port):
    with socket.create_server(("", port)):
        (error,) = come(port, 0, count=2)
    assert f"cannot listen on port {port}" in str(error)
    assert "choose another port" in str(error)
