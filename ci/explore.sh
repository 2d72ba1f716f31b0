#!/usr/bin/env bash
# Explores the transitions of the machines through every interleaving of a few threads, and prints what was found into
# `docs/printed/explored.md`. Then it breaks the machines on purpose, and looks whether the explorer finds each break. Some minutes on two cores.
# The gate explores the same with fewer threads, as a part of the tests.
set -eu
cd "$(dirname "$0")/.."
{
    echo "Printed by \`ci/explore.sh\`. A state is the word, the queues, and where each thread is; threads that are alike count as"
    echo "the same, but not where a row says \`live\`. *Safe*: in every state the machine's invariants hold, permits are conserved,"
    echo "a try fails and a release is refused only where they must, and nobody sleeps beside what it could have. *Live*: on every"
    echo "fair way a starving waiter is served. *Awake*: at most so many woken threads at once."
    echo
    echo "| machine | | program | states | awake | |"
    echo "|---|---|---|--:|--:|---|"
    export SIXFOLD_EXPLORE=1
    for machine in event barrier programs::everything; do
        cargo test --quiet --release --lib "explore::$machine" -- --nocapture | grep '^|'
    done
    echo
    ci/break.py explored
} > docs/printed/explored.md.new
mv docs/printed/explored.md.new docs/printed/explored.md
