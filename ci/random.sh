#!/usr/bin/env bash
# Random programs of two or three threads: whatever they come to on the real machines, they can come to on the contract
# model. `ci/random.sh [from] [to]` runs the programs of these seeds; without them, as many as take about a minute. What
# fails is shrunk and printed as code.
set -eu
cd "$(dirname "$0")/../tests/random"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/../../target/random}
# The same loom as next door where it can be.
cp ../../Cargo.lock . 2>/dev/null || true
flags=${RUSTFLAGS:-}
RUSTFLAGS="--cfg loom $flags" cargo build --quiet --release --target-dir "$CARGO_TARGET_DIR/contract"
RUSTFLAGS="--cfg loom --cfg sixfold_checked $flags" cargo build --quiet --release --target-dir "$CARGO_TARGET_DIR/machines"
name=release/sixfold-random
"$CARGO_TARGET_DIR/contract/$name" compare "$CARGO_TARGET_DIR/contract/$name" "$CARGO_TARGET_DIR/machines/$name" "${1:-0}" "${2:-400}"
