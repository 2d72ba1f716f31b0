//! `Lock`.

use super::among;
use crate::bench::measure::{Run, Sample, alone, for_a_while, on_one_core, successes_for_a_while, work};
#[cfg(target_os = "linux")]
use crate::bench::peers::glibc::Normal;
use crate::bench::peers::mutex::{Mutex, TwoSwaps};
use crate::bench::{Contestant, Row, Target};
use sixfold::Lock;
use std::hint::black_box;
use std::time::Duration;

macro_rules! locks {
    ($scenario:ident $arguments:tt $($more:ty)*) => {
        among!(Mutex; $scenario $arguments; Lock<u64>, std::sync::Mutex<u64>, parking_lot::Mutex<u64>,
            usync::Mutex<u64>, #[cfg(target_os = "linux")] Normal, spin::Mutex<u64>, $($more),*)
    };
}

pub fn rows() -> Vec<Row> {
    let mut rows = vec![
        Row::new("lock: uncontended", "pair", Target::Uncontended, locks!(uncontended() TwoSwaps)),
        Row::new("lock: uncontended, by hand", "pair", Target::Uncontended, {
            let mut all = locks!(uncontended() TwoSwaps);
            all[0] = Contestant::new("sixfold", all[0].rank, uncontended_by_hand());
            all
        }),
        Row::new("lock: 4096 objects in turn", "pair", Target::Uncontended, locks!(many_objects() TwoSwaps)),
        Row::new("lock: try that succeeds", "pair", Target::Uncontended, locks!(tries() TwoSwaps)),
        Row::new("lock: try that fails", "try", Target::Free, locks!(failing_try())),
    ];
    for threads in [2, 4, 8, 32] {
        for (section, name) in [(0, "no section"), (50, "50 ns"), (500, "500 ns"), (5000, "5 µs")] {
            for outside in [0, 1, 10] {
                if section > 0 || outside == 0 {
                    let name = match outside {
                        0 => format!("lock: {threads} threads, {name}"),
                        n => format!("lock: {threads} threads, {name}, {n}× outside"),
                    };
                    let contestants = locks!(contended(threads, section, section * outside));
                    rows.push(Row::new(name, "section", Target::Contended, contestants));
                }
            }
        }
    }
    rows.push(Row::new("lock: one core, 4 threads, 500 ns", "section", Target::Contended, locks!(one_core())));
    rows.push(Row::new("lock: timeouts of 1 µs, 4 threads, 5 µs", "section", Target::Contended, timeouts()));
    rows
}

fn uncontended<M: Mutex>() -> Run {
    Run::operations(|n| {
        let mutex = M::new();
        alone(n, || black_box(&mutex).with(|value| *value += 1))
    })
}

fn uncontended_by_hand() -> Run {
    Run::operations(|n| {
        let lock = Lock::new();
        alone(n, || {
            black_box(&lock).acquire();
            black_box(&lock).release().expect("it is held");
        })
    })
}

fn many_objects<M: Mutex>() -> Run {
    Run::operations(|n| {
        let mutexes: Vec<M> = (0..4096).map(|_| M::new()).collect();
        let mut next = 0;
        alone(n, || {
            mutexes[next].with(|value| *value += 1);
            next = (next + 1) % 4096;
        })
    })
}

fn tries<M: Mutex>() -> Run {
    Run::operations(|n| {
        let mutex = M::new();
        alone(n, || _ = black_box(black_box(&mutex).try_with(|value| *value += 1)))
    })
}

fn failing_try<M: Mutex>() -> Run {
    Run::operations(|n| {
        let mutex = M::new();
        mutex.with(|_| alone(n, || _ = black_box(black_box(&mutex).try_with(|value| *value += 1))))
    })
}

fn contended<M: Mutex>(threads: usize, section: u64, outside: u64) -> Run {
    Run::time(move |time| contend(&M::new(), threads, section, outside, time))
}

pub fn contend<M: Mutex>(mutex: &M, threads: usize, section: u64, outside: u64, time: Duration) -> Sample {
    for_a_while(threads, time, |_| {
        mutex.with(|value| {
            *value += 1;
            work(section);
        });
        work(outside);
    })
}

fn one_core<M: Mutex>() -> Run {
    Run::time(|time| on_one_core(|| contend(&M::new(), 4, 500, 0, time)))
}

/// Waits that are mostly in vain, and timers that mostly fire. What counts is the work that gets done beside that.
fn timeouts() -> Vec<Contestant> {
    const SHORT: Duration = Duration::from_micros(1);
    let ours = Run::time(|time| {
        let lock = Lock::with_value(0);
        successes_for_a_while(4, time, |_| lock.hold_timeout(SHORT).map(|_held| work(5000)).is_some())
    });
    let parking_lot = Run::time(|time| {
        let lock = parking_lot::Mutex::new(0);
        successes_for_a_while(4, time, |_| lock.try_lock_for(SHORT).map(|_held| work(5000)).is_some())
    });
    vec![
        Contestant::new("sixfold", Lock::<u64>::RANK, ours),
        Contestant::new("parking_lot", parking_lot::Mutex::<u64>::RANK, parking_lot),
    ]
}
