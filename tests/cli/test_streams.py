"""Standard streams that are closed, broken or full; JSON that every parser reads."""

import io
import json
import subprocess
import sys

import pytest
from calling import call

from keras_draw.cli import streams

COMMAND = f"{sys.executable} -c 'from keras_draw.cli import main; main()'"
LIST = f"{COMMAND} data list --json"


def shell(command):
    return subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=120)


def test_json_alone_is_on_stdout_where_stderr_is_closed():
    found = shell(f"{LIST} 2>&-")
    assert (found.returncode, found.stderr) == (0, "")
    assert json.loads(found.stdout)["data"]["digits"]["splits"] == {"train": 1438, "test": 359}


def test_no_file_of_ours_becomes_a_standard_stream(tmp_path):
    (tmp_path / "script.py").write_text(
        "import pathlib, subprocess, sys\n"
        "from keras_draw.cli.streams import say, whole_streams\n"
        "with whole_streams() as has_stdout, open('file', 'w') as file:\n"
        "    say('words'); print('more words')\n"
        "    subprocess.run(['sh', '-c', 'echo of a child; echo of a child >&2'])\n"
        "    file.write(f'{file.fileno() > 2} {has_stdout}')\n"
    )
    found = shell(f"cd {tmp_path}; {sys.executable} script.py 0<&- 1>&- 2>&-")
    assert found.returncode == 0
    assert (tmp_path / "file").read_text() == "True False"


def test_json_is_refused_at_the_door_where_stdout_is_closed():
    found = shell(f"{LIST} >&-")
    assert found.returncode == 2
    assert found.stderr.startswith("keras-draw: --json prints its result on stdout, which is")


def test_a_reader_that_goes_away_ends_the_command_quietly():
    found = shell(f"{LIST} 2>/dev/null | true; exit ${{PIPESTATUS[0]}}")
    assert (found.returncode, found.stdout, found.stderr) == (streams.BROKEN_PIPE, "", "")
    found = shell(f"{COMMAND} --help | true; exit ${{PIPESTATUS[0]}}")
    assert found.returncode in (0, streams.BROKEN_PIPE)
    assert found.stderr == ""
    found = shell(f"{LIST} 2>&1 >/dev/null | true; exit ${{PIPESTATUS[0]}}")
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")


def test_a_bar_that_nobody_sees_ends_the_command_quietly(tmp_path):
    (tmp_path / "script.py").write_text(
        "from keras_draw.cli.streams import whole_streams\n"
        "from rich.console import Console\n"
        "with whole_streams():\n"
        "    for _ in range(10_000):\n"
        "        Console(stderr=True).print('epoch')\n"
    )
    script = f"{sys.executable} {tmp_path / 'script.py'}"
    found = shell(f"{script} 2>&1 >/dev/null | head -1; exit ${{PIPESTATUS[0]}}")
    assert (found.returncode, found.stdout, found.stderr) == (streams.BROKEN_PIPE, "epoch\n", "")


def test_a_full_disk_behind_stdout_is_said():
    found = shell(f"{LIST} 2>&1 >/dev/full | tail -1; exit ${{PIPESTATUS[0]}}")
    assert (found.returncode, found.stdout) == (2, "keras-draw: No space left on device: stdout\n")
    found = shell(f"{COMMAND} --help 2>&1 >/dev/full; exit $?")
    assert found.returncode == 2
    assert found.stdout.startswith("keras-draw: ")
    assert "No space left on device" in found.stdout


class Broken(io.StringIO):
    def write(self, _):
        raise BrokenPipeError


def test_words_that_nobody_reads_do_not_stop_the_work(monkeypatch):
    for stream in (None, Broken(), io.TextIOWrapper(io.BytesIO(), "ascii", "strict")):
        monkeypatch.setattr(sys, "stderr", stream)
        streams.say("± words, caf\udce9")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8", "utf-16"])
def test_json_passes_every_encoding(monkeypatch, encoding):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding))
    given = {"name": "Fréchet ± caf\udce9", "kid": float("nan")}
    streams.print_json(given)
    assert json.loads(raw.getvalue().decode(encoding)) == given | {"kid": None}


def test_results_are_one_object():
    found = call("data check digits --json")
    assert (found.code, json.loads(found.out)["whole"]) == (0, True)
