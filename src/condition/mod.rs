//! The typed face of [`WaitQueue`]: the type itself, what one does with it in either way, and the wait that both share.
//!
//! `by_hand` has the calls that take no guard, `guard` those of its own guard, `with_guard` those that take any guard of the lock,
//! `lockable` what a condition needs of its lock.
#![allow(unsafe_code)]

mod by_hand;
mod guard;
mod lockable;
mod with_guard;

pub use guard::{ArcConditionGuard, ConditionGuard};
pub use lockable::{AnyLock, Lockable, RawLockable};
pub use with_guard::GuardOf;

use crate::deadline::Deadline;
use crate::error::NotHeldError;
use crate::guard::expect_held;
use crate::lock::Lock;
use crate::raw::WaitQueue;
use crate::rlock::RLock;
use crate::shim::caller::Caller;
use core::fmt;
use core::panic::{RefUnwindSafe, UnwindSafe};
use lockable::sealed::Hold;
use std::sync::Arc;
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
/// - No wake-up is lost: waiting joins the queue before it releases the lock.
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
/// Two conditions over one lock, so that a notify reaches a thread that can use it:
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
    use crate::lock::Lock;
    assert!(size_of::<Condition<Lock>>() - size_of::<Lock>() <= 8);
    assert!(size_of::<Condition<&Lock>>() - size_of::<&Lock>() <= 8);
};

impl<L> UnwindSafe for Condition<L> {}
impl<L> RefUnwindSafe for Condition<L> {}

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

impl<T> Condition<Lock<T>> {
    /// A condition with a [`Lock`] of its own that guards `value`.
    ///
    /// # Examples
    /// ```
    /// use sixfold::{Condition, Lock};
    ///
    /// static JOBS: Condition<Lock<Vec<u32>>> = Condition::with_value(Vec::new());
    ///
    /// JOBS.hold().push(3);
    /// assert_eq!(*JOBS.hold(), [3]);
    /// ```
    #[must_use]
    #[cfg_attr(loom, track_caller)]
    pub const fn with_value(value: T) -> Self {
        Self::with_lock(Lock::with_value(value))
    }

    /// The value; `&mut self` proves that nobody else has it.
    ///
    /// # Examples
    /// ```
    /// let mut jobs = sixfold::Condition::with_value(vec![1]);
    /// jobs.get_mut().push(2);
    /// assert_eq!(jobs.into_lock().into_inner(), [1, 2]);
    /// ```
    pub fn get_mut(&mut self) -> &mut T {
        self.lock.get_mut()
    }
}

impl<T> Condition<RLock<T>> {
    /// The value; `&mut self` proves that nobody else has it.
    ///
    /// # Examples
    /// ```
    /// use sixfold::{Condition, RLock};
    ///
    /// let mut names = Condition::with_lock(RLock::with_value(vec!["Ada"]));
    /// names.get_mut().push("Grace");
    /// assert_eq!(names.hold().len(), 2);
    /// ```
    pub fn get_mut(&mut self) -> &mut T {
        self.lock.get_mut()
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

    /// The lock, without the condition.
    ///
    /// # Examples
    /// ```
    /// let done = sixfold::Condition::with_value(vec![1, 2]);
    /// assert_eq!(done.into_lock().into_inner(), [1, 2]);
    /// ```
    pub fn into_lock(self) -> L {
        self.lock
    }
}

// Bounds sit on the methods, so that errors show `Lockable`'s diagnostic.
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
        unsafe { self.lock.target().take() };
        ConditionGuard::of(self)
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

    /// Whether any thread holds the lock: the lock's own answer. Python: `locked()`, 3.14.
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
        self.lock.target().raw().locked()
    }

    /// Selects up to `n` waiting threads, oldest first; they return once they have the lock. Python: `notify(n)`.
    ///
    /// Returns how many it selected. With nobody waiting it is forgotten, not stored.
    ///
    /// # Errors
    /// [`NotHeldError`] if the caller does not own the [`RLock`], or if nobody holds the [`Lock`](crate::Lock). Nothing
    /// has changed then. `n` = 0 is checked, too.
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
        Ok(self.waiters.notify(self.lock.target().raw(), n))
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

    /// As [`hold`](Self::hold), with a guard that shares in the condition instead of borrowing it.
    ///
    /// It waits and notifies through [`wait_with`](Self::wait_with) and its like.
    ///
    /// # Panics
    /// As [`hold`](Self::hold).
    ///
    /// # Examples
    /// ```
    /// use sixfold::Condition;
    /// use std::sync::Arc;
    ///
    /// let jobs = Arc::new(Condition::with_value(vec![1]));
    /// let mut held = jobs.hold_arc();
    /// held.push(2);
    /// jobs.notify_with(&held, 1);
    /// ```
    #[doc(alias = "lock_arc")]
    #[track_caller]
    pub fn hold_arc(self: &Arc<Self>) -> ArcConditionGuard<L>
    where
        L: Lockable,
    {
        // SAFETY: the guard gives it back.
        unsafe { self.lock.target().take() };
        ArcConditionGuard::of(self)
    }

    /// As [`try_hold`](Self::try_hold), with a guard that shares in the condition.
    ///
    /// # Panics
    /// As [`hold`](Self::hold).
    ///
    /// # Examples
    /// ```
    /// let jobs = std::sync::Arc::new(sixfold::Condition::with_value(vec![1]));
    /// assert_eq!(jobs.try_hold_arc().map(|jobs| jobs.len()), Some(1));
    /// ```
    #[doc(alias = "try_lock_arc")]
    #[must_use = "a guard that is not bound is dropped at once: write `let Some(_held) =` or `let _held =`, not `let _ =`"]
    #[track_caller]
    pub fn try_hold_arc(self: &Arc<Self>) -> Option<ArcConditionGuard<L>>
    where
        L: Lockable,
    {
        self.hold_arc_until(|| Deadline::Passed)
    }

    /// As [`hold_timeout`](Self::hold_timeout), with a guard that shares in the condition.
    ///
    /// # Panics
    /// As [`hold`](Self::hold).
    ///
    /// # Examples
    /// ```
    /// let jobs = std::sync::Arc::new(sixfold::Condition::with_value(vec![1]));
    /// assert!(jobs.hold_arc_timeout(std::time::Duration::from_secs(1)).is_some());
    /// ```
    #[must_use = "a guard that is not bound is dropped at once: write `let Some(_held) =` or `let _held =`, not `let _ =`"]
    #[track_caller]
    pub fn hold_arc_timeout(self: &Arc<Self>, timeout: Duration) -> Option<ArcConditionGuard<L>>
    where
        L: Lockable,
    {
        self.hold_arc_until(|| Deadline::after(timeout))
    }

    /// As [`hold_deadline`](Self::hold_deadline), with a guard that shares in the condition.
    ///
    /// # Panics
    /// As [`hold`](Self::hold).
    ///
    /// # Examples
    /// ```
    /// let jobs = std::sync::Arc::new(sixfold::Condition::with_value(vec![1]));
    /// assert!(jobs.hold_arc_deadline(std::time::Instant::now()).is_some(), "one try, and it is free");
    /// ```
    #[must_use = "a guard that is not bound is dropped at once: write `let Some(_held) =` or `let _held =`, not `let _ =`"]
    #[track_caller]
    pub fn hold_arc_deadline(self: &Arc<Self>, deadline: Instant) -> Option<ArcConditionGuard<L>>
    where
        L: Lockable,
    {
        self.hold_arc_until(|| Deadline::at(deadline))
    }
}

impl<L: Lockable> Condition<L> {
    #[track_caller]
    fn hold_arc_until(self: &Arc<Self>, deadline: impl FnOnce() -> Deadline) -> Option<ArcConditionGuard<L>> {
        // SAFETY: the guard gives it back.
        unsafe { self.lock.target().take_until(deadline) }.then(|| ArcConditionGuard::of(self))
    }

    #[track_caller]
    #[inline]
    fn hold_until(&self, deadline: impl FnOnce() -> Deadline) -> Option<ConditionGuard<'_, L>> {
        // SAFETY: the guard gives it back.
        unsafe { self.lock.target().take_until(deadline) }.then(|| ConditionGuard::of(self))
    }

    #[inline]
    fn check_held(&self) -> Result<(), NotHeldError> {
        if self.lock.target().is_held() { Ok(()) } else { Err(NotHeldError {}) }
    }

    /// Waits until notified (true) or until `deadline` (false), without the lock, which is held before and after.
    ///
    /// # Safety
    /// The lock is held; and while this runs nobody uses a reference to its value, but for shared ones to a `Sync` value.
    unsafe fn wait_until(&self, deadline: Deadline, place: Caller) -> bool {
        let mut levels = None;
        // SAFETY: our caller's promise.
        let release_all = || levels = Some(unsafe { self.lock.target().release_all() });
        let waited = self.waiters.wait(self.lock.target().raw(), deadline, place, release_all);
        let levels = levels.expect("a wait lets go before it sleeps");
        // SAFETY: `levels` is what `release_all` returned in this thread.
        unsafe { self.lock.target().reacquire(levels, waited.awake, place) };
        waited.notified
    }

    /// Waits until `ready` says so of the value (true) or until `deadline` (the last answer). `who` is the guard in a message.
    ///
    /// # Panics
    /// If the lock was released by hand.
    ///
    /// # Safety
    /// As for [`wait_until`](Self::wait_until).
    #[track_caller]
    unsafe fn wait_for_until(
        &self,
        deadline: impl FnOnce() -> Deadline,
        place: Caller,
        who: &str,
        mut ready: impl FnMut(&L::Value) -> bool,
    ) -> bool {
        // SAFETY: our caller's promise; the value may be shared, and `ready` cannot keep the reference.
        unsafe { self.wait_some_until(deadline, place, who, |value| ready(&*value).then_some(())) }.is_some()
    }

    /// Calls `take` with the value, under the lock, until it returns `Some`, or until `deadline`.
    ///
    /// # Panics
    /// If the lock was released by hand.
    ///
    /// # Safety
    /// As for [`wait_until`](Self::wait_until).
    #[track_caller]
    unsafe fn wait_some_until<R>(
        &self,
        deadline: impl FnOnce() -> Deadline,
        place: Caller,
        who: &str,
        mut take: impl FnMut(*mut L::Value) -> Option<R>,
    ) -> Option<R> {
        let take = || {
            self.check_held()?;
            Ok(take(self.lock.target().value()))
        };
        let wait = |deadline| {
            self.check_held()?; // `take` may have released the lock by hand.
            // SAFETY: our caller's promise; `take` has returned.
            Ok(unsafe { self.wait_until(deadline, place) })
        };
        expect_held(wait_some(deadline, take, wait), who)
    }
}

/// The loop of all `wait_for…` and `wait_some…`: looks, waits, looks again, and once more after the time ran out. The deadline is
/// taken after the first look, which is free.
fn wait_some<R>(
    deadline: impl FnOnce() -> Deadline,
    mut look: impl FnMut() -> Result<Option<R>, NotHeldError>,
    mut wait: impl FnMut(Deadline) -> Result<bool, NotHeldError>,
) -> Result<Option<R>, NotHeldError> {
    let first = look()?;
    if first.is_some() {
        return Ok(first);
    }
    let deadline = deadline();
    loop {
        let notified = wait(deadline)?;
        let found = look()?;
        if found.is_some() || !notified || deadline.has_passed() {
            return Ok(found);
        }
    }
}

/// [`wait_some`] with yes or no.
fn wait_for(
    deadline: impl FnOnce() -> Deadline,
    mut ready: impl FnMut() -> Result<bool, NotHeldError>,
    wait: impl FnMut(Deadline) -> Result<bool, NotHeldError>,
) -> Result<bool, NotHeldError> {
    wait_some(deadline, || Ok(ready()?.then_some(())), wait).map(|found| found.is_some())
}

impl<L: Default> Default for Condition<L> {
    fn default() -> Self {
        Self::with_lock(L::default())
    }
}

/// Shows how many threads wait, and its lock as that shows itself; under loom not the lock, since that would be steps of the model.
impl<L: fmt::Debug> fmt::Debug for Condition<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Condition");
        shown.field("waiters", &self.waiters.count());
        if cfg!(loom) { shown.finish_non_exhaustive() } else { shown.field("lock", &self.lock).finish() }
    }
}
