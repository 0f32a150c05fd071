# Ringi's tasks. `make` prints this help; every target does its own set-up.
PYTHON ?= python3
PYTEST_ARGS ?=
DEMO_DIR ?= demo
EVENTS ?= 100000
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
LAB := $(VENV)/.ready-lab

# Continuous integration must run the lab; elsewhere a test of the lab that cannot run is skipped, and says why.
ifdef CI
export RINGI_LAB ?= required
endif

.DEFAULT_GOAL := help
.PHONY: help demo demo-spark test test-fast lab lint format accept bench bench-spark lock clean

help: ## Print this help
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(READY): requirements.lock pyproject.toml scripts/setup.sh
	@PYTHON="$(PYTHON)" sh scripts/setup.sh

$(LAB): requirements-lab.lock pyproject.toml scripts/setup.sh
	@PYTHON="$(PYTHON)" sh scripts/setup.sh lab

demo: $(READY) ## Make a demo lake in ./demo: land, approve, compute, publish, query
	@$(BIN)/ringi demo --dir $(DEMO_DIR) --events $(EVENTS) --replace

demo-spark: $(LAB) ## The same demo landed and computed by Spark (needs a JDK, installed where allowed)
	@$(BIN)/ringi demo --dir $(DEMO_DIR) --events $(EVENTS) --replace --engine spark

test: $(LAB) lint ## Every check: lint, types, layers, all tests
	@$(BIN)/python -m pytest -n 2 --dist loadgroup $(PYTEST_ARGS)

lab: $(LAB) ## Only the tests of real servers and engines, see docs/lab.md
	@$(BIN)/python -m pytest tests/lab $(PYTEST_ARGS)

test-fast: $(LAB) ## The quick tests only, under a minute
	@$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not slow" $(PYTEST_ARGS)

lint: $(LAB) ## ruff, mypy --strict (tests and scripts too), import-linter
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

format: $(LAB) ## Format the code
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

accept: $(READY) ## Black-box acceptance of ../shared/acceptance against the built command
	@RINGI=$(CURDIR)/$(BIN)/ringi $(BIN)/python -m pytest ../shared/acceptance -q -p no:cacheprovider $(PYTEST_ARGS)

bench: $(READY) ## Ratios against hand-written floors and peers; writes what it measured to the terminal
	@$(BIN)/python -m tests.bench.run_all

bench-spark: $(LAB) ## The same for Spark: facts, landing, streaming, growth
	@$(BIN)/python -m tests.bench.bench_spark
	@$(BIN)/python -m tests.bench.bench_spark_land
	@$(BIN)/python -m tests.bench.bench_growth --engine spark --events 100000

lock: $(READY) ## Resolve the dependencies again into both lock files
	@$(BIN)/uv pip compile --universal --generate-hashes --no-header --group dev pyproject.toml -o requirements.lock --upgrade
	@cp requirements.lock requirements-lab.lock
	@$(BIN)/uv pip compile --universal --generate-hashes --no-header --group dev --group lab --all-extras -c requirements.lock pyproject.toml -o requirements-lab.lock

clean: ## Remove the environment and the demo lake
	@rm -rf $(VENV) $(DEMO_DIR)
