#!/usr/bin/env bash
# ThreadSanitizer: `ci/tsan.sh [seconds]` runs the soak program under it, default 60 s, and the tests too where std can be
# instrumented with it (`rustup component add rust-src`): otherwise the test harness itself looks full of races. Exit
# code 3: the toolchain cannot do it, and nothing was checked.
set -eu
cd "$(dirname "$0")/.."
host=$(rustc +nightly -vV 2>/dev/null | sed -n 's/^host: //p') || true
if [ -z "$host" ]; then
    echo "no nightly toolchain: nothing was checked" >&2
    exit 3
fi
sysroot=$(rustc +nightly --print sysroot)
if ! ls "$sysroot/lib/rustlib/$host/lib/"*tsan* >/dev/null 2>&1; then
    echo "the nightly toolchain has no ThreadSanitizer runtime for $host: nothing was checked" >&2
    exit 3
fi
flags="-Zsanitizer=thread"
std=()
if [ -d "$sysroot/lib/rustlib/src/rust/library" ]; then
    std=(-Zbuild-std)
else
    echo "no source of std, so it is not instrumented: the soak program only"
    flags="$flags -Cunsafe-allow-abi-mismatch=sanitizer"
fi
export RUSTFLAGS="$flags" CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target}/tsan
export TSAN_OPTIONS="suppressions=$PWD/ci/tsan.supp ${TSAN_OPTIONS:-}"
if [ ${#std[@]} -gt 0 ]; then
    cargo +nightly test "${std[@]}" --target "$host" --lib --tests
fi
cargo +nightly run "${std[@]}" --target "$host" --example soak -- --seconds "${1:-60}"
