//! Whom we are measured beside: a trait for each kind of primitive, and whoever offers one.

pub mod barrier;
pub mod event;
#[cfg(target_os = "linux")]
pub mod glibc;
pub mod monitor;
pub mod mutex;
pub mod semaphore;

/// In which role something is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rank {
    Ours,
    /// Something one could use in our place.
    Peer,
    /// Shown, not ranked: it burns its processor while it waits, or is ours too.
    Shown,
    /// The floor of the machine under this scenario; it is no substitute for anything.
    Limit,
}
