# Every task of the project. `make` alone lists them.
# Needs GNU make, git and Python 3.11 or later; everything else goes into .venv and .tools.

VENV  := .venv
BIN   := $(VENV)/bin
TOOLS := .tools/bin
# The interpreter the environment is made with; empty: the first that fits.
PYTHON ?=
SPECS := $(filter-out spec/_%,$(sort $(wildcard spec/*.py)))
OURS  := generator spec service tests tools
PIP   := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
# What `make serve` runs, and where; without a port each service takes its own: 8000, Snakepit 8100.
SERVICE ?= cad_ml_platform
HOST    ?= 127.0.0.1
PORT    ?=
# Options of the audit, such as --offline or --json.
AUDIT   ?=
# Options of the drill, such as --only service-killed or --speed 1.
DRILL   ?=
# Options of the query cost in `make bench`, such as --instances 200 or --panels.
QUERIES ?=
# How often `make explore` draws.
ROUNDS  ?= 10
# Options of the stack, such as --interval 1s or --prometheus-port 0.
STACK   ?=

SELF_CHECK = SELF_CHECK_DRIVE="$${SELF_CHECK_DRIVE:-POST /api/v1/compare}" $(BIN)/promspec self-check \
    spec/$(SERVICE).py $(if $(SELF_CHECK_BASE_URL),,--app service.$(SERVICE).app:create_app)

export PATH := $(CURDIR)/$(TOOLS):$(PATH)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help generate check test test-fast explore lint format typecheck serve bench self-check self-check-strict \
        observability-up observability-status observability-down drill security-audit tools constraints clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-21s %s\n", $$1, $$2 }' Makefile

generate: $(VENV)/.base ## Generate output/ from every spec
	@set -e; for spec in $(SPECS); do $(BIN)/promspec generate "$$spec"; done

check: $(VENV)/.base ## Check every spec, and that output/ is what it generates
	@set -e; for spec in $(SPECS); do $(BIN)/promspec check "$$spec"; $(BIN)/promspec generate --check "$$spec"; done

test: $(VENV)/.dev tools ## Run all tests
	@$(BIN)/python -m pytest -q -n 2

test-fast: $(VENV)/.dev tools ## Run the tests that take less than a second each
	@$(BIN)/python -m pytest -q -n 2 -m "not slow"

explore: $(VENV)/.dev tools ## Run the property tests with other examples each time (ROUNDS=10)
	@set -e; for round in $$(seq $(ROUNDS)); do \
	    $(BIN)/python -m pytest -q -n 2 -m hypothesis --hypothesis-profile=explore; done

lint: $(VENV)/.dev ## Check style and format; change nothing
	@$(BIN)/ruff check $(OURS) output
	@$(BIN)/ruff format --check $(OURS) output

format: $(VENV)/.dev ## Fix style and format (output/ is generated, and left alone)
	@$(BIN)/ruff check --fix $(OURS)
	@$(BIN)/ruff format $(OURS)

typecheck: $(VENV)/.dev ## Check types, strictly
	@$(BIN)/mypy

serve: $(VENV)/.dev ## Run a service (SERVICE=cad_ml_platform or snakepit, HOST=127.0.0.1, PORT=)
	@HOST=$(HOST) SNAKEPIT_HOST=$(HOST) $(if $(PORT),PORT=$(PORT) SNAKEPIT_PORT=$(PORT)) \
	    $(BIN)/python -m service.$(SERVICE)

bench: $(VENV)/.bench tools ## Time the generator and what it generates, beside its peers; count lines and rules
	@$(BIN)/python tools/bench.py
	@$(BIN)/python tools/bench_instrumentation.py
	@$(BIN)/python tools/bench_slos.py
	@$(BIN)/python tools/bench_queries.py $(QUERIES)
	@$(BIN)/python tools/bench_lint.py
	@$(BIN)/python tools/sizes.py

observability-up: $(VENV)/.dev $(if $(findstring --docker,$(STACK)),,tools) ## Run SERVICE with Prometheus, Alertmanager and a pager (STACK=--docker: Grafana too)
	@$(BIN)/promspec stack up spec/$(SERVICE).py --service "$(BIN)/python -m service.$(SERVICE)" --host $(HOST) \
	    --env HOST={host} --env PORT={port} --env SNAKEPIT_HOST={host} --env SNAKEPIT_PORT={port} \
	    $(if $(PORT),--service-port $(PORT)) $(STACK)

observability-status: $(VENV)/.base ## Show what runs of it, its targets, and what fires
	@$(BIN)/promspec stack status spec/$(SERVICE).py

observability-down: $(VENV)/.base ## End all of it
	@$(BIN)/promspec stack down spec/$(SERVICE).py

drill: $(VENV)/.dev tools ## Make SERVICE fail, and see who is told when (DRILL=options such as --only provider-outage)
	@$(BIN)/promspec drill spec/$(SERVICE).py --drills tests/drilling/$(SERVICE).py $(DRILL)

security-audit: $(VENV)/.dev ## Look for exposed secrets, holes in dependencies and dangerous code (AUDIT=--offline)
	@$(BIN)/python tools/security_audit.py $(AUDIT)

self-check: $(VENV)/.dev ## Check a service against its spec: in this process, or SELF_CHECK_BASE_URL=
	@$(SELF_CHECK)

self-check-strict: $(VENV)/.dev ## The same, and nothing may be exposed that is not declared
	@$(SELF_CHECK) --strict

tools: ## Put promtool, prometheus, amtool, alertmanager, vmalert and a Chromium for the tests into .tools/bin
	@tools/install-tools
	@tools/install-chromium

constraints: ## Renew constraints.txt from the newest releases
	@tools/renew-constraints $(PYTHON)

clean: ## Delete everything that can be made again, except output/
	@rm -rf $(VENV) .tools .bench build dist generator/*.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find $(OURS) output -type d -name __pycache__ -prune -exec rm -rf {} +

# With `make -j generate test`, whoever reads output/ waits for whoever writes it.
ifneq ($(filter generate,$(MAKECMDGOALS)),)
check test test-fast lint typecheck serve bench self-check self-check-strict: | generate
endif

# A usable environment is kept; a broken or half-made one is replaced.
$(VENV)/.made:
	@$(BIN)/python -c 'import sys; assert sys.version_info >= (3, 11); import pip' 2>/dev/null || { \
	    python=$$(tools/find-python $(PYTHON)) && "$$python" -m venv --clear $(VENV); }
	@touch $@

# The build backend is installed first, pinned like the rest, so that pip fetches nothing of its own choice.
$(VENV)/.base: pyproject.toml constraints.txt | $(VENV)/.made
	@echo "Installing promspec into $(VENV)"
	@$(PIP) setuptools
	@$(PIP) --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/.base
	@echo "Installing the development tools into $(VENV)"
	@$(PIP) --no-build-isolation --editable '.[dev]'
	@touch $@

$(VENV)/.bench: $(VENV)/.dev
	@echo "Installing the peers that are measured"
	@$(PIP) --no-build-isolation --editable '.[bench]'
	@touch $@
