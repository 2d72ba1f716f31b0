//! Points in time. Under loom time does not pass: the model decides when a wait has lasted long enough.

#[cfg(not(loom))]
pub(crate) use real::{Moment, after, has_passed, in_the_future};

#[cfg(loom)]
pub(crate) use crate::loom::clock::{Moment, after, has_passed, in_the_future};

#[cfg(not(loom))]
mod real {
    use std::time::{Duration, Instant};

    pub(crate) type Moment = Instant;

    /// `None`: later than there are moments.
    pub(crate) fn after(timeout: Duration) -> Option<Moment> {
        Instant::now().checked_add(timeout)
    }

    /// `None`: it has passed.
    pub(crate) fn in_the_future(instant: Instant) -> Option<Moment> {
        (instant > Instant::now()).then_some(instant)
    }

    pub(crate) fn has_passed(moment: Moment) -> bool {
        moment <= Instant::now()
    }
}
