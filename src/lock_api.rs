//! Our lock as the raw mutex of the crate `lock_api`: the feature `lock_api`.
//!
//! The generic types of [`lock_api`] 0.5, which parking_lot 0.13 is made of, take any raw mutex: with
//! [`Lock`] as theirs they wait as this crate does. So you get what they have and we have not, such as guards that are
//! mapped to a field or own an `Arc`, and code that is generic over [`RawMutex`] or extends [`lock_api::Mutex`](Mutex)
//! takes our lock, too.
//!
//! | lock_api asks for | here it is | which makes |
//! |---|---|---|
//! | [`RawMutex`], [`RawMutexTimed`] | [`Lock`] | [`Mutex<T>`] |
//! | [`GetThreadId`] | [`RawThreadId`] | [`ReentrantMutex<T>`], with `Lock` |
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
//! assert!(try_push::<sixfold::Lock>(&Mutex::new(Vec::new()), 6));
//! assert!(try_push::<parking_lot::RawMutex>(&Mutex::new(Vec::new()), 6));
//! ```
//!
//! # What there is not
//! - [`RLock`](crate::RLock) as a raw mutex: it lets its owner in twice, and a [`Mutex`] would give out two `&mut T`. For
//!   a lock that its owner may take again, `lock_api` adds owner and depth itself, to any raw mutex.
//! - [`RawMutexFair`](::lock_api::RawMutexFair): it promises that `unlock_fair` hands the lock to who waits, each time. A
//!   `Lock` does so for those who have been losing for a millisecond, and for them with any release.
//! - [`Condition`] as a raw condition: it has its lock, and lock_api names one with each call. [`RawCondvar`] is
//!   built on one. Where you can choose, a `Condition` over a `Lock<T>` does with one wake-up what takes two here.
//!
//! # In your loom models
//! All of this works under `--cfg loom`. `lock_api` itself does not know of loom: what its types guard is known to the
//! model only if it is a type of loom's, and a static keeps its value from one execution to the next.
#![allow(unsafe_code)]

use crate::condition::Condition;
use crate::lock::Lock;
use crate::shim::thread;
use ::lock_api::{GetThreadId, GuardSend, RawCondvarTimed, RawMutex, RawMutexTimed};
use core::fmt;
use core::num::NonZeroUsize;
use std::time::{Duration, Instant};

/// A mutex over a [`Lock`].
pub type Mutex<T> = ::lock_api::Mutex<Lock, T>;
/// The guard of a [`Mutex`].
pub type MutexGuard<'a, T> = ::lock_api::MutexGuard<'a, Lock, T>;
/// The guard of a [`Mutex`], mapped to a part of its value.
pub type MappedMutexGuard<'a, T> = ::lock_api::MappedMutexGuard<'a, Lock, T>;
/// A re-entrant mutex over a [`Lock`], whose owner is never mistaken for a later thread.
pub type ReentrantMutex<T> = ::lock_api::ReentrantMutex<Lock, RawThreadId, T>;
/// The guard of a [`ReentrantMutex`].
pub type ReentrantMutexGuard<'a, T> = ::lock_api::ReentrantMutexGuard<'a, Lock, RawThreadId, T>;
/// The guard of a [`ReentrantMutex`], mapped to a part of its value.
pub type MappedReentrantMutexGuard<'a, T> = ::lock_api::MappedReentrantMutexGuard<'a, Lock, RawThreadId, T>;
/// A condition variable for [`Mutex`]es.
pub type Condvar = ::lock_api::Condvar<RawCondvar>;

/// With the feature `lock_api`: the raw mutex of [`lock_api::Mutex<T>`](Mutex).
///
/// Its guards can be sent to another thread and dropped there, as a [`LockGuard`](crate::LockGuard) can.
///
/// A mutex keeps its raw mutex to itself: to get at it is `unsafe`, because a [`release`](Lock::release) by hand would
/// free it under a guard. So it is with a `Lock` that you share with others: a hold of it proves nothing to `unsafe`
/// code, unless nobody else can reach the lock.
//
// The rules of the trait, in their order:
// - Exclusion: an acquire returns once in between two releases, and it is Acquire and a release is Release. A release by
//   hand, which is safe, is no operation of this trait; whoever trusts in exclusion owns the lock and lets nobody at it,
//   as lock_api's types do (`Mutex::raw` is unsafe).
// - A state per acquisition: there is nothing to keep. It may be sent, since any thread may release a `Lock`, and
//   forgetting it leaves the lock locked.
// - Moving and dropping a locked lock: needs exclusive ownership, so that nobody sleeps at its address, and drops nothing.
// - Unwinding: an acquire does so only where a model fails, in which case the lock was not taken; a release never does.
//
// SAFETY: so each rule is kept, for whoever trusts in exclusion only over a lock that nobody else can reach.
unsafe impl RawMutex for Lock {
    const INIT: Self = Self::new();

    type Guard = GuardSend;

    #[inline]
    #[cfg_attr(loom, track_caller)]
    fn lock(&self) -> GuardSend {
        self.acquire();
        GuardSend::new()
    }

    #[inline]
    #[cfg_attr(loom, track_caller)]
    fn try_lock(&self) -> Option<GuardSend> {
        self.try_acquire().then(GuardSend::new)
    }

    #[inline]
    unsafe fn unlock(&self, _: GuardSend) {
        // Our caller holds it. So an error could only mean that somebody has released it by hand before, and there is
        // nothing left to give back.
        thread::in_drop(|| _ = self.release());
    }

    #[inline]
    fn is_locked(&self) -> bool {
        self.locked()
    }
}

/// With the feature `lock_api`: `try_lock_for` and `try_lock_until` of [`lock_api::Mutex<T>`](Mutex).
///
/// A timeout of zero, or a deadline that has passed, is one try; a timeout too large to be added to now is for ever.
//
// SAFETY: as above, and a call that gives up has not taken the lock.
unsafe impl RawMutexTimed for Lock {
    type Duration = Duration;
    type Instant = Instant;

    #[inline]
    #[cfg_attr(loom, track_caller)]
    fn try_lock_for(&self, timeout: Duration) -> Option<GuardSend> {
        self.acquire_timeout(timeout).then(GuardSend::new)
    }

    #[inline]
    #[cfg_attr(loom, track_caller)]
    fn try_lock_until(&self, deadline: Instant) -> Option<GuardSend> {
        self.acquire_deadline(deadline).then(GuardSend::new)
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
    unsafe fn wait_as<T>(&self, mutex: &Lock, wait: impl FnOnce(&mut crate::ConditionGuard<'_, Lock>) -> T) -> T {
        let mut queue = self.queue.hold();
        // SAFETY: our caller holds it.
        unsafe { mutex.unlock(GuardSend::new()) };
        // Whoever notifies after this needs the lock of the queue, and gets it when we are in there.
        let waited = wait(&mut queue);
        drop(queue);
        mutex.acquire();
        waited
    }
}

// SAFETY: `wait` joins the queue before anybody who notifies after the unlock can look into it, and takes the mutex back.
// It does not unwind in between: the guard of the queue holds a lock that nobody can release by hand, so that its wait does
// not panic. Only where a model fails does it, and then no other thread of the model runs any more.
unsafe impl ::lock_api::RawCondvar for RawCondvar {
    const INIT: Self = Self { queue: Condition::with_lock(Lock::new()) };

    type RawMutex = Lock;

    #[cfg_attr(loom, track_caller)]
    unsafe fn wait(&self, mutex: &Lock, _: &mut GuardSend) {
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
    unsafe fn wait_until(&self, mutex: &Lock, _: &mut GuardSend, deadline: &Instant) -> bool {
        // SAFETY: our caller's promise.
        !unsafe { self.wait_as(mutex, |queue| queue.wait_deadline(*deadline)) }
    }

    #[cfg_attr(loom, track_caller)]
    unsafe fn wait_for(&self, mutex: &Lock, _: &mut GuardSend, timeout: &Duration) -> bool {
        // SAFETY: our caller's promise.
        !unsafe { self.wait_as(mutex, |queue| queue.wait_timeout(*timeout)) }
    }
}

impl fmt::Debug for RawCondvar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawCondvar").finish_non_exhaustive()
    }
}
