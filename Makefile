# Ringi's tasks. `make` prints this help; every target does its own set-up.
PYTHON ?= python3
PYTEST_ARGS ?=
DEMO_DIR ?= demo
EVENTS ?= 100000
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help demo test test-fast lint format accept bench lock clean

help: ## Print this help
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(READY): requirements.lock pyproject.toml scripts/setup.sh
	@PYTHON="$(PYTHON)" sh scripts/setup.sh

demo: $(READY) ## Make a demo lake in ./demo: land, approve, compute, publish, query
	@$(BIN)/ringi demo --dir $(DEMO_DIR) --events $(EVENTS) --replace

test: $(READY) lint ## Every check: lint, types, layers, all tests
	@$(BIN)/python -m pytest -n 2 --dist loadgroup $(PYTEST_ARGS)

test-fast: $(READY) ## The quick tests only, under a minute
	@$(BIN)/python -m pytest -n 2 -m "not slow" $(PYTEST_ARGS)

lint: $(READY) ## ruff, mypy --strict, import-linter
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

format: $(READY) ## Format the code
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

accept: $(READY) ## Black-box acceptance of ../shared/acceptance against the built command
	@RINGI=$(CURDIR)/$(BIN)/ringi $(BIN)/python -m pytest ../shared/acceptance -q -p no:cacheprovider $(PYTEST_ARGS)

bench: $(READY) ## Ratios against hand-written floors and peers; writes what it measured to the terminal
	@$(BIN)/python -m tests.bench.run_all

lock: $(READY) ## Resolve the dependencies again into requirements.lock
	@$(BIN)/uv pip compile --universal --generate-hashes --no-header --group dev pyproject.toml -o requirements.lock --upgrade

clean: ## Remove the environment and the demo lake
	@rm -rf $(VENV) $(DEMO_DIR)
