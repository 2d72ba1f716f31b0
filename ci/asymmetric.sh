#!/usr/bin/env bash
# The experiment in experiments/asymmetric, a lock that is given back by a plain store: explores its models and runs its tests
# on real threads, in about a minute. `ci/asymmetric.sh --measure` then prints its figures, which takes a quarter of a minute.
# `LOOM_MAX_PREEMPTIONS=3` goes deeper in the models of three threads, and takes much longer.
set -eu
measure=${1:-}
case $measure in
"" | --measure) ;;
*)
    echo "usage: ci/asymmetric.sh [--measure]" >&2
    exit 2
    ;;
esac
cd "$(dirname "$0")/../experiments/asymmetric"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/../../target/asymmetric}
# The same versions as next door where it can be.
cp ../../Cargo.lock . 2>/dev/null || true
RUSTFLAGS="--cfg loom" cargo test --quiet --release --test model
cargo test --quiet --release
if [ "$measure" = --measure ]; then
    cargo run --quiet --release
fi
