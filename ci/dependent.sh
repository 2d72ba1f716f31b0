#!/usr/bin/env bash
# The crate in tests/dependent depends on sixfold as any other would, and model-checks its own components through it with
# nothing but `--cfg loom`: the right ones pass, and every wrong one is found. Then the same tests on real threads.
set -eu
cd "$(dirname "$0")/../tests/dependent"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/../../target/dependent}
# The same loom as next door where it can be.
cp ../../Cargo.lock . 2>/dev/null || true
RUSTFLAGS="--cfg loom" cargo test --quiet
cargo test --quiet
