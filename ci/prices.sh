#!/usr/bin/env bash
# Prints docs/printed/prices.md: what our types and those of others cost in a loom model, in executions. Takes about two minutes.
# `ci/prices.sh --check` compares our rows with those that are there, in seconds. `ci/prices.sh checked` prints what the
# real machines cost, and writes nothing.
set -eu
cd "$(dirname "$0")/../tests/prices"
flags="--cfg loom"
if [ "${1:-}" = checked ]; then
    flags="$flags --cfg sixfold_checked"
fi
export RUSTFLAGS="$flags ${RUSTFLAGS:-}" CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/../../target/prices}
case "${1:-}" in
--check) cargo run --quiet --release -- --check ../../docs/printed/prices.md ;;
checked) cargo run --quiet --release ;;
*) cargo run --quiet --release >../../docs/printed/prices.new && mv ../../docs/printed/prices.new ../../docs/printed/prices.md ;;
esac
