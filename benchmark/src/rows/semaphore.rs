//! `Semaphore`.

use super::{Competing, among, competing};
use crate::measure::{Run, alone, beside_a_hog, crew, crew_with_parts, equals, for_a_while, on_one_core, work};
use crate::peers::Rank;
#[cfg(target_os = "linux")]
use crate::peers::glibc::Sem;
use crate::peers::monitor::{ParkingLot, Std, Usync};
use crate::peers::semaphore::{Bulk, ByHand, Semaphore, Spinning};
use crate::row::{Contestant, Row};
use std::hint::black_box;

macro_rules! semaphores {
    ($scenario:ident $arguments:tt $($more:ty)*) => {
        among!(Semaphore; $scenario $arguments; sixfold::Semaphore, #[cfg(target_os = "linux")] Sem,
            tokio::sync::Semaphore, ByHand<Std<usize>>, ByHand<ParkingLot<usize>>, ByHand<Usync<usize>>, $($more),*)
    };
}

macro_rules! bulk {
    ($scenario:ident $arguments:tt) => {
        among!(Semaphore; $scenario $arguments; sixfold::Semaphore, tokio::sync::Semaphore, ByHand<Std<usize>>,
            ByHand<ParkingLot<usize>>, ByHand<Usync<usize>>)
    };
}

pub fn rows() -> Vec<Row> {
    let uncontended = || semaphores!(uncontended() async_lock::Semaphore std_semaphore::Semaphore Spinning);
    let mut rows = vec![
        Row::alone("semaphore: uncontended", "pair", uncontended()),
        Row::alone("semaphore: uncontended, bounded", "pair", {
            let mut all = uncontended();
            all[0] = Contestant::new("sixfold", Rank::Ours, uncontended_bounded());
            all
        }),
        Row::alone("semaphore: try that fails", "try", semaphores!(failing_try() async_lock::Semaphore)),
    ];
    for (permits, threads) in [(1, &[2, 4, 8, 32][..]), (2, &[4, 8]), (4, &[8, 32])] {
        for scenario in competing(threads, &[0, 1]) {
            let Competing { threads, section, outside, .. } = scenario;
            // See `produced` for why not async-lock with more than one permit.
            let contestants = if permits == 1 {
                semaphores!(shared(permits, threads, section, outside) async_lock::Semaphore std_semaphore::Semaphore)
            } else {
                semaphores!(shared(permits, threads, section, outside) std_semaphore::Semaphore)
            };
            let plural = if permits == 1 { "" } else { "s" };
            let name = scenario.name(&format!("semaphore: {permits} permit{plural}"));
            rows.push(Row::turns(name, threads, contestants));
        }
    }
    rows.push(Row::fairness("semaphore: beside a hog", 2, semaphores!(hog(5000))));
    rows.push(Row::fairness("semaphore: four equals, 500 ns", 4, semaphores!(four_equals(500))));
    rows.push(Row::waiting(
        "semaphore: ping-pong",
        "round trip",
        2,
        semaphores!(ping_pong() async_lock::Semaphore std_semaphore::Semaphore Spinning),
    ));
    rows.push(
        Row::waiting(
            "semaphore: ping-pong on one core",
            "round trip",
            2,
            semaphores!(ping_pong_on_one_core() async_lock::Semaphore std_semaphore::Semaphore),
        )
        .on_one_core(),
    );
    rows.push(Row::alone("semaphore: uncontended, four at once", "pair", bulk!(uncontended_many(4))));
    for threads in [4, 8] {
        for section in [0, 500] {
            let scenario = Competing { threads, section, outside: section };
            let name = scenario.name("semaphore: 4 permits, two at once");
            rows.push(Row::turns(name, threads, bulk!(shared_many(4, 2, threads, section))));
        }
    }
    for (producers, consumers) in [(1, 1), (2, 2), (4, 4), (16, 16), (1, 4), (4, 1)] {
        rows.push(Row::waiting(
            format!("semaphore: queue {producers}×{consumers}"),
            "permit",
            producers + consumers,
            semaphores!(produced(producers, consumers) std_semaphore::Semaphore),
        ));
    }
    for burst in [2, 8] {
        let name = format!("semaphore: release_many of {burst} to {burst} threads");
        rows.push(Row::waiting(name, "permit", burst + 1, semaphores!(bursts(burst))));
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

fn uncontended_many<S: Bulk>(many: usize) -> Run {
    Run::operations(move |n| {
        let semaphore = S::new(many);
        alone(n, || {
            black_box(&semaphore).acquire_many(many);
            black_box(&semaphore).release_many(many);
        })
    })
}

fn shared_many<S: Bulk>(permits: usize, many: usize, threads: usize, section: u64) -> Run {
    Run::time(move |time| {
        let semaphore = S::new(permits);
        for_a_while(threads, time, |_| {
            semaphore.acquire_many(many);
            work(section);
            semaphore.release_many(many);
            work(section);
        })
    })
}

fn uncontended_bounded() -> Run {
    Run::operations(|n| {
        let semaphore = sixfold::BoundedSemaphore::new(1);
        alone(n, || {
            black_box(&semaphore).acquire();
            black_box(&semaphore).release().expect("it is held");
        })
    })
}

fn failing_try<S: Semaphore>() -> Run {
    Run::operations(|n| {
        let semaphore = S::new(0);
        alone(n, || _ = black_box(black_box(&semaphore).try_acquire()))
    })
}

fn shared<S: Semaphore>(permits: usize, threads: usize, section: u64, outside: u64) -> Run {
    Run::time(move |time| {
        let semaphore = S::new(permits);
        for_a_while(threads, time, |_| {
            semaphore.acquire();
            work(section);
            semaphore.release();
            work(outside);
        })
    })
}

fn hog<S: Semaphore>(section: u64) -> Run {
    Run::time(move |time| {
        let semaphore = S::new(1);
        beside_a_hog(time, section, |waited| one_turn(&semaphore, section, waited))
    })
}

fn four_equals<S: Semaphore>(section: u64) -> Run {
    Run::time(move |time| {
        let semaphore = S::new(1);
        equals(4, time, |waited| one_turn(&semaphore, section, waited))
    })
}

fn one_turn<S: Semaphore>(semaphore: &S, section: u64, waited: &dyn Fn()) {
    semaphore.acquire();
    waited();
    work(section);
    semaphore.release();
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
