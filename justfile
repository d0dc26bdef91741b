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

# The crash matrix with later passings of each step and more power cuts: minutes, where `test` takes half a one.
crash-matrix:
    SANDMILL_CRASH_MATRIX=full cargo test -p sandmill --test integration crash_matrix -- --nocapture

# Known vulnerabilities in dependencies; needs the network.
advisories:
    cargo deny check advisories
