//! `Barrier`.

use super::among;
use crate::bench::measure::{Run, crew, work};
use crate::bench::peers::barrier::{Barrier, ByHand, Spinning};
#[cfg(target_os = "linux")]
use crate::bench::peers::glibc::PthreadBarrier;
use crate::bench::peers::monitor::{ParkingLot, Usync};
use crate::bench::{Row, Target};

macro_rules! barriers {
    ($scenario:ident $arguments:tt $($more:ty)*) => {
        among!(Barrier; $scenario $arguments; sixfold::Barrier, std::sync::Barrier,
            #[cfg(target_os = "linux")] PthreadBarrier,
            ByHand<ParkingLot<(usize, usize)>>, ByHand<Usync<(usize, usize)>>, $($more),*)
    };
}

pub fn rows() -> Vec<Row> {
    vec![
        Row::new("barrier: rounds of 2", "round", Target::HandOff, barriers!(rounds(2, 0) spin::Barrier Spinning)),
        Row::new(
            "barrier: rounds of 2, one 5 µs late",
            "round",
            Target::Contended,
            barriers!(rounds(2, 5000) spin::Barrier Spinning),
        ),
        Row::new("barrier: rounds of 4", "round", Target::Contended, barriers!(rounds(4, 0))),
        Row::new("barrier: rounds of 8", "round", Target::Contended, barriers!(rounds(8, 0))),
        Row::new("barrier: rounds of 32", "round", Target::Contended, barriers!(rounds(32, 0))),
    ]
}

/// `skew`: how long the first is busy before it arrives, in nanoseconds.
fn rounds<B: Barrier>(parties: usize, skew: u64) -> Run {
    Run::operations(move |n| {
        let barrier = B::new(parties);
        crew(parties, n, |me, _| {
            if me == 0 {
                work(skew);
            }
            barrier.wait();
        })
    })
}
