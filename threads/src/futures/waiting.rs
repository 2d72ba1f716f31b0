//! To wait for several futures.

use super::future::Future;
use crate::limit::Limit;
use sixfold::{Condition, Lock};
use std::collections::VecDeque;
use std::error::Error;
use std::fmt;
use std::iter::FusedIterator;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Hears of futures that are over, by their numbers.
pub(super) struct Waiter {
    over: Arc<Lock<VecDeque<usize>>>,
    changed: Condition<Arc<Lock<VecDeque<usize>>>>,
}

impl Waiter {
    fn new() -> Arc<Self> {
        let over = Arc::new(Lock::with_value(VecDeque::new()));
        Arc::new(Self { changed: Condition::with_lock(over.clone()), over })
    }

    pub(super) fn tell(&self, index: usize) {
        let mut over = self.over.hold();
        over.push_back(index);
        self.changed.notify_with(&over, 1);
    }

    /// The next that is over. `None`: the time was up.
    #[track_caller]
    fn next(&self, limit: Limit) -> Option<usize> {
        limit.wait_some(&self.changed, &mut self.over.hold(), VecDeque::pop_front)
    }
}

/// When [`wait`] returns. Python: `return_when`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReturnWhen {
    /// As soon as one is over. Python: `FIRST_COMPLETED`.
    FirstCompleted,
    /// As soon as one has panicked, or all are over. Python: `FIRST_EXCEPTION`.
    FirstException,
    /// When all are over. Python: `ALL_COMPLETED`.
    AllCompleted,
}

/// The futures that are over, and the others, each in the order in which they were given.
#[derive(Debug)]
#[must_use = "it has the futures"]
pub struct Waited<T> {
    /// Those that are over, also by a panic or a cancellation.
    pub done: Vec<Future<T>>,
    /// The others.
    pub not_done: Vec<Future<T>>,
}

/// Waits for futures, of whatever pools. Python: `wait(futures, return_when=w)`.
///
/// Unlike [`Future::result`] it does not notice if all workers of a pool wait for the pool itself.
///
/// # Examples
/// ```
/// use sixfold_threads::futures::{ReturnWhen, ThreadPoolExecutor, wait};
///
/// let pool = ThreadPoolExecutor::new(2);
/// let futures = [1, 2, 3].map(|n| pool.submit(move || n).expect("it is not shut down"));
/// let waited = wait(futures, ReturnWhen::AllCompleted);
/// assert_eq!((waited.done.len(), waited.not_done.len()), (3, 0));
/// ```
#[track_caller]
pub fn wait<T: Send + 'static>(futures: impl IntoIterator<Item = Future<T>>, return_when: ReturnWhen) -> Waited<T> {
    wait_within(futures, return_when, Limit::Never)
}

/// As [`wait`], for at most `timeout`. Python: `wait(futures, timeout, w)`.
///
/// # Examples
/// ```
/// use sixfold_threads::futures::{ReturnWhen, ThreadPoolExecutor, wait_timeout};
/// use std::time::Duration;
///
/// let pool = ThreadPoolExecutor::new(1);
/// let slow = pool.submit(|| std::thread::sleep(Duration::from_millis(100))).expect("it is not shut down");
/// let waited = wait_timeout([slow], ReturnWhen::AllCompleted, Duration::from_millis(1));
/// assert_eq!(waited.done.len() + waited.not_done.len(), 1);
/// ```
#[track_caller]
pub fn wait_timeout<T: Send + 'static>(
    futures: impl IntoIterator<Item = Future<T>>,
    return_when: ReturnWhen,
    timeout: Duration,
) -> Waited<T> {
    wait_within(futures, return_when, Limit::within(timeout))
}

/// As [`wait`], until `deadline` at the latest.
///
/// # Examples
/// ```
/// use sixfold_threads::futures::{Future, ReturnWhen, wait_deadline};
///
/// let none: [Future<()>; 0] = [];
/// assert!(wait_deadline(none, ReturnWhen::AllCompleted, std::time::Instant::now()).done.is_empty());
/// ```
#[track_caller]
pub fn wait_deadline<T: Send + 'static>(
    futures: impl IntoIterator<Item = Future<T>>,
    return_when: ReturnWhen,
    deadline: Instant,
) -> Waited<T> {
    wait_within(futures, return_when, Limit::Deadline(deadline))
}

#[track_caller]
fn wait_within<T: Send + 'static>(
    futures: impl IntoIterator<Item = Future<T>>,
    return_when: ReturnWhen,
    limit: Limit,
) -> Waited<T> {
    let futures: Vec<_> = futures.into_iter().collect();
    let waiter = Waiter::new();
    futures.iter().enumerate().for_each(|(index, future)| future.tell(&waiter, index));
    for _ in 0..futures.len() {
        let Some(index) = waiter.next(limit) else { break };
        match return_when {
            ReturnWhen::FirstCompleted => break,
            ReturnWhen::FirstException if futures[index].has_panicked() => break,
            _ => {}
        }
    }
    futures.iter().for_each(|future| future.tell_no_more(&waiter));
    let (done, not_done) = futures.into_iter().partition(Future::done);
    Waited { done, not_done }
}

/// Returns futures in the order in which they are over, each once it is. Python: `as_completed(futures)`.
///
/// Unlike [`Future::result`] it does not notice if all workers of a pool wait for the pool itself.
///
/// # Examples
/// ```
/// use sixfold_threads::futures::{ThreadPoolExecutor, as_completed};
///
/// let pool = ThreadPoolExecutor::new(2);
/// let futures = [1, 2, 3].map(|n| pool.submit(move || n).expect("it is not shut down"));
/// assert_eq!(as_completed(futures).map(|future| future.result().unwrap()).sum::<i32>(), 6);
/// ```
pub fn as_completed<T: Send + 'static>(futures: impl IntoIterator<Item = Future<T>>) -> AsCompleted<T> {
    AsCompleted(Completing::new(futures))
}

/// As [`as_completed`], until `timeout` from now: then the rest comes back in an error, as the last item. Python:
/// `as_completed(futures, timeout)`.
///
/// # Examples
/// ```
/// use sixfold_threads::futures::{ThreadPoolExecutor, as_completed_timeout};
/// use std::time::Duration;
///
/// let pool = ThreadPoolExecutor::new(1);
/// let future = pool.submit(|| 1).expect("it is not shut down");
/// for future in as_completed_timeout([future], Duration::from_secs(60)) {
///     assert_eq!(future.expect("a minute is enough").result().unwrap(), 1);
/// }
/// ```
pub fn as_completed_timeout<T: Send + 'static>(
    futures: impl IntoIterator<Item = Future<T>>,
    timeout: Duration,
) -> AsCompletedTimed<T> {
    AsCompletedTimed { completing: Completing::new(futures), limit: Limit::within(timeout) }
}

/// As [`as_completed_timeout`], until `deadline`.
///
/// # Examples
/// ```
/// use sixfold_threads::futures::{Future, as_completed_deadline};
///
/// let none: [Future<()>; 0] = [];
/// assert_eq!(as_completed_deadline(none, std::time::Instant::now()).count(), 0);
/// ```
pub fn as_completed_deadline<T: Send + 'static>(
    futures: impl IntoIterator<Item = Future<T>>,
    deadline: Instant,
) -> AsCompletedTimed<T> {
    AsCompletedTimed { completing: Completing::new(futures), limit: Limit::Deadline(deadline) }
}

struct Completing<T> {
    futures: Vec<Option<Future<T>>>,
    waiter: Arc<Waiter>,
    left: usize,
}

impl<T: Send + 'static> Completing<T> {
    fn new(futures: impl IntoIterator<Item = Future<T>>) -> Self {
        let futures: Vec<_> = futures.into_iter().map(Some).collect();
        let waiter = Waiter::new();
        for (index, future) in futures.iter().enumerate() {
            future.as_ref().expect("nobody has taken it").tell(&waiter, index);
        }
        Self { left: futures.len(), futures, waiter }
    }

    /// `None`: the time was up.
    #[track_caller]
    fn next(&mut self, limit: Limit) -> Option<Future<T>> {
        let index = self.waiter.next(limit)?;
        self.left -= 1;
        Some(self.futures[index].take().expect("it is told once"))
    }

    fn rest(&mut self) -> Vec<Future<T>> {
        self.left = 0;
        let rest: Vec<_> = self.futures.iter_mut().filter_map(Option::take).collect();
        rest.iter().for_each(|future| future.tell_no_more(&self.waiter));
        rest
    }
}

/// See [`as_completed`].
#[must_use = "it has the futures"]
pub struct AsCompleted<T>(Completing<T>);

/// See [`as_completed_timeout`].
#[must_use = "it has the futures"]
pub struct AsCompletedTimed<T> {
    completing: Completing<T>,
    limit: Limit,
}

/// The time was up before all futures were over. It has those that were not. Python: `TimeoutError`.
#[non_exhaustive]
pub struct TimedOut<T> {
    /// The futures that had not come.
    pub not_done: Vec<Future<T>>,
}

impl<T: Send + 'static> Iterator for AsCompleted<T> {
    type Item = Future<T>;

    #[track_caller]
    fn next(&mut self) -> Option<Future<T>> {
        if self.0.left == 0 { None } else { self.0.next(Limit::Never) }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.0.left, Some(self.0.left))
    }
}

impl<T: Send + 'static> ExactSizeIterator for AsCompleted<T> {}
impl<T: Send + 'static> FusedIterator for AsCompleted<T> {}

impl<T: Send + 'static> Iterator for AsCompletedTimed<T> {
    type Item = Result<Future<T>, TimedOut<T>>;

    #[track_caller]
    fn next(&mut self) -> Option<Result<Future<T>, TimedOut<T>>> {
        if self.completing.left == 0 {
            return None;
        }
        let next = self.completing.next(self.limit);
        Some(next.ok_or_else(|| TimedOut { not_done: self.completing.rest() }))
    }
}

impl<T: Send + 'static> FusedIterator for AsCompletedTimed<T> {}

impl<T> fmt::Debug for AsCompleted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsCompleted").field("left", &self.0.left).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for AsCompletedTimed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsCompletedTimed").field("left", &self.completing.left).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for TimedOut<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TimedOut").field("not_done", &self.not_done.len()).finish()
    }
}

impl<T> fmt::Display for TimedOut<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the time was up, and {} futures were not done", self.not_done.len())
    }
}

impl<T> Error for TimedOut<T> {}
