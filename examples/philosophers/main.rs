//! The dining philosophers: the deadlock, detected rather than hung, and three cures.
//!
//! ```text
//! cargo run --release --example philosophers -- [--meals N]
//! ```
//!
//! On a terminal, the philosophers take their time, and one sees who eats. Otherwise they hurry.
//!
//! The Python program:
//!
//! ```python
//! from threading import Barrier, Condition, Lock, Semaphore, Thread
//!
//! N, MEALS = 5, 100
//! forks = [Lock() for _ in range(N)]
//! met = Barrier(N)
//! seats = Semaphore(N - 1)
//! monitor, eating = Condition(), [False] * N
//!
//! def deadlock(p):                        # each has the left fork and waits for the right one
//!     forks[p].acquire()
//!     met.wait()
//!     if not forks[(p + 1) % N].acquire(timeout=0.05):
//!         print(p, "starves")
//!     met.wait()
//!     forks[p].release()
//!
//! def ordered_forks(p, eat):
//!     first, second = sorted([p, (p + 1) % N])
//!     with forks[first], forks[second]:
//!         eat(p)
//!
//! def one_seat_less(p, eat):
//!     with seats, forks[p], forks[(p + 1) % N]:
//!         eat(p)
//!
//! def both_or_none(p, eat):
//!     with monitor:
//!         monitor.wait_for(lambda: not eating[p - 1] and not eating[(p + 1) % N])
//!         eating[p] = True
//!     eat(p)
//!     with monitor:
//!         eating[p] = False
//!         monitor.notify_all()
//!
//! threads = [Thread(target=deadlock, args=(p,)) for p in range(N)]
//! for t in threads: t.start()
//! for t in threads: t.join()
//! for cure in ordered_forks, one_seat_less, both_or_none:
//!     meals = [0] * N
//!     def eat(p): meals[p] += 1
//!     def dine(p):
//!         for _ in range(MEALS): cure(p, eat)
//!     threads = [Thread(target=dine, args=(p,)) for p in range(N)]
//!     for t in threads: t.start()
//!     for t in threads: t.join()
//!     print(cure.__name__, meals)
//! ```
//!
//! # Where the two differ
//!
//! - `acquire(timeout=seconds)` is `acquire_timeout(Duration)`; both tell by a `bool` whether the lock was acquired.
//! - The Python monitor guards a list beside it. Here `Condition<Lock<[bool; N]>>` contains the array, and the
//!   predicate of `wait_for` gets it. `Condition()` alone would have an `RLock` there and here.
//! - CPython promises nothing about who gets a lock next. Here nobody who waits for a fork is passed for ever. Neither
//!   makes the monitor fair: if one of two neighbours always eats, the one between them starves. It is told to look each
//!   time, and each time it may not.

mod dinner;
mod tables;

use std::error::Error;
use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::time::Duration;
use tables::{BothOrNone, OneSeatLess, OrderedForks, SEATS, Table};

/// So long a philosopher waits for a fork before it is said to starve.
const PATIENCE: Duration = Duration::from_millis(50);

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
    let show = io::stdout().is_terminal();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let meals = match &arguments[..] {
        [] if show => 40,
        [] => 500,
        [name, number] if name == "--meals" => {
            number.parse::<u32>().map_err(|error| format!("--meals {number}: {error}"))?
        }
        _ => return Err("usage: philosophers [--meals N]".into()),
    };

    println!("everybody takes the left fork first:");
    let starving = dinner::deadlock(PATIENCE);
    for (who, for_whom) in starving.iter().enumerate() {
        match for_whom {
            Some(other) => println!("  {who} has the left fork and waits for the other one, which {other} has"),
            None => println!("  {who} has both forks"),
        }
    }
    match circle(&starving) {
        Some(circle) => println!("  a deadlock: {}", circle.join(" waits for ")),
        None => return Err("no deadlock, though all have met with a fork in their hands".into()),
    }

    if show {
        println!("\ncures (. thinks, ? is hungry, E eats):");
    } else {
        println!("cures:");
    }
    let cures: [(&str, &dyn Table); 3] = [
        ("ordered forks", &OrderedForks::default()),
        ("one seat less", &OneSeatLess::default()),
        ("both forks or none", &BothOrNone::default()),
    ];
    let mut times = Vec::new();
    for (name, table) in cures {
        let report = dinner::dine(name, table, meals, show);
        if report.beside_an_eater > 0 || report.meals != [meals; SEATS] {
            return Err(format!("{name}: {report:?}").into());
        }
        println!("  {name}: {SEATS} philosophers ate {meals} times each, never beside one who ate");
        times.push(format!("{:.1} ms", report.time.as_secs_f64() * 1e3));
    }
    println!("  it took {}", times.join(", "));
    Ok(())
}

/// Follows who waits for whom, until it comes back to where it has been.
fn circle(waits_for: &[Option<usize>]) -> Option<Vec<String>> {
    let mut circle = vec![0];
    loop {
        let next = waits_for[*circle.last()?]?;
        if let Some(start) = circle.iter().position(|who| *who == next) {
            circle.push(next);
            return Some(circle[start..].iter().map(usize::to_string).collect());
        }
        circle.push(next);
    }
}
