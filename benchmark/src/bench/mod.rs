//! The scenarios, the peers and the ways to measure.
#![allow(unsafe_code)] // The C library, and the clocks of the system.

pub mod chart;
pub mod measure;
pub mod peers;
pub mod promises;
pub mod rows;
pub mod statistics;

use measure::{Run, Sample};
use peers::Rank;
use std::cell::Cell;
use std::time::Duration;

/// What a row has to reach beside the best peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Level with the best peer, and within a tenth of the limit.
    Uncontended,
    /// No read-modify-write: level with the best peer.
    Free,
    /// First, or not to be told apart from the first.
    Contended,
    /// Half of the best peer that blocks.
    HandOff,
}

/// One scenario with all who take part in it.
pub struct Row {
    pub name: String,
    /// What one operation is.
    pub unit: &'static str,
    pub target: Target,
    pub contestants: Vec<Contestant>,
}

pub struct Contestant {
    pub name: &'static str,
    pub rank: Rank,
    run: Run,
    /// Nanoseconds per operation, as of the last measurement.
    pace: Cell<f64>,
}

impl Row {
    pub fn new(name: impl Into<String>, unit: &'static str, target: Target, contestants: Vec<Contestant>) -> Self {
        Self { name: name.into(), unit, target, contestants }
    }
}

impl Contestant {
    pub fn new(name: &'static str, rank: Rank, run: Run) -> Self {
        Self { name, rank, run, pace: Cell::new(0.0) }
    }

    /// Measures for about `time`.
    pub fn measure(&self, time: Duration) -> Sample {
        let sample = match &self.run {
            Run::Time(run) => run(time),
            Run::Operations(run) => {
                while self.pace.get() == 0.0 {
                    self.find_pace(run, time);
                }
                run((time.as_nanos() as f64 / self.pace.get()).max(1.0) as u64)
            }
        };
        self.pace.set(sample.nanos().max(0.01));
        sample
    }

    fn find_pace(&self, run: &dyn Fn(u64) -> Sample, time: Duration) {
        let mut n = 1;
        loop {
            let sample = run(n);
            if sample.elapsed > time / 8 || n > 1 << 40 {
                self.pace.set(sample.nanos().max(0.01));
                return;
            }
            n *= 4;
        }
    }
}

/// Starts a thread that sleeps for ever: the C library takes short cuts while a process has only one.
pub fn another_thread() {
    std::thread::spawn(|| {
        loop {
            std::thread::park()
        }
    });
}
