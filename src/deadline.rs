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

    /// `instant` itself; one that has passed is one try. Telling which it is takes one look at the clock, also
    /// under loom.
    pub(crate) fn at(instant: Instant) -> Self {
        if instant <= Instant::now() {
            return Self::Passed;
        }
        #[cfg(not(loom))]
        return Self::At(instant);
        #[cfg(loom)]
        return Self::At(());
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
        assert_eq!(Deadline::after(Duration::ZERO), Deadline::Passed);
        assert_eq!(Deadline::at(Instant::now()), Deadline::Passed);
        assert!(Deadline::after(Duration::ZERO).has_passed());
    }

    #[test]
    fn what_cannot_be_added_to_now_is_for_ever() {
        assert_eq!(Deadline::after(Duration::MAX), Deadline::Never);
        assert!(!Deadline::Never.has_passed());
    }

    #[test]
    fn an_hour_is_neither_past_nor_for_ever() {
        let hour = Duration::from_secs(3600);
        for deadline in [Deadline::after(hour), Deadline::at(Instant::now() + hour)] {
            assert!(matches!(deadline, Deadline::At(_)));
            assert!(!deadline.has_passed());
        }
    }
}
