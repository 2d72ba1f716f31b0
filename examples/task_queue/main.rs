//! Producer and consumers with a queue as `queue.Queue`: `put`, `get`, `task_done`, `join`, and timeouts.
//!
//! ```text
//! cargo run --release --example task_queue
//! ```
//!
//! `queue.rs` has the queue: three conditions over one lock, as in Python.
//!
//! The Python program:
//!
//! ```python
//! from queue import Empty, Full, Queue
//! from threading import Lock, Thread
//!
//! q, total, lock = Queue(maxsize=2), 0, Lock()
//!
//! def produce():
//!     for n in range(1, 21):
//!         q.put(n)
//!
//! def consume():
//!     global total
//!     while (n := q.get()) is not None:
//!         with lock:
//!             total += n * n
//!         q.task_done()
//!
//! consumers = [Thread(target=consume) for _ in range(3)]
//! producer = Thread(target=produce)
//! for t in consumers + [producer]: t.start()
//! producer.join()
//! q.join()                            # until each task is done
//! print(total)                        # 2870
//! for _ in consumers: q.put(None)     # since 3.13: q.shutdown()
//! for t in consumers: t.join()
//!
//! q = Queue(maxsize=1)
//! q.put("a")
//! try: q.put("b", timeout=0.01)
//! except Full: print("full")
//! q.get(); q.task_done()
//! try: q.get(timeout=0.01)
//! except Empty: print("empty")
//! try: q.task_done()
//! except ValueError as error: print(error)
//! ```
//!
//! # Where the two differ
//!
//! - `Queue.join` takes no timeout in Python. Here every wait has one: `join_timeout` tells whether all tasks are done.
//! - `Full` gives the item back here: in Rust the queue owns what was put into it, and what was not put is the
//!   caller's.
//! - The notify of a Python condition can go to a thread whose time is up, and is lost with it. `queue.Queue` gets by,
//!   because it looks at the queue again. With these conditions a notify goes to a thread that makes use of it.
//! - `put(item, block=False)` is `try_put`. A negative timeout is a `ValueError` there; a `Duration` cannot be
//!   negative.
//! - An exception between `get` and `task_done` leaves the task undone, and `join` hangs. That is the same, and could
//!   be avoided here by a guard.

mod queue;

use queue::{GetError, PutError, Queue};
use sixfold::Lock;
use std::error::Error;
use std::thread;
use std::time::Duration;

const TASKS: u64 = 20;
const A_MOMENT: Duration = Duration::from_millis(10);

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    produce_and_consume()?;
    timeouts_and_errors()
}

fn produce_and_consume() -> Result<(), Box<dyn Error + Send + Sync>> {
    let queue = Queue::new(2);
    let total = Lock::with_value(0);
    let consume = || {
        let mut done = 0;
        while let Ok(n) = queue.get() {
            *total.hold() += n * n;
            done += 1;
            queue.task_done()?;
        }
        Ok::<u64, Box<dyn Error + Send + Sync>>(done)
    };
    thread::scope(|scope| {
        let consumers = [(); 3].map(|()| scope.spawn(consume));
        for n in 1..=TASKS {
            queue.put(n)?;
        }
        queue.join();
        println!("{TASKS} tasks are done, their squares add up to {}", total.hold());
        queue.shutdown();
        let mut done = 0;
        for consumer in consumers {
            done += consumer.join().map_err(|_| "a consumer has panicked")??;
        }
        println!("three consumers have done {done}");
        Ok(())
    })
}

fn timeouts_and_errors() -> Result<(), Box<dyn Error + Send + Sync>> {
    let queue = Queue::new(1);
    queue.put("a")?;
    println!("in the queue: {}, full: {}, empty: {}", queue.qsize(), queue.full(), queue.empty());
    match queue.put_timeout("b", A_MOMENT) {
        Err(PutError::Full(item)) => println!("put with a timeout: full, and {item:?} is given back"),
        other => return Err(format!("it had to be full, but: {other:?}").into()),
    }
    println!("put without waiting: {}", queue.try_put("c").map_or_else(|error| error.to_string(), |()| "done".into()));
    println!("join with a timeout, before the task is done: {}", queue.join_timeout(A_MOMENT));
    println!("get: {:?}", queue.get()?);
    println!("join with a timeout, after get alone: {}", queue.join_timeout(A_MOMENT));
    queue.task_done()?;
    println!("join with a timeout, after task_done: {}", queue.join_timeout(A_MOMENT));
    match queue.get_timeout(A_MOMENT) {
        Err(GetError::Empty) => println!("get with a timeout: {}", GetError::Empty),
        other => return Err(format!("it had to be empty, but: {other:?}").into()),
    }
    println!("get without waiting: {}", queue.try_get().map_or_else(|error| error.to_string(), Into::into));
    match queue.task_done() {
        Err(error) => println!("task_done once more: {error}"),
        Ok(()) => return Err("one task_done too many was accepted".into()),
    }

    queue.put("last")?;
    queue.shutdown();
    match queue.put("later") {
        Err(PutError::ShutDown(item)) => println!("put after shutdown: {item:?} is given back"),
        other => return Err(format!("it had to be shut down, but: {other:?}").into()),
    }
    println!(
        "get after shutdown: {:?}, then: {}",
        queue.get()?,
        queue.get().map_or_else(|e| e.to_string(), Into::into)
    );
    Ok(())
}
