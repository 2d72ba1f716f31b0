//! Waiting and notifying with a guard of the lock, whichever condition or lock has made it.
#![allow(unsafe_code)]

use super::lockable::sealed::{Exclusive, HeldBy, Hold};
use super::{ArcConditionGuard, Condition, ConditionGuard, Lockable};
use crate::deadline::Deadline;
use crate::guard::expect_held;
use crate::lock::{ArcLockGuard, Lock, LockGuard};
use crate::raw::RawLock;
use crate::rlock::{ArcRLockGuard, RLock, RLockGuard};
use crate::shim::caller::{Caller, caller};
use std::time::{Duration, Instant};

/// A guard that holds a lock of the type that `L` is or points to: a [`LockGuard`], [`RLockGuard`] or [`ConditionGuard`], or one
/// that shares in its lock, as [`ArcLockGuard`].
///
/// [`Condition::wait_with`] and its like take it. The compiler compares the types of the locks, and the call compares their addresses.
///
/// Sealed: nobody else can implement it, and it has no methods for you to call. Mapped guards do not implement it,
/// since another thread could move or drop what they point to while the lock is released.
///
/// # Examples
/// Code that does not care how its caller holds the lock:
/// ```
/// use sixfold::{Condition, GuardOf, Lock, Lockable};
/// use std::sync::Arc;
///
/// fn settle<L: Lockable>(changed: &Condition<L>, held: &impl GuardOf<L>) -> usize {
///     changed.notify_all_with(held)
/// }
///
/// let lock = Arc::new(Lock::with_value(0));
/// let changed = Condition::with_lock(lock.clone());
/// settle(&changed, &lock.hold());
/// settle(&changed, &lock.hold_arc());
/// settle(&changed, &changed.hold());
/// ```
/// A mapped guard cannot wait:
/// ```compile_fail,E0277
/// use sixfold::{Condition, Lock, LockGuard};
///
/// let lock = Lock::with_value((1, 2));
/// let changed = Condition::with_lock(&lock);
/// let mut part = LockGuard::map(lock.hold(), |pair| &mut pair.0);
/// changed.wait_with(&mut part);
/// ```
/// Nor can the guard of an `RLock` whose value is not `Sync`, since outer guards keep their `&T` meanwhile:
/// ```compile_fail,E0277
/// use sixfold::{Condition, RLock};
/// use std::cell::Cell;
///
/// let lock = RLock::with_value(Cell::new(0));
/// let changed = Condition::with_lock(&lock);
/// changed.wait_with(&mut lock.hold());
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no guard of the lock of a `Condition<{L}>`",
    label = "this guard does not hold a lock of that type",
    note = "it has to be the guard of the very lock that the condition is over: `lock.hold()`, `lock.hold_arc()`, or the `hold()` of a condition over it; a mapped guard cannot wait"
)]
pub trait GuardOf<L: ?Sized>: HeldBy<L> {}

impl<L: ?Sized, G: HeldBy<L>> GuardOf<L> for G {}

impl<T: ?Sized, L: Lockable<Target = Lock<T>> + ?Sized> HeldBy<L> for LockGuard<'_, T> {
    #[inline]
    fn raw_lock(&self) -> &RawLock {
        Self::lock(self).raw()
    }
}

impl<T: ?Sized, L: Lockable<Target = Lock<T>> + ?Sized> HeldBy<L> for ArcLockGuard<T> {
    #[inline]
    fn raw_lock(&self) -> &RawLock {
        Self::as_lock(self).raw()
    }
}

impl<T: ?Sized + Sync, L: Lockable<Target = RLock<T>> + ?Sized> HeldBy<L> for RLockGuard<'_, T> {
    #[inline]
    fn raw_lock(&self) -> &RawLock {
        Self::lock(self).raw()
    }
}

impl<T: ?Sized + Sync, L: Lockable<Target = RLock<T>> + ?Sized> HeldBy<L> for ArcRLockGuard<T> {
    #[inline]
    fn raw_lock(&self) -> &RawLock {
        Hold::raw(&**Self::as_lock(self))
    }
}

impl<M: Lockable, L: Lockable<Target = M::Target> + ?Sized> HeldBy<L> for ConditionGuard<'_, M> {
    #[inline]
    fn raw_lock(&self) -> &RawLock {
        Self::condition(self).lock.target().raw()
    }
}

impl<M: Lockable, L: Lockable<Target = M::Target> + ?Sized> HeldBy<L> for ArcConditionGuard<M> {
    #[inline]
    fn raw_lock(&self) -> &RawLock {
        Self::as_condition(self).lock.target().raw()
    }
}

// Bounds sit on the methods, so that errors show the traits' diagnostics.
impl<L> Condition<L> {
    /// Releases the lock that `held` holds, waits on this condition until notified, and acquires the lock again. Python: `wait()`.
    ///
    /// `held` may be the guard of the lock itself, or of another condition over it. So a queue with one lock and two conditions
    /// needs one guard. Over an [`RLock`] it releases every level and acquires all of them again.
    ///
    /// # Panics
    /// If `held` is the guard of another lock than this condition's, or if a by-hand `release` has pulled the hold from
    /// under it; nothing has changed then.
    ///
    /// # Examples
    /// ```
    /// use sixfold::{Condition, Lock};
    ///
    /// let turn = Lock::with_value(0);
    /// let (evens, odds) = (Condition::with_lock(&turn), Condition::with_lock(&turn));
    /// std::thread::scope(|scope| {
    ///     let mut held = turn.hold();
    ///     scope.spawn(|| {
    ///         let mut held = turn.hold();
    ///         *held = 1;
    ///         odds.notify_with(&held, 1);
    ///         evens.notify_with(&held, 1); // nobody waits there
    ///     });
    ///     odds.wait_with(&mut held);
    ///     assert_eq!(*held, 1);
    /// });
    /// ```
    #[track_caller]
    pub fn wait_with(&self, held: &mut impl GuardOf<L>)
    where
        L: Lockable,
    {
        self.wait_with_until(held, || Deadline::Never, caller());
    }

    /// As [`wait_with`](Self::wait_with), for at most `timeout`. Python: `wait(timeout)`.
    ///
    /// False: the time was up, and no notify has selected this thread. Zero still releases the lock and acquires it again;
    /// how long that lasts is not bounded.
    ///
    /// # Panics
    /// As [`wait_with`](Self::wait_with).
    ///
    /// # Examples
    /// ```
    /// use sixfold::{Condition, Lock};
    /// use std::time::Duration;
    ///
    /// let lock = Lock::with_value(0);
    /// let changed = Condition::with_lock(&lock);
    /// assert!(!changed.wait_with_timeout(&mut lock.hold(), Duration::from_millis(1)));
    /// ```
    #[must_use = "false means that the time was up before a notify"]
    #[track_caller]
    pub fn wait_with_timeout(&self, held: &mut impl GuardOf<L>, timeout: Duration) -> bool
    where
        L: Lockable,
    {
        self.wait_with_until(held, || Deadline::after(timeout), caller())
    }

    /// As [`wait_with`](Self::wait_with), until `deadline` at the latest. False: the time was up.
    ///
    /// # Panics
    /// As [`wait_with`](Self::wait_with).
    ///
    /// # Examples
    /// ```
    /// use sixfold::{Condition, Lock};
    ///
    /// let lock = Lock::with_value(0);
    /// let changed = Condition::with_lock(&lock);
    /// assert!(!changed.wait_with_deadline(&mut lock.hold(), std::time::Instant::now()));
    /// ```
    #[must_use = "false means that the time was up before a notify"]
    #[track_caller]
    pub fn wait_with_deadline(&self, held: &mut impl GuardOf<L>, deadline: Instant) -> bool
    where
        L: Lockable,
    {
        self.wait_with_until(held, || Deadline::at(deadline), caller())
    }

    /// Waits until `ready` says so of the guarded value, with a guard of the lock. Python: `wait_for(predicate)`.
    ///
    /// It is asked with the lock held: first, and after every notify.
    ///
    /// # Panics
    /// As [`wait_with`](Self::wait_with), also if it is ready at once; and if `ready` does. The guard holds the lock then, as
    /// before the call.
    ///
    /// # Examples
    /// ```
    /// use sixfold::{Condition, Lock};
    ///
    /// let slot = Lock::with_value(Some(3));
    /// let filled = Condition::with_lock(&slot);
    /// let mut held = slot.hold();
    /// filled.wait_for_with(&mut held, Option::is_some);
    /// assert_eq!(held.take(), Some(3));
    /// ```
    #[doc(alias = "wait_while")]
    #[track_caller]
    pub fn wait_for_with(&self, held: &mut impl GuardOf<L>, ready: impl FnMut(&L::Value) -> bool)
    where
        L: Lockable,
    {
        self.wait_for_with_until(held, || Deadline::Never, caller(), ready);
    }

    /// As [`wait_for_with`](Self::wait_for_with), for at most `timeout` after `ready` was first asked. Returns the last answer.
    /// Python: `wait_for(predicate, timeout)`.
    ///
    /// # Panics
    /// As [`wait_for_with`](Self::wait_for_with).
    ///
    /// # Examples
    /// ```
    /// use sixfold::{Condition, Lock};
    /// use std::time::Duration;
    ///
    /// let jobs = Lock::with_value(Vec::<u32>::new());
    /// let added = Condition::with_lock(&jobs);
    /// assert!(!added.wait_for_with_timeout(&mut jobs.hold(), |jobs| !jobs.is_empty(), Duration::from_millis(1)));
    /// ```
    #[must_use = "false means that the time was up and it is not ready"]
    #[track_caller]
    pub fn wait_for_with_timeout(
        &self,
        held: &mut impl GuardOf<L>,
        ready: impl FnMut(&L::Value) -> bool,
        timeout: Duration,
    ) -> bool
    where
        L: Lockable,
    {
        self.wait_for_with_until(held, || Deadline::after(timeout), caller(), ready)
    }

    /// As [`wait_for_with`](Self::wait_for_with), until `deadline` at the latest. Returns the last answer.
    ///
    /// # Panics
    /// As [`wait_for_with`](Self::wait_for_with).
    ///
    /// # Examples
    /// ```
    /// use sixfold::{Condition, Lock};
    ///
    /// let count = Lock::with_value(3);
    /// let changed = Condition::with_lock(&count);
    /// assert!(changed.wait_for_with_deadline(&mut count.hold(), |count| *count == 3, std::time::Instant::now()));
    /// ```
    #[must_use = "false means that the time was up and it is not ready"]
    #[track_caller]
    pub fn wait_for_with_deadline(
        &self,
        held: &mut impl GuardOf<L>,
        ready: impl FnMut(&L::Value) -> bool,
        deadline: Instant,
    ) -> bool
    where
        L: Lockable,
    {
        self.wait_for_with_until(held, || Deadline::at(deadline), caller(), ready)
    }

    /// Waits until `take` takes something out of the guarded value, and returns that. Over a [`Lock`] only.
    ///
    /// It is called with the lock held, first and after every notify, until it returns `Some`.
    ///
    /// # Panics
    /// As [`wait_for_with`](Self::wait_for_with).
    ///
    /// # Examples
    /// A queue for at most two items, with one lock and two conditions:
    /// ```
    /// use sixfold::{Condition, Lock};
    /// use std::collections::VecDeque;
    ///
    /// let items = Lock::with_value(VecDeque::new());
    /// let (filled, emptied) = (Condition::with_lock(&items), Condition::with_lock(&items));
    /// std::thread::scope(|scope| {
    ///     scope.spawn(|| {
    ///         for item in 0..10 {
    ///             let mut held = items.hold();
    ///             emptied.wait_for_with(&mut held, |items| items.len() < 2);
    ///             held.push_back(item);
    ///             filled.notify_with(&held, 1);
    ///         }
    ///     });
    ///     for expected in 0..10 {
    ///         let mut held = items.hold();
    ///         let item = filled.wait_some_with(&mut held, VecDeque::pop_front);
    ///         emptied.notify_with(&held, 1);
    ///         assert_eq!(item, expected);
    ///     }
    /// });
    /// ```
    #[track_caller]
    pub fn wait_some_with<R>(&self, held: &mut impl GuardOf<L>, take: impl FnMut(&mut L::Value) -> Option<R>) -> R
    where
        L: Lockable<Target: Exclusive>,
    {
        self.wait_some_with_until(held, || Deadline::Never, caller(), take).expect("there is no time to be up")
    }

    /// As [`wait_some_with`](Self::wait_some_with), for at most `timeout` after `take` was first called. `None`: the
    /// time was up, and `take`, which is called once more then, found nothing.
    ///
    /// # Panics
    /// As [`wait_for_with`](Self::wait_for_with).
    ///
    /// # Examples
    /// ```
    /// use sixfold::{Condition, Lock};
    /// use std::time::Duration;
    ///
    /// let jobs = Lock::with_value(vec![1]);
    /// let added = Condition::with_lock(&jobs);
    /// let mut held = jobs.hold();
    /// assert_eq!(added.wait_some_with_timeout(&mut held, Vec::pop, Duration::from_millis(1)), Some(1));
    /// assert_eq!(added.wait_some_with_timeout(&mut held, Vec::pop, Duration::from_millis(1)), None);
    /// ```
    #[must_use = "what was taken out is lost if it is not used; `None` means that the time was up"]
    #[track_caller]
    pub fn wait_some_with_timeout<R>(
        &self,
        held: &mut impl GuardOf<L>,
        take: impl FnMut(&mut L::Value) -> Option<R>,
        timeout: Duration,
    ) -> Option<R>
    where
        L: Lockable<Target: Exclusive>,
    {
        self.wait_some_with_until(held, || Deadline::after(timeout), caller(), take)
    }

    /// As [`wait_some_with_timeout`](Self::wait_some_with_timeout), until `deadline` at the latest.
    ///
    /// # Panics
    /// As [`wait_for_with`](Self::wait_for_with).
    ///
    /// # Examples
    /// ```
    /// use sixfold::{Condition, Lock};
    ///
    /// let jobs = Lock::with_value(vec![1]);
    /// let added = Condition::with_lock(&jobs);
    /// assert_eq!(added.wait_some_with_deadline(&mut jobs.hold(), Vec::pop, std::time::Instant::now()), Some(1));
    /// ```
    #[must_use = "what was taken out is lost if it is not used; `None` means that the time was up"]
    #[track_caller]
    pub fn wait_some_with_deadline<R>(
        &self,
        held: &mut impl GuardOf<L>,
        take: impl FnMut(&mut L::Value) -> Option<R>,
        deadline: Instant,
    ) -> Option<R>
    where
        L: Lockable<Target: Exclusive>,
    {
        self.wait_some_with_until(held, || Deadline::at(deadline), caller(), take)
    }

    /// Selects up to `n` threads that wait on this condition, oldest first, with a guard of the lock. Returns how many. Python:
    /// `notify(n)`.
    ///
    /// # Panics
    /// As [`wait_with`](Self::wait_with).
    ///
    /// # Examples
    /// ```
    /// use sixfold::{Condition, Lock};
    ///
    /// let lock = Lock::with_value(0);
    /// let changed = Condition::with_lock(&lock);
    /// assert_eq!(changed.notify_with(&lock.hold(), 1), 0, "nobody waits");
    /// ```
    #[doc(alias = "notify_one")]
    #[track_caller]
    #[inline]
    pub fn notify_with(&self, held: &impl GuardOf<L>, n: usize) -> usize
    where
        L: Lockable,
    {
        self.check_guard(held);
        self.waiters.notify(self.lock.target().raw(), n)
    }

    /// Selects all threads that wait on this condition now, with a guard of the lock. Returns how many. Python: `notify_all()`.
    ///
    /// # Panics
    /// As [`wait_with`](Self::wait_with).
    ///
    /// # Examples
    /// ```
    /// use sixfold::{Condition, Lock};
    ///
    /// let lock = Lock::with_value(0);
    /// let changed = Condition::with_lock(&lock);
    /// assert_eq!(changed.notify_all_with(&lock.hold()), 0, "nobody waits");
    /// ```
    #[doc(alias("notifyAll", "broadcast"))]
    #[track_caller]
    #[inline]
    pub fn notify_all_with(&self, held: &impl GuardOf<L>) -> usize
    where
        L: Lockable,
    {
        self.notify_with(held, usize::MAX)
    }
}

const A_GUARD: &str = "the guard given to a Condition";

impl<L: Lockable> Condition<L> {
    /// That `held` holds this condition's lock.
    #[track_caller]
    #[inline]
    fn check_guard(&self, held: &impl GuardOf<L>) {
        if !core::ptr::eq(held.raw_lock(), self.lock.target().raw()) {
            of_another_lock();
        }
        expect_held(self.check_held(), A_GUARD);
    }

    #[track_caller]
    fn wait_with_until(&self, held: &mut impl GuardOf<L>, deadline: impl FnOnce() -> Deadline, place: Caller) -> bool {
        self.check_guard(held);
        // SAFETY: it is held. Nobody uses the value through this guard, which is borrowed mutably; of a `Lock` there is no
        // other, and the others of an `RLock` have shared references to a `Sync` value.
        unsafe { self.wait_until(deadline(), place) }
    }

    #[track_caller]
    fn wait_for_with_until(
        &self,
        held: &mut impl GuardOf<L>,
        deadline: impl FnOnce() -> Deadline,
        place: Caller,
        ready: impl FnMut(&L::Value) -> bool,
    ) -> bool {
        self.check_guard(held);
        // SAFETY: as in `wait_with_until`.
        unsafe { self.wait_for_until(deadline, place, A_GUARD, ready) }
    }

    #[track_caller]
    fn wait_some_with_until<R>(
        &self,
        held: &mut impl GuardOf<L>,
        deadline: impl FnOnce() -> Deadline,
        place: Caller,
        mut take: impl FnMut(&mut L::Value) -> Option<R>,
    ) -> Option<R>
    where
        L: Lockable<Target: Exclusive>,
    {
        self.check_guard(held);
        // SAFETY: as in `wait_with_until`. The guard is the only hold of its lock, so nobody else has a reference to the value;
        // `take` cannot keep the one that it gets.
        unsafe { self.wait_some_until(deadline, place, A_GUARD, |value| take(&mut *value)) }
    }
}

#[cold]
#[track_caller]
fn of_another_lock() -> ! {
    panic!(
        "this guard holds another lock than the condition is over: wait and notify with a guard of the condition's own lock"
    )
}
