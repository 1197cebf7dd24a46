# make setup   everything that running and testing need, system packages included (Debian 12, as root)
# make run     the demo: a server and a client, on invented households
# make test    the tests            make test-slow  the long ones
# make test-sim   ten thousand histories of sync, with faults; cut short, it goes on where it was
# make mutants    breaks the code on purpose in many places, and says what the tests notice
# make check   style, types         make lock       newest versions into requirements.lock
# make pictures every screen as a picture, in build/pictures, to be looked at
# make bundle  the client as a folder that needs no Python, in dist/gridapp, tried once
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup run test test-slow test-sim mutants check lock bundle pictures clean

LANG ?= C.UTF-8
export LANG
VENV := .venv/bin
WORKERS ?= 2
PYTEST := QT_QPA_PLATFORM=offscreen $(VENV)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

help:
	@sed -n '/^# /s/^# //p' Makefile

setup:
	@bash installer/setup.sh

run: setup
	@$(VENV)/gridapp demo

test: setup
	$(PYTEST) -m "not slow" $(PYTEST_ARGS)

pictures: setup
	QT_QPA_PLATFORM=offscreen $(VENV)/python tests/ui/pictures.py build/pictures $(LOOKS)

test-slow: setup
	$(PYTEST) -m slow $(PYTEST_ARGS)

test-sim: setup
	$(VENV)/python -m tests.sync.simulate --workers $(WORKERS) $(SIM_ARGS)

mutants: setup
	QT_QPA_PLATFORM=offscreen $(VENV)/python -m tests.proof.mutants --workers $(WORKERS) $(MUTANT_ARGS)

check: setup
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/mypy
	$(VENV)/python installer/check_lock.py requirements.lock

# Keeps the versions in the file unless UPGRADE=1 is given. For all systems at once, with hashes, without addresses.
lock: setup
	$(VENV)/uv pip compile --universal --python-version 3.11 --generate-hashes --quiet \
		--no-annotate --no-header --no-emit-index-url --no-emit-find-links \
		--extra server --extra dev $(if $(UPGRADE),--upgrade) -o requirements.lock pyproject.toml
	$(VENV)/python installer/check_lock.py requirements.lock

bundle: setup
	@$(VENV)/python installer/bundle.py

clean:
	rm -rf dist .venv .setup.lock .setup.log .mypy_cache .ruff_cache .pytest_cache .hypothesis build *.egg-info
	rm -f resources/fonts/*.otf resources/fonts/*.part
	find gridapp tests installer -name __pycache__ -type d -prune -exec rm -rf {} +
