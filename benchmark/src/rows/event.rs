//! `Event`.

use super::among;
use crate::measure::{Run, alone, crew, crew_with_parts};
use crate::peers::event::{ByHand, Event, Flag, Listened, Parker};
use crate::peers::monitor::{ParkingLot, Std, Usync};
use crate::row::Row;
use rsevents::ManualResetEvent;
use std::hint::black_box;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::AcqRel;
use synchronoise::SignalEvent;

macro_rules! events {
    ($scenario:ident $arguments:tt $($more:ty)*) => {
        among!(Event; $scenario $arguments; sixfold::Event, Listened, ByHand<Std<bool>>,
            ByHand<ParkingLot<bool>>, ByHand<Usync<bool>>, $($more),*)
    };
}

pub fn rows() -> Vec<Row> {
    let mut rows = vec![
        Row::alone("event: is_set", "look", events!(is_set() ManualResetEvent SignalEvent Flag)),
        Row::alone("event: wait when set", "wait", events!(wait_when_set() ManualResetEvent SignalEvent Flag)),
        Row::alone("event: set and clear", "pair", events!(set_and_clear() ManualResetEvent SignalEvent Flag)),
        Row::alone("event: set when set", "set", events!(set_when_set() ManualResetEvent SignalEvent Flag)),
        Row::waiting("event: ping-pong", "round trip", 2, events!(ping_pong() Parker Flag)),
    ];
    for waiters in [2, 8, 64] {
        let name = format!("event: broadcast to {waiters}");
        rows.push(Row::waiting(name, "wake-up", waiters + 1, events!(broadcast(waiters))));
    }
    rows
}

fn is_set<E: Event>() -> Run {
    Run::operations(|n| {
        let event = E::new();
        event.set();
        alone(n, || _ = black_box(black_box(&event).is_set()))
    })
}

fn wait_when_set<E: Event>() -> Run {
    Run::operations(|n| {
        let event = E::new();
        event.set();
        alone(n, || black_box(&event).wait())
    })
}

fn set_and_clear<E: Event>() -> Run {
    Run::operations(|n| {
        let event = E::new();
        alone(n, || {
            black_box(&event).set();
            black_box(&event).clear();
        })
    })
}

fn set_when_set<E: Event>() -> Run {
    Run::operations(|n| {
        let event = E::new();
        alone(n, || black_box(&event).set())
    })
}

/// Not with those where a thread sometimes sleeps for ever although its event is set: rsevents 0.3, in one of a dozen runs;
/// synchronoise 1.0, where a thread that was woken in vain registers again after it has looked.
fn ping_pong<E: Event>() -> Run {
    Run::operations(|n| {
        let both = [E::new(), E::new()];
        crew(2, n, |me, _| {
            if me == 0 {
                both[0].set();
                both[1].wait();
                both[1].clear();
            } else {
                both[0].wait();
                both[0].clear();
                both[1].set();
            }
        })
    })
}

/// One thread sets, all others wait, and the last of them says so. Two events by turns, each cleared while nobody waits.
/// Without those that `ping_pong` is without.
fn broadcast<E: Event>(waiters: usize) -> Run {
    Run::operations(move |n| {
        let (rounds, starts, done) = (n.div_ceil(waiters as u64), [E::new(), E::new()], E::new());
        let seen = AtomicUsize::new(0);
        crew_with_parts(&vec![rounds; waiters + 1], rounds * waiters as u64, |me, round| {
            let (now, next) = (&starts[round as usize % 2], &starts[(round as usize + 1) % 2]);
            if me == 0 {
                next.clear();
                now.set();
                done.wait();
                done.clear();
            } else {
                now.wait();
                if (seen.fetch_add(1, AcqRel) + 1).is_multiple_of(waiters) {
                    done.set();
                }
            }
        })
    })
}
