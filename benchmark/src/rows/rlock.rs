//! `RLock`.

use super::{Competing, among, competing};
use crate::measure::{Run, alone, beside_a_hog, equals, for_a_while, work};
#[cfg(target_os = "linux")]
use crate::peers::glibc::Recursive;
use crate::peers::mutex::{Reentrant, TwoSwaps};
use crate::row::Row;
use sixfold::RLock;
use std::hint::black_box;

macro_rules! locks {
    ($scenario:ident $arguments:tt $($more:ty)*) => {
        among!(Reentrant; $scenario $arguments; RLock, parking_lot::ReentrantMutex<()>, usync::ReentrantMutex<()>,
            #[cfg(target_os = "linux")] Recursive, $($more),*)
    };
}

pub fn rows() -> Vec<Row> {
    let mut rows = vec![
        Row::alone("rlock: uncontended", "pair", locks!(uncontended() TwoSwaps)),
        Row::alone("rlock: nested", "pair", locks!(nested())),
        Row::alone("rlock: try that succeeds", "pair", locks!(tries() TwoSwaps)),
    ];
    for scenario in competing(&[2, 4, 8, 32], &[0, 1]) {
        let Competing { threads, section, outside, .. } = scenario;
        rows.push(Row::turns(scenario.name("rlock"), threads, locks!(contended(threads, section, outside))));
    }
    rows.push(Row::fairness("rlock: beside a hog", 2, locks!(hog(5000))));
    rows.push(Row::fairness("rlock: four equals, 500 ns", 4, locks!(four_equals(500))));
    rows
}

fn uncontended<L: Reentrant>() -> Run {
    Run::operations(|n| {
        let lock = L::new();
        alone(n, || black_box(&lock).with(|| _ = black_box(0)))
    })
}

fn nested<L: Reentrant>() -> Run {
    Run::operations(|n| {
        let lock = L::new();
        lock.with(|| alone(n, || black_box(&lock).with(|| _ = black_box(0))))
    })
}

fn tries<L: Reentrant>() -> Run {
    Run::operations(|n| {
        let lock = L::new();
        alone(n, || _ = black_box(black_box(&lock).try_with(|| black_box(0))))
    })
}

fn contended<L: Reentrant>(threads: usize, section: u64, outside: u64) -> Run {
    Run::time(move |time| {
        let lock = L::new();
        for_a_while(threads, time, |_| {
            lock.with(|| work(section));
            work(outside);
        })
    })
}

fn hog<L: Reentrant>(section: u64) -> Run {
    Run::time(move |time| {
        let lock = L::new();
        beside_a_hog(time, section, |waited| lock.with(|| (waited(), work(section)).1))
    })
}

fn four_equals<L: Reentrant>(section: u64) -> Run {
    Run::time(move |time| {
        let lock = L::new();
        equals(4, time, |waited| lock.with(|| (waited(), work(section)).1))
    })
}
