"""Every example in a docstring gives what it says, but for those that need files or a screen."""

import doctest
import importlib
import pkgutil
import re

import numpy as np
import pytest
from conftest import ROOT

import keras_draw

ALONE = ("keras_draw.presets", "keras_draw.__main__")
"""What is no module to import, or runs when it is."""


def modules():
    found = pkgutil.walk_packages(keras_draw.__path__, "keras_draw.")
    return [module.name for module in found if not module.name.startswith(ALONE)]


def pages_of_the_api():
    return "\n".join(page.read_text("utf-8") for page in (ROOT / "docs" / "api").glob("*.md"))


@pytest.fixture(scope="module")
def known():
    """The names that the API's pages define for their examples: a network and its images."""
    found = {"np": np}
    for code in re.findall(r"```python\n(.*?)```", pages_of_the_api(), re.DOTALL):
        exec(code, found)
    return found


def examples(name, known):
    module = importlib.import_module(name)
    known = {**known, **vars(module)}
    finder = doctest.DocTestFinder()
    return [test for test in finder.find(module, globs=known) if test.examples]


def test_examples_give_what_they_say(known, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    attempted = 0
    for name in modules():
        for test in examples(name, known):
            said = []
            runner = doctest.DocTestRunner()
            runner.run(test, out=said.append)
            assert not runner.failures, "".join(said)
            attempted += runner.tries
    assert attempted > 90


PACKAGES = ("keras_draw", "keras_draw.data", "keras_draw.evaluation", "keras_draw.sweeps")


@pytest.mark.parametrize("package", PACKAGES)
def test_public_names_are_on_the_pages_of_the_api(package):
    public = set(importlib.import_module(package).__all__) - {"__version__"}
    assert public <= documented()


def test_methods_of_a_network_are_on_the_pages_of_the_api():
    kept_from_keras = {"compile_from_config", "get_config", "make_train_function"}
    kept_from_keras |= {"make_test_function", "make_predict_function", "jax_state_sync"}
    on_batches = {f"{what}_on_batch" for what in ("train", "test", "predict")}
    steps = {f"{what}_step" for what in ("train", "test", "predict")}
    own = {name for one in keras_draw.DRAW.__mro__ if one.__module__.startswith("keras_draw")
           for name, what in vars(one).items() if callable(what) and name[0] != "_"}  # fmt: skip
    assert own - documented() == kept_from_keras | on_batches | steps


def documented():
    """The names that the directives of the API's pages show."""
    pages = pages_of_the_api()
    shown = re.findall(r"^::: [\w.]*?(\w+)$", pages, re.MULTILINE)
    members = re.findall(r"members: \[(.*?)\]", pages)
    return {*shown, *(name for one in members for name in one.split(", "))}
