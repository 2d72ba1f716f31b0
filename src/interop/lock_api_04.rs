//! Our lock as the raw mutex of the crate `lock_api`, version 0.4: the feature `lock_api_04`.
//!
//! For code that does not know of 0.5 yet: parking_lot up to 0.12, PyO3 up to 0.30 at least, tracing-mutex up to 0.3 at
//! least. The module `lock_api` has the same for 0.5, and more; both features can be on.
//!
//! # Examples
//! ```
//! # use lock_api_04 as lock_api;
//! use lock_api::{Mutex, MutexGuard, RawMutex};
//!
//! /// As PyO3's `MutexExt::lock_py_attached` does: lets go of something else while it waits.
//! fn lock_detached<R: RawMutex, T>(mutex: &Mutex<R, T>, detached: impl Fn()) -> MutexGuard<'_, R, T> {
//!     mutex.try_lock().unwrap_or_else(|| {
//!         detached();
//!         mutex.lock()
//!     })
//! }
//!
//! static COUNT: Mutex<sixfold::lock_api_04::RawMutex, u32> = Mutex::new(0);
//! *lock_detached(&COUNT, || unreachable!("nobody else is here")) += 1;
//! assert_eq!(*COUNT.lock(), 1);
//! ```
//! A re-entrant mutex, which `lock_api` makes of a raw mutex and the number of the thread:
//! ```
//! use sixfold::lock_api_04::ReentrantMutex;
//!
//! let list = ReentrantMutex::new(["to", "be"]);
//! let outer = list.lock();
//! assert_eq!(list.lock().len(), outer.len());
//! ```
#![allow(unsafe_code)]

use crate::lock::Lock;
use crate::shim::thread;
use core::fmt;
use core::num::NonZeroUsize;
use lock_api_04::{GetThreadId, GuardSend, RawMutexTimed};
use std::time::{Duration, Instant};

/// A mutex that waits as a [`Lock`] does.
pub type Mutex<T> = lock_api_04::Mutex<RawMutex, T>;
/// A re-entrant mutex, whose owner is never mistaken for a later thread.
pub type ReentrantMutex<T> = lock_api_04::ReentrantMutex<RawMutex, RawThreadId, T>;

/// The raw mutex of lock_api 0.4: a [`Lock`] that only whoever holds it can unlock.
///
/// Its guards can be sent to another thread and dropped there, as a [`LockGuard`](crate::LockGuard) can. It waits, and is
/// fair, as a `Lock`. Two bytes. A `Lock` itself is no raw mutex, since anybody may release it without `unsafe`:
/// ```compile_fail,E0277
/// fn only_unlock_unlocks<R: lock_api_04::RawMutex>(_: &R) {}
/// only_unlock_unlocks(&sixfold::Lock::new());
/// ```
///
/// # Examples
/// ```
/// use lock_api_04::RawMutex as _;
///
/// static BUSY: sixfold::lock_api_04::RawMutex = sixfold::lock_api_04::RawMutex::INIT;
/// assert!(BUSY.try_lock() && !BUSY.try_lock());
/// // SAFETY: it is held.
/// unsafe { BUSY.unlock() };
/// ```
pub struct RawMutex {
    /// Nobody else gets at it.
    lock: Lock,
}

impl fmt::Debug for RawMutex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawMutex").field("locked", &self.lock.locked()).finish()
    }
}

// SAFETY: the mutex is exclusive: it cannot be acquired while it is locked, and only `unlock` unlocks it. Guards may be
// sent, since any thread may release a `Lock`.
unsafe impl lock_api_04::RawMutex for RawMutex {
    const INIT: Self = Self { lock: Lock::new() };

    type GuardMarker = GuardSend;

    #[inline]
    #[cfg_attr(loom, track_caller)]
    fn lock(&self) {
        self.lock.acquire();
    }

    #[inline]
    #[cfg_attr(loom, track_caller)]
    fn try_lock(&self) -> bool {
        self.lock.try_acquire()
    }

    #[inline]
    unsafe fn unlock(&self) {
        // Our caller holds it, so there is no error.
        thread::in_drop(|| _ = self.lock.release());
    }

    #[inline]
    fn is_locked(&self) -> bool {
        self.lock.locked()
    }
}

/// A timeout of zero, or a deadline that has passed, is one try; a timeout too large to be added to now is for ever.
//
// SAFETY: as above; a call that gives up has not acquired the lock.
unsafe impl RawMutexTimed for RawMutex {
    type Duration = Duration;
    type Instant = Instant;

    #[inline]
    #[cfg_attr(loom, track_caller)]
    fn try_lock_for(&self, timeout: Duration) -> bool {
        self.lock.acquire_timeout(timeout)
    }

    #[inline]
    #[cfg_attr(loom, track_caller)]
    fn try_lock_until(&self, deadline: Instant) -> bool {
        self.lock.acquire_deadline(deadline)
    }
}

/// Tells a [`ReentrantMutex`] which thread is calling, by the number by which an [`RLock`](crate::RLock) knows its owner:
/// one that no later thread will have.
///
/// # Examples
/// ```
/// use lock_api_04::GetThreadId;
/// use sixfold::lock_api_04::RawThreadId;
///
/// let mine = RawThreadId.nonzero_thread_id();
/// let other = std::thread::spawn(|| RawThreadId.nonzero_thread_id()).join().unwrap();
/// assert_ne!(mine, other);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct RawThreadId;

// SAFETY: `me` is never 0 and never the same in two threads.
unsafe impl GetThreadId for RawThreadId {
    const INIT: Self = Self;

    #[inline]
    fn nonzero_thread_id(&self) -> NonZeroUsize {
        NonZeroUsize::new(thread::me()).expect("threads are counted from 1")
    }
}
