#!/usr/bin/env bash
# The package that users get. It has what it should have, no more and no less; `cargo publish --dry-run` says nothing
# against it; and unpacked elsewhere, its documentation, tests, benches and examples compile, its tests pass, and the
# models compile under `--cfg loom`. Prints its size.
#
# A file that git knows must be of one of the kinds below, so that a new one is not left out, nor let in, by accident.
# Needs the registry. Takes 2 minutes on two cores.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

dirty=()
if [ -n "$(git status --porcelain)" ]; then
    if [ -n "${CI:-}" ]; then
        echo "package: there are changes that are not committed" >&2
        exit 1
    fi
    echo "package: with changes that are not committed"
    dirty=(--allow-dirty)
fi

# What it must have.
git ls-files | while read -r file; do
    case "$file" in
    # Crates of their own.
    tests/dependent/* | tests/prices/* | tests/random/* | tests/ui/*) ;;
    # The documentation includes parts of these.
    docs/*.md | docs/*.svg) echo "$file" ;;
    src/* | tests/* | benches/* | examples/*) echo "$file" ;;
    Cargo.toml | Cargo.lock | README.md | CHANGELOG.md | LICENSE-MIT | LICENSE-APACHE) echo "$file" ;;
    # For those who work on it.
    benchmark/* | ci/* | .ci/* | .cargo/* | .github/* | .gitignore | .gitattributes) ;;
    CONTRIBUTING.md | SECURITY.md | deny.toml | rustfmt.toml) ;;
    *)
        echo "package: is $file a part of the package? Say so in ci/package.sh" >&2
        exit 1
        ;;
    esac
done >"$work/listed"
# Cargo adds these: the manifest as it was written, and the commit.
{
    cat "$work/listed"
    echo Cargo.toml.orig
    echo .cargo_vcs_info.json
} | LC_ALL=C sort >"$work/expected"
cargo package --list ${dirty[@]+"${dirty[@]}"} | tr '\134' / | LC_ALL=C sort >"$work/found"
if ! diff "$work/expected" "$work/found" >"$work/diff"; then
    echo "package: < is missing, > is too much (see \`include\` in Cargo.toml)" >&2
    grep '^[<>]' "$work/diff" >&2
    exit 1
fi

# Cargo's own view of it. The last warning is always there.
if ! cargo publish --dry-run ${dirty[@]+"${dirty[@]}"} >"$work/publish" 2>&1; then
    cat "$work/publish" >&2
    exit 1
fi
if grep -A 5 '^warning' "$work/publish" | grep -v 'aborting upload due to dry run' | grep .; then
    echo "package: \`cargo publish --dry-run\` warns" >&2
    exit 1
fi

# Unpacked, away from the repository.
cargo package --quiet --no-verify ${dirty[@]+"${dirty[@]}"}
target=$(cargo metadata --format-version 1 --no-deps | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
crate=$target/package/sixfold-$version.crate
tar -xzf "$crate" -C "$work"
# Not our own: its programs would take the place of ours there, and look for files in a folder that is gone.
export CARGO_TARGET_DIR=$target/unpacked
cd "$work/sixfold-$version"
files=$(find . -type f | wc -l)
packed=$(wc -c <"$crate")
unpacked=$(find . -type f -exec cat {} + | wc -c)
cargo check --quiet --locked --all-targets
RUSTDOCFLAGS="-D warnings" cargo doc --quiet --locked --no-deps
RUSTFLAGS="--cfg loom" cargo check --quiet --locked --lib --test loom
cargo test --quiet --locked

echo "package: sixfold-$version.crate has $((files)) files, $((packed / 1000)) kB," \
    "$((unpacked / 1000)) kB unpacked ($SECONDS s)"
