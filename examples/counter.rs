//! Two threads add to one counter, 100,000 times each: wrong without a lock, right with one.
//!
//! ```text
//! cargo run --release --example counter
//! ```
//!
//! The Python program:
//!
//! ```python
//! from threading import Lock, Thread
//!
//! x = 0
//! lock = Lock()
//!
//! def add(times):
//!     global x
//!     for _ in range(times):
//!         x += 1          # three steps: load x, add 1, store x
//!
//! def add_locked(times):
//!     global x
//!     for _ in range(times):
//!         with lock:
//!             x += 1
//!
//! for target in add, add_locked:
//!     x = 0
//!     threads = [Thread(target=target, args=(100_000,)) for _ in range(2)]
//!     for t in threads: t.start()
//!     for t in threads: t.join()
//!     print(x)            # add: 200000 at most; add_locked: 200000
//! ```
//!
//! # Where the two differ
//!
//! - Python lets you write the race by accident. In Rust `x += 1` on a variable that two threads share does not
//!   compile. What comes closest without `unsafe` is here: an atomic that is loaded and stored in two steps. It loses
//!   updates as Python's does, and is otherwise well defined.
//! - Since CPython 3.10, threads switch only at calls and at the ends of loops, so that the Python program mostly
//!   prints 200000 all the same. That is luck; the free-threaded build prints less. Here both threads run at the same
//!   time.
//! - A Python lock stands beside what it protects, and every use has to remember it. `Lock<T>` contains it, and there
//!   is no way to the value but through the guard. By hand, with a `Lock` beside an atomic, it is as in Python.

use sixfold::{Barrier, Lock};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::thread;

const TIMES: u32 = 100_000;
const EXPECTED: u32 = 2 * TIMES;

fn main() -> ExitCode {
    println!("both load before either stores: {} of 2", one_lost_update());
    println!("without a lock:                 {} of {EXPECTED}", without_a_lock());
    let by_hand = by_hand();
    println!("by hand, acquire and release:   {by_hand} of {EXPECTED}");
    let scoped = scoped();
    println!("scoped, the lock has the value: {scoped} of {EXPECTED}");
    if by_hand == EXPECTED && scoped == EXPECTED { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Two threads, 0 and 1, that begin at the same time. Python's `start` and `join` are the scope: it ends when both have
/// ended.
fn in_two_threads(body: impl Fn(u32) + Sync) {
    let (start, body) = (&Barrier::new(2), &body);
    thread::scope(|scope| {
        for me in 0..2 {
            scope.spawn(move || {
                start.wait().expect("nobody breaks it");
                body(me);
            });
        }
    });
}

/// The schedule that loses an update, forced by a barrier: so it is lost each time.
fn one_lost_update() -> u32 {
    let x = AtomicU32::new(0);
    let both_have_loaded = Barrier::new(2);
    in_two_threads(|_| {
        let old = x.load(Relaxed);
        both_have_loaded.wait().expect("nobody breaks it");
        x.store(old + 1, Relaxed);
    });
    x.into_inner()
}

/// The same steps, as they come. How many updates are lost differs from run to run.
///
/// A thread can lose its processor between any two steps. The whole loop takes less time than a thread needs to get
/// going, so it is made to: mostly after the store, where it does no harm, and seldom before it, where it does.
fn without_a_lock() -> u32 {
    let x = AtomicU32::new(0);
    in_two_threads(|me| {
        for n in 0..TIMES {
            let old = x.load(Relaxed);
            if n % 1000 == 500 * me {
                thread::yield_now();
            }
            x.store(old + 1, Relaxed);
            if n % 100 == 0 {
                thread::yield_now();
            }
        }
    });
    x.into_inner()
}

/// The same two steps once more, and a lock beside the counter, as in Python. It is the lock that orders them.
fn by_hand() -> u32 {
    let x = AtomicU32::new(0);
    let lock = Lock::new();
    in_two_threads(|_| {
        for _ in 0..TIMES {
            lock.acquire();
            let old = x.load(Relaxed);
            x.store(old + 1, Relaxed);
            lock.release().expect("acquired three lines above");
        }
    });
    x.into_inner()
}

/// The lock contains a plain number.
fn scoped() -> u32 {
    let x = Lock::with_value(0);
    in_two_threads(|_| {
        for _ in 0..TIMES {
            *x.hold() += 1;
        }
    });
    x.into_inner()
}
