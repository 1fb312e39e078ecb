"""`python -m website`: build `site/` from `docs/`, or print why it cannot be built."""

import os
import subprocess
import sys

from website.checking import faults
from website.live_page import write_live_page
from website.notebooks import write_notebooks
from website.places import ROOT, SITE
from website.staging import stage


def main() -> None:
    """Stage the pages, run the notebooks, build the site, and check it."""
    try:
        stage()
    except LookupError as error:
        sys.exit(str(error))
    write_live_page()
    write_notebooks()
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--clean", "--strict"], cwd=ROOT,
        env=environment, check=False,
    )  # fmt: skip
    if done.returncode:
        sys.exit("The site could not be built.")
    if found := faults(SITE):
        sys.exit("\n".join(found))
    print(f"Built {SITE / 'index.html'}. To view it: python -m http.server -d {SITE.name}")


if __name__ == "__main__":
    main()
