//! Python's `queue.Queue`.

use sixfold::{Condition, Lock};
use std::collections::VecDeque;
use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// First in, first out, with room for so many items, and a count of the tasks that are not done.
///
/// Who waits for an item, for room, or for the end of all tasks waits on a condition of its own, so that a notify never
/// goes to one who waits for something else. The three have one lock.
pub struct Queue<T> {
    not_empty: Condition<Arc<Lock<State<T>>>>,
    not_full: Condition<Arc<Lock<State<T>>>>,
    all_tasks_done: Condition<Arc<Lock<State<T>>>>,
    most: usize,
}

struct State<T> {
    items: VecDeque<T>,
    /// Put, and `task_done` was not called for them yet.
    unfinished: usize,
    shut_down: bool,
}

const SHARED: &str = "this thread holds the lock that the three conditions share";

impl<T> Queue<T> {
    /// Python: `Queue(maxsize)`; 0 is without a limit.
    pub fn new(most: usize) -> Self {
        let lock = Arc::new(Lock::with_value(State { items: VecDeque::new(), unfinished: 0, shut_down: false }));
        Self {
            not_empty: Condition::with_lock(lock.clone()),
            not_full: Condition::with_lock(lock.clone()),
            all_tasks_done: Condition::with_lock(lock),
            most: if most == 0 { usize::MAX } else { most },
        }
    }

    /// Waits for room.
    pub fn put(&self, item: T) -> Result<(), PutError<T>> {
        self.put_timeout(item, Duration::MAX)
    }

    /// Python: `put_nowait`.
    pub fn try_put(&self, item: T) -> Result<(), PutError<T>> {
        self.put_timeout(item, Duration::ZERO)
    }

    /// Python: `put(item, timeout=seconds)`.
    pub fn put_timeout(&self, item: T, timeout: Duration) -> Result<(), PutError<T>> {
        let mut state = self.not_full.hold();
        let in_time = state.wait_for_timeout(|state| state.shut_down || state.items.len() < self.most, timeout);
        if state.shut_down {
            return Err(PutError::ShutDown(item));
        }
        if !in_time {
            return Err(PutError::Full(item));
        }
        state.items.push_back(item);
        state.unfinished += 1;
        self.not_empty.notify(1).expect(SHARED);
        Ok(())
    }

    /// Waits for an item.
    pub fn get(&self) -> Result<T, GetError> {
        self.get_timeout(Duration::MAX)
    }

    /// Python: `get_nowait`.
    pub fn try_get(&self) -> Result<T, GetError> {
        self.get_timeout(Duration::ZERO)
    }

    /// Python: `get(timeout=seconds)`.
    pub fn get_timeout(&self, timeout: Duration) -> Result<T, GetError> {
        let mut state = self.not_empty.hold();
        // What it returns is seen at the items.
        let _in_time = state.wait_for_timeout(|state| state.shut_down || !state.items.is_empty(), timeout);
        let Some(item) = state.items.pop_front() else {
            return Err(if state.shut_down { GetError::ShutDown } else { GetError::Empty });
        };
        self.not_full.notify(1).expect(SHARED);
        Ok(item)
    }

    /// A task that was got is done.
    pub fn task_done(&self) -> Result<(), TooManyTasksDone> {
        let mut state = self.all_tasks_done.hold();
        state.unfinished = state.unfinished.checked_sub(1).ok_or(TooManyTasksDone)?;
        if state.unfinished == 0 {
            state.notify_all();
        }
        Ok(())
    }

    /// Waits until every task that was put is done.
    pub fn join(&self) {
        self.all_tasks_done.hold().wait_for(|state| state.unfinished == 0);
    }

    /// False: the time was up, and some tasks are not done. Python has no such call.
    pub fn join_timeout(&self, timeout: Duration) -> bool {
        self.all_tasks_done.hold().wait_for_timeout(|state| state.unfinished == 0, timeout)
    }

    /// Takes no more items; those in it can be got. Whoever waits for room or for an item is told. Python 3.13.
    pub fn shutdown(&self) {
        let mut state = self.not_empty.hold();
        state.shut_down = true;
        state.notify_all();
        self.not_full.notify_all().expect(SHARED);
    }

    /// How many items are in it: old news, if others use it.
    pub fn qsize(&self) -> usize {
        self.not_empty.hold().items.len()
    }

    pub fn empty(&self) -> bool {
        self.qsize() == 0
    }

    pub fn full(&self) -> bool {
        self.qsize() >= self.most
    }
}

/// The item was not put, and is given back.
#[derive(Debug)]
pub enum PutError<T> {
    /// Python: `queue.Full`.
    Full(T),
    /// Python: `queue.ShutDown`.
    ShutDown(T),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GetError {
    /// Python: `queue.Empty`.
    Empty,
    /// Python: `queue.ShutDown`.
    ShutDown,
}

/// `task_done` was called more often than `put`. Python: `ValueError`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyTasksDone;

impl<T> fmt::Display for PutError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full(_) => "the queue is full",
            Self::ShutDown(_) => "the queue is shut down",
        })
    }
}

impl fmt::Display for GetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the queue is empty",
            Self::ShutDown => "the queue is shut down",
        })
    }
}

impl fmt::Display for TooManyTasksDone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("task_done was called more often than there were tasks")
    }
}

impl<T: fmt::Debug> Error for PutError<T> {}
impl Error for GetError {}
impl Error for TooManyTasksDone {}
