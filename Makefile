.PHONY: run test check bench lock format

VENV := .venv
PY := $(VENV)/bin/python

run: $(VENV)/.installed
	$(PY) -m gridmgmt.start

test: $(VENV)/.installed-dev
	$(PY) -m tests.run

check: $(VENV)/.installed-dev
	$(PY) -m tests.check

bench: $(VENV)/.installed-dev
	$(PY) -m tests.bench

format: $(VENV)/.installed-dev
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

$(VENV)/.installed: requirements.lock
	test -x $(PY) || python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	touch $@

# For maintainers: writes both lock files from pyproject.toml.
lock:
	python3 -m venv var/lock-venv
	var/lock-venv/bin/pip install --quiet uv
	var/lock-venv/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-header --no-annotate pyproject.toml -o requirements.lock
	var/lock-venv/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-header --no-annotate --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock
