# LawVault: `make demo` and `make test` are all a fresh machine needs (Python 3.11+, make, git).
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
SERVE ?= 1
# For example the smaller CPU build of PyTorch; see pytorch.org/get-started for the addresses.
TORCH_INDEX_URL ?=

.PHONY: help demo test pytest lint bench chaos setup clean
.DEFAULT_GOAL := help

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

setup: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing (some minutes the first time) …"
	@if [ -n "$(TORCH_INDEX_URL)" ]; then \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check \
			--index-url "$(TORCH_INDEX_URL)" "$$(sed -n 's/^ *"\(torch>=[^"]*\)".*/\1/p' pyproject.toml)"; \
	fi
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: setup ## all stages on everyday law, then serve at http://127.0.0.1:8000 (SERVE=0 ends instead)
	@$(BIN)/python -m jobs.pipeline
	@if [ "$(SERVE)" != 0 ]; then exec $(BIN)/python -m jobs.serve; fi

test: setup ## format, lint, types, layers, all tests: under 15 minutes on 2 cores
	@$(MAKE) --no-print-directory -j2 lint pytest

pytest: setup
	@$(BIN)/python -m pytest -q

lint: setup ## ruff and the type checker
	@$(BIN)/ruff format --check -q .
	@$(BIN)/ruff check -q .
	@$(BIN)/mypy

chaos: setup ## all fault drills; seeds are printed, DRILL_SEED=n replays one
	@$(BIN)/python -m pytest -q -m chaos

bench: setup ## all benchmarks but the ten minutes of overload (tests.benchmarks.overload)
	@$(BIN)/python -m tests.benchmarks
	@$(BIN)/python -m tests.benchmarks.batching
	@$(BIN)/python -m tests.benchmarks.growth
	@$(BIN)/python -m jobs.pipeline
	@$(BIN)/python -m tests.benchmarks.serving
	@$(BIN)/python -m tests.benchmarks.writing "$$(ls -dt runs/index-* | head -1)"

clean: ## remove caches and the artifacts in runs/
	rm -rf runs .pytest_cache .mypy_cache .ruff_cache build *.egg-info
