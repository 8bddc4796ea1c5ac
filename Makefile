# make run          start Glassbox (sets everything up the first time)     LAN=1 opens it to the class   PORT=8600
# make test         all tests, the browser's included                      make lint   ruff and mypy
# make bench        the figures of docs/performance.md                     make shipped-run   train the run shown first     make pictures   retake the docs' screenshots

SYSTEM := $(shell uname -s 2>/dev/null)
ifeq (,$(filter Linux Darwin,$(SYSTEM)))
$(error Glassbox runs on Linux and macOS; on Windows, start it inside WSL)
endif

# Expanded only by a recipe that has to create .venv: the path of a Python that will do, or why there is none.
FOUND = $(shell sh tools/find_python.sh)
PYTHON = $(if $(filter /%,$(firstword $(FOUND))),$(FOUND),$(error $(FOUND)))

PORT ?=
LAN ?=
PYTEST_ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run test lint bench shipped-run pictures clean

help:
	@sed -n '1,3s/^# //p' Makefile

.venv/bin/python:
	@"$(PYTHON)" tools/setup.py create

.venv/runtime.stamp: requirements.txt .venv/bin/python
	@.venv/bin/python tools/setup.py install requirements.txt
	@touch $@

.venv/dev.stamp: requirements.txt requirements-dev.txt .venv/bin/python
	@.venv/bin/python tools/setup.py install requirements-dev.txt
	@touch $@ .venv/runtime.stamp

run: .venv/runtime.stamp
	@PORT="$(PORT)" LAN="$(LAN)" .venv/bin/python tools/serve.py

test: .venv/dev.stamp
	@.venv/bin/python tools/chromium.py
	@.venv/bin/python -m pytest -q $(PYTEST_ARGS)

lint: .venv/dev.stamp
	.venv/bin/python -m ruff check .
	.venv/bin/python -m mypy

bench: .venv/dev.stamp
	@.venv/bin/python -m benchmarks

pictures: .venv/dev.stamp
	@.venv/bin/python -m tools.pictures

shipped-run: .venv/runtime.stamp
	@.venv/bin/python -m tools.shipped_run

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis test-results
