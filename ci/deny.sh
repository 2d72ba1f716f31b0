#!/usr/bin/env bash
# The crates below ours, with cargo-deny and deny.toml: their licences allow what ours do, they come from the registry,
# none is yanked or has a known vulnerability, and users get none of them twice. All that the lock file names, also for
# the benches and for `--cfg loom`. Needs cargo-deny, and for the list of vulnerabilities the network. Takes seconds.
set -eu
cd "$(dirname "$0")/.."
. ci/not_run.sh
cargo deny --version >/dev/null 2>&1 || not_run "deny: there is no cargo-deny (cargo install --locked cargo-deny)"
cargo deny --locked check --hide-inclusion-graph licenses bans sources
cargo deny fetch db >/dev/null 2>&1 ||
    not_run "deny: the list of vulnerabilities cannot be reached, so \`advisories\` is not checked (all else has been)"
cargo deny --locked check --hide-inclusion-graph --disable-fetch advisories
