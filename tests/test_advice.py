"""Commands that are printed, in the package's sentences and in the docs: each is understood."""

import ast
import re
import shlex

import pytest
from calling import call
from conftest import ROOT

from keras_draw import cli

SOURCES = sorted((ROOT / "src").rglob("*.py"))
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    ROOT / "examples" / "README.md",
]
GROUPS = ("sweep", "experiment", "data")
"""Commands that have commands."""
ANYTHING = "x"
"""What stands for a value that only a run knows."""


def text_of(node):
    """A string of the source, with `ANYTHING` for what is put into it; None for other nodes."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(part) or ANYTHING for part in node.values)
    return None


def in_sentences(text):
    """Commands that a text names between backticks, or after a colon."""
    found = re.findall(r"`keras-draw ([^`]+)`|: keras-draw ([^\n;]+)", text)
    return [shlex.split(" ".join((a or b).split())) for a, b in found]


def in_source():
    """(where, words) of every command in a string, and of every call of `printed.command`."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            where = f"{path.name}:{getattr(node, 'lineno', 0)}"
            if (text := text_of(node)) is not None:
                for words in in_sentences(text):
                    yield where, words
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "command":
                found = [word for word in node.args if not isinstance(word, ast.Starred)]
                if node.args[0] in found:  # else even its name is made elsewhere
                    yield where, [text_of(word) or ANYTHING for word in found]


def in_pages():
    """(where, words) of every command in a block or a line of the docs."""
    for path in PAGES:
        text = path.read_text()
        lines = re.sub(r"\\\n\s*", "", text).splitlines()
        for line in lines:
            if re.match(r"( {4})?keras-draw ", line):
                alone = re.split(r"\s[|>]\s", line)[0].removesuffix("&")
                yield path.name, shlex.split(alone, comments=True)[1:]
        for words in in_sentences(text):
            yield path.name, words


FOUND = [*in_source(), *in_pages()]
ONCE = {tuple(words): where for where, words in FOUND}


def test_they_are_found():
    found = {where.partition(":")[0] for where, _ in FOUND}
    assert {"words.py", "fitting.py", "loading.py", "sweeping.py", "README.md", "runs.md"} <= found
    assert len(ONCE) > 80


@pytest.mark.parametrize("words", ONCE, ids=[f"{ONCE[w]} {' '.join(w)}" for w in ONCE])
def test_every_command_that_is_printed_is_understood(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cli, "check_names", lambda command: [])  # runs that are not here
    words = list(words)
    for unsaid in ("…", "NAME"):  # an option cut short
        words = words[: words.index(unsaid) - 1] if unsaid in words else words
    if len(words) > 1 + (words[0] in GROUPS) and "--help" not in words:
        cli._read(words)
    else:  # it names a command, and does not say all that this one needs
        assert call([*words, "--help"]).code == 0


def test_no_other_command_is_put_together():
    """What is printed to be typed goes through `printed.command`, which quotes."""
    for path in SOURCES:
        # Tests of their own run the report's; the other repeats what somebody typed.
        if path.parent.name == "report" or path.name == "spelling.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.JoinedStr):
                assert not re.search(rf"keras-draw [a-z -]+ {ANYTHING}\b", text_of(node)), (
                    f"{path.name}:{node.lineno}"
                )


TINY = "--timesteps 2 --latent-dim 2 --hidden-dim 8 --epochs 1"


@pytest.mark.slow
@pytest.mark.parametrize("conditional", [" --conditional", ""])
def test_what_a_training_says_comes_next_runs_as_printed(conditional, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = "my runs/a"
    told = call(["train", "--dataset", "digits", *(TINY + conditional).split(), "--run-dir", run])
    assert told.code == 0, told.err
    commands = told.err.partition("Next:\n")[2].splitlines()
    assert len(commands) == 4
    for line in commands:
        found = call(shlex.split(line)[1:])
        assert found.code == 0, found.err
    assert {path.name for path in tmp_path.iterdir()} >= {"my runs", "a.png", "a-again.png"}
    assert (tmp_path / run / "report.html").is_file()
