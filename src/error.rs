//! The three errors, and why a barrier broke. Each message says what went wrong and what to do about it.

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
/// A barrier breaks when a party runs out of time, when somebody calls `abort`, when the action panics, or when a panic
/// drops a [`BarrierParty`](crate::BarrierParty). It stays broken until `reset`. [`kind`](Self::kind) tells which it was.
///
/// # Examples
/// ```
/// use sixfold::{Barrier, BrokenBarrierKind};
/// use std::time::Duration;
///
/// let barrier = Barrier::new(2);
/// let error = barrier.wait_timeout(Duration::ZERO).expect_err("the other party did not come");
/// assert_eq!(error.kind(), BrokenBarrierKind::TimedOut);
/// assert!(barrier.wait().is_err(), "and now it is broken for everybody");
/// barrier.reset();
/// assert!(!barrier.broken());
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct BrokenBarrierError {
    kind: BrokenBarrierKind,
    was_broken: bool,
}

/// Why a wait at a [`Barrier`](crate::Barrier) failed: see [`BrokenBarrierError::kind`].
///
/// # Examples
/// ```
/// use sixfold::{Barrier, BrokenBarrierKind};
///
/// let barrier = Barrier::new(2);
/// barrier.abort();
/// match barrier.wait().map_err(|error| error.kind()) {
///     Err(BrokenBarrierKind::Aborted) => println!("somebody gave up, so do we"),
///     other => panic!("{other:?}"),
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BrokenBarrierKind {
    /// The time of this call was up, which broke the barrier.
    TimedOut,
    /// The time of another party was up.
    OtherTimedOut,
    /// Somebody called `abort`.
    Aborted,
    /// Somebody called `reset`, and the barrier is new again.
    Reset,
    /// The action panicked.
    ActionPanicked,
    /// A panic dropped the [`BarrierParty`](crate::BarrierParty) of a thread.
    PartyPanicked,
    /// The time was up before this call was a party of any round. It has broken nothing.
    NotEntered,
}

impl BrokenBarrierError {
    pub(crate) const fn new(kind: BrokenBarrierKind, was_broken: bool) -> Self {
        Self { kind, was_broken }
    }

    /// Why the wait failed. What broke a barrier first stays its cause until `reset`.
    ///
    /// If others end a round while its action runs, the thread that runs it is told what ended the round. If that
    /// happens to several rounds at once, each of these threads is told what ended the last of them.
    ///
    /// # Examples
    /// ```
    /// use sixfold::{Barrier, BrokenBarrierKind};
    /// use std::time::Duration;
    ///
    /// let barrier = Barrier::new(2);
    /// let own = barrier.wait_timeout(Duration::from_millis(1)).unwrap_err();
    /// let later = barrier.wait().unwrap_err();
    /// assert_eq!((own.kind(), own.was_broken()), (BrokenBarrierKind::TimedOut, false));
    /// assert_eq!((later.kind(), later.was_broken()), (BrokenBarrierKind::OtherTimedOut, true));
    /// ```
    #[doc(alias = "cause")]
    #[must_use]
    pub const fn kind(&self) -> BrokenBarrierKind {
        self.kind
    }

    /// Whether the barrier was broken already when this call could have entered a round. So it was a party of none.
    ///
    /// # Examples
    /// ```
    /// let barrier = sixfold::Barrier::new(2);
    /// barrier.abort();
    /// assert!(barrier.wait().unwrap_err().was_broken());
    /// ```
    #[must_use]
    pub const fn was_broken(&self) -> bool {
        self.was_broken
    }
}

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
        if self.was_broken {
            f.write_str("the barrier was broken before this call entered a round: ")?;
        }
        f.write_str(match self.kind {
            BrokenBarrierKind::TimedOut => {
                "the other parties did not all come in time, which has broken the barrier: call reset once all parties have left, or wait longer"
            }
            BrokenBarrierKind::OtherTimedOut => {
                "the time of another party was up, which has broken the barrier: call reset once all parties have left, or give that party more time"
            }
            BrokenBarrierKind::Aborted => {
                "the barrier was aborted, so a party cannot do its part: call reset once all parties have left"
            }
            BrokenBarrierKind::Reset => {
                "the barrier was reset while this party waited, and is new again: call wait again if this party takes part in the next round"
            }
            BrokenBarrierKind::ActionPanicked => {
                "the barrier's action panicked: see its message, and call reset once all parties have left"
            }
            BrokenBarrierKind::PartyPanicked => {
                "a thread panicked while it was a party of the barrier: see its message, and call reset once all parties have left"
            }
            BrokenBarrierKind::NotEntered => {
                "the time was up before this call could enter a round, since the action of the round before still ran; nothing is broken: call wait again, or wait longer"
            }
        })
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
