# Needs GNU make and Python 3.11 or newer, nothing else. Everything is installed into .venv, once for each state of the locks.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
PY := $(VENV)/bin/python
# The oldest Python that we support comes first: what works there works everywhere.
ifndef PYTHON
PYTHON := $(shell for python in python3.11 python3.12 python3.13 python3; do \
  "$$python" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo "$$python" && break; done)
endif
# More arguments for pytest, e.g. make test ARGS="-k calendar -x"
ARGS ?=

.PHONY: help demo test check bench bench-casework bench-pack bench-kafka faults lock calendars rule-pages clean soak soak-kafka python ready-to-run ready-to-develop

help:  ## what can be done here
	@grep -hE '^[a-z-]+:.*  ## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*  ## (.*)/  make \1|\2/' | column -t -s '|'

demo: ready-to-run  ## months of real outages, complaints and workflow steps, turned into explained tasks
	@$(PY) examples/demo.py

test: ready-to-develop  ## every test but the slow ones; ARGS="-k name" chooses
	@$(PY) -m pytest -n auto -m "not slow" $(ARGS)

check: ready-to-develop  ## lint, format, types, layers, spelling, our own rule files
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) -m mypy
	$(VENV)/bin/lint-imports
	$(PY) -m codespell_lib
	$(VENV)/bin/clearly rules check rules

soak: ready-to-develop  ## the slow tests, every property with 50 times as many examples, then every fault of Kafka; for a night
	@HYPOTHESIS_PROFILE=soak $(PY) -m pytest -n auto $(ARGS)
	@$(PY) -m scripts.soak

soak-kafka: ready-to-develop  ## only the faults of Kafka, five times each, the result into docs/soak.md; ARGS="3 -k broker" for others
	@$(PY) -m scripts.soak $(ARGS)

faults: ready-to-develop  ## put faults into a copy by hand, one at a time, and see that a test notices each
	@$(PY) scripts/faults.py $(ARGS)

bench: ready-to-run  ## speed, as ratios to hand-written Python in the same run
	@$(PY) bench/run.py $(ARGS)

bench-pack: ready-to-run  ## ten days of a made-up province through every standard rule; ARGS="--events 300000" for less
	@$(PY) -m bench.pack $(ARGS)

bench-kafka: ready-to-develop  ## the Kafka runtime against Kafka Streams and a stock Faust agent, on a broker of its own
	@$(PY) bench/kafkabench.py $(ARGS)

bench-casework: ready-to-run  ## casework alone: 100,000 open tasks listed, commanded, run out, taken up again; ARGS=20000 for fewer
	@$(PY) bench/casework.py $(ARGS)

calendars: ready-to-develop  ## make the calendars in rules/calendars/ anew
	@$(PY) scripts/calendars.py

rule-pages: ready-to-develop  ## write docs/rules/ anew: a page and a picture for each rule of rules/
	@$(PY) -m scripts.rule_pages

lock: python  ## choose newer versions and write requirements/*.lock; ARGS=--keep adds only what is missing
	@$(PYTHON) scripts/lock.py $(ARGS)

clean:  ## take away everything that was made here, .venv too
	rm -rf $(VENV) build dist demo-out .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

python:
	@test -n "$(PYTHON)" || { echo "needs Python 3.11 or newer with its venv module, and found none" \
	  "(Debian, Ubuntu: apt install python3 python3-venv; or name one: make PYTHON=/path/to/python3)" >&2; exit 1; }

ready-to-run: python
	@$(PYTHON) scripts/setup.py run

ready-to-develop: python
	@$(PYTHON) scripts/setup.py dev
