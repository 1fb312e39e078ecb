"""Options spelt with _ mean the same as those with -, before the command line is parsed, too."""

import os

import pytest

from keras_draw import cli
from keras_draw.config import Architecture
from keras_draw.network import OFFLINE
from keras_draw.training import keras_file


@pytest.mark.parametrize(
    "words",
    [["--start-from", "mnist"], ["--start_from", "mnist"], ["--start_from=mnist"],
     ["--start-from=mnist"]],
)  # fmt: skip
def test_a_start_gives_its_architecture(words):
    found = cli._base(["train", *words])
    expected = keras_file.config_of("mnist")
    assert found.architecture == expected.architecture != Architecture()
    assert found.conditional


def test_the_last_spelling_counts():
    words = ["train", "--start-from", "a", "--start_from=b", "--start_from", "c"]
    assert cli._option(words, "--start-from") == "c"
    assert cli._option(words[:4], "--start-from") == "b"
    assert cli._option(words[:1], "--start-from") is None


def test_offline_is_heeded_while_the_start_is_read(monkeypatch):
    seen = []

    def config_of(network):
        seen.append(os.environ.get(OFFLINE))
        raise FileNotFoundError

    monkeypatch.delenv(OFFLINE)
    monkeypatch.setattr(keras_file, "config_of", config_of)
    for more in ([], ["--offline"]):
        cli._base(["train", "--start_from", "hf://ada/network", *more])
    assert seen == [None, "1"]
