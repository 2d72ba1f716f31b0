//! The typed face of [`RawLock`].
#![allow(unsafe_code)]

use crate::deadline::Deadline;
use crate::error::NotHeldError;
use crate::guard::{expect_held, shown_as_its_value};
use crate::raw::RawLock;
use crate::shim::caller::{Caller, caller};
use crate::shim::thread;
use core::cell::UnsafeCell;
use core::fmt;
use core::marker::PhantomData;
use core::mem::forget;
use core::ops::{Deref, DerefMut};
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::ptr::NonNull;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A lock: one thread at a time gets past [`acquire`](Self::acquire) or [`hold`](Self::hold).
///
/// Python: [`threading.Lock`](https://docs.python.org/3/library/threading.html#lock-objects).
///
/// Without a type argument it guards no value and has both ways of use: by hand, where any thread may release, and
/// scoped. `Lock<T>` guards a `T`, which only the guard of a scoped hold gives access to.
///
/// It is not re-entrant: a thread that acquires it twice waits for itself, unless another thread releases it. See
/// [`RLock`](crate::RLock) for one that is. A panic in a scoped section releases the lock and poisons nothing.
///
/// # Examples
/// By hand, where another thread releases than the one that acquired:
/// ```
/// use sixfold::Lock;
///
/// static PRINTER: Lock = Lock::new();
///
/// PRINTER.acquire();
/// // ... the job goes to another thread, which gives the printer back when it is done:
/// std::thread::spawn(|| PRINTER.release().expect("acquired above")).join().unwrap();
/// assert!(!PRINTER.locked());
/// ```
/// Scoped, with a value:
/// ```
/// use sixfold::Lock;
///
/// let words = Lock::with_value(Vec::new());
/// std::thread::scope(|scope| {
///     for word in ["to", "be"] {
///         let words = &words;
///         scope.spawn(move || words.hold().push(word));
///     }
/// });
/// let mut words = words.into_inner();
/// words.sort();
/// assert_eq!(words, ["be", "to"]);
/// ```
///
/// # Fairness
/// A newcomer may take a free lock before threads that sleep. A sleeper that is woken competes with it. If it loses and
/// has waited for half a millisecond, it starves: from then on every release hands the lock to the first of those that
/// starve. A sleeper that nobody wakes starves after ten milliseconds. Once a thread starves, only those that starved
/// before it pass it, so at most all other waiters once each (`docs/printed/explored.md`). A woken thread that does not
/// run keeps nobody else asleep for more than ten milliseconds: the others look again.
///
/// Before it sleeps, a thread looks eight times, within some 2 µs of its own, and yields its core before three of these
/// looks. One that was woken for this turn looks five times and does not yield. Of the threads that starve at most two
/// at a time stay awake, for some 20 µs and 64 yields at most, and for less where that has not paid.
///
/// # Size
/// Two bytes and the value; on one cache line with its value, if that is small.
#[doc(alias("Mutex", "threading.Lock", "ReentrantMutex", "CriticalSection", "binary semaphore"))]
pub struct Lock<T: ?Sized = ()> {
    pub(crate) raw: RawLock,
    pub(crate) value: UnsafeCell<T>,
}

#[cfg(not(loom))]
const _: () = assert!(size_of::<Lock>() <= 2);

// SAFETY: the value goes where the lock goes.
unsafe impl<T: ?Sized + Send> Send for Lock<T> {}
// SAFETY: the value is reached through a hold, by one thread at a time, which may move it out: `T: Send` is enough.
unsafe impl<T: ?Sized + Send> Sync for Lock<T> {}
impl<T: ?Sized> UnwindSafe for Lock<T> {}
impl<T: ?Sized> RefUnwindSafe for Lock<T> {}

/// Holds a [`Lock`] until dropped.
///
/// It derefs to the guarded value. Its drop releases the lock and never panics. Give it a name: see the
/// two traps at [`Lock::hold`].
///
/// # Examples
/// ```
/// use sixfold::{Lock, LockGuard};
///
/// fn next(mut count: LockGuard<'_, u32>) -> u32 {
///     *count += 1;
///     *count // and the lock is released
/// }
///
/// let count = Lock::with_value(0);
/// assert_eq!((next(count.hold()), next(count.hold())), (1, 2));
/// ```
#[clippy::has_significant_drop]
#[must_use = "the lock is released as soon as the guard is dropped: bind it with `let _held =`, not `let _ =`"]
pub struct LockGuard<'a, T: ?Sized = ()> {
    lock: &'a Lock<T>,
    /// A guard is shared as `&T` is and sent as `&mut T` is.
    marker: PhantomData<&'a mut T>,
}

impl<T: ?Sized> UnwindSafe for LockGuard<'_, T> {}
impl<T: ?Sized> RefUnwindSafe for LockGuard<'_, T> {}

// SAFETY: a shared guard gives `&T` and nothing more.
unsafe impl<T: ?Sized + Sync> Sync for LockGuard<'_, T> {}

impl Lock {
    /// A lock that is free and guards no value. Python: `Lock()`.
    ///
    /// # Examples
    /// ```
    /// static LOG: sixfold::Lock = sixfold::Lock::new();
    /// assert!(!LOG.locked());
    /// ```
    #[must_use]
    #[cfg_attr(loom, track_caller)]
    pub const fn new(/* to guard a value: `with_value` */) -> Self {
        Self::with_value(())
    }

    /// Waits until the lock is free and takes it. Python: `acquire()`.
    ///
    /// A statement: it stays acquired until somebody calls [`release`](Self::release).
    ///
    /// # Examples
    /// ```
    /// let lock = sixfold::Lock::new();
    /// lock.acquire();
    /// assert!(lock.locked());
    /// # lock.release()?;
    /// # Ok::<(), sixfold::NotHeldError>(())
    /// ```
    #[doc(alias = "lock")]
    #[inline]
    #[cfg_attr(loom, track_caller)]
    pub fn acquire(&self) {
        self.raw.acquire();
    }

    /// Takes the lock if it is free. Python: `acquire(blocking=False)`.
    ///
    /// # Examples
    /// ```
    /// let lock = sixfold::Lock::new();
    /// assert!(lock.try_acquire());
    /// assert!(!lock.try_acquire(), "it is not re-entrant");
    /// ```
    #[doc(alias = "try_lock")]
    #[must_use = "false means that the lock was not acquired; for a scope, use `let _held = lock.try_hold()`"]
    #[inline]
    #[cfg_attr(loom, track_caller)]
    pub fn try_acquire(&self) -> bool {
        self.raw.try_acquire()
    }

    /// Waits at most `timeout` for the lock. Python: `acquire(timeout=seconds)`.
    ///
    /// False: the time was up. Zero is one try; a timeout too large to be added to now is for ever.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    ///
    /// let lock = sixfold::Lock::new();
    /// assert!(lock.acquire_timeout(Duration::from_secs(1)));
    /// assert!(!lock.acquire_timeout(Duration::from_millis(1)));
    /// ```
    #[doc(alias = "try_lock_for")]
    #[must_use = "false means that the lock was not acquired; for a scope, use `let _held = lock.hold_timeout(…)`"]
    #[inline]
    #[cfg_attr(loom, track_caller)]
    pub fn acquire_timeout(&self, timeout: Duration) -> bool {
        self.raw.acquire_until(|| Deadline::after(timeout))
    }

    /// Waits until `deadline` for the lock; one that has passed is one try. False: the time was up.
    /// Python has timeouts only.
    ///
    /// # Examples
    /// ```
    /// use std::time::{Duration, Instant};
    ///
    /// // One deadline for both locks together.
    /// let deadline = Instant::now() + Duration::from_secs(1);
    /// let (from, to) = (sixfold::Lock::new(), sixfold::Lock::new());
    /// assert!(from.acquire_deadline(deadline) && to.acquire_deadline(deadline));
    /// ```
    #[doc(alias = "try_lock_until")]
    #[must_use = "false means that the lock was not acquired; for a scope, use `let _held = lock.hold_deadline(…)`"]
    #[inline]
    #[cfg_attr(loom, track_caller)]
    pub fn acquire_deadline(&self, deadline: Instant) -> bool {
        self.raw.acquire_until(|| Deadline::at(deadline))
    }

    /// Releases the lock, whichever thread acquired it. Python: `release()`.
    ///
    /// # Errors
    /// [`NotHeldError`] if nobody holds it; then nothing has changed.
    ///
    /// # Examples
    /// ```
    /// let lock = sixfold::Lock::new();
    /// lock.acquire();
    /// assert!(lock.release().is_ok());
    /// assert!(lock.release().is_err());
    /// ```
    #[doc(alias("unlock", "force_unlock"))]
    #[inline]
    pub fn release(&self) -> Result<(), NotHeldError> {
        self.raw.release()
    }
}

impl<T> Lock<T> {
    /// A lock that is free and guards `value`.
    ///
    /// # Examples
    /// ```
    /// use sixfold::Lock;
    ///
    /// static TOTALS: Lock<Vec<u64>> = Lock::with_value(Vec::new());
    /// TOTALS.hold().push(3);
    /// assert_eq!(*TOTALS.hold(), [3]);
    /// ```
    #[doc(alias = "new")]
    #[must_use]
    #[cfg_attr(loom, track_caller)]
    pub const fn with_value(value: T) -> Self {
        Self { raw: RawLock::new(), value: UnsafeCell::new(value) }
    }

    /// The value, without the lock.
    ///
    /// # Examples
    /// ```
    /// assert_eq!(sixfold::Lock::with_value(3).into_inner(), 3);
    /// ```
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized> Lock<T> {
    /// Waits until the lock is free and holds it while the guard lives. Python: `with lock:`.
    ///
    /// # Examples
    /// ```
    /// let count = sixfold::Lock::with_value(0);
    /// {
    ///     let mut held = count.hold();
    ///     *held += 1;
    /// }
    /// assert!(!count.locked());
    /// ```
    ///
    /// # Two traps
    /// `_` is not a name. What it is given is dropped at once, and no compiler warns of that unasked:
    /// ```
    /// let lock = sixfold::Lock::new();
    /// let _ = lock.hold();
    /// assert!(!lock.locked(), "it was held for the one statement");
    /// let _held = lock.hold();
    /// assert!(lock.locked());
    /// ```
    /// The lints named `let_underscore_lock`, one of rustc's and one of clippy's, know std's guards and not these.
    /// Those that see it are rustc's `let_underscore_drop` and clippy's `let_underscore_must_use`; both are off until
    /// you turn them on: `#![warn(let_underscore_drop, clippy::let_underscore_must_use)]`. A statement that is
    /// `lock.hold();` alone gets a warning as it is.
    ///
    /// A guard without a name lives to the end of its statement. If that is a `while let`, `if let`, `match` or `for`, and
    /// the guard is made in its head, then the lock is held in the body too, where another `hold` would wait for ever:
    /// ```
    /// let jobs = sixfold::Lock::with_value(vec![1, 2]);
    /// while let Some(_job) = jobs.hold().pop() {
    ///     assert!(jobs.locked(), "nobody else gets a job until this one is done");
    /// }
    /// # jobs.hold().extend([1, 2]);
    /// loop {
    ///     let Some(_job) = jobs.hold().pop() else { break };
    ///     assert!(!jobs.locked());
    /// }
    /// ```
    /// Clippy's `significant_drop_in_scrutinee`, off until you turn it on, sees these. It is so in all editions, but for the
    /// `else` of an `if let`: since edition 2024 the guard is dropped before it, and up to 2021 it was held there too.
    /// ```
    /// let jobs = sixfold::Lock::with_value(Vec::<u32>::new());
    /// if let Some(_job) = jobs.hold().pop() {
    ///     unreachable!("there is none");
    /// } else {
    ///     assert!(!jobs.locked());
    /// }
    /// ```
    /// ```edition2021
    /// # let jobs = sixfold::Lock::with_value(Vec::<u32>::new());
    /// if let Some(_job) = jobs.hold().pop() {
    ///     unreachable!("there is none");
    /// } else {
    ///     assert!(jobs.locked(), "in edition 2021");
    /// }
    /// # ;
    /// ```
    #[doc(alias("lock", "with", "__enter__"))]
    #[inline]
    #[cfg_attr(loom, track_caller)]
    pub fn hold(&self) -> LockGuard<'_, T> {
        self.raw.acquire();
        self.guard()
    }

    /// Holds the lock if it is free. Python: `acquire(blocking=False)`, and `release` in a `finally`.
    ///
    /// # Examples
    /// ```
    /// let lock = sixfold::Lock::with_value(1);
    /// let held = lock.try_hold().expect("nobody else is here");
    /// assert!(lock.try_hold().is_none());
    /// assert_eq!(*held, 1);
    /// ```
    #[doc(alias = "try_lock")]
    #[must_use = "a guard that is not bound is dropped at once: write `let Some(_held) =` or `let _held =`, not `let _ =`"]
    #[inline]
    #[cfg_attr(loom, track_caller)]
    pub fn try_hold(&self) -> Option<LockGuard<'_, T>> {
        self.raw.try_acquire().then(|| self.guard())
    }

    /// Waits at most `timeout` for a hold. Zero is one try; too large to be added to now is for ever.
    /// Python: `acquire(timeout=seconds)`, and `release` in a `finally`.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    ///
    /// let lock = sixfold::Lock::with_value("state");
    /// let Some(held) = lock.hold_timeout(Duration::from_secs(1)) else { panic!("still busy") };
    /// assert_eq!(*held, "state");
    /// ```
    #[doc(alias = "try_lock_for")]
    #[must_use = "a guard that is not bound is dropped at once: write `let Some(_held) =` or `let _held =`, not `let _ =`"]
    #[inline]
    #[cfg_attr(loom, track_caller)]
    pub fn hold_timeout(&self, timeout: Duration) -> Option<LockGuard<'_, T>> {
        self.raw.acquire_until(|| Deadline::after(timeout)).then(|| self.guard())
    }

    /// Waits until `deadline` for a hold; one that has passed is one try. Python has timeouts only.
    ///
    /// # Examples
    /// ```
    /// use std::time::Instant;
    ///
    /// let lock = sixfold::Lock::new();
    /// assert!(lock.hold_deadline(Instant::now()).is_some(), "one try, and it is free");
    /// ```
    #[doc(alias = "try_lock_until")]
    #[must_use = "a guard that is not bound is dropped at once: write `let Some(_held) =` or `let _held =`, not `let _ =`"]
    #[inline]
    #[cfg_attr(loom, track_caller)]
    pub fn hold_deadline(&self, deadline: Instant) -> Option<LockGuard<'_, T>> {
        self.raw.acquire_until(|| Deadline::at(deadline)).then(|| self.guard())
    }

    /// As [`hold`](Self::hold), with a guard that shares in the lock instead of borrowing it.
    ///
    /// The `Arc` is cloned once the lock is acquired, and dropped after it is released.
    ///
    /// # Examples
    /// A guard that leaves the function in which its lock was looked up:
    /// ```
    /// use sixfold::{ArcLockGuard, Lock};
    /// use std::collections::HashMap;
    /// use std::sync::Arc;
    ///
    /// type Accounts = Lock<HashMap<String, Arc<Lock<i64>>>>;
    ///
    /// fn open(accounts: &Accounts, name: &str) -> ArcLockGuard<i64> {
    ///     let account = accounts.hold().entry(name.to_owned()).or_default().clone();
    ///     account.hold_arc()
    /// }
    ///
    /// let accounts = Accounts::default();
    /// *open(&accounts, "Ada") += 3;
    /// assert_eq!(*open(&accounts, "Ada"), 3);
    /// ```
    #[doc(alias = "lock_arc")]
    #[cfg_attr(loom, track_caller)]
    pub fn hold_arc(self: &Arc<Self>) -> ArcLockGuard<T> {
        self.raw.acquire();
        ArcLockGuard::of(self)
    }

    /// As [`try_hold`](Self::try_hold), with a guard that shares in the lock.
    ///
    /// # Examples
    /// ```
    /// let lock = std::sync::Arc::new(sixfold::Lock::with_value(1));
    /// let held = lock.try_hold_arc().expect("nobody else is here");
    /// assert!(lock.try_hold_arc().is_none());
    /// assert_eq!(*held, 1);
    /// ```
    #[doc(alias = "try_lock_arc")]
    #[must_use = "a guard that is not bound is dropped at once: write `let Some(_held) =` or `let _held =`, not `let _ =`"]
    #[cfg_attr(loom, track_caller)]
    pub fn try_hold_arc(self: &Arc<Self>) -> Option<ArcLockGuard<T>> {
        self.raw.try_acquire().then(|| ArcLockGuard::of(self))
    }

    /// As [`hold_timeout`](Self::hold_timeout), with a guard that shares in the lock.
    ///
    /// # Examples
    /// ```
    /// let lock = std::sync::Arc::new(sixfold::Lock::with_value(1));
    /// assert!(lock.hold_arc_timeout(std::time::Duration::from_secs(1)).is_some());
    /// ```
    #[doc(alias = "try_lock_arc_for")]
    #[must_use = "a guard that is not bound is dropped at once: write `let Some(_held) =` or `let _held =`, not `let _ =`"]
    #[cfg_attr(loom, track_caller)]
    pub fn hold_arc_timeout(self: &Arc<Self>, timeout: Duration) -> Option<ArcLockGuard<T>> {
        self.raw.acquire_until(|| Deadline::after(timeout)).then(|| ArcLockGuard::of(self))
    }

    /// As [`hold_deadline`](Self::hold_deadline), with a guard that shares in the lock.
    ///
    /// # Examples
    /// ```
    /// let lock = std::sync::Arc::new(sixfold::Lock::new());
    /// assert!(lock.hold_arc_deadline(std::time::Instant::now()).is_some(), "one try, and it is free");
    /// ```
    #[doc(alias = "try_lock_arc_until")]
    #[must_use = "a guard that is not bound is dropped at once: write `let Some(_held) =` or `let _held =`, not `let _ =`"]
    #[cfg_attr(loom, track_caller)]
    pub fn hold_arc_deadline(self: &Arc<Self>, deadline: Instant) -> Option<ArcLockGuard<T>> {
        self.raw.acquire_until(|| Deadline::at(deadline)).then(|| ArcLockGuard::of(self))
    }

    /// Releases the lock, runs `f`, and acquires the lock again, for as long as that takes, also if `f` panics.
    ///
    /// # Safety
    /// The caller has a hold, and nobody uses a reference to the value while this runs.
    unsafe fn unlocked<R>(&self, f: impl FnOnce() -> R, who: &str, place: Caller) -> R {
        struct Reacquire<'a>(&'a RawLock, Caller);
        impl Drop for Reacquire<'_> {
            fn drop(&mut self) {
                thread::in_drop(|| self.0.reacquire(false, self.1));
            }
        }

        expect_held(self.raw.release(), who);
        let _reacquire = Reacquire(&self.raw, place);
        f()
    }

    /// Whether any thread holds the lock: a snapshot that may be stale at once. Python: `locked()`.
    ///
    /// # Examples
    /// ```
    /// let lock = sixfold::Lock::new();
    /// let held = lock.hold();
    /// assert!(lock.locked());
    /// drop(held);
    /// assert!(!lock.locked());
    /// ```
    #[doc(alias = "is_locked")]
    #[must_use]
    #[inline]
    pub fn locked(&self) -> bool {
        self.raw.locked()
    }

    /// The value; `&mut self` proves that nobody else has it.
    ///
    /// # Examples
    /// ```
    /// let mut lock = sixfold::Lock::with_value(1);
    /// *lock.get_mut() += 1;
    /// assert_eq!(lock.into_inner(), 2);
    /// ```
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }

    /// Just acquired.
    #[inline]
    #[cfg_attr(loom, track_caller)]
    pub(crate) fn guard(&self) -> LockGuard<'_, T> {
        self.check_value();
        LockGuard { lock: self, marker: PhantomData }
    }

    /// In a model, panics if another execution has used the value before.
    #[inline]
    #[cfg_attr(loom, track_caller)]
    pub(crate) fn check_value(&self) {
        #[cfg(all(loom, not(sixfold_checked)))]
        if size_of_val(&self.value) > 0 {
            self.raw.guards_a_value();
        }
    }
}

impl<T: Default> Default for Lock<T> {
    fn default() -> Self {
        Self::with_value(T::default())
    }
}

impl<T> From<T> for Lock<T> {
    fn from(value: T) -> Self {
        Self::with_value(value)
    }
}

/// Shows the value if the lock is free, and holds it meanwhile; if it is not free, `<locked>`. It never waits. A value of size zero
/// is not shown, and the lock is not acquired then. Under loom no value is shown, since to acquire would be a step of the model.
impl<T: ?Sized + fmt::Debug> fmt::Debug for Lock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Lock");
        if cfg!(loom) || size_of_val(&self.value) == 0 {
            return shown.field("locked", &self.locked()).finish_non_exhaustive();
        }
        match self.try_hold() {
            Some(value) => shown.field("locked", &false).field("value", &&*value).finish(),
            None => shown.field("locked", &true).field("value", &format_args!("<locked>")).finish(),
        }
    }
}

impl<T: ?Sized> Deref for LockGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the guard was made by an acquire. Only for `T = ()`, which has nothing to race for, can somebody
        // release the lock under it; else it is held, and the value is this guard's alone.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T: ?Sized> DerefMut for LockGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as in `deref`, and the guard itself is borrowed mutably.
        unsafe { &mut *self.lock.value.get() }
    }
}

impl<T: ?Sized> Drop for LockGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // An error means that somebody has released by hand before us: there is nothing left to give back.
        thread::in_drop(|| _ = self.lock.raw.release());
    }
}

impl<'a, T: ?Sized> LockGuard<'a, T> {
    #[inline]
    pub(crate) fn lock(guard: &Self) -> &'a Lock<T> {
        guard.lock
    }

    /// Keeps the lock held, with a guard of a part of the value.
    ///
    /// The new guard derefs to the part that `part` chooses, and releases the lock when it is dropped. It can neither wait on a
    /// condition nor be unlocked meanwhile: another thread could move or drop what it points to.
    ///
    /// It is an associated function, `LockGuard::map(guard, …)`, so that it hides no method of the value.
    ///
    /// # Panics
    /// If `part` does. The lock is released then.
    ///
    /// # Examples
    /// A field of a struct, handed out without the rest:
    /// ```
    /// use sixfold::{Lock, LockGuard, MappedLockGuard};
    ///
    /// struct Server {
    ///     name: String,
    ///     requests: u64,
    /// }
    ///
    /// struct Shared(Lock<Server>);
    ///
    /// impl Shared {
    ///     fn requests(&self) -> MappedLockGuard<'_, u64> {
    ///         LockGuard::map(self.0.hold(), |server| &mut server.requests)
    ///     }
    /// }
    ///
    /// let shared = Shared(Lock::with_value(Server { name: "a".into(), requests: 0 }));
    /// *shared.requests() += 1;
    /// assert_eq!(*shared.requests(), 1);
    /// # assert_eq!(shared.0.hold().name, "a");
    /// ```
    pub fn map<U: ?Sized>(mut guard: Self, part: impl FnOnce(&mut T) -> &mut U) -> MappedLockGuard<'a, U> {
        let value = NonNull::from(part(&mut guard));
        let raw = &guard.lock.raw;
        forget(guard);
        MappedLockGuard { raw, value, marker: PhantomData }
    }

    /// As [`map`](Self::map), if there is such a part; else the guard comes back as it was.
    ///
    /// # Panics
    /// As [`map`](Self::map).
    ///
    /// # Examples
    /// ```
    /// use sixfold::{Lock, LockGuard};
    ///
    /// let list = Lock::with_value(vec![1, 2, 3]);
    /// if let Ok(mut second) = LockGuard::filter_map(list.hold(), |list| list.get_mut(1)) {
    ///     *second *= 10;
    /// }
    /// let Err(whole) = LockGuard::filter_map(list.hold(), |list| list.get_mut(9)) else { panic!("there are three") };
    /// assert_eq!(*whole, [1, 20, 3]);
    /// ```
    #[doc(alias = "try_map")]
    pub fn filter_map<U: ?Sized>(
        mut guard: Self,
        part: impl FnOnce(&mut T) -> Option<&mut U>,
    ) -> Result<MappedLockGuard<'a, U>, Self> {
        let Some(value) = part(&mut guard).map(NonNull::from) else { return Err(guard) };
        let raw = &guard.lock.raw;
        forget(guard);
        Ok(MappedLockGuard { raw, value, marker: PhantomData })
    }

    /// Runs `f` without the lock: releases it before, and acquires it again afterwards, also if `f` panics. To acquire it again has no
    /// time limit, and meanwhile others may have changed the value.
    ///
    /// # Panics
    /// If `f` does, and if a by-hand `release` has pulled the hold from under this guard; then `f` does not run.
    ///
    /// # Examples
    /// ```
    /// use sixfold::{Lock, LockGuard};
    ///
    /// let config = Lock::with_value(1);
    /// let mut held = config.hold();
    /// let read = LockGuard::unlocked(&mut held, || {
    ///     assert!(!config.locked(), "others can use it during the slow part");
    ///     7
    /// });
    /// *held += read;
    /// assert_eq!(*held, 8);
    /// ```
    #[track_caller]
    pub fn unlocked<R>(guard: &mut Self, f: impl FnOnce() -> R) -> R {
        // SAFETY: its hold; and it is borrowed mutably, so nobody has a reference to the value.
        unsafe { guard.lock.unlocked(f, "a LockGuard", caller()) }
    }
}

/// Holds a [`Lock`] and a share in the lock itself, until dropped.
///
/// It borrows nothing, so it can be returned from where its lock was looked up, and kept in a struct. It derefs to the guarded value.
/// Its drop releases the lock, never panics, and then drops the `Arc`.
///
/// # Examples
/// ```
/// use sixfold::Lock;
/// use std::sync::Arc;
///
/// let held = Arc::new(Lock::with_value(vec![1])).hold_arc(); // all that is left of its lock
/// let sum = std::thread::spawn(move || held.iter().sum::<i32>());
/// assert_eq!(sum.join().expect("it does not panic"), 1);
/// ```
/// It is `Send` only if its value is, since it may drop the value:
/// ```compile_fail,E0277
/// use sixfold::Lock;
/// use std::rc::Rc;
/// use std::sync::Arc;
///
/// let held = Arc::new(Lock::with_value(Rc::new(1))).hold_arc();
/// std::thread::spawn(move || drop(held));
/// ```
#[doc(alias = "ArcMutexGuard")]
#[clippy::has_significant_drop]
#[must_use = "the lock is released as soon as the guard is dropped: bind it with `let _held =`, not `let _ =`"]
pub struct ArcLockGuard<T: ?Sized = ()> {
    lock: Arc<Lock<T>>,
    /// A shared guard gives `&T`, and its `Arc`, which may be the last that drops the `T`.
    marker: PhantomData<T>,
}

impl<T: ?Sized> UnwindSafe for ArcLockGuard<T> {}
impl<T: ?Sized> RefUnwindSafe for ArcLockGuard<T> {}

impl<T: ?Sized> ArcLockGuard<T> {
    /// Of a lock that has just been acquired.
    #[cfg_attr(loom, track_caller)]
    fn of(lock: &Arc<Lock<T>>) -> Self {
        lock.check_value();
        Self { lock: lock.clone(), marker: PhantomData }
    }

    /// The lock.
    ///
    /// # Examples
    /// ```
    /// use sixfold::{ArcLockGuard, Lock};
    /// use std::sync::Arc;
    ///
    /// let lock = Arc::new(Lock::with_value(1));
    /// assert!(Arc::ptr_eq(ArcLockGuard::as_lock(&lock.hold_arc()), &lock));
    /// ```
    #[doc(alias("mutex", "source"))]
    #[must_use]
    pub fn as_lock(guard: &Self) -> &Arc<Lock<T>> {
        &guard.lock
    }

    /// Runs `f` without the lock, as [`LockGuard::unlocked`].
    ///
    /// # Panics
    /// As [`LockGuard::unlocked`].
    ///
    /// # Examples
    /// ```
    /// use sixfold::{ArcLockGuard, Lock};
    /// use std::sync::Arc;
    ///
    /// let lock = Arc::new(Lock::with_value(1));
    /// let mut held = lock.hold_arc();
    /// assert!(ArcLockGuard::unlocked(&mut held, || lock.try_hold().is_some()));
    /// assert!(lock.locked());
    /// ```
    #[track_caller]
    pub fn unlocked<R>(guard: &mut Self, f: impl FnOnce() -> R) -> R {
        // SAFETY: as in `LockGuard::unlocked`.
        unsafe { guard.lock.unlocked(f, "an ArcLockGuard", caller()) }
    }
}

impl<T: ?Sized> Deref for ArcLockGuard<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: as for `LockGuard`.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T: ?Sized> DerefMut for ArcLockGuard<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as for `LockGuard`.
        unsafe { &mut *self.lock.value.get() }
    }
}

impl<T: ?Sized> Drop for ArcLockGuard<T> {
    #[inline]
    fn drop(&mut self) {
        // As for `LockGuard`.
        thread::in_drop(|| _ = self.lock.raw.release());
    }
}

/// Holds a [`Lock`] and derefs to a part of its value, until dropped. Made by [`LockGuard::map`].
///
/// # Examples
/// ```
/// use sixfold::{Lock, LockGuard, MappedLockGuard};
///
/// let pair = Lock::with_value((1, String::from("a")));
/// let mut name: MappedLockGuard<'_, String> = LockGuard::map(pair.hold(), |pair| &mut pair.1);
/// name.push('b');
/// drop(name);
/// assert_eq!(pair.into_inner(), (1, "ab".into()));
/// ```
#[doc(alias = "MappedMutexGuard")]
#[clippy::has_significant_drop]
#[must_use = "the lock is released as soon as the guard is dropped: bind it with `let _held =`, not `let _ =`"]
pub struct MappedLockGuard<'a, U: ?Sized> {
    raw: &'a RawLock,
    /// A pointer, since a reference would promise until the end of the drop that nobody else uses the value.
    value: NonNull<U>,
    /// It is a `&mut U`, and so invariant in `U`.
    marker: PhantomData<&'a mut U>,
}

// SAFETY: it gives what `&mut U` gives. Any thread may release the lock.
unsafe impl<U: ?Sized + Send> Send for MappedLockGuard<'_, U> {}
// SAFETY: a shared guard gives `&U` and nothing more.
unsafe impl<U: ?Sized + Sync> Sync for MappedLockGuard<'_, U> {}
impl<U: ?Sized> UnwindSafe for MappedLockGuard<'_, U> {}
impl<U: ?Sized> RefUnwindSafe for MappedLockGuard<'_, U> {}

impl<'a, U: ?Sized> MappedLockGuard<'a, U> {
    /// Keeps the lock held, with a guard of a part of this part: see [`LockGuard::map`].
    ///
    /// # Panics
    /// As [`LockGuard::map`].
    ///
    /// # Examples
    /// ```
    /// use sixfold::{Lock, LockGuard, MappedLockGuard};
    ///
    /// let lock = Lock::with_value((1, String::from("abc")));
    /// let name = LockGuard::map(lock.hold(), |pair| &mut pair.1);
    /// let text: MappedLockGuard<'_, str> = MappedLockGuard::map(name, String::as_mut_str);
    /// assert_eq!(&*text, "abc");
    /// ```
    pub fn map<V: ?Sized>(mut guard: Self, part: impl FnOnce(&mut U) -> &mut V) -> MappedLockGuard<'a, V> {
        let value = NonNull::from(part(&mut guard));
        let raw = guard.raw;
        forget(guard);
        MappedLockGuard { raw, value, marker: PhantomData }
    }

    /// As [`map`](Self::map), if there is such a part; else the guard comes back as it was.
    ///
    /// # Panics
    /// As [`LockGuard::map`].
    ///
    /// # Examples
    /// ```
    /// use sixfold::{Lock, LockGuard, MappedLockGuard};
    ///
    /// let lock = Lock::with_value((1, vec![1, 2]));
    /// let list = LockGuard::map(lock.hold(), |pair| &mut pair.1);
    /// let list = MappedLockGuard::filter_map(list, |list| list.get_mut(9)).map(drop).expect_err("there are two");
    /// assert_eq!(*list, [1, 2]);
    /// ```
    #[doc(alias = "try_map")]
    pub fn filter_map<V: ?Sized>(
        mut guard: Self,
        part: impl FnOnce(&mut U) -> Option<&mut V>,
    ) -> Result<MappedLockGuard<'a, V>, Self> {
        let Some(value) = part(&mut guard).map(NonNull::from) else { return Err(guard) };
        let raw = guard.raw;
        forget(guard);
        Ok(MappedLockGuard { raw, value, marker: PhantomData })
    }
}

impl<U: ?Sized> Deref for MappedLockGuard<'_, U> {
    type Target = U;

    #[inline]
    fn deref(&self) -> &U {
        // SAFETY: it points into the value of a lock that this guard holds, as a `LockGuard` does, and lives as long.
        unsafe { self.value.as_ref() }
    }
}

impl<U: ?Sized> DerefMut for MappedLockGuard<'_, U> {
    #[inline]
    fn deref_mut(&mut self) -> &mut U {
        // SAFETY: as in `deref`, and it was made of a `&mut U` that nobody else has.
        unsafe { self.value.as_mut() }
    }
}

impl<U: ?Sized> Drop for MappedLockGuard<'_, U> {
    #[inline]
    fn drop(&mut self) {
        // As for `LockGuard`.
        thread::in_drop(|| _ = self.raw.release());
    }
}

shown_as_its_value! {
    [T: ?Sized] LockGuard<'_, T>: T;
    [T: ?Sized] ArcLockGuard<T>: T;
    [U: ?Sized] MappedLockGuard<'_, U>: U;
}
