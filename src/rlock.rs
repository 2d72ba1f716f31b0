//! The typed face of [`RawRLock`].
#![allow(unsafe_code)]

use crate::deadline::Deadline;
use crate::error::NotHeldError;
use crate::guard::shown_as_its_value;
use crate::raw::RawRLock;
use crate::shim::thread;
use core::cell::UnsafeCell;
use core::fmt;
use core::marker::PhantomData;
use core::mem::forget;
use core::ops::Deref;
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::ptr::NonNull;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A re-entrant lock: the thread that owns it may acquire it again, and lets others in after as many releases.
///
/// Python: [`threading.RLock`](https://docs.python.org/3/library/threading.html#rlock-objects).
///
/// Without a type argument it guards no value. `RLock<T>` guards a `T` and gives out `&T` only, since the same thread
/// may hold it twice; for changes put a `Cell` or `RefCell` inside, or, under a [`Condition`](crate::Condition), which needs
/// `T: Sync`, an atomic. Where nobody has to hold it twice, a [`Lock<T>`](crate::Lock) gives `&mut T`.
///
/// The owner is a thread, and it is never mistaken for another: a thread that ends while holding leaves the lock held
/// for good. A panic in a scoped section releases that level and poisons nothing.
///
/// # Examples
/// Public methods that lock and call each other:
/// ```
/// use sixfold::RLock;
/// use std::cell::Cell;
///
/// struct Account(RLock<Cell<i64>>);
///
/// impl Account {
///     fn deposit(&self, amount: i64) {
///         let balance = self.0.hold();
///         balance.set(balance.get() + amount);
///     }
///     fn withdraw(&self, amount: i64) -> bool {
///         let balance = self.0.hold();
///         let covered = balance.get() >= amount;
///         if covered {
///             self.deposit(-amount); // takes the lock again
///         }
///         covered
///     }
/// }
///
/// let account = Account(RLock::with_value(Cell::new(10)));
/// assert!(account.withdraw(7));
/// assert!(!account.withdraw(7));
/// ```
///
/// # Fairness
/// As [`Lock`](crate::Lock). The owner never waits for itself.
///
/// # Size
/// At most 16 bytes and the value.
#[doc(alias("ReentrantMutex", "ReentrantLock", "threading.RLock", "recursive mutex"))]
pub struct RLock<T: ?Sized = ()> {
    pub(crate) raw: RawRLock,
    pub(crate) value: UnsafeCell<T>,
}

#[cfg(not(loom))]
const _: () = assert!(size_of::<RLock>() <= 16);

// SAFETY: the value goes where the lock goes.
unsafe impl<T: ?Sized + Send> Send for RLock<T> {}
// SAFETY: only the owning thread reaches the value, so it is used by one thread at a time: `T: Send` is enough.
unsafe impl<T: ?Sized + Send> Sync for RLock<T> {}
impl<T: ?Sized> UnwindSafe for RLock<T> {}
impl<T: ?Sized> RefUnwindSafe for RLock<T> {}

/// A type that contains it is neither `Send` nor `Sync`, and the compiler's error shows this name as the reason.
pub trait AHoldStaysInItsThread: UnwindSafe + RefUnwindSafe + Unpin {}

/// Holds one level of an [`RLock`] until dropped.
///
/// It derefs to `&T` and stays in its thread. Its drop releases one level and never panics. Give it a name: see the
/// two traps at [`RLock::hold`].
///
/// # Examples
/// ```
/// let names = sixfold::RLock::with_value(vec!["Ada", "Grace"]);
/// let outer = names.hold();
/// let inner = names.hold();
/// drop(outer); // not in the order in which they were made: that is fine
/// assert_eq!(inner.len(), 2);
/// assert!(names.is_owned());
/// ```
#[clippy::has_significant_drop]
#[must_use = "the lock is released as soon as the guard is dropped: bind it with `let _held =`, not `let _ =`"]
pub struct RLockGuard<'a, T: ?Sized = ()> {
    lock: &'a RLock<T>,
    marker: PhantomData<dyn AHoldStaysInItsThread>,
}

impl<T: ?Sized> UnwindSafe for RLockGuard<'_, T> {}
impl<T: ?Sized> RefUnwindSafe for RLockGuard<'_, T> {}

impl RLock {
    /// A lock that nobody owns and that guards no value. Python: `RLock()`.
    ///
    /// # Examples
    /// ```
    /// static TREE: sixfold::RLock = sixfold::RLock::new();
    /// assert!(!TREE.locked());
    /// ```
    #[must_use]
    #[cfg_attr(loom, track_caller)]
    pub const fn new(/* to guard a value: `with_value` */) -> Self {
        Self::with_value(())
    }

    /// Takes the lock, or one more level of it. Python: `acquire()`.
    ///
    /// Waits only if another thread owns it.
    ///
    /// # Panics
    /// If this thread holds it 2^32 levels deep already; the lock stays as it was.
    ///
    /// # Examples
    /// ```
    /// let lock = sixfold::RLock::new();
    /// lock.acquire();
    /// lock.acquire();
    /// lock.release()?;
    /// assert!(lock.is_owned(), "one level is left");
    /// lock.release()?;
    /// assert!(!lock.locked());
    /// # Ok::<(), sixfold::NotHeldError>(())
    /// ```
    #[doc(alias = "lock")]
    #[track_caller]
    #[inline]
    pub fn acquire(&self) {
        self.raw.acquire();
    }

    /// Takes the lock, or one more level of it, if no other thread owns it. Python: `acquire(blocking=False)`.
    ///
    /// # Panics
    /// As [`acquire`](Self::acquire).
    ///
    /// # Examples
    /// ```
    /// let lock = sixfold::RLock::new();
    /// assert!(lock.try_acquire() && lock.try_acquire());
    /// ```
    #[doc(alias = "try_lock")]
    #[must_use = "false means that the lock was not acquired; for a scope, use `let _held = lock.try_hold()`"]
    #[track_caller]
    #[inline]
    pub fn try_acquire(&self) -> bool {
        self.raw.try_acquire()
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
    /// use std::time::Duration;
    ///
    /// let lock = sixfold::RLock::new();
    /// assert!(lock.acquire_timeout(Duration::from_secs(1)));
    /// assert!(lock.acquire_timeout(Duration::ZERO), "it is ours already");
    /// ```
    #[doc(alias = "try_lock_for")]
    #[must_use = "false means that the lock was not acquired; for a scope, use `let _held = lock.hold_timeout(…)`"]
    #[track_caller]
    #[inline]
    pub fn acquire_timeout(&self, timeout: Duration) -> bool {
        self.raw.acquire_until(|| Deadline::after(timeout))
    }

    /// Waits until `deadline` for the lock; one that has passed is one try. False: the time was up.
    /// Python has timeouts only.
    ///
    /// # Panics
    /// As [`acquire`](Self::acquire).
    ///
    /// # Examples
    /// ```
    /// use std::time::{Duration, Instant};
    ///
    /// let lock = sixfold::RLock::new();
    /// assert!(lock.acquire_deadline(Instant::now() + Duration::from_secs(1)));
    /// ```
    #[doc(alias = "try_lock_until")]
    #[must_use = "false means that the lock was not acquired; for a scope, use `let _held = lock.hold_deadline(…)`"]
    #[track_caller]
    #[inline]
    pub fn acquire_deadline(&self, deadline: Instant) -> bool {
        self.raw.acquire_until(|| Deadline::at(deadline))
    }

    /// Releases one level. Python: `release()`.
    ///
    /// # Errors
    /// [`NotHeldError`] unless the calling thread owns the lock; then nothing has changed.
    ///
    /// # Examples
    /// ```
    /// let lock = sixfold::RLock::new();
    /// lock.acquire();
    /// std::thread::scope(|scope| {
    ///     scope.spawn(|| assert!(lock.release().is_err(), "only the owner may release"));
    /// });
    /// assert!(lock.release().is_ok());
    /// ```
    #[doc(alias = "unlock")]
    #[inline]
    pub fn release(&self) -> Result<(), NotHeldError> {
        self.raw.release()
    }
}

impl<T> RLock<T> {
    /// A lock that nobody owns and that guards `value`.
    ///
    /// # Examples
    /// ```
    /// use sixfold::RLock;
    /// use std::cell::RefCell;
    ///
    /// static NAMES: RLock<RefCell<Vec<String>>> = RLock::with_value(RefCell::new(Vec::new()));
    /// NAMES.hold().borrow_mut().push("Guido".into());
    /// assert_eq!(NAMES.hold().borrow().len(), 1);
    /// ```
    #[doc(alias = "new")]
    #[must_use]
    #[cfg_attr(loom, track_caller)]
    pub const fn with_value(value: T) -> Self {
        Self { raw: RawRLock::new(), value: UnsafeCell::new(value) }
    }

    /// The value, without the lock.
    ///
    /// # Examples
    /// ```
    /// assert_eq!(sixfold::RLock::with_value(3).into_inner(), 3);
    /// ```
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized> RLock<T> {
    /// Takes the lock, or one more level of it, and holds it while the guard lives. Python: `with lock:`.
    ///
    /// # Panics
    /// As [`acquire`](RLock::acquire).
    ///
    /// # Examples
    /// ```
    /// let lock = sixfold::RLock::with_value(1);
    /// let outer = lock.hold();
    /// let inner = lock.hold();
    /// assert_eq!(*outer + *inner, 2);
    /// ```
    ///
    /// # Two traps
    /// Those of [`Lock::hold`](crate::Lock::hold): a guard given to `_` is dropped at once, and one made in the head
    /// of a `while let`, `if let`, `match` or `for` holds the lock in the body. There the same thread may take it again;
    /// the others wait.
    /// ```
    /// let lock = sixfold::RLock::with_value([1, 2]);
    /// let _ = lock.hold();
    /// assert!(!lock.locked());
    /// if let Some(_first) = lock.hold().first() {
    ///     assert!(lock.is_owned());
    /// }
    /// ```
    #[doc(alias("lock", "with", "__enter__"))]
    #[track_caller]
    #[inline]
    pub fn hold(&self) -> RLockGuard<'_, T> {
        self.raw.acquire();
        self.guard()
    }

    /// Holds the lock if no other thread owns it. Python: `acquire(blocking=False)`, and `release` in a `finally`.
    ///
    /// # Panics
    /// As [`acquire`](RLock::acquire).
    ///
    /// # Examples
    /// ```
    /// let lock = sixfold::RLock::new();
    /// let _held = lock.hold();
    /// std::thread::scope(|scope| {
    ///     scope.spawn(|| assert!(lock.try_hold().is_none()));
    /// });
    /// ```
    #[doc(alias = "try_lock")]
    #[must_use = "a guard that is not bound is dropped at once: write `let Some(_held) =` or `let _held =`, not `let _ =`"]
    #[track_caller]
    #[inline]
    pub fn try_hold(&self) -> Option<RLockGuard<'_, T>> {
        self.raw.try_acquire().then(|| self.guard())
    }

    /// Waits at most `timeout` for a hold. Zero is one try; too large to be added to now is for ever.
    /// Python: `acquire(timeout=seconds)`, and `release` in a `finally`.
    ///
    /// # Panics
    /// As [`acquire`](RLock::acquire).
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    ///
    /// let lock = sixfold::RLock::with_value("config");
    /// let held = lock.hold_timeout(Duration::from_secs(1)).expect("nobody holds it for that long");
    /// assert_eq!(*held, "config");
    /// ```
    #[doc(alias = "try_lock_for")]
    #[must_use = "a guard that is not bound is dropped at once: write `let Some(_held) =` or `let _held =`, not `let _ =`"]
    #[track_caller]
    #[inline]
    pub fn hold_timeout(&self, timeout: Duration) -> Option<RLockGuard<'_, T>> {
        self.raw.acquire_until(|| Deadline::after(timeout)).then(|| self.guard())
    }

    /// Waits until `deadline` for a hold; one that has passed is one try. Python has timeouts only.
    ///
    /// # Panics
    /// As [`acquire`](RLock::acquire).
    ///
    /// # Examples
    /// ```
    /// use std::time::Instant;
    ///
    /// let lock = sixfold::RLock::new();
    /// assert!(lock.hold_deadline(Instant::now()).is_some(), "one try, and it is free");
    /// ```
    #[doc(alias = "try_lock_until")]
    #[must_use = "a guard that is not bound is dropped at once: write `let Some(_held) =` or `let _held =`, not `let _ =`"]
    #[track_caller]
    #[inline]
    pub fn hold_deadline(&self, deadline: Instant) -> Option<RLockGuard<'_, T>> {
        self.raw.acquire_until(|| Deadline::at(deadline)).then(|| self.guard())
    }

    /// As [`hold`](Self::hold), with a guard that shares in the lock instead of borrowing it.
    ///
    /// The `Arc` is cloned once the lock is acquired, and dropped after it is released.
    ///
    /// # Panics
    /// As [`acquire`](RLock::acquire).
    ///
    /// # Examples
    /// ```
    /// let names = std::sync::Arc::new(sixfold::RLock::with_value(vec!["Ada"]));
    /// let outer = names.hold_arc();
    /// let inner = names.hold();
    /// assert_eq!((outer.len(), inner.len()), (1, 1));
    /// ```
    #[doc(alias = "lock_arc")]
    #[track_caller]
    pub fn hold_arc(self: &Arc<Self>) -> ArcRLockGuard<T> {
        self.raw.acquire();
        ArcRLockGuard::of(self)
    }

    /// As [`try_hold`](Self::try_hold), with a guard that shares in the lock.
    ///
    /// # Panics
    /// As [`acquire`](RLock::acquire).
    ///
    /// # Examples
    /// ```
    /// let lock = std::sync::Arc::new(sixfold::RLock::with_value(1));
    /// assert!(lock.try_hold_arc().is_some());
    /// ```
    #[doc(alias = "try_lock_arc")]
    #[must_use = "a guard that is not bound is dropped at once: write `let Some(_held) =` or `let _held =`, not `let _ =`"]
    #[track_caller]
    pub fn try_hold_arc(self: &Arc<Self>) -> Option<ArcRLockGuard<T>> {
        self.raw.acquire_until(|| Deadline::Passed).then(|| ArcRLockGuard::of(self))
    }

    /// As [`hold_timeout`](Self::hold_timeout), with a guard that shares in the lock.
    ///
    /// # Panics
    /// As [`acquire`](RLock::acquire).
    ///
    /// # Examples
    /// ```
    /// let lock = std::sync::Arc::new(sixfold::RLock::with_value(1));
    /// assert!(lock.hold_arc_timeout(std::time::Duration::from_secs(1)).is_some());
    /// ```
    #[doc(alias = "try_lock_arc_for")]
    #[must_use = "a guard that is not bound is dropped at once: write `let Some(_held) =` or `let _held =`, not `let _ =`"]
    #[track_caller]
    pub fn hold_arc_timeout(self: &Arc<Self>, timeout: Duration) -> Option<ArcRLockGuard<T>> {
        self.raw.acquire_until(|| Deadline::after(timeout)).then(|| ArcRLockGuard::of(self))
    }

    /// As [`hold_deadline`](Self::hold_deadline), with a guard that shares in the lock.
    ///
    /// # Panics
    /// As [`acquire`](RLock::acquire).
    ///
    /// # Examples
    /// ```
    /// let lock = std::sync::Arc::new(sixfold::RLock::new());
    /// assert!(lock.hold_arc_deadline(std::time::Instant::now()).is_some(), "one try, and it is free");
    /// ```
    #[doc(alias = "try_lock_arc_until")]
    #[must_use = "a guard that is not bound is dropped at once: write `let Some(_held) =` or `let _held =`, not `let _ =`"]
    #[track_caller]
    pub fn hold_arc_deadline(self: &Arc<Self>, deadline: Instant) -> Option<ArcRLockGuard<T>> {
        self.raw.acquire_until(|| Deadline::at(deadline)).then(|| ArcRLockGuard::of(self))
    }

    /// Whether any thread holds the lock: a snapshot that may be stale at once. Python: `locked()`, 3.14.
    ///
    /// # Examples
    /// ```
    /// let lock = sixfold::RLock::new();
    /// std::thread::scope(|scope| {
    ///     scope.spawn(|| lock.acquire()); // ends while it holds the lock
    /// });
    /// assert!(lock.locked() && !lock.is_owned());
    /// ```
    #[doc(alias = "is_locked")]
    #[must_use]
    #[inline]
    pub fn locked(&self) -> bool {
        self.raw.locked()
    }

    /// Whether the calling thread owns the lock.
    ///
    /// # Examples
    /// ```
    /// let lock = sixfold::RLock::new();
    /// let _held = lock.hold();
    /// assert!(lock.is_owned());
    /// ```
    #[doc(alias("is_owned_by_current_thread", "_is_owned"))]
    #[must_use]
    #[inline]
    pub fn is_owned(&self) -> bool {
        self.raw.is_owned()
    }

    /// The value; `&mut self` proves that nobody else has it.
    ///
    /// # Examples
    /// ```
    /// let mut lock = sixfold::RLock::with_value(1);
    /// *lock.get_mut() += 1;
    /// assert_eq!(lock.into_inner(), 2);
    /// ```
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }

    /// Just acquired.
    #[inline]
    #[cfg_attr(loom, track_caller)]
    fn guard(&self) -> RLockGuard<'_, T> {
        self.check_value();
        RLockGuard { lock: self, marker: PhantomData }
    }

    /// In a model, panics if another execution has used the value before.
    #[inline]
    #[cfg_attr(loom, track_caller)]
    pub(crate) fn check_value(&self) {
        #[cfg(all(loom, not(sixfold_checked)))]
        if size_of_val(&self.value) > 0 {
            self.raw.raw().guards_a_value();
        }
    }
}

impl<T: Default> Default for RLock<T> {
    fn default() -> Self {
        Self::with_value(T::default())
    }
}

impl<T> From<T> for RLock<T> {
    fn from(value: T) -> Self {
        Self::with_value(value)
    }
}

/// Shows the value if the caller owns the lock, or if it is free, and holds it meanwhile; else `<locked>`. It never waits. A value of
/// size zero is not shown, and the lock is not acquired then. Under loom no value is shown, since to acquire would be a step of the
/// model.
impl<T: ?Sized + fmt::Debug> fmt::Debug for RLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (owner, depth) = self.raw.owner().unzip();
        let mut shown = f.debug_struct("RLock");
        shown.field("locked", &self.locked()).field("owner", &owner).field("depth", &depth.unwrap_or(0));
        if cfg!(loom) || size_of_val(&self.value) == 0 {
            return shown.finish_non_exhaustive();
        }
        // A level of its own, also if this thread owns the lock: the value's `Debug` may drop the guard that it is owned by.
        match self.try_hold() {
            Some(value) => shown.field("value", &&*value).finish(),
            None => shown.field("value", &format_args!("<locked>")).finish(),
        }
    }
}

impl<T: ?Sized> Deref for RLockGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the guard was made by an acquire of this thread and does not leave it. Only for `T = ()`, which has
        // nothing to race for, can the thread release the lock under it. All others get `&T` too, in this thread; and
        // where a condition lets another thread in meanwhile, `T` is `Sync` (see `Lockable`).
        unsafe { &*self.lock.value.get() }
    }
}

impl<T: ?Sized> Drop for RLockGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // An error means that this thread has released by hand before: there is nothing left to give back.
        thread::in_drop(|| _ = self.lock.raw.release());
    }
}

impl<'a, T: ?Sized> RLockGuard<'a, T> {
    #[inline]
    pub(crate) fn lock(guard: &Self) -> &'a RLock<T> {
        guard.lock
    }

    /// Keeps the lock held, with a guard of a part of the value.
    ///
    /// The new guard derefs to the part that `part` chooses, and releases this level when it is dropped. It cannot wait on a
    /// condition. It is an associated function, `RLockGuard::map(guard, …)`, so that it hides no method of the value.
    ///
    /// # Panics
    /// If `part` does. This level is released then.
    ///
    /// # Examples
    /// ```
    /// use sixfold::{MappedRLockGuard, RLock, RLockGuard};
    ///
    /// let list = RLock::with_value(vec![1, 2]);
    /// let last: MappedRLockGuard<'_, i32> = RLockGuard::map(list.hold(), |list| &list[1]);
    /// assert_eq!((*last, list.is_owned()), (2, true));
    /// ```
    pub fn map<U: ?Sized>(guard: Self, part: impl FnOnce(&T) -> &U) -> MappedRLockGuard<'a, U> {
        let value = NonNull::from(part(&guard));
        let raw = &guard.lock.raw;
        forget(guard);
        MappedRLockGuard { raw, value, marker: PhantomData }
    }

    /// As [`map`](Self::map), if there is such a part; else the guard comes back as it was.
    ///
    /// # Panics
    /// As [`map`](Self::map).
    ///
    /// # Examples
    /// ```
    /// use sixfold::{RLock, RLockGuard};
    ///
    /// let list = RLock::with_value(vec![1, 2]);
    /// assert!(RLockGuard::filter_map(list.hold(), |list| list.get(1)).is_ok());
    /// assert!(RLockGuard::filter_map(list.hold(), |list| list.get(9)).is_err());
    /// ```
    #[doc(alias = "try_map")]
    pub fn filter_map<U: ?Sized>(
        guard: Self,
        part: impl FnOnce(&T) -> Option<&U>,
    ) -> Result<MappedRLockGuard<'a, U>, Self> {
        let Some(value) = part(&guard).map(NonNull::from) else { return Err(guard) };
        let raw = &guard.lock.raw;
        forget(guard);
        Ok(MappedRLockGuard { raw, value, marker: PhantomData })
    }
}

/// Holds one level of an [`RLock`] and a share in the lock itself, until dropped.
///
/// It derefs to `&T`, borrows nothing, and stays in its thread. Its drop releases one level, never panics, and then drops the `Arc`.
///
/// # Examples
/// ```
/// use sixfold::RLock;
/// use std::sync::Arc;
///
/// let names = Arc::new(RLock::with_value(vec!["Ada"]));
/// let held = names.hold_arc();
/// drop(names); // the guard keeps its lock
/// assert_eq!(held.len(), 1);
/// ```
/// It does not leave its thread, as no hold of an `RLock` does:
/// ```compile_fail,E0277
/// let held = std::sync::Arc::new(sixfold::RLock::new()).hold_arc();
/// std::thread::spawn(move || drop(held));
/// ```
#[doc(alias = "ArcReentrantMutexGuard")]
#[clippy::has_significant_drop]
#[must_use = "the lock is released as soon as the guard is dropped: bind it with `let _held =`, not `let _ =`"]
pub struct ArcRLockGuard<T: ?Sized = ()> {
    lock: Arc<RLock<T>>,
    marker: PhantomData<dyn AHoldStaysInItsThread>,
}

impl<T: ?Sized> UnwindSafe for ArcRLockGuard<T> {}
impl<T: ?Sized> RefUnwindSafe for ArcRLockGuard<T> {}

impl<T: ?Sized> ArcRLockGuard<T> {
    /// Of a lock that has just been acquired.
    #[cfg_attr(loom, track_caller)]
    fn of(lock: &Arc<RLock<T>>) -> Self {
        lock.check_value();
        Self { lock: lock.clone(), marker: PhantomData }
    }

    /// The lock.
    ///
    /// # Examples
    /// ```
    /// use sixfold::{ArcRLockGuard, RLock};
    /// use std::sync::Arc;
    ///
    /// let lock = Arc::new(RLock::with_value(1));
    /// assert!(Arc::ptr_eq(ArcRLockGuard::as_lock(&lock.hold_arc()), &lock));
    /// ```
    #[must_use]
    pub fn as_lock(guard: &Self) -> &Arc<RLock<T>> {
        &guard.lock
    }
}

impl<T: ?Sized> Deref for ArcRLockGuard<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: as for `RLockGuard`.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T: ?Sized> Drop for ArcRLockGuard<T> {
    #[inline]
    fn drop(&mut self) {
        // As for `RLockGuard`.
        thread::in_drop(|| _ = self.lock.raw.release());
    }
}

/// Holds one level of an [`RLock`] and derefs to a part of its value, until dropped. Made by [`RLockGuard::map`].
///
/// # Examples
/// A cell of a struct, handed out alone:
/// ```
/// use sixfold::{MappedRLockGuard, RLock, RLockGuard};
/// use std::cell::Cell;
///
/// struct Account {
///     owner: String,
///     balance: Cell<i64>,
/// }
///
/// fn balance(account: &RLock<Account>) -> MappedRLockGuard<'_, Cell<i64>> {
///     RLockGuard::map(account.hold(), |account| &account.balance)
/// }
///
/// let account = RLock::with_value(Account { owner: "Ada".into(), balance: Cell::new(3) });
/// balance(&account).set(5);
/// assert_eq!((account.hold().balance.get(), account.hold().owner.as_str()), (5, "Ada"));
/// ```
/// Another thread could change the cell at the same time, so the guard does not leave its thread:
/// ```compile_fail,E0277
/// use sixfold::{RLock, RLockGuard};
/// use std::cell::Cell;
///
/// let lock = RLock::with_value((Cell::new(0), 1));
/// let part = RLockGuard::map(lock.hold(), |pair| &pair.0);
/// std::thread::scope(|scope| {
///     scope.spawn(move || part.set(1));
/// });
/// ```
#[doc(alias = "MappedReentrantMutexGuard")]
#[clippy::has_significant_drop]
#[must_use = "the lock is released as soon as the guard is dropped: bind it with `let _held =`, not `let _ =`"]
pub struct MappedRLockGuard<'a, U: ?Sized> {
    raw: &'a RawRLock,
    /// A pointer, since a reference would promise until the end of the drop that nobody changes the value.
    value: NonNull<U>,
    marker: PhantomData<(&'a U, PhantomData<dyn AHoldStaysInItsThread>)>,
}

impl<U: ?Sized> UnwindSafe for MappedRLockGuard<'_, U> {}
impl<U: ?Sized> RefUnwindSafe for MappedRLockGuard<'_, U> {}

impl<'a, U: ?Sized> MappedRLockGuard<'a, U> {
    /// Keeps the lock held, with a guard of a part of this part: see [`RLockGuard::map`].
    ///
    /// # Panics
    /// As [`RLockGuard::map`].
    ///
    /// # Examples
    /// ```
    /// use sixfold::{MappedRLockGuard, RLock, RLockGuard};
    ///
    /// let lock = RLock::with_value((1, String::from("abc")));
    /// let name = RLockGuard::map(lock.hold(), |pair| &pair.1);
    /// assert_eq!(&*MappedRLockGuard::map(name, String::as_str), "abc");
    /// ```
    pub fn map<V: ?Sized>(guard: Self, part: impl FnOnce(&U) -> &V) -> MappedRLockGuard<'a, V> {
        let value = NonNull::from(part(&guard));
        let raw = guard.raw;
        forget(guard);
        MappedRLockGuard { raw, value, marker: PhantomData }
    }

    /// As [`map`](Self::map), if there is such a part; else the guard comes back as it was.
    ///
    /// # Panics
    /// As [`RLockGuard::map`].
    ///
    /// # Examples
    /// ```
    /// use sixfold::{MappedRLockGuard, RLock, RLockGuard};
    ///
    /// let lock = RLock::with_value((1, vec![1, 2]));
    /// let list = RLockGuard::map(lock.hold(), |pair| &pair.1);
    /// assert!(MappedRLockGuard::filter_map(list, |list| list.get(9)).is_err());
    /// ```
    #[doc(alias = "try_map")]
    pub fn filter_map<V: ?Sized>(
        guard: Self,
        part: impl FnOnce(&U) -> Option<&V>,
    ) -> Result<MappedRLockGuard<'a, V>, Self> {
        let Some(value) = part(&guard).map(NonNull::from) else { return Err(guard) };
        let raw = guard.raw;
        forget(guard);
        Ok(MappedRLockGuard { raw, value, marker: PhantomData })
    }
}

impl<U: ?Sized> Deref for MappedRLockGuard<'_, U> {
    type Target = U;

    #[inline]
    fn deref(&self) -> &U {
        // SAFETY: it points into the value of a lock of which this guard holds a level, as an `RLockGuard` does, and lives as long.
        // What was made of a `&T` is as good in several threads as the `T` is.
        unsafe { self.value.as_ref() }
    }
}

impl<U: ?Sized> Drop for MappedRLockGuard<'_, U> {
    #[inline]
    fn drop(&mut self) {
        // As for `RLockGuard`.
        thread::in_drop(|| _ = self.raw.release());
    }
}

shown_as_its_value! {
    [T: ?Sized] RLockGuard<'_, T>: T;
    [T: ?Sized] ArcRLockGuard<T>: T;
    [U: ?Sized] MappedRLockGuard<'_, U>: U;
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::panic::catch_unwind;

    #[test]
    fn a_recursion_deeper_than_the_counter_panics_and_leaves_the_lock_as_it_was() {
        let lock = RLock::new();
        lock.acquire();
        lock.raw.set_levels(u32::MAX);
        assert!(catch_unwind(|| lock.acquire()).is_err());
        assert!(catch_unwind(|| lock.try_hold().is_some()).is_err());
        assert!(format!("{lock:?}").contains("depth: 4294967296"));
        assert!(lock.release().is_ok());
        lock.acquire();
        lock.raw.set_levels(0);
        assert!(lock.release().is_ok());
        assert!(!lock.locked());
    }
}
