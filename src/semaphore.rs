//! The public type over [`Permits`] with the bound `MAX_VALUE`.

use crate::deadline::Deadline;
use crate::many_permits::SemaphoreGuard;
use crate::raw::{Permits, TooMany};
use core::fmt;
use core::panic::{RefUnwindSafe, UnwindSafe};
use std::time::{Duration, Instant};

/// A number of permits. To acquire takes one, and waits while there is none.
///
/// Python: [`threading.Semaphore`](https://docs.python.org/3/library/threading.html#semaphore-objects).
///
/// Anybody may release, as often as they like; permits have no owner. So a semaphore also counts things that one thread
/// makes and another uses up. See [`BoundedSemaphore`](crate::BoundedSemaphore) for one that notices a release too many.
///
/// # Examples
/// At most two downloads at a time:
/// ```
/// use sixfold::Semaphore;
///
/// static SLOTS: Semaphore = Semaphore::new(2);
///
/// std::thread::scope(|scope| {
///     for page in 0..5 {
///         scope.spawn(move || {
///             let _slot = SLOTS.hold();
///             // ... fetch `page` ...
///             # let _ = page;
///         });
///     }
/// });
/// assert_eq!(SLOTS.value(), 2);
/// ```
/// Counting jobs, released by the threads that make them and acquired by those that do them:
/// ```
/// use sixfold::Semaphore;
///
/// let jobs = Semaphore::new(0);
/// std::thread::scope(|scope| {
///     scope.spawn(|| (0..3).for_each(|_| jobs.acquire()));
///     jobs.release_many(3);
/// });
/// assert_eq!(jobs.value(), 0);
/// ```
///
/// # Fairness
/// A release wakes sleepers until as many woken threads are on their way as there are free permits. So a woken thread
/// that does not run keeps one permit from the others and no more.
///
/// A newcomer may take a free permit before threads that sleep. A sleeper that is woken competes with it. If it loses
/// and has waited for half a millisecond, it starves: from then on permits that are released go to the first of those
/// that starve. A sleeper that nobody wakes starves after ten milliseconds. Those that starved before it are served
/// first, and once it is the first, nobody passes it; behind the first, a newcomer may still take permits beyond what
/// the first waits for, until that is served. So at most all other waiters pass it once each
/// (`docs/printed/explored.md`).
///
/// A request for several permits takes all of them or none. In the queue it is passed by smaller requests that can be served
/// while it cannot, as by newcomers, until it has waited for half a millisecond. Then it starves: all permits that are released
/// are collected for it, and nobody else gets one. If it gives up, what was collected is free again in one step. So a thread that
/// holds permits and waits for more of the same semaphore can wait for ever, together with a larger request that came
/// between: ask for all of them at once, or use `try_acquire_many`.
///
/// Before it sleeps, a thread looks again as at a [`Lock`](crate::Lock), but yields also if it was woken. If no other
/// thread sleeps there, it then looks for at most some 20 µs more and yields its core at most 64 times, and does less
/// of both where that has not paid.
///
/// # Stopping
/// A semaphore has no `close`. To stop threads that may sleep here, set an [`Event`](crate::Event) and then release as many permits
/// as the largest request asks for: whoever gets permits looks at the event, gives them back and ends, and so the next one is told.
/// ```
/// use sixfold::{Event, Semaphore};
///
/// let (jobs, stop) = (Semaphore::new(0), Event::new());
/// std::thread::scope(|scope| {
///     for _ in 0..3 {
///         scope.spawn(|| {
///             while !stop.is_set() {
///                 let _job = jobs.hold(); // sleeps: there is none
///             }
///         });
///     }
///     stop.set();
///     jobs.release(); // goes from one thread to the next
/// });
/// ```
/// Not with a [`BoundedSemaphore`](crate::BoundedSemaphore), which takes no permit more than it had.
///
/// # Size
/// 8 bytes.
#[doc(alias("threading.Semaphore", "counting_semaphore", "sem_t"))]
pub struct Semaphore {
    pub(crate) permits: Permits,
}

#[cfg(not(loom))]
const _: () = assert!(size_of::<Semaphore>() <= 8);

impl UnwindSafe for Semaphore {}
impl RefUnwindSafe for Semaphore {}

impl Semaphore {
    /// The most permits that a semaphore can have: 2^31 - 1 on every target with at least 32 bits.
    ///
    /// # Examples
    /// ```
    /// use sixfold::Semaphore;
    ///
    /// let wide_open = Semaphore::new(Semaphore::MAX_VALUE);
    /// assert!(wide_open.try_acquire());
    /// ```
    pub const MAX_VALUE: usize = Permits::MOST as usize;

    /// A semaphore with `value` permits. Python: `Semaphore(value)`; its default of 1 is [`default()`](Self::default).
    ///
    /// # Panics
    /// If `value` is more than [`MAX_VALUE`](Self::MAX_VALUE).
    ///
    /// # Examples
    /// ```
    /// static DB: sixfold::Semaphore = sixfold::Semaphore::new(8);
    /// assert_eq!(DB.value(), 8);
    /// ```
    #[must_use]
    #[track_caller]
    pub const fn new(value: usize) -> Self {
        assert!(value <= Self::MAX_VALUE, "a semaphore's value is at most MAX_VALUE");
        Self { permits: Permits::new(value as u64) }
    }

    /// Waits for a permit and takes it. Python: `acquire()`.
    ///
    /// A statement: the permit stays taken until somebody calls [`release`](Self::release).
    ///
    /// # Examples
    /// ```
    /// let permits = sixfold::Semaphore::new(1);
    /// permits.acquire();
    /// assert_eq!(permits.value(), 0);
    /// ```
    #[doc(alias("wait", "sem_wait", "down", "P"))]
    #[inline]
    #[cfg_attr(loom, track_caller)]
    pub fn acquire(&self) {
        self.permits.acquire_until(|| Deadline::Never);
    }

    /// Takes a permit if there is one. Python: `acquire(blocking=False)`.
    ///
    /// # Examples
    /// ```
    /// let permits = sixfold::Semaphore::new(1);
    /// assert!(permits.try_acquire());
    /// assert!(!permits.try_acquire());
    /// ```
    #[doc(alias = "sem_trywait")]
    #[must_use = "false means that no permit was taken; for a scope, use `let _held = semaphore.try_hold()`"]
    #[inline]
    #[cfg_attr(loom, track_caller)]
    pub fn try_acquire(&self) -> bool {
        self.permits.try_acquire()
    }

    /// Waits at most `timeout` for a permit. Python: `acquire(timeout=seconds)`.
    ///
    /// False: the time was up. Zero is one try; a timeout too large to be added to now is for ever.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    ///
    /// let permits = sixfold::Semaphore::new(1);
    /// assert!(permits.acquire_timeout(Duration::from_secs(1)));
    /// assert!(!permits.acquire_timeout(Duration::from_millis(1)));
    /// ```
    #[doc(alias = "sem_timedwait")]
    #[must_use = "false means that no permit was taken; for a scope, use `let _held = semaphore.hold_timeout(…)`"]
    #[inline]
    #[cfg_attr(loom, track_caller)]
    pub fn acquire_timeout(&self, timeout: Duration) -> bool {
        self.permits.acquire_until(|| Deadline::after(timeout))
    }

    /// Waits until `deadline` for a permit; one that has passed is one try. False: the time was up.
    /// Python has timeouts only.
    ///
    /// # Examples
    /// ```
    /// use std::time::{Duration, Instant};
    ///
    /// let permits = sixfold::Semaphore::new(2);
    /// // Two of them, within a second in all.
    /// let deadline = Instant::now() + Duration::from_secs(1);
    /// assert!(permits.acquire_deadline(deadline) && permits.acquire_deadline(deadline));
    /// ```
    #[must_use = "false means that no permit was taken; for a scope, use `let _held = semaphore.hold_deadline(…)`"]
    #[inline]
    #[cfg_attr(loom, track_caller)]
    pub fn acquire_deadline(&self, deadline: Instant) -> bool {
        self.permits.acquire_until(|| Deadline::at(deadline))
    }

    /// Gives back a permit, or adds one. Python: `release()`.
    ///
    /// # Panics
    /// If that would make more than [`MAX_VALUE`](Self::MAX_VALUE) permits; nothing has changed then.
    ///
    /// # Examples
    /// ```
    /// let permits = sixfold::Semaphore::new(0);
    /// permits.release();
    /// assert!(permits.try_acquire());
    /// ```
    #[doc(alias("post", "sem_post", "up", "V", "add_permits"))]
    #[track_caller]
    #[inline]
    pub fn release(&self) {
        self.release_many(1);
    }

    /// Gives back `n` permits in one step. Python: `release(n)`.
    ///
    /// With `n` = 0 it does nothing.
    ///
    /// # Panics
    /// If that would make more than [`MAX_VALUE`](Self::MAX_VALUE) permits; nothing has changed then.
    ///
    /// # Examples
    /// ```
    /// let permits = sixfold::Semaphore::new(1);
    /// permits.release_many(3);
    /// assert_eq!(permits.value(), 4);
    /// ```
    #[doc(alias = "add_permits")]
    #[track_caller]
    #[inline]
    pub fn release_many(&self, n: usize) {
        if let Err(TooMany) = self.permits.release(n as u64, Self::MAX_VALUE as u64) {
            panic!("a semaphore has at most MAX_VALUE permits, and this release would make more");
        }
    }

    /// Waits for a permit and holds it while the guard lives. Python: `with semaphore:`.
    ///
    /// # Examples
    /// ```
    /// let permits = sixfold::Semaphore::new(1);
    /// {
    ///     let _held = permits.hold();
    ///     assert_eq!(permits.value(), 0);
    /// }
    /// assert_eq!(permits.value(), 1);
    /// ```
    #[doc(alias("access", "with", "__enter__"))]
    #[inline]
    #[cfg_attr(loom, track_caller)]
    pub fn hold(&self) -> SemaphoreGuard<'_> {
        self.acquire();
        SemaphoreGuard::of(self, 1)
    }

    /// Holds a permit if there is one. Python: `acquire(blocking=False)`, and `release` in a `finally`.
    ///
    /// # Examples
    /// ```
    /// let permits = sixfold::Semaphore::new(1);
    /// let Some(_held) = permits.try_hold() else { panic!("there is one") };
    /// assert!(permits.try_hold().is_none());
    /// ```
    #[must_use = "a guard that is not bound is dropped at once: write `let Some(_held) =` or `let _held =`, not `let _ =`"]
    #[inline]
    #[cfg_attr(loom, track_caller)]
    pub fn try_hold(&self) -> Option<SemaphoreGuard<'_>> {
        self.try_acquire().then(|| SemaphoreGuard::of(self, 1))
    }

    /// Waits at most `timeout` to hold a permit. Zero is one try; too large to be added to now is for ever.
    /// Python: `acquire(timeout=seconds)`, and `release` in a `finally`.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    ///
    /// let permits = sixfold::Semaphore::new(1);
    /// assert!(permits.hold_timeout(Duration::from_secs(1)).is_some());
    /// ```
    #[must_use = "a guard that is not bound is dropped at once: write `let Some(_held) =` or `let _held =`, not `let _ =`"]
    #[inline]
    #[cfg_attr(loom, track_caller)]
    pub fn hold_timeout(&self, timeout: Duration) -> Option<SemaphoreGuard<'_>> {
        self.acquire_timeout(timeout).then(|| SemaphoreGuard::of(self, 1))
    }

    /// Waits until `deadline` to hold a permit; one that has passed is one try. Python has timeouts only.
    ///
    /// # Examples
    /// ```
    /// use std::time::Instant;
    ///
    /// let permits = sixfold::Semaphore::new(0);
    /// assert!(permits.hold_deadline(Instant::now()).is_none(), "one try, and there is none");
    /// ```
    #[must_use = "a guard that is not bound is dropped at once: write `let Some(_held) =` or `let _held =`, not `let _ =`"]
    #[inline]
    #[cfg_attr(loom, track_caller)]
    pub fn hold_deadline(&self, deadline: Instant) -> Option<SemaphoreGuard<'_>> {
        self.acquire_deadline(deadline).then(|| SemaphoreGuard::of(self, 1))
    }

    /// Takes out up to `n` permits in one step, as far as they are free, and says how many.
    ///
    /// They are gone until somebody releases as many. It takes what a [`try_acquire`](Self::try_acquire) could take, so nothing that is
    /// collected for a waiter, and it never waits. To take out exactly `n`, waiting for them, use
    /// [`hold_many(n)`](Self::hold_many) and [`forget`](SemaphoreGuard::forget).
    ///
    /// # Examples
    /// ```
    /// let permits = sixfold::Semaphore::new(5);
    /// assert_eq!(permits.reduce(3), 3);
    /// assert_eq!(permits.reduce(3), 2, "there were no more");
    /// ```
    #[doc(alias("forget_permits", "reducePermits"))]
    #[cfg_attr(loom, track_caller)]
    pub fn reduce(&self, n: usize) -> usize {
        self.permits.reduce(n as u64) as usize
    }

    /// Takes out all permits that are free, in one step, and says how many: [`reduce`](Self::reduce) without a limit.
    ///
    /// # Examples
    /// ```
    /// let wakeups = sixfold::Semaphore::new(0);
    /// wakeups.release_many(3);
    /// // ... one look at the state is enough for all of them:
    /// assert_eq!(wakeups.drain(), 3);
    /// assert_eq!(wakeups.value(), 0);
    /// ```
    #[doc(alias = "drainPermits")]
    #[cfg_attr(loom, track_caller)]
    pub fn drain(&self) -> usize {
        self.reduce(usize::MAX)
    }

    /// How many permits are free: a snapshot that may be stale at once. (Python shows it in `repr` only.)
    ///
    /// Permits that are collected for a waiter that starves count as free, although nobody else can take them.
    ///
    /// # Examples
    /// ```
    /// assert_eq!(sixfold::Semaphore::new(3).value(), 3);
    /// ```
    #[doc(alias("available_permits", "sem_getvalue"))]
    #[must_use]
    #[inline]
    pub fn value(&self) -> usize {
        self.permits.free() as usize
    }
}

/// One permit, as in Python.
impl Default for Semaphore {
    fn default() -> Self {
        Self::new(1)
    }
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Semaphore").field("value", &self.value()).finish()
    }
}
