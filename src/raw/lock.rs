//! The lock of `Lock` and `RLock`: [`Permits`] with one permit, in a byte. Free is `ONE`, held is 0.
//!
//! It has no owner: whoever holds it may let any thread release it, as in Python.

use super::permits::{Admit, ONE, Permits};
use crate::deadline::Deadline;
use crate::error::NotHeldError;
use crate::park::Key;
use crate::shim::atomic::AtomicU8;
use crate::shim::caller::Caller;

/// A lock without a value.
#[derive(Debug)]
pub struct RawLock {
    permits: Permits<AtomicU8>,
}

#[cfg(not(loom))]
const _: () = assert!(size_of::<RawLock>() == 2);

impl RawLock {
    pub(crate) const fn new() -> Self {
        Self { permits: Permits::from_word(AtomicU8::new(ONE as u8)) }
    }

    #[inline]
    pub(crate) fn acquire(&self) {
        if !self.permits.try_take_the_only_one() {
            self.permits.take_slow(Deadline::Never);
        }
    }

    #[inline]
    pub(crate) fn try_acquire(&self) -> bool {
        self.permits.try_take()
    }

    /// Waits until `deadline`, which is asked for only if the lock is not free. False: the time was up.
    #[inline]
    pub(crate) fn acquire_until(&self, deadline: impl FnOnce() -> Deadline) -> bool {
        self.permits.take_until(deadline)
    }

    /// Acquires again, as a condition does. `awake`: the thread was just woken from this lock's queue.
    pub(crate) fn reacquire(&self, awake: bool, _: Caller) {
        if awake { self.permits.take_awake() } else { self.acquire() }
    }

    #[inline]
    pub(crate) fn release(&self) -> Result<(), NotHeldError> {
        self.permits.give(1, 1).map_err(|_| NotHeldError {})
    }

    /// Whether an attempt to acquire would fail now.
    #[inline]
    pub(crate) fn locked(&self) -> bool {
        !self.permits.is_open()
    }

    /// Where those sleep who wait for the lock.
    pub(crate) fn line(&self) -> Key {
        self.permits.line()
    }

    /// See [`Permits::admit`].
    pub(crate) fn admit(&self, rest: bool) -> Admit {
        self.permits.admit(rest)
    }

    /// See [`Permits::left_line`].
    pub(crate) fn left_line(&self, was_last: bool) {
        self.permits.left_line(was_last);
    }
}
