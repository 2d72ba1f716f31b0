//! `Lock`.

use super::{Competing, among, competing};
use crate::measure::{Run, Sample, alone, beside_a_hog, equals, for_a_while, on_one_core, successes_for_a_while, work};
#[cfg(target_os = "linux")]
use crate::peers::glibc::Normal;
use crate::peers::mutex::{Mutex, TwoSwaps};
use crate::row::{Contestant, Row};
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
        Row::alone("lock: uncontended", "pair", locks!(uncontended() TwoSwaps)),
        Row::alone("lock: uncontended, by hand", "pair", {
            let mut all = locks!(uncontended() TwoSwaps);
            all[0] = Contestant::new("sixfold", all[0].rank, uncontended_by_hand());
            all
        }),
        Row::alone("lock: 4096 objects in turn", "pair", locks!(many_objects() TwoSwaps)),
        Row::alone("lock: try that succeeds", "pair", locks!(tries() TwoSwaps)),
        Row::alone("lock: try that fails", "try", locks!(failing_try())),
    ];
    for scenario in competing(&[2, 4, 8, 32], &[0, 1, 10]) {
        let Competing { threads, section, outside, .. } = scenario;
        rows.push(Row::turns(scenario.name("lock"), threads, locks!(contended(threads, section, outside))));
    }
    rows.push(Row::turns("lock: one core, 4 threads, 500 ns", 4, locks!(one_core())).on_one_core());
    rows.push(Row::turns("lock: timeouts of 1 µs, 4 threads, 5 µs", 4, timeouts()));
    rows.push(Row::fairness("lock: beside a hog", 2, locks!(hog(5000))));
    rows.push(Row::fairness("lock: four equals, 500 ns", 4, locks!(four_equals(500))));
    rows.push(Row::fairness("lock: four equals, 5 µs", 4, locks!(four_equals(5000))));
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

fn hog<M: Mutex>(section: u64) -> Run {
    Run::time(move |time| {
        let mutex = M::new();
        beside_a_hog(time, section, |waited| mutex.with(|_| (waited(), work(section)).1))
    })
}

fn four_equals<M: Mutex>(section: u64) -> Run {
    Run::time(move |time| {
        let mutex = M::new();
        equals(4, time, |waited| mutex.with(|_| (waited(), work(section)).1))
    })
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
