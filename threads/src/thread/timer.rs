//! Something that is done later, unless it is cancelled.

use super::{Handle, Thread};
use sixfold::{Condition, Lock};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A thread that waits, and then calls a closure, unless it is cancelled before. Python: `threading.Timer`.
///
/// Its drop cancels nothing: the timer goes on alone. It is no daemon, so [`join_all`](super::join_all) waits for it.
///
/// # Examples
/// ```
/// use sixfold_threads::thread::Timer;
/// use std::time::Duration;
///
/// let rings = Timer::start(Duration::from_millis(1), || println!("ring"));
/// let never = Timer::start(Duration::from_secs(3600), || unreachable!("it is cancelled"));
/// assert!(never.cancel());
/// assert_eq!(never.join().unwrap(), None);
/// assert_eq!(rings.join().unwrap(), Some(()));
/// ```
pub struct Timer<T> {
    state: Arc<Condition<Lock<State>>>,
    thread: Thread<Option<T>>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Waits,
    Cancelled,
    HasFired,
}

impl<T: Send + 'static> Timer<T> {
    /// Calls `closure` after `interval`, in a thread of its own. Python: `Timer(interval, closure).start()`.
    ///
    /// An interval that cannot be added to now is for ever.
    ///
    /// # Panics
    /// If the system cannot start a thread.
    ///
    /// # Examples
    /// ```
    /// use sixfold_threads::thread::Timer;
    ///
    /// assert_eq!(Timer::start(std::time::Duration::ZERO, || 1).join().unwrap(), Some(1));
    /// ```
    #[track_caller]
    pub fn start(interval: Duration, closure: impl FnOnce() -> T + Send + 'static) -> Self {
        let state = Arc::new(Condition::with_lock(Lock::with_value(State::Waits)));
        let thread = Thread::spawn({
            let state = state.clone();
            move || {
                let mut held = state.hold();
                if held.wait_for_timeout(|state| *state == State::Cancelled, interval) {
                    return None;
                }
                *held = State::HasFired;
                drop(held);
                Some(closure())
            }
        });
        Self { state, thread }
    }
}

impl<T> Timer<T> {
    /// Lets it not happen. False: it is too late, the closure was called or is about to be. Python: `cancel()`.
    ///
    /// # Examples
    /// ```
    /// use sixfold_threads::thread::Timer;
    ///
    /// let timer = Timer::start(std::time::Duration::from_secs(3600), || ());
    /// assert!(timer.cancel());
    /// assert!(timer.cancel(), "it is");
    /// ```
    pub fn cancel(&self) -> bool {
        let mut state = self.state.hold();
        if *state == State::Waits {
            *state = State::Cancelled;
            state.notify(1);
        }
        *state == State::Cancelled
    }

    /// Waits until it is over. `None`: it was cancelled. Python: `join()`.
    ///
    /// # Errors
    /// What the closure panicked with.
    ///
    /// # Examples
    /// ```
    /// use sixfold_threads::thread::Timer;
    ///
    /// Timer::start(std::time::Duration::from_millis(1), || ()).join().unwrap();
    /// ```
    pub fn join(self) -> std::thread::Result<Option<T>> {
        self.thread.join()
    }

    /// Waits until it is over, for at most `timeout`. Python: `join(timeout)`.
    ///
    /// # Errors
    /// The timer itself, if the time was up.
    ///
    /// # Examples
    /// ```
    /// use sixfold_threads::thread::Timer;
    /// use std::time::Duration;
    ///
    /// let timer = Timer::start(Duration::from_secs(3600), || ());
    /// let timer = timer.join_timeout(Duration::from_millis(1)).unwrap_err();
    /// timer.cancel();
    /// ```
    pub fn join_timeout(self, timeout: Duration) -> Result<std::thread::Result<Option<T>>, Self> {
        let Self { state, thread } = self;
        thread.join_timeout(timeout).map_err(|thread| Self { state, thread })
    }

    /// Waits until it is over, until `deadline` at the latest.
    ///
    /// # Errors
    /// The timer itself, if the time was up.
    ///
    /// # Examples
    /// ```
    /// use sixfold_threads::thread::Timer;
    /// use std::time::{Duration, Instant};
    ///
    /// let timer = Timer::start(Duration::from_secs(3600), || ());
    /// timer.join_deadline(Instant::now()).unwrap_err().cancel();
    /// ```
    pub fn join_deadline(self, deadline: Instant) -> Result<std::thread::Result<Option<T>>, Self> {
        let Self { state, thread } = self;
        thread.join_deadline(deadline).map_err(|thread| Self { state, thread })
    }

    /// Its thread.
    ///
    /// # Examples
    /// ```
    /// use sixfold_threads::thread::Timer;
    ///
    /// assert!(!Timer::start(std::time::Duration::ZERO, || ()).handle().is_daemon());
    /// ```
    pub fn handle(&self) -> &Handle {
        self.thread.handle()
    }

    /// Whether it is not over yet: a snapshot. Python: `is_alive()`.
    ///
    /// # Examples
    /// ```
    /// use sixfold_threads::thread::Timer;
    ///
    /// let timer = Timer::start(std::time::Duration::from_secs(3600), || ());
    /// assert!(timer.is_alive());
    /// timer.cancel();
    /// ```
    pub fn is_alive(&self) -> bool {
        self.thread.is_alive()
    }
}

impl<T> fmt::Debug for Timer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timer").field("state", &*self.state.hold()).field("thread", &self.thread).finish()
    }
}
