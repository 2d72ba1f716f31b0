//! What the machines promise, and no more: the default under `--cfg loom`, for models of other crates.
//!
//! The real machines are dear to explore: an acquire is several steps of loom's, and each doubles the work of whoever
//! uses it. Here a call is one step where that is possible. The rules:
//!
//! - **Every outcome of the real machine is an outcome here**: barging, a time-out at any moment, any winner, a failing
//!   try or a snapshot that is old news. The models of `tests/loom` run on both, and compare.
//! - **The happens-before edges are those that the types promise, and no others**, so that a race that the promise does
//!   not rule out is found.
//! - **Who blocks is blocked for loom too**, so that a deadlock is reported.
//!
//! The state of an object is a [`History`](history::History). Objects whose changes nothing else orders make steps on it,
//! as with read-modify-writes of one atomic. What a lock orders, as what its holders do, need not be tried in every order.
//!
//! The modules have the names and the calls of those in `raw`, and take their place.

pub(crate) mod barrier;
pub(crate) mod event;
mod history;
pub(crate) mod lock;
mod meetings;
pub(crate) mod permits;
pub(crate) mod rlock;
pub(crate) mod wait_queue;
