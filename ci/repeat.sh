#!/usr/bin/env bash
# Runs the concurrent tests over and over: `ci/repeat.sh [times]`, default 1000, every other time on one core only. A test
# that hangs ends by its watchdog, and the first failure ends the script.
set -eu
cd "$(dirname "$0")/.."
times=${1:-1000}
mapfile -t tests < <(cargo test --no-run --lib --test lock --test rlock --test condition --test semaphore --test event \
    --test barrier --test stress --message-format json |
    grep -o '"executable":"[^"]*"' | cut -d'"' -f4)
one_core=()
if command -v taskset >/dev/null; then one_core=(taskset -c 0); fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
start=$SECONDS
for ((round = 1; round <= times; round++)); do
    for test in "${tests[@]}"; do
        run=("$test")
        if ((round % 2 == 0)); then run=("${one_core[@]}" "$test"); fi
        if ! "${run[@]}" >"$log" 2>&1; then
            cat "$log"
            echo "round $round of $times: ${run[*]} failed" >&2
            exit 1
        fi
    done
    if ((round % 50 == 0 || round == times)); then
        echo "$round of $times rounds of ${#tests[@]} test binaries passed, $((SECONDS - start)) s"
    fi
done
