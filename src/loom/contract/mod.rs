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
//! Two kinds of state: a word of [`Versions`](versions::Versions), all of whose changes are in conflict with each other,
//! as with read-modify-writes of one atomic; and a [`Timeline`](timeline::Timeline), whose changes are in order by
//! something else, as by the lock that they take and release, and need not be tried in every order.
//!
//! The modules have the names and the calls of those in `raw`, and take their place.

pub(crate) mod barrier;
pub(crate) mod event;
pub(crate) mod lock;
pub(crate) mod permits;
pub(crate) mod rlock;
mod timeline;
mod versions;
pub(crate) mod wait_queue;
