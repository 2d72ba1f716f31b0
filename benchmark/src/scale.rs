//! What no single row shows: the price of many threads, and of threads that rest.

use crate::measure::cpu_time;
#[cfg(target_os = "linux")]
use crate::peers::glibc::Normal;
use crate::peers::mutex::Mutex;
use crate::rows::lock::contend;
use crate::statistics::median;
use sixfold::{Event, Lock};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

pub struct Figure {
    pub what: &'static str,
    pub goal: &'static str,
    pub measured: String,
    /// The peers in the same scenario.
    pub peers: String,
    pub met: bool,
}

/// `time`: for one measurement.
pub fn all(time: Duration) -> Vec<Figure> {
    vec![scale(time), parked_elsewhere(time), idle(time)]
}

fn scale(time: Duration) -> Figure {
    let ratio = slowdown::<Lock<u64>>(time);
    let peers = [
        ("std", slowdown::<std::sync::Mutex<u64>>(time)),
        ("parking_lot", slowdown::<parking_lot::Mutex<u64>>(time)),
        ("usync", slowdown::<usync::Mutex<u64>>(time)),
        #[cfg(target_os = "linux")]
        ("pthread", slowdown::<Normal>(time)),
    ];
    Figure {
        what: "a section of 500 ns with 32 threads, beside 8 threads",
        goal: "at most 1.3 times the time",
        measured: format!("{ratio:.2}"),
        peers: peers.map(|(name, ratio)| format!("{name} {ratio:.2}")).join(", "),
        met: ratio <= 1.3,
    }
}

fn slowdown<M: Mutex>(time: Duration) -> f64 {
    let nanos = |threads| contend(&M::new(), threads, 500, 0, time / 4).nanos();
    median((0..5).map(|_| nanos(32) / nanos(8)).collect()).value
}

fn parked_elsewhere(time: Duration) -> Figure {
    let events: Arc<[Event]> = (0..1000).map(|_| Event::new()).collect();
    let pace = || {
        let nanos = || contend(&Lock::with_value(0), 4, 50, 0, time / 9).nanos();
        median((0..9).map(|_| nanos()).collect()).value
    };
    // Before, meanwhile, and after: the machine may drift.
    let before = pace();
    let sleepers: Vec<_> = (0..events.len())
        .map(|i| {
            let events = events.clone();
            let sleeper = thread::Builder::new().stack_size(64 << 10);
            sleeper.spawn(move || events[i].wait()).expect("a thousand threads can be had")
        })
        .collect();
    thread::sleep(Duration::from_millis(50));
    let meanwhile = pace();
    events.iter().for_each(Event::set);
    sleepers.into_iter().for_each(|sleeper| sleeper.join().expect("a wait does not panic"));
    let ratio = meanwhile / ((before + pace()) / 2.0);
    Figure {
        what: "4 threads at a lock while 1,000 threads sleep on other objects, beside without them",
        goal: "at most 1.05 times the time",
        measured: format!("{ratio:.3}"),
        peers: String::new(),
        met: ratio <= 1.05,
    }
}

fn idle(time: Duration) -> Figure {
    let event = Event::new();
    let burnt = thread::scope(|scope| {
        (0..8).for_each(|_| _ = scope.spawn(|| event.wait()));
        thread::sleep(Duration::from_millis(20));
        let before = cpu_time();
        thread::sleep(time);
        let burnt = cpu_time() - before;
        event.set();
        burnt
    });
    Figure {
        what: "processor time of 8 threads that wait, per second",
        goal: "none (below 1 ms)",
        measured: format!("{:.3?}", burnt.div_f64(time.as_secs_f64())),
        peers: String::new(),
        met: burnt.div_f64(time.as_secs_f64()) < Duration::from_millis(1),
    }
}
