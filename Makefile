# Everything runs from a clean clone: the first target that needs it builds .venv from the locks.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Of the test suite, each with a replica set: they wait for it a good part of the time.
PROCESSES ?= 3
IN_THE_SUITE := not alerts and not containers

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(READY): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Dompet needs Python 3.11 or later: install it, or say which with make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV) \
	  || { echo "python3 has no venv module: on Debian and Ubuntu, apt-get install python3-venv"; exit 1; }
	@# The lock is complete. To resolve it once more, pip would want a hash for what another one asks for without its extra.
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: up
up: $(READY) ## start everything: MongoDB, API, watcher; Ctrl-C stops it
	@exec $(BIN)/dompet up

.PHONY: test
# Compiled once, not in each of the hundreds of processes that tests start.
test: export PYTHONDONTWRITEBYTECODE :=
test: $(READY) ## run the whole test suite against real replica sets of its own
	$(BIN)/pytest --numprocesses $(PROCESSES) --dist loadscope --no-loadscope-reorder --continue-on-collection-errors \
	  -m 'not alone and $(IN_THE_SUITE)' --cov=wallet --cov-branch --cov-report=
	$(BIN)/pytest -m 'alone and $(IN_THE_SUITE)' \
	  --cov=wallet --cov-branch --cov-append --cov-report=term:skip-covered --cov-fail-under=95

.PHONY: fuzz
fuzz: $(READY) ## send the API whatever its document allows and forbids; SECONDS=300
	SECONDS=$(or $(SECONDS),300) $(BIN)/pytest -s --timeout 0 tests/fuzz

.PHONY: alerts-test
alerts-test: $(READY) ## every fault and its alert on a real Prometheus; takes ten minutes
	$(BIN)/pytest -m alerts -s tests/deploy

.PHONY: check
check: $(READY) ## format, lint, types, import rules, known weaknesses
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bandit --quiet --recursive service wallet watcher telemetry
	$(BIN)/python -m grafana --check

.PHONY: dashboards
dashboards: $(READY) ## make the dashboards and rules in grafana/ again
	$(BIN)/python -m grafana

.PHONY: format
format: $(READY) ## format the code and apply the safe fixes
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: bench
bench: $(READY) ## measure everything; writes bench/results/latest.json
	$(BIN)/python -m bench

.PHONY: bench-quick
bench-quick: $(READY) ## the same in two minutes, on smaller sizes
	$(BIN)/python -m bench --quick

.PHONY: chaos
chaos: $(READY) ## torment a whole stage: make chaos SEED=7 RUNS=30 SECONDS=120 FAULTS=mixed PARALLEL=2
	$(BIN)/python -m tests.chaos $(if $(SEED),--seed $(SEED)) $(if $(RUNS),--runs $(RUNS)) \
	  $(if $(SECONDS),--seconds $(SECONDS)) $(if $(FAULTS),--faults $(FAULTS)) \
	  $(if $(PARALLEL),--parallel $(PARALLEL)) $(if $(PLANT),--plant $(PLANT)) $(if $(KEEP),--keep)

.PHONY: chaos-quick
chaos-quick: $(READY) ## two minutes of the same: a known seed and a new one
	$(BIN)/python -m tests.chaos --seed 1 --seconds 60 --lenient
	$(BIN)/python -m tests.chaos --seconds 60 --lenient

.PHONY: chaos-plants
chaos-plants: $(READY) ## plant each known bug in a stage, and see which checker finds it: make chaos-plants PLANT=B4
	$(BIN)/python -m tests.chaos.plants $(PLANT) $(if $(SEED),--seed $(SEED)) $(if $(PARALLEL),--parallel $(PARALLEL))

.PHONY: example-data
example-data: $(READY) ## make example_data/ again, always the same
	$(BIN)/python example_data/generate.py

.PHONY: lock
lock: $(READY) ## resolve the dependencies again and write requirements/
	$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-annotate --no-header --no-strip-extras --universal \
	  --python-version 3.11 pyproject.toml --output-file requirements/runtime.txt
	$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-annotate --no-header --no-strip-extras --universal \
	  --python-version 3.11 --group dev pyproject.toml --output-file requirements/dev.txt
	$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-annotate --no-header --no-strip-extras --universal \
	  --python-version 3.11 --group build --output-file requirements/build.txt

.PHONY: deploy-test
deploy-test: $(READY) ## build the image, run a cluster and its faults in containers
	$(BIN)/pytest -m containers -s tests/deploy

.PHONY: simulate
simulate: $(READY) ## thousands of simulated worlds a minute, full of faults; SECONDS=60, or SEED= to replay one
	$(BIN)/python -m tests.simulation $(if $(SEED),--seed $(SEED),--seconds $(or $(SECONDS),60))
