#!/usr/bin/env bash
# What users are told about likely mistakes: tests/ui. First the lints, for what compiles although it is wrong. Then the
# errors: with the compiler of tests/ui/compiler.txt they must be the recorded ones (tests/ui/mistakes/*.stderr), and with
# another one each mistake must be refused, with the phrases of ours that it lists.
#
# `ci/compile_errors.sh record` records anew, `ci/compile_errors.sh phrases` looks for the phrases alone.
set -eu
cd "$(dirname "$0")/../tests/ui"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/../../target/ui}
# The same dependencies as next door where it can be.
cp ../../Cargo.lock . 2>/dev/null || true
cargo clippy --quiet -- -D warnings

compiler=$(rustc --version)
if [ -e "$(rustc --print sysroot)/lib/rustlib/src/rust" ]; then
    compiler+=", with rust-src" # from which it quotes
fi
if [ "${1:-}" = record ]; then
    echo "$compiler" >compiler.txt
    export TRYBUILD=overwrite
elif [ "${1:-}" = phrases ] || [ "$compiler" != "$(cat compiler.txt)" ]; then
    echo "looking for the phrases alone: the words are those of $(cat compiler.txt), and this is $compiler"
    export SIXFOLD_UI=$CARGO_TARGET_DIR/mistakes TRYBUILD=overwrite
    rm -rf "$SIXFOLD_UI"
    mkdir -p "$SIXFOLD_UI"
    cp mistakes/*.rs "$SIXFOLD_UI"
fi
cargo test --quiet --test compile_errors
