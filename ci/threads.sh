#!/usr/bin/env bash
# The companion crate `threads/`: formatting, lints, documentation, tests and doc tests, what is in its package, its examples,
# and its models on loom's threads. `ci/threads.sh models [NAME...]`: the models alone.
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
# What would be published. Not built from there: it needs a published sixfold first.
files=$(cargo package --list --allow-dirty)
for file in src/lib.rs README.md CHANGELOG.md LICENSE-MIT LICENSE-APACHE docs/porting.md docs/python-tests.md docs/prices.md \
    examples/crawler.rs examples/crawler.py tests/models/prices.rs; do
    grep -qx "$file" <<<"$files" || { echo "the package has no $file" >&2; exit 1; }
done
for example in sleepy_threads clean_files crawler; do
    cargo run --quiet --example $example
done
models
