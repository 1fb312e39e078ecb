"""Where things are, on this machine and on the web."""

import os
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
STAGED = ROOT / "build" / "docs"
"""The pages as the generator reads them: `docs/` with quoted code, drawings and run notebooks."""
EXECUTED = ROOT / "build" / "notebooks"
"""Executed notebooks, kept until their code or the package changes."""
SITE = ROOT / "site"

REPOSITORY = os.environ.get("GITHUB_REPOSITORY", "")
"""Owner and name on GitHub, which sets this variable in its workflows; empty elsewhere."""
GITHUB = f"https://github.com/{REPOSITORY}" if REPOSITORY else ""
"""The repository's address, or empty: then pages leave out every link that needs it."""
FILES = f"{GITHUB}/blob/main" if GITHUB else ""
"""The address to which a file's path in the repository is added, or empty."""
COLAB = f"https://colab.research.google.com/github/{REPOSITORY}/blob/gh-pages" if GITHUB else ""
"""Opens a notebook of the branch on which the workflow puts the site, or empty."""
