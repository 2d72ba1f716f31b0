//! `RLock`.

use super::among;
use crate::bench::measure::{Run, alone, for_a_while, work};
#[cfg(target_os = "linux")]
use crate::bench::peers::glibc::Recursive;
use crate::bench::peers::mutex::{Reentrant, TwoSwaps};
use crate::bench::{Row, Target};
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
        Row::new("rlock: uncontended", "pair", Target::Uncontended, locks!(uncontended() TwoSwaps)),
        Row::new("rlock: nested", "pair", Target::Free, locks!(nested())),
        Row::new("rlock: try that succeeds", "pair", Target::Uncontended, locks!(tries() TwoSwaps)),
    ];
    for threads in [2, 4, 8] {
        let contestants = locks!(contended(threads, 50));
        rows.push(Row::new(format!("rlock: {threads} threads, 50 ns"), "section", Target::Contended, contestants));
    }
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

fn contended<L: Reentrant>(threads: usize, section: u64) -> Run {
    Run::time(move |time| {
        let lock = L::new();
        for_a_while(threads, time, |_| lock.with(|| work(section)))
    })
}
