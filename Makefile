# make run and make test need Python 3.11 or newer, pip and make; each sets up what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
PIP := $(PYTHON) -m pip --disable-pip-version-check

# The tests start hundreds of processes: what each of them imports is compiled once.
unexport PYTHONDONTWRITEBYTECODE
# A warning of a library is not a reason to fail; what rnnlab itself warns of has a test.
unexport PYTHONWARNINGS

.PHONY: setup lock run test test-fast pytest check soak fuzz coverage bench clean

setup: $(INSTALLED)

# `--without-pip` and `pip --python` also work where ensurepip is missing (Debian without python3-venv).
$(INSTALLED): pyproject.toml constraints.txt
	@echo "setting up $(VENV) (once: torch is large, usually some minutes)" >&2
	@test -x $(BIN)/python || $(PYTHON) -m venv --without-pip $(VENV)
	@$(PIP) --python $(BIN)/python install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $(INSTALLED)

# Write constraints.txt anew, in a fresh environment: torch as named here, and of all others the newest
# versions that pyproject.toml admits.
TORCH := 2.13.0
lock:
	@rm -rf $(VENV)-lock
	@$(PYTHON) -m venv --without-pip $(VENV)-lock
	@$(PIP) --python $(VENV)-lock/bin/python install --quiet 'torch==$(TORCH)' --editable '.[dev,gpu]'
	@$(PIP) --python $(VENV)-lock/bin/python freeze --exclude-editable > $(VENV)-lock/frozen
	@sed 's/+cpu$$//' $(VENV)-lock/frozen > constraints.txt
	@rm -rf $(VENV)-lock

run: setup
	@if [ -t 1 ]; then $(BIN)/rnnlab; else $(BIN)/rnnlab demo; fi

# Beside each other: the tests wait more than they compute.
test: setup
	@$(MAKE) --no-print-directory --jobs=2 check pytest

test-fast: setup
	$(BIN)/pytest tests/unit tests/contract tests/widgets

pytest: setup
	$(BIN)/pytest

check: setup
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --quiet --check .
	$(BIN)/lint-imports --no-cache
	$(BIN)/mypy

# Which test runs which line, processes that tests start included.
coverage: setup
	@rm -f .coverage .coverage.*
	$(BIN)/pytest --cov --cov-context=test --cov-report=
	@$(BIN)/coverage report --skip-covered --skip-empty

# Takes about an hour; `python -m tests.soak --quick` takes some minutes.
soak: setup
	$(BIN)/python -m tests.soak.native
	$(BIN)/python -m tests.soak

# Two hours over all parsers; MINUTES=20 is enough after a change of one.
MINUTES := 120
fuzz: setup
	@$(PIP) --python $(BIN)/python install --quiet --constraint constraints.txt --editable '.[dev,fuzz]'
	$(BIN)/python -m tests.fuzz --minutes $(MINUTES)

bench: setup
	@for benchmark in tests/benchmarks/[a-z]*.py; do $(BIN)/python $$benchmark || exit 1; done

clean:
	rm -rf $(VENV) $(VENV)-lock dist .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache
