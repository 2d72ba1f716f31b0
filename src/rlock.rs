//! The typed face of [`RawRLock`].
#![allow(unsafe_code)]

use crate::deadline::Deadline;
use crate::error::NotHeldError;
use crate::raw::RawRLock;
use crate::shim::thread;
use core::cell::UnsafeCell;
use core::fmt;
use core::marker::PhantomData;
use core::ops::Deref;
use core::panic::{RefUnwindSafe, UnwindSafe};
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

/// In a type, it makes that neither `Send` nor `Sync`, and by its name the compiler says why: a hold is its thread's.
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

impl<T: ?Sized> fmt::Debug for RLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (owner, depth) = self.raw.owner().unzip();
        f.debug_struct("RLock")
            .field("locked", &self.locked())
            .field("owner", &owner)
            .field("depth", &depth.unwrap_or(0))
            .finish_non_exhaustive()
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

impl<T: ?Sized + fmt::Debug> fmt::Debug for RLockGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for RLockGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
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
