#!/usr/bin/env bash
# Mixed load with faults over all types, see examples/soak: `ci/soak.sh [seconds]`, default 120, half of them on one core.
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-120}
cargo build --quiet --release --example soak
soak=${CARGO_TARGET_DIR:-target}/release/examples/soak
echo "all cores:"
"$soak" --seconds $((seconds - seconds / 2))
if command -v taskset >/dev/null; then
    echo "one core:"
    taskset -c 0 "$soak" --seconds $((seconds / 2))
else
    echo "no taskset here: the half on one core is left out" >&2
fi
