//! Time in a model: it does not pass while an execution runs.

use super::execution;
use std::time::{Duration, Instant};

/// That is later. When, the model decides.
pub(crate) type Moment = ();

/// "Later than there are moments" is a fixed bound.
pub(crate) fn after(timeout: Duration) -> Option<Moment> {
    const FOR_EVER: Duration = Duration::from_secs(i64::MAX as u64 / 2);
    (timeout < FOR_EVER).then_some(())
}

/// What counts is whether `instant` had passed when the execution began, and that is the same in all executions of a model.
pub(crate) fn in_the_future(instant: Instant) -> Option<Moment> {
    (!execution::current().judge_deadline(instant)).then_some(())
}

pub(crate) fn has_passed((): Moment) -> bool {
    false
}
