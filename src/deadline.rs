//! Timeouts become deadlines here, once, at the edge. Below this line nobody reads a clock.

use std::time::{Duration, Instant};

/// When a call gives up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deadline {
    /// The time is already up: one try.
    Passed,
    /// Some time from now. When that is, only the parking layer knows.
    At(Moment),
    /// Never: the call waits for as long as it takes.
    Never,
}

/// A point in time. Under loom time does not pass: the model decides when a wait has lasted long enough.
#[cfg(not(loom))]
pub(crate) type Moment = Instant;
#[cfg(loom)]
pub(crate) type Moment = ();

impl Deadline {
    /// `timeout` from now; zero is one try, and what cannot be added to now is for ever.
    #[cfg(not(loom))]
    pub(crate) fn after(timeout: Duration) -> Self {
        if timeout.is_zero() {
            return Self::Passed;
        }
        Instant::now().checked_add(timeout).map_or(Self::Never, Self::At)
    }

    /// As outside of loom, but without a clock: "too large to be added to now" is a fixed bound.
    #[cfg(loom)]
    pub(crate) fn after(timeout: Duration) -> Self {
        const FOR_EVER: Duration = Duration::from_secs(i64::MAX as u64 / 2);
        if timeout.is_zero() {
            Self::Passed
        } else if timeout < FOR_EVER {
            Self::At(())
        } else {
            Self::Never
        }
    }

    /// `instant` itself; one that has passed is one try.
    #[cfg(not(loom))]
    pub(crate) fn at(instant: Instant) -> Self {
        if instant <= Instant::now() { Self::Passed } else { Self::At(instant) }
    }

    /// As outside of loom, but the time does not pass while an execution runs: what counts is whether `instant` had passed
    /// when it began, and that is the same in all executions of a model.
    #[cfg(loom)]
    pub(crate) fn at(instant: Instant) -> Self {
        if crate::loom::execution::current().judge_deadline(instant) { Self::Passed } else { Self::At(()) }
    }

    /// Whether the time is up by now. Under loom only a deadline that was past from the start is.
    pub(crate) fn has_passed(self) -> bool {
        match self {
            Self::Passed => true,
            #[cfg(not(loom))]
            Self::At(moment) => moment <= Instant::now(),
            #[cfg(loom)]
            Self::At(()) => false,
            Self::Never => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_and_the_past_are_one_try() {
        let past = Instant::now();
        crate::model(move || {
            assert_eq!(Deadline::after(Duration::ZERO), Deadline::Passed);
            assert_eq!(Deadline::at(past), Deadline::Passed);
            assert!(Deadline::after(Duration::ZERO).has_passed());
        });
    }

    #[test]
    fn what_cannot_be_added_to_now_is_for_ever() {
        assert_eq!(Deadline::after(Duration::MAX), Deadline::Never);
        assert!(!Deadline::Never.has_passed());
    }

    #[test]
    fn an_hour_is_neither_past_nor_for_ever() {
        crate::model(|| {
            let hour = Duration::from_secs(3600);
            for deadline in [Deadline::after(hour), Deadline::at(Instant::now() + hour)] {
                assert!(matches!(deadline, Deadline::At(_)));
                assert!(!deadline.has_passed());
            }
        });
    }
}
