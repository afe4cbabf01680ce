# Every target does its own set-up: a virtual environment and the pinned packages, once.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: run test test-all lint type check serve bench clean

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.12 ...") if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,local,pdf,postgres,web]'
	@touch $@

run: $(STAMP)          ## learn on synthetic incidents, then test on others: the main job
	$(BIN)/atlas demo

# Two workers share two cores: threads of linear algebra would only wait for each other.
test test-all: export OPENBLAS_NUM_THREADS = 1

test: $(STAMP)         ## all tests but the slow ones
	$(BIN)/python -m pytest -q -n auto --dist loadfile

test-all: $(STAMP)     ## the slow tests too
	$(BIN)/python -m pytest -q -n auto --dist loadfile -m ""

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache

type: $(STAMP)
	$(BIN)/mypy

check: lint type test

serve: $(STAMP)        ## the web inspector
	$(BIN)/atlas serve

bench: $(STAMP)        ## speed, as ratios and per-step times
	$(BIN)/python -m pytest -q --benchmark-only --benchmark-disable-gc tests/atlas/bench_graph.py tests/memory/bench_recall.py tests/memory/bench_library.py tests/benchmarks/synthetic/bench_build.py tests/benchmarks/bench_throughput.py

clean:
	rm -rf $(VENV) .atlas build *.egg-info
