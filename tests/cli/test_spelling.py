"""Misspelt words: one sentence that names the right spelling, before anything heavy is loaded."""

import dataclasses
import difflib
import re
import subprocess
import sys
import typing

import pytest
from calling import COMMANDS, call, refused
from hypothesis import assume, given
from hypothesis import strategies as st
from PIL import Image

from keras_draw import cli
from keras_draw.cli.options import Group, embedded, options_of
from keras_draw.cli.spelling import check_spelling
from keras_draw.cli.train import Train
from keras_draw.data.named import SETS
from keras_draw.data.specs import SPLITS


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    Image.new("L", (4, 4)).save(tmp_path / "one.png")
    return tmp_path


SPELT = {
    "": "Give a command: train, generate, ",
    "generte mnist": "did you mean keras-draw generate?",
    "fig-4.1": "did you mean keras-draw experiment fig-4.1?",
    "xyz": "has no command 'xyz'; the commands are: train, ",
    "sweep": "needs one of run, status",
    "sweep statsu out": "did you mean status?",
    "experiment fig-41": "did you mean fig-4.1?",
    "train mnist": "does not expect 'mnist': did you mean --dataset mnist?",
    "train mnist:train[:9]": "did you mean --dataset mnist:train[:9]?",
    "train folder:photos": "did you mean --dataset folder:photos?",
    "train photos": "did you mean --dataset folder:photos?",
    "train demo": "did you mean --recipe demo?",
    "train epochs 3": "did you mean --epochs?",
    "train --recepie demo": "did you mean --recipe?",
    "train --recepie=demo": "did you mean --recipe?",
    "train -e 3": "has no option '-e'.",
    "train --conditional yes": "does not expect 'yes'",
    "train --conditional=yes": "takes no value: write --conditional alone",
    "train --image-shape 32": "as in --image-shape 32 32 3 (or 1 for grey)",
    "train --image-shape=32": "as in --image-shape 32 32 3 (or 1 for grey)",
    "train --image-shape 32 32": "takes 3 numbers and was given 2",
    "train --epochs": "--epochs needs a value",
    "train --epochs --overwrite": "--epochs needs a value",
    "train --epochs ten": "--epochs is 'ten'; expected a whole number.",
    "train --epochs 1.5": "--epochs is '1.5'; expected a whole number.",
    "train --learning-rate x": "--learning-rate is 'x'; expected a number.",
    "train --cell lstmm": "did you mean 'lstm'? (choose from lstm, cell-gated, gru)",
    "generate": "needs NETWORK: write keras-draw generate NETWORK",
    "generate mnist 9": "does not expect '9' after NETWORK",
    "generate mnist --lable 9": "did you mean --label?",
    "fid mnist": "needs B: write keras-draw fid A B",
    "reconstruct mnist --dataset digits": "needs --out",
    "train --dataset photos": "'photos' is a folder: write folder:photos for the pictures in it.",
    "train --dataset one.png": "'one.png' is a single picture; a data set needs many",
    "train --dataset folder:one.png": "'one.png' is a file; write folder:PATH",
    "train --dataset foldr:photos": "did you mean 'folder'?",
    "train --dataset mnist:tset": "mnist has no split 'tset'; it has train, test.",
    "train --dataset folder:photos:tset": "has the parts train and test, but no 'tset'",
    "reconstruct mnist --out a.png --dataset mnits": "did you mean 'mnist'?",
    "evaluate mnist --dataset mnits": "did you mean 'mnist'?",
    "evaluate mnst": "did you mean 'mnist'?",
    "generate mnst": "did you mean 'mnist'?",
    "generate cifar10": "Train on it with `keras-draw train --dataset cifar10`",
    "fid digitz noise": "did you mean 'digits'?",
    "fid folder:nowhere noise": "There is no folder 'nowhere'",
}


@pytest.mark.parametrize("words", SPELT)
def test_the_right_spelling_is_named(words):
    assert SPELT[words] in refused(words)


LIGHT = ["generte", "train --recepie demo", "generate mnst", "train --dataset mnits", "fid a b"]


@pytest.mark.parametrize("words", LIGHT)
def test_no_numerical_library_is_loaded_for_it(words):
    script = (
        "import sys; from keras_draw import cli\n"
        f"try: cli.main({words.split()!r})\n"
        "finally:\n"
        "    loaded = {'jax', 'keras', 'numpy', 'PIL'} & set(sys.modules)\n"
        "    assert not loaded, loaded"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (found.returncode, found.stderr.count("\n")) == (2, 1), found.stderr


@pytest.mark.parametrize("words", COMMANDS)
def test_what_is_right_passes(words):
    words = words.split()
    if words[:2] == ["sweep", "spec.json"]:
        words.insert(1, "run")
    check_spelling(words, cli.COMMANDS)


def every_command():
    for name, found in cli.COMMANDS.items():
        if isinstance(found, Group):
            yield from ((f"{name} {one}", command) for one, command in found.commands.items())
        else:
            yield name, found


@pytest.mark.parametrize("name", [name for name, _ in every_command()])
def test_options_are_those_that_help_shows(name):
    """What is known of a command is what the parser makes of it."""
    text = call([*name.split(), "--help"]).out
    command = dict(every_command())[name]
    for option in options_of(command):
        for word in option.flags or (option.name.upper().rstrip("S"),):
            assert word in text, word
    shown = set(re.findall(r"^\W? (--[a-z][a-z-]*)", text, re.MULTILINE))
    assert shown <= {flag for option in options_of(command) for flag in option.flags}


@given(st.sampled_from(options_of(Train)), st.integers(0, 99), st.sampled_from("abcdxyz-_9"))
def test_an_option_with_a_letter_too_many_is_found_again(option, place, letter):
    flag = option.flags[0]
    place = 2 + place % (len(flag) - 1)
    wrong = flag[:place] + letter + flag[place:]
    flags = [flag for one in options_of(Train) for flag in one.flags]
    assume(wrong.replace("_", "-") not in flags)
    nearest = difflib.get_close_matches(wrong, flags, n=1)
    said = refused(["train", wrong])
    assert not nearest or f"did you mean {nearest[0]}?" in said


def test_help_has_whole_lines():
    """No line of an option's text ends far from the border, but its last."""
    text = call("fid --help").out
    assert "usage: keras-draw fid [-h] [FID OPTIONS] A B" in text
    start = text.index("The reference group: ")
    said = text[start : text.index("(required)", start)].replace("\u2502", " ")
    lines = said.splitlines()
    assert len(lines) > 2
    assert all(len(line.rstrip()) > 75 for line in lines[1:-1]), lines


def test_what_is_known_of_the_sets_names_is_so():
    assert {name: tuple(known.splits) for name, known in SETS.items()} == SPLITS


def test_a_command_s_own_fields_are_all_options():
    hints = typing.get_type_hints(Train, include_extras=True)
    names = {option.name for option in options_of(Train)}
    own = {field.name for field in dataclasses.fields(Train)} - {"given"}
    plain = {name for name in own if embedded(hints[name]) is None}
    assert {name.replace("_", "-") for name in plain} <= names
    assert {"timesteps", "epochs"} <= names
    assert "given" in hints
    assert "given" not in names
