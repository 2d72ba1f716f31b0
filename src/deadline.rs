//! Timeouts become deadlines here, once, at the edge. Below this line only the parking layer computes with time; others
//! ask no more than whether a deadline has passed.

use crate::shim::clock::{self, Moment};
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

impl Deadline {
    /// `timeout` from now; zero is one try, and what cannot be added to now is for ever.
    pub(crate) fn after(timeout: Duration) -> Self {
        if timeout.is_zero() { Self::Passed } else { clock::after(timeout).map_or(Self::Never, Self::At) }
    }

    /// `instant` itself; one that has passed is one try.
    pub(crate) fn at(instant: Instant) -> Self {
        clock::in_the_future(instant).map_or(Self::Passed, Self::At)
    }

    /// Whether the time is up by now.
    pub(crate) fn has_passed(self) -> bool {
        match self {
            Self::Passed => true,
            Self::At(moment) => clock::has_passed(moment),
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
