//! `Barrier`.

use super::among;
use crate::measure::{Run, crew, work};
use crate::peers::barrier::{Barrier, ByHand, Spinning};
#[cfg(target_os = "linux")]
use crate::peers::glibc::PthreadBarrier;
use crate::peers::monitor::{ParkingLot, Usync};
use crate::row::Row;

macro_rules! barriers {
    ($scenario:ident $arguments:tt $($more:ty)*) => {
        among!(Barrier; $scenario $arguments; sixfold::Barrier, std::sync::Barrier,
            #[cfg(target_os = "linux")] PthreadBarrier,
            ByHand<ParkingLot<(usize, usize)>>, ByHand<Usync<(usize, usize)>>, $($more),*)
    };
}

pub fn rows() -> Vec<Row> {
    let mut rows = vec![
        Row::alone("barrier: rounds of 1", "round", barriers!(rounds(1, 0) Spinning)),
        Row::waiting("barrier: rounds of 2", "round", 2, barriers!(rounds(2, 0) spin::Barrier Spinning)),
        Row::waiting(
            "barrier: rounds of 2, one 5 µs late",
            "round",
            2,
            barriers!(rounds(2, 5000) spin::Barrier Spinning),
        ),
    ];
    for parties in [4, 8, 32] {
        let name = format!("barrier: rounds of {parties}");
        rows.push(Row::waiting(name, "round", parties, barriers!(rounds(parties, 0))));
    }
    rows
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
