# make run     set up, then serve the product with demonstration data on embedded SQLite
# make test    set up, then run every test
# make help    the other commands
#
# Needed beforehand: Python 3.11 or newer, Node 20 or newer, make, git. Everything else goes into .venv and
# engine/web/frontend/node_modules. A finished step leaves a stamp named after the content it was made from,
# so the second run does nothing that is still right.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules
unexport PYTHONDONTWRITEBYTECODE # compiled once is enough: commands, nodes and tests start sooner

BIN := .venv/bin
FRONTEND := engine/web/frontend
VENDOR := engine/web/static/vendor
TRANSLATIONS := engine/web/translations
DATABASES ?= sqlite postgresql
# One more than there are processors: a worker waits for Chromium and the databases a third of its time.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
BENCHES ?= step http tick simulate design rehearsal

key = $(shell cat $(1) /dev/null | cksum | tr ' ' -)
missing = $(filter-out $(wildcard $(1)),$(1))

PYTHON_FILES := pyproject.toml constraints.txt
FRONTEND_FILES := $(FRONTEND)/.npmrc $(wildcard $(FRONTEND)/*.* $(foreach part,editor tables,$(FRONTEND)/$(part)/*.* $(FRONTEND)/$(part)/words/*.*))
PO_FILES := $(wildcard $(TRANSLATIONS)/*/LC_MESSAGES/*.po)
MO_FILES := $(PO_FILES:.po=.mo)

# A virtual environment does not survive being moved, so it knows its folder.
VENV := .venv/made-in-$(shell printf '%s' "$(CURDIR)" | cksum | cut -d ' ' -f 1)
RUN_STAMP := .stamps/run-$(call key,$(PYTHON_FILES))
TEST_STAMP := .stamps/test-$(call key,$(PYTHON_FILES))
WEB_STAMP := .stamps/web-$(call key,$(FRONTEND_FILES))
WORDS_STAMP := .stamps/words-$(call key,$(PO_FILES))

.PHONY: help setup run test lint types contracts check prove bench constraints clean

help:
	@echo 'make run          set up and serve the product with demonstration data'
	@echo 'make test         set up and run every test; PYTEST_ARGS="-k deadline" narrows it'
	@echo 'make setup        only prepare .venv (with the maplebridge command) and the front end'
	@echo 'make lint         style        make types      types        make contracts  who may import whom'
	@echo 'make check        lint, types, contracts and test'
	@echo 'make prove        crash and race harnesses (minutes)      make bench      figures'
	@echo 'make constraints  refresh the tested versions (needs uv)  make clean      remove all that was set up'

setup: $(RUN_STAMP) $(WEB_STAMP) $(WORDS_STAMP)

run: setup
	@exec $(BIN)/maplebridge serve --demo $(SERVE_ARGS)

test: export PYTHONDONTWRITEBYTECODE =# workers and the commands they start compile once, and the next run not at all
test: setup $(TEST_STAMP)
	@.ci/chromium
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(PYTEST_ARGS)

lint: $(TEST_STAMP)
	$(BIN)/ruff check .

types: $(TEST_STAMP)
	$(BIN)/mypy

contracts: $(TEST_STAMP)
	$(BIN)/lint-imports

check: lint types contracts test

prove: setup $(TEST_STAMP)
	@for database in $(DATABASES); do echo "== $$database"; \
	  $(BIN)/python -m bench.prove.kill --database $$database; \
	  $(BIN)/python -m bench.prove.kill --database $$database --faults; \
	  $(BIN)/python -m bench.prove.race --database $$database; \
	  $(BIN)/python -m bench.prove.replica --database $$database; \
	  $(BIN)/python -m bench.prove.fuzz --database $$database; done
	@case ' $(DATABASES) ' in *' postgresql '*) echo '== nodes on postgresql'; $(BIN)/python -m bench.prove.rolling;; esac

bench: setup $(TEST_STAMP)
	@for each in $(BENCHES); do echo "== $$each"; $(BIN)/python -m bench.$$each; done

# The tested versions, for every platform at once. Names no host, so any mirror serves it.
constraints:
	@command -v uv >/dev/null || { echo 'make constraints needs uv (pip install uv).'; exit 1; }
	uv pip compile --quiet --universal --python-version 3.11 --upgrade --no-annotate --custom-compile-command 'make constraints' \
	  --all-extras --group test --group browser --group lint --output-file constraints.txt pyproject.toml

clean:
	rm -rf .venv .stamps $(FRONTEND)/node_modules $(VENDOR) $(MO_FILES)
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find engine webhooks tests bench -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# --- the steps behind setup: each is done again when its content has changed or its product is gone -----------------

$(VENV):
	@.ci/venv .venv
	@touch $@

$(RUN_STAMP): $(VENV) $(if $(call missing,$(BIN)/maplebridge),again)
	@echo 'Installing the Python part …'
	@.ci/install .venv -e '.[postgres]'
	@$(call stamp,run)

$(TEST_STAMP): $(RUN_STAMP) $(if $(call missing,$(BIN)/pytest),again)
	@echo 'Installing what the tests need …'
	@.ci/install .venv --group test --group browser --group lint
	@$(call stamp,test)

$(WEB_STAMP): $(if $(call missing,$(VENDOR)/viewer.js $(VENDOR)/editor.js),again)
	@mkdir -p .stamps; rm -f .stamps/web-*
	@.ci/frontend $@

$(WORDS_STAMP): $(RUN_STAMP) $(if $(call missing,$(MO_FILES)),again)
	@$(if $(PO_FILES),$(BIN)/pybabel --quiet compile -d $(TRANSLATIONS),true)
	@$(call stamp,words)

stamp = mkdir -p .stamps; rm -f .stamps/$(1)-*; touch $@

.PHONY: again
again:
