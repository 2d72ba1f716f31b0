#!/usr/bin/env bash
# The lower bounds of our dependencies in Cargo.toml are true: with exactly those versions, which a user's lock file may
# have, the crate builds and its tests pass, on real threads and in some loom models.
#
# Works on a copy, without the dev-dependencies, which would raise the versions. Only direct dependencies are at their
# lower bounds (cargo's `direct-minimal-versions`): the bounds of others are theirs to keep. Needs cargo-hack, and a
# nightly toolchain to choose the versions; they are built with the usual one. Takes 3 minutes on two cores.
set -eu
cd "$(dirname "$0")/.."
. ci/not_run.sh
cargo hack --version >/dev/null 2>&1 ||
    not_run "minimal_versions: there is no cargo-hack (cargo install --locked cargo-hack)"
cargo +nightly --version >/dev/null 2>&1 ||
    not_run "minimal_versions: there is no nightly toolchain (rustup toolchain install nightly)"
target=$(cargo metadata --format-version 1 --no-deps | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git ls-files | tar -cf - -T - | tar -xf - -C "$work"
cd "$work"
export CARGO_TARGET_DIR=$target
rm Cargo.lock
cargo hack --remove-dev-deps
cargo +nightly update --quiet -Zdirect-minimal-versions
echo "minimal_versions: with"
cargo tree --quiet --target all --all-features --edges normal --depth 1

cargo check --quiet --all-features
# All but those that need a dev-dependency.
cargo test --quiet --all-features --lib --test lock --test rlock --test semaphore --test condition --test event \
    --test barrier
for machines in "" "--cfg sixfold_checked"; do
    RUSTFLAGS="--cfg loom $machines" cargo test --quiet --all-features --profile loom --test loom -- \
        lock::two_threads rlock::only semaphore::a_timed event::a_timed condition::waiting barrier::two_parties_meet
done
echo "minimal_versions: builds and passes ($SECONDS s)"
