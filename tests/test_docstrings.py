"""Every example in a docstring gives what it says, but for those that need a training or files."""

import doctest
import importlib
import pkgutil

import numpy as np
import pytest

import keras_draw

ALONE = ("keras_draw.presets", "keras_draw.__main__")
"""What is no module to import, or runs when it is."""


def modules():
    found = pkgutil.walk_packages(keras_draw.__path__, "keras_draw.")
    return [module.name for module in found if not module.name.startswith(ALONE)]


def examples(name):
    module = importlib.import_module(name)
    known = {**vars(module), "np": np}
    finder = doctest.DocTestFinder()
    return [test for test in finder.find(module, globs=known) if test.examples]


def test_examples_give_what_they_say():
    attempted = 0
    for name in modules():
        for test in examples(name):
            said = []
            runner = doctest.DocTestRunner()
            runner.run(test, out=said.append)
            assert not runner.failures, "".join(said)
            attempted += runner.tries
    assert attempted > 50


@pytest.mark.parametrize(
    "package", ["keras_draw", "keras_draw.data", "keras_draw.evaluation", "keras_draw.sweeps"]
)
def test_public_names_are_on_the_pages_of_the_api(package):
    from conftest import ROOT

    pages = "\n".join(page.read_text("utf-8") for page in (ROOT / "docs" / "api").glob("*.md"))
    words = set(
        pages.replace(",", " ").replace("[", " ").replace("]", " ").replace(".", " ").split()
    )
    public = set(importlib.import_module(package).__all__) - {"__version__"}
    assert public - words <= {"load"} if package.endswith("data") else public <= words
