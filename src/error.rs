//! The three errors. Each message says what went wrong and what to do about it.

use std::error::Error;
use std::fmt;

/// Released, waited on or notified without holding the lock (Python: `RuntimeError`).
///
/// Returned by the by-hand calls of [`Lock`](crate::Lock), [`RLock`](crate::RLock) and
/// [`Condition`](crate::Condition). Nothing has changed when it is returned.
///
/// # Examples
/// ```
/// use sixfold::Lock;
///
/// let lock = Lock::new();
/// let error = lock.release().unwrap_err();
/// assert!(error.to_string().contains("acquire"));
/// assert!(lock.try_acquire(), "the lock works as before");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotHeldError {}

/// Released a [`BoundedSemaphore`](crate::BoundedSemaphore) more often than it was acquired (Python: `ValueError`).
///
/// Nothing has changed when it is returned: no permit was added and nobody was woken.
///
/// # Examples
/// ```
/// use sixfold::BoundedSemaphore;
///
/// let slots = BoundedSemaphore::new(2);
/// assert!(slots.release().is_err());
/// assert_eq!(slots.value(), 2);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct OverReleaseError {}

/// The [`Barrier`](crate::Barrier) is broken, or was reset while this party waited (Python: `BrokenBarrierError`).
///
/// A barrier breaks when a party runs out of time, when somebody calls `abort`, or when the action panics. It
/// stays broken until `reset`.
///
/// # Examples
/// ```
/// use sixfold::Barrier;
/// use std::time::Duration;
///
/// let barrier = Barrier::new(2);
/// assert!(barrier.wait_timeout(Duration::ZERO).is_err(), "the other party did not come");
/// assert!(barrier.wait().is_err(), "and now it is broken for everybody");
/// barrier.reset();
/// assert!(!barrier.broken());
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct BrokenBarrierError {}

impl fmt::Display for NotHeldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the lock is not held, or was released already: call acquire or hold before release, wait or notify (an RLock counts only the thread that acquired it)")
    }
}

impl fmt::Display for OverReleaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("released more permits than were acquired: call release once for each successful acquire, or use a Semaphore, which has no bound")
    }
}

impl fmt::Display for BrokenBarrierError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the barrier is broken: a party timed out, aborted or reset it, or its action panicked; call reset once all parties have left")
    }
}

/// With the message: `unwrap`, and a `main` that returns an error, show no more than this.
macro_rules! debug_with_message {
    ($($error:ident)*) => {$(
        impl fmt::Debug for $error {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($error))
            }
        }
    )*};
}
debug_with_message!(NotHeldError OverReleaseError BrokenBarrierError);

impl Error for NotHeldError {}
impl Error for OverReleaseError {}
impl Error for BrokenBarrierError {}
