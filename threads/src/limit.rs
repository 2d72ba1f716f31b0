//! How long a call waits.

use sixfold::{Condition, Lock, LockGuard};
use std::sync::Arc;
use std::time::{Duration, Instant};

#[derive(Clone, Copy, Debug)]
pub(crate) enum Limit {
    Now,
    Timeout(Duration),
    Deadline(Instant),
    Never,
}

impl Limit {
    /// For several waits that together take at most `timeout`.
    pub(crate) fn within(timeout: Duration) -> Self {
        Instant::now().checked_add(timeout).map_or(Self::Never, Self::Deadline)
    }

    /// Waits until `take` finds something. `None`: the time was up.
    #[inline]
    #[track_caller]
    pub(crate) fn wait_some<S, R>(
        self,
        changed: &Condition<Arc<Lock<S>>>,
        state: &mut LockGuard<'_, S>,
        mut take: impl FnMut(&mut S) -> Option<R>,
    ) -> Option<R> {
        match self {
            Self::Now => take(state),
            Self::Timeout(timeout) => changed.wait_some_with_timeout(state, take, timeout),
            Self::Deadline(deadline) => changed.wait_some_with_deadline(state, take, deadline),
            Self::Never => Some(changed.wait_some_with(state, take)),
        }
    }
}
