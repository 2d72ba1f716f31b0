#!/usr/bin/env bash
# Explores the loom models: `ci/loom.sh [filter]`. With a filter it prints the number of executions of each.
set -eu
cd "$(dirname "$0")/.."
export RUSTFLAGS="--cfg loom ${RUSTFLAGS:-}"
if [ $# -eq 0 ]; then
    cargo test --profile loom --lib --test loom
else
    cargo test --profile loom --lib --test loom -- --nocapture --test-threads 1 "$@"
fi
