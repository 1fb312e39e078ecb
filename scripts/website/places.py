"""Folders of the project and addresses on the web."""

import os
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
STAGED = ROOT / "build" / "docs"
"""The pages for the generator: `docs/` with quoted code, drawings and notebook outputs."""
EXECUTED = ROOT / "build" / "notebooks"
"""Executed notebooks, kept until they or the package change."""
SITE = ROOT / "site"

REPOSITORY = os.environ.get("GITHUB_REPOSITORY", "OWNER/keras-draw")
"""Owner and name on GitHub. Only GitHub's workflows set them; elsewhere the owner is unknown."""
FILES = f"https://github.com/{REPOSITORY}/blob/main"
COLAB = f"https://colab.research.google.com/github/{REPOSITORY}/blob/gh-pages"
"""Opens a notebook from the branch to which the workflow publishes the site."""
