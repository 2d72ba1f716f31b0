#!/usr/bin/env bash
# Miri with strict provenance and several seeds: `ci/miri.sh [seeds]`, default 8, over the unit tests and the tests of each
# type. Exit code 3: there is no Miri, and nothing was checked.
set -eu
cd "$(dirname "$0")/.."
if ! cargo +nightly miri --version >/dev/null 2>&1; then
    echo "no Miri (rustup component add --toolchain nightly miri): nothing was checked" >&2
    exit 3
fi
for ((seed = 0; seed < ${1:-8}; seed++)); do
    echo "seed $seed"
    # The tests look into /proc to see who sleeps, hence no isolation.
    MIRIFLAGS="-Zmiri-strict-provenance -Zmiri-disable-isolation -Zmiri-seed=$seed" \
        cargo +nightly miri test --lib --test lock --test rlock --test semaphore --test event --test barrier
done
