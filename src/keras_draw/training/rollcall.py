"""The processes of one training meet, and see that they mean the same, before JAX begins.

Process 0 listens; each of the others comes, says what it is about to do, and is told to begin, or
why not. JAX would wait without a word for who does not come, and then end the process.

What comes over the network is JSON, a line each, of bounded length; nothing in it is executed.
"""

import contextlib
import json
import select
import socket
import time
from typing import Any, NamedTuple

from keras_draw.config import Devices

PATIENCE = 300.0
"""Seconds that processes wait for each other at the beginning."""
PAUSE = 0.5
"""Seconds between two looks."""
MOST_BYTES = 2**16
"""In one line."""
GREETING = "keras-draw"


class Place(NamedTuple):
    """What a process is told when all have come."""

    address: str
    """where JAX's own coordinator is to be found, HOST:PORT."""
    on_host: int
    """which of the processes on its machine this is, from 0."""
    are_on_host: int
    """how many there are on its machine."""


class Link:
    """A connection to another process: lines of JSON both ways.

    Args:
        connection: open.
    """

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self._rest = b""

    def fileno(self) -> int:
        """For `select`."""
        return self.socket.fileno()

    def send(self, message: dict[str, Any]) -> None:
        """Send a line; an OSError if nobody is there."""
        self.socket.sendall(json.dumps(message).encode() + b"\n")

    def read(self) -> list[dict[str, Any]]:
        """What has come: whole lines; waits for a first byte.

        Raises:
            EOFError: if the other side is gone, or sends what is none of ours.
        """
        try:
            came = self.socket.recv(MOST_BYTES)
        except TimeoutError:
            return []
        except OSError:
            came = b""
        if not came:
            raise EOFError
        *lines, self._rest = (self._rest + came).split(b"\n")
        if len(self._rest) > MOST_BYTES:
            raise EOFError
        try:
            found = [json.loads(line) for line in lines]
        except (ValueError, RecursionError):
            raise EOFError from None
        if not all(isinstance(message, dict) for message in found):
            raise EOFError
        return found

    def close(self) -> None:
        """End the connection."""
        with contextlib.suppress(OSError):
            self.socket.close()


def call_the_roll(
    where: Devices, said: dict[str, Any], patience: float = PATIENCE
) -> tuple[dict[int, Link], Place]:
    """Wait for all processes, and see that they agree.

    Args:
        where: the coordinator, how many there are, and which this is.
        said: what must be the same in every process: names and plain values.
        patience: seconds.

    Returns:
        Connections, which stay open, by the number of the process at their end (process 0 has one
        to each other, the others one to process 0), and what this process was told.

    Raises:
        ValueError: if processes differ, naming in what, or were told another number of processes.
        TimeoutError: if some do not come, or nobody answers.
        OSError: if process 0 cannot listen at its port.
    """
    said = json.loads(json.dumps(said))  # as it arrives at the others
    hello = {
        "hello": GREETING,
        "process": where.process,
        "host": socket.gethostname(),
        "said": {"processes": where.processes, **said},
    }
    if where.process == 0:
        return _Coordinator(where, hello, time.monotonic() + patience).meet()
    link = _reached(where, time.monotonic() + patience)
    try:
        link.send(hello)
        answer = _answer(link, where, time.monotonic() + patience)
        if "refused" in answer:
            raise ValueError(str(answer["refused"]))
        found = Place(*answer["begin"])
    except BaseException:
        link.close()
        raise
    return {0: link}, found


def difference(first: dict[str, Any], other: dict[str, Any], process: int) -> str | None:
    """In what another process differs from process 0, as a sentence; None if in nothing.

    Example:
        >>> difference({"jax": "0.10.2"}, {"jax": "0.10.1"}, 1)
        "The processes of this training differ: jax is '0.10.2' in process 0 and '0.10.1' in \
process 1; start all of them with the same command and versions."
    """
    missing = "not there"
    names = [n for n in first.keys() | other.keys() if first.get(n) != other.get(n)]
    if not names:
        return None
    details = "; ".join(
        f"{n} is {first.get(n, missing)!r} in process 0 and {other.get(n, missing)!r} in process "
        f"{process}"
        for n in sorted(names)
    )
    return (
        f"The processes of this training differ: {details}; start all of them with the same "
        "command and versions."
    )


class _Coordinator:
    """Process 0, at the beginning."""

    def __init__(self, where: Devices, hello: dict[str, Any], until: float) -> None:
        self.where, self.hello, self.until = where, hello, until
        self.here: dict[int, Link] = {}
        self.hosts = {0: hello["host"]}
        self.doorstep: list[Link] = []

    def meet(self) -> tuple[dict[int, Link], Place]:
        try:
            with self._listening() as listener:
                while len(self.here) < self.where.processes - 1:
                    self._wait(listener)
            return self.here, self._begin()
        except BaseException as error:
            for link in self.here.values():
                with contextlib.suppress(OSError):
                    link.send({"refused": " ".join(str(error).split()) or "Process 0 stopped."})
                link.close()
            raise
        finally:
            for link in self.doorstep:
                link.close()

    def _listening(self) -> socket.socket:
        port = self.where.address[1]
        try:
            return socket.create_server(("", port), backlog=self.where.processes)
        except OSError as error:
            raise OSError(
                f"Process 0 cannot listen at port {port} of this machine "
                f"({error.strerror or error}); choose another port."
            ) from None

    def _wait(self, listener: socket.socket) -> None:
        """Let in who knocks, and hear who is in."""
        if time.monotonic() > self.until:
            absent = sorted(set(range(1, self.where.processes)) - self.here.keys())
            raise TimeoutError(
                f"{_listed(absent)} of {self.where.processes} did not come to "
                f"{self.where.coordinator} in time; start the same command there, with --process."
            )
        waited: list[Any] = [listener, *self.doorstep]
        ready = select.select(waited, [], [], PAUSE)[0]
        if listener in ready:
            connection, _ = listener.accept()
            connection.settimeout(PATIENCE)
            self.doorstep.append(Link(connection))
        for link in [link for link in self.doorstep if link in ready]:
            try:
                found = link.read()
                if not found:  # half a line
                    continue
                self._greet(link, found[0])
            except _Differs:
                link.close()
                raise
            except (EOFError, KeyError, TypeError, ValueError):  # none of ours
                link.close()
            self.doorstep.remove(link)

    def _greet(self, link: Link, hello: dict[str, Any]) -> None:
        if hello["hello"] != GREETING:
            raise KeyError
        process, said = int(hello["process"]), dict(hello["said"])
        differing = difference(self.hello["said"], said, process)
        if differing or process in self.here or not 0 < process < self.where.processes:
            refused = differing or (
                f"Process {process} is here twice; give every process a number of its own."
            )
            link.send({"refused": refused})
            raise _Differs(refused)
        self.here[process], self.hosts[process] = link, str(hello["host"])

    def _begin(self) -> Place:
        """Tell everybody to begin."""
        host = self.where.coordinator.rpartition(":")[0]
        with socket.create_server(("", 0)) as free:
            address = f"{host}:{free.getsockname()[1]}"
        places = {}
        for process, its_host in self.hosts.items():
            mates = sorted(p for p, host in self.hosts.items() if host == its_host)
            places[process] = Place(address, mates.index(process), len(mates))
        for process, link in self.here.items():
            with contextlib.suppress(OSError):  # who is gone is missed by those who watch
                link.send({"begin": places[process]})
        return places[0]


class _Differs(ValueError):
    """A process that cannot take part."""


def _listed(processes: list[int]) -> str:
    if len(processes) == 1:
        return f"Process {processes[0]}"
    return f"Processes {', '.join(map(str, processes[:-1]))} and {processes[-1]}"


def _reached(where: Devices, until: float) -> Link:
    """A connection to process 0, which may come later than this one."""
    while True:
        try:
            connection = socket.create_connection(where.address, timeout=5)
            connection.settimeout(PAUSE)
            return Link(connection)
        except OSError as error:
            why = error.strerror or str(error)
        if time.monotonic() > until:
            raise TimeoutError(
                f"Nobody answers at {where.coordinator} ({why}): start process 0 there, and see "
                "that its port can be reached from here."
            )
        time.sleep(PAUSE)


def _answer(link: Link, where: Devices, until: float) -> dict[str, Any]:
    while time.monotonic() < until:
        try:
            found = link.read()
        except EOFError:
            raise TimeoutError(
                f"What answers at {where.coordinator} is no process of this training, or ended "
                "while it waited; see what process 0 says."
            ) from None
        if found and ("begin" in found[0] or "refused" in found[0]):
            return found[0]
    raise TimeoutError(
        f"Process 0 at {where.coordinator} still waits for others; see what it says."
    )
