//! `Condition`.

use super::among;
use crate::measure::{Run, alone, crew, crew_with_parts};
use crate::peers::Rank;
use crate::peers::monitor::{Monitor, Notify, OneCondition, ParkingLot, Sixfold, Std, Usync, WithGuard};
use crate::row::{Contestant, Row};
use std::cell::UnsafeCell;
use std::collections::VecDeque;
use std::hint::black_box;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// The monitors as a family over their state: the trait has a type parameter that `among!` does not know.
macro_rules! monitors {
    ($state:ty; $scenario:ident $arguments:tt) => {{
        type State = $state;
        among!(Named; $scenario $arguments; Sixfold<State>, Std<State>, ParkingLot<State>, Usync<State>)
    }};
}

trait Named {
    const NAME: &'static str;
    const RANK: Rank;
}
macro_rules! named {
    ($($monitor:ty),*) => {$(
        impl<S: Send + 'static> Named for $monitor {
            const NAME: &'static str = <Self as Monitor<S>>::NAME;
            const RANK: Rank = <Self as Monitor<S>>::RANK;
        }
    )*};
}
named!(Sixfold<S>, Std<S>, ParkingLot<S>, Usync<S>, OneCondition<Sixfold<S>>, OneCondition<Std<S>>);

pub fn rows() -> Vec<Row> {
    let mut rows = vec![
        Row::alone("condition: notify with nobody waiting", "notify", notify()),
        Row::alone("condition: update and notify with nobody waiting", "turn", monitors!(u64; notify_nobody())),
        Row::waiting("condition: ping-pong", "round trip", 2, monitors!(usize; ping_pong())),
    ];
    for each in [1, 2, 4] {
        let mut contestants = monitors!(VecDeque<u64>; queue(each, each));
        if each == 1 {
            contestants.push(Contestant::new("limit", Rank::Limit, ring()));
        }
        rows.push(Row::waiting(format!("condition: queue {each}×{each}"), "item", 2 * each, contestants));
        let of_the_lock = vec![
            Contestant::new("sixfold", Rank::Ours, queue::<WithGuard<VecDeque<u64>>>(each, each)),
            Contestant::new("sixfold, ConditionGuard", Rank::Shown, queue::<Sixfold<VecDeque<u64>>>(each, each)),
            Contestant::new("std", Rank::Peer, queue::<Std<VecDeque<u64>>>(each, each)),
        ];
        let name = format!("condition: queue {each}×{each}, guard of the lock");
        rows.push(Row::waiting(name, "item", 2 * each, of_the_lock));
    }
    for each in [2, 4] {
        type State = VecDeque<u64>;
        let contestants = among!(Named; queue(each, each); Sixfold<State>, OneCondition<Sixfold<State>>, Std<State>,
            OneCondition<Std<State>>);
        let name = format!("condition: queue {each}×{each}, two conditions or one");
        rows.push(Row::waiting(name, "item", 2 * each, contestants));
    }
    for waiters in [2, 8, 64] {
        let name = format!("condition: notify_all with {waiters} waiters");
        rows.push(Row::waiting(name, "wake-up", waiters + 1, monitors!((u64, usize); notify_all(waiters))));
    }
    rows
}

/// The notification alone, by the holder of the lock.
fn notify() -> Vec<Contestant> {
    let ours = Run::operations(|n| {
        let condition = sixfold::Condition::new();
        let held = condition.hold();
        alone(n, || _ = black_box(black_box(&held).notify(1)))
    });
    let std = Run::operations(|n| {
        let condition = std::sync::Condvar::new();
        alone(n, || black_box(&condition).notify_one())
    });
    let parking_lot = Run::operations(|n| {
        let condition = parking_lot::Condvar::new();
        alone(n, || _ = black_box(black_box(&condition).notify_one()))
    });
    let usync = Run::operations(|n| {
        let condition = usync::Condvar::new();
        alone(n, || _ = black_box(black_box(&condition).notify_one()))
    });
    vec![
        Contestant::new("sixfold", Rank::Ours, ours),
        Contestant::new("std", Rank::Peer, std),
        Contestant::new("parking_lot", Rank::Peer, parking_lot),
        Contestant::new("usync", Rank::Peer, usync),
    ]
}

fn notify_nobody<M: Monitor<u64>>() -> Run {
    Run::operations(|n| {
        let monitor = M::new(0);
        alone(n, || black_box(&monitor).turn(0, |_| false, |value| (*value += 1, Notify::One(0))))
    })
}

fn ping_pong<M: Monitor<usize>>() -> Run {
    Run::operations(|n| {
        let monitor = M::new(0);
        crew(2, n, |me, _| monitor.turn(me, |turn| *turn != me, |turn| (*turn = 1 - me, Notify::One(1 - me))))
    })
}

/// The capacity of the queues.
const MOST: usize = 16;

fn queue<M: Monitor<VecDeque<u64>>>(producers: usize, consumers: usize) -> Run {
    Run::operations(move |n| {
        let monitor = M::new(VecDeque::with_capacity(MOST));
        let all = (producers * consumers) as u64;
        let n = n.div_ceil(all) * all;
        let mut rounds = vec![n / producers as u64; producers];
        rounds.resize(producers + consumers, n / consumers as u64);
        crew_with_parts(&rounds, n, |me, round| {
            if me < producers {
                monitor.turn(0, |queue| queue.len() == MOST, |queue| (queue.push_back(round), Notify::One(1)));
            } else {
                monitor.turn(1, |queue| queue.is_empty(), |queue| (black_box(queue.pop_front()), Notify::One(0)));
            }
        })
    })
}

/// A queue of one to one without a lock, and with threads that spin without end.
fn ring() -> Run {
    struct Ring([UnsafeCell<u64>; MOST], [crossbeam_utils::CachePadded<AtomicUsize>; 2]);
    // SAFETY: below, each cell is written before it is announced by the first number, and read before it is by the second.
    unsafe impl Sync for Ring {}
    Run::operations(|n| {
        let ring = Ring(Default::default(), Default::default());
        crew(2, n, |me, round| {
            let ring = &ring;
            let (mine, other) = (&ring.1[me], &ring.1[1 - me]);
            let at = mine.load(Relaxed);
            while other.load(Acquire) == at.wrapping_sub(if me == 0 { MOST } else { 0 }) {
                std::hint::spin_loop();
            }
            let cell = ring.0[at % MOST].get();
            // SAFETY: the cell is this side's until it says otherwise in the next line.
            unsafe {
                if me == 0 {
                    cell.write(round);
                } else {
                    black_box(cell.read());
                }
            }
            mine.store(at + 1, Release);
        })
    })
}

/// One thread tells all others of a new round, and waits until all have seen it.
fn notify_all<M: Monitor<(u64, usize)>>(waiters: usize) -> Run {
    Run::operations(move |n| {
        let monitor = M::new((0, 0));
        let rounds = n.div_ceil(waiters as u64);
        crew_with_parts(&vec![rounds; waiters + 1], rounds * waiters as u64, |me, round| {
            if me == 0 {
                monitor.turn(0, |_| false, |(now, seen)| ((*now, *seen) = (round + 1, 0), Notify::All(0)));
                monitor.turn(1, |(_, seen)| *seen < waiters, |_| ((), Notify::Nobody));
            } else {
                let see = |(_, seen): &mut (u64, usize)| {
                    *seen += 1;
                    ((), if *seen == waiters { Notify::One(1) } else { Notify::Nobody })
                };
                monitor.turn(0, |(now, _)| *now <= round, see);
            }
        })
    })
}
