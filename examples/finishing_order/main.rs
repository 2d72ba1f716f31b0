//! Threads that sleep different times and finish in another order than they were started in; with `join`, a count of
//! live threads, and names.
//!
//! ```text
//! cargo run --release --example finishing_order -- [--verify]
//! ```
//!
//! With `--verify` nobody sleeps in truth: time jumps to the next alarm as soon as every thread waits, and the output
//! is the same each time.
//!
//! The Python program:
//!
//! ```python
//! import time
//! from threading import Event, Thread, active_count, current_thread, enumerate
//!
//! def nap(ms):
//!     time.sleep(ms / 1000)
//!     print(current_thread().name, "is done;", active_count(), "live")
//!
//! threads = [Thread(target=nap, args=(ms,), name=f"sleeper-{ms}") for ms in (300, 100, 400, 200)]
//! for t in threads: t.start()
//! print([t.name for t in enumerate()])
//! for t in threads: t.join()
//! print(active_count())           # 1: the main thread counts
//!
//! go = Event()
//! t = Thread(target=go.wait)
//! t.start()
//! t.join(timeout=0.01)
//! print(t.is_alive())             # True: join gave up
//! go.set()
//! t.join()
//! ```
//!
//! # Where the two differ
//!
//! - std keeps no list of threads. `threads.rs` keeps one, in a `Lock` with a `Condition`.
//! - `join` in Rust takes no timeout, and `Thread.join` does not tell whether it gave up. Here each thread sets an
//!   `Event` when it ends, and `join_timeout` waits for that and returns a `bool`.
//! - `join` in Rust hands over what the thread has returned, or its panic. `Thread.join` returns `None`, and an
//!   exception in the thread is printed and forgotten.
//! - Python waits at its end for all threads that are no daemons. In Rust the process ends with `main`: a thread that
//!   nobody joins is a daemon. `std::thread::scope` joins all of its threads.

mod threads;

use sixfold::{Event, Lock};
use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use threads::{Clock, Threads};

const NAPS: [u64; 4] = [300, 100, 400, 200];

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let clock = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => Clock::Wall,
        ["--verify"] => Clock::Virtual,
        _ => return Err("usage: finishing_order [--verify]".into()),
    };
    let threads = Arc::new(Threads::new(clock));

    // Each thread prints under the lock, so that the lines and the list have the same order.
    let finished = Arc::new(Lock::with_value(Vec::new()));
    let mut sleepers = Vec::new();
    for nap in NAPS {
        let body = {
            let (threads, finished) = (threads.clone(), finished.clone());
            move || {
                threads.sleep(Duration::from_millis(nap));
                let mut finished = finished.hold();
                finished.push(nap);
                println!("{} is done; {} live", threads::name(), threads.active_count());
                nap
            }
        };
        sleepers.push(threads.start(&format!("sleeper-{nap}"), body)?);
    }
    println!("started: {}", threads.enumerate().join(", "));

    let mut slept = 0;
    for sleeper in sleepers {
        slept += sleeper.join().map_err(|_| "a sleeper has panicked")?;
    }
    println!("all joined; {} live; together they slept {slept} ms", threads.active_count());
    println!("started {NAPS:?}, finished {:?}", *finished.hold());

    let go = Arc::new(Event::new());
    let waiter = threads.start("waiter", {
        let go = go.clone();
        move || go.wait()
    })?;
    let ended = waiter.join_timeout(Duration::from_millis(10));
    println!("{} ended within 10 ms: {ended}; alive: {}", waiter.name(), waiter.is_alive());
    go.set();
    let ended = waiter.join_timeout(Duration::MAX);
    println!("after the event it ended: {ended}; alive: {}", waiter.is_alive());
    Ok(())
}
