# Every target sets up what it needs and may be run again at any time. `make` alone shows them.
SHELL := bash
# Make 3.81, which macOS ships, ignores .SHELLFLAGS: a recipe of several commands sets them itself.
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory

FITS := import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do $$p -c '$(FITS)' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
COGGED := README.md docs/cli.md docs/reference.md
SOURCES := standby constructs lambda_src bench docs tests
PYTHON_READY := $(VENV)/.ready
NODE_READY := node_modules/.ready
LINTERS := .venv-linters
LINTERS_READY := $(LINTERS)/.ready

# jsii warns at every start that Node 20 is old. It works with Node 20.
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20
export VIRTUAL_ENV := $(CURDIR)/$(VENV)
export PIPENV_VERBOSITY := -1
export CHECKPOINT_DISABLE := 1
# Terraform and its provider are written in Go: fewer garbage collections save a third of their CPU time.
export GOGC ?= 400
export GOMEMLIMIT ?= 1GiB
# Bytecode is kept, also where a container image disables it: the tests start hundreds of processes.
unexport PYTHONDONTWRITEBYTECODE

WORKERS ?= $(shell getconf _NPROCESSORS_ONLN)

.PHONY: help setup synth rehearse drill rehearse-down test test-fast test-e2e pictures check check-stack bench-synth bench-apply compat format lock docs clean

help: ## List the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(PYTHON_READY) $(NODE_READY) ## Install everything that is pinned: Python packages into .venv, cdktf-cli into node_modules

synth: $(PYTHON_READY) need-node ## Write the Terraform JSON to cdktf.out/stacks/warm-standby/cdk.tf.json
	@CDKTF_OUTDIR="$${CDKTF_OUTPUT:-cdktf.out}" $(BIN)/python main.py
	@echo "$${CDKTF_OUTPUT:-cdktf.out}/stacks/warm-standby/cdk.tf.json"

rehearse: $(PYTHON_READY) need-node need-terraform ## Run both regions on this machine: apply, upload, replicate, ingest, ask
	@$(BIN)/standby rehearse up

drill: $(PYTHON_READY) need-node need-terraform ## Run all drill scenarios against the rehearsal and write drill.html
	@$(BIN)/standby rehearse up
	@$(BIN)/standby drill --all --html drill.html

rehearse-down: $(PYTHON_READY) ## End the rehearsal and remove its files
	@$(BIN)/standby rehearse down

test: test-fast test-e2e ## Run all tests: the fast ones first

test-fast: $(PYTHON_READY) need-node ## Run the tests of the logic and of the synthesized stack (seconds)
	@$(BIN)/pytest -m 'not e2e and not programs and not alone' -n $(WORKERS) --dist loadscope --ignore=tests/e2e --ignore=tests/browser

# First the parallel tests, the longest before the others: one worker more than processors, because an apply mostly waits.
# Then the tests that check times, with nothing else running, on the same rehearsal.
# On Ctrl-C or SIGTERM: stop the tests, let their fixtures clean up, then remove the shared rehearsal.
test-e2e: $(PYTHON_READY) $(NODE_READY) need-terraform need-chromium ## Run the tests that start programs or apply the stack with real Terraform (minutes)
	@set -euo pipefail; directory="$$(mktemp -d)"; export STANDBY_TEST_REHEARSAL="$$directory/rehearsal"; \
	trap '$(BIN)/standby rehearse --directory "$$STANDBY_TEST_REHEARSAL" down; rm -rf "$$directory"' EXIT; \
	tests=; trap 'kill $$tests; wait $$tests || true; exit 143' TERM; trap 'wait $$tests || true; exit 130' INT; \
	$(BIN)/pytest -m '(e2e or programs) and not alone' -n $$(($(WORKERS) + 1)) --dist loadscope --no-loadscope-reorder & \
	tests=$$!; wait $$tests; \
	$(BIN)/pytest -m alone & tests=$$!; wait $$tests

pictures: $(PYTHON_READY) $(NODE_READY) need-terraform need-chromium ## Take the pictures of the page in docs/pictures again
	@STANDBY_PICTURES=docs/pictures $(BIN)/pytest tests/browser/test_states.py

check: check-stack $(PYTHON_READY) need-node ## Check style, types, layers, spelling, lock files and generated docs; change nothing
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@PYTHONPATH=.:constructs:lambda_src $(BIN)/lint-imports --no-cache --no-logo
	@$(BIN)/codespell
	@find $(SOURCES) -name '*.py' ! -name '__init__.py' -exec dirname {} + | sort | uniq -c | \
	  awk '$$1 > 15 { print "More than 15 modules in a folder: " $$2; found = 1 } END { exit found }' >&2
	@find $(SOURCES) -name '*.py' -exec wc -l {} + | \
	  awk '$$1 > 400 && $$2 != "total" { print "A module of more than 400 lines: " $$2; found = 1 } END { exit found }' >&2
	@! find $(SOURCES) -name '*ing.py' | grep . >&2 || { echo 'A module is named after an activity: use a noun.' >&2; exit 1; }
	@$(BIN)/pipenv verify
	@! grep -n '"url":' Pipfile.lock && ! grep -n '"resolved":' package-lock.json || \
	  { echo 'A lock file names a registry: make lock' >&2; exit 1; }
	@$(BIN)/cog --check $(COGGED)

check-stack: $(PYTHON_READY) $(LINTERS_READY) need-node ## Lint the synthesized stack and its IAM policies: checkov, cfn-lint, parliament
	@set -euo pipefail; directory="$$(mktemp -d)"; trap 'rm -rf "$$directory"' EXIT; \
	$(BIN)/python -m tests.linters.stacks "$$directory"; \
	$(LINTERS)/bin/python -W ignore -m tests.linters.lint "$$directory"

bench-synth: $(PYTHON_READY) need-node ## Measure synth with stock bindings, with lazy ones, and its lower bound; draw bench/synth/synth.svg (15 minutes)
	@$(BIN)/python -m bench.synth --svg bench/synth/synth.svg

bench-apply: $(PYTHON_READY) need-node need-terraform ## Measure what the checks of requests add to an apply of the rehearsal (10 minutes)
	@$(BIN)/python -m bench.apply

compat: $(PYTHON_READY) need-node ## Test lazy bindings with newer providers and with CDK Terrain, each in its own environment
	@$(BIN)/python -m bench.synth.compat

format: $(PYTHON_READY) ## Format the code and fix what ruff can fix
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

docs: $(PYTHON_READY) need-node ## Write the generated parts of the docs again
	@$(BIN)/cog -r $(COGGED)

lock: $(PYTHON_READY) ## Lock the pinned dependencies again, without the address of a registry
	@$(BIN)/pipenv lock --dev
	@$(BIN)/python -c 'import json, pathlib; p = pathlib.Path("Pipfile.lock"); d = json.loads(p.read_text()); d["_meta"]["sources"] = []; p.write_text(json.dumps(d, indent=4, sort_keys=True) + "\n")'
	@npm install --package-lock-only --ignore-scripts

clean: rehearse-down ## End the rehearsal and remove everything that make installed
	@rm -rf $(VENV) $(LINTERS) node_modules cdktf.out cdktf.out.*

# --- requirements of the targets ---------------------------------------------------------------------------------------------

$(PYTHON_READY): Pipfile.lock pyproject.toml | need-python
	@test -x $(BIN)/pip || $(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check "pipenv==$$(sed -nE 's/^pipenv = "==(.*)"/\1/p' Pipfile)"
	@$(BIN)/pipenv sync --dev --extra-pip-args=--no-compile
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# Checkov pins older versions of our own packages, so the linters have an environment of their own.
$(LINTERS_READY): tests/linters/requirements.txt | need-python
	@test -x $(LINTERS)/bin/pip || $(PYTHON) -m venv --clear $(LINTERS)
	@$(LINTERS)/bin/pip install --quiet --disable-pip-version-check --no-compile --require-hashes --no-deps -r $<
	@touch $@

$(NODE_READY): package-lock.json | need-node
	@npm ci --ignore-scripts --loglevel=error
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

# In CI (the variable `CI` is set), as root and with apt, Chromium is installed, and the headless shell, which is faster.
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
