.PHONY: run test check bench soak lock format

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PIP_INSTALL := $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes
# Debian ships venv apart from Python and leaves half an environment behind without it.
MAKE_VENV := $(PYTHON) -m venv --clear $(VENV) || { rm -rf $(VENV); \
	echo "$(PYTHON) cannot make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }

run: $(VENV)/.installed
	$(PY) -m gridmgmt.start

test: $(VENV)/.installed-dev
	$(PY) -m tests.run $(ARGS)

check: $(VENV)/.installed-dev
	$(PY) -m tests.check

bench: $(VENV)/.installed-bench
	$(PY) -m tests.bench

# N histories or SECONDS per database, whichever comes first, then one story of matters of so many
# STEPS; SEED repeats a run.
soak: $(VENV)/.installed-dev
	$(PY) -m tests.faults.soak --histories=$(or $(N),500) --seconds=$(or $(SECONDS),120) $(if $(SEED),--seed=$(SEED))
	MATTER_STEPS=$(or $(STEPS),5000) MATTER_SEEDS=$(or $(SEED),1) $(PY) -m pytest -q -n0 tests/visits/test_matter_machine.py

format: $(VENV)/.installed-dev
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

$(VENV)/.installed: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, and $(PYTHON) is " + sys.version.split()[0] + ". Try: make run PYTHON=python3.12")'
	@echo "Installing what the program needs into $(VENV) (once, about a minute) ..."
	@$(PY) -m pip --version >/dev/null 2>&1 || $(MAKE_VENV)
	@$(PIP_INSTALL) -r requirements.lock
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@echo "Installing what the tests need into $(VENV) (once, about a minute) ..."
	@$(PIP_INSTALL) -r requirements-dev.lock
	@touch $@

$(VENV)/.installed-bench: requirements-bench.lock $(VENV)/.installed-dev
	@echo "Installing what the planner is compared with into $(VENV) (once, about a minute) ..."
	@$(PIP_INSTALL) -r requirements-bench.lock
	@touch $@

# For maintainers: writes the lock files from pyproject.toml.
lock:
	$(PYTHON) -m venv var/lock-venv
	var/lock-venv/bin/pip install --quiet uv
	var/lock-venv/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-header --no-annotate pyproject.toml -o requirements.lock
	var/lock-venv/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-header --no-annotate --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock
	var/lock-venv/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-header --no-annotate --extra bench -c requirements.lock -c requirements-dev.lock pyproject.toml -o requirements-bench.lock
