# Git, make, Python 3.11 and its pip are all that a machine needs; the rest is installed below .venv from the lock files. What is
# written for browsers comes from npm into api/console/node_modules, by the machine's own npm or else by one that pip brings.

# The distribution's own Python comes first where it has pip: it is built with every optimisation, what a version manager compiles mostly is
# not, and the service up to a tenth slower then.
PYTHON ?= $(shell for each in /usr/bin/python3.11 python3.11 python3; do if $$each -m pip --version >/dev/null 2>&1; then echo $$each; exit; fi; done; echo python3)
VENV := .venv
BIN := $(VENV)/bin
CONSOLE := api/console
NPM := $(shell command -v npm)
JOBS ?= 2
SECONDS ?= 45
SEED ?= 1
QUICK ?=

# Wheels only: no compiler is asked for. The hashes of the lock file decide what may be installed, whatever the index.
# The machine's own pip fills the environment, so that not even ensurepip (which Debian packs apart) is needed.
PIP = $(PYTHON) -m pip --python $(BIN)/python install -qq --no-input --disable-pip-version-check
LOCKED := --require-hashes --only-binary :all:

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help run test assets check format bench storm prove docs lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/run.stamp ## Set everything up, with the shipped processes and a demo, and serve on http://127.0.0.1:8000
	@$(MAKE) --no-print-directory assets || echo "Going on without pictures: they are drawn once 'make assets' succeeds."
	@$(BIN)/yishi init --demo
	@exec $(BIN)/yishi serve

test: check assets ## Check the code, then run every test on SQLite and on a real PostgreSQL (JOBS=2 at a time, ARGS= for pytest)
	@$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(ARGS)

assets: $(CONSOLE)/node_modules/assets.stamp ## Install what pictures are drawn with (elkjs, from npm)

check: $(VENV)/dev.stamp ## Check format, style, types and the direction of imports
	@$(BIN)/ruff format --check
	@$(BIN)/ruff check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(VENV)/dev.stamp ## Bring the code into the common form and mend what can be mended by itself
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

bench: $(VENV)/dev.stamp ## Measure against the floor, the bare program and the peers (QUICK=1 the main ratios only)
	@$(BIN)/python -m tests.bench $(if $(QUICK),--quick)

storm: $(VENV)/dev.stamp ## Kill the server under load and count what was lost (SECONDS=45 SEED=1)
	@$(BIN)/python -m tests.storm --seconds $(SECONDS) --seed $(SEED)

prove: $(VENV)/dev.stamp ## Run the long proofs in full, resumable, results below var/prove
	@$(BIN)/python -m tests.prove

docs: $(VENV)/dev.stamp ## Check that the documentation is true: links, commands, settings, examples
	@$(BIN)/python -m pytest tests/docs

lock: ## Resolve the dependencies anew into the lock files (needs uv and npm; UPGRADE=1 takes the newest)
	@uv pip compile -q $(if $(UPGRADE),--upgrade) pyproject.toml --group build -o requirements.lock
	@uv pip compile -q $(if $(UPGRADE),--upgrade) pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
	@uv pip compile -q $(if $(UPGRADE),--upgrade) --group pyproject.toml:node -o requirements-node.lock
	@npm --prefix $(CONSOLE) $(if $(UPGRADE),update --save,install) --package-lock-only

clean: ## Remove what make and the tools have made; the data below var stays
	@rm -rf $(VENV) $(CONSOLE)/node_modules dist .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache .schemathesis
	@find engine api tests -type d -name __pycache__ -prune -exec rm -rf {} +

$(VENV)/python.stamp:
	@echo "Making the environment $(VENV) with $$($(PYTHON) --version) ..."
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "expected Python 3.11 or newer, found " + sys.version.split()[0] + "; say which: make PYTHON=/path/to/python3.11")'
	@$(PYTHON) -m venv --clear --without-pip $(VENV)
	@touch $@

$(VENV)/run.stamp: requirements.lock pyproject.toml $(VENV)/python.stamp
	@echo "Installing what the service needs ..."
	@$(PIP) $(LOCKED) -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock $(VENV)/run.stamp
	@echo "Installing what the checks and tests need ..."
	@$(PIP) $(LOCKED) -r requirements-dev.lock
	@touch $@

# An npm from pip looks for its Node on the path.
$(CONSOLE)/node_modules/assets.stamp: $(CONSOLE)/package.json $(CONSOLE)/package-lock.json requirements-node.lock $(if $(NPM),,$(VENV)/python.stamp)
	@echo "Installing what pictures are drawn with ..."
ifeq ($(NPM),)
	@$(PIP) $(LOCKED) -r requirements-node.lock
endif
	@PATH="$(if $(NPM),,$(abspath $(BIN)):)$$PATH" npm --prefix $(CONSOLE) ci --silent
	@touch $@
