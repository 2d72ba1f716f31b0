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
//! static COUNT: Mutex<sixfold::Lock, u32> = Mutex::new(0);
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
use core::num::NonZeroUsize;
use lock_api_04::{GetThreadId, GuardSend, RawMutex, RawMutexTimed};
use std::time::{Duration, Instant};

/// A mutex over a [`Lock`].
pub type Mutex<T> = lock_api_04::Mutex<Lock, T>;
/// A re-entrant mutex over a [`Lock`], whose owner is never mistaken for a later thread.
pub type ReentrantMutex<T> = lock_api_04::ReentrantMutex<Lock, RawThreadId, T>;

/// With the feature `lock_api_04`: the raw mutex of lock_api 0.4.
///
/// Its guards can be sent to another thread and dropped there, as a [`LockGuard`](crate::LockGuard) can.
///
/// A mutex keeps its raw mutex to itself: to get at it is `unsafe`, because a [`release`](Lock::release) by hand would
/// free it under a guard. So it is with a `Lock` that you share with others: a hold of it proves nothing to `unsafe`
/// code, unless nobody else can reach the lock.
//
// SAFETY: the mutex is exclusive: it cannot be acquired while it is locked. A release by hand, which is safe, is no
// operation of this trait; whoever trusts in exclusion owns the lock and lets nobody at it, as lock_api's types do
// (`Mutex::raw` is unsafe). Guards may be sent, since any thread may release a `Lock`.
unsafe impl RawMutex for Lock {
    const INIT: Self = Self::new();

    type GuardMarker = GuardSend;

    #[inline]
    #[cfg_attr(loom, track_caller)]
    fn lock(&self) {
        self.acquire();
    }

    #[inline]
    #[cfg_attr(loom, track_caller)]
    fn try_lock(&self) -> bool {
        self.try_acquire()
    }

    #[inline]
    unsafe fn unlock(&self) {
        // Our caller holds it. So an error could only mean that somebody has released it by hand before, and there is
        // nothing left to give back.
        thread::in_drop(|| _ = self.release());
    }

    #[inline]
    fn is_locked(&self) -> bool {
        self.locked()
    }
}

/// With the feature `lock_api_04`: `try_lock_for` and `try_lock_until` of lock_api 0.4.
///
/// A timeout of zero, or a deadline that has passed, is one try; a timeout too large to be added to now is for ever.
//
// SAFETY: as above; a call that gives up has not taken the lock.
unsafe impl RawMutexTimed for Lock {
    type Duration = Duration;
    type Instant = Instant;

    #[inline]
    #[cfg_attr(loom, track_caller)]
    fn try_lock_for(&self, timeout: Duration) -> bool {
        self.acquire_timeout(timeout)
    }

    #[inline]
    #[cfg_attr(loom, track_caller)]
    fn try_lock_until(&self, deadline: Instant) -> bool {
        self.acquire_deadline(deadline)
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
