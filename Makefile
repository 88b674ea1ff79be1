# One command each, the same here and in CI. polars is compiled once, in the dev
# profile: clippy runs as the compiler of the workspace's crates only, so that it
# uses the built dependencies instead of checking them again.

CARGO ?= cargo
ALL = --workspace --features tickstep-backtest/polars
NEXTEST := $(shell $(CARGO) nextest --version >/dev/null 2>&1 && echo yes)

.PHONY: test fmt lint rust doctest doc benches browser expected

test: fmt lint rust doctest doc benches browser

fmt:
	$(CARGO) fmt --all --check

lint:
	RUSTC_WORKSPACE_WRAPPER=clippy-driver CLIPPY_ARGS="-Dwarnings__CLIPPY_HACKERY__" \
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

benches:
	$(CARGO) check --locked --workspace --benches

# Reports in a headless Chromium. Installs what it lacks: Debian's Chromium with a
# Korean font, Node, and one npm package.
browser:
	@command -v chromium >/dev/null && command -v npm >/dev/null || \
		{ apt-get update && apt-get install -y --no-install-recommends \
		chromium fonts-noto-cjk nodejs npm; }
	$(CARGO) build --locked -p tickstep-backtest
	cd backtest/tests/browser && npm ci --no-audit --no-fund --silent
	TICKSTEP=$(or $(CARGO_TARGET_DIR),target)/debug/tickstep node backtest/tests/browser/report.mjs

# Every trade of results computed elsewhere; SHARED holds `expected` and `data`.
expected:
	TICKSTEP_SHARED=$(SHARED) $(CARGO) test --locked --release -p tickstep-backtest --test run expected::
