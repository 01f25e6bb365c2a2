# make demo   the main job end to end, against a stand-in Acumatica        make test   every test
# make help   the rest
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# uv brings certificates of its own; a machine behind a proxy of its company trusts others.
export UV_SYSTEM_CERTS := true

.DEFAULT_GOAL := help
.PHONY: help install demo test coverage integration matrix soak check format lock emulator images test-images acceptance e2e release record forms clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(VENV)/installed ## the project and what it needs, into .venv

$(VENV)/installed: setup.py requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "Python 3.10 or newer is needed"; exit 1; }
	@echo "Installing into $(VENV); this takes about a minute, once."
	@$(PYTHON) -m venv $(VENV) || { echo "The venv module is missing; on Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --disable-pip-version-check -q --no-deps --no-build-isolation -e .
	@touch $@

demo: install ## start a stand-in Acumatica; check, discover, read, write, read again; a summary
	@$(BIN)/python -m demo

test: install ## every test, on every core (PYTEST_XDIST_AUTO_NUM_WORKERS=1: on one)
	@$(BIN)/python -m pytest -n auto --dist worksteal

coverage: install ## the unit tests, with branch coverage of what is delivered; it may not fall
	@$(BIN)/coverage erase
	@$(BIN)/python -m pytest -n auto --dist worksteal unit_tests --cov --cov-report=term:skip-covered

integration: install ## the tests over a real socket: with the unit tests, every test
	@$(BIN)/python -m pytest -n auto --dist worksteal integration_tests

# uv takes an interpreter that it finds on the PATH, or fetches one.
MATRIX ?= 3.10 3.12 3.13
matrix: install ## the unit tests on other versions of Python (MATRIX="3.10 3.12 3.13"), each in its own environment
	@for version in $(MATRIX); do \
		python=$(VENV)/matrix/$$version/bin/python; \
		$(BIN)/uv venv --quiet --clear --python $$version $(VENV)/matrix/$$version && \
		$(BIN)/uv pip install --quiet --python $$python --no-deps --require-hashes -r requirements.lock && \
		$(BIN)/uv pip install --quiet --python $$python --no-deps --no-build-isolation -e . && \
		$$python --version && $$python -m pytest -n auto --dist worksteal unit_tests || exit 1; \
	done

soak: install ## no seat lost in SOAK_RUNS (200) runs stopped at random, no record in PROMISE_STEPS (10000) steps of an ERP
	@SOAK_RUNS=$${SOAK_RUNS:-200} $(BIN)/python -m pytest integration_tests/seats
	@PROMISE_STEPS=$${PROMISE_STEPS:-10000} $(BIN)/python -m pytest unit_tests/source/sync/test_promise.py

check: install ## what pre-commit checks: style, types, imports, dead code, dependencies, a scan for secrets
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@.ci/imports
	@$(BIN)/vulture
	@.ci/dependencies
	@.ci/secrets

format: install ## let ruff tidy the code
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

# Without rfc3987-syntax: jsonschema loads it wherever it finds it, for a format that is not checked here, and that takes
# a second in every process. The images never had it. Hence --no-deps above: cyclonedx-bom asks jsonschema for every format.
lock: install ## write requirements.lock and its part for the images anew from setup.py
	@$(BIN)/uv pip compile setup.py --extra dev --universal --python-version 3.10 --upgrade --generate-hashes \
		--no-emit-package rfc3987-syntax --no-emit-index-url --no-header --quiet -o requirements.lock
	@$(BIN)/uv pip compile setup.py --extra build --constraints requirements.lock --universal --python-version 3.10 \
		--generate-hashes --no-emit-index-url --no-header --quiet -o requirements-image.lock

emulator: install ## a stand-in Acumatica at http://127.0.0.1:8080/AcumaticaERP, user admin, password secret
	@$(BIN)/python -m acumatica_emulator --port 8080

# BASE_IMAGE replaces the pinned base image where that cannot be fetched; then the build shares the host's network.
VERSION = $(shell sed -n 's/^ *version="\(.*\)",/\1/p' setup.py)
BUILD = docker build --build-arg VERSION=$(VERSION) $(if $(BASE_IMAGE),--network host --build-arg BASE_IMAGE=$(BASE_IMAGE))
images: ## both container images
	@docker buildx version > /dev/null 2>&1 || export DOCKER_BUILDKIT=0; \
	$(BUILD) --target source -t airbyte/source-acumatica:dev . && \
	$(BUILD) --target destination -t airbyte/destination-acumatica:dev .

test-images: install images ## the images, run as an orchestrator runs them
	@$(BIN)/python -m pytest -m image_tests integration_tests/images

acceptance: install ## Airbyte's acceptance tests for both connectors, images included where they are built
	@.ci/acceptance

e2e: install ## PyAirbyte, in an environment of its own, runs both connectors
	@$(BIN)/python -m pytest -m real_clients integration_tests/real_clients

release: install ## wheel, sdist and bill of materials into dist, tested in clean environments
	@.ci/release dist
	@$(BIN)/python -m pytest -m release integration_tests/release

record: install ## the wire of both connectors anew; from a real tenant too where secrets/config.json names one
	@$(BIN)/python -m integration_tests.cassettes.record

forms: install ## both forms in a headless browser (chromium, nodejs, npm), with screenshots for the documents
	@$(BIN)/python -m pytest -m forms integration_tests/forms

clean: ## forget the installation
	rm -rf $(VENV) build dist *.egg-info
