//! Models of every type, for loom to explore. Empty unless built with `--cfg loom`; `ci/loom.sh` runs them.
#![cfg(loom)]

mod common;
mod lock;
