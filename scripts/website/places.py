"""Where things are, here and on the web."""

import os
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
STAGED = ROOT / "build" / "docs"
"""The pages as the generator reads them: `docs/` with what was quoted, drawn and run."""
EXECUTED = ROOT / "build" / "notebooks"
"""Notebooks that were run, kept until they or the package change."""
SITE = ROOT / "site"

REPOSITORY = os.environ.get("GITHUB_REPOSITORY", "OWNER/keras-draw")
"""Owner and name on GitHub, which says it to its workflows; elsewhere the owner is unknown."""
FILES = f"https://github.com/{REPOSITORY}/blob/main"
COLAB = f"https://colab.research.google.com/github/{REPOSITORY}/blob/gh-pages"
"""Opens a notebook of the branch that the workflow puts the site on."""
