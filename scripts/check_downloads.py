"""Check that every address in `data/origins.py` still has the right file.

    make check-downloads                    # downloads everything (about 2.2 GB) and discards it
    make check-downloads SIZES=1            # checks only the sizes

Prints one line per address. The exit code is 1 if any is wrong.
"""

import argparse
import dataclasses
import sys
import tempfile
from pathlib import Path

from keras_draw.data.connecting import Broken, Refused, connect
from keras_draw.data.download import TIMEOUT, download
from keras_draw.data.origins import ORIGINS
from keras_draw.data.published import Published


def check(file: Published, *, sizes: bool) -> str:
    """The problem with a file's first address; an empty text or one with "right" if there is none.

    Args:
        file: the published file.
        sizes: check only the size.
    """
    try:
        if sizes:
            answer = connect(file.addresses[0], 0, TIMEOUT)
            answer.response.close()
            wrong = file.exact and answer.length not in (None, file.size)
            return f"has {answer.length} bytes, not {file.size}" if wrong else ""
        with tempfile.TemporaryDirectory() as folder:
            path = download(file, Path(folder))
            size = path.stat().st_size
        return "" if file.exact else f"right; its size, which is not published, is {size}"
    except (Broken, Refused, OSError) as error:
        return str(error)


def main() -> None:
    """Check all addresses."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", action="store_true", help="check only the sizes")
    sizes = parser.parse_args().sizes
    failed = 0
    for name, origin in ORIGINS.items():
        for file in (file for part in origin.parts for file in part.files):
            for address in file.addresses:
                one = dataclasses.replace(file, addresses=(address,))
                said = check(one, sizes=sizes)
                wrong = bool(said) and not said.startswith("right")
                failed += wrong
                by = "size" if sizes else file.verified_by
                print(f"{name:16} {'WRONG' if wrong else 'right'} by {by:10} {address} {said}")
    print(f"{failed} addresses are wrong." if failed else "Every address has the right file.")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
