# make demo   the main job end to end, against a stand-in Acumatica        make test   every test
# make help   the rest
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help install demo test soak check format lock emulator images clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(VENV)/installed ## the project and what it needs, into .venv

$(VENV)/installed: setup.py requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "Python 3.10 or newer is needed"; exit 1; }
	@echo "Installing into $(VENV); this takes about a minute, once."
	@$(PYTHON) -m venv $(VENV) || { echo "The venv module is missing; on Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --disable-pip-version-check -q --no-deps --no-build-isolation -e .
	@touch $@

demo: install ## start a stand-in Acumatica; check, discover, read, write, read again; a summary
	@$(BIN)/python -m demo

test: install ## every test
	@$(BIN)/python -m pytest

soak: install ## no seat lost in SOAK_RUNS (200) runs stopped at random, no record in PROMISE_STEPS (10000) steps of an ERP
	@SOAK_RUNS=$${SOAK_RUNS:-200} $(BIN)/python -m pytest integration_tests/seats
	@PROMISE_STEPS=$${PROMISE_STEPS:-10000} $(BIN)/python -m pytest unit_tests/source/test_promise.py

check: install ## what pre-commit checks: ruff, mypy, a scan for secrets
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@.ci/secrets

format: install ## let ruff tidy the code
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

lock: install ## write requirements.lock anew from setup.py
	@$(BIN)/uv pip compile setup.py --extra dev --universal --python-version 3.10 --upgrade --generate-hashes \
		--no-emit-index-url --no-header --quiet -o requirements.lock

emulator: install ## a stand-in Acumatica at http://127.0.0.1:8080/AcumaticaERP, user admin, password secret
	@$(BIN)/python -m acumatica_emulator --port 8080

images: ## both container images
	docker build --target source -t airbyte/source-acumatica:dev .
	docker build --target destination -t airbyte/destination-acumatica:dev .

clean: ## forget the installation
	rm -rf $(VENV) build dist *.egg-info
