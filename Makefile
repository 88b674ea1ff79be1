# One command each, the same here and in CI. Everything is compiled once, in the dev
# profile with polars: clippy is the compiler of the workspace's crates, and the tests,
# the doctests and the browser run what it built.

CARGO ?= cargo
ALL = --workspace --features tickstep-backtest/polars,tickstep-examples/polars
TARGET = $(or $(CARGO_TARGET_DIR),target)
NEXTEST := $(shell $(CARGO) nextest --version >/dev/null 2>&1 && echo yes)

PYTHON ?= python3
VENV = $(abspath $(TARGET))/python

.PHONY: test fmt lint rust doctest doc browser python dev-wheel native wheel expected nightly seeds soak mutants postgres load release-check

test: fmt lint rust doctest doc browser python

# The same cases of each property wherever this is run, so that what fails was changed;
# `make nightly` draws new ones.
test: export PROPTEST_RNG_SEED = 20231101

# Nobody edits between the steps, so nothing is kept for the next edit.
# An extension module finds Python's functions in the interpreter that loads it.
lint rust doctest doc dev-wheel: export PYO3_BUILD_EXTENSION_MODULE = 1
lint rust doctest doc browser python dev-wheel nightly: export CARGO_INCREMENTAL = 0
lint rust doctest doc browser python dev-wheel nightly: export RUSTC_WORKSPACE_WRAPPER = clippy-driver
lint rust doctest doc browser python dev-wheel nightly: export CLIPPY_ARGS = -Dwarnings__CLIPPY_HACKERY__

fmt:
	$(CARGO) fmt --all --check

# Benches and examples too.
lint:
	$(CARGO) build --locked $(ALL) --all-targets

rust:
ifeq ($(NEXTEST),yes)
	$(CARGO) nextest run --locked $(ALL)
else
	$(CARGO) test --locked $(ALL) --all-targets
endif

doctest:
	$(CARGO) test --locked $(ALL) --doc

# Without polars: rustdoc would check all of it once more.
doc:
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --workspace --no-deps

# Reports in a headless Chromium. Installs what it lacks, and nothing beside it: Debian's
# Chromium with a Korean font, Node (whose packages of elsewhere have npm in them, and
# exclude Debian's), and one npm package.
browser: lint
	@command -v chromium >/dev/null || \
		{ apt-get update && apt-get install -y --no-install-recommends chromium fonts-noto-cjk; }
	@command -v npm >/dev/null || \
		{ apt-get update && apt-get install -y --no-install-recommends nodejs npm; }
	cd backtest/tests/browser && npm ci --no-audit --no-fund --silent
	TICKSTEP_TRIALS=$(abspath $(TARGET))/trials.jsonl TICKSTEP=$(TARGET)/debug/tickstep node backtest/tests/browser/report.mjs

# The Python package: types, tests, examples of the documentation and notebooks, on the
# wheel in an environment of its own.
python: export TICKSTEP_TRIALS = $(abspath $(TARGET))/trials.jsonl
# What the package is compared with, byte for byte.
python: export TICKSTEP = $(abspath $(TARGET))/debug/tickstep
python: dev-wheel
	cd bindings && $(VENV)/bin/python -m mypy --cache-dir $(VENV)/mypy python/tickstep
	$(VENV)/bin/python -m mypy.stubtest tickstep._native --allowlist bindings/stubtest-allow.txt
	$(VENV)/bin/python -m pytest bindings/tests -q -n 2
	$(VENV)/bin/python -m pytest -q --doctest-modules --pyargs tickstep

# The wheel around the native half that `lint` compiled, with all of the workspace's
# features; a release's has fewer, and is built by `make wheel`.
dev-wheel: lint
	test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV) || { \
		apt-get update && apt-get install -y --no-install-recommends python3-venv && $(PYTHON) -m venv $(VENV); }
	$(VENV)/bin/python -m pip install -q maturin wheel
	rm -rf $(TARGET)/dev-wheel && mkdir -p $(TARGET)/dev-wheel/package
	cd bindings && $(VENV)/bin/maturin pep517 write-dist-info --metadata-directory $(abspath $(TARGET))/dev-wheel/package
	cp -r bindings/python/tickstep $(TARGET)/dev-wheel/package
	strip -S -o $(TARGET)/dev-wheel/package/tickstep/_native.abi3.so $(TARGET)/debug/lib_native.so
	$(VENV)/bin/python -m wheel pack -d $(TARGET)/dev-wheel $(TARGET)/dev-wheel/package
	$(VENV)/bin/python -m pip install -q --force-reinstall --no-deps $(TARGET)/dev-wheel/tickstep-*.whl
	$(VENV)/bin/python -m pip install -q $(CONSTRAINTS) "$$(ls $(abspath $(TARGET))/dev-wheel/tickstep-*.whl)[test]"

CONSTRAINTS = $(shell $(PYTHON) -c 'import sys; print("-c bindings/constraints.txt" * (sys.version_info >= (3, 11)))')

# A wheel to give away, for every CPython from 3.10 on.
wheel:
	cd bindings && $(PYTHON) -m pip wheel -q --no-deps -w $(abspath $(TARGET))/wheels .

# The package's native half beside its sources, from the dev profile.
native: export PYO3_BUILD_EXTENSION_MODULE = 1
native:
	$(CARGO) build --locked -p tickstep-python
	cp $(TARGET)/debug/lib_native.so bindings/python/tickstep/_native.abi3.so

# Every trade of results computed elsewhere; SHARED holds `expected` and `data`.
expected:
	TICKSTEP_SHARED=$(SHARED) $(CARGO) test --locked --release -p tickstep-backtest --test run expected::

# The same tests with CASES cases of each property (new ones every night, but for those
# that name their seed), on real data where SHARED is given, and SEEDS days of faults of
# the live runner.
CASES ?= 200000
nightly: export PROPTEST_CASES = $(CASES)
# A case that does not suit its property is one in so many, not a fault.
nightly: export PROPTEST_MAX_GLOBAL_REJECTS = 1000000000
nightly: export PROPTEST_MAX_LOCAL_REJECTS = 1000000000
ifdef SHARED
nightly: export TICKSTEP_SHARED = $(SHARED)
endif
nightly: lint rust seeds soak mutants postgres

SEEDS ?= 100000

# Days of faults of the live runner, optimised, with the assertions of the tests.
seeds:
	TICKSTEP_SEEDS=$(SEEDS) $(CARGO) test --locked --profile seeds -p tickstep-live --test simulation

# Fifty accounts over HTTP under faults, for so many seconds of three hundred times real time.
soak:
	TICKSTEP_SOAK_50_S=600 $(CARGO) test --locked --profile seeds -p tickstep-live --test soak -- --nocapture --ignored

# Faults that are planted in the live runner, each of which a test has to catch.
mutants:
	.ci/mutants

# The tables and statements of the live runner's database on a PostgreSQL of their own.
postgres:
	.ci/postgres $(CARGO) test --locked -p tickstep-live --lib store::postgres

# A year of minutes read, swept and judged, a table of 300,000 sets, and decisions for a
# hundred accounts over HTTP: what takes longer than it may is an error.
AXIS = { key = "strategy.params.$(1)", from = $(2), to = $(3), decimals = 4 }
load:
	$(CARGO) bench --locked -p tickstep-benches --bench load --bench sweep --bench live
	$(CARGO) build --locked --release
	rm -rf $(TARGET)/load
	$(TARGET)/release/tickstep sweep examples/sweep.toml --out $(TARGET)/load \
		--set 'sweep.method="random"' --set sweep.sets=300000 \
		--set 'sweep.axis=[$(call AXIS,spike_multiple,10,40), $(call AXIS,take_profit,0.004,0.02), $(call AXIS,stop_loss,0.001,0.003)]'

# From nothing: clone, first command, release build and the README's commands.
release-check:
	.ci/release-check
