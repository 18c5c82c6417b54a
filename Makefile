.POSIX:
.PHONY: demo run local report test format lint unit whole conformance open-api fuzz schemas template e2e bench costs deny advisories tree build release deploy deploy-local fleet-demo fleet-document

# Needs Rust and Python 3.11 or newer; everything else is installed into .tools, at pinned versions. PYTHON names another
# interpreter than python3.
CARGO_DENY_VERSION = 0.20.2
CARGO_FUZZ_VERSION = 0.13.2
CARGO_CYCLONEDX_VERSION = 0.5.9

# A story with the three functions and simulated providers.
demo:
	@"$${PYTHON:-python3}" scripts/demo

# The same, left running, with lines to paste into a terminal, where those of README.md expect it: PORT names another port.
run:
	@PORT="$${PORT:-9000}" "$${PYTHON:-python3}" scripts/demo stay

# The functions on this machine with your own keys, at the real clouds (docs/local.md).
local:
	@"$${PYTHON:-python3}" scripts/local

# One page about a whole fleet, in target/fleet-report.html: of the simulated providers, or of those that REPORT_OPTIONS names, see
# docs/report.md.
report:
	@sh scripts/environment.sh report scripts/report/requirements.txt
	@.tools/report/bin/python scripts/report $(REPORT_OPTIONS)

# The tests on the emulated AWS wait more than they compute, so that they run beside the stages after them.
STAGES = format lint tree deny unit whole +e2e conformance open-api template

# The whole check. It names the work in each silence of 20 seconds, and ends with one line of totals.
test:
	@"$${PYTHON:-python3}" scripts/stages.py 20 "$(MAKE)" $(STAGES)

format:
	cargo fmt --all --check

lint:
	cargo clippy --locked --workspace --all-targets -- --deny warnings
	RUSTDOCFLAGS="--deny warnings" cargo doc --locked --no-deps --workspace --document-private-items --quiet

# Each function's own dependencies: one TLS stack, HTTP/1.1 only.
tree:
	sh scripts/check-dependencies.sh describe inactivate status

deny: .tools/cargo-deny-$(CARGO_DENY_VERSION)
	.tools/cargo-deny-$(CARGO_DENY_VERSION)/bin/cargo-deny --locked check bans licenses sources

# Against the advisory database of RustSec, which is fetched from GitHub. No part of `make test`: it may fail without a change here.
advisories: .tools/cargo-deny-$(CARGO_DENY_VERSION)
	.tools/cargo-deny-$(CARGO_DENY_VERSION)/bin/cargo-deny --locked check advisories

# Built without optimization: it runs for a second.
.tools/cargo-deny-$(CARGO_DENY_VERSION):
	@mkdir -p .tools
	CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
		cargo install cargo-deny --version $(CARGO_DENY_VERSION) --locked --no-default-features --quiet --root $@.new
	mv $@.new $@

unit:
	cargo test --locked --workspace --lib --bins

# The real binaries against a Runtime API stand-in and the simulator. The fuzz targets, built with them, would give them a clock that can
# be paused. Most tests wait more than they compute, so that six run at once; those with hostile vendors compute, and have a limit of time.
whole:
	cargo build --locked --workspace --exclude fuzz-targets --bins
	cargo test --locked --package whole-function-tests --test '*' -- --test-threads 6 --skip hostile_vendor
	cargo test --locked --package whole-function-tests --test whole_functions -- hostile_vendor

# The vendors' official SDKs against the simulator and the signers, and the functions against moto.
conformance:
	sh scripts/environment.sh conformance tests/conformance/requirements.txt
	cargo build --locked --workspace --exclude fuzz-targets --bins
	cargo build --locked --package whole-function-tests --example sign --example sts --example gateway --example webhook \
		--example certificate_facts
	.tools/conformance/bin/python -m pytest --no-header tests/conformance

# At least 1,000 requests for each route, made from the OpenAPI document, and every request that the documents print, against the
# running functions.
open-api:
	sh scripts/environment.sh open-api tests/open_api/requirements.txt
	cargo build --locked --workspace --exclude fuzz-targets --bins
	cargo build --locked --package whole-function-tests --example gateway
	.tools/open-api/bin/python -m pytest --no-header tests/open_api tests/documents

# libFuzzer looks for FUZZ_SECONDS in each target for inputs that fail it, on from what it has learnt before (tests/fuzz/grown). What fails
# is kept in tests/fuzz/artifacts. The compiler's instrumentation does not go with link-time optimization.
fuzz: .tools/cargo-fuzz-$(CARGO_FUZZ_VERSION)
	rm -rf target/fuzz-seeds
	cargo run --locked --quiet --package fuzz-targets --bin seeds -- target/fuzz-seeds
	for target in event vendor_answer serial_number cursor webhook certificate; do \
		mkdir -p tests/fuzz/grown/$$target && \
		CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_STRIP=none \
			.tools/cargo-fuzz-$(CARGO_FUZZ_VERSION)/bin/cargo-fuzz run --fuzz-dir tests/fuzz --features libfuzzer --sanitizer none \
			$$target tests/fuzz/grown/$$target target/fuzz-seeds/$$target -- -max_total_time="$${FUZZ_SECONDS:-60}" -print_final_stats=1 || exit 1; \
	done

.tools/cargo-fuzz-$(CARGO_FUZZ_VERSION):
	@mkdir -p .tools
	CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
		cargo install cargo-fuzz --version $(CARGO_FUZZ_VERSION) --locked --quiet --root $@.new
	mv $@.new $@

# Writes schemas/ and docs/http-api.md anew from the types. `make whole` fails when they have drifted apart.
schemas:
	cargo run --locked --quiet --package whole-function-tests --example schemas

template:
	sh scripts/environment.sh template tests/template/requirements.txt
	sh scripts/environment.sh sam tests/template/requirements-sam.txt
	.tools/template/bin/python -m pytest --no-header tests/template
	sh scripts/environment.sh report-tests tests/report/requirements.txt
	.tools/report-tests/bin/python tests/report/chromium.py
	.tools/report-tests/bin/python -m pytest --no-header tests/report

# The template on an emulated AWS, with the real functions, against the simulator.
e2e:
	sh scripts/environment.sh e2e tests/end_to_end/requirements.txt
	sh scripts/environment.sh report scripts/report/requirements.txt
	cargo build --locked --workspace --exclude fuzz-targets --bins
	.tools/e2e/bin/python -m pytest --no-header tests/end_to_end

# The functions beside an empty one and beside the vendors' SDKs in Python and Node.js; `target/release/bench --help` tells what
# BENCH_OPTIONS may hold.
bench:
	sh scripts/environment.sh bench bench/peers/python/requirements.txt
	cargo build --locked --release
	cargo build --locked --release --package bench
	sh bench/prepare.sh
	target/release/bench $(BENCH_OPTIONS)

# Writes docs/costs.md anew from measured durations and prices. `make template` fails when they have drifted apart.
costs:
	"$${PYTHON:-python3}" scripts/costs >docs/costs.md

# Writes the computed parts of docs/fleet.md anew. `make template` fails when they have drifted apart.
fleet-document:
	@sh scripts/environment.sh template tests/template/requirements.txt
	@.tools/template/bin/python scripts/fleet_document

# The same stack, left running, with lines to paste into a terminal.
deploy-local:
	sh scripts/environment.sh e2e tests/end_to_end/requirements.txt
	cargo build --locked --workspace --exclude fuzz-targets --bins
	@.tools/e2e/bin/python tests/end_to_end

# A fleet's state machine on the emulated AWS: 5,000 certificates of one CA, which you approve (docs/fleet.md). FLEET_OPTIONS=--yes
# approves by itself and stops at the end.
fleet-demo:
	@sh scripts/environment.sh e2e tests/end_to_end/requirements.txt
	@sh scripts/environment.sh report scripts/report/requirements.txt
	@cargo build --locked --quiet --workspace --exclude fuzz-targets --bins
	@.tools/e2e/bin/python tests/end_to_end/fleet_demo.py $(FLEET_OPTIONS)

# To AWS, with the credentials of your environment (docs/deploy.md). It asks for the parameters and keeps them in samconfig.toml, or
# takes them from the YAML file PARAMETERS. ARCHITECTURE is as for `build`.
deploy:
	sh scripts/environment.sh build scripts/requirements-build.txt
	sh scripts/environment.sh sam tests/template/requirements-sam.txt
	PATH="$$PWD/.tools/build/bin:$$PWD/.tools/sam/bin:$$PATH" sh scripts/deploy.sh

# For Lambda, on the processor ARCHITECTURE, which is arm64 or x86_64: target/lambda/<function>/bootstrap.zip
build:
	sh scripts/environment.sh build scripts/requirements-build.txt
	PATH="$$PWD/.tools/build/bin:$$PATH" sh scripts/build.sh

# What a release holds, for both processors: target/release-files. It needs the targets aarch64-unknown-linux-gnu and
# x86_64-unknown-linux-gnu of Rust.
release: .tools/cargo-cyclonedx-$(CARGO_CYCLONEDX_VERSION)
	sh scripts/environment.sh build scripts/requirements-build.txt
	PATH="$$PWD/.tools/build/bin:$$PWD/.tools/cargo-cyclonedx-$(CARGO_CYCLONEDX_VERSION)/bin:$$PATH" sh scripts/release.sh

.tools/cargo-cyclonedx-$(CARGO_CYCLONEDX_VERSION):
	@mkdir -p .tools
	CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
		cargo install cargo-cyclonedx --version $(CARGO_CYCLONEDX_VERSION) --locked --quiet --root $@.new
	mv $@.new $@
