#!/usr/bin/env bash
# Runs the eight programs of the porting guide (docs/porting.md) and compares what they print with tests/examples/*.txt:
# `ci/examples.sh`, or `ci/examples.sh counter gil` for some of them. A program also fails by itself if what it shows
# does not hold.
#
# In an expected line with a `#`, every `#` stands for a number, such as a time, and several blanks are as one.
set -eu
cd "$(dirname "$0")/.."
programs=${CARGO_TARGET_DIR:-target}/release/examples
wanted=" $* "
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
status=0

# A program that hangs is ended, where there is something to end it with.
limit=()
if command -v timeout >/dev/null; then
    limit=(timeout 60)
fi

check() { # name of the expected lines, order of the lines (cat or sort), program, arguments
    local name=$1 order=$2 program=$3
    shift 3
    case "$wanted" in
    "  " | *" $program "*) ;;
    *) return ;;
    esac
    if ! ${limit[@]+"${limit[@]}"} "$programs/$program" "$@" >"$out/lines" 2>"$out/errors" </dev/null; then
        echo "examples: $program $* has failed" >&2
        cat "$out/lines" "$out/errors" >&2
        status=1
    elif ! LC_ALL=C "$order" "$out/lines" | awk -v name="$name" '
        NR == FNR { expected[++count] = $0; next }
        {
            line = $0
            if (expected[++lines] ~ /#/) {
                gsub(/-?[0-9]+([.,][0-9]+)*/, "#", line)
                gsub(/ +/, " ", line)
                gsub(/ +/, " ", expected[lines])
            }
            if (line != expected[lines]) {
                printf "%s: expected \"%s\", and it printed \"%s\"\n", name, expected[lines], $0
                differs = 1
            }
        }
        END {
            if (lines < count) {
                printf "%s: %d lines are missing, the first is \"%s\"\n", name, count - lines, expected[lines + 1]
            }
            exit differs || lines < count
        }' "tests/examples/$name.txt" - >&2; then
        status=1
    else
        echo "examples: $program $* printed what is expected ($SECONDS s)"
    fi
}

cargo build --quiet --release --example counter --example printing --example finishing_order --example clean_files \
    --example philosophers --example gil --example thread_pool --example task_queue
SECONDS=0
check counter cat counter
# Which thread prints first is not fixed, and what each of them prints is.
check printing sort printing
check finishing_order cat finishing_order --verify
check clean_files cat clean_files LICENSE-APACHE LICENSE-MIT
check clean_files_sources cat clean_files
check philosophers cat philosophers
check gil cat gil
check thread_pool cat thread_pool
check task_queue cat task_queue
if [ "$status" -eq 0 ]; then
    echo "examples: all as expected after $SECONDS s"
fi
exit "$status"
