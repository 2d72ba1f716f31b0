//! The lock of `RLock`: a [`RawLock`], the number of the thread that owns it, and how many levels deep it does.
//!
//! ```text
//!   raw      owner   levels
//!   free     0       0          nobody owns it
//!   held     me      k          I own it at depth k + 1
//!   held     0       0          being taken or let go
//! ```
//!
//! - I1: `owner` is `me` exactly while this thread owns the lock: only the owner writes its own number, after it took
//!   `raw`, and removes it before it lets go. Numbers are not used again, so nobody else can be mistaken for it.
//! - I2: `levels` is written by the owner only.
//!
//! # Orderings
//!
//! Relaxed throughout: a thread compares `owner` with its own number, which only it writes (I1), and reads `levels`
//! only if it is the owner (I2). What the lock guards is ordered by `raw`. Other threads read `owner` only to compare
//! it, and both for `Debug`.

use super::lock::RawLock;
use crate::deadline::Deadline;
use crate::error::NotHeldError;
use crate::shim::atomic::Ordering::Relaxed;
use crate::shim::atomic::{AtomicU32, AtomicUsize};
use crate::shim::caller::Caller;
use crate::shim::thread;

/// A re-entrant lock without a value.
pub(crate) struct RawRLock {
    raw: RawLock,
    levels: AtomicU32,
    owner: AtomicUsize,
}

/// Levels that were let go together and shall be taken back. The first is not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Levels(u32);

impl Levels {
    /// One, and no more.
    pub(crate) const ONE: Self = Self(0);
}

impl RawRLock {
    #[cfg_attr(loom, track_caller)]
    pub(crate) const fn new() -> Self {
        Self { raw: RawLock::new(), levels: AtomicU32::new(0), owner: AtomicUsize::new(0) }
    }

    #[cfg(all(test, not(loom)))]
    pub(crate) fn set_levels(&self, levels: u32) {
        self.levels.store(levels, Relaxed);
    }

    #[inline]
    #[track_caller]
    pub(crate) fn acquire(&self) {
        let me = thread::me();
        if self.owner.load(Relaxed) == me {
            self.deepen();
        } else {
            self.raw.acquire();
            self.owner.store(me, Relaxed);
        }
    }

    #[inline]
    #[track_caller]
    pub(crate) fn try_acquire(&self) -> bool {
        self.acquire_until(|| Deadline::Passed)
    }

    /// Waits until `deadline`, which is asked for only if the lock is not free. False: the time was up.
    #[inline]
    #[track_caller]
    pub(crate) fn acquire_until(&self, deadline: impl FnOnce() -> Deadline) -> bool {
        let me = thread::me();
        if self.owner.load(Relaxed) == me {
            self.deepen();
            return true;
        }
        let taken = self.raw.acquire_until(deadline);
        if taken {
            self.owner.store(me, Relaxed);
        }
        taken
    }

    #[inline]
    #[track_caller]
    fn deepen(&self) {
        let deeper = self.levels.load(Relaxed).checked_add(1);
        self.levels.store(deeper.expect("an RLock was acquired more often than its counter holds"), Relaxed);
    }

    /// Gives up one level.
    #[inline]
    pub(crate) fn release(&self) -> Result<(), NotHeldError> {
        if !self.is_owned() {
            return Err(NotHeldError {});
        }
        match self.levels.load(Relaxed) {
            0 => {
                self.owner.store(0, Relaxed);
                self.raw.release()
            }
            levels => {
                self.levels.store(levels - 1, Relaxed);
                Ok(())
            }
        }
    }

    /// Gives up all levels at once. By the owner only.
    pub(crate) fn release_all(&self) -> Levels {
        debug_assert!(self.is_owned());
        let levels = self.levels.load(Relaxed);
        self.levels.store(0, Relaxed);
        self.owner.store(0, Relaxed);
        let released = self.raw.release();
        debug_assert!(released.is_ok());
        Levels(levels)
    }

    /// Reacquires all levels; `awake`: as a thread that was woken from the queue of [`raw`](Self::raw).
    pub(crate) fn reacquire(&self, Levels(levels): Levels, awake: bool, place: Caller) {
        self.raw.reacquire(awake, place);
        self.owner.store(thread::me(), Relaxed);
        self.levels.store(levels, Relaxed);
    }

    /// Whether the calling thread owns it.
    #[inline]
    pub(crate) fn is_owned(&self) -> bool {
        self.owner.load(Relaxed) == thread::me()
    }

    #[inline]
    pub(crate) fn locked(&self) -> bool {
        self.raw.locked()
    }

    pub(crate) fn raw(&self) -> &RawLock {
        &self.raw
    }

    /// The number of the owning thread and its depth: a snapshot for `Debug`.
    pub(crate) fn owner(&self) -> Option<(usize, u64)> {
        match self.owner.load(Relaxed) {
            0 => None,
            owner => Some((owner, u64::from(self.levels.load(Relaxed)) + 1)),
        }
    }
}
