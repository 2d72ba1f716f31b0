#!/usr/bin/env bash
# The companion crate `threads/`: formatting, lints, documentation, tests and doc tests, its examples, and its models on loom's
# threads. `ci/threads.sh models [NAME...]`: the models alone.
set -eu
cd "$(dirname "$0")/../threads"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/../target/threads}
models() {
    RUSTFLAGS="--cfg loom ${RUSTFLAGS:-}" cargo test --quiet --profile loom --test models "$@"
}
if [ "${1:-}" = models ]; then
    shift
    models -- "$@"
    exit
fi
cargo fmt --check
cargo clippy --quiet --all-targets -- -D warnings
RUSTFLAGS="--cfg loom" cargo clippy --quiet --lib --test models -- -D warnings
RUSTDOCFLAGS="-D warnings" cargo doc --quiet --no-deps
cargo test --quiet
for example in sleepy_threads clean_files crawler; do
    cargo run --quiet --example $example
done
models
