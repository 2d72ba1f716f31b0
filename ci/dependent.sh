#!/usr/bin/env bash
# The crate in tests/dependent depends on sixfold as any other would, and model-checks its own components through it with
# nothing but `--cfg loom`: the right ones pass, and every wrong one is found. So with the loom of our lock file, and with the
# oldest that our Cargo.toml allows. Then the same tests on real threads.
set -eu
cd "$(dirname "$0")/../tests/dependent"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/../../target/dependent}
oldest=$(sed -n 's/^loom = "\([0-9.]*\)"$/\1/p' ../../Cargo.toml)
case $oldest in
*.*.*) ;;
*.*) oldest=$oldest.0 ;;
*)
    echo "dependent: Cargo.toml has no line loom = \"…\"" >&2
    exit 1
    ;;
esac
# The same loom as next door where it can be.
cp ../../Cargo.lock . 2>/dev/null || true
RUSTFLAGS="--cfg loom" cargo test --quiet
cargo update --quiet --package loom --precise "$oldest"
echo "dependent: with loom $oldest"
RUSTFLAGS="--cfg loom" cargo test --quiet
cp ../../Cargo.lock . 2>/dev/null || true
cargo test --quiet
