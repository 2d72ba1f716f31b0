//! The face of `Permits` with a bound.

use crate::error::OverReleaseError;
use crate::many_permits::BoundedSemaphoreGuard;
use crate::semaphore::Semaphore;
use core::fmt;
use std::time::{Duration, Instant};

/// A [`Semaphore`] that never has more permits than at the start, and reports a release too many.
///
/// Python: [`threading.BoundedSemaphore`](https://docs.python.org/3/library/threading.html#threading.BoundedSemaphore).
///
/// For what there is a fixed number of: a release that exceeds the bound is a mistake in the program, and it is reported
/// where it is made.
///
/// # Examples
/// ```
/// use sixfold::BoundedSemaphore;
///
/// let files = BoundedSemaphore::new(2);
/// {
///     let _open = files.hold();
///     assert_eq!((files.value(), files.bound()), (1, 2));
/// }
/// assert!(files.release().is_err(), "nobody has acquired it");
/// assert_eq!(files.value(), 2);
/// ```
///
/// # Fairness
/// As [`Semaphore`].
#[doc(alias("threading.BoundedSemaphore", "Semaphore"))]
pub struct BoundedSemaphore {
    pub(crate) inner: Semaphore,
    bound: usize,
}

#[cfg(not(loom))]
const _: () = assert!(size_of::<BoundedSemaphore>() <= 16);

impl BoundedSemaphore {
    /// The most permits that a semaphore can have, see [`Semaphore::MAX_VALUE`].
    ///
    /// # Examples
    /// ```
    /// use sixfold::BoundedSemaphore;
    ///
    /// assert_eq!(BoundedSemaphore::new(BoundedSemaphore::MAX_VALUE).bound(), BoundedSemaphore::MAX_VALUE);
    /// ```
    pub const MAX_VALUE: usize = Semaphore::MAX_VALUE;

    /// A semaphore with `value` permits, and never more. Python: `BoundedSemaphore(value)`; its default of 1 is
    /// [`default()`](Self::default).
    ///
    /// # Panics
    /// If `value` is more than [`MAX_VALUE`](Self::MAX_VALUE).
    ///
    /// # Examples
    /// ```
    /// static WORKERS: sixfold::BoundedSemaphore = sixfold::BoundedSemaphore::new(4);
    /// assert_eq!(WORKERS.bound(), 4);
    /// ```
    #[must_use]
    #[track_caller]
    pub const fn new(value: usize) -> Self {
        Self { inner: Semaphore::new(value), bound: value }
    }

    /// Waits for a permit and takes it. Python: `acquire()`.
    ///
    /// # Examples
    /// ```
    /// let permits = sixfold::BoundedSemaphore::new(1);
    /// permits.acquire();
    /// assert_eq!(permits.value(), 0);
    /// ```
    #[inline]
    #[cfg_attr(loom, track_caller)]
    pub fn acquire(&self) {
        self.inner.acquire();
    }

    /// Takes a permit if there is one. Python: `acquire(blocking=False)`.
    ///
    /// # Examples
    /// ```
    /// let permits = sixfold::BoundedSemaphore::new(1);
    /// assert!(permits.try_acquire());
    /// assert!(!permits.try_acquire());
    /// ```
    #[must_use = "false means that no permit was taken; for a scope, use `let _held = semaphore.try_hold()`"]
    #[inline]
    #[cfg_attr(loom, track_caller)]
    pub fn try_acquire(&self) -> bool {
        self.inner.try_acquire()
    }

    /// Waits at most `timeout` for a permit. Python: `acquire(timeout=seconds)`.
    ///
    /// False: the time was up. Zero is one try; a timeout too large to be added to now is for ever.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    ///
    /// let permits = sixfold::BoundedSemaphore::new(1);
    /// assert!(permits.acquire_timeout(Duration::from_secs(1)));
    /// assert!(!permits.acquire_timeout(Duration::from_millis(1)));
    /// ```
    #[must_use = "false means that no permit was taken; for a scope, use `let _held = semaphore.hold_timeout(…)`"]
    #[inline]
    #[cfg_attr(loom, track_caller)]
    pub fn acquire_timeout(&self, timeout: Duration) -> bool {
        self.inner.acquire_timeout(timeout)
    }

    /// Waits until `deadline` for a permit; one that has passed is one try. False: the time was up.
    /// Python has timeouts only.
    ///
    /// # Examples
    /// ```
    /// let permits = sixfold::BoundedSemaphore::new(1);
    /// assert!(permits.acquire_deadline(std::time::Instant::now()), "one try, and there is one");
    /// ```
    #[must_use = "false means that no permit was taken; for a scope, use `let _held = semaphore.hold_deadline(…)`"]
    #[inline]
    #[cfg_attr(loom, track_caller)]
    pub fn acquire_deadline(&self, deadline: Instant) -> bool {
        self.inner.acquire_deadline(deadline)
    }

    /// Gives back a permit. Python: `release()`.
    ///
    /// # Errors
    /// [`OverReleaseError`] if all permits are there already; then nothing has changed.
    ///
    /// # Examples
    /// ```
    /// let permits = sixfold::BoundedSemaphore::new(1);
    /// permits.acquire();
    /// assert!(permits.release().is_ok());
    /// assert!(permits.release().is_err());
    /// ```
    #[inline]
    pub fn release(&self) -> Result<(), OverReleaseError> {
        self.release_many(1)
    }

    /// Gives back `n` permits in one step, or none. Python: `release(n)`.
    ///
    /// With `n` = 0 it does nothing.
    ///
    /// # Errors
    /// [`OverReleaseError`] if that would make more than [`bound`](Self::bound); then nothing has changed and nobody is
    /// woken.
    ///
    /// # Examples
    /// ```
    /// let permits = sixfold::BoundedSemaphore::new(2);
    /// permits.acquire();
    /// assert!(permits.release_many(2).is_err(), "there is room for one");
    /// assert_eq!(permits.value(), 1);
    /// ```
    #[inline]
    pub fn release_many(&self, n: usize) -> Result<(), OverReleaseError> {
        self.inner.permits.release(n as u64, self.bound as u64).map_err(|_| OverReleaseError {})
    }

    /// Waits for a permit and holds it while the guard lives. Python: `with semaphore:`.
    ///
    /// # Examples
    /// ```
    /// let permits = sixfold::BoundedSemaphore::new(1);
    /// {
    ///     let _held = permits.hold();
    ///     assert_eq!(permits.value(), 0);
    /// }
    /// assert_eq!(permits.value(), 1);
    /// ```
    #[doc(alias("access", "with", "__enter__"))]
    #[inline]
    #[cfg_attr(loom, track_caller)]
    pub fn hold(&self) -> BoundedSemaphoreGuard<'_> {
        self.acquire();
        BoundedSemaphoreGuard::of(self, 1)
    }

    /// Holds a permit if there is one. Python: `acquire(blocking=False)`, and `release` in a `finally`.
    ///
    /// # Examples
    /// ```
    /// let permits = sixfold::BoundedSemaphore::new(1);
    /// let Some(_held) = permits.try_hold() else { panic!("there is one") };
    /// assert!(permits.try_hold().is_none());
    /// ```
    #[must_use = "a guard that is not bound is dropped at once: write `let Some(_held) =` or `let _held =`, not `let _ =`"]
    #[inline]
    #[cfg_attr(loom, track_caller)]
    pub fn try_hold(&self) -> Option<BoundedSemaphoreGuard<'_>> {
        self.try_acquire().then(|| BoundedSemaphoreGuard::of(self, 1))
    }

    /// Waits at most `timeout` to hold a permit. Zero is one try; too large to be added to now is for ever.
    /// Python: `acquire(timeout=seconds)`, and `release` in a `finally`.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    ///
    /// let permits = sixfold::BoundedSemaphore::new(1);
    /// assert!(permits.hold_timeout(Duration::from_secs(1)).is_some());
    /// ```
    #[must_use = "a guard that is not bound is dropped at once: write `let Some(_held) =` or `let _held =`, not `let _ =`"]
    #[inline]
    #[cfg_attr(loom, track_caller)]
    pub fn hold_timeout(&self, timeout: Duration) -> Option<BoundedSemaphoreGuard<'_>> {
        self.acquire_timeout(timeout).then(|| BoundedSemaphoreGuard::of(self, 1))
    }

    /// Waits until `deadline` to hold a permit; one that has passed is one try. Python has timeouts only.
    ///
    /// # Examples
    /// ```
    /// let permits = sixfold::BoundedSemaphore::new(0);
    /// assert!(permits.hold_deadline(std::time::Instant::now()).is_none(), "one try, and there is none");
    /// ```
    #[must_use = "a guard that is not bound is dropped at once: write `let Some(_held) =` or `let _held =`, not `let _ =`"]
    #[inline]
    #[cfg_attr(loom, track_caller)]
    pub fn hold_deadline(&self, deadline: Instant) -> Option<BoundedSemaphoreGuard<'_>> {
        self.acquire_deadline(deadline).then(|| BoundedSemaphoreGuard::of(self, 1))
    }

    /// How many permits are free: a snapshot that may be stale at once. (Python shows it in `repr` only.)
    ///
    /// # Examples
    /// ```
    /// assert_eq!(sixfold::BoundedSemaphore::new(3).value(), 3);
    /// ```
    #[doc(alias = "available_permits")]
    #[must_use]
    #[inline]
    pub fn value(&self) -> usize {
        self.inner.value()
    }

    /// How many permits there are in all, free or taken.
    ///
    /// # Examples
    /// ```
    /// let permits = sixfold::BoundedSemaphore::new(3);
    /// permits.acquire();
    /// assert_eq!(permits.bound(), 3);
    /// ```
    #[doc(alias = "initial_value")]
    #[must_use]
    #[inline]
    pub fn bound(&self) -> usize {
        self.bound
    }
}

/// One permit, as in Python.
impl Default for BoundedSemaphore {
    fn default() -> Self {
        Self::new(1)
    }
}

impl fmt::Debug for BoundedSemaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoundedSemaphore").field("value", &self.value()).field("bound", &self.bound).finish()
    }
}
