"""Let the processes of one training meet and check that they agree, before JAX starts.

Process 0 listens. Each other process connects and says what it is about to do; it is then told to
begin, or why not. JAX itself would wait silently for a missing process and then abort.

Messages are JSON, one per line, of limited length; nothing in them is executed.
"""

import contextlib
import json
import select
import socket
import time
from typing import Any, NamedTuple

from keras_draw.config import Devices

PATIENCE = 300.0
"""Seconds that processes wait for each other at the start."""
PAUSE = 0.5
"""Seconds between two checks."""
MOST_BYTES = 2**16
"""Maximum length of one line."""
GREETING = "keras-draw"


class Place(NamedTuple):
    """What a process learns once all have arrived."""

    address: str
    """address of JAX's own coordinator, HOST:PORT."""
    on_host: int
    """index of this process among those on its machine, from 0."""
    are_on_host: int
    """number of processes on its machine."""


class Link:
    """A connection to another process, exchanging lines of JSON.

    Args:
        connection: an open socket.
    """

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self._rest = b""

    def fileno(self) -> int:
        """The file descriptor of the socket; `select` needs it."""
        return self.socket.fileno()

    def send(self, message: dict[str, Any]) -> None:
        """Send a message.

        Raises:
            OSError: if the other side is gone.
        """
        self.socket.sendall(json.dumps(message).encode() + b"\n")

    def read(self) -> list[dict[str, Any]]:
        """Wait for data, then return the complete messages received so far; there may be none.

        Raises:
            EOFError: if the other side is gone, or sends anything but our messages.
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
        """Close the connection."""
        with contextlib.suppress(OSError):
            self.socket.close()


def call_the_roll(
    where: Devices, said: dict[str, Any], patience: float = PATIENCE
) -> tuple[dict[int, Link], Place]:
    """Wait for all processes, and check that they agree.

    Args:
        where: the coordinator, the number of processes, and the number of this one.
        said: names and plain values that must be the same in every process.
        patience: seconds to wait.

    Returns:
        The open connections by process number (process 0 is connected to every other process, the
        others only to process 0), and the place of this process.

    Raises:
        ValueError: if processes differ in `said` or in the number of processes; the message lists
            the differences.
        TimeoutError: if a process does not arrive, or process 0 does not answer.
        OSError: if process 0 cannot listen on its port.
    """
    said = json.loads(json.dumps(said))  # in the form in which the others receive it
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
    """A message about how another process differs from process 0; None if it does not.

    Example:
        >>> difference({"jax": "0.10.2"}, {"jax": "0.10.1"}, 1)
        "The processes of this training differ: jax is '0.10.2' in process 0 and '0.10.1' in \
process 1; start all of them with the same command and versions."
    """
    missing = "missing"
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
    """Process 0 while it waits for the others."""

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
                f"Process 0 cannot listen on port {port} of this machine "
                f"({error.strerror or error}); choose another port."
            ) from None

    def _wait(self, listener: socket.socket) -> None:
        """Accept new connections, and read the greetings of accepted ones."""
        if time.monotonic() > self.until:
            absent = sorted(set(range(1, self.where.processes)) - self.here.keys())
            raise TimeoutError(
                f"{_listed(absent)} of {self.where.processes} did not connect to "
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
            except (EOFError, KeyError, TypeError, ValueError):  # not one of our processes
                link.close()
            self.doorstep.remove(link)

    def _greet(self, link: Link, hello: dict[str, Any]) -> None:
        if hello["hello"] != GREETING:
            raise KeyError
        process, said = int(hello["process"]), dict(hello["said"])
        differing = difference(self.hello["said"], said, process)
        if differing or process in self.here or not 0 < process < self.where.processes:
            refused = differing or (
                f"Process {process} was started twice; give every process its own number."
            )
            link.send({"refused": refused})
            raise _Differs(refused)
        self.here[process], self.hosts[process] = link, str(hello["host"])

    def _begin(self) -> Place:
        """Tell all processes to begin, and return the place of this one."""
        host = self.where.coordinator.rpartition(":")[0]
        with socket.create_server(("", 0)) as free:
            address = f"{host}:{free.getsockname()[1]}"
        places = {}
        for process, its_host in self.hosts.items():
            mates = sorted(p for p, host in self.hosts.items() if host == its_host)
            places[process] = Place(address, mates.index(process), len(mates))
        for process, link in self.here.items():
            with contextlib.suppress(OSError):  # a lost process is noticed by `Lifelines`
                link.send({"begin": places[process]})
        return places[0]


class _Differs(ValueError):
    """Raised for a process that cannot take part."""


def _listed(processes: list[int]) -> str:
    if len(processes) == 1:
        return f"Process {processes[0]}"
    return f"Processes {', '.join(map(str, processes[:-1]))} and {processes[-1]}"


def _reached(where: Devices, until: float) -> Link:
    """Connect to process 0, which may start later than this process."""
    while True:
        try:
            connection = socket.create_connection(where.address, timeout=5)
            connection.settimeout(PAUSE)
            return Link(connection)
        except OSError as error:
            why = error.strerror or str(error)
        if time.monotonic() > until:
            raise TimeoutError(
                f"No answer from {where.coordinator} ({why}): start process 0 there, and check "
                "that its port can be reached from this machine."
            )
        time.sleep(PAUSE)


def _answer(link: Link, where: Devices, until: float) -> dict[str, Any]:
    while time.monotonic() < until:
        try:
            found = link.read()
        except EOFError:
            raise TimeoutError(
                f"The program that answers at {where.coordinator} is not a process of this "
                "training, or it ended while waiting; look at the output of process 0."
            ) from None
        if found and ("begin" in found[0] or "refused" in found[0]):
            return found[0]
    raise TimeoutError(
        f"Process 0 at {where.coordinator} is still waiting for other processes; look at its "
        "output."
    )
