# `make` alone lists the targets.

CARGO ?= cargo
COMMA := ,
# The paths below are relative to this directory, so it has to be the current one.
export CARGO_TARGET_DIR := $(CURDIR)/target
COMPONENT := target/wasm/wasm32-wasip1/component-dev/http_step.wasm
FUZZ_TARGETS := $(patsubst fuzz/fuzz_targets/%.rs,%,$(wildcard fuzz/fuzz_targets/*.rs))
FUZZ_SECONDS ?= 20
# 0: a different one each time.
FUZZ_SEED ?= 0
# Prebuilt tools are installed here.
TOOLS := $(CURDIR)/target/tools
export PATH := $(TOOLS)/bin:$(PATH)

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## install the WebAssembly targets that the build needs
	@command -v rustup >/dev/null || { echo 'rustup is needed, to install Rust and its WebAssembly targets: https://rustup.rs'; exit 1; }
	@test "$$(rustup target list --installed 2>/dev/null | grep -c '^wasm32-wasip[12]$$')" = 2 \
		|| { echo 'Installing the targets wasm32-wasip1 and wasm32-wasip2 …'; rustup target add wasm32-wasip1 wasm32-wasip2; }

.PHONY: build
build: setup ## build the program, target/debug/http-step
	@$(MAKE) --jobs 2 --no-print-directory build-component build-program

# The component that the program contains, as its build script builds it. Cargo runs that script late, when there is
# little else to do.
.PHONY: build-component
build-component:
	@$(CARGO) build --quiet --locked --package http-step-guest --profile component-dev --target wasm32-wasip2 --target-dir target/wasm

# Always the whole workspace: for a single package, dependencies have other features and are compiled again.
.PHONY: build-program
build-program:
	@$(CARGO) build --locked --workspace --bin http-step

.PHONY: demo
demo: setup ## run a step against a service on loopback
	@test -x target/debug/http-step \
		|| echo 'The first build compiles the WebAssembly engine, which takes about five minutes on two cores.'
	@$(MAKE) --no-print-directory build
	@echo
	@target/debug/http-step demo

.PHONY: test
test: setup ## run all tests
	$(CARGO) test --locked --workspace --no-run
	$(MAKE) --jobs 3 --no-print-directory test-attacks test-it test-others

# These two mostly wait: beside the others, they take little time.
.PHONY: test-attacks
test-attacks:
	$(CARGO) test --locked --workspace --test attacks

# All other programs: no other one starts with these letters.
.PHONY: test-others
test-others:
	$(CARGO) test --locked --workspace --lib --bins --test '[!ai]*'
	$(CARGO) test --locked --workspace --doc

.PHONY: test-it
test-it:
	$(CARGO) test --locked --workspace --test it

.PHONY: test-component
test-component: setup tool-cargo-component ## run the integration tests with the component built by cargo component
	cd guest && $(CARGO) component build --locked --profile component-dev --target-dir $(CURDIR)/target/wasm
	$(CARGO) test --locked --workspace --test it --test attacks --no-run
	HTTP_STEP_COMPONENT=$(CURDIR)/$(COMPONENT) $(MAKE) --jobs 2 --no-print-directory test-attacks test-it

.PHONY: test-real
test-real: setup ## install nginx, Apache, squid, tinyproxy and microsocks, and run the tests against them
	tests/tests/real/install
	$(CARGO) test --locked --workspace --test real -- --ignored

.PHONY: soak
soak: setup ## run good and hostile steps concurrently for two minutes (SOAK_SECONDS)
	# With one arena the allocator returns all free memory, so that only the host is measured.
	MALLOC_ARENA_MAX=1 $(CARGO) test --locked --workspace --test soak -- --ignored --nocapture

# The plain host is a separate workspace, see there. A common directory shares what both use.
bench-program = target/$(1)/http-step-bench
bench-all = $(call bench-program,$(1)) all --program target/$(1)/http-step \
	--plain-host $(call bench-program,$(1))-plain-host --python target/bench/python/bin/python --scratch target/bench
define bench-build
	bench/install target/bench/python
	$(CARGO) build --locked --profile $(1) --package http-step-bench --package http-step-cli
	$(CARGO) build --locked --profile $(1) --manifest-path bench/plain-host/Cargo.toml
endef

.PHONY: bench
bench: setup ## run the benchmarks and write docs/performance.md (10 minutes)
	$(call bench-build,release)
	$(call bench-all,release) --out docs

# The checks of the suite and the count need programs that are optimized, not those that are installed.
.PHONY: bench-build
bench-build: setup
	$(call bench-build,quick)

.PHONY: bench-smoke
bench-smoke: bench-build ## run a short form of the benchmarks, as a check of the suite
	$(call bench-all,quick) --out target/bench/smoke --short

INSTRUCTIONS := $(call bench-program,quick) instructions --expected bench/instructions.json --scratch target/bench

.PHONY: bench-instructions
bench-instructions: bench-build ## count the instructions of a step, and compare them with bench/instructions.json
	$(INSTRUCTIONS)

.PHONY: bench-instructions-write
bench-instructions-write: bench-build ## count them, and update bench/instructions.json
	$(INSTRUCTIONS) --write

.PHONY: fuzz
fuzz: $(addprefix fuzz-,$(FUZZ_TARGETS)) ## run each fuzz target for FUZZ_SECONDS (default 20) with FUZZ_SEED

# Without a sanitizer, which needs a nightly compiler. Inputs that reach new code go below
# target/, so that no run changes the corpus; those that fail go to fuzz/artifacts/.
.PHONY: $(addprefix fuzz-,$(FUZZ_TARGETS))
$(addprefix fuzz-,$(FUZZ_TARGETS)): fuzz-%: setup tool-cargo-fuzz
	@mkdir -p target/fuzz/corpus/$*
	$(CARGO) fuzz run --sanitizer none --target-dir target/fuzz $* target/fuzz/corpus/$* fuzz/corpus/$* \
		-- -seed=$(FUZZ_SEED) -max_total_time=$(FUZZ_SECONDS) -max_len=4096 -timeout=10 -rss_limit_mb=512 -verbosity=0 -print_final_stats=1

# In a copy of the sources and target/, so that an aborted run changes nothing here.
# Status 3 means that some mutants were detected by their timeout.
.PHONY: mutants
mutants: tool-cargo-mutants ## check by mutation testing that each egress rule has a test (half an hour)
	env -u CARGO_TARGET_DIR $(CARGO) mutants --output target --package http-step-egress --package http-step-policy --package http-step-coding --package http-step-file \
		|| { test $$? = 3 && test ! -s target/mutants.out/missed.txt; }

.PHONY: wit
wit: setup ## validate the WIT
	$(CARGO) test --locked --workspace --test it -- contract::

.PHONY: schema
schema: ## write the JSON Schemas of step files and policies to docs/
	$(CARGO) run --locked --quiet --package http-step-cli -- schema step-file >docs/step-file.schema.json
	$(CARGO) run --locked --quiet --package http-step-cli -- schema policy >docs/policy.schema.json

.PHONY: lint
lint: setup tool-cargo-deny tool-typos features ## check format, spelling, lints, licences and documentation
	$(CARGO) fmt --all --check
	$(CARGO) fmt --all --check --manifest-path tests/guests/Cargo.toml
	$(CARGO) fmt --all --check --manifest-path fuzz/Cargo.toml
	$(CARGO) fmt --all --check --manifest-path bench/plain-host/Cargo.toml
	typos
	.ci/module-cycles */src crates/*/src
	.ci/documented-tests
	$(CARGO) clippy --locked --workspace --all-targets -- --deny warnings
	cd tests/guests && $(CARGO) clippy --locked --examples --profile component-dev --target wasm32-wasip2 --target-dir ../../target/wasm -- --deny warnings
	cd bench/plain-host && $(CARGO) clippy --locked -- --deny warnings
	cd fuzz && $(CARGO) clippy --locked --all-targets -- --deny warnings
	$(CARGO) deny --locked check bans licenses sources
	RUSTDOCFLAGS='--deny warnings' $(CARGO) doc --locked --workspace --no-deps

# The program has to be built with the features that tests enable in dependencies, which are otherwise compiled again.
FEATURES = $(CARGO) tree --locked --workspace --prefix none --format '{p} {f}' --edges $(1) | sed 's/ (\*)$$//' | sort --unique

.PHONY: features
features: ## check that `cargo build` and `cargo test` compile the same dependencies
	@mkdir -p target
	@$(call FEATURES,normal$(COMMA)build) >target/features-build
	@$(call FEATURES,normal$(COMMA)build$(COMMA)dev) >target/features-test
	@alone=$$(comm -23 target/features-build target/features-test); test -z "$$alone" || { \
		echo 'Tests turn on further features of these dependencies, which are compiled twice.'; \
		echo 'Name what turns them on (cargo tree --edges features --invert) in tests/Cargo.toml:'; \
		echo "$$alone"; exit 1; }

.PHONY: advisories
advisories: tool-cargo-deny ## check the dependencies against the advisory database (needs network access)
	$(CARGO) deny --locked check advisories

# Each in a known version: prebuilt if there is one for this system, otherwise with cargo. Without
# optimization they take half the time to build, and their inputs are small.
INSTALL := CARGO_PROFILE_DEV_DEBUG=0 $(CARGO) install --debug --locked
.PHONY: tools
tools: tool-cargo-deny tool-cargo-fuzz tool-typos

.PHONY: tool-cargo-component
tool-cargo-component:
	@command -v cargo-component >/dev/null || $(INSTALL) cargo-component --version 0.21.1

.PHONY: tool-cargo-deny
tool-cargo-deny: $(TOOLS)/installed
	@command -v cargo-deny >/dev/null || $(INSTALL) cargo-deny --version 0.20.2

.PHONY: tool-cargo-fuzz
tool-cargo-fuzz: $(TOOLS)/installed
	@command -v cargo-fuzz >/dev/null || $(INSTALL) cargo-fuzz --version 0.13.2

.PHONY: tool-cargo-mutants
tool-cargo-mutants:
	@command -v cargo-mutants >/dev/null || $(CARGO) install cargo-mutants --version 27.1.0 --locked

.PHONY: tool-typos
tool-typos: $(TOOLS)/installed
	@command -v typos >/dev/null || $(INSTALL) typos-cli --version 1.52.0

$(TOOLS)/installed: .ci/tools.txt
	@mkdir -p $(TOOLS)
	@python3 -m pip --version >/dev/null 2>&1 && { echo 'Installing prebuilt tools …'; \
		python3 -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary :all: \
			--root-user-action ignore --upgrade --target $(TOOLS) --requirement .ci/tools.txt; } || echo 'There are no prebuilt tools: cargo builds them.'
	@touch $@

.PHONY: clean
clean: ## remove all build output
	$(CARGO) clean
