//! The lock of `RLock`: a [`RawLock`] and how many levels deep its holder is, both new in each execution.

use super::lock::RawLock;
use crate::deadline::Deadline;
use crate::error::NotHeldError;
use crate::loom::execution::Caller;

/// A re-entrant lock without a value.
pub(crate) struct RawRLock {
    raw: RawLock,
}

/// Levels that were released together and shall be reacquired. The first is not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Levels(u32);

impl Levels {
    /// One, and no more.
    pub(crate) const ONE: Self = Self(0);
}

impl RawRLock {
    #[track_caller]
    pub(crate) const fn new() -> Self {
        Self { raw: RawLock::new() }
    }

    #[track_caller]
    pub(crate) fn acquire(&self) {
        self.acquire_until(|| Deadline::Never);
    }

    #[track_caller]
    pub(crate) fn try_acquire(&self) -> bool {
        self.acquire_until(|| Deadline::Passed)
    }

    /// Waits until `deadline`, which is asked for only if the lock is not the caller's. False: the time was up.
    #[track_caller]
    pub(crate) fn acquire_until(&self, deadline: impl FnOnce() -> Deadline) -> bool {
        if !self.is_owned() {
            return self.raw.acquire_until(deadline);
        }
        let levels = &self.raw.state().levels;
        levels.set(levels.get().checked_add(1).expect("an RLock was acquired more often than its counter holds"));
        true
    }

    /// Gives up one level.
    pub(crate) fn release(&self) -> Result<(), NotHeldError> {
        if !self.is_owned() {
            return Err(NotHeldError {});
        }
        let levels = &self.raw.state().levels;
        match levels.get().checked_sub(1) {
            Some(fewer) => {
                levels.set(fewer);
                Ok(())
            }
            None => self.raw.release(),
        }
    }

    /// Gives up all levels at once. By the owner only.
    pub(crate) fn release_all(&self) -> Levels {
        let levels = self.raw.state().levels.take();
        let released = self.raw.release();
        debug_assert!(released.is_ok() || std::thread::panicking());
        Levels(levels)
    }

    /// Acquires all levels again, on behalf of the caller at `place`.
    pub(crate) fn reacquire(&self, Levels(levels): Levels, awake: bool, place: Caller) {
        self.raw.reacquire(awake, place);
        self.raw.state().levels.set(levels);
    }

    /// Whether the calling thread owns it.
    pub(crate) fn is_owned(&self) -> bool {
        self.raw.is_mine()
    }

    pub(crate) fn locked(&self) -> bool {
        self.raw.locked()
    }

    pub(crate) fn raw(&self) -> &RawLock {
        &self.raw
    }

    /// The number of the owning thread and its depth: for `Debug`.
    pub(crate) fn owner(&self) -> Option<(usize, u64)> {
        let state = self.raw.state();
        let depth = u64::from(state.levels.get()) + 1;
        state.holder().map(|owner| (owner, depth))
    }
}
