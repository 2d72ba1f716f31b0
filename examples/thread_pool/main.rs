//! A pool of threads in the shape of `concurrent.futures`: `submit`, `result`, `as_completed`, `shutdown`.
//!
//! ```text
//! cargo run --release --example thread_pool
//! ```
//!
//! `pool.rs` has the threads and their queue, `future.rs` the results. Both are made of this crate's types alone.
//!
//! The Python program:
//!
//! ```python
//! from concurrent.futures import ThreadPoolExecutor, TimeoutError, as_completed
//! from threading import Event
//!
//! def fails():
//!     raise ValueError("page not found")
//!
//! with ThreadPoolExecutor(max_workers=3) as pool:
//!     print(pool.submit(pow, 2, 10).result())
//!
//!     go = Event()
//!     slow = pool.submit(go.wait)
//!     try:
//!         slow.result(timeout=0.01)
//!     except TimeoutError:
//!         print("not yet")
//!     go.set()
//!     print(slow.result())
//!
//!     jobs = [pool.submit(pow, n, 2) for n in range(3)]
//!     for done in as_completed(jobs, timeout=60):
//!         print(done.result())
//!
//!     try:
//!         pool.submit(fails).result()
//!     except ValueError as error:
//!         print(error)
//! # shutdown(wait=True) is the end of the block
//! ```
//!
//! # Where the two differ
//!
//! - An exception in a job is raised again by `result`. Here a panic in a job is an `Err` of `result`. The thread goes
//!   on, and nothing that it used is poisoned.
//! - `result` can be called often, so it clones the value: jobs with large results return an `Arc`.
//! - A timeout of `None` is `FOREVER`, which is `Duration::MAX`: in this crate, that never ends.
//! - `shutdown(wait, cancel_futures)` is three calls: `close`, `cancel_pending` and `shutdown`. The last is also what
//!   dropping the pool does, and waits, as the end of the `with` block.
//! - A job that waits for a job behind it in the queue waits for ever if all threads do so. That is the same.

mod future;
mod pool;

use future::{FOREVER, Future, JobError, as_completed};
use pool::ThreadPool;
use sixfold::Event;
use std::error::Error;
use std::panic;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

fn main() -> Result<(), Box<dyn Error>> {
    // What a job's panic says is told by `result`, and needs no report of its own.
    let hook = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !pool::is_worker(&thread::current()) {
            hook(info);
        }
    }));

    let pool = ThreadPool::new(3);

    let power = pool.submit(|| 2_u32.pow(10))?;
    println!("submit and result: {}", power.result(FOREVER)?);

    let go = Arc::new(Event::new());
    let slow = pool.submit({
        let go = go.clone();
        move || go.wait()
    })?;
    println!("result within 10 ms: {}", told(slow.result(Duration::from_millis(10)).map(|()| "done")));
    go.set();
    println!("result after the event: {}", told(slow.result(FOREVER).map(|()| "done")));

    in_the_order_of_completion(&pool)?;

    let fails: Future<u32> = pool.submit(|| panic!("page not found"))?;
    println!("a job that panics: {}", told(fails.result(FOREVER)));
    let jobs = (1..=100_u64).map(|n| pool.submit(move || n * n)).collect::<Result<Vec<_>, _>>()?;
    let sum = jobs.iter().map(|job| job.result(FOREVER)).sum::<Result<u64, _>>()?;
    println!("the pool after that: 100 jobs add up to {sum}, on {} threads", pool.threads());

    cancelled(&pool)?;

    pool.shutdown();
    let refused = pool.submit(|| ()).err().ok_or("a pool that was shut down took a job")?;
    println!("submit after shutdown: {refused}; {} threads are left", pool.threads());
    Ok(())
}

fn told<T: std::fmt::Display>(result: Result<T, JobError>) -> String {
    result.map_or_else(|error| error.to_string(), |value| value.to_string())
}

/// Each job waits for its own event, and main lets them go from the last to the first.
fn in_the_order_of_completion(pool: &ThreadPool) -> Result<(), Box<dyn Error>> {
    let events: Vec<Arc<Event>> = (0..3).map(|_| Arc::new(Event::new())).collect();
    let mut jobs = Vec::new();
    for (n, event) in events.iter().enumerate() {
        let event = event.clone();
        jobs.push(pool.submit(move || {
            event.wait();
            n
        })?);
    }
    let mut to_go = events.iter().rev();
    let mut completed = Vec::new();
    to_go.next().into_iter().for_each(|event| event.set());
    for done in as_completed(jobs, Duration::from_secs(60)) {
        completed.push(done?.result(FOREVER)?);
        to_go.next().into_iter().for_each(|event| event.set());
    }
    println!("submitted 0, 1, 2; as completed: {completed:?}");
    Ok(())
}

/// All threads are busy, so a further job is pending and can be cancelled. One that runs cannot.
fn cancelled(pool: &ThreadPool) -> Result<(), Box<dyn Error>> {
    let (started, go) = (Arc::new(sixfold::Semaphore::new(0)), Arc::new(Event::new()));
    let mut busy = Vec::new();
    for _ in 0..3 {
        let (started, go) = (started.clone(), go.clone());
        busy.push(pool.submit(move || {
            started.release();
            go.wait();
        })?);
    }
    (0..3).for_each(|_| started.acquire());
    let pending = pool.submit(|| unreachable!("it is cancelled"))?;
    println!("cancel a running job: {}, a pending one: {}", busy[0].cancel(), pending.cancel());
    println!("result of the cancelled job: {}", told(pending.result(FOREVER).map(|()| "done")));
    let other = pool.submit(|| ())?;
    pool.cancel_pending();
    println!("result after cancel_pending: {}", told(other.result(FOREVER).map(|()| "done")));
    go.set();
    for job in busy {
        job.result(FOREVER)?;
    }
    Ok(())
}
