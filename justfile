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

# One target of the fuzzer for a time: module, smith, rows, abi, ledger, inputs or config. What it finds is in tests/fuzz/found;
# once it is mended, it is kept in tests/fuzz/corpus, which every test run takes.
fuzz TARGET SECONDS="600":
    SANDMILL_FUZZ={{SECONDS}} nice -n 19 cargo test -p sandmill fuzz_{{TARGET}} -- --nocapture

# Known vulnerabilities in dependencies; needs the network.
advisories:
    cargo deny check advisories
