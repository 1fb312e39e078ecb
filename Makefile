# Needs Python 3.11 or newer, make and a package index; everything else goes into .venv.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# TORCH=1 adds PyTorch's CPU build, for the tests that compare backends.
TORCH ?=
# Formats and lints the page's scripts and style, where there is npm.
BIOME := @biomejs/biome@2.6.8

.PHONY: help install demo docs test test-slow lint check-downloads wheel clean

help:
	@echo "make demo       train on scikit-learn's digits and draw: about a minute, into runs/demo"
	@echo "make docs       the site, into site/: runs the notebooks that changed, checks every link"
	@echo "make test       the tests"
	@echo "make test-slow  those that kill processes or mutate files by the thousand"
	@echo "make lint       ruff, mypy, the direction of imports, and the page's scripts where there is npm"
	@echo "make check-downloads  whether every address of a data set has its file (SIZES=1: its size)"
	@echo "make install    $(VENV), ready for development (TORCH=1: with PyTorch)"
	@echo "make wheel      dist/*.whl"
	@echo "make clean      removes $(VENV), caches and dist (not runs)"

install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(if $(TORCH),$(BIN)/python -m pip install --quiet --disable-pip-version-check torch==2.13.0)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[dev,docs]"
	@touch $@

demo: install
	$(BIN)/keras-draw demo

docs: install
	PYTHONPATH=scripts $(BIN)/python -m website

test: install
	$(BIN)/python -m pytest -n 2 -m "not slow"

# pytest's exit code 5 is "no tests": a suite without slow tests is fine.
test-slow: install
	$(BIN)/python -m pytest -n 2 -m slow || test $$? -eq 5

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@if npx --yes $(BIOME) --version >/dev/null 2>&1; then npx --yes $(BIOME) ci; \
	else echo "Biome cannot be had through npx here: the page's scripts are not linted."; fi

# Reaches the network, which CI does not: for a maintainer, before a release.
check-downloads: install
	$(BIN)/python scripts/check_downloads.py $(if $(SIZES),--sizes)

wheel: install
	$(BIN)/python -m build --wheel

clean:
	rm -rf $(VENV) dist build site .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
