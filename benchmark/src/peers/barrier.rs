//! Barriers.

use super::Rank;
use super::monitor::{Monitor, Notify, ParkingLot, Usync};
use std::cell::Cell;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Release};

pub trait Barrier: Sync + 'static {
    const NAME: &'static str;
    const RANK: Rank = Rank::Peer;
    fn new(parties: usize) -> Self;
    fn wait(&self);
}

impl Barrier for sixfold::Barrier {
    const NAME: &'static str = "sixfold";
    const RANK: Rank = Rank::Ours;
    fn new(parties: usize) -> Self {
        Self::new(parties)
    }
    #[inline]
    fn wait(&self) {
        self.wait().expect("nobody breaks it");
    }
}

impl Barrier for std::sync::Barrier {
    const NAME: &'static str = "std";
    fn new(parties: usize) -> Self {
        Self::new(parties)
    }
    #[inline]
    fn wait(&self) {
        self.wait();
    }
}

impl Barrier for spin::Barrier {
    const NAME: &'static str = "spin";
    const RANK: Rank = Rank::Shown;
    fn new(parties: usize) -> Self {
        Self::new(parties)
    }
    #[inline]
    fn wait(&self) {
        self.wait();
    }
}

/// What one writes: the number of the round, and how many have arrived in it.
pub struct ByHand<M>(M, usize);

macro_rules! by_hand {
    ($monitor:ident, $name:literal) => {
        impl Barrier for ByHand<$monitor<(usize, usize)>> {
            const NAME: &'static str = $name;
            fn new(parties: usize) -> Self {
                Self($monitor::new((0, 0)), parties)
            }
            #[inline]
            fn wait(&self) {
                let (mut mine, last) = (None, Cell::new(false));
                let blocked = |(round, arrived): &mut (usize, usize)| {
                    let Some(mine) = mine else {
                        mine = Some(*round);
                        *arrived += 1;
                        if *arrived == self.1 {
                            (*round, *arrived) = (*round + 1, 0);
                            last.set(true);
                        }
                        return !last.get();
                    };
                    mine == *round
                };
                let notify = |_: &mut _| ((), if last.get() { Notify::All(0) } else { Notify::Nobody });
                self.0.turn(0, blocked, notify);
            }
        }
    };
}
by_hand!(ParkingLot, "parking_lot by hand");
by_hand!(Usync, "usync by hand");

/// One read-modify-write per party, one store per round, and threads that spin without end.
pub struct Spinning {
    parties: usize,
    arrived: AtomicUsize,
    round: AtomicUsize,
}

impl Barrier for Spinning {
    const NAME: &'static str = "limit";
    const RANK: Rank = Rank::Limit;
    fn new(parties: usize) -> Self {
        Self { parties, arrived: AtomicUsize::new(0), round: AtomicUsize::new(0) }
    }
    #[inline]
    fn wait(&self) {
        let round = self.round.load(Acquire);
        if self.arrived.fetch_add(1, AcqRel) + 1 == self.parties {
            self.arrived.store(0, Release);
            self.round.store(round + 1, Release);
        } else {
            while self.round.load(Acquire) == round {
                std::hint::spin_loop();
            }
        }
    }
}
