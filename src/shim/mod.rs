//! Atomics, clocks, thread numbers and call sites: std's or loom's.

pub(crate) mod atomic;
pub(crate) mod caller;
pub(crate) mod clock;
pub(crate) mod thread;
