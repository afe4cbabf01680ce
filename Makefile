# Every target does its own set-up: a virtual environment and the pinned packages, once.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
TUNE := $(VENV)/.installed-tune
EXTRAS := dev,local,pdf,postgres,web
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable

.PHONY: run test test-tune test-all lint type check serve bench clean

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.12 ...") if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(INSTALL) '.[$(EXTRAS)]'
	@touch $@

# Two gigabytes more: torch, transformers, peft. Only adapter tuning needs them.
$(TUNE): $(STAMP)
	$(INSTALL) '.[$(EXTRAS),tune]'
	@touch $@

run: $(STAMP)          ## learn on synthetic incidents, then test on others: the main job
	$(BIN)/atlas demo

# Two workers share two cores: threads of linear algebra would only wait for each other.
test test-tune test-all: export OPENBLAS_NUM_THREADS = 1
test test-tune test-all: export OMP_NUM_THREADS = 1

test: $(STAMP)         ## all tests but the slow ones
	$(BIN)/python -m pytest -q -n auto --dist loadfile

test-tune: $(TUNE)     ## the tests of adapter tuning, which make test skips where torch is not installed
	$(BIN)/python -m pytest -q -n auto --dist worksteal tests/adaptation tests/app/tune tests/integration/test_adapter_loops.py

test-all: $(TUNE)      ## all of them, the slow and the long ones too
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
