//! Models of every type, for loom to explore. Empty unless built with `--cfg loom`; `ci/loom.sh` runs them.
//!
//! Each model asks one question of two or three threads. What the threads guard is a [`common::Plain`], which has no
//! synchronization of its own: a missing happens-before edge fails the model, and so does a thread that is left asleep.
#![cfg(loom)]

mod barrier;
mod child;
mod common;
mod condition;
mod deadlines;
mod edges;
mod event;
mod guards;
mod holders;
mod lifetimes;
mod lock;
#[cfg(feature = "lock_api")]
mod lock_api;
mod objects;
mod promises;
mod regressions;
#[cfg(not(sixfold_checked))] // The contract model alone writes reports.
mod reports;
mod rlock;
mod running;
mod semaphore;
mod statics;
mod unwinding;
