//! The pool.

use super::future::{Cell, Failure, Future};
use crate::sys;
use crate::thread::{self, Handle};
use sixfold::{Condition, Lock, LockGuard};
use std::collections::VecDeque;
use std::error::Error;
use std::fmt;
use std::mem;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Threads that run tasks. Python: `concurrent.futures.ThreadPoolExecutor`.
///
/// Its drop is the end of Python's `with`: it takes no more tasks, and waits for those that it has. A task that drops the last handle
/// of its own pool does not wait.
///
/// Tasks begin in the order in which they were submitted. A thread is started with a task for which no other is free, up to
/// the number of workers. Workers are daemons: [`thread::join_all`](crate::thread::join_all) does not wait for a pool, whose
/// owner does.
///
/// # Examples
/// ```
/// use sixfold_threads::futures::ThreadPoolExecutor;
///
/// let pool = ThreadPoolExecutor::new(2);
/// let squares: Result<Vec<_>, _> = pool.map(|n: u32| n * n, 1..=4)?.collect();
/// assert_eq!(squares?, [1, 4, 9, 16]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ThreadPoolExecutor {
    shared: Arc<Shared>,
}

/// How a pool is to be. Python: the arguments of `ThreadPoolExecutor`.
///
/// # Examples
/// ```
/// use sixfold_threads::futures::ThreadPoolExecutor;
///
/// let pool = ThreadPoolExecutor::builder().max_workers(2).thread_name_prefix("crawler").build();
/// let name = pool.submit(|| sixfold_threads::thread::current().name().to_owned()).expect("it is not shut down");
/// assert_eq!(name.result().unwrap(), "crawler_0");
/// ```
#[must_use = "it does nothing before `build`"]
pub struct Builder {
    max_workers: usize,
    prefix: String,
    initializer: Initializer,
}

type Initializer = Option<Box<dyn Fn() + Send + Sync>>;

/// What the pool, its workers and its futures share.
pub(super) struct Shared {
    state: Arc<Lock<State>>,
    changed: Condition<Arc<Lock<State>>>,
    pub(super) max_workers: usize,
    prefix: String,
    initializer: Initializer,
}

pub(super) struct State {
    tasks: VecDeque<Box<dyn Task>>,
    workers: Vec<Handle>,
    /// Workers that wait for a task.
    idle: usize,
    /// Workers that wait for a future of this pool without a limit.
    pub(super) own_waits: usize,
    is_shut_down: bool,
    is_broken: bool,
}

trait Task: Send {
    fn run(self: Box<Self>);
    fn end_early(self: Box<Self>, failure: Failure);
}

struct Call<F, T> {
    closure: F,
    cell: Arc<Cell<T>>,
}

impl<T: Send + 'static, F: FnOnce() -> T + Send> Task for Call<F, T> {
    fn run(self: Box<Self>) {
        let Self { closure, cell } = *self;
        if cell.begin() {
            let result = sys::catch(closure).map_err(Failure::Panicked);
            cell.end(result, false);
        }
    }

    fn end_early(self: Box<Self>, failure: Failure) {
        self.cell.end_early(failure);
    }
}

#[cfg(not(loom))]
thread_local! {
    /// The pool that the thread works for.
    static OWN: std::cell::RefCell<Option<Arc<Shared>>> = const { std::cell::RefCell::new(None) };
}
#[cfg(loom)]
loom::thread_local! {
    static OWN: std::cell::RefCell<Option<Arc<Shared>>> = std::cell::RefCell::new(None);
}

impl Shared {
    pub(super) fn hold(&self) -> LockGuard<'_, State> {
        self.state.hold()
    }

    /// Whether the calling thread is one of its workers.
    pub(super) fn is_own(&self) -> bool {
        OWN.with(|own| own.borrow().as_ref().is_some_and(|own| std::ptr::eq(&**own, self)))
    }

    /// What a worker does.
    fn work(self: Arc<Self>) {
        OWN.with(|own| *own.borrow_mut() = Some(self.clone()));
        if let Some(initializer) = &self.initializer
            && sys::catch(initializer).is_err()
        {
            self.break_down();
            return;
        }
        while let Some(task) = self.next() {
            task.run();
        }
    }

    /// The next task, once there is one. `None`: there will be no more.
    fn next(&self) -> Option<Box<dyn Task>> {
        let mut state = self.hold();
        loop {
            if let Some(task) = state.tasks.pop_front() {
                return Some(task);
            }
            if state.is_shut_down || state.is_broken {
                return None;
            }
            state.idle += 1;
            self.changed.wait_with(&mut state);
            state.idle -= 1;
        }
    }

    fn break_down(&self) {
        let mut state = self.hold();
        state.is_broken = true;
        let tasks = mem::take(&mut state.tasks);
        self.changed.notify_all_with(&state);
        drop(state);
        tasks.into_iter().for_each(|task| task.end_early(Failure::Broken));
    }

    fn shut_down(&self, cancel_futures: bool) {
        let mut state = self.hold();
        state.is_shut_down = true;
        let cancelled = if cancel_futures { mem::take(&mut state.tasks) } else { VecDeque::new() };
        self.changed.notify_all_with(&state);
        drop(state);
        cancelled.into_iter().for_each(|task| task.end_early(Failure::Cancelled));
    }

    /// Waits for the workers. Not in one of them, which another may wait for, too.
    #[track_caller]
    fn join(&self) {
        if !self.is_own() {
            // After a shutdown there are no new ones.
            let workers = self.hold().workers.clone();
            workers.iter().for_each(Handle::wait);
        }
    }
}

impl ThreadPoolExecutor {
    /// A pool of at most so many workers. Python: `ThreadPoolExecutor(max_workers)`.
    ///
    /// # Panics
    /// If `max_workers` is 0.
    ///
    /// # Examples
    /// ```
    /// let pool = sixfold_threads::futures::ThreadPoolExecutor::new(4);
    /// assert_eq!(pool.max_workers(), 4);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn new(max_workers: usize) -> Self {
        Self::builder().max_workers(max_workers).build()
    }

    /// A pool with more to say about.
    ///
    /// # Examples
    /// See [`Builder`].
    pub fn builder() -> Builder {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Builder { max_workers: 32.min(cores + 4), prefix: "ThreadPoolExecutor".into(), initializer: None }
    }

    /// How many workers it has at most.
    ///
    /// # Examples
    /// ```
    /// assert!(sixfold_threads::futures::ThreadPoolExecutor::default().max_workers() >= 5);
    /// ```
    #[must_use]
    pub fn max_workers(&self) -> usize {
        self.shared.max_workers
    }

    /// Lets a worker run `closure`. Python: `submit(closure)`.
    ///
    /// # Errors
    /// [`SubmitError`], with the closure.
    ///
    /// # Examples
    /// ```
    /// let pool = sixfold_threads::futures::ThreadPoolExecutor::new(1);
    /// let future = pool.submit(|| 6 * 7).expect("it is not shut down");
    /// assert_eq!(future.result().unwrap(), 42);
    /// ```
    pub fn submit<T: Send + 'static, F>(&self, closure: F) -> Result<Future<T>, SubmitError<F>>
    where
        F: FnOnce() -> T + Send + 'static,
    {
        let shared = &self.shared;
        let mut state = shared.hold();
        if state.is_broken {
            return Err(SubmitError::Broken(closure));
        }
        if state.is_shut_down {
            return Err(SubmitError::ShutDown(closure));
        }
        if state.tasks.len() >= state.idle && state.workers.len() < shared.max_workers {
            let worker = thread::Builder::new().name(format!("{}_{}", shared.prefix, state.workers.len())).daemon(true);
            let work = shared.clone();
            match worker.spawn(move || work.work()) {
                Ok(worker) => state.workers.push(worker.handle().clone()),
                // The others will come to it.
                Err(_) if !state.workers.is_empty() => {}
                Err(error) => return Err(SubmitError::NoThread(closure, error)),
            }
        }
        let cell = Cell::new(shared.clone());
        state.tasks.push_back(Box::new(Call { closure, cell: cell.clone() }));
        shared.changed.notify_with(&state, 1);
        Ok(Future(cell))
    }

    /// Lets workers call `function` with each of `items`. The results come in the order of the items, each once it is there. Python:
    /// `map(function, items)`.
    ///
    /// All are submitted at once. What has not begun when the iterator is dropped is cancelled.
    ///
    /// # Errors
    /// [`SubmitError`], with what was not submitted: its closure calls `function`.
    ///
    /// # Examples
    /// ```
    /// let pool = sixfold_threads::futures::ThreadPoolExecutor::new(2);
    /// let lengths = pool.map(|word: &str| word.len(), ["one", "three"]).expect("it is not shut down");
    /// assert_eq!(lengths.map(Result::unwrap).collect::<Vec<_>>(), [3, 5]);
    /// ```
    pub fn map<I, T, F>(&self, function: F, items: I) -> Result<Map<T>, SubmitError<()>>
    where
        I: IntoIterator<Item: Send + 'static>,
        T: Send + 'static,
        F: Fn(I::Item) -> T + Send + Sync + 'static,
    {
        self.map_until(function, items, None)
    }

    /// As [`map`](Self::map), and the results must come within `timeout` from now. Python: `map(function, items, timeout=t)`.
    ///
    /// The first that does not is [`Failure::TimedOut`], and the last that comes.
    ///
    /// # Errors
    /// As [`map`](Self::map).
    ///
    /// # Examples
    /// ```
    /// use sixfold_threads::futures::{Failure, ThreadPoolExecutor};
    /// use std::time::Duration;
    ///
    /// let pool = ThreadPoolExecutor::new(1);
    /// let slow = |millis| std::thread::sleep(Duration::from_millis(millis));
    /// let mut results = pool.map_timeout(slow, [0, 100, 0], Duration::from_millis(10)).expect("it is not shut down");
    /// let last = results.by_ref().last().expect("three items");
    /// assert!(matches!(last, Err(Failure::TimedOut)));
    /// ```
    pub fn map_timeout<I, T, F>(&self, function: F, items: I, timeout: Duration) -> Result<Map<T>, SubmitError<()>>
    where
        I: IntoIterator<Item: Send + 'static>,
        T: Send + 'static,
        F: Fn(I::Item) -> T + Send + Sync + 'static,
    {
        self.map_until(function, items, Instant::now().checked_add(timeout))
    }

    fn map_until<I, T, F>(&self, function: F, items: I, deadline: Option<Instant>) -> Result<Map<T>, SubmitError<()>>
    where
        I: IntoIterator<Item: Send + 'static>,
        T: Send + 'static,
        F: Fn(I::Item) -> T + Send + Sync + 'static,
    {
        let function = Arc::new(function);
        let mut map = Map { futures: VecDeque::new(), deadline };
        for item in items {
            let function = function.clone();
            map.futures.push_back(self.submit(move || function(item)).map_err(SubmitError::without_closure)?);
        }
        Ok(map)
    }

    /// Takes no more tasks. Python: `shutdown(wait, cancel_futures)`.
    ///
    /// Tasks that have begun are finished. Those that have not are cancelled if `cancel_futures`, and run otherwise. If `wait`, the
    /// call returns once all workers have ended; in a task of this pool, which could wait for itself, at once. To call it again
    /// is no error.
    ///
    /// # Examples
    /// ```
    /// let pool = sixfold_threads::futures::ThreadPoolExecutor::new(1);
    /// pool.shutdown(true, false);
    /// assert!(pool.submit(|| ()).is_err());
    /// ```
    #[track_caller]
    pub fn shutdown(&self, wait: bool, cancel_futures: bool) {
        self.shared.shut_down(cancel_futures);
        if wait {
            self.shared.join();
        }
    }
}

impl Default for ThreadPoolExecutor {
    /// Four workers more than there are cores, but at most 32. Python: `ThreadPoolExecutor()`.
    fn default() -> Self {
        Self::builder().build()
    }
}

impl Drop for ThreadPoolExecutor {
    fn drop(&mut self) {
        self.shutdown(true, false);
    }
}

impl fmt::Debug for ThreadPoolExecutor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.shared.hold();
        f.debug_struct("ThreadPoolExecutor")
            .field("max_workers", &self.shared.max_workers)
            .field("workers", &state.workers.len())
            .field("idle", &state.idle)
            .field("tasks", &state.tasks.len())
            .field("is_shut_down", &state.is_shut_down)
            .finish_non_exhaustive()
    }
}

impl Builder {
    /// At most so many workers. Otherwise: four more than there are cores, but at most 32. Python: `max_workers`.
    ///
    /// # Panics
    /// [`build`](Self::build) panics if it is 0.
    pub fn max_workers(mut self, max_workers: usize) -> Self {
        self.max_workers = max_workers;
        self
    }

    /// Names the workers `prefix_0`, `prefix_1` and so on. Python: `thread_name_prefix`.
    pub fn thread_name_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Lets each worker call `initializer` before its first task. Python: `initializer`.
    ///
    /// If it panics, the pool is broken: what was submitted fails with [`Failure::Broken`], and nothing more can be submitted.
    ///
    /// # Examples
    /// ```
    /// use sixfold_threads::futures::{Failure, ThreadPoolExecutor};
    ///
    /// let pool = ThreadPoolExecutor::builder().initializer(|| panic!("no luck")).build();
    /// if let Ok(future) = pool.submit(|| 1) {
    ///     assert!(matches!(future.result(), Err(Failure::Broken)));
    /// }
    /// ```
    pub fn initializer(mut self, initializer: impl Fn() + Send + Sync + 'static) -> Self {
        self.initializer = Some(Box::new(initializer));
        self
    }

    /// The pool. It has no worker before its first task.
    ///
    /// # Panics
    /// If `max_workers` is 0, or if the prefix has a NUL byte.
    #[must_use]
    #[track_caller]
    pub fn build(self) -> ThreadPoolExecutor {
        assert!(self.max_workers > 0, "a pool needs at least one worker");
        assert!(!self.prefix.contains('\0'), "the name of a thread must have no NUL byte");
        let state = State {
            tasks: VecDeque::new(),
            workers: Vec::new(),
            idle: 0,
            own_waits: 0,
            is_shut_down: false,
            is_broken: false,
        };
        let state = Arc::new(Lock::with_value(state));
        let shared = Shared {
            changed: Condition::with_lock(state.clone()),
            state,
            max_workers: self.max_workers,
            prefix: self.prefix,
            initializer: self.initializer,
        };
        ThreadPoolExecutor { shared: Arc::new(shared) }
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("max_workers", &self.max_workers)
            .field("thread_name_prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

/// Why a task could not be submitted. It gives the closure back. Python: `RuntimeError` and `BrokenThreadPool`.
#[non_exhaustive]
pub enum SubmitError<F> {
    /// The pool was shut down.
    ShutDown(F),
    /// The pool's initializer panicked.
    Broken(F),
    /// The system cannot start a thread, and the pool has none.
    NoThread(F, std::io::Error),
}

impl<F> SubmitError<F> {
    /// The closure.
    ///
    /// # Examples
    /// ```
    /// let pool = sixfold_threads::futures::ThreadPoolExecutor::new(1);
    /// pool.shutdown(true, false);
    /// let closure = pool.submit(|| 6 * 7).unwrap_err().into_closure();
    /// assert_eq!(closure(), 42);
    /// ```
    pub fn into_closure(self) -> F {
        match self {
            Self::ShutDown(closure) | Self::Broken(closure) | Self::NoThread(closure, _) => closure,
        }
    }

    fn without_closure(self) -> SubmitError<()> {
        match self {
            Self::ShutDown(_) => SubmitError::ShutDown(()),
            Self::Broken(_) => SubmitError::Broken(()),
            Self::NoThread(_, error) => SubmitError::NoThread((), error),
        }
    }
}

impl<F> fmt::Debug for SubmitError<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ShutDown(_) => f.write_str("ShutDown(..)"),
            Self::Broken(_) => f.write_str("Broken(..)"),
            Self::NoThread(_, error) => write!(f, "NoThread(.., {error:?})"),
        }
    }
}

impl<F> fmt::Display for SubmitError<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ShutDown(_) => f.write_str("the pool was shut down, and takes no more tasks"),
            Self::Broken(_) => f.write_str("the pool is broken: its initializer panicked, see its message"),
            Self::NoThread(_, error) => write!(f, "the system cannot start a thread for the task: {error}"),
        }
    }
}

impl<F> Error for SubmitError<F> {}

/// The results of a [`ThreadPoolExecutor::map`], in the order of its items.
#[derive(Debug)]
#[must_use = "its drop cancels what has not begun"]
pub struct Map<T: Send + 'static> {
    futures: VecDeque<Future<T>>,
    deadline: Option<Instant>,
}

impl<T: Send + 'static> Iterator for Map<T> {
    type Item = Result<T, Failure>;

    #[track_caller]
    fn next(&mut self) -> Option<Result<T, Failure>> {
        let future = self.futures.pop_front()?;
        let Some(deadline) = self.deadline else { return Some(future.result()) };
        Some(future.result_deadline(deadline).unwrap_or_else(|late| {
            late.cancel();
            self.cancel();
            Err(Failure::TimedOut)
        }))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (usize::from(!self.futures.is_empty()), Some(self.futures.len()))
    }
}

impl<T: Send + 'static> Map<T> {
    fn cancel(&mut self) {
        self.futures.drain(..).for_each(|future| _ = future.cancel());
    }
}

impl<T: Send + 'static> Drop for Map<T> {
    fn drop(&mut self) {
        self.cancel();
    }
}
