# One command each, the same here and in CI. Everything is compiled once, in the dev
# profile with polars: clippy is the compiler of the workspace's crates, and the tests,
# the doctests and the browser run what it built.

CARGO ?= cargo
ALL = --workspace --features tickstep-backtest/polars,tickstep-examples/polars
TARGET = $(or $(CARGO_TARGET_DIR),target)
NEXTEST := $(shell $(CARGO) nextest --version >/dev/null 2>&1 && echo yes)

.PHONY: test fmt lint rust doctest doc browser native expected nightly load release-check

test: fmt lint rust doctest doc browser

# The same cases of each property wherever this is run, so that what fails was changed;
# `make nightly` draws new ones.
test: export PROPTEST_RNG_SEED = 20231101

# Nobody edits between the steps, so nothing is kept for the next edit.
# An extension module finds Python's functions in the interpreter that loads it.
lint rust doctest doc: export PYO3_BUILD_EXTENSION_MODULE = 1
lint rust doctest doc browser nightly: export CARGO_INCREMENTAL = 0
lint rust doctest doc browser nightly: export RUSTC_WORKSPACE_WRAPPER = clippy-driver
lint rust doctest doc browser nightly: export CLIPPY_ARGS = -Dwarnings__CLIPPY_HACKERY__

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

# Reports in a headless Chromium. Installs what it lacks: Debian's Chromium with a
# Korean font, Node, and one npm package.
browser: lint
	@command -v chromium >/dev/null && command -v npm >/dev/null || \
		{ apt-get update && apt-get install -y --no-install-recommends \
		chromium fonts-noto-cjk nodejs npm; }
	cd backtest/tests/browser && npm ci --no-audit --no-fund --silent
	TICKSTEP_TRIALS=$(abspath $(TARGET))/trials.jsonl TICKSTEP=$(TARGET)/debug/tickstep node backtest/tests/browser/report.mjs

# The Python package as it stands in the sources, its native half from the dev profile.
native: export PYO3_BUILD_EXTENSION_MODULE = 1
native:
	$(CARGO) build --locked -p tickstep-python
	cp $(TARGET)/debug/lib_native.so bindings/python/tickstep/_native.abi3.so

# Every trade of results computed elsewhere; SHARED holds `expected` and `data`.
expected:
	TICKSTEP_SHARED=$(SHARED) $(CARGO) test --locked --release -p tickstep-backtest --test run expected::

# The same tests with CASES cases of each property and as many seeds (new cases every
# night, but for those that name their seed), and on real data where SHARED is given.
CASES ?= 200000
nightly: export PROPTEST_CASES = $(CASES)
# A case that does not suit its property is one in so many, not a fault.
nightly: export PROPTEST_MAX_GLOBAL_REJECTS = 1000000000
nightly: export PROPTEST_MAX_LOCAL_REJECTS = 1000000000
ifdef SHARED
nightly: export TICKSTEP_SHARED = $(SHARED)
endif
nightly: lint rust

# A year of minutes read, swept and judged, and a table of 300,000 sets.
AXIS = { key = "strategy.params.$(1)", from = $(2), to = $(3), decimals = 4 }
load:
	$(CARGO) bench --locked -p tickstep-benches --bench load --bench sweep
	$(CARGO) build --locked --release
	rm -rf $(TARGET)/load
	$(TARGET)/release/tickstep sweep examples/sweep.toml --out $(TARGET)/load \
		--set 'sweep.method="random"' --set sweep.sets=300000 \
		--set 'sweep.axis=[$(call AXIS,spike_multiple,10,40), $(call AXIS,take_profit,0.004,0.02), $(call AXIS,stop_loss,0.001,0.003)]'

# From nothing: clone, first command, release build and the README's commands.
release-check:
	.ci/release-check
