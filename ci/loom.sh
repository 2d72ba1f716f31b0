#!/usr/bin/env bash
# Explores the loom models: `ci/loom.sh [filter]`. With a filter it prints the number of executions of each.
#
# Twice: on the real state machines, and on the contract model, which is what other crates get. The models collect what
# their executions came to; the outcomes of the machines are listed in the source, and the contract model has them all.
set -eu
cd "$(dirname "$0")/.."
flags=${RUSTFLAGS:-}
for machines in "--cfg sixfold_checked" ""; do
    export RUSTFLAGS="--cfg loom $machines $flags"
    if [ $# -eq 0 ]; then
        cargo test --profile loom --features lock_api --lib --test loom
    else
        cargo test --profile loom --features lock_api --lib --test loom -- --nocapture --test-threads 1 "$@"
    fi
done
