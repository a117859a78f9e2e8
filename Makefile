PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup dev demo test check lint bench clean

# What the prover needs to run; and beside that what its tests, linters and trained models need.
setup: .venv/base toolchain
dev: .venv/ready toolchain

.venv/base: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "prover needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 ...")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

.venv/ready: .venv/base
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

.PHONY: toolchain
toolchain: .venv/base
	$(BIN)/prover toolchain install

# The main job: proves theorems of lean_projects/ and prints the proofs.
demo: setup
	$(BIN)/prover prove --repo lean_projects/basics --theorem Basics.Tree.mirror_mirror \
		--theorem Basics.length_rev --theorem Basics.filterL_filterL --theorem Basics.self_le_fact
	$(BIN)/prover prove --repo lean_projects/logic --theorem Logic.PSet.union_inter_cancel \
		--theorem Logic.PSet.subset_iff_union_eq

# Python keeps what it has compiled, also where the environment forbids it: the workers and programs of the tests start in
# half the time.
test check: export PYTHONDONTWRITEBYTECODE :=

# The whole test suite, real Lean included: two workers, each with Lean processes of its own. A file's tests share
# what they set up, so they stay together. Files are taken in order, and not those with few tests last: these are long.
test: dev
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

# The fast loop: formatting, lint, types and those unit tests that start no Lean and no PostgreSQL and train no model.
# Properties are tested with a fifth of the examples.
check: lint
	$(BIN)/pytest -n 2 --dist loadfile --hypothesis-profile=fast \
		-m 'not lean and not postgresql and not slow' tests/unit

lint: .venv/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: setup
	$(BIN)/prover bench lean

clean:
	rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache
