//! What a job will have returned.

use sixfold::{Condition, ConditionGuard, Lock};
use std::collections::VecDeque;
use std::error::Error;
use std::fmt;
use std::mem;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A timeout that never ends. Python: `None`.
pub const FOREVER: Duration = Duration::MAX;

/// Why there is no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobError {
    /// Not yet; ask again. Python: `TimeoutError`.
    TimedOut,
    /// The job was never begun. Python: `CancelledError`.
    Cancelled,
    /// The job has panicked, and said so. Python: the exception itself.
    Panicked(String),
}

impl fmt::Display for JobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut => f.write_str("not done in time"),
            Self::Cancelled => f.write_str("cancelled before it began"),
            Self::Panicked(message) => write!(f, "the job panicked: {message}"),
        }
    }
}

impl Error for JobError {}

/// The result of a job, now or later. Clones are of the same job.
pub struct Future<T>(Arc<Condition<Lock<State<T>>>>);

struct State<T> {
    stage: Stage<T>,
    when_done: Vec<Box<dyn FnOnce() + Send>>,
}

enum Stage<T> {
    Pending,
    Running,
    Done(Result<T, JobError>),
}

impl<T> State<T> {
    fn is_done(&self) -> bool {
        matches!(self.stage, Stage::Done(_))
    }
}

impl<T> Future<T> {
    pub(crate) fn new() -> Self {
        let state = State { stage: Stage::Pending, when_done: Vec::new() };
        Self(Arc::new(Condition::with_lock(Lock::with_value(state))))
    }

    /// Cancels the job if it has not begun. Whether it is cancelled now.
    pub fn cancel(&self) -> bool {
        let state = self.0.hold();
        if matches!(state.stage, Stage::Pending) {
            settle(state, Err(JobError::Cancelled));
            return true;
        }
        matches!(state.stage, Stage::Done(Err(JobError::Cancelled)))
    }

    /// A thread takes on the job. False: it was cancelled.
    pub(crate) fn begin(&self) -> bool {
        let mut state = self.0.hold();
        let pending = matches!(state.stage, Stage::Pending);
        if pending {
            state.stage = Stage::Running;
        }
        pending
    }

    pub(crate) fn finish(&self, result: Result<T, JobError>) {
        settle(self.0.hold(), result);
    }

    /// Calls back when the job is done, in the thread that has done it; at once if it is done already.
    fn when_done(&self, callback: impl FnOnce() + Send + 'static) {
        let mut state = self.0.hold();
        if state.is_done() {
            drop(state);
            callback();
        } else {
            state.when_done.push(Box::new(callback));
        }
    }
}

/// The result is there. Callbacks run without the lock, as they are free to look at it.
fn settle<T>(mut state: ConditionGuard<'_, Lock<State<T>>>, result: Result<T, JobError>) {
    state.stage = Stage::Done(result);
    state.notify_all();
    let callbacks = mem::take(&mut state.when_done);
    drop(state);
    for callback in callbacks {
        callback();
    }
}

impl<T: Clone> Future<T> {
    /// Waits for the result. It stays there, and can be asked for again.
    pub fn result(&self, timeout: Duration) -> Result<T, JobError> {
        let mut state = self.0.hold();
        // What it returns is what the stage says.
        let _in_time = state.wait_for_timeout(State::is_done, timeout);
        match &state.stage {
            Stage::Done(result) => result.clone(),
            Stage::Pending | Stage::Running => Err(JobError::TimedOut),
        }
    }
}

impl<T> Clone for Future<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// The futures, each as soon as it is done. If some are not within the timeout, the last item is an error.
pub fn as_completed<T>(futures: Vec<Future<T>>, timeout: Duration) -> AsCompleted<T> {
    let done = Arc::new(Condition::default());
    for (n, future) in futures.iter().enumerate() {
        let done: Arc<Condition<Lock<VecDeque<usize>>>> = done.clone();
        future.when_done(move || {
            let mut held = done.hold();
            held.push_back(n);
            held.notify(1);
        });
    }
    let left = futures.len();
    AsCompleted { futures, left, done, deadline: Instant::now().checked_add(timeout) }
}

pub struct AsCompleted<T> {
    futures: Vec<Future<T>>,
    left: usize,
    /// The numbers of those that are done and were not handed out yet.
    done: Arc<Condition<Lock<VecDeque<usize>>>>,
    /// For all of them together. None: for ever.
    deadline: Option<Instant>,
}

impl<T> Iterator for AsCompleted<T> {
    type Item = Result<Future<T>, JobError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            return None;
        }
        let mut done = self.done.hold();
        let in_time = match self.deadline {
            Some(deadline) => done.wait_for_deadline(|done| !done.is_empty(), deadline),
            None => done.wait_for_timeout(|done| !done.is_empty(), FOREVER),
        };
        self.left = if in_time { self.left - 1 } else { 0 };
        Some(done.pop_front().map(|n| self.futures[n].clone()).ok_or(JobError::TimedOut))
    }
}
