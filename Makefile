# Kinora's verbs. Each is complete from a fresh clone: it makes .venv, installs what it needs, and runs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help setup run demo test test-slow conformance check format quality bench screenshots tour translations lock clean

help: ## list the verbs
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

$(STAMP): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Kinora needs Python 3.11 or newer: make PYTHON=python3.11 ..."; exit 1; }
	test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $(STAMP)

setup: $(STAMP) ## make .venv and install everything (tested versions, with hashes)

run: $(STAMP) ## start Kinora (without a screen it says so and points to `make demo`)
	@$(PY) main.py

demo: $(STAMP) ## the main job without a window: read a folder, find moments (FOLDER=... for your own)
	@$(PY) main.py demo $(FOLDER)

test: $(STAMP) ## the default tests
	sh packaging/system-libraries.sh
	$(PY) -m pytest -n auto -m "not slow"

test-slow: $(STAMP) ## the tests that take minutes: kill storms and the like
	sh packaging/system-libraries.sh
	$(PY) -m pytest -n auto --dist loadfile -m slow

conformance: $(STAMP) ## run Vast.ai's own client, in a throw-away environment, against our fake of it (needs the package index)
	$(PY) -m tests.conformance.vast_official

check: $(STAMP) ## format, lint, types, import contracts, architecture
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(PY) -m pytest -q tests/test_architecture.py

format: $(STAMP) ## mend format and imports
	$(BIN)/ruff check --fix --select I .
	$(BIN)/ruff format .

quality: $(STAMP) ## how good the answers are on the real media; writes out/quality.json and a table
	$(PY) -m tests.quality

bench: $(STAMP) ## measure against the targets; writes out/bench.json and a table
	$(PY) -m tests.bench

screenshots: $(STAMP) ## every view in both themes and three sizes into out/screenshots (FOLDER=... to show your own files)
	sh packaging/system-libraries.sh
	QT_QPA_PLATFORM=offscreen $(PY) -m tests.bench.screenshots $(FOLDER)

tour: $(STAMP) ## walk as a new user does and leave the pictures of docs/tour.md in docs/tour
	sh packaging/system-libraries.sh
	KINORA_TOUR=docs/tour $(PY) -m pytest -q tests/end2end/test_tour.py

translations: $(STAMP) ## collect sentences, bring the catalogues up to date, compile them
	$(PY) packaging/translate.py

lock: ## resolve requirements.lock anew from pyproject.toml (needs the network)
	$(PYTHON) packaging/lock.py

clean: ## remove what the verbs made
	rm -rf $(VENV) out build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
