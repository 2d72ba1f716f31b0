//! A scenario, its contestants, and what is asked of them.

use crate::measure::{Run, Sample};
use crate::peers::Rank;
use std::cell::Cell;
use std::time::Duration;

/// The family of a row. It decides which goals the row has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// One thread, and nobody to wait for.
    Alone,
    /// Threads compete for turns.
    Turns,
    /// Threads wait for something to happen.
    Waiting,
    /// Threads compete, and the longest wait and the shares count.
    Fairness,
}

impl Family {
    pub fn name(self) -> &'static str {
        match self {
            Self::Alone => "alone",
            Self::Turns => "turns",
            Self::Waiting => "waiting",
            Self::Fairness => "fairness",
        }
    }
}

/// One scenario with all its contestants. The first of them is ours.
pub struct Row {
    pub name: String,
    /// What one operation is.
    pub unit: &'static str,
    pub family: Family,
    pub threads: usize,
    /// Whether the row itself pins its threads to one core.
    pub on_one_core: bool,
    pub contestants: Vec<Contestant>,
}

impl Row {
    pub fn new(
        name: impl Into<String>,
        unit: &'static str,
        family: Family,
        threads: usize,
        contestants: Vec<Contestant>,
    ) -> Self {
        Self { name: name.into(), unit, family, threads, on_one_core: false, contestants }
    }

    pub fn alone(name: impl Into<String>, unit: &'static str, contestants: Vec<Contestant>) -> Self {
        Self::new(name, unit, Family::Alone, 1, contestants)
    }

    pub fn turns(name: impl Into<String>, threads: usize, contestants: Vec<Contestant>) -> Self {
        Self::new(name, "section", Family::Turns, threads, contestants)
    }

    pub fn waiting(name: impl Into<String>, unit: &'static str, threads: usize, contestants: Vec<Contestant>) -> Self {
        Self::new(name, unit, Family::Waiting, threads, contestants)
    }

    pub fn fairness(name: impl Into<String>, threads: usize, contestants: Vec<Contestant>) -> Self {
        Self::new(name, "section", Family::Fairness, threads, contestants)
    }

    pub fn on_one_core(mut self) -> Self {
        self.on_one_core = true;
        self
    }

    /// Whether `text` is the name of the family, or is in the name of the row and begins at the beginning of a word:
    /// `lock: 8` is not in `rlock: 8 threads`.
    pub fn matches(&self, text: &str) -> bool {
        let at_a_word = |at: usize| !self.name[..at].ends_with(char::is_alphanumeric);
        text == self.family.name() || self.name.match_indices(text).any(|(at, _)| at_a_word(at))
    }
}

pub struct Contestant {
    pub name: &'static str,
    pub rank: Rank,
    run: Run,
    /// Nanoseconds per operation, as of the last measurement.
    pace: Cell<f64>,
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
