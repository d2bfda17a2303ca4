# What people type; longer steps stand in scripts.
.PHONY: run test check deny firmware device bench

# Builds and starts the server with three simulated sensors.
run:
	cargo run --release -- serve --demo

# Installs what the tests need, as root on Debian, and runs everything.
test:
	tests/setup
	cargo build --package twite-server --bin twite
	cargo test --workspace
	tests/fuzz/run
	tests/miri
	cargo bench --package twite-tests --bench instructions
	tests/bare_metal

# Builds the firmware of every board and prints its sizes.
firmware:
	device/boards/sizes

# Runs the firmware of lm3s6965evb in QEMU and says how to talk to it; OPTIONS="--push 5683" pushes its readings to a
# server on this host, --directory PORT registers it with a directory.
device:
	cargo run --quiet --package twite-tests --example device -- $(OPTIONS)

# Formatting, lints, documentation.
check:
	cargo fmt --check
	cargo fmt --check --manifest-path tests/fuzz/Cargo.toml
	for board in device/boards/*/Cargo.toml; do cargo fmt --check --manifest-path $$board || exit; done
	cargo clippy --workspace --all-targets -- -D warnings
	cargo clippy --manifest-path tests/fuzz/Cargo.toml --target-dir target/fuzz --no-default-features -- -D warnings
	RUSTDOCFLAGS=-Dwarnings cargo doc --workspace --no-deps

# Licences, sources and versions of the dependencies; needs cargo-deny.
deny:
	cargo deny check bans licenses sources

# Throughput, latency and memory beside other servers, as Markdown: up to ten minutes, QUICK=1 up to two.
bench:
	cargo build --release --package twite-server --bin twite
	cargo build --release --manifest-path tests/bench/Cargo.toml --target-dir target/bench
	target/bench/release/side_by_side
