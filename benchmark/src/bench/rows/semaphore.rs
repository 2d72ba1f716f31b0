//! `Semaphore`.

use super::among;
use crate::bench::measure::{Run, alone, crew, crew_with_parts, for_a_while, on_one_core, work};
#[cfg(target_os = "linux")]
use crate::bench::peers::glibc::Sem;
use crate::bench::peers::monitor::{ParkingLot, Std, Usync};
use crate::bench::peers::semaphore::{ByHand, Semaphore, Spinning};
use crate::bench::{Row, Target};
use std::hint::black_box;

macro_rules! semaphores {
    ($scenario:ident $arguments:tt $($more:ty)*) => {
        among!(Semaphore; $scenario $arguments; sixfold::Semaphore, #[cfg(target_os = "linux")] Sem,
            tokio::sync::Semaphore, ByHand<Std<usize>>, ByHand<ParkingLot<usize>>, ByHand<Usync<usize>>, $($more),*)
    };
}

pub fn rows() -> Vec<Row> {
    let mut rows = vec![
        Row::new(
            "semaphore: uncontended",
            "pair",
            Target::Uncontended,
            semaphores!(uncontended() async_lock::Semaphore std_semaphore::Semaphore Spinning),
        ),
        Row::new("semaphore: try that fails", "try", Target::Free, semaphores!(failing_try() async_lock::Semaphore)),
    ];
    for (permits, threads) in [(1, 2), (1, 4), (2, 4), (2, 8), (4, 8), (4, 32)] {
        for section in [0, 500] {
            let name = match section {
                0 => format!("semaphore: {permits} permits, {threads} threads"),
                section => format!("semaphore: {permits} permits, {threads} threads, {section} ns"),
            };
            // See `produced` for why not with more than one permit.
            let contestants = if permits == 1 {
                semaphores!(shared(permits, threads, section) async_lock::Semaphore std_semaphore::Semaphore)
            } else {
                semaphores!(shared(permits, threads, section) std_semaphore::Semaphore)
            };
            rows.push(Row::new(name, "section", Target::Contended, contestants));
        }
    }
    rows.push(Row::new(
        "semaphore: ping-pong",
        "round trip",
        Target::HandOff,
        semaphores!(ping_pong() async_lock::Semaphore std_semaphore::Semaphore Spinning),
    ));
    rows.push(Row::new(
        "semaphore: ping-pong on one core",
        "round trip",
        Target::Contended,
        semaphores!(ping_pong_on_one_core() async_lock::Semaphore std_semaphore::Semaphore),
    ));
    for (producers, consumers) in [(1, 1), (1, 4), (4, 1), (16, 16)] {
        rows.push(Row::new(
            format!("semaphore: {producers} producers, {consumers} consumers"),
            "permit",
            Target::Contended,
            semaphores!(produced(producers, consumers) std_semaphore::Semaphore),
        ));
    }
    for burst in [2, 8] {
        rows.push(Row::new(
            format!("semaphore: release_many of {burst} to {burst} threads"),
            "permit",
            Target::Contended,
            semaphores!(bursts(burst)),
        ));
    }
    rows
}

fn uncontended<S: Semaphore>() -> Run {
    Run::operations(|n| {
        let semaphore = S::new(1);
        alone(n, || {
            black_box(&semaphore).acquire();
            black_box(&semaphore).release();
        })
    })
}

fn failing_try<S: Semaphore>() -> Run {
    Run::operations(|n| {
        let semaphore = S::new(0);
        alone(n, || _ = black_box(black_box(&semaphore).try_acquire()))
    })
}

fn shared<S: Semaphore>(permits: usize, threads: usize, section: u64) -> Run {
    Run::time(move |time| {
        let semaphore = S::new(permits);
        for_a_while(threads, time, |_| {
            semaphore.acquire();
            work(section);
            semaphore.release();
        })
    })
}

fn ping_pong<S: Semaphore>() -> Run {
    Run::operations(|n| {
        let both = [S::new(0), S::new(0)];
        crew(2, n, |me, _| {
            if me == 0 {
                both[0].release();
                both[1].acquire();
            } else {
                both[0].acquire();
                both[1].release();
            }
        })
    })
}

fn ping_pong_on_one_core<S: Semaphore>() -> Run {
    let Run::Operations(run) = ping_pong::<S>() else { unreachable!("made above") };
    Run::operations(move |n| on_one_core(|| run(n)))
}

/// Some release, others acquire; at most 16 permits ahead. Not with async-lock 3.5: two `add_permits` in a row wake one
/// waiter only, and the other sleeps for ever.
fn produced<S: Semaphore>(producers: usize, consumers: usize) -> Run {
    Run::operations(move |n| {
        let (items, room) = (S::new(0), S::new(16));
        let all = (producers * consumers) as u64;
        let n = n.div_ceil(all) * all;
        let mut rounds = vec![n / producers as u64; producers];
        rounds.resize(producers + consumers, n / consumers as u64);
        crew_with_parts(&rounds, n, |me, _| {
            if me < producers {
                room.acquire();
                items.release();
            } else {
                items.acquire();
                room.release();
            }
        })
    })
}

/// One thread releases many permits, each of as many others takes one and says so.
fn bursts<S: Semaphore>(burst: usize) -> Run {
    Run::operations(move |n| {
        let (start, done) = (S::new(0), S::new(0));
        let rounds = n.div_ceil(burst as u64);
        crew_with_parts(&vec![rounds; burst + 1], rounds * burst as u64, |me, _| {
            if me == 0 {
                start.release_many(burst);
                (0..burst).for_each(|_| done.acquire());
            } else {
                start.acquire();
                done.release();
            }
        })
    })
}
