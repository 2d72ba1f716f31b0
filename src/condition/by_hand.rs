//! A condition by hand: its lock's own calls, and waiting without a guard.

use super::lockable::sealed::Hold;
use super::{Condition, RawLockable, wait_for};
use crate::deadline::Deadline;
use crate::error::NotHeldError;
use crate::shim::caller::{Caller, caller};
use std::time::{Duration, Instant};

// Bounds sit on the methods, so that errors show `RawLockable`'s diagnostic.
impl<L> Condition<L> {
    /// Waits for the lock and takes it: the lock's own `acquire`. Python: `acquire()`.
    ///
    /// # Panics
    /// As [`RLock::acquire`](crate::RLock::acquire), over an `RLock`.
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
        // SAFETY: the lock guards no value; who releases it is for the user to say.
        unsafe { self.lock.target().take() };
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
        unsafe { self.lock.target().take_until(|| Deadline::Passed) }
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
        unsafe { self.lock.target().take_until(|| Deadline::after(timeout)) }
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
        unsafe { self.lock.target().take_until(|| Deadline::at(deadline)) }
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
        unsafe { self.lock.target().give_back() }
    }

    /// Releases the lock, waits until notified, and acquires the lock again. Python: `wait()`.
    ///
    /// Over an [`RLock`](crate::RLock) it releases every level and acquires all of them again.
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
    /// `Ok(false)`: the time was up, and no notify has selected this thread. Zero still releases the lock and acquires
    /// it again; how long taking it back lasts is not bounded.
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
    /// `Ok(false)`: the time was up. A deadline that has passed still releases the lock and acquires it again.
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
    /// Returns the last answer of `ready`, which is asked once more after the time ran out. Zero: it is asked twice at
    /// most.
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
