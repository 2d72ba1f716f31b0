//! A global interpreter lock in miniature: threads interpret byte-code, and one at a time has the GIL.
//!
//! ```text
//! cargo run --release --example gil
//! ```
//!
//! It shows with figures why CPU-bound threads gain nothing under a GIL, why I/O-bound ones do, what the switch
//! interval is for, and what happens without a GIL.
//!
//! The Python program, whose interpreter is what this one imitates:
//!
//! ```python
//! import sys, time
//! from threading import Thread
//!
//! def add_up(n=5_000_000):
//!     result = 0
//!     while n:                # at each turn: does another thread want the GIL?
//!         result += n
//!         n -= 1
//!
//! def read(n=10):
//!     for _ in range(n):
//!         time.sleep(0.01)    # the GIL is given up meanwhile, as for a socket or a file
//!
//! def timed(target, threads):
//!     threads = [Thread(target=target) for _ in range(threads)]
//!     start = time.perf_counter()
//!     for t in threads: t.start()
//!     for t in threads: t.join()
//!     print(target.__name__, len(threads), round(time.perf_counter() - start, 2), "s")
//!
//! print(sys.getswitchinterval())      # 0.005
//! timed(add_up, 1); timed(add_up, 2)  # twice as long
//! timed(read, 1); timed(read, 4)      # the same
//! ```
//!
//! # Where the two differ
//!
//! - In Rust there is no such lock: threads run at the same time, and what they share has a lock of its own, which the
//!   compiler insists on. This example puts a GIL in, to see what it does.
//! - CPython's GIL is a mutex and two condition variables of the system. Here they are two `Condition`s over one
//!   `Lock`, which contains the state: one for those who want it, one for the thread that waits until another has taken
//!   it.
//! - A wait in `take` ends by a notify or because the interval is over, and says which. The condition variables of the
//!   system also wake up for no reason, and CPython's code has to allow for it.
//! - The GIL keeps byte-codes apart, not statements. `x += 1` is several of them: see the example `counter`.

mod gil;
mod vm;

use gil::Gil;
use sixfold::Barrier;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};
use vm::{Counts, Op, Runtime};

/// CPython's.
const INTERVAL: Duration = Duration::from_millis(5);
const DEVICE: Duration = Duration::from_millis(10);

const TO_ADD: i64 = 5_000_000;
const TO_READ: i64 = 10;
const TO_TOUCH: i64 = 1_000_000;

fn main() -> ExitCode {
    let right = [cpu_bound(), io_bound(), reference_counts(), interval()];
    if right.contains(&false) {
        eprintln!("the byte-code gave a wrong result, or the GIL was with two threads");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn with_gil() -> Runtime {
    Runtime::new(Some(Gil::new(INTERVAL)), DEVICE)
}

fn without_gil() -> Runtime {
    Runtime::new(None, DEVICE)
}

/// Lets so many threads interpret the code. How long it took, and whether each result is the expected one.
fn run(runtime: &Runtime, threads: usize, code: &[Op], expected: i64) -> (Duration, bool) {
    let start = Barrier::new(threads + 1);
    thread::scope(|scope| {
        let interpreters: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    start.wait().expect("nobody breaks it");
                    runtime.interpret(code)
                })
            })
            .collect();
        // Before they begin: of what comes first after the barrier, nothing is known.
        let began = Instant::now();
        start.wait().expect("nobody breaks it");
        let results = interpreters.into_iter().map(|interpreter| interpreter.join());
        let right = results.filter(|result| matches!(result, Ok(result) if *result == expected)).count();
        (began.elapsed(), right == threads)
    })
}

/// The fastest of some runs, each with a runtime of its own: the others were disturbed. All of them have to be right.
fn fastest(runtime: fn() -> Runtime, threads: usize, code: &[Op], expected: i64) -> (Runtime, Duration, bool) {
    let runs = [(); 5].map(|()| {
        let runtime = runtime();
        let (time, right) = run(&runtime, threads, code, expected);
        let one_at_a_time = runtime.gil.is_none() || runtime.inside.most() == 1;
        (runtime, time, right && one_at_a_time)
    });
    let all_right = runs.iter().all(|(_, _, right)| *right);
    let (runtime, time, _) = runs.into_iter().min_by_key(|(_, time, _)| *time).expect("there are five");
    (runtime, time, all_right)
}

/// A row of a table, and the time that the next rows are compared with.
fn row(name: &str, runtime: &Runtime, threads: usize, time: Duration, alone: Duration) {
    let speed = threads as f64 * alone.as_secs_f64() / time.as_secs_f64();
    let taken = runtime.gil.as_ref().map_or(0, Gil::taken);
    println!(
        "  {name:<36}{threads} x {:>7.1} ms{speed:>8.2}{:>9}{:>9}{taken:>10}",
        time.as_secs_f64() * 1e3,
        runtime.inside.most(),
        runtime.reading.most(),
    );
}

fn head(name: &str) {
    println!("{name:<38}threads, time   speed   inside  reading GIL taken");
}

/// Two threads under a GIL take turns; together they are no faster than one.
fn cpu_bound() -> bool {
    let code = vm::add_up(TO_ADD);
    let sum = TO_ADD * (TO_ADD + 1) / 2;
    head("CPU-bound: adding up");
    let (alone, alone_time, alone_right) = fastest(with_gil, 1, &code, sum);
    row("one thread", &alone, 1, alone_time, alone_time);
    let (under, time, under_right) = fastest(with_gil, 2, &code, sum);
    row("two under the GIL", &under, 2, time, alone_time);
    let (without, time, without_right) = fastest(without_gil, 2, &code, sum);
    row("two without", &without, 2, time, alone_time);
    println!("  inside of the interpreter under the GIL: never more than {} at once", under.inside.most());
    alone_right && under_right && without_right
}

/// Who reads needs no GIL: all threads read at the same time. If it is kept they read one after the other.
fn io_bound() -> bool {
    let code = vm::read(TO_READ);
    head("I/O-bound: reading from a slow device");
    let alone = with_gil();
    let (alone_time, alone_right) = run(&alone, 1, &code, TO_READ);
    row("one thread", &alone, 1, alone_time, alone_time);
    let under = with_gil();
    let (time, under_right) = run(&under, 4, &code, TO_READ);
    row("four under the GIL", &under, 4, time, alone_time);
    let mut keeps = with_gil();
    keeps.lets_go_to_read = false;
    let (time, keeps_right) = run(&keeps, 4, &code, TO_READ);
    row("four that keep the GIL and read", &keeps, 4, time, alone_time);
    println!("  reading with the GIL kept: never more than {} at once", keeps.reading.most());
    alone_right && under_right && keeps_right && under.inside.most() == 1 && keeps.reading.most() == 1
}

/// What the GIL is for: the interpreter's own data, such as the counts of references, need no locks under it.
fn reference_counts() -> bool {
    let code = vm::touch(TO_TOUCH);
    println!("references to a shared object, after two threads have touched it {TO_TOUCH} times each:");
    let report = |name: &str, runtime: &Runtime| {
        let (time, _) = run(runtime, 2, &code, 0);
        let references = runtime.references();
        println!("  {name:<36}{references:>8}, in {:.1} ms", time.as_secs_f64() * 1e3);
        references == 1
    };
    let under = report("plain counts, under the GIL", &with_gil());
    // Too many references: the object is never freed. Too few: it is freed while it is in use.
    report("plain counts, without", &without_gil());
    let mut free_threaded = without_gil();
    free_threaded.counts = Counts::Atomic;
    let atomic = report("atomic counts, without", &free_threaded);
    println!("  one reference is left under the GIL: {under}, and with atomic counts: {atomic}");
    under && atomic
}

/// A thread that comes back from reading asks for the GIL, and gets it an interval later from one that is CPU-bound.
fn interval() -> bool {
    println!("a read of {} ms and getting on, beside a CPU-bound thread:", DEVICE.as_millis());
    let code = vm::read(TO_READ);
    let mut right = true;
    for (name, gil) in [
        ("switch interval 5 ms", Some(Gil::new(INTERVAL))),
        ("switch interval 0.1 ms", Some(Gil::new(INTERVAL / 50))),
        ("without a GIL", None),
    ] {
        let runtime = Runtime::new(gil, DEVICE);
        let time = thread::scope(|scope| {
            scope.spawn(|| runtime.interpret(&vm::spin()));
            let (time, as_expected) = run(&runtime, 1, &code, TO_READ);
            runtime.done.set();
            right &= as_expected;
            time
        });
        println!("  {name:<36}{:>8.1} ms", time.as_secs_f64() * 1e3 / TO_READ as f64);
    }
    right
}
