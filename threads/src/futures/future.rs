//! What a task comes to.

use super::pool::Shared;
use super::waiting::Waiter;
use crate::limit::Limit;
use crate::sys;
use sixfold::{Condition, Lock};
use std::any::Any;
use std::error::Error;
use std::fmt;
use std::mem;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What a task of a [`ThreadPoolExecutor`](super::ThreadPoolExecutor) comes to. Python: `concurrent.futures.Future`.
///
/// Its drop lets the task go on; nobody hears what it came to.
///
/// # Happens before
/// What the task did happens before the return of [`result`](Self::result), before its callbacks, and before whatever a thread does that
/// was told that it is done by [`wait`](super::wait) or [`as_completed`](super::as_completed). [`done`](Self::done),
/// [`running`](Self::running) and [`cancelled`](Self::cancelled) are snapshots.
///
/// # Examples
/// ```
/// use sixfold_threads::futures::ThreadPoolExecutor;
///
/// let pool = ThreadPoolExecutor::new(1);
/// let future = pool.submit(|| 6 * 7)?;
/// assert_eq!(future.result()?, 42);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Future<T>(pub(super) Arc<Cell<T>>);

/// Why there is no result.
#[non_exhaustive]
pub enum Failure {
    /// The task panicked, with this. Python: the exception of the task.
    Panicked(Box<dyn Any + Send>),
    /// It was cancelled before it started. Python: `CancelledError`.
    Cancelled,
    /// The initializer of the pool panicked. Python: `BrokenThreadPool`.
    Broken,
    /// The time of a [`map_timeout`](super::ThreadPoolExecutor::map_timeout) was up. Python: `TimeoutError`.
    TimedOut,
}

/// The time was up before a future was done. Python: `TimeoutError`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TimeoutError {}

type Callback<T> = Box<dyn FnOnce(&Result<T, Failure>) + Send>;

/// A future, as its task and its owner share it.
pub(super) struct Cell<T> {
    state: Arc<Lock<State<T>>>,
    changed: Condition<Arc<Lock<State<T>>>>,
    pool: Arc<Shared>,
}

struct State<T> {
    stage: Stage,
    /// Once it is over, unless a callback has it at this moment.
    outcome: Option<Result<T, Failure>>,
    /// What the panic said.
    message: Option<String>,
    callbacks: Vec<Callback<T>>,
    waiters: Vec<(Arc<Waiter>, usize)>,
    /// Workers of the same pool that wait for it without a limit.
    own_waiters: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    Pending,
    Running,
    /// What it comes to is known, and callbacks hear of it first.
    Ending {
        is_cancelled: bool,
    },
    Over {
        is_cancelled: bool,
    },
}

impl Stage {
    fn is_over(self) -> bool {
        matches!(self, Self::Over { .. })
    }

    fn is_cancelled(self) -> bool {
        matches!(self, Self::Ending { is_cancelled: true } | Self::Over { is_cancelled: true })
    }
}

impl<T: Send + 'static> Cell<T> {
    pub(super) fn new(pool: Arc<Shared>) -> Arc<Self> {
        let state = State {
            stage: Stage::Pending,
            outcome: None,
            message: None,
            callbacks: Vec::new(),
            waiters: Vec::new(),
            own_waiters: 0,
        };
        let state = Arc::new(Lock::with_value(state));
        Arc::new(Self { changed: Condition::with_lock(state.clone()), state, pool })
    }

    /// The task is to begin. False: it was cancelled.
    pub(super) fn begin(&self) -> bool {
        let mut state = self.state.hold();
        let begins = state.stage == Stage::Pending;
        if begins {
            state.stage = Stage::Running;
        }
        begins
    }

    /// Ends it before it has begun. False: it has begun, or is over.
    pub(super) fn end_early(&self, failure: Failure) -> bool {
        let is_cancelled = matches!(failure, Failure::Cancelled);
        let mut state = self.state.hold();
        if state.stage != Stage::Pending {
            return state.stage.is_cancelled();
        }
        // Nobody else ends it from here on.
        state.stage = Stage::Ending { is_cancelled };
        drop(state);
        self.end(Err(failure), is_cancelled);
        true
    }

    /// Tells the callbacks and then everybody else.
    pub(super) fn end(&self, outcome: Result<T, Failure>, is_cancelled: bool) {
        let message = outcome.as_ref().err().and_then(Failure::message);
        self.state.hold().stage = Stage::Ending { is_cancelled };
        loop {
            let callbacks = mem::take(&mut self.state.hold().callbacks);
            if callbacks.is_empty() {
                // Between a worker's last look at it and its sleep the pool counts it: so both locks, in this order.
                let mut pool = self.pool.hold();
                let mut state = self.state.hold();
                if state.callbacks.is_empty() {
                    pool.own_waits -= mem::take(&mut state.own_waiters);
                    drop(pool);
                    state.stage = Stage::Over { is_cancelled };
                    state.outcome = Some(outcome);
                    state.message = message;
                    let waiters = mem::take(&mut state.waiters);
                    self.changed.notify_all_with(&state);
                    drop(state);
                    waiters.into_iter().for_each(|(waiter, index)| waiter.tell(index));
                    return;
                }
            }
            callbacks.into_iter().for_each(|callback| call(callback, &outcome));
        }
    }
}

/// A panic of a callback is shown by std, and ends nothing else.
fn call<T>(callback: Callback<T>, outcome: &Result<T, Failure>) {
    _ = sys::catch(|| callback(outcome));
}

impl<T: Send + 'static> Future<T> {
    /// Waits until it is done, and returns what the task has returned. Python: `result()`.
    ///
    /// # Errors
    /// [`Failure`].
    ///
    /// # Panics
    /// In a task, if all workers of its own pool would wait for futures of that pool then: none of them would ever be done. So give
    /// the pool more workers than tasks that wait, or wait outside.
    ///
    /// # Examples
    /// ```
    /// use sixfold_threads::futures::{Failure, ThreadPoolExecutor};
    ///
    /// let pool = ThreadPoolExecutor::new(1);
    /// let future = pool.submit(|| -> i32 { panic!("no luck") }).expect("it is not shut down");
    /// assert!(matches!(future.result(), Err(Failure::Panicked(_))));
    /// ```
    #[track_caller]
    pub fn result(self) -> Result<T, Failure> {
        self.wait_to_its_end();
        self.0.state.hold().outcome.take().expect("it is over, and nobody else has it")
    }

    /// Waits until it is done, for at most `timeout`. Python: `result(timeout)`.
    ///
    /// # Errors
    /// The future itself, if the time was up.
    ///
    /// # Examples
    /// ```
    /// use sixfold_threads::futures::ThreadPoolExecutor;
    /// use std::time::Duration;
    ///
    /// let pool = ThreadPoolExecutor::new(1);
    /// let future = pool.submit(|| 1).expect("it is not shut down");
    /// assert_eq!(future.result_timeout(Duration::from_secs(60)).unwrap().unwrap(), 1);
    /// ```
    #[track_caller]
    pub fn result_timeout(self, timeout: Duration) -> Result<Result<T, Failure>, Self> {
        self.result_within(Limit::Timeout(timeout))
    }

    /// Waits until it is done, until `deadline` at the latest.
    ///
    /// # Errors
    /// The future itself, if the time was up.
    ///
    /// # Examples
    /// ```
    /// use sixfold_threads::futures::ThreadPoolExecutor;
    /// use std::time::{Duration, Instant};
    ///
    /// let pool = ThreadPoolExecutor::new(1);
    /// let future = pool.submit(|| 1).expect("it is not shut down");
    /// assert!(future.result_deadline(Instant::now() + Duration::from_secs(60)).is_ok());
    /// ```
    #[track_caller]
    pub fn result_deadline(self, deadline: Instant) -> Result<Result<T, Failure>, Self> {
        self.result_within(Limit::Deadline(deadline))
    }

    #[track_caller]
    fn result_within(self, limit: Limit) -> Result<Result<T, Failure>, Self> {
        let outcome = {
            let mut state = self.0.state.hold();
            limit.wait_some(&self.0.changed, &mut state, |state| state.outcome.take())
        };
        outcome.ok_or(self)
    }

    /// Waits until it is done. What the panic of the task said; `None` if it did not panic. Python: `exception()`.
    ///
    /// # Panics
    /// As [`result`](Self::result).
    ///
    /// # Examples
    /// ```
    /// use sixfold_threads::futures::ThreadPoolExecutor;
    ///
    /// let pool = ThreadPoolExecutor::new(1);
    /// let future = pool.submit(|| -> i32 { panic!("no luck") }).expect("it is not shut down");
    /// assert_eq!(future.exception().as_deref(), Some("no luck"));
    /// ```
    #[track_caller]
    pub fn exception(&self) -> Option<String> {
        self.wait_to_its_end();
        self.0.state.hold().message.clone()
    }

    /// Waits until it is done, for at most `timeout`. What the panic of the task said; `None` if it did not panic. Python:
    /// `exception(timeout)`.
    ///
    /// # Errors
    /// [`TimeoutError`].
    ///
    /// # Examples
    /// ```
    /// use sixfold_threads::futures::ThreadPoolExecutor;
    /// use std::time::Duration;
    ///
    /// let pool = ThreadPoolExecutor::new(1);
    /// let slow = pool.submit(|| std::thread::sleep(Duration::from_millis(100))).expect("it is not shut down");
    /// assert!(slow.exception_timeout(Duration::from_millis(1)).is_err(), "not yet");
    /// assert_eq!(slow.exception_timeout(Duration::from_secs(60)), Ok(None));
    /// ```
    #[track_caller]
    pub fn exception_timeout(&self, timeout: Duration) -> Result<Option<String>, TimeoutError> {
        self.exception_within(Limit::Timeout(timeout))
    }

    /// As [`exception_timeout`](Self::exception_timeout), until `deadline` at the latest.
    ///
    /// # Errors
    /// [`TimeoutError`].
    ///
    /// # Examples
    /// ```
    /// use sixfold_threads::futures::ThreadPoolExecutor;
    /// use std::time::{Duration, Instant};
    ///
    /// let pool = ThreadPoolExecutor::new(1);
    /// let future = pool.submit(|| -> i32 { panic!("no luck") }).expect("it is not shut down");
    /// let message = future.exception_deadline(Instant::now() + Duration::from_secs(60));
    /// assert_eq!(message.unwrap().as_deref(), Some("no luck"));
    /// ```
    #[track_caller]
    pub fn exception_deadline(&self, deadline: Instant) -> Result<Option<String>, TimeoutError> {
        self.exception_within(Limit::Deadline(deadline))
    }

    #[track_caller]
    fn exception_within(&self, limit: Limit) -> Result<Option<String>, TimeoutError> {
        let message = |state: &mut State<T>| state.stage.is_over().then(|| state.message.clone());
        limit.wait_some(&self.0.changed, &mut self.0.state.hold(), message).ok_or(TimeoutError {})
    }

    /// Without a limit. A worker of the same pool may be what it waits for.
    #[track_caller]
    fn wait_to_its_end(&self) {
        let cell = &*self.0;
        if cell.pool.is_own() {
            let mut pool = cell.pool.hold();
            let mut state = cell.state.hold();
            if !state.stage.is_over() {
                // Whoever ends it takes that off.
                assert!(
                    pool.own_waits + 1 < cell.pool.max_workers,
                    "all workers of this pool would wait for futures of the same pool, which none of them would run: give it \
                     more workers than tasks that wait, or wait outside of the pool"
                );
                pool.own_waits += 1;
                state.own_waiters += 1;
            }
        }
        let mut state = cell.state.hold();
        let ended = |state: &mut State<T>| state.stage.is_over().then_some(());
        _ = Limit::Never.wait_some(&cell.changed, &mut state, ended);
    }

    /// Whether it is over: a snapshot. Python: `done()`.
    ///
    /// # Examples
    /// ```
    /// use sixfold_threads::futures::ThreadPoolExecutor;
    ///
    /// let future = ThreadPoolExecutor::new(1).submit(|| 1).expect("it is not shut down");
    /// assert!(future.done(), "the drop of the pool has waited");
    /// ```
    #[must_use]
    pub fn done(&self) -> bool {
        self.0.state.hold().stage.is_over()
    }

    /// Whether its task runs: a snapshot. Python: `running()`.
    ///
    /// # Examples
    /// ```
    /// use sixfold_threads::futures::ThreadPoolExecutor;
    ///
    /// let future = ThreadPoolExecutor::new(1).submit(|| 1).expect("it is not shut down");
    /// assert!(!future.running(), "it is over");
    /// ```
    #[must_use]
    pub fn running(&self) -> bool {
        self.0.state.hold().stage == Stage::Running
    }

    /// Cancels it, if its task has not begun. False: it has, or is over. Python: `cancel()`.
    ///
    /// Its callbacks are called by this thread.
    ///
    /// # Examples
    /// ```
    /// use sixfold::Event;
    /// use sixfold_threads::futures::{Failure, ThreadPoolExecutor};
    ///
    /// static GO: Event = Event::new();
    /// let pool = ThreadPoolExecutor::new(1);
    /// let first = pool.submit(|| GO.wait()).expect("it is not shut down");
    /// let second = pool.submit(|| unreachable!("it is cancelled")).expect("it is not shut down");
    /// assert!(second.cancel());
    /// GO.set();
    /// assert!(first.result().is_ok());
    /// assert!(matches!(second.result(), Err::<(), _>(Failure::Cancelled)));
    /// ```
    pub fn cancel(&self) -> bool {
        self.0.end_early(Failure::Cancelled)
    }

    /// Whether it was cancelled: a snapshot. Python: `cancelled()`.
    ///
    /// # Examples
    /// ```
    /// use sixfold_threads::futures::ThreadPoolExecutor;
    ///
    /// let future = ThreadPoolExecutor::new(1).submit(|| 1).expect("it is not shut down");
    /// assert!(!future.cancelled());
    /// ```
    #[must_use]
    pub fn cancelled(&self) -> bool {
        self.0.state.hold().stage.is_cancelled()
    }

    /// Lets `callback` hear what it comes to, by the thread that ends it, before anybody else; at once, and by this thread, if it is
    /// over. Python: `add_done_callback(callback)`.
    ///
    /// Callbacks are called in the order in which they were added. No lock is held meanwhile. One that panics ends nothing else.
    ///
    /// # Examples
    /// ```
    /// use sixfold_threads::futures::ThreadPoolExecutor;
    /// use sixfold_threads::queue::SimpleQueue;
    /// use std::sync::Arc;
    ///
    /// let (pool, log) = (ThreadPoolExecutor::new(1), Arc::new(SimpleQueue::new()));
    /// let future = pool.submit(|| 6 * 7).expect("it is not shut down");
    /// future.add_done_callback({
    ///     let log = log.clone();
    ///     move |result| log.put(*result.as_ref().expect("no panic"))
    /// });
    /// assert_eq!(log.get(), 42);
    /// ```
    pub fn add_done_callback(&self, callback: impl FnOnce(&Result<T, Failure>) + Send + 'static) {
        let mut state = self.0.state.hold();
        let Some(outcome) = state.outcome.take() else {
            // It is not over, or another callback has what it came to. Who calls those calls this one too.
            state.callbacks.push(Box::new(callback));
            return;
        };
        drop(state);
        call(Box::new(callback), &outcome);
        loop {
            let mut state = self.0.state.hold();
            let callbacks = mem::take(&mut state.callbacks);
            if callbacks.is_empty() {
                state.outcome = Some(outcome);
                return;
            }
            drop(state);
            callbacks.into_iter().for_each(|callback| call(callback, &outcome));
        }
    }

    /// Tells `waiter` this number once it is over.
    pub(super) fn tell(&self, waiter: &Arc<Waiter>, index: usize) {
        let mut state = self.0.state.hold();
        if state.stage.is_over() {
            drop(state);
            waiter.tell(index);
        } else {
            state.waiters.push((waiter.clone(), index));
        }
    }

    pub(super) fn tell_no_more(&self, waiter: &Arc<Waiter>) {
        self.0.state.hold().waiters.retain(|(other, _)| !Arc::ptr_eq(other, waiter));
    }

    /// Whether the task has panicked, of one that is over.
    pub(super) fn has_panicked(&self) -> bool {
        self.0.state.hold().message.is_some()
    }
}

impl<T> fmt::Debug for Future<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Future").field("state", &self.0.state.hold().stage).finish_non_exhaustive()
    }
}

impl Failure {
    /// What the panic said, where that is known.
    fn message(&self) -> Option<String> {
        let Self::Panicked(payload) = self else { return None };
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        Some(text.unwrap_or("a panic without a message").to_owned())
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Panicked(_) => f.debug_tuple("Panicked").field(&self.message().unwrap_or_default()).finish(),
            Self::Cancelled => f.write_str("Cancelled"),
            Self::Broken => f.write_str("Broken"),
            Self::TimedOut => f.write_str("TimedOut"),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Panicked(_) => write!(f, "the task panicked: {}", self.message().unwrap_or_default()),
            Self::Cancelled => f.write_str("the task was cancelled before it started"),
            Self::Broken => f.write_str("the pool is broken: its initializer panicked, see its message"),
            Self::TimedOut => f.write_str("the time was up before all tasks were done"),
        }
    }
}

impl Error for Failure {}

impl fmt::Display for TimeoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the time was up before the task was done: its future can be asked again")
    }
}

impl Error for TimeoutError {}
