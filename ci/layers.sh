#!/usr/bin/env bash
# Who may name whom in src/: the picture in CONTRIBUTING.md. A file names what is below it, by the module that defines it,
# and never by way of the crate's root. Tests beside the code and comments may name anything.
set -u
cd "$(dirname "$0")/../src" || exit 1
status=0

# The code of a file up to its tests, without comments.
code() {
    awk '/^#\[cfg\((all\()?test/ { exit } { sub(/\/\/.*/, ""); print FILENAME ":" FNR ": " $0 }' "$1"
}

refuse() { # why, lines
    if [ -n "$2" ]; then
        printf '%s\n' "$2"
        echo "layers: $1" >&2
        status=1
    fi
}

may_name() { # modules, files
    local modules=$1 file
    shift
    for file in "$@"; do
        refuse "$file may name crate::{$modules} only" \
            "$(code "$file" | grep -E 'crate::' | grep -vE "crate::($modules)\b" | grep -v 'pub(crate)')"
    done
}

base='deadline|error|shim'
may_name 'loom' shim/*.rs
may_name 'shim' deadline.rs error.rs
may_name "$base|park" park/lot.rs park/spin.rs
may_name "$base|park|loom" park/mod.rs
may_name "$base|park|raw|loom" raw/mod.rs
for file in raw/*.rs; do
    [ "$file" = raw/mod.rs ] || may_name "$base|park|raw" "$file"
done
may_name "$base" guard.rs
may_name "$base|raw|guard" lock.rs rlock.rs
may_name "$base|raw" event.rs barrier.rs
may_name "$base|raw|semaphore|bounded_semaphore|many_permits" semaphore.rs bounded_semaphore.rs many_permits.rs
may_name "$base|raw|guard|lock|rlock|condition" condition/*.rs
may_name "$base|raw|lock|rlock|condition" interop/*.rs

for file in $(find . -name '*.rs' ! -path './loom/*' ! -name model.rs ! -name lockable.rs ! -path './park/tests.rs'); do
    refuse "only the switches, model.rs, loom/ and condition/lockable.rs name loom" \
        "$(code "$file" | grep -E '(^|[^:])\bloom::' | grep -v 'crate::loom\|self::loom')"
    [ "$file" = ./park/lot.rs ] ||
        refuse "only park/lot.rs names parking_lot_core" "$(code "$file" | grep -E 'parking_lot_core(::| as)')"
done
for file in raw/*.rs; do
    refuse "machines read no clock" "$(code "$file" | grep -E 'Instant|SystemTime')"
done
exit $status
