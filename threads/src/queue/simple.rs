//! A queue without a bound, and without more.

use crate::limit::Limit;
use sixfold::{Condition, Lock};
use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// First in, first out, without a bound, `task_done` or a shutdown: to put never waits and never fails. Python:
/// `queue.SimpleQueue`.
///
/// # Examples
/// ```
/// use sixfold_threads::queue::SimpleQueue;
///
/// let results = SimpleQueue::new();
/// std::thread::scope(|scope| {
///     scope.spawn(|| results.put("from another thread"));
///     assert_eq!(results.get(), "from another thread");
/// });
/// ```
pub struct SimpleQueue<T> {
    items: Arc<Lock<VecDeque<T>>>,
    not_empty: Condition<Arc<Lock<VecDeque<T>>>>,
}

impl<T> SimpleQueue<T> {
    /// An empty queue. Python: `SimpleQueue()`.
    ///
    /// # Examples
    /// ```
    /// let queue = sixfold_threads::queue::SimpleQueue::new();
    /// queue.put(1);
    /// ```
    #[must_use]
    pub fn new() -> Self {
        let items = Arc::new(Lock::with_value(VecDeque::new()));
        Self { not_empty: Condition::with_lock(items.clone()), items }
    }

    /// Puts an item at the end. Python: `put(item)`.
    ///
    /// # Examples
    /// ```
    /// let queue = sixfold_threads::queue::SimpleQueue::new();
    /// queue.put(1);
    /// assert_eq!(queue.qsize(), 1);
    /// ```
    #[doc(alias = "put_nowait")]
    pub fn put(&self, item: T) {
        let mut items = self.items.hold();
        items.push_back(item);
        self.not_empty.notify_with(&items, 1);
    }

    /// Takes the first item out, once there is one. Python: `get()`.
    ///
    /// # Examples
    /// ```
    /// let queue = sixfold_threads::queue::SimpleQueue::new();
    /// queue.put(1);
    /// assert_eq!(queue.get(), 1);
    /// ```
    #[track_caller]
    pub fn get(&self) -> T {
        self.get_within(Limit::Never).expect("there is no time to be up")
    }

    /// Takes the first item out, if there is one now. Python: `get_nowait()`.
    ///
    /// # Examples
    /// ```
    /// assert_eq!(sixfold_threads::queue::SimpleQueue::<i32>::new().try_get(), None);
    /// ```
    #[doc(alias = "get_nowait")]
    #[must_use = "the item is lost if it is not used"]
    pub fn try_get(&self) -> Option<T> {
        self.get_within(Limit::Now)
    }

    /// Takes the first item out, and waits at most `timeout` for one. `None`: the time was up. Python: `get(timeout=t)`.
    ///
    /// # Examples
    /// ```
    /// let queue = sixfold_threads::queue::SimpleQueue::<i32>::new();
    /// assert_eq!(queue.get_timeout(std::time::Duration::from_millis(1)), None);
    /// ```
    #[must_use = "the item is lost if it is not used"]
    #[track_caller]
    pub fn get_timeout(&self, timeout: Duration) -> Option<T> {
        self.get_within(Limit::Timeout(timeout))
    }

    /// Takes the first item out, and waits for one until `deadline` at the latest. `None`: the time was up.
    ///
    /// # Examples
    /// ```
    /// let queue = sixfold_threads::queue::SimpleQueue::<i32>::new();
    /// assert_eq!(queue.get_deadline(std::time::Instant::now()), None);
    /// ```
    #[must_use = "the item is lost if it is not used"]
    #[track_caller]
    pub fn get_deadline(&self, deadline: Instant) -> Option<T> {
        self.get_within(Limit::Deadline(deadline))
    }

    #[track_caller]
    fn get_within(&self, limit: Limit) -> Option<T> {
        limit.wait_some(&self.not_empty, &mut self.items.hold(), VecDeque::pop_front)
    }

    /// How many items are in it: a snapshot. Python: `qsize()`.
    ///
    /// # Examples
    /// ```
    /// assert_eq!(sixfold_threads::queue::SimpleQueue::<i32>::new().qsize(), 0);
    /// ```
    #[doc(alias = "len")]
    #[must_use]
    pub fn qsize(&self) -> usize {
        self.items.hold().len()
    }

    /// Whether it is empty: a snapshot. Python: `empty()`.
    ///
    /// # Examples
    /// ```
    /// assert!(sixfold_threads::queue::SimpleQueue::<i32>::new().empty());
    /// ```
    #[doc(alias = "is_empty")]
    #[must_use]
    pub fn empty(&self) -> bool {
        self.qsize() == 0
    }
}

impl<T> Default for SimpleQueue<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for SimpleQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimpleQueue").field("qsize", &self.qsize()).finish_non_exhaustive()
    }
}
