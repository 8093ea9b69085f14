# `make demo` and `make test` are all a newcomer needs. Both make .venv once and then leave it alone.
#
#   make demo  PYTHON=python3.12          another Python (3.11 or newer)
#   make demo  TORCH=existing             the PyTorch that $(PYTHON) has already (its site-packages become visible)
#   make demo  TORCH=/path/to/wheel.whl   a wheel, or any requirement that pip takes: TORCH='torch==2.12.0'
#   make demo  DATA=mnist                 MNIST in place of the embedded digits

PYTHON ?= python3
TORCH  ?= torch==2.13.0
DATA   ?= digits
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check
PINS   := $(VENV)/pins.txt
OLDEST := $(VENV)/oldest
LOCKED := $(PIP) install --quiet --no-deps --require-hashes -r

ifeq ($(TORCH),existing)
VENV_OPTIONS := --system-site-packages
WANTED_TORCH := torch
else
WANTED_TORCH := $(TORCH)
endif

# What `make check` tests: everything that trains no model, or a tiny one.
FAST := tests/distributions tests/networks tests/models tests/data tests/evaluate tests/training/test_pieces.py \
        tests/codec tests/tasks/compress/test_exact.py tests/tasks/compress/test_container.py tests/test_layers.py tests/test_noise.py \
        tests/test_storage.py

.PHONY: demo test test-reach test-oldest check format wheel wheel-test sbom docs variants-table results pins runtime clean

demo: $(VENV)/installed
	$(BIN)/quintet demo --data $(DATA) --out demo --force

test: $(VENV)/installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist worksteal

# What needs a real engine: Ray, two processes, a server, a browser, ONNX Runtime, MLflow.
test-reach: $(VENV)/installed-dev $(VENV)/installed-reach
	$(BIN)/python -m pytest tests_reach -n 2 --dist loadfile

# Format, lint, types and the fast tests, in a minute or so: while you work. `make test` before you hand in.
check: $(VENV)/installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q -n auto --maxprocesses 4 --dist worksteal $(FAST)

# The fast tests on the lowest versions that pyproject.toml allows, with Python 3.11 (on Linux 6 GB: CUDA libraries). Old
# packages use what newer ones deprecate, so warnings are no errors here.
test-oldest: $(OLDEST)/installed
	$(OLDEST)/bin/python -m pytest -q -W default -n auto --maxprocesses 4 --dist worksteal $(FAST)

format: $(VENV)/installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# A source distribution and the wheel built from it in dist/, checked as a package index checks them.
wheel: $(VENV)/installed-dev $(VENV)/installed-release
	rm -rf build dist
	$(BIN)/python -m build --no-isolation --outdir dist .
	$(BIN)/python -m twine check --strict dist/*

# The wheel in an empty environment, away from this folder: alone it must answer all five questions, and its command
# name the extra that it lacks; with every extra it must run the demo.
wheel-test: wheel
	set -e; room=$$(mktemp -d); trap 'rm -rf "$$room"' EXIT; pins=$$PWD/$(PINS); wheel=$$(ls $$PWD/dist/*.whl); \
	cp tests/core_alone.py "$$room"; cd "$$room"; $(PYTHON) -m venv $(VENV_OPTIONS) env; \
	pip="env/bin/python -m pip --disable-pip-version-check install --quiet -c $$pins"; \
	$$pip '$(WANTED_TORCH)' "$$wheel"; env/bin/python core_alone.py || test $$? = 2; \
	$$pip "$$wheel[all]"; env/bin/quintet demo --out demo; test -s demo/report.html

# The dependencies of the wheel, with versions and licences, as CycloneDX JSON.
sbom: $(VENV)/installed $(VENV)/installed-reach
	mkdir -p dist
	$(BIN)/python requirements/sbom.py dist/quintet.cdx.json

# The site in site/, with the reference from the docstrings. A dead link, or a page without a place, ends it.
docs: $(VENV)/installed
	$(LOCKED) requirements/docs.txt
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

# The tables of README.md and docs/results.md, from the figures that the benchmarks wrote. QUICK=1 runs every benchmark
# for a minute or so and prints the page that comes of it, and writes no page (PYTHAE=PYTHON: an interpreter with pythae).
results: $(VENV)/installed
	$(BIN)/python benchmarks/$(if $(QUICK),quick,results).py

# The table of docs/variants.md, from the folder of variants.
variants-table: $(VENV)/installed
	$(BIN)/quintet variants --markdown > .table.md
	sed -i -e '/<!-- table -->/,/<!-- end of table -->/{//!d}' -e '/<!-- table -->/r .table.md' docs/variants.md
	rm -f .table.md

# The browser's runtime in quintet/explore/runtime/, by npm, compared with its integrity; fails if a file changes.
runtime: $(VENV)/installed
	$(BIN)/python -m quintet.explore.vendor

# The lists in requirements/. Pins stay as they are, but for MOVE: make pins MOVE='numpy pandas==3.1.2', or MOVE=all.
pins: $(VENV)/installed-release
	requirements/compile.sh '$(TORCH)' $(if $(filter all,$(MOVE)),--upgrade,$(addprefix --upgrade-package ,$(MOVE)))

clean:
	rm -rf build dist site demo *.egg-info .mypy_cache .ruff_cache .pytest_cache

# A sentence for what is missing; then every package at its pin, if its file has the hash that requirements/ lists; then
# PyTorch, whose files differ between package indexes (its pure Python dependencies are there by then); then quintet.
# `pip check` finds a package that requirements/ lacks. It reads all that $(PYTHON) has, so it is left out with TORCH=existing.
$(VENV)/installed: pyproject.toml requirements/demo.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "quintet needs Python 3.11 or newer, and $(PYTHON) is not: name another with PYTHON=python3.12" >&2; exit 2; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo "$(PYTHON) has no venv module: install it (Debian, Ubuntu: apt install python3-venv) and run make again" >&2; exit 2; }
	@test '$(TORCH)' != existing || $(PYTHON) -c 'import torch' 2>/dev/null || \
	  { echo "TORCH=existing: $(PYTHON) has no PyTorch; leave TORCH= out to install the pinned one" >&2; exit 2; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV_OPTIONS) $(VENV)
	@echo "Installing packages into $(VENV): a few minutes the first time."
	sed -n 's/^\([^ =]*==[^ ]*\).*/\1/p' requirements/*.txt | sort -u > $(PINS)
	$(LOCKED) requirements/demo.txt
	test '$(TORCH)' = existing || $(PIP) install --quiet -c $(PINS) '$(TORCH)'
	$(PIP) install --quiet --no-deps --no-build-isolation -e .
	test '$(TORCH)' = existing || $(PIP) check
	@touch $@

$(VENV)/installed-%: requirements/%.txt $(VENV)/installed
	$(LOCKED) $<
	@touch $@

$(OLDEST)/installed: pyproject.toml $(VENV)/installed-release
	$(BIN)/uv venv --quiet --clear --python 3.11 $(OLDEST)
	$(BIN)/uv pip compile --quiet --no-header --no-annotate --python-version 3.11 --resolution lowest-direct \
	  --extra all --extra dev pyproject.toml -o $(OLDEST)/lowest.txt
	$(BIN)/uv pip install --quiet --python $(OLDEST) -r $(OLDEST)/lowest.txt
	$(BIN)/uv pip install --quiet --python $(OLDEST) --no-deps -e .
	@touch $@
