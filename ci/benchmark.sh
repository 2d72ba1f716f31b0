#!/usr/bin/env bash
# The benchmark in its shortest form, to see that it runs: a report of some rows, and two runs put together.
set -eu
cd "$(dirname "$0")/.."
benchmark() {
    cargo run --quiet --manifest-path benchmark/Cargo.toml -- "$@"
}
benchmark --rounds 1 --millis 1 alone "condition: queue 1×1" "lock: beside"
runs=$(mktemp -d)
trap 'rm -rf "$runs"' EXIT
for run in 1 2; do
    benchmark --rounds 1 --millis 1 --tsv "lock: beside" "barrier: rounds of 2" >"$runs/$run"
done
benchmark --together "$runs"/* >"$runs/together"
cat "$runs/together"
# One row has this goal, and both runs have the row.
grep -q '^| longest wait, ms | 1 | ' "$runs/together"
