//! What goes wrong with a queue. Whatever was to be put comes back.

use std::error::Error;
use std::fmt;

/// The queue was shut down. Python: `queue.ShutDown`.
///
/// It carries the item that could not be put, or `()` where nothing could be got.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ShutDown<T = ()>(pub T);

/// Why an item could not be put. It gives the item back. Python: `queue.Full` and `queue.ShutDown`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum PutError<T> {
    /// The queue was full, all the time that the call could wait.
    Full(T),
    /// The queue was shut down.
    ShutDown(T),
}

/// Why no item could be got. Python: `queue.Empty` and `queue.ShutDown`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GetError {
    /// The queue was empty, all the time that the call could wait.
    Empty,
    /// The queue was shut down, and is empty.
    ShutDown,
}

/// [`task_done`](super::QueueOf::task_done) was called more often than items were put. Nothing has changed. Python: `ValueError`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TooManyDone {}

impl<T> ShutDown<T> {
    /// The item that could not be put.
    ///
    /// # Examples
    /// ```
    /// let queue = sixfold_threads::queue::Queue::new();
    /// queue.shutdown(false);
    /// assert_eq!(queue.put("late").unwrap_err().into_item(), "late");
    /// ```
    pub fn into_item(self) -> T {
        self.0
    }
}

impl<T> PutError<T> {
    /// The item that could not be put.
    ///
    /// # Examples
    /// ```
    /// let queue = sixfold_threads::queue::Queue::bounded(1);
    /// queue.try_put(1)?;
    /// assert_eq!(queue.try_put(2).unwrap_err().into_item(), 2);
    /// # Ok::<(), sixfold_threads::queue::PutError<i32>>(())
    /// ```
    pub fn into_item(self) -> T {
        match self {
            Self::Full(item) | Self::ShutDown(item) => item,
        }
    }

    /// Whether it may help to try again later.
    ///
    /// # Examples
    /// ```
    /// let queue = sixfold_threads::queue::Queue::bounded(1);
    /// queue.try_put(1)?;
    /// assert!(queue.try_put(2).unwrap_err().is_full());
    /// # Ok::<(), sixfold_threads::queue::PutError<i32>>(())
    /// ```
    pub const fn is_full(&self) -> bool {
        matches!(self, Self::Full(_))
    }
}

// An item need not be `Debug`: an error is unwrapped whatever it carries.
impl<T> fmt::Debug for ShutDown<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ShutDown(..)")
    }
}

impl<T> fmt::Debug for PutError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_full() { "Full(..)" } else { "ShutDown(..)" })
    }
}

impl<T> fmt::Display for ShutDown<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the queue was shut down")
    }
}

impl<T> fmt::Display for PutError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_full() { "the queue is full" } else { "the queue was shut down" })
    }
}

impl fmt::Display for GetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the queue is empty",
            Self::ShutDown => "the queue was shut down and is empty",
        })
    }
}

impl fmt::Display for TooManyDone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("task_done was called more often than items were put: call it once for each item that you got")
    }
}

impl<T> Error for ShutDown<T> {}
impl<T> Error for PutError<T> {}
impl Error for GetError {}
impl Error for TooManyDone {}

impl<T> From<ShutDown<T>> for PutError<T> {
    fn from(ShutDown(item): ShutDown<T>) -> Self {
        Self::ShutDown(item)
    }
}

impl From<ShutDown> for GetError {
    fn from(_: ShutDown) -> Self {
        Self::ShutDown
    }
}
