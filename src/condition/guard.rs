//! A condition whose lock is held by a guard, which waits and notifies.

use super::lockable::sealed::{Exclusive, Hold};
use super::{Condition, Lockable};
use crate::deadline::Deadline;
use crate::guard::{expect_held, shown_as_its_value};
use crate::shim::caller::{Caller, caller};
use crate::shim::thread;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use core::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;
use std::time::{Duration, Instant};

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
    marker: PhantomData<<L::Target as Hold>::Mark>,
}

impl<L: Lockable> UnwindSafe for ConditionGuard<'_, L> {}
impl<L: Lockable> RefUnwindSafe for ConditionGuard<'_, L> {}

// SAFETY: a shared guard gives `&T`, which asks for what `Mark` has from the lock's own guard, and `notify`, which takes
// no hold and drops none.
unsafe impl<L: Lockable> Sync for ConditionGuard<'_, L> where <L::Target as Hold>::Mark: Sync {}

impl<'a, L: Lockable> ConditionGuard<'a, L> {
    /// Of a condition whose lock has just been taken.
    #[inline]
    pub(super) fn of(condition: &'a Condition<L>) -> Self {
        Self { condition, marker: PhantomData }
    }

    /// An associated function, so that it hides no method of the value.
    #[inline]
    pub(super) fn condition(guard: &Self) -> &'a Condition<L> {
        guard.condition
    }
}

const A_GUARD: &str = "a ConditionGuard";

impl<L: Lockable> ConditionGuard<'_, L> {
    /// Releases the lock, waits until notified, and acquires the lock again. Python: `wait()`.
    ///
    /// Over an [`RLock`](crate::RLock) it releases every level and acquires all of them again.
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
    /// False: the time was up, and no notify has selected this thread. Zero still releases the lock and acquires it
    /// again; how long taking it back lasts is not bounded.
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
    /// Returns the last answer of `ready`, which is asked once more after the time ran out. Zero: it is asked twice at
    /// most.
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
        self.condition.waiters.notify(self.condition.lock.target().raw(), n)
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
        expect_held(self.condition.check_held(), A_GUARD);
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
        ready: impl FnMut(&L::Value) -> bool,
    ) -> bool {
        // SAFETY: as in `wait_until`.
        unsafe { self.condition.wait_for_until(deadline, place, A_GUARD, ready) }
    }
}

impl<L: Lockable> Deref for ConditionGuard<'_, L> {
    type Target = L::Value;

    #[inline]
    fn deref(&self) -> &L::Value {
        // SAFETY: the guard was made by taking a hold, and it gives the value to share as the lock's own guard does.
        // Only of a lock without a value, which has nothing to race for, can the hold have been released under it.
        unsafe { &*self.condition.lock.target().value() }
    }
}

impl<L: Lockable<Target: Exclusive>> DerefMut for ConditionGuard<'_, L> {
    #[inline]
    fn deref_mut(&mut self) -> &mut L::Value {
        // SAFETY: as in `deref`; the lock is exclusive, and the guard is borrowed mutably.
        unsafe { &mut *self.condition.lock.target().value() }
    }
}

impl<L: Lockable> Drop for ConditionGuard<'_, L> {
    #[inline]
    fn drop(&mut self) {
        // An error means that the lock was released by hand before us: there is nothing left to give back.
        // SAFETY: the hold that the guard was made with, or a lock without a value.
        thread::in_drop(|| _ = unsafe { self.condition.lock.target().give_back() });
    }
}

/// Holds the lock of a [`Condition`] and a share in the condition itself, until dropped.
///
/// It derefs to the value as a [`ConditionGuard`] does, and has no methods: it waits and notifies through
/// [`Condition::wait_with`] and its like. Its drop releases the lock, never panics, and then drops the `Arc`.
///
/// # Examples
/// ```
/// use sixfold::Condition;
/// use std::sync::Arc;
///
/// let jobs = Arc::new(Condition::with_value(Vec::new()));
/// let mut held = jobs.hold_arc();
/// std::thread::spawn({
///     let jobs = jobs.clone();
///     move || {
///         let mut held = jobs.hold_arc();
///         held.push(7);
///         jobs.notify_with(&held, 1);
///     }
/// });
/// assert_eq!(jobs.wait_some_with(&mut held, Vec::pop), 7);
/// ```
#[clippy::has_significant_drop]
#[must_use = "the lock is released as soon as the guard is dropped: bind it with `let _held =`, not `let _ =`"]
pub struct ArcConditionGuard<L: Lockable> {
    condition: Arc<Condition<L>>,
    marker: PhantomData<<L::Target as Hold>::Mark>,
}

impl<L: Lockable> UnwindSafe for ArcConditionGuard<L> {}
impl<L: Lockable> RefUnwindSafe for ArcConditionGuard<L> {}

impl<L: Lockable> ArcConditionGuard<L> {
    /// Of a condition whose lock has just been taken.
    pub(super) fn of(condition: &Arc<Condition<L>>) -> Self {
        Self { condition: condition.clone(), marker: PhantomData }
    }

    /// The condition.
    ///
    /// # Examples
    /// ```
    /// use sixfold::{ArcConditionGuard, Condition};
    /// use std::sync::Arc;
    ///
    /// let jobs = Arc::new(Condition::with_value(vec![1]));
    /// assert!(Arc::ptr_eq(ArcConditionGuard::as_condition(&jobs.hold_arc()), &jobs));
    /// ```
    #[must_use]
    pub fn as_condition(guard: &Self) -> &Arc<Condition<L>> {
        &guard.condition
    }
}

impl<L: Lockable> Deref for ArcConditionGuard<L> {
    type Target = L::Value;

    #[inline]
    fn deref(&self) -> &L::Value {
        // SAFETY: as for `ConditionGuard`.
        unsafe { &*self.condition.lock.target().value() }
    }
}

impl<L: Lockable<Target: Exclusive>> DerefMut for ArcConditionGuard<L> {
    #[inline]
    fn deref_mut(&mut self) -> &mut L::Value {
        // SAFETY: as for `ConditionGuard`.
        unsafe { &mut *self.condition.lock.target().value() }
    }
}

impl<L: Lockable> Drop for ArcConditionGuard<L> {
    #[inline]
    fn drop(&mut self) {
        // As for `ConditionGuard`.
        // SAFETY: the hold that the guard was made with, or a lock without a value.
        thread::in_drop(|| _ = unsafe { self.condition.lock.target().give_back() });
    }
}

shown_as_its_value! {
    [L: Lockable] ConditionGuard<'_, L>: L::Value;
    [L: Lockable] ArcConditionGuard<L>: L::Value;
}
