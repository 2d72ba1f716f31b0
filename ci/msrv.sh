#!/usr/bin/env bash
# The crate builds, and its tests pass, with the oldest compiler that it claims to need: `rust-version` in Cargo.toml.
# Under `--cfg loom` it compiles with it. Why it is that version stands in CONTRIBUTING.md. Needs that toolchain. Takes 2
# minutes on two cores.
set -eu
cd "$(dirname "$0")/.."
. ci/not_run.sh
version=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
toolchain=
for name in "$version" "$version.0"; do
    if cargo "+$name" --version >/dev/null 2>&1; then
        toolchain=$name
        break
    fi
done
[ -n "$toolchain" ] || not_run "msrv: there is no toolchain $version (rustup toolchain install $version)"
echo "msrv: $(rustc "+$toolchain" --version)"
cargo "+$toolchain" build --quiet --locked
cargo "+$toolchain" test --quiet --locked
RUSTFLAGS="--cfg loom" cargo "+$toolchain" check --quiet --locked --lib --test loom
echo "msrv: builds and passes with $version ($SECONDS s)"
