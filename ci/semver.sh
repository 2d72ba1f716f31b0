#!/usr/bin/env bash
# The public surface keeps what semantic versioning promises, by cargo-semver-checks: `ci/semver.sh [revision]` compares
# it with that revision, by default with the last tag before this commit. Both surfaces: that of the real types, and
# that under `--cfg loom`. Needs cargo-semver-checks and the history. Takes half a minute.
set -eu
cd "$(dirname "$0")/.."
. ci/not_run.sh
cargo semver-checks --version >/dev/null 2>&1 ||
    not_run "semver: there is no cargo-semver-checks (cargo install --locked cargo-semver-checks)"
revision=${1:-}
if [ -z "$revision" ]; then
    # A commit that is itself a release is compared with the release before.
    from=HEAD
    if git describe --tags --exact-match --match 'v[0-9]*' >/dev/null 2>&1; then
        from=HEAD^
    fi
    revision=$(git describe --tags --abbrev=0 --match 'v[0-9]*' "$from" 2>/dev/null) ||
        not_run "semver: there is no tag of an earlier release, so there is nothing to compare with; name a revision"
fi
commit=$(git rev-parse --verify --quiet "$revision^{commit}") || {
    echo "semver: $revision is not known here" >&2
    exit 1
}
for cfg in "" "--cfg loom"; do
    echo "semver: this against $revision, RUSTFLAGS=\"$cfg\""
    RUSTFLAGS="$cfg ${RUSTFLAGS:-}" RUSTDOCFLAGS="$cfg ${RUSTDOCFLAGS:-}" \
        cargo semver-checks check-release --baseline-rev "$commit" --all-features
done
