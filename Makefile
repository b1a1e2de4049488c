# softreg: `make` alone lists the targets.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SOFTREG := $(BIN)/softreg

.DEFAULT_GOAL := help
.PHONY: help demo test check lint types floors docs write-docs bench coverage matrix torture fuzz mutants determinism clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s  %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# One stamp for each set of packages: a target installs what it needs, once.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "softreg needs Python 3.11 or newer; try make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "Python's venv is missing; on Debian or Ubuntu: apt-get install python3-venv"; exit 1; }

$(VENV)/.installed: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.installed-%: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[$*]'
	@touch $@ $(VENV)/.installed

demo: $(VENV)/.installed  ## train on Iris, predict new flowers, draw the learning curve
	$(SOFTREG) train --config configs/iris.toml --out runs/demo --overwrite
	$(SOFTREG) predict runs/demo datasets/new_flowers.csv --proba -o runs/demo-answers.csv --overwrite
	$(SOFTREG) plot runs/demo -o runs/demo-curves.png --overwrite
	@echo
	@echo; cat runs/demo-answers.csv
	@echo
	@echo "the run       runs/demo               model, history, metrics, predictions"
	@echo "the answers   runs/demo-answers.csv   for datasets/new_flowers.csv"
	@echo "the curve     runs/demo-curves.png"
	@echo "type          $(SOFTREG) --help"

test: $(VENV)/.installed-test  ## run the tests
	$(BIN)/python -m pytest -q -n auto

check: lint types floors docs test  ## lint, types, layer contract, docs up to date, tests

lint: $(VENV)/.installed-check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-check
	$(BIN)/mypy

floors: $(VENV)/.installed-check
	$(BIN)/lint-imports

docs: $(VENV)/.installed  ## check that the generated parts of README and docs are up to date
	$(BIN)/python docs/generate.py --check

write-docs: $(VENV)/.installed  ## generate those parts anew
	$(BIN)/python docs/generate.py

bench: $(VENV)/.installed-test  ## measure softreg against its peers, as ratios
	$(BIN)/python -m benchmarks

coverage: $(VENV)/.installed-check  ## run the tests, and report which lines and branches they never reach
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -q -n auto
	$(BIN)/coverage combine -q
	$(BIN)/coverage report

matrix: $(VENV)/.installed-matrix  ## run the tests with all Pythons and versions of tox.toml; ENVS=py312-highest for one
	$(BIN)/tox run $(if $(ENVS),-e $(ENVS))

KILLS ?= 300
torture: $(VENV)/.installed-test  ## kill softreg at random moments, KILLS=300 times; then every fault at every place
	$(BIN)/python tests/faults/torture.py --kills $(KILLS)
	FAULTS=all $(BIN)/python -m pytest -q -n auto tests/faults

SECONDS ?= 5
fuzz: $(VENV)/.installed-fuzz  ## feed hostile files to softreg; SECONDS=60 of each kind, TARGETS="csv model"
	$(BIN)/python tests/fuzz/driver.py --seconds $(SECONDS) $(TARGETS)

mutants: $(VENV)/.installed-mutants  ## change the source one thing at a time, and see that a test fails; SAMPLE=500 of each room
	CI=1 $(BIN)/mutmut run $(if $(SAMPLE),$$($(BIN)/python tests/mutants.py --sample $(SAMPLE)))
	$(BIN)/python tests/mutants.py

determinism: $(VENV)/.installed-test  ## install twice, and see that all is the same to the byte
	$(BIN)/python tests/determinism.py

clean:  ## remove the environments and caches
	rm -rf .venv .tox .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .fuzz mutants build dist
