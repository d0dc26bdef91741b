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

# One target of the fuzzer for a time: abi, archives, config, inputs, ledger, module, rows, smith or wasi. It needs a nightly compiler
# and cargo-fuzz (`cargo install cargo-fuzz`). What it finds is in fuzz/artifacts; once it is mended, it is kept in
# fuzz/regressions, which every test run takes.
fuzz TARGET SECONDS="3600":
    nice -n 19 cargo +nightly fuzz run {{TARGET}} --sanitizer none -- \
        -max_total_time={{SECONDS}} -timeout=60 -rss_limit_mb=4096 -print_final_stats=1

# Keeps the least of the inputs that reach what all of them reach, for every test run, and for the next search to begin with.
fuzz-keep TARGET:
    cargo +nightly fuzz cmin {{TARGET}} --sanitizer none
    tar --create --gzip --file=fuzz/kept/{{TARGET}}.tar.gz --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner \
        --directory=fuzz/corpus/{{TARGET}} .

# Known vulnerabilities in dependencies; needs the network.
advisories:
    cargo deny check advisories
