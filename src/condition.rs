//! The typed face of [`WaitQueue`].
#![allow(unsafe_code)]

use crate::deadline::Deadline;
use crate::error::NotHeldError;
use crate::lockable::hold::Exclusive;
use crate::lockable::{Lockable, RawLockable};
use crate::raw::WaitQueue;
use crate::rlock::RLock;
use crate::shim::caller::{Caller, caller};
use crate::shim::thread;
use core::fmt;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use core::panic::{RefUnwindSafe, UnwindSafe};
use std::time::{Duration, Instant};

/// A lock, and a queue of threads that wait until another thread, holding that lock, tells them to look again.
///
/// Python: [`threading.Condition`](https://docs.python.org/3/library/threading.html#condition-objects).
///
/// It comes with its lock: an [`RLock`] of its own, as in Python, or any [`Lockable`]: a [`Lock`](crate::Lock) or `RLock`
/// with or without a value, its own, borrowed, or in an `Arc`. Conditions may share one lock; each has its own queue.
///
/// Over a lock without a value it can be used by hand and scoped; over one with a value, scoped only:
/// [`ConditionGuard`] has the calls to wait and notify, and derefs to the value.
///
/// # What you can rely on
/// - No wake-up is lost: waiting joins the queue before it lets go of the lock.
/// - None is spurious: `wait` returns because of a notify, or, timed, because the time ran out, and says which.
/// - A notify is not spent on a thread that reports a time-out. If both happen at once, one is decided for, and a thread
///   that was selected says so, however late it gets the lock back.
/// - `notify` selects in the order in which the threads began to wait.
/// - Whoever was selected sees all that was done under the lock before the notify.
///
/// # Examples
/// A queue between threads, which is closed when there will be nothing more:
/// ```
/// use sixfold::{Condition, Lock};
/// use std::collections::VecDeque;
///
/// struct Queue {
///     jobs: VecDeque<u32>,
///     closed: bool,
/// }
///
/// let queue = Condition::with_lock(Lock::with_value(Queue { jobs: VecDeque::new(), closed: false }));
/// std::thread::scope(|scope| {
///     scope.spawn(|| {
///         for job in 1..=3 {
///             let mut held = queue.hold();
///             held.jobs.push_back(job);
///             held.notify(1);
///         }
///         let mut held = queue.hold();
///         held.closed = true;
///         held.notify_all(); // whoever waits has to know
///     });
///     let mut done = 0;
///     loop {
///         let mut held = queue.hold();
///         held.wait_for(|queue| queue.closed || !queue.jobs.is_empty());
///         let Some(job) = held.jobs.pop_front() else { break };
///         drop(held); // what takes long is done without the lock
///         done += job;
///     }
///     assert_eq!(done, 6);
/// });
/// ```
/// Two conditions over one lock, so that a notify goes to who can use it:
/// ```
/// use sixfold::{Condition, Lock};
/// use std::sync::Arc;
///
/// type Shared<T> = Condition<Arc<Lock<T>>>;
///
/// struct Slot<T> {
///     empty: Shared<Option<T>>,
///     full: Shared<Option<T>>,
/// }
///
/// impl<T> Slot<T> {
///     fn new() -> Self {
///         let lock = Arc::new(Lock::with_value(None));
///         Self { empty: Condition::with_lock(lock.clone()), full: Condition::with_lock(lock) }
///     }
///     fn put(&self, item: T) {
///         let mut held = self.empty.hold();
///         held.wait_for(Option::is_none);
///         *held = Some(item);
///         self.full.notify(1).expect("it is the same lock, and this thread holds it");
///     }
///     fn take(&self) -> T {
///         let mut held = self.full.hold();
///         held.wait_for(Option::is_some);
///         self.empty.notify(1).expect("it is the same lock, and this thread holds it");
///         held.take().expect("waited for")
///     }
/// }
///
/// let slot = Slot::new();
/// std::thread::scope(|scope| {
///     scope.spawn(|| (0..3).for_each(|item| slot.put(item)));
///     assert_eq!((slot.take(), slot.take(), slot.take()), (0, 1, 2));
/// });
/// ```
/// By hand, as in Python:
/// ```
/// use sixfold::{Condition, NotHeldError};
/// use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
///
/// fn main() -> Result<(), NotHeldError> {
///     let (condition, ready) = (Condition::new(), AtomicBool::new(false));
///     std::thread::scope(|scope| {
///         scope.spawn(|| {
///             condition.acquire();
///             ready.store(true, Relaxed);
///             condition.notify_all()?;
///             condition.release()
///         });
///         condition.acquire();
///         condition.wait_for(|| ready.load(Relaxed))?;
///         condition.release()
///     })
/// }
/// ```
///
/// # Blocking
/// `notify` wakes nobody itself: those selected queue up for the lock, and come out one after the other as it is released.
/// The timeout of a wait covers the wait alone: taking the lock back is not bounded.
///
/// # Size
/// At most 8 bytes beyond its lock.
#[doc(alias("Condvar", "threading.Condition", "monitor"))]
pub struct Condition<L = RLock> {
    waiters: WaitQueue,
    lock: L,
}

#[cfg(not(loom))]
const _: () = {
    assert!(size_of::<Condition>() - size_of::<RLock>() <= 8);
    assert!(size_of::<Condition<crate::Lock>>() - size_of::<crate::Lock>() <= 8);
    assert!(size_of::<Condition<&crate::Lock>>() - size_of::<&crate::Lock>() <= 8);
};

impl<L> UnwindSafe for Condition<L> {}
impl<L> RefUnwindSafe for Condition<L> {}

/// Holds the lock of a [`Condition`] until dropped, and waits and notifies.
///
/// It derefs to the value that the lock guards. Its drop releases the lock and never panics. Waiting and notifying need
/// no `Result` here, since the guard holds the lock; only over a lock without a value can a by-hand `release` have pulled
/// the hold from under it, and then they panic and change nothing.
///
/// The guarded value's own methods of these names are reached as `(*held).wait()`. Give the guard a name: see
/// the two traps at [`Lock::hold`](crate::Lock::hold).
///
/// # Examples
/// ```
/// use sixfold::{Condition, ConditionGuard, Lock};
///
/// type Counter = Lock<u32>;
///
/// fn count_down(mut left: ConditionGuard<'_, Counter>) {
///     *left -= 1;
///     if *left == 0 {
///         left.notify_all();
///     }
/// }
///
/// let left: Condition<Counter> = Condition::with_lock(Lock::with_value(3));
/// std::thread::scope(|scope| {
///     for _ in 0..3 {
///         scope.spawn(|| count_down(left.hold()));
///     }
///     left.hold().wait_for(|left| *left == 0);
/// });
/// ```
#[clippy::has_significant_drop]
#[must_use = "the lock is released as soon as the guard is dropped: bind it with `let _held =`, not `let _ =`"]
pub struct ConditionGuard<'a, L: Lockable> {
    condition: &'a Condition<L>,
    marker: PhantomData<L::Mark>,
}

impl<L: Lockable> UnwindSafe for ConditionGuard<'_, L> {}
impl<L: Lockable> RefUnwindSafe for ConditionGuard<'_, L> {}

// SAFETY: a shared guard gives `&T`, which asks for what `Mark` has from the lock's own guard, and `notify`, which takes
// no hold and drops none.
unsafe impl<L: Lockable> Sync for ConditionGuard<'_, L> where L::Mark: Sync {}

impl Condition {
    /// A condition over an [`RLock`] of its own. Python: `Condition()`.
    ///
    /// # Examples
    /// ```
    /// static CHANGED: sixfold::Condition = sixfold::Condition::new();
    /// assert_eq!(CHANGED.hold().notify_all(), 0);
    /// ```
    #[must_use]
    #[cfg_attr(loom, track_caller)]
    pub const fn new(/* over a lock of yours: `with_lock` */) -> Self {
        Self::with_lock(RLock::new())
    }
}

impl<L> Condition<L> {
    /// A condition over `lock`. Python: `Condition(lock)`.
    ///
    /// Whether `lock` is one that a condition goes over is asked by the calls that use it, as `hold` is.
    ///
    /// # Examples
    /// Two conditions over one lock, as `queue.Queue` has them:
    /// ```
    /// use sixfold::{Condition, Lock};
    ///
    /// let jobs = Lock::with_value(Vec::<u32>::new());
    /// let not_empty = Condition::with_lock(&jobs);
    /// let not_full = Condition::with_lock(&jobs);
    /// let mut held = not_full.hold();
    /// held.push(1);
    /// drop(held);
    /// assert_eq!(not_empty.hold().pop(), Some(1));
    /// ```
    #[doc(alias = "new")]
    #[must_use]
    #[cfg_attr(loom, track_caller)]
    pub const fn with_lock(lock: L) -> Self {
        Self { waiters: WaitQueue::new(), lock }
    }

    /// The lock itself, not taken.
    ///
    /// # Examples
    /// ```
    /// use sixfold::Condition;
    ///
    /// let condition = Condition::new();
    /// let _held = condition.as_lock().hold();
    /// assert!(condition.locked(), "it is the same lock");
    /// ```
    pub fn as_lock(&self) -> &L {
        &self.lock
    }
}

// From here on the bounds are with the calls, not with the block: so that where one does not hold the compiler says what
// the trait has to say about it, and not only that a bound was not satisfied.
impl<L> Condition<L> {
    /// Waits for the lock and holds it while the guard lives. Python: `with condition:`.
    ///
    /// # Panics
    /// As [`RLock::acquire`], over an `RLock`.
    ///
    /// # Examples
    /// ```
    /// use sixfold::{Condition, Lock};
    ///
    /// let count = Condition::with_lock(Lock::with_value(0));
    /// let mut held = count.hold();
    /// *held += 1;
    /// held.notify(1);
    /// ```
    #[doc(alias("lock", "with", "__enter__"))]
    #[track_caller]
    #[inline]
    pub fn hold(&self) -> ConditionGuard<'_, L>
    where
        L: Lockable,
    {
        // SAFETY: the guard gives it back.
        unsafe { self.lock.take() };
        self.guard()
    }

    /// Holds the lock if it is free. Python: `acquire(blocking=False)`, and `release` in a `finally`.
    ///
    /// # Panics
    /// As [`hold`](Self::hold).
    ///
    /// # Examples
    /// ```
    /// use sixfold::{Condition, Lock};
    ///
    /// let condition = Condition::with_lock(Lock::new());
    /// let _held = condition.try_hold().expect("free");
    /// assert!(condition.try_hold().is_none());
    /// ```
    #[doc(alias = "try_lock")]
    #[must_use = "a guard that is not bound is dropped at once: write `let Some(_held) =` or `let _held =`, not `let _ =`"]
    #[track_caller]
    #[inline]
    pub fn try_hold(&self) -> Option<ConditionGuard<'_, L>>
    where
        L: Lockable,
    {
        self.hold_until(|| Deadline::Passed)
    }

    /// Waits at most `timeout` for a hold. Zero is one try; too large to be added to now is for ever.
    /// Python: `acquire(timeout=seconds)`, and `release` in a `finally`.
    ///
    /// # Panics
    /// As [`hold`](Self::hold).
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    ///
    /// let condition = sixfold::Condition::new();
    /// assert!(condition.hold_timeout(Duration::from_secs(1)).is_some());
    /// ```
    #[doc(alias = "try_lock_for")]
    #[must_use = "a guard that is not bound is dropped at once: write `let Some(_held) =` or `let _held =`, not `let _ =`"]
    #[track_caller]
    #[inline]
    pub fn hold_timeout(&self, timeout: Duration) -> Option<ConditionGuard<'_, L>>
    where
        L: Lockable,
    {
        self.hold_until(|| Deadline::after(timeout))
    }

    /// Waits until `deadline` for a hold; one that has passed is one try. Python has timeouts only.
    ///
    /// # Panics
    /// As [`hold`](Self::hold).
    ///
    /// # Examples
    /// ```
    /// use std::time::Instant;
    ///
    /// let condition = sixfold::Condition::new();
    /// assert!(condition.hold_deadline(Instant::now()).is_some(), "one try, and it is free");
    /// ```
    #[doc(alias = "try_lock_until")]
    #[must_use = "a guard that is not bound is dropped at once: write `let Some(_held) =` or `let _held =`, not `let _ =`"]
    #[track_caller]
    #[inline]
    pub fn hold_deadline(&self, deadline: Instant) -> Option<ConditionGuard<'_, L>>
    where
        L: Lockable,
    {
        self.hold_until(|| Deadline::at(deadline))
    }

    /// Whether the lock is held, by whomever: the lock's own answer. Python: `locked()`, 3.14.
    ///
    /// # Examples
    /// ```
    /// let condition = sixfold::Condition::new();
    /// assert!(!condition.locked());
    /// ```
    #[doc(alias = "is_locked")]
    #[must_use]
    pub fn locked(&self) -> bool
    where
        L: Lockable,
    {
        self.lock.raw().locked()
    }

    /// Selects up to `n` waiting threads, oldest first; they return once they have the lock. Python: `notify(n)`.
    ///
    /// Returns how many it selected. With nobody waiting it is forgotten, not stored.
    ///
    /// # Errors
    /// [`NotHeldError`] if the lock is not held: an [`RLock`] by the caller, a [`Lock`](crate::Lock), which has no owner,
    /// by anybody. Then nothing has changed. It is checked also for `n` = 0.
    ///
    /// # Examples
    /// ```
    /// let condition = sixfold::Condition::new();
    /// assert!(condition.notify(1).is_err());
    /// condition.acquire();
    /// assert_eq!(condition.notify(1), Ok(0));
    /// # condition.release()?;
    /// # Ok::<(), sixfold::NotHeldError>(())
    /// ```
    #[doc(alias = "notify_one")]
    #[inline]
    pub fn notify(&self, n: usize) -> Result<usize, NotHeldError>
    where
        L: Lockable,
    {
        self.check_held()?;
        Ok(self.waiters.notify(self.lock.raw(), n))
    }

    /// Selects all that wait now. Python: `notify_all()`.
    ///
    /// Returns how many it selected.
    ///
    /// # Errors
    /// As [`notify`](Self::notify).
    ///
    /// # Examples
    /// ```
    /// let condition = sixfold::Condition::new();
    /// condition.acquire();
    /// assert_eq!(condition.notify_all(), Ok(0), "nobody waits");
    /// # condition.release()?;
    /// # Ok::<(), sixfold::NotHeldError>(())
    /// ```
    #[doc(alias("notifyAll", "broadcast"))]
    #[inline]
    pub fn notify_all(&self) -> Result<usize, NotHeldError>
    where
        L: Lockable,
    {
        self.notify(usize::MAX)
    }
}

impl<L: Lockable> Condition<L> {
    #[track_caller]
    #[inline]
    fn hold_until(&self, deadline: impl FnOnce() -> Deadline) -> Option<ConditionGuard<'_, L>> {
        // SAFETY: the guard gives it back.
        unsafe { self.lock.take_until(deadline) }.then(|| self.guard())
    }

    /// Just taken.
    #[inline]
    fn guard(&self) -> ConditionGuard<'_, L> {
        ConditionGuard { condition: self, marker: PhantomData }
    }

    #[inline]
    fn check_held(&self) -> Result<(), NotHeldError> {
        if self.lock.is_held() { Ok(()) } else { Err(NotHeldError {}) }
    }

    /// Waits until notified (true) or until `deadline` (false), without the lock, which is held before and after.
    ///
    /// # Safety
    /// The lock is held; and while this runs nobody uses a reference to its value, but for shared ones to a `Sync` value.
    unsafe fn wait_until(&self, deadline: Deadline, place: Caller) -> bool {
        let mut levels = None;
        // SAFETY: our caller's promise.
        let release_all = || levels = Some(unsafe { self.lock.release_all() });
        let waited = self.waiters.wait(self.lock.raw(), deadline, place, release_all);
        let levels = levels.expect("a wait lets go before it sleeps");
        // SAFETY: `levels` is what `release_all` returned in this thread.
        unsafe { self.lock.reacquire(levels, waited.awake, place) };
        waited.notified
    }
}

/// The loop of all `wait_for…`: asks, waits, asks again, and once more after the time ran out. The deadline is taken
/// after the first answer, which is free.
fn wait_for(
    deadline: impl FnOnce() -> Deadline,
    mut ready: impl FnMut() -> Result<bool, NotHeldError>,
    mut wait: impl FnMut(Deadline) -> Result<bool, NotHeldError>,
) -> Result<bool, NotHeldError> {
    if ready()? {
        return Ok(true);
    }
    let deadline = deadline();
    loop {
        let notified = wait(deadline)?;
        if ready()? {
            return Ok(true);
        }
        if !notified || deadline.has_passed() {
            return Ok(false);
        }
    }
}

impl<L> Condition<L> {
    /// Waits for the lock and takes it: the lock's own `acquire`. Python: `acquire()`.
    ///
    /// # Panics
    /// As [`RLock::acquire`], over an `RLock`.
    ///
    /// # Examples
    /// ```
    /// let condition = sixfold::Condition::new();
    /// condition.acquire();
    /// condition.release()?;
    /// # Ok::<(), sixfold::NotHeldError>(())
    /// ```
    #[doc(alias = "lock")]
    #[track_caller]
    #[inline]
    pub fn acquire(&self)
    where
        L: RawLockable,
    {
        // SAFETY: the lock guards no value; who gives it back is the user's affair.
        unsafe { self.lock.take() };
    }

    /// Takes the lock if it is free. Python: `acquire(blocking=False)`.
    ///
    /// # Panics
    /// As [`acquire`](Self::acquire).
    ///
    /// # Examples
    /// ```
    /// let condition = sixfold::Condition::new();
    /// assert!(condition.try_acquire());
    /// ```
    #[doc(alias = "try_lock")]
    #[must_use = "false means that the lock was not acquired; for a scope, use `let _held = condition.try_hold()`"]
    #[track_caller]
    #[inline]
    pub fn try_acquire(&self) -> bool
    where
        L: RawLockable,
    {
        // SAFETY: as in `acquire`.
        unsafe { self.lock.take_until(|| Deadline::Passed) }
    }

    /// Waits at most `timeout` for the lock. Python: `acquire(timeout=seconds)`.
    ///
    /// False: the time was up. Zero is one try; a timeout too large to be added to now is for ever.
    ///
    /// # Panics
    /// As [`acquire`](Self::acquire).
    ///
    /// # Examples
    /// ```
    /// let condition = sixfold::Condition::new();
    /// assert!(condition.acquire_timeout(std::time::Duration::from_secs(1)));
    /// ```
    #[doc(alias = "try_lock_for")]
    #[must_use = "false means that the lock was not acquired; for a scope, use `let _held = condition.hold_timeout(…)`"]
    #[track_caller]
    #[inline]
    pub fn acquire_timeout(&self, timeout: Duration) -> bool
    where
        L: RawLockable,
    {
        // SAFETY: as in `acquire`.
        unsafe { self.lock.take_until(|| Deadline::after(timeout)) }
    }

    /// Waits until `deadline` for the lock; one that has passed is one try. False: the time was up.
    /// Python has timeouts only.
    ///
    /// # Panics
    /// As [`acquire`](Self::acquire).
    ///
    /// # Examples
    /// ```
    /// let condition = sixfold::Condition::new();
    /// assert!(condition.acquire_deadline(std::time::Instant::now()), "one try, and it is free");
    /// ```
    #[doc(alias = "try_lock_until")]
    #[must_use = "false means that the lock was not acquired; for a scope, use `let _held = condition.hold_deadline(…)`"]
    #[track_caller]
    #[inline]
    pub fn acquire_deadline(&self, deadline: Instant) -> bool
    where
        L: RawLockable,
    {
        // SAFETY: as in `acquire`.
        unsafe { self.lock.take_until(|| Deadline::at(deadline)) }
    }

    /// Releases the lock, or one level of it: the lock's own `release`. Python: `release()`.
    ///
    /// # Errors
    /// [`NotHeldError`] as the lock's own; then nothing has changed.
    ///
    /// # Examples
    /// ```
    /// assert!(sixfold::Condition::new().release().is_err());
    /// ```
    #[doc(alias = "unlock")]
    #[inline]
    pub fn release(&self) -> Result<(), NotHeldError>
    where
        L: RawLockable,
    {
        // SAFETY: the lock guards no value.
        unsafe { self.lock.give_back() }
    }

    /// Lets go of the lock, waits until notified, and takes the lock back. Python: `wait()`.
    ///
    /// Over an [`RLock`] it lets go of every level and takes all of them back.
    ///
    /// # Errors
    /// [`NotHeldError`] if the lock is not held, in the sense of [`notify`](Self::notify); then nothing has changed.
    ///
    /// # Examples
    /// ```
    /// let condition = sixfold::Condition::new();
    /// assert!(condition.wait().is_err(), "it is not held");
    /// std::thread::scope(|scope| {
    ///     condition.acquire();
    ///     scope.spawn(|| condition.hold().notify(1)); // cannot hold it before we wait
    ///     condition.wait()?;
    ///     condition.release()
    /// })?;
    /// # Ok::<(), sixfold::NotHeldError>(())
    /// ```
    #[cfg_attr(loom, track_caller)]
    pub fn wait(&self) -> Result<(), NotHeldError>
    where
        L: RawLockable,
    {
        self.raw_wait(|| Deadline::Never, caller()).map(drop)
    }

    /// As [`wait`](Self::wait), for at most `timeout`. Python: `wait(timeout)`.
    ///
    /// `Ok(false)`: the time was up, and no notify has selected this thread. Zero still lets go of the lock and takes it
    /// back; how long taking it back lasts is not bounded.
    ///
    /// # Errors
    /// As [`wait`](Self::wait).
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    ///
    /// let condition = sixfold::Condition::new();
    /// condition.acquire();
    /// assert_eq!(condition.wait_timeout(Duration::from_millis(1)), Ok(false));
    /// # condition.release()?;
    /// # Ok::<(), sixfold::NotHeldError>(())
    /// ```
    #[doc(alias = "wait_for")]
    #[cfg_attr(loom, track_caller)]
    pub fn wait_timeout(&self, timeout: Duration) -> Result<bool, NotHeldError>
    where
        L: RawLockable,
    {
        self.raw_wait(|| Deadline::after(timeout), caller())
    }

    /// As [`wait`](Self::wait), until `deadline` at the latest. Python has timeouts only.
    ///
    /// `Ok(false)`: the time was up. A deadline that has passed still lets go of the lock and takes it back.
    ///
    /// # Errors
    /// As [`wait`](Self::wait).
    ///
    /// # Examples
    /// ```
    /// let condition = sixfold::Condition::new();
    /// condition.acquire();
    /// assert_eq!(condition.wait_deadline(std::time::Instant::now()), Ok(false));
    /// # condition.release()?;
    /// # Ok::<(), sixfold::NotHeldError>(())
    /// ```
    #[doc(alias = "wait_until")]
    #[cfg_attr(loom, track_caller)]
    pub fn wait_deadline(&self, deadline: Instant) -> Result<bool, NotHeldError>
    where
        L: RawLockable,
    {
        self.raw_wait(|| Deadline::at(deadline), caller())
    }

    /// Waits until `ready` says so. Python: `wait_for(predicate)`.
    ///
    /// It is asked with the lock held: first, and after every notify.
    ///
    /// # Errors
    /// [`NotHeldError`] if the lock is not held, in the sense of [`notify`](Self::notify). This is checked each time before
    /// `ready` is asked, also where the answer would be true at once (Python skips the check then).
    ///
    /// # Panics
    /// If `ready` does. The lock is held then, as before the call.
    ///
    /// # Examples
    /// ```
    /// use std::cell::Cell;
    ///
    /// let (condition, asked) = (sixfold::Condition::new(), Cell::new(0));
    /// condition.acquire();
    /// condition.wait_for(|| {
    ///     asked.set(asked.get() + 1);
    ///     true
    /// })?;
    /// assert_eq!(asked.get(), 1);
    /// # condition.release()?;
    /// # Ok::<(), sixfold::NotHeldError>(())
    /// ```
    #[doc(alias = "wait_while")]
    #[cfg_attr(loom, track_caller)]
    pub fn wait_for(&self, ready: impl FnMut() -> bool) -> Result<(), NotHeldError>
    where
        L: RawLockable,
    {
        self.raw_wait_for(|| Deadline::Never, caller(), ready).map(drop)
    }

    /// As [`wait_for`](Self::wait_for), for at most `timeout` after `ready` was first asked. Python:
    /// `wait_for(predicate, timeout)`.
    ///
    /// Returns the last answer: it is asked once more after the time ran out. Zero: it is asked twice at most.
    ///
    /// # Errors
    /// As [`wait_for`](Self::wait_for).
    ///
    /// # Panics
    /// As [`wait_for`](Self::wait_for).
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    ///
    /// let condition = sixfold::Condition::new();
    /// condition.acquire();
    /// assert_eq!(condition.wait_for_timeout(|| false, Duration::from_millis(1)), Ok(false));
    /// # condition.release()?;
    /// # Ok::<(), sixfold::NotHeldError>(())
    /// ```
    #[doc(alias("wait_while_for", "wait_timeout_while"))]
    #[cfg_attr(loom, track_caller)]
    pub fn wait_for_timeout(&self, ready: impl FnMut() -> bool, timeout: Duration) -> Result<bool, NotHeldError>
    where
        L: RawLockable,
    {
        self.raw_wait_for(|| Deadline::after(timeout), caller(), ready)
    }

    /// As [`wait_for`](Self::wait_for), until `deadline` at the latest. Returns the last answer.
    /// Python has timeouts only.
    ///
    /// # Errors
    /// As [`wait_for`](Self::wait_for).
    ///
    /// # Panics
    /// As [`wait_for`](Self::wait_for).
    ///
    /// # Examples
    /// ```
    /// let condition = sixfold::Condition::new();
    /// condition.acquire();
    /// assert_eq!(condition.wait_for_deadline(|| true, std::time::Instant::now()), Ok(true));
    /// # condition.release()?;
    /// # Ok::<(), sixfold::NotHeldError>(())
    /// ```
    #[doc(alias = "wait_while_until")]
    #[cfg_attr(loom, track_caller)]
    pub fn wait_for_deadline(&self, ready: impl FnMut() -> bool, deadline: Instant) -> Result<bool, NotHeldError>
    where
        L: RawLockable,
    {
        self.raw_wait_for(|| Deadline::at(deadline), caller(), ready)
    }
}

impl<L: RawLockable> Condition<L> {
    fn raw_wait(&self, deadline: impl FnOnce() -> Deadline, place: Caller) -> Result<bool, NotHeldError> {
        self.check_held()?;
        // SAFETY: it is held, and guards no value.
        Ok(unsafe { self.wait_until(deadline(), place) })
    }

    fn raw_wait_for(
        &self,
        deadline: impl FnOnce() -> Deadline,
        place: Caller,
        mut ready: impl FnMut() -> bool,
    ) -> Result<bool, NotHeldError> {
        let ready = || {
            self.check_held()?;
            Ok(ready())
        };
        // Checks again before it waits: `ready` may have released the lock.
        wait_for(deadline, ready, |deadline| self.raw_wait(|| deadline, place))
    }
}

impl<L: Lockable> ConditionGuard<'_, L> {
    /// Lets go of the lock, waits until notified, and takes the lock back. Python: `wait()`.
    ///
    /// Over an [`RLock`] it lets go of every level and takes all of them back.
    ///
    /// # Panics
    /// If a by-hand `release` has pulled the hold from under this guard; nothing has changed then.
    ///
    /// # Examples
    /// ```
    /// use sixfold::{Condition, Lock};
    ///
    /// let turn = Condition::with_lock(Lock::with_value(0));
    /// std::thread::scope(|scope| {
    ///     let mut held = turn.hold();
    ///     scope.spawn(|| {
    ///         let mut held = turn.hold();
    ///         *held = 1;
    ///         held.notify(1);
    ///     });
    ///     held.wait(); // the only notify comes after the value
    ///     assert_eq!(*held, 1);
    /// });
    /// ```
    #[track_caller]
    pub fn wait(&mut self) {
        self.wait_until(|| Deadline::Never, caller());
    }

    /// As [`wait`](Self::wait), for at most `timeout`. Python: `wait(timeout)`.
    ///
    /// False: the time was up, and no notify has selected this thread. Zero still lets go of the lock and takes it back;
    /// how long taking it back lasts is not bounded.
    ///
    /// # Panics
    /// As [`wait`](Self::wait).
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    ///
    /// let condition = sixfold::Condition::new();
    /// assert!(!condition.hold().wait_timeout(Duration::from_millis(1)));
    /// ```
    #[must_use = "false means that the time was up before a notify"]
    #[track_caller]
    pub fn wait_timeout(&mut self, timeout: Duration) -> bool {
        self.wait_until(|| Deadline::after(timeout), caller())
    }

    /// As [`wait`](Self::wait), until `deadline` at the latest. False: the time was up. Python has timeouts only.
    ///
    /// # Panics
    /// As [`wait`](Self::wait).
    ///
    /// # Examples
    /// ```
    /// let condition = sixfold::Condition::new();
    /// assert!(!condition.hold().wait_deadline(std::time::Instant::now()));
    /// ```
    #[doc(alias = "wait_until")]
    #[must_use = "false means that the time was up before a notify"]
    #[track_caller]
    pub fn wait_deadline(&mut self, deadline: Instant) -> bool {
        self.wait_until(|| Deadline::at(deadline), caller())
    }

    /// Waits until `ready` says so of the guarded value. Python: `wait_for(predicate)`.
    ///
    /// It is asked with the lock held: first, and after every notify.
    ///
    /// # Panics
    /// As [`wait`](Self::wait), and if `ready` does. The guard holds the lock then, as before the call.
    ///
    /// # Examples
    /// ```
    /// use sixfold::{Condition, Lock};
    ///
    /// let ready = Condition::with_lock(Lock::with_value(true));
    /// ready.hold().wait_for(|ready| *ready);
    /// ```
    #[doc(alias = "wait_while")]
    #[track_caller]
    pub fn wait_for(&mut self, ready: impl FnMut(&<Self as Deref>::Target) -> bool) {
        self.wait_for_until(|| Deadline::Never, caller(), ready);
    }

    /// As [`wait_for`](Self::wait_for), for at most `timeout` after `ready` was first asked. Python:
    /// `wait_for(predicate, timeout)`.
    ///
    /// Returns the last answer: it is asked once more after the time ran out. Zero: it is asked twice at most.
    ///
    /// # Panics
    /// As [`wait_for`](Self::wait_for).
    ///
    /// # Examples
    /// ```
    /// use sixfold::{Condition, Lock};
    /// use std::time::Duration;
    ///
    /// let jobs = Condition::with_lock(Lock::with_value(Vec::<u32>::new()));
    /// assert!(!jobs.hold().wait_for_timeout(|jobs| !jobs.is_empty(), Duration::from_millis(1)));
    /// ```
    #[doc(alias("wait_while_for", "wait_timeout_while"))]
    #[must_use = "false means that the time was up and it is not ready"]
    #[track_caller]
    pub fn wait_for_timeout(&mut self, ready: impl FnMut(&<Self as Deref>::Target) -> bool, timeout: Duration) -> bool {
        self.wait_for_until(|| Deadline::after(timeout), caller(), ready)
    }

    /// As [`wait_for`](Self::wait_for), until `deadline` at the latest. Returns the last answer.
    /// Python has timeouts only.
    ///
    /// # Panics
    /// As [`wait_for`](Self::wait_for).
    ///
    /// # Examples
    /// ```
    /// use sixfold::{Condition, Lock};
    /// use std::time::Instant;
    ///
    /// let count = Condition::with_lock(Lock::with_value(3));
    /// assert!(count.hold().wait_for_deadline(|count| *count == 3, Instant::now()));
    /// ```
    #[doc(alias = "wait_while_until")]
    #[must_use = "false means that the time was up and it is not ready"]
    #[track_caller]
    pub fn wait_for_deadline(
        &mut self,
        ready: impl FnMut(&<Self as Deref>::Target) -> bool,
        deadline: Instant,
    ) -> bool {
        self.wait_for_until(|| Deadline::at(deadline), caller(), ready)
    }

    /// Selects up to `n` waiting threads, oldest first; they return once they have the lock. Python: `notify(n)`.
    ///
    /// Returns how many it selected. With nobody waiting it is forgotten, not stored.
    ///
    /// # Panics
    /// As [`wait`](Self::wait).
    ///
    /// # Examples
    /// ```
    /// let condition = sixfold::Condition::new();
    /// assert_eq!(condition.hold().notify(1), 0, "nobody waits");
    /// ```
    #[doc(alias = "notify_one")]
    #[track_caller]
    #[inline]
    pub fn notify(&self, n: usize) -> usize {
        self.check_held();
        self.condition.waiters.notify(self.condition.lock.raw(), n)
    }

    /// Selects all that wait now. Python: `notify_all()`. Returns how many it selected.
    ///
    /// # Panics
    /// As [`wait`](Self::wait).
    ///
    /// # Examples
    /// ```
    /// let condition = sixfold::Condition::new();
    /// assert_eq!(condition.hold().notify_all(), 0, "nobody waits");
    /// ```
    #[doc(alias("notifyAll", "broadcast"))]
    #[track_caller]
    #[inline]
    pub fn notify_all(&self) -> usize {
        self.notify(usize::MAX)
    }

    #[track_caller]
    #[inline]
    fn check_held(&self) {
        expect_held(self.condition.check_held());
    }

    #[track_caller]
    fn wait_until(&mut self, deadline: impl FnOnce() -> Deadline, place: Caller) -> bool {
        self.check_held();
        // SAFETY: it is held. Nobody uses the value through this guard, which is borrowed mutably; of a `Lock` there is no
        // other, and the others of an `RLock` have shared references to a `Sync` value.
        unsafe { self.condition.wait_until(deadline(), place) }
    }

    #[track_caller]
    fn wait_for_until(
        &mut self,
        deadline: impl FnOnce() -> Deadline,
        place: Caller,
        mut ready: impl FnMut(&L::Value) -> bool,
    ) -> bool {
        let guard = &*self;
        let condition = guard.condition;
        let ready = || {
            condition.check_held()?;
            Ok(ready(guard))
        };
        let wait = |deadline| {
            condition.check_held()?; // `ready` may have released the lock by hand.
            // SAFETY: as in `wait_until`; `ready` cannot keep the reference that it gets.
            Ok(unsafe { condition.wait_until(deadline, place) })
        };
        expect_held(wait_for(deadline, ready, wait))
    }
}

/// What a guard does about an error that only a by-hand `release` under it can cause.
#[track_caller]
#[inline]
fn expect_held<T>(result: Result<T, NotHeldError>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("a ConditionGuard has lost its hold to a release by hand: {error}"),
    }
}

impl<L: Lockable> Deref for ConditionGuard<'_, L> {
    type Target = L::Value;

    #[inline]
    fn deref(&self) -> &L::Value {
        // SAFETY: the guard was made by taking a hold, and it gives the value to share as the lock's own guard does.
        // Only of a lock without a value, which has nothing to race for, can the hold have been released under it.
        unsafe { &*self.condition.lock.value() }
    }
}

impl<L: Lockable + Exclusive> DerefMut for ConditionGuard<'_, L> {
    #[inline]
    fn deref_mut(&mut self) -> &mut L::Value {
        // SAFETY: as in `deref`; the lock is exclusive, and the guard is borrowed mutably.
        unsafe { &mut *self.condition.lock.value() }
    }
}

impl<L: Lockable> Drop for ConditionGuard<'_, L> {
    #[inline]
    fn drop(&mut self) {
        // An error means that the lock was released by hand before us: there is nothing left to give back.
        // SAFETY: the hold that the guard was made with, or a lock without a value.
        thread::in_drop(|| _ = unsafe { self.condition.lock.give_back() });
    }
}

impl<L: Default> Default for Condition<L> {
    fn default() -> Self {
        Self::with_lock(L::default())
    }
}

impl<L> fmt::Debug for Condition<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condition").field("waiters", &self.waiters.count()).finish_non_exhaustive()
    }
}

impl<L: Lockable<Value: fmt::Debug>> fmt::Debug for ConditionGuard<'_, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl<L: Lockable<Value: fmt::Display>> fmt::Display for ConditionGuard<'_, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}
