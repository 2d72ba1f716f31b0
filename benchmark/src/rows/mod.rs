//! The scenarios.

pub mod barrier;
pub mod condition;
pub mod event;
pub mod lock;
pub mod queue;
pub mod rlock;
pub mod semaphore;

use crate::row::Row;

pub fn all() -> Vec<Row> {
    let all = [
        lock::rows(),
        rlock::rows(),
        semaphore::rows(),
        condition::rows(),
        event::rows(),
        barrier::rows(),
        queue::rows(),
    ];
    all.into_iter().flatten().collect()
}

/// Threads that compete for turns. All times are in nanoseconds.
#[derive(Clone, Copy)]
pub struct Competing {
    pub threads: usize,
    pub section: u64,
    /// Work outside of the section.
    pub outside: u64,
}

impl Competing {
    /// The name of the row; what the threads compete for comes first.
    pub fn name(self, prefix: &str) -> String {
        let separator = if prefix.contains(':') { "," } else { ":" };
        let section = match self.section {
            0 => "no section".to_owned(),
            1000.. => format!("{} µs", self.section / 1000),
            nanos => format!("{nanos} ns"),
        };
        let outside = match self.outside.checked_div(self.section) {
            None | Some(0) => String::new(),
            Some(times) => format!(", {times}× outside"),
        };
        format!("{prefix}{separator} {} threads, {section}{outside}", self.threads)
    }
}

/// Each number of threads with each section, and outside of it so many times the work of the section.
pub fn competing(threads: &[usize], outside: &[u64]) -> Vec<Competing> {
    let mut all = vec![];
    for &threads in threads {
        for section in [0, 50, 500, 5000] {
            for &times in outside {
                if section > 0 || times == 0 {
                    all.push(Competing { threads, section, outside: section * times });
                }
            }
        }
    }
    all
}

/// The contestants of a scenario: a function that is generic over a trait with `NAME` and `RANK`, for each type. A type
/// that only some systems have is marked with `#[cfg]`.
macro_rules! among {
    ($trait:ident; $scenario:ident $arguments:tt; $($(#[$where:meta])? $peer:ty),* $(,)?) => {
        Vec::from([$(
            $(#[$where])?
            crate::row::Contestant::new(
                <$peer as $trait>::NAME,
                <$peer as $trait>::RANK,
                among!(@call $scenario $peer, $arguments),
            ),
        )*])
    };
    (@call $scenario:ident $peer:ty, ($($argument:expr),*)) => { $scenario::<$peer>($($argument),*) };
}
pub(crate) use among;
