# Each target sets up what it needs, once: the stamps in .setup/ say what .venv holds. Settings of pip (an index, a
# cache, constraints) come from the environment as usual; PYTHON chooses the interpreter.

PYTHON ?= python3
BIN := .venv/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help demo test golden lint bench oracle mutants fuzz clean
.DELETE_ON_ERROR:

help:
	@echo "make demo    build the MLP and ResNet-18 with their diagrams, train both on real digits"
	@echo "make test    the test suite (PYTEST_ARGS=… are passed on)"
	@echo "make lint    ruff and mypy"
	@echo "make golden  rewrite the expected files under tests/"
	@echo "make bench   the measurements that the README quotes"
	@echo "make oracle  the op rules against torch, at a large size (ORACLE_ARGS=…)"
	@echo "make mutants seeded faults in the op rules, each of which the tests must notice (MUTANTS_ARGS=--random 100)"
	@echo "make fuzz    specs by chance for FUZZ_SECONDS=600: no exception, no run past its limits (FUZZ_ARGS=--seed 1)"
	@echo "make clean   remove what the other targets made"

# ---- set-up: venv, then torch and the diagram engine, then the tools; a chain, so that `make -j` runs one pip at a time

.setup/venv:
	@mkdir -p .setup
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "specc needs Python 3.11 or newer: make PYTHON=python3.12 …" >&2; exit 1; }
	@echo "setting up .venv"
	@$(PYTHON) -m venv --clear .venv \
	  || { echo "no venv module: apt install python3-venv, or make PYTHON=…" >&2; exit 1; }
	@touch $@

.setup/torch: .setup/venv pyproject.toml
	@echo "installing specc[torch,render] into .venv (PyTorch is large: minutes, once)"
	@$(PIP_INSTALL) --editable '.[torch,render]'
	@$(BIN)/python -m compileall -q compiler runtime # as pip does for what is not editable: a start takes a third
	@touch $@

.setup/dev: .setup/torch
	@echo "installing the development tools into .venv"
	@$(PIP_INSTALL) --editable '.[dev]'
	@touch $@

# ---- targets

# Digits (scikit-learn's 1,797 handwritten digits) needs no download; ResNet-18 with 16 channels suits a CPU.
RESNET_DEMO := --set params.width=16 --set params.classes=10 --epochs 2 \
  --set 'train.data={dataset: Digits, batch_size: 64, transform: [{op: Resize, size: 32}, RGB]}' \
  --set 'train.optimizer={op: Adam, lr: 1e-3}' --set train.scheduler=null

demo: .setup/torch
	$(BIN)/specc check specs/*.yaml
	$(BIN)/specc build --render specs/mlp.yaml
	$(BIN)/specc build --render specs/resnet18.yaml
	$(BIN)/specc train specs/mlp.yaml >build/mlp/run.json
	$(BIN)/specc train specs/resnet18.yaml $(RESNET_DEMO) >build/resnet18/run.json
	@echo; echo "The generated modules and their diagrams, and what training left; open them:"
	@for name in mlp resnet18; do \
	  run=$$(sed 's/.*"run": "\([^"]*\)".*/\1/' build/$$name/run.json); \
	  for file in build/$$name/model.py build/$$name/graph.svg $$run/samples.png $$run/curves.png $$run/predictions.png; \
	  do echo "  $$file"; done; done

test: .setup/dev
	$(BIN)/python -m pytest -q $(PYTEST_ARGS)

golden: .setup/dev
	$(BIN)/python -m pytest -q tests/ops/test_index.py tests/test_cases.py tests/test_goldens.py tests/ops tests/reference --update

lint: .setup/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .setup/torch
	@$(BIN)/python bench/check.py
	@$(BIN)/python -m bench.memory

oracle: .setup/dev
	$(BIN)/python -m tests.oracle --configurations 500 $(ORACLE_ARGS)

mutants: .setup/dev
	$(BIN)/python -m tests.mutants $(MUTANTS_ARGS)

fuzz: .setup/dev
	$(BIN)/python -m tests.fuzz $(FUZZ_ARGS)

clean:
	rm -rf .venv .setup .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
