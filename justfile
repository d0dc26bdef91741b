# Everything here is a short name for something that also runs by itself.

# What CI runs: set-up, lints, all tests.
ci:
    tests/run

# The tests alone, once the set-up has been done.
test *ARGS:
    cargo test --workspace {{ARGS}}

lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings

# Rebuilds the processors of the examples that are committed.
guests:
    examples/build

# Known vulnerabilities in dependencies; needs the network.
advisories:
    cargo deny check advisories
