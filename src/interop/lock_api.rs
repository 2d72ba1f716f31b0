//! Our lock as the raw mutex of the crate `lock_api`: the feature `lock_api`.
//!
//! The generic types of [`lock_api`] 0.5, which parking_lot 0.13 is made of, take any raw mutex. With [`RawMutex`] as
//! theirs they wait as a [`Lock`] does. So you get their whole interface, and code that is generic over
//! [`lock_api::RawMutex`] takes our lock, too.
//!
//! | lock_api asks for | here it is | which makes |
//! |---|---|---|
//! | [`RawMutex`](::lock_api::RawMutex), [`RawMutexTimed`] | [`RawMutex`] | [`Mutex<T>`] |
//! | [`GetThreadId`] | [`RawThreadId`] | [`ReentrantMutex<T>`], with `RawMutex` |
//! | [`RawCondvar`](::lock_api::RawCondvar), [`RawCondvarTimed`] | [`RawCondvar`] | [`Condvar`], for `Mutex<T>` |
//!
//! # Examples
//! ```
//! use sixfold::lock_api::{Condvar, Mutex, MutexGuard};
//! use std::time::Duration;
//!
//! struct Inbox {
//!     letters: Vec<&'static str>,
//!     is_open: bool,
//! }
//!
//! static INBOX: Mutex<Inbox> = Mutex::new(Inbox { letters: Vec::new(), is_open: true });
//! static ARRIVED: Condvar = Condvar::new();
//!
//! std::thread::spawn(|| {
//!     let mut letters = MutexGuard::map(INBOX.lock(), |inbox| &mut inbox.letters);
//!     letters.push("hello");
//!     ARRIVED.notify_one();
//! });
//! let mut inbox = INBOX.try_lock_for(Duration::from_secs(60)).expect("nobody holds it for that long");
//! ARRIVED.wait_while(&mut inbox, |inbox| inbox.letters.is_empty());
//! assert!(inbox.is_open && inbox.letters == ["hello"]);
//! ```
//! Code that is generic over the lock:
//! ```
//! use lock_api::{Mutex, RawMutexTimed};
//! use std::time::Duration;
//!
//! fn try_push<R: RawMutexTimed<Duration = Duration>>(list: &Mutex<R, Vec<u32>>, number: u32) -> bool {
//!     let Some(mut list) = list.try_lock_for(Duration::from_millis(10)) else { return false };
//!     list.push(number);
//!     true
//! }
//!
//! assert!(try_push::<sixfold::lock_api::RawMutex>(&Mutex::new(Vec::new()), 6));
//! assert!(try_push::<parking_lot::RawMutex>(&Mutex::new(Vec::new()), 6));
//! ```
//!
//! # What there is not
//! - [`Lock`] itself as a raw mutex: anybody may [release](Lock::release) it, without `unsafe`. A type that is generic over
//!   the raw mutex may share it, because there only the `unlock` that is `unsafe` unlocks; with a `Lock` in there, safe code
//!   could have two `&mut` to one value.
//! - [`RLock`](crate::RLock) as a raw mutex: it lets its owner in twice, and a [`Mutex`] would give out two `&mut T`. For
//!   a lock that its owner may take again, `lock_api` adds owner and depth itself, to any raw mutex.
//! - [`RawMutexFair`](::lock_api::RawMutexFair): it promises that `unlock_fair` hands the lock to a waiter each time. A
//!   `Lock` does so for waiters that starve, and for them with any release.
//! - [`Condition`] as a raw condition: it has its lock, and lock_api names one with each call. [`RawCondvar`] is
//!   built on one. Where you can choose, a `Condition` over a `Lock<T>` does with one wake-up what takes two here.
//!
//! # In your loom models
//! All of this works under `--cfg loom`. `lock_api` itself does not know of loom: what its types guard is known to the
//! model only if it is a type of loom's, and a static keeps its value from one execution to the next.
#![allow(unsafe_code)]

use crate::condition::{Condition, ConditionGuard};
use crate::lock::Lock;
use crate::shim::thread;
use ::lock_api::{GetThreadId, GuardSend, RawCondvarTimed, RawMutex as _, RawMutexTimed};
use core::fmt;
use core::num::NonZeroUsize;
use std::time::{Duration, Instant};

/// A mutex that waits as a [`Lock`] does.
pub type Mutex<T> = ::lock_api::Mutex<RawMutex, T>;
/// The guard of a [`Mutex`].
pub type MutexGuard<'a, T> = ::lock_api::MutexGuard<'a, RawMutex, T>;
/// The guard of a [`Mutex`], mapped to a part of its value.
pub type MappedMutexGuard<'a, T> = ::lock_api::MappedMutexGuard<'a, RawMutex, T>;
/// A re-entrant mutex, whose owner is never mistaken for a later thread.
pub type ReentrantMutex<T> = ::lock_api::ReentrantMutex<RawMutex, RawThreadId, T>;
/// The guard of a [`ReentrantMutex`].
pub type ReentrantMutexGuard<'a, T> = ::lock_api::ReentrantMutexGuard<'a, RawMutex, RawThreadId, T>;
/// The guard of a [`ReentrantMutex`], mapped to a part of its value.
pub type MappedReentrantMutexGuard<'a, T> = ::lock_api::MappedReentrantMutexGuard<'a, RawMutex, RawThreadId, T>;
/// A condition variable for [`Mutex`]es.
pub type Condvar = ::lock_api::Condvar<RawCondvar>;

/// The raw mutex of [`lock_api::Mutex<T>`](Mutex): a [`Lock`] that only whoever holds it can unlock.
///
/// Its guards can be sent to another thread and dropped there, as a [`LockGuard`](crate::LockGuard) can. It waits, and is
/// fair, as a `Lock`. Two bytes.
///
/// # Examples
/// ```
/// use lock_api::RawMutex as _;
///
/// static BUSY: sixfold::lock_api::RawMutex = sixfold::lock_api::RawMutex::INIT;
/// let state = BUSY.lock();
/// assert!(BUSY.try_lock().is_none());
/// // SAFETY: the state is that of this lock.
/// unsafe { BUSY.unlock(state) };
/// assert!(!BUSY.is_locked());
/// ```
/// Safe code cannot unlock it:
/// ```compile_fail,E0599
/// use lock_api::RawMutex as _;
/// let mutex = sixfold::lock_api::RawMutex::INIT;
/// let _state = mutex.lock();
/// mutex.release();
/// ```
/// And a [`Lock`], which it can, is none:
/// ```compile_fail,E0277
/// fn only_unlock_unlocks<R: lock_api::RawMutex>(_: &R) {}
/// only_unlock_unlocks(&sixfold::Lock::new());
/// ```
pub struct RawMutex {
    /// Nobody else gets at it.
    lock: Lock,
}

// The rules of the trait, in their order:
// - Exclusion: an acquire returns once in between two releases, and it is Acquire and a release is Release. Only `unlock`
//   releases.
// - A state per acquisition: there is nothing to keep. It may be sent, since any thread may release a `Lock`, and
//   forgetting it leaves the lock locked.
// - Moving and dropping a locked lock: needs exclusive ownership, so that nobody sleeps at its address, and drops nothing.
// - Unwinding: an acquire does so only where a model fails, in which case the lock was not acquired; a release never does.
//
// SAFETY: so each rule is kept.
unsafe impl ::lock_api::RawMutex for RawMutex {
    const INIT: Self = Self { lock: Lock::new() };

    type Guard = GuardSend;

    #[inline]
    #[cfg_attr(loom, track_caller)]
    fn lock(&self) -> GuardSend {
        self.lock.acquire();
        GuardSend::new()
    }

    #[inline]
    #[cfg_attr(loom, track_caller)]
    fn try_lock(&self) -> Option<GuardSend> {
        self.lock.try_acquire().then(GuardSend::new)
    }

    #[inline]
    unsafe fn unlock(&self, _: GuardSend) {
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
// SAFETY: as above, and a call that gives up has not acquired the lock.
unsafe impl RawMutexTimed for RawMutex {
    type Duration = Duration;
    type Instant = Instant;

    #[inline]
    #[cfg_attr(loom, track_caller)]
    fn try_lock_for(&self, timeout: Duration) -> Option<GuardSend> {
        self.lock.acquire_timeout(timeout).then(GuardSend::new)
    }

    #[inline]
    #[cfg_attr(loom, track_caller)]
    fn try_lock_until(&self, deadline: Instant) -> Option<GuardSend> {
        self.lock.acquire_deadline(deadline).then(GuardSend::new)
    }
}

/// Tells a [`ReentrantMutex`] which thread is calling.
///
/// The numbers are those by which an [`RLock`](crate::RLock) knows its owner. They are not used again: where a thread has
/// ended while it held a mutex, no later one is taken for it. parking_lot's, which are addresses, may be.
///
/// # Examples
/// ```
/// use sixfold::lock_api::{ReentrantMutex, ReentrantMutexGuard};
/// use std::sync::Arc;
///
/// let names = Arc::new(ReentrantMutex::new(vec!["Ada", "Grace"]));
/// let outer = names.lock();
/// let inner = ReentrantMutexGuard::map(names.lock(), |names| &names[0]);
/// assert_eq!((outer.len(), *inner), (2, "Ada"));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct RawThreadId;

// SAFETY: `me` is never 0, never the same in two threads, and always the same in one. In a model, a thread that has lost
// its thread-locals has a new number with each call; then the mutex takes it for a stranger, who has to wait.
unsafe impl GetThreadId for RawThreadId {
    const INIT: Self = Self;

    #[inline]
    fn nonzero_thread_id(&self) -> NonZeroUsize {
        NonZeroUsize::new(thread::me()).expect("threads are counted from 1")
    }
}

/// The queue of a [`Condvar`].
///
/// As a [`Condition`]: no notify is lost, none is spent on a thread that reports a time-out, and there is no spurious
/// wake-up; so `notify_one` and `notify_all` tell how many they have woken. Threads that use different mutexes may wait
/// at the same time. Notifying needs no hold of the mutex.
///
/// # Examples
/// ```
/// use sixfold::lock_api::{Condvar, Mutex, RawCondvar};
/// use std::time::Duration;
///
/// static QUEUE: Condvar = lock_api::Condvar::<RawCondvar>::new();
/// let number = Mutex::new(0);
/// assert!(!QUEUE.notify_one(), "nobody waits");
/// let waited = QUEUE.wait_for(&mut number.lock(), Duration::from_millis(1));
/// assert!(waited.timed_out());
/// ```
#[derive(Default)]
pub struct RawCondvar {
    /// Its lock is held by nobody for longer than it takes to join the queue, to leave it, or to notify.
    queue: Condition<Lock>,
}

impl RawCondvar {
    /// Waits without `mutex` until notified (true), or until `wait` on the queue says that the time was up.
    ///
    /// # Safety
    /// The caller holds `mutex`, and nobody uses what it guards until this returns.
    #[cfg_attr(loom, track_caller)]
    unsafe fn wait_as<T>(&self, mutex: &RawMutex, wait: impl FnOnce(&mut ConditionGuard<'_, Lock>) -> T) -> T {
        let mut queue = self.queue.hold();
        // SAFETY: our caller holds it.
        unsafe { mutex.unlock(GuardSend::new()) };
        // Whoever notifies after this needs the lock of the queue, and gets it when we are in there.
        let waited = wait(&mut queue);
        drop(queue);
        mutex.lock.acquire();
        waited
    }
}

// SAFETY: `wait` joins the queue before anybody who notifies after the unlock can look into it, and reacquires the mutex.
// It does not unwind in between: the guard of the queue holds a lock that nobody can release by hand, so that its wait does
// not panic. Only where a model fails does it, and then no other thread of the model runs any more.
unsafe impl ::lock_api::RawCondvar for RawCondvar {
    const INIT: Self = Self { queue: Condition::with_lock(Lock::new()) };

    type RawMutex = RawMutex;

    #[cfg_attr(loom, track_caller)]
    unsafe fn wait(&self, mutex: &RawMutex, _: &mut GuardSend) {
        // SAFETY: our caller's promise.
        unsafe { self.wait_as(mutex, |queue| queue.wait()) }
    }

    fn notify_one(&self) -> bool {
        self.queue.hold().notify(1) == 1
    }

    fn notify_all(&self) -> usize {
        self.queue.hold().notify_all()
    }
}

// SAFETY: as above.
unsafe impl RawCondvarTimed for RawCondvar {
    fn checked_duration_to_instant(timeout: &Duration) -> Option<Instant> {
        // In a model no time passes, but for a look at the clock that tells whether a deadline has: it must not depend on
        // how long the execution takes.
        #[cfg(loom)]
        let timeout =
            &(if timeout.is_zero() { *timeout } else { timeout.saturating_add(Duration::from_secs(1 << 30)) });
        Instant::now().checked_add(*timeout)
    }

    #[cfg_attr(loom, track_caller)]
    unsafe fn wait_until(&self, mutex: &RawMutex, _: &mut GuardSend, deadline: &Instant) -> bool {
        // SAFETY: our caller's promise.
        !unsafe { self.wait_as(mutex, |queue| queue.wait_deadline(*deadline)) }
    }

    #[cfg_attr(loom, track_caller)]
    unsafe fn wait_for(&self, mutex: &RawMutex, _: &mut GuardSend, timeout: &Duration) -> bool {
        // SAFETY: our caller's promise.
        !unsafe { self.wait_as(mutex, |queue| queue.wait_timeout(*timeout)) }
    }
}

impl fmt::Debug for RawMutex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawMutex").field("locked", &self.lock.locked()).finish()
    }
}

impl fmt::Debug for RawCondvar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawCondvar").finish_non_exhaustive()
    }
}
