"""Builds the site from `docs/`: `make docs`, which is `python -m website`."""
