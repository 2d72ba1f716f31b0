//! Queues between threads: Python's `queue`.
//!
//! | Python | here |
//! |---|---|
//! | `Queue()`, `Queue(maxsize)` | [`Queue::new()`](QueueOf::new), [`Queue::bounded(maxsize)`](QueueOf::bounded) |
//! | `LifoQueue`, `PriorityQueue`, `SimpleQueue` | [`LifoQueue`], [`PriorityQueue`], [`SimpleQueue`] |
//! | `put(item)`, `put_nowait(item)`, `put(item, timeout=t)` | [`put`](QueueOf::put), [`try_put`](QueueOf::try_put), [`put_timeout`](QueueOf::put_timeout), [`put_deadline`](QueueOf::put_deadline) |
//! | `get()`, `get_nowait()`, `get(timeout=t)` | [`get`](QueueOf::get), [`try_get`](QueueOf::try_get), [`get_timeout`](QueueOf::get_timeout), [`get_deadline`](QueueOf::get_deadline) |
//! | `task_done()`, `join()` | [`task_done`](QueueOf::task_done), [`join`](QueueOf::join), [`join_timeout`](QueueOf::join_timeout), [`join_deadline`](QueueOf::join_deadline) |
//! | `shutdown(immediate)` of Python 3.13 | [`shutdown`](QueueOf::shutdown) |
//! | `qsize()`, `empty()`, `full()` | [`qsize`](QueueOf::qsize), [`empty`](QueueOf::empty), [`full`](QueueOf::full) |
//! | `Full`, `Empty`, `ShutDown` | [`PutError`], [`GetError`], [`ShutDown`] |
//! | `ValueError` of `task_done` | [`TooManyDone`] |
//!
//! Threads share a queue by reference in a scope, or in an `Arc`.
//!
//! # Examples
//! Two workers, a producer that waits until all is done, and a clean end:
//! ```
//! use sixfold_threads::queue::Queue;
//!
//! let tasks = Queue::bounded(4);
//! let done = Queue::new();
//! std::thread::scope(|scope| {
//!     for _ in 0..2 {
//!         scope.spawn(|| {
//!             for task in &tasks {
//!                 done.put(task * task).expect("nobody shuts it down");
//!                 tasks.task_done().expect("it was put");
//!             }
//!         });
//!     }
//!     for task in 1..=10 {
//!         tasks.put(task).expect("nobody has shut it down yet");
//!     }
//!     tasks.join();
//!     assert_eq!(done.qsize(), 10);
//!     tasks.shutdown(false); // which ends the workers' loops
//! });
//! ```

mod error;
mod order;
mod simple;

pub use self::error::{GetError, PutError, ShutDown, TooManyDone};
pub use self::order::{Fifo, Lifo, Order, Smallest};
pub use self::simple::SimpleQueue;

use crate::limit::Limit;
use sixfold::{Condition, Lock, LockGuard};
use std::fmt;
use std::iter::FusedIterator;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// First in, first out. Python: `queue.Queue`.
///
/// # Examples
/// ```
/// use sixfold_threads::queue::Queue;
///
/// let queue = Queue::new();
/// queue.put(1)?;
/// queue.put(2)?;
/// assert_eq!(queue.get(), Ok(1));
/// # Ok::<(), sixfold_threads::queue::ShutDown<i32>>(())
/// ```
pub type Queue<T> = QueueOf<Fifo<T>>;

/// Last in, first out. Python: `queue.LifoQueue`.
///
/// # Examples
/// ```
/// use sixfold_threads::queue::LifoQueue;
///
/// let queue = LifoQueue::new();
/// queue.put(1)?;
/// queue.put(2)?;
/// assert_eq!(queue.get(), Ok(2));
/// # Ok::<(), sixfold_threads::queue::ShutDown<i32>>(())
/// ```
pub type LifoQueue<T> = QueueOf<Lifo<T>>;

/// The smallest first; in which order equal ones leave is not said. Python: `queue.PriorityQueue`.
///
/// Wrap items in [`std::cmp::Reverse`] for the largest first. If a comparison panics, so does the call that has made it, and the
/// queue goes on: a `put` has put its item, and a `get` has lost the one that it was about to return, which counts as done.
///
/// # Examples
/// ```
/// use sixfold_threads::queue::PriorityQueue;
///
/// let queue = PriorityQueue::new();
/// queue.put((5, "later"))?;
/// queue.put((1, "now"))?;
/// assert_eq!(queue.get(), Ok((1, "now")));
/// # Ok::<(), sixfold_threads::queue::ShutDown<(i32, &str)>>(())
/// ```
pub type PriorityQueue<T> = QueueOf<Smallest<T>>;

/// A queue for many threads that put and many that get, with or without a bound, which knows when all tasks are done.
///
/// Use it by its names: [`Queue`], [`LifoQueue`], [`PriorityQueue`].
///
/// # Blocking and fairness
/// Waiting threads sleep, and are woken oldest first, one for each item or each free place. Whoever comes meanwhile may be faster:
/// the queue is in the order of its name, the threads are not.
///
/// # Happens before
/// What a thread did before it put an item happens before what another does with it; and what a thread did before
/// [`task_done`](Self::task_done) happens before the return of [`join`](Self::join).
pub struct QueueOf<O: Order> {
    state: Arc<Lock<State<O>>>,
    /// 0: no bound.
    maxsize: usize,
    not_empty: Changed<O>,
    not_full: Changed<O>,
    all_done: Changed<O>,
}

type Changed<O> = Condition<Arc<Lock<State<O>>>>;

struct State<O> {
    items: O,
    /// Items that were put and are not done.
    unfinished: usize,
    is_shut_down: bool,
}

impl<O: Order> QueueOf<O> {
    /// A queue without a bound. Python: `Queue()`.
    ///
    /// # Examples
    /// ```
    /// let queue = sixfold_threads::queue::Queue::<i32>::new();
    /// assert_eq!(queue.maxsize(), 0);
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::bounded(0)
    }

    /// A queue for at most `maxsize` items; 0 is no bound. Python: `Queue(maxsize)`.
    ///
    /// # Examples
    /// ```
    /// use sixfold_threads::queue::{PutError, Queue};
    ///
    /// let queue = Queue::bounded(1);
    /// assert_eq!(queue.try_put("first"), Ok(()));
    /// assert_eq!(queue.try_put("second"), Err(PutError::Full("second")));
    /// ```
    #[must_use]
    pub fn bounded(maxsize: usize) -> Self {
        let state = Arc::new(Lock::with_value(State { items: O::default(), unfinished: 0, is_shut_down: false }));
        let condition = || Condition::with_lock(state.clone());
        Self { not_empty: condition(), not_full: condition(), all_done: condition(), maxsize, state }
    }

    /// Puts an item at its place, once there is room. Python: `put(item)`.
    ///
    /// # Errors
    /// [`ShutDown`] with the item if the queue was shut down, also while the call waits.
    ///
    /// # Examples
    /// ```
    /// let queue = sixfold_threads::queue::Queue::new();
    /// queue.put("a task").expect("nobody has shut it down");
    /// ```
    #[track_caller]
    pub fn put(&self, item: O::Item) -> Result<(), ShutDown<O::Item>> {
        self.put_within(item, Limit::Never).map_err(|error| ShutDown(error.into_item()))
    }

    /// Puts an item at its place, if there is room now. Python: `put_nowait(item)`.
    ///
    /// # Errors
    /// [`PutError`] with the item.
    ///
    /// # Examples
    /// ```
    /// let queue = sixfold_threads::queue::Queue::bounded(1);
    /// assert!(queue.try_put(1).is_ok());
    /// assert!(queue.try_put(2).is_err());
    /// ```
    #[doc(alias = "put_nowait")]
    #[track_caller]
    pub fn try_put(&self, item: O::Item) -> Result<(), PutError<O::Item>> {
        self.put_within(item, Limit::Now)
    }

    /// Puts an item at its place, and waits at most `timeout` for room. Python: `put(item, timeout=t)`.
    ///
    /// # Errors
    /// [`PutError`] with the item.
    ///
    /// # Examples
    /// ```
    /// use sixfold_threads::queue::{PutError, Queue};
    /// use std::time::Duration;
    ///
    /// let queue = Queue::bounded(1);
    /// let timeout = Duration::from_millis(1);
    /// assert_eq!(queue.put_timeout(1, timeout), Ok(()));
    /// assert_eq!(queue.put_timeout(2, timeout), Err(PutError::Full(2)));
    /// ```
    #[track_caller]
    pub fn put_timeout(&self, item: O::Item, timeout: Duration) -> Result<(), PutError<O::Item>> {
        self.put_within(item, Limit::Timeout(timeout))
    }

    /// Puts an item at its place, and waits for room until `deadline` at the latest.
    ///
    /// # Errors
    /// [`PutError`] with the item.
    ///
    /// # Examples
    /// ```
    /// let queue = sixfold_threads::queue::Queue::bounded(1);
    /// assert!(queue.put_deadline(1, std::time::Instant::now()).is_ok());
    /// ```
    #[track_caller]
    pub fn put_deadline(&self, item: O::Item, deadline: Instant) -> Result<(), PutError<O::Item>> {
        self.put_within(item, Limit::Deadline(deadline))
    }

    #[track_caller]
    fn put_within(&self, item: O::Item, limit: Limit) -> Result<(), PutError<O::Item>> {
        let mut state = self.state.hold();
        let may_put = limit.wait_some(&self.not_full, &mut state, |state| {
            if state.is_shut_down { Some(false) } else { self.has_room(state).then_some(true) }
        });
        match may_put {
            None => Err(PutError::Full(item)),
            Some(false) => Err(PutError::ShutDown(item)),
            Some(true) => {
                Turn::new(self, &mut state).items().push(item);
                Ok(())
            }
        }
    }

    /// Takes the first item out, once there is one. Python: `get()`.
    ///
    /// # Errors
    /// [`ShutDown`] if the queue was shut down and is empty, also while the call waits.
    ///
    /// # Examples
    /// ```
    /// use sixfold_threads::queue::{Queue, ShutDown};
    ///
    /// let queue = Queue::new();
    /// queue.put(1).expect("nobody has shut it down");
    /// queue.shutdown(false);
    /// assert_eq!(queue.get(), Ok(1));
    /// assert_eq!(queue.get(), Err(ShutDown(())));
    /// ```
    #[track_caller]
    pub fn get(&self) -> Result<O::Item, ShutDown> {
        self.get_within(Limit::Never).map_err(|_| ShutDown(()))
    }

    /// Takes the first item out, if there is one now. Python: `get_nowait()`.
    ///
    /// # Errors
    /// [`GetError`].
    ///
    /// # Examples
    /// ```
    /// use sixfold_threads::queue::{GetError, Queue};
    ///
    /// assert_eq!(Queue::<i32>::new().try_get(), Err(GetError::Empty));
    /// ```
    #[doc(alias = "get_nowait")]
    #[track_caller]
    pub fn try_get(&self) -> Result<O::Item, GetError> {
        self.get_within(Limit::Now)
    }

    /// Takes the first item out, and waits at most `timeout` for one. Python: `get(timeout=t)`.
    ///
    /// # Errors
    /// [`GetError`].
    ///
    /// # Examples
    /// ```
    /// use sixfold_threads::queue::{GetError, Queue};
    /// use std::time::Duration;
    ///
    /// assert_eq!(Queue::<i32>::new().get_timeout(Duration::from_millis(1)), Err(GetError::Empty));
    /// ```
    #[track_caller]
    pub fn get_timeout(&self, timeout: Duration) -> Result<O::Item, GetError> {
        self.get_within(Limit::Timeout(timeout))
    }

    /// Takes the first item out, and waits for one until `deadline` at the latest.
    ///
    /// # Errors
    /// [`GetError`].
    ///
    /// # Examples
    /// ```
    /// let queue = sixfold_threads::queue::Queue::<i32>::new();
    /// assert!(queue.get_deadline(std::time::Instant::now()).is_err());
    /// ```
    #[track_caller]
    pub fn get_deadline(&self, deadline: Instant) -> Result<O::Item, GetError> {
        self.get_within(Limit::Deadline(deadline))
    }

    #[track_caller]
    fn get_within(&self, limit: Limit) -> Result<O::Item, GetError> {
        let mut state = self.state.hold();
        let may_get = limit.wait_some(&self.not_empty, &mut state, |state| match state.items.len() {
            0 => state.is_shut_down.then_some(false),
            _ => Some(true),
        });
        match may_get {
            None => Err(GetError::Empty),
            Some(false) => Err(GetError::ShutDown),
            Some(true) => Ok(Turn::new(self, &mut state).get()),
        }
    }

    /// Says that an item which was got is done. Python: `task_done()`.
    ///
    /// # Errors
    /// [`TooManyDone`] if as many were done before as were put.
    ///
    /// # Examples
    /// ```
    /// let queue = sixfold_threads::queue::Queue::new();
    /// queue.put("a task").expect("nobody has shut it down");
    /// let _task = queue.get();
    /// assert!(queue.task_done().is_ok());
    /// assert!(queue.task_done().is_err(), "one was put");
    /// ```
    pub fn task_done(&self) -> Result<(), TooManyDone> {
        let mut state = self.state.hold();
        if state.unfinished == 0 {
            return Err(TooManyDone {});
        }
        self.done(&mut state, 1);
        Ok(())
    }

    fn done(&self, state: &mut LockGuard<'_, State<O>>, n: usize) {
        // More than there are: items that are dropped by a shutdown, of which some were said to be done before they were got.
        state.unfinished = state.unfinished.saturating_sub(n);
        if state.unfinished == 0 {
            self.all_done.notify_all_with(state);
        }
    }

    /// Waits until all items that were put are done. Python: `join()`.
    ///
    /// # Examples
    /// ```
    /// sixfold_threads::queue::Queue::<i32>::new().join(); // nothing was put
    /// ```
    #[track_caller]
    pub fn join(&self) {
        self.join_within(Limit::Never);
    }

    /// Waits until all items that were put are done, for at most `timeout`. False: the time was up.
    ///
    /// # Examples
    /// ```
    /// let queue = sixfold_threads::queue::Queue::new();
    /// queue.put("a task").expect("nobody has shut it down");
    /// assert!(!queue.join_timeout(std::time::Duration::from_millis(1)));
    /// ```
    #[must_use = "false means that the time was up"]
    #[track_caller]
    pub fn join_timeout(&self, timeout: Duration) -> bool {
        self.join_within(Limit::Timeout(timeout))
    }

    /// Waits until all items that were put are done, until `deadline` at the latest. False: the time was up.
    ///
    /// # Examples
    /// ```
    /// assert!(sixfold_threads::queue::Queue::<i32>::new().join_deadline(std::time::Instant::now()));
    /// ```
    #[must_use = "false means that the time was up"]
    #[track_caller]
    pub fn join_deadline(&self, deadline: Instant) -> bool {
        self.join_within(Limit::Deadline(deadline))
    }

    #[track_caller]
    fn join_within(&self, limit: Limit) -> bool {
        let mut state = self.state.hold();
        let is_done = |state: &mut State<O>| (state.unfinished == 0).then_some(());
        limit.wait_some(&self.all_done, &mut state, is_done).is_some()
    }

    /// Lets nobody put any more, and those who get only what is left. Python 3.13: `shutdown(immediate)`.
    ///
    /// Whoever waits to put is told at once, and whoever waits to get once the queue is empty. If `immediate`, it is empty from now
    /// on: what was left comes back, in its order, and counts as done. So [`join`](Self::join) waits only for what was got already.
    ///
    /// To shut it down again is no error.
    ///
    /// # Examples
    /// ```
    /// let queue = sixfold_threads::queue::Queue::new();
    /// queue.put(1).expect("nobody has shut it down");
    /// assert_eq!(queue.shutdown(false), []);
    /// assert_eq!(queue.shutdown(true), [1]);
    /// queue.join();
    /// ```
    pub fn shutdown(&self, immediate: bool) -> Vec<O::Item> {
        let mut state = self.state.hold();
        state.is_shut_down = true;
        let mut left = O::default();
        if immediate {
            std::mem::swap(&mut left, &mut state.items);
            self.done(&mut state, left.len());
        }
        self.not_empty.notify_all_with(&state);
        self.not_full.notify_all_with(&state);
        drop(state);
        left.into_vec()
    }

    /// How many items are in it: a snapshot. Python: `qsize()`.
    ///
    /// # Examples
    /// ```
    /// assert_eq!(sixfold_threads::queue::Queue::<i32>::new().qsize(), 0);
    /// ```
    #[doc(alias = "len")]
    #[must_use]
    pub fn qsize(&self) -> usize {
        self.state.hold().items.len()
    }

    /// Whether it is empty: a snapshot. Python: `empty()`.
    ///
    /// # Examples
    /// ```
    /// assert!(sixfold_threads::queue::Queue::<i32>::new().empty());
    /// ```
    #[doc(alias = "is_empty")]
    #[must_use]
    pub fn empty(&self) -> bool {
        self.qsize() == 0
    }

    /// Whether it is full: a snapshot. Never, if it has no bound. Python: `full()`.
    ///
    /// # Examples
    /// ```
    /// assert!(!sixfold_threads::queue::Queue::<i32>::new().full());
    /// ```
    #[doc(alias = "is_full")]
    #[must_use]
    pub fn full(&self) -> bool {
        !self.has_room(&self.state.hold())
    }

    fn has_room(&self, state: &State<O>) -> bool {
        self.maxsize == 0 || state.items.len() < self.maxsize
    }

    /// How many items it takes; 0 is no bound. Python: `maxsize`.
    ///
    /// # Examples
    /// ```
    /// assert_eq!(sixfold_threads::queue::Queue::<i32>::bounded(8).maxsize(), 8);
    /// ```
    #[doc(alias = "capacity")]
    #[must_use]
    pub fn maxsize(&self) -> usize {
        self.maxsize
    }

    /// How many items were put and are not done: a snapshot. Python: `unfinished_tasks`.
    ///
    /// # Examples
    /// ```
    /// assert_eq!(sixfold_threads::queue::Queue::<i32>::new().unfinished_tasks(), 0);
    /// ```
    #[must_use]
    pub fn unfinished_tasks(&self) -> usize {
        self.state.hold().unfinished
    }

    /// Whether it was shut down: a snapshot. Python 3.13: `is_shutdown`.
    ///
    /// # Examples
    /// ```
    /// assert!(!sixfold_threads::queue::Queue::<i32>::new().is_shutdown());
    /// ```
    #[must_use]
    pub fn is_shutdown(&self) -> bool {
        self.state.hold().is_shut_down
    }

    /// An iterator that gets items, waits for them, and ends when the queue was shut down and is empty.
    ///
    /// # Examples
    /// ```
    /// let queue = sixfold_threads::queue::Queue::new();
    /// queue.put(1).expect("nobody has shut it down");
    /// queue.shutdown(false);
    /// assert_eq!(queue.iter().collect::<Vec<_>>(), [1]);
    /// ```
    pub fn iter(&self) -> Iter<'_, O> {
        Iter { queue: self }
    }
}

impl<O: Order> Default for QueueOf<O> {
    fn default() -> Self {
        Self::new()
    }
}

impl<O: Order> fmt::Debug for QueueOf<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Queue");
        // The thread that holds the lock may be this one, in a comparison.
        if let Some(state) = self.state.try_hold() {
            shown.field("qsize", &state.items.len()).field("unfinished_tasks", &state.unfinished);
            shown.field("is_shutdown", &state.is_shut_down);
        }
        shown.field("maxsize", &self.maxsize).finish_non_exhaustive()
    }
}

/// An item goes in or out. Its drop tells whoever waits, also if a comparison has panicked.
struct Turn<'a, 'b, O: Order> {
    queue: &'a QueueOf<O>,
    state: &'a mut LockGuard<'b, State<O>>,
    before: usize,
    is_got: bool,
}

impl<'a, 'b, O: Order> Turn<'a, 'b, O> {
    fn new(queue: &'a QueueOf<O>, state: &'a mut LockGuard<'b, State<O>>) -> Self {
        let before = state.items.len();
        Self { queue, state, before, is_got: false }
    }

    fn items(&mut self) -> &mut O {
        &mut self.state.items
    }

    #[track_caller]
    fn get(&mut self) -> O::Item {
        let item = self.items().pop().expect("there was one, and we have the lock");
        self.is_got = true;
        item
    }
}

impl<O: Order> Drop for Turn<'_, '_, O> {
    fn drop(&mut self) {
        // A panic comes after the heap has grown or shrunk.
        let now = self.state.items.len();
        if now > self.before {
            self.state.unfinished += 1;
            self.queue.not_empty.notify_with(self.state, 1);
        } else if now < self.before {
            if !self.is_got {
                self.queue.done(self.state, 1); // nobody will say so
            }
            self.queue.not_full.notify_with(self.state, 1);
        }
    }
}

/// See [`QueueOf::iter`].
pub struct Iter<'a, O: Order> {
    queue: &'a QueueOf<O>,
}

impl<O: Order> Iterator for Iter<'_, O> {
    type Item = O::Item;

    fn next(&mut self) -> Option<O::Item> {
        self.queue.get().ok()
    }
}

// Nobody opens a queue again.
impl<O: Order> FusedIterator for Iter<'_, O> {}

impl<O: Order> fmt::Debug for Iter<'_, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Iter").field("queue", self.queue).finish()
    }
}

impl<'a, O: Order> IntoIterator for &'a QueueOf<O> {
    type Item = O::Item;
    type IntoIter = Iter<'a, O>;

    fn into_iter(self) -> Iter<'a, O> {
        self.iter()
    }
}
