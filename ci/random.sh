#!/usr/bin/env bash
# Random programs of two or three threads: whatever they come to on the real machines, they can come to on the contract
# model. `ci/random.sh [from to]` runs the programs of these seeds; without them, as many as take about a minute. What
# fails is shrunk and printed as code. `ci/random.sh PROGRAM` compares one program, which is a seed or a text.
set -eu
cd "$(dirname "$0")/../tests/random"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/../../target/random}
# The same loom as next door where it can be.
cp ../../Cargo.lock . 2>/dev/null || true
flags=${RUSTFLAGS:-}
RUSTFLAGS="--cfg loom $flags" cargo build --quiet --release --target-dir "$CARGO_TARGET_DIR/contract"
RUSTFLAGS="--cfg loom --cfg sixfold_checked $flags" cargo build --quiet --release --target-dir "$CARGO_TARGET_DIR/machines"
# All calls of a thread stand at one place of the source, and there are up to four.
export SIXFOLD_GIVE_UPS=4
contract=$CARGO_TARGET_DIR/contract/release/sixfold-random
machines=$CARGO_TARGET_DIR/machines/release/sixfold-random
if [ $# -eq 0 ]; then
    set -- 0 500
fi
"$contract" compare "$contract" "$machines" "$@"
