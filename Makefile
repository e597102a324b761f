# Every target sets up what it needs and may be run again at any time. `make` alone shows them.
SHELL := bash
# Make 3.81, which macOS comes with, knows no .SHELLFLAGS: a recipe of several commands says so itself.
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory

FITS := import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do $$p -c '$(FITS)' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
COGGED := README.md docs/cli.md docs/reference.md
PYTHON_READY := $(VENV)/.ready
NODE_READY := node_modules/.ready

# jsii tells at every start that Node 20 is old; it works with it.
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20
export VIRTUAL_ENV := $(CURDIR)/$(VENV)
export PIPENV_VERBOSITY := -1
export CHECKPOINT_DISABLE := 1
# Terraform and its provider are written in Go: fewer collections of garbage take a third off their CPU time.
export GOGC ?= 400
export GOMEMLIMIT ?= 1GiB
# Bytecode is kept, whatever an image for containers says: the tests start hundreds of processes.
unexport PYTHONDONTWRITEBYTECODE

WORKERS ?= $(shell getconf _NPROCESSORS_ONLN)

.PHONY: help setup synth rehearse drill rehearse-down test test-fast test-e2e pictures check bench-synth compat format lock docs clean

help: ## Show what can be made
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(PYTHON_READY) $(NODE_READY) ## Install everything that is pinned: Python packages into .venv, cdktf-cli into node_modules

synth: $(PYTHON_READY) need-node ## Write the Terraform JSON to cdktf.out/stacks/warm-standby/cdk.tf.json
	@$(BIN)/python main.py
	@echo cdktf.out/stacks/warm-standby/cdk.tf.json

rehearse: $(PYTHON_READY) need-node need-terraform ## Run both regions on this machine: apply, upload, replicate, ingest, ask
	@$(BIN)/standby rehearse up

drill: $(PYTHON_READY) need-node need-terraform ## Run all drill scenarios against the rehearsal and write drill.html
	@$(BIN)/standby rehearse up
	@$(BIN)/standby drill --all --html drill.html

rehearse-down: $(PYTHON_READY) ## End the rehearsal and remove what it made
	@$(BIN)/standby rehearse down

test: test-fast test-e2e ## Run all tests: the fast ones, then the others

test-fast: $(PYTHON_READY) need-node ## Run the tests of logic and of the synthesized stack (seconds)
	@$(BIN)/pytest -m 'not e2e and not programs and not alone' -n $(WORKERS) --dist loadscope --ignore=tests/e2e --ignore=tests/browser

# Side by side first, the longest before the others: a worker for each processor and one more, for whoever applies mostly waits.
# Then, alone, what holds times against a promise, on the rehearsal that was kept.
# Who ends make ends the tests, which take down what they have started; the rehearsal is taken down after them.
test-e2e: $(PYTHON_READY) $(NODE_READY) need-terraform need-chromium ## Run the tests that start programs, and those that apply the stack with real Terraform (minutes)
	@set -euo pipefail; directory="$$(mktemp -d)"; export STANDBY_TEST_REHEARSAL="$$directory/rehearsal"; \
	trap '$(BIN)/standby rehearse --directory "$$STANDBY_TEST_REHEARSAL" down; rm -rf "$$directory"' EXIT; \
	tests=; trap 'kill $$tests; wait $$tests || true; exit 143' TERM; trap 'wait $$tests || true; exit 130' INT; \
	$(BIN)/pytest -m '(e2e or programs) and not alone' -n $$(($(WORKERS) + 1)) --dist loadscope --no-loadscope-reorder & \
	tests=$$!; wait $$tests; \
	$(BIN)/pytest -m alone & tests=$$!; wait $$tests

pictures: $(PYTHON_READY) $(NODE_READY) need-terraform need-chromium ## Take the pictures of the page in docs/pictures anew
	@STANDBY_PICTURES=docs/pictures $(BIN)/pytest tests/browser/test_states.py

check: $(PYTHON_READY) need-node ## Check style, types, lock files and generated docs; changes nothing
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/pipenv verify
	@! grep -n '"url":' Pipfile.lock && ! grep -n '"resolved":' package-lock.json || \
	  { echo 'A lock file names a registry: make lock' >&2; exit 1; }
	@$(BIN)/cog --check $(COGGED)

bench-synth: $(PYTHON_READY) need-node ## Measure synth: stock bindings, lazy ones, and the bare floor; draw bench/synth/synth.svg (a quarter of an hour)
	@$(BIN)/python -m bench.synth --svg bench/synth/synth.svg

compat: $(PYTHON_READY) need-node ## Prove lazy bindings with newer providers and with CDK Terrain, each in its own environment
	@$(BIN)/python -m bench.synth.compat

format: $(PYTHON_READY) ## Format the code and mend what ruff can mend
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

docs: $(PYTHON_READY) need-node ## Write the generated parts of the docs anew
	@$(BIN)/cog -r $(COGGED)

lock: $(PYTHON_READY) ## Lock the pinned dependencies anew, without any registry's address
	@$(BIN)/pipenv lock --dev
	@$(BIN)/python -c 'import json, pathlib; p = pathlib.Path("Pipfile.lock"); d = json.loads(p.read_text()); d["_meta"]["sources"] = []; p.write_text(json.dumps(d, indent=4, sort_keys=True) + "\n")'
	@npm install --package-lock-only --ignore-scripts

clean: rehearse-down ## End the rehearsal and remove what make made
	@rm -rf $(VENV) node_modules cdktf.out

# --- what the targets need ---------------------------------------------------------------------------------------------

$(PYTHON_READY): Pipfile.lock pyproject.toml | need-python
	@test -x $(BIN)/pip || $(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check "pipenv==$$(sed -nE 's/^pipenv = "==(.*)"/\1/p' Pipfile)"
	@$(BIN)/pipenv sync --dev --extra-pip-args=--no-compile
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(NODE_READY): package-lock.json | need-node
	@npm ci --loglevel=error
	@touch $@

.PHONY: need-python need-node need-terraform need-chromium
need-python:
	@test -n '$(PYTHON)' && $(PYTHON) -c '$(FITS)' 2>/dev/null || \
	  { echo 'Python 3.11 to 3.13 with its venv is needed and was not found: apt install python3 python3-venv, or see python.org/downloads; PYTHON=/path/to/python names one.' >&2; exit 3; }

need-node:
	@node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 20 ? 1 : 0)' 2>/dev/null || \
	  { echo 'Node.js 20 or newer is needed and was not found: see nodejs.org/en/download.' >&2; exit 3; }

need-terraform:
	@terraform version >/dev/null 2>&1 || \
	  { echo 'Terraform 1.10 or newer (below 2) is needed and was not found: see developer.hashicorp.com/terraform/install.' >&2; exit 3; }

# In CI (the variable `CI` is set), as root and with apt, it is installed; so is the one without windows, which is faster.
need-chromium:
	@set -euo pipefail; \
	found() { for name in "$$@"; do ! command -v "$$name" >/dev/null || return 0; done; return 1; }; \
	if [ -n "$${CI:-}" ] && [ "$$(id -u)" = 0 ] && found apt-get && ! found chromium-headless-shell; then \
	  export DEBIAN_FRONTEND=noninteractive; \
	  install() { apt-get install -qq --yes --no-install-recommends "$$@" >/dev/null; }; \
	  { apt-get update -qq && { install chromium chromium-headless-shell || install chromium; }; } || true; \
	fi; \
	found chromium chromium-browser google-chrome || \
	  { echo 'Chromium is needed to test the page and was not found: apt install chromium.' >&2; exit 3; }
