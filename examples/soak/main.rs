//! Minutes of mixed load over all types, with faults, while laws of conservation are checked all the time.
//!
//! `cargo run --release --example soak -- [--seconds N] [--seed N]`; `taskset -c 0` puts it on one core. It prints what
//! was done, and fails if a law is broken or a scenario makes no progress for half a minute.

mod scenarios;

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

/// Without progress for so long, something is lost.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a scenario reports while it runs.
#[derive(Default)]
pub(crate) struct Report {
    /// Calls that did what they should.
    done: AtomicU64,
    /// Calls whose time was up, or that found nothing.
    missed: AtomicU64,
    /// Panics of user code that were survived, and other faults.
    faults: AtomicU64,
}

impl Report {
    pub(crate) fn done(&self) {
        self.done.fetch_add(1, Relaxed);
    }

    /// Counts a call as done or missed, and passes on which.
    pub(crate) fn of(&self, done: bool) -> bool {
        let place = if done { &self.done } else { &self.missed };
        place.fetch_add(1, Relaxed);
        done
    }

    pub(crate) fn fault(&self) {
        self.faults.fetch_add(1, Relaxed);
    }
}

/// What every thread of a scenario has.
pub(crate) struct Run<'a> {
    pub(crate) report: &'a Report,
    stop: &'a AtomicBool,
    random: u64,
}

impl<'a> Run<'a> {
    pub(crate) fn goes_on(&self) -> bool {
        !self.stop.load(Relaxed)
    }

    /// A number below `n`, by Marsaglia's xorshift.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 11) % n
    }

    pub(crate) fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// From nothing to some milliseconds, mostly about as long as a wake-up takes.
    pub(crate) fn a_while(&mut self) -> Duration {
        match self.below(8) {
            0 => Duration::ZERO,
            1..=4 => Duration::from_micros(1 + self.below(60)),
            5 | 6 => Duration::from_micros(self.below(1_000)),
            _ => Duration::from_millis(self.below(5)),
        }
    }

    /// The same for another thread.
    pub(crate) fn fork(&mut self) -> Run<'a> {
        Run { report: self.report, stop: self.stop, random: self.below(u64::MAX >> 11) << 1 | 1 }
    }
}

fn argument(name: &str) -> Option<u64> {
    let mut arguments = std::env::args().skip_while(|argument| argument != name).skip(1);
    arguments.next().map(|value| value.parse().unwrap_or_else(|_| panic!("{name} is a number, not {value:?}")))
}

fn main() -> ExitCode {
    let length = Duration::from_secs(argument("--seconds").unwrap_or(60));
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().map_or(1, |time| time.as_nanos() as u64);
    let seed = argument("--seed").unwrap_or(now) | 1;
    println!("{} s, seed {seed}", length.as_secs());

    // Expected panics say nothing; the others are told.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if info.payload().downcast_ref::<&str>() != Some(&scenarios::EXPECTED) {
            hook(info);
        }
    }));

    let reports: Vec<Report> = scenarios::ALL.iter().map(|_| Report::default()).collect();
    let stop = AtomicBool::new(false);
    let start = Instant::now();
    let failed = thread::scope(|scope| {
        let threads: Vec<_> = scenarios::ALL
            .iter()
            .zip(&reports)
            .enumerate()
            .map(|(n, ((_, scenario), report))| {
                let run = Run { report, stop: &stop, random: seed.wrapping_mul(2 * n as u64 + 1) };
                scope.spawn(move || scenario(run))
            })
            .collect();
        let mut before: Vec<_> = reports.iter().map(|_| (0, Instant::now())).collect();
        while threads.iter().any(|thread| !thread.is_finished()) {
            thread::sleep(Duration::from_millis(100));
            stop.fetch_or(start.elapsed() >= length || threads.iter().any(|thread| thread.is_finished()), Relaxed);
            for (((name, _), report), (thread, before)) in
                scenarios::ALL.iter().zip(&reports).zip(threads.iter().zip(&mut before))
            {
                let done = report.done.load(Relaxed) + report.missed.load(Relaxed);
                if done != before.0 || thread.is_finished() {
                    *before = (done, Instant::now());
                } else if before.1.elapsed() > PATIENCE {
                    eprintln!("{name}: nothing happens since {} s (seed {seed})", PATIENCE.as_secs());
                    std::process::abort();
                }
            }
        }
        threads.into_iter().map(|thread| thread.join().is_err()).filter(|failed| *failed).count()
    });

    println!("{:<58}{:>14}{:>14}{:>10}", "", "done", "missed", "faults");
    for ((name, _), report) in scenarios::ALL.iter().zip(&reports) {
        let [done, missed, faults] = [&report.done, &report.missed, &report.faults].map(|count| count.load(Relaxed));
        println!("{name:<58}{done:>14}{missed:>14}{faults:>10}");
    }
    if failed > 0 {
        println!("{failed} scenarios have FAILED (seed {seed})");
        return ExitCode::FAILURE;
    }
    println!("all laws held for {:.0} s", start.elapsed().as_secs_f32());
    ExitCode::SUCCESS
}
