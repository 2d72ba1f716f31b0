#!/usr/bin/env bash
# Every combination of features compiles without a warning: as users build it, and with our tests; the real types, the
# contract model (`--cfg loom`), and the real machines under loom (`--cfg sixfold_checked` too). cargo-hack finds the
# features itself. The documentation is built with all of them. Needs cargo-hack. Takes 3 minutes on two cores.
set -eu
cd "$(dirname "$0")/.."
. ci/not_run.sh
cargo hack --version >/dev/null 2>&1 || not_run "features: there is no cargo-hack (cargo install --locked cargo-hack)"
flags=${RUSTFLAGS:-}
for cfg in "" "--cfg sixfold_checked" "--cfg loom" "--cfg loom --cfg sixfold_checked"; do
    echo "features: RUSTFLAGS=\"$cfg\""
    export RUSTFLAGS="$cfg -D warnings $flags"
    # Without the tests, their dependencies turn on no features of ours or of others.
    cargo hack check --quiet --feature-powerset --lib
    case "$cfg" in
    *loom*) cargo hack check --quiet --feature-powerset --lib --test loom ;;
    *) cargo hack check --quiet --feature-powerset --all-targets ;;
    esac
done
RUSTFLAGS="$flags" RUSTDOCFLAGS="-D warnings" cargo doc --quiet --no-deps --all-features
echo "features: all combinations compile ($SECONDS s)"
