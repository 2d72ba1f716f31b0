#!/usr/bin/env bash
# Prints the edge table into `docs/edges.md`, from the cells of `tests/loom/edges.rs`: which call happens before which. The
# loom models check that every cell is true; this only writes. A test fails if the page is not what the cells say.
set -eu
cd "$(dirname "$0")/.."
export RUSTFLAGS="--cfg loom ${RUSTFLAGS:-}" SIXFOLD_WRITE_EDGES=1
cargo test --quiet --profile loom --features lock_api --test loom -- edges::the_page
