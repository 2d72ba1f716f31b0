//! What no single row shows: fairness, the price of waiting, and of many threads.

use super::measure::{Sample, cpu_time, for_a_while, work};
#[cfg(target_os = "linux")]
use super::peers::glibc::Normal;
use super::peers::mutex::Mutex;
use super::rows::lock::contend;
use sixfold::{Event, Lock};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// A promise, what was measured for it, and whether it is kept.
pub struct Promise {
    pub what: &'static str,
    pub target: &'static str,
    pub measured: String,
    /// The peers in the same scenario.
    pub peers: String,
    pub kept: bool,
}

/// `time`: for one measurement.
pub fn all(time: Duration) -> Vec<Promise> {
    vec![hog_and_victim(time), equal_threads(time), scale(time), parked_elsewhere(time), idle(time)]
}

macro_rules! peers {
    ($measure:expr) => {{
        let measure = $measure;
        [
            ("std", measure.clone()(&<std::sync::Mutex<u64> as Mutex>::new() as &dyn Contended)),
            ("parking_lot", measure.clone()(&<parking_lot::Mutex<u64> as Mutex>::new())),
            ("usync", measure.clone()(&<usync::Mutex<u64> as Mutex>::new())),
            #[cfg(target_os = "linux")]
            ("pthread", measure(&<Normal as Mutex>::new())),
        ]
    }};
}

/// What is asked of any lock here.
trait Contended {
    fn contend(&self, threads: usize, section: u64, time: Duration) -> Sample;
    fn longest_wait_beside_a_hog(&self, time: Duration) -> Sample;
}

impl<M: Mutex> Contended for M {
    fn contend(&self, threads: usize, section: u64, time: Duration) -> Sample {
        contend(self, threads, section, 0, time)
    }

    /// Thread 0 takes the lock again as soon as it has let go; thread 1 does the same and measures.
    fn longest_wait_beside_a_hog(&self, time: Duration) -> Sample {
        let longest = Lock::with_value(Duration::ZERO);
        let mut sample = for_a_while(2, time, |me| {
            if me == 0 {
                self.with(|_| work(5000));
            } else {
                let start = Instant::now();
                self.with(|_| {
                    let mut longest = longest.hold();
                    *longest = start.elapsed().max(*longest);
                });
                work(5000);
            }
        });
        sample.longest_wait = Some(longest.into_inner());
        sample
    }
}

fn lines<const N: usize>(peers: [(&str, String); N]) -> String {
    peers.map(|(name, value)| format!("{name} {value}")).join(", ")
}

fn hog_and_victim(time: Duration) -> Promise {
    let measure = |lock: &dyn Contended| lock.longest_wait_beside_a_hog(time).longest_wait.expect("measured");
    let longest = measure(&Lock::with_value(0));
    Promise {
        what: "the longest wait of a thread beside one that takes the lock again at once (sections of 5 µs)",
        target: "below 2 ms",
        measured: format!("{longest:.1?}"),
        peers: lines(peers!(|lock: &_| format!("{:.1?}", measure(lock)))),
        kept: longest < Duration::from_millis(2),
    }
}

fn equal_threads(time: Duration) -> Promise {
    let measure = |lock: &dyn Contended| lock.contend(4, 500, time).jain().expect("all have run");
    let jain = measure(&Lock::with_value(0));
    Promise {
        what: "Jain's index of 4 threads that want the same",
        target: "at least 0.95",
        measured: format!("{jain:.3}"),
        peers: lines(peers!(|lock: &_| format!("{:.3}", measure(lock)))),
        kept: jain >= 0.95,
    }
}

fn scale(time: Duration) -> Promise {
    let measure = |lock: &dyn Contended| {
        let mut ratios: Vec<f64> =
            (0..5).map(|_| lock.contend(32, 500, time / 4).nanos() / lock.contend(8, 500, time / 4).nanos()).collect();
        ratios.sort_by(f64::total_cmp);
        ratios[2]
    };
    let ratio = measure(&Lock::with_value(0));
    Promise {
        what: "a section of 500 ns with 32 threads, beside 8 threads",
        target: "at most 1.3 times the time",
        measured: format!("{ratio:.2}"),
        peers: lines(peers!(|lock: &_| format!("{:.2}", measure(lock)))),
        kept: ratio <= 1.3,
    }
}

fn parked_elsewhere(time: Duration) -> Promise {
    let events: Arc<[Event]> = (0..1000).map(|_| Event::new()).collect();
    let pace = || {
        let mut nanos: Vec<f64> = (0..9).map(|_| Lock::with_value(0).contend(4, 50, time / 9).nanos()).collect();
        nanos.sort_by(f64::total_cmp);
        nanos[4]
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
    Promise {
        what: "4 threads at a lock while 1,000 threads sleep on other objects, beside without them",
        target: "at most 1.05 times the time",
        measured: format!("{ratio:.3}"),
        peers: String::new(),
        kept: ratio <= 1.05,
    }
}

fn idle(time: Duration) -> Promise {
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
    Promise {
        what: "processor time of 8 threads that wait, per second",
        target: "none (below 1 ms)",
        measured: format!("{:.3?}", burnt.div_f64(time.as_secs_f64())),
        peers: String::new(),
        kept: burnt.div_f64(time.as_secs_f64()) < Duration::from_millis(1),
    }
}
