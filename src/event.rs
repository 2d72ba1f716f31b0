//! The face of [`RawEvent`].

use crate::deadline::Deadline;
use crate::raw::RawEvent;
use core::fmt;
use core::panic::{RefUnwindSafe, UnwindSafe};
use std::time::{Duration, Instant};

/// A flag that threads can wait for.
///
/// Python: [`threading.Event`](https://docs.python.org/3/library/threading.html#event-objects).
///
/// [`set`](Self::set) raises it and releases all waiters; it stays up until [`clear`](Self::clear).
///
/// # What you can rely on
/// - `set` releases every thread that waits at that moment, even if `clear` follows at once. So the flag may be down
///   again when `wait` returns.
/// - It releases no other: a thread that begins to wait after that `clear` waits for the next `set`.
/// - What was done before `set` is seen after `wait` returns, and after a timed wait or [`is_set`](Self::is_set)
///   returns true.
///
/// # Examples
/// Stop a worker, without waiting for its pause to end:
/// ```
/// use sixfold::Event;
/// use std::time::Duration;
///
/// let stop = Event::new();
/// std::thread::scope(|scope| {
///     scope.spawn(|| {
///         // Work once an hour, until told to stop.
///         while !stop.wait_timeout(Duration::from_secs(3600)) {
///             // ...
///         }
///     });
///     stop.set();
/// });
/// ```
///
/// # Size
/// 8 bytes.
#[doc(alias("threading.Event", "ManualResetEvent", "SignalEvent", "latch", "notification"))]
pub struct Event {
    machine: RawEvent,
}

#[cfg(not(loom))]
const _: () = assert!(size_of::<Event>() <= 8);

impl UnwindSafe for Event {}
impl RefUnwindSafe for Event {}

impl Event {
    /// An event that is not set. Python: `Event()`.
    ///
    /// # Examples
    /// ```
    /// static SHUTDOWN: sixfold::Event = sixfold::Event::new();
    /// assert!(!SHUTDOWN.is_set());
    /// ```
    #[must_use]
    #[cfg_attr(loom, track_caller)]
    pub const fn new() -> Self {
        Self { machine: RawEvent::new() }
    }

    /// Whether the flag is up. If so, what was done before the `set` that raised it is visible. Python: `is_set()`.
    ///
    /// # Examples
    /// ```
    /// let event = sixfold::Event::new();
    /// event.set();
    /// assert!(event.is_set());
    /// ```
    #[doc(alias = "isSet")]
    #[must_use]
    #[inline]
    pub fn is_set(&self) -> bool {
        self.machine.is_set()
    }

    /// Raises the flag and releases all waiters. Python: `set()`.
    ///
    /// If it is up already it stays up.
    ///
    /// # Examples
    /// ```
    /// let ready = sixfold::Event::new();
    /// std::thread::scope(|scope| {
    ///     scope.spawn(|| ready.wait());
    ///     ready.set();
    /// });
    /// ```
    #[doc(alias = "signal")]
    #[inline]
    pub fn set(&self) {
        self.machine.set();
    }

    /// Lowers the flag. Waiters that were released stay released. Python: `clear()`.
    ///
    /// # Examples
    /// ```
    /// let event = sixfold::Event::new();
    /// event.set();
    /// event.clear();
    /// assert!(!event.is_set());
    /// ```
    #[doc(alias = "reset")]
    #[inline]
    pub fn clear(&self) {
        self.machine.clear();
    }

    /// Waits until the flag is raised; returns at once if it is up. Python: `wait()`.
    ///
    /// # Examples
    /// ```
    /// let event = sixfold::Event::new();
    /// event.set();
    /// event.wait();
    /// ```
    #[inline]
    #[cfg_attr(loom, track_caller)]
    pub fn wait(&self) {
        self.machine.wait(|| Deadline::Never);
    }

    /// As [`wait`](Self::wait), for at most `timeout`. Python: `wait(timeout)`.
    ///
    /// True: it was up, or it was raised meanwhile, even if it is down again. False: the time was up. Zero is one try; a
    /// timeout too large to be added to now is for ever.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    ///
    /// let event = sixfold::Event::new();
    /// assert!(!event.wait_timeout(Duration::from_millis(1)));
    /// event.set();
    /// assert!(event.wait_timeout(Duration::ZERO));
    /// ```
    #[must_use = "false means that the time was up and the event was not set"]
    #[inline]
    #[cfg_attr(loom, track_caller)]
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        self.machine.wait(|| Deadline::after(timeout))
    }

    /// As [`wait`](Self::wait), until `deadline` at the latest; one that has passed is one try. False: the time was up.
    /// Python has timeouts only.
    ///
    /// # Examples
    /// ```
    /// use std::time::Instant;
    ///
    /// assert!(!sixfold::Event::new().wait_deadline(Instant::now()));
    /// ```
    #[doc(alias = "wait_until")]
    #[must_use = "false means that the time was up and the event was not set"]
    #[inline]
    #[cfg_attr(loom, track_caller)]
    pub fn wait_deadline(&self, deadline: Instant) -> bool {
        self.machine.wait(|| Deadline::at(deadline))
    }
}

impl Default for Event {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event").field("set", &self.is_set()).finish()
    }
}
