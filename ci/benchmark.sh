#!/usr/bin/env bash
# Runs `benchmark/`, the comparison with the peers, as cargo builds it by default, and with the versions of this lock file:
# `ci/benchmark.sh [options]`; the head of benchmark/src/main.rs has them. With `PROFILE=fat`, everything is inlined across crates.
set -eu
cd "$(dirname "$0")/../benchmark"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/../target/benchmark}
cargo run --quiet --profile "${PROFILE:-release}" -- "$@"
