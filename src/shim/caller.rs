//! Where in the source of its user a call is: for the reports of a failed model. Otherwise nothing.

#[cfg(loom)]
pub(crate) use crate::loom::execution::Caller;

#[cfg(not(loom))]
#[derive(Clone, Copy, Debug)]
#[allow(unreachable_pub)] // in signatures of a sealed trait
pub struct Caller;

/// The caller's caller, if both are marked `track_caller`.
#[cfg(loom)]
#[track_caller]
pub(crate) fn caller() -> Caller {
    core::panic::Location::caller()
}

#[cfg(not(loom))]
#[inline(always)]
pub(crate) fn caller() -> Caller {
    Caller
}
