#!/usr/bin/env bash
# Runs the concurrent tests over and over: `ci/repeat.sh [times]`, default 1000. Half of the rounds run free, and at the
# same time the other half on one core only. A test that hangs ends by its watchdog; the first failure ends the script.
set -eu
cd "$(dirname "$0")/.."
times=${1:-1000}
mapfile -t tests < <(cargo test --release --no-run --lib --test lock --test rlock --test condition --test semaphore \
    --test event --test barrier --test stress --message-format json |
    grep -o '"executable":"[^"]*"' | cut -d'"' -f4)
if [ ${#tests[@]} -ne 8 ]; then
    echo "expected 8 test binaries, found ${#tests[@]}" >&2
    exit 1
fi
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

lane() { # name, rounds, command to run a test under
    local name=$1 rounds=$2 round n running
    shift 2
    for ((round = 1; round <= rounds; round++)); do
        # All at once, and many tests of each: most of them sleep most of the time.
        running=()
        for n in "${!tests[@]}"; do
            "$@" "${tests[n]}" --quiet --test-threads 16 >"$logs/$name.$n" 2>&1 &
            running+=($!)
        done
        for n in "${!tests[@]}"; do
            if ! wait "${running[n]}"; then
                cat "$logs/$name.$n"
                echo "$name: ${tests[n]} failed in round $round of $rounds" >&2
                return 1
            fi
        done
        if ((round % 50 == 0 || round == rounds)); then
            echo "$name: $round of $rounds rounds of ${#tests[@]} test binaries passed, $SECONDS s"
        fi
    done
}

one_core=(env)
if command -v taskset >/dev/null; then
    one_core=(taskset -c 0)
else
    echo "no taskset here: the second half runs free too" >&2
fi
lane free $((times - times / 2)) env &
free=$!
lane "one core" $((times / 2)) "${one_core[@]}" &
pinned=$!
status=0
wait -n || status=1
if [ $status -ne 0 ]; then
    kill $free $pinned 2>/dev/null || true
    exit 1
fi
wait $free && wait $pinned
