#!/usr/bin/env bash
# Who may name whom: parking_lot_core and loom are known in few places, and machines know no faces.
set -u
cd "$(dirname "$0")/../src" || exit 1
status=0
forbid() { # what, pattern, files
    local what=$1 pattern=$2
    shift 2
    # Comments may speak of anything.
    if grep -nE "$pattern" "$@" | grep -vE '^[^:]+:[0-9]+: *//'; then
        echo "layers: $what" >&2
        status=1
    fi
}
mapfile -t all < <(find . -name '*.rs')
mapfile -t not_real < <(printf '%s\n' "${all[@]}" | grep -v park/lot.rs)
mapfile -t not_loom < <(printf '%s\n' "${all[@]}" | grep -vE 'loom/|model.rs|condition/lockable.rs|shim/thread.rs|park/tests.rs|raw/(event|permits).rs')
mapfile -t faces < <(find . -maxdepth 1 -name '*.rs' ! -name deadline.rs ! -name lib.rs ! -name model.rs)
forbid 'only park/lot.rs may name parking_lot_core' 'parking_lot_core::|parking_lot_core as' "${not_real[@]}"
forbid 'only model.rs, loom/ and lockable may name loom (and the tests beside others)' '(^|[^:])\bloom::' "${not_loom[@]}"
forbid 'machines know no faces' 'crate::\{?(Lock|RLock|Condition|Semaphore|BoundedSemaphore|Event|Barrier)\b' raw/*.rs
forbid 'machines read no clock' 'Instant|SystemTime' raw/*.rs
forbid 'faces do not park' 'park::\{?(park|unpark)' "${faces[@]}"
exit $status
