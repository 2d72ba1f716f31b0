//! Thread pools and what their tasks come to: Python's `concurrent.futures`.
//!
//! | Python | here |
//! |---|---|
//! | `ThreadPoolExecutor(n)` | [`ThreadPoolExecutor::new(n)`](ThreadPoolExecutor::new) |
//! | `thread_name_prefix=`, `initializer=` | [`ThreadPoolExecutor::builder()`](ThreadPoolExecutor::builder) |
//! | `submit(f)` | [`submit(f)`](ThreadPoolExecutor::submit) |
//! | `map(f, items)`, `timeout=` | [`map`](ThreadPoolExecutor::map), [`map_timeout`](ThreadPoolExecutor::map_timeout) |
//! | `with … as pool:`, `shutdown(wait, cancel_futures)` | the pool's drop, [`shutdown`](ThreadPoolExecutor::shutdown) |
//! | `future.result()`, `result(timeout)` | [`result`](Future::result), [`result_timeout`](Future::result_timeout), [`result_deadline`](Future::result_deadline) |
//! | `exception()`, `exception(timeout)` | [`exception`](Future::exception): the panic's message; [`exception_timeout`](Future::exception_timeout), [`exception_deadline`](Future::exception_deadline) |
//! | `done()`, `running()`, `cancelled()`, `cancel()` | the same |
//! | `add_done_callback(f)` | [`add_done_callback`](Future::add_done_callback) |
//! | `wait(fs, timeout, return_when)` | [`wait`], [`wait_timeout`], with [`ReturnWhen`] |
//! | `as_completed(fs, timeout)` | [`as_completed`], [`as_completed_timeout`] |
//! | `CancelledError`, `BrokenThreadPool`, an exception of the task | [`Failure`] |
//! | `TimeoutError` | [`TimeoutError`] of `exception_timeout`, [`TimedOut`] of `as_completed_timeout`, [`Failure::TimedOut`] of `map_timeout`; `result_timeout` gives the future back |
//! | `RuntimeError` after a shutdown | [`SubmitError`] |
//!
//! # Examples
//! ```
//! use sixfold_threads::futures::{ThreadPoolExecutor, as_completed};
//!
//! let pool = ThreadPoolExecutor::new(4);
//! let lengths = ["one", "three"].map(|word| pool.submit(move || word.len()).expect("it is not shut down"));
//! let total: usize = as_completed(lengths).map(|length| length.result().expect("no task panics")).sum();
//! assert_eq!(total, 8);
//! ```

mod future;
mod pool;
mod waiting;

pub use self::future::{Failure, Future, TimeoutError};
pub use self::pool::{Builder, Map, SubmitError, ThreadPoolExecutor};
pub use self::waiting::{
    AsCompleted, AsCompletedTimed, ReturnWhen, TimedOut, Waited, as_completed, as_completed_deadline,
    as_completed_timeout, wait, wait_deadline, wait_timeout,
};
