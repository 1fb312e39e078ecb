# Needs Python 3.11 or newer, make and a package index; everything else is installed into .venv.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# TORCH=1 adds PyTorch's CPU build, for the tests that compare backends.
TORCH ?=
# XLA without LLVM's optimizations: compiling takes most of the time of the small tests.
QUICK_XLA := --xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true
# Two processes that keep to their half of the tests, so most fixtures of a file are made once.
BESIDE := -n 2 --dist worksteal
# Formats and lints the page's scripts and style, if npm is installed.
BIOME := @biomejs/biome@2.6.8

.PHONY: help install demo docs test test-slow lint check-downloads wheel clean

help:
	@echo "make demo       train on scikit-learn's digits and draw, in runs/demo (about a minute)"
	@echo "make docs       build the site in site/: run changed notebooks, check every link"
	@echo "make test       run the tests"
	@echo "make test-slow  run the tests that kill processes or mutate thousands of files"
	@echo "make lint       run ruff, mypy and import-linter, and lint the page's scripts (if npm is installed)"
	@echo "make check-downloads  check the file at every download address (SIZES=1: only its size)"
	@echo "make install    create $(VENV) for development (TORCH=1: with PyTorch)"
	@echo "make wheel      build dist/*.whl"
	@echo "make clean      remove $(VENV), caches, site and dist (not runs)"

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
	XLA_FLAGS="$(QUICK_XLA) $$XLA_FLAGS" $(BIN)/python -m pytest $(BESIDE) -m "not slow"

# pytest's exit code 5 means "no tests", which is fine if there are no slow ones.
test-slow: install
	$(BIN)/python -m pytest $(BESIDE) -m slow || test $$? -eq 5

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@if npx --yes $(BIOME) --version >/dev/null 2>&1; then npx --yes $(BIOME) ci; \
	else echo "npx cannot run Biome here: the page's scripts are not linted."; fi

# Needs the network, unlike CI: maintainers run it before a release.
check-downloads: install
	$(BIN)/python scripts/check_downloads.py $(if $(SIZES),--sizes)

wheel: install
	$(BIN)/python -m build --wheel

clean:
	rm -rf $(VENV) dist build site .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
