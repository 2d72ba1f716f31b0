//! The threads, and the queue of jobs.

use crate::future::{Future, JobError};
use sixfold::{Condition, Lock, Semaphore};
use std::any::Any;
use std::collections::VecDeque;
use std::error::Error;
use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, Thread, ThreadId};

/// Python: `ThreadPoolExecutor`.
pub struct ThreadPool {
    shared: Arc<Shared>,
    most: usize,
}

struct Shared {
    /// Two conditions over one lock.
    work: Condition<Arc<Lock<State>>>,
    a_thread_has_ended: Condition<Arc<Lock<State>>>,
    /// A permit for each thread that waits for work: a job that finds one needs no new thread.
    idle: Semaphore,
}

struct State {
    jobs: VecDeque<Box<dyn Job>>,
    closed: bool,
    threads: Vec<ThreadId>,
}

const NAME: &str = "pool";

pub fn is_worker(thread: &Thread) -> bool {
    thread.name() == Some(NAME)
}

/// Why a job was not taken.
#[derive(Debug)]
pub enum SubmitError {
    ShutDown,
    /// There is no thread yet, and none can be started.
    NoThread(io::Error),
}

impl fmt::Display for SubmitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ShutDown => f.write_str("the pool takes no jobs after its shutdown"),
            Self::NoThread(error) => write!(f, "the pool cannot start a thread: {error}"),
        }
    }
}

impl Error for SubmitError {}

impl ThreadPool {
    /// At most so many threads. They are started when there is work for them.
    pub fn new(most: usize) -> Self {
        let lock = Arc::new(Lock::with_value(State { jobs: VecDeque::new(), closed: false, threads: Vec::new() }));
        let (work, a_thread_has_ended) = (Condition::with_lock(lock.clone()), Condition::with_lock(lock));
        let shared = Shared { work, a_thread_has_ended, idle: Semaphore::new(0) };
        Self { shared: Arc::new(shared), most: most.max(1) }
    }

    /// Has a thread of the pool call `body`.
    pub fn submit<T, F>(&self, body: F) -> Result<Future<T>, SubmitError>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let mut state = self.shared.work.hold();
        if state.closed {
            return Err(SubmitError::ShutDown);
        }
        if !self.shared.idle.try_acquire() && state.threads.len() < self.most {
            // The new thread waits for the lock until this one has added it to the list.
            let shared = self.shared.clone();
            match thread::Builder::new().name(NAME.into()).spawn(move || shared.work_until_closed()) {
                Ok(handle) => state.threads.push(handle.thread().id()),
                Err(error) if state.threads.is_empty() => return Err(SubmitError::NoThread(error)),
                Err(_) => {} // those that are there will do
            }
        }
        let future = Future::new();
        state.jobs.push_back(Box::new(Work { future: future.clone(), body }));
        state.notify(1);
        Ok(future)
    }

    /// How many threads there are.
    pub fn threads(&self) -> usize {
        self.shared.work.hold().threads.len()
    }

    /// Takes no more jobs, and does not wait. Python: `shutdown(wait=False)`.
    pub fn close(&self) {
        let mut state = self.shared.work.hold();
        state.closed = true;
        state.notify_all();
    }

    /// Cancels all jobs that have not begun. Python: `shutdown(cancel_futures=True)`, which closes too.
    pub fn cancel_pending(&self) {
        let jobs = std::mem::take(&mut self.shared.work.hold().jobs);
        // Without the lock: whoever is told of it may submit another job.
        jobs.iter().for_each(|job| job.cancel());
    }

    /// Takes no more jobs, and waits until those that were taken are done and the threads have ended. Python:
    /// `shutdown()`. A job that calls it does not wait for itself.
    pub fn shutdown(&self) {
        self.close();
        let me = thread::current().id();
        self.shared.a_thread_has_ended.hold().wait_for(|state| state.threads.iter().all(|thread| *thread == me));
    }
}

/// Python: the end of a `with` block.
impl Drop for ThreadPool {
    fn drop(&mut self) {
        self.shutdown();
    }
}

impl Shared {
    fn work_until_closed(&self) {
        let _leaving = Leaving(self);
        while let Some(job) = self.next() {
            job.run();
        }
    }

    /// Waits for a job. None: the pool is closed, and all jobs are taken.
    fn next(&self) -> Option<Box<dyn Job>> {
        let mut state = self.work.hold();
        if state.jobs.is_empty() && !state.closed {
            self.idle.release();
            state.wait_for(|state| state.closed || !state.jobs.is_empty());
        }
        state.jobs.pop_front()
    }
}

/// The end of a thread of the pool, however it comes about.
struct Leaving<'a>(&'a Shared);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        let me = thread::current().id();
        let mut state = self.0.a_thread_has_ended.hold();
        state.threads.retain(|thread| *thread != me);
        state.notify_all();
    }
}

/// A job whose result is of any type.
trait Job: Send {
    fn run(self: Box<Self>);
    fn cancel(&self);
}

struct Work<T, F> {
    future: Future<T>,
    body: F,
}

impl<T: Send, F: FnOnce() -> T + Send> Job for Work<T, F> {
    fn run(self: Box<Self>) {
        let Self { future, body } = *self;
        if future.begin() {
            // After a panic nobody sees what `body` has left behind, unless it shares it; and then it is up to that, as
            // it is with the locks of this crate, which do not poison.
            let result = catch_unwind(AssertUnwindSafe(body));
            future.finish(result.map_err(|panic| JobError::Panicked(message(&*panic))));
        }
    }

    fn cancel(&self) {
        self.future.cancel();
    }
}

/// What a panic has said.
fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a text").into()
}
