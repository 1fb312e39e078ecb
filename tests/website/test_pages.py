"""Pages agree with the package."""

import re

import numpy as np
from conftest import ROOT

from keras_draw import __version__
from keras_draw.training.recipes import RECIPES

DOCS = ROOT / "docs"


def test_every_recipe_is_in_the_table_with_its_sizes():
    page = (DOCS / "use" / "recipes.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `([\w-]+)` \| .*? \| (.*?) \|", page, re.MULTILINE))
    assert rows.keys() == RECIPES.keys()
    for name, network in rows.items():
        recipe = RECIPES[name]
        sizes = recipe.architecture
        assert f"T {sizes.timesteps}, Z {sizes.latent_dim}, hidden {sizes.hidden_dim}" in network
        assert ("conditional" in network) == recipe.conditional
        windows = None if sizes.read is None else f"windows {sizes.read} and {sizes.write}"
        assert (windows or "windows") in network or windows is None
        assert ("windows" in network) == (sizes.read is not None)


def test_the_version_is_the_same_everywhere():
    citation = (ROOT / "CITATION.cff").read_text("utf-8")
    changes = (ROOT / "CHANGELOG.md").read_text("utf-8")
    named = re.search(r"^version: (.+)$", citation, re.MULTILINE)
    released = re.search(r'^date-released: "(.+)"$', citation, re.MULTILINE)
    newest = re.search(r"^## \[(\d.+)\] - (.+)$", changes, re.MULTILINE)
    assert named[1] == newest[1] == __version__
    assert released[1] == newest[2]


def test_the_front_page_draws():
    page = (DOCS / "index.md").read_text("utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    found = {}
    exec(example, found)
    assert found["nines"].shape == (16, 28, 28, 1)
    assert found["strokes"].shape == (16, 8, 28, 28, 1)
    assert np.array_equal(found["strokes"][:, -1], found["nines"])


def test_every_notebook_and_page_is_in_the_menu():
    menu = (ROOT / "zensical.toml").read_text("utf-8")
    named = set(re.findall(r'"([\w./-]+\.md)"', menu))
    pages = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    pages |= {f"notebooks/{path.stem}.md" for path in (DOCS / "notebooks").glob("*.py")}
    assert named == pages
