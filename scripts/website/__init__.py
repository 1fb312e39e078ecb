"""Builds the site from `docs/`: `make docs` runs it as `python -m website`."""
