//! Where in the source of its user a call is: for the reports of a failed model. Otherwise nothing.

#[cfg(loom)]
pub(crate) use crate::model::execution::Place;

#[cfg(not(loom))]
#[derive(Clone, Copy)]
pub(crate) struct Place;

/// The caller's caller, if both are marked `track_caller`.
#[cfg(loom)]
#[track_caller]
pub(crate) fn here() -> Place {
    core::panic::Location::caller()
}

#[cfg(not(loom))]
#[inline(always)]
pub(crate) fn here() -> Place {
    Place
}
