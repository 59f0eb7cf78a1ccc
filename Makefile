# make run and make test need Python 3.11 or newer, pip and make; each sets up what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

# The tests start hundreds of processes: what each of them imports is compiled once.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup run test pytest check bench clean

setup: $(INSTALLED)

# `--without-pip` and `pip --python` also work where ensurepip is missing (Debian without python3-venv).
$(INSTALLED): pyproject.toml
	@echo "setting up $(VENV) (once: torch is large, usually some minutes)" >&2
	@test -x $(BIN)/python || $(PYTHON) -m venv --without-pip $(VENV)
	@$(PYTHON) -m pip --python $(BIN)/python install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $(INSTALLED)

run: setup
	@if [ -t 1 ]; then $(BIN)/rnnlab; else $(BIN)/rnnlab demo; fi

# Beside each other: the tests wait more than they compute.
test: setup
	@$(MAKE) --no-print-directory --jobs=2 check pytest

pytest: setup
	$(BIN)/pytest

check: setup
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --quiet --check .
	$(BIN)/lint-imports --no-cache
	$(BIN)/mypy

bench: setup
	@for benchmark in tests/benchmarks/[a-z]*.py; do $(BIN)/python $$benchmark || exit 1; done

clean:
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache
