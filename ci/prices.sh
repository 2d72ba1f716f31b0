#!/usr/bin/env bash
# Prints what our types and those of others cost in a loom model: executions for threads that each acquire and release
# once, and for a few other models. `ci/prices.sh checked` prints it for the real machines. Takes about a minute.
set -eu
cd "$(dirname "$0")/../tests/prices"
flags="--cfg loom"
if [ "${1:-}" = checked ]; then
    flags="$flags --cfg sixfold_checked"
fi
export RUSTFLAGS="$flags ${RUSTFLAGS:-}" CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/../../target/prices}
cargo run --quiet --release
