//! Prints what the lock costs beside others: `cargo run --release [-- ROUNDS]`.
//!
//! In each round every contestant of a row runs once, one after the other, and each goes first in some rounds; ratios are
//! taken round by round. So what else runs on the machine meets them all.

/// There is nothing to measure in a model.
#[cfg(loom)]
fn main() {}

#[cfg(not(loom))]
fn main() {
    real::main();
}

#[cfg(not(loom))]
mod real {
    use sixfold_asymmetric::{Lock, membarrier};
    use std::hint::black_box;
    use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
    use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64};
    use std::sync::{Barrier, OnceLock};
    use std::thread;
    use std::time::{Duration, Instant};

    /// Takes a lock, does something, gives it back.
    trait Pair: Sync {
        fn pair(&self, section: impl FnOnce());
    }

    macro_rules! pair {
        ($($(#[$doc:meta])* $name:ident($lock:ty): $this:ident, $section:ident => $body:block)*) => {$(
            $(#[$doc])*
            struct $name($lock);
            impl Pair for $name {
                #[inline(always)]
                fn pair(&self, $section: impl FnOnce()) {
                    let $this = &self.0;
                    $body
                }
            }
        )*};
    }

    pair! {
        Ours(sixfold::Lock): lock, section => { let _held = lock.hold(); section(); }
        OursByHand(sixfold::Lock): lock, section => { lock.acquire(); section(); _ = black_box(lock.release()); }
        Std(std::sync::Mutex<()>): lock, section => { let _held = lock.lock(); section(); }
        ParkingLot(parking_lot::Mutex<()>): lock, section => { let _held = lock.lock(); section(); }
        Scoped(Lock): lock, section => { let _held = lock.hold(); section(); }
        ByStore(Lock): lock, section => { lock.acquire(); section(); _ = black_box(lock.release_lightly()); }
        ByExchange(Lock): lock, section => { lock.acquire(); section(); _ = black_box(lock.release()); }
        NoLock(()): _nothing, section => { section(); }
        /// What no lock can do without: one read-modify-write and a store.
        OneChange(AtomicU8): word, section => {
            while word.compare_exchange_weak(0, 1, Acquire, Relaxed).is_err() {}
            section();
            word.store(0, Release);
        }
        /// What the locks of today do.
        TwoChanges(AtomicU8): word, section => {
            while word.compare_exchange_weak(0, 1, Acquire, Relaxed).is_err() {}
            section();
            word.swap(0, AcqRel);
        }
    }

    struct Contestant {
        name: &'static str,
        /// Nanoseconds per pair.
        run: Box<dyn Fn() -> f64>,
    }

    fn contestant(name: &'static str, run: impl Fn() -> f64 + 'static) -> Contestant {
        Contestant { name, run: Box::new(run) }
    }

    /// One thread, always the same lock.
    fn alone<P: Pair + 'static>(name: &'static str, lock: P, section: impl Fn() + 'static) -> Contestant {
        contestant(name, move || per_pair(20_000, |_| lock.pair(&section)))
    }

    /// One thread, many locks in turn.
    fn many<P: Pair + 'static>(name: &'static str, lock: impl Fn() -> P) -> Contestant {
        let locks: Vec<P> = (0..4096).map(|_| lock()).collect();
        contestant(name, move || per_pair(20_480, |i| locks[i % locks.len()].pair(|| ())))
    }

    fn per_pair(n: usize, pair: impl Fn(usize)) -> f64 {
        let start = Instant::now();
        (0..n).for_each(pair);
        start.elapsed().as_nanos() as f64 / n as f64
    }

    /// Several threads and a new lock each time, for 20 ms.
    fn crew<P: Pair + 'static>(name: &'static str, lock: fn() -> P, threads: usize, section: u64) -> Contestant {
        contestant(name, move || {
            let lock = lock();
            let (ready, over) = (Barrier::new(threads + 1), AtomicBool::new(false));
            thread::scope(|scope| {
                let work_off = || {
                    ready.wait();
                    let mut pairs = 0u64;
                    while !over.load(Relaxed) {
                        lock.pair(|| work(section));
                        pairs += 1;
                    }
                    pairs
                };
                let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work_off)).collect();
                ready.wait();
                let start = Instant::now();
                thread::sleep(Duration::from_millis(20));
                over.store(true, Relaxed);
                let elapsed = start.elapsed();
                let pairs: u64 = threads.into_iter().map(|thread| thread.join().expect("it only counts")).sum();
                elapsed.as_nanos() as f64 / pairs.max(1) as f64
            })
        })
    }

    /// Keeps a processor busy for about so many nanoseconds.
    #[inline(always)]
    fn work(nanos: u64) {
        if nanos > 0 {
            steps(nanos * steps_per_microsecond() / 1000);
        }
    }

    /// A function of its own, so that it is the same code for all contestants.
    #[inline(never)]
    fn steps(n: u64) {
        let mut x = n;
        for i in 0..n {
            x = x.wrapping_mul(5) ^ i;
        }
        black_box(x);
    }

    /// Something that is in memory, where the lock is not.
    fn count_up() {
        static COUNT: [AtomicU64; 32] = [const { AtomicU64::new(0) }; 32];
        COUNT[16].store(COUNT[16].load(Relaxed) + 1, Relaxed);
    }

    fn steps_per_microsecond() -> u64 {
        static STEPS: OnceLock<u64> = OnceLock::new();
        *STEPS.get_or_init(|| {
            const TRY: u64 = 1_000_000;
            let best = (0..5).map(|_| nanos(|| steps(TRY))).min_by(f64::total_cmp).expect("five tries");
            (TRY as f64 * 1000.0 / best) as u64
        })
    }

    fn nanos(action: impl FnOnce()) -> f64 {
        let start = Instant::now();
        action();
        start.elapsed().as_nanos() as f64
    }

    /// A lock as it is after the first release.
    fn light() -> Lock {
        let lock = Lock::new();
        drop(lock.hold());
        lock
    }

    /// A lock that somebody has waited for.
    fn waited_for() -> Lock {
        let lock = light();
        thread::scope(|scope| {
            let held = lock.hold();
            scope.spawn(|| drop(lock.hold()));
            while lock.is_light() {
                thread::yield_now();
            }
            thread::sleep(Duration::from_millis(5));
            drop(held);
        });
        lock
    }

    /// A value that has as many values below as above, and the quarters.
    fn quartiles(mut values: Vec<f64>) -> [f64; 3] {
        values.sort_by(f64::total_cmp);
        [1, 2, 3].map(|quarter| values[(values.len() - 1) * quarter / 4])
    }

    /// One thread that does something with the lock held.
    fn with_section(what: &str, rounds: usize, section: impl Fn() + Copy + 'static) {
        row(
            &format!("One thread, one lock, {what}"),
            rounds,
            &[
                alone("sixfold::Lock, scoped", Ours(sixfold::Lock::new()), section),
                alone("std", Std(std::sync::Mutex::new(())), section),
                alone("parking_lot", ParkingLot(parking_lot::Mutex::new(())), section),
                alone("experiment, scoped", Scoped(light()), section),
                alone("experiment, scoped, after it was waited for once", Scoped(waited_for()), section),
                alone("no lock", NoLock(()), section),
            ],
        );
    }

    /// Runs and prints a row, and returns the medians.
    fn row(title: &str, rounds: usize, contestants: &[Contestant]) -> Vec<f64> {
        let mut times = vec![vec![]; contestants.len()];
        for round in 0..=rounds {
            for place in 0..contestants.len() {
                let i = (place + round) % contestants.len();
                let time = (contestants[i].run)();
                if round > 0 {
                    times[i].push(time); // The round before was to get warm.
                }
            }
        }
        let index_of = |name| contestants.iter().position(|contestant| contestant.name == name);
        println!("\n**{title}**\n");
        println!("| | least | median | quarters | ratio to sixfold, round by round |");
        println!("|---|--:|--:|--:|--:|");
        let mut medians = vec![];
        for (contestant, mine) in contestants.iter().zip(&times) {
            let [low, median, high] = quartiles(mine.clone());
            let least = mine.iter().copied().fold(f64::INFINITY, f64::min);
            let ratios = mine.iter().zip(&times[0]).map(|(mine, ours)| mine / ours).collect();
            let [ratio_low, ratio, ratio_high] = quartiles(ratios);
            println!(
                "| {} | {least:.2} | {median:.2} | {low:.2} to {high:.2} | **{ratio:.2}** ({ratio_low:.2} to {ratio_high:.2}) |",
                contestant.name
            );
            medians.push(median);
        }
        if let (Some(light), Some(heavy)) =
            (index_of("experiment, scoped"), index_of("experiment, scoped, never light"))
        {
            let [low, ratio, high] = quartiles(times[light].iter().zip(&times[heavy]).map(|(a, b)| a / b).collect());
            println!("\nThe experiment to itself without light releases: {ratio:.2} ({low:.2} to {high:.2}).");
        }
        medians
    }

    /// Prints the least, the median and the quarters of 100 times, and returns the median. What is none is not counted.
    fn price(what: &str, time: impl Fn() -> Option<f64>) -> f64 {
        let times: Vec<f64> = std::iter::repeat_with(time).flatten().take(100).collect();
        let least = times.iter().copied().fold(f64::INFINITY, f64::min);
        let [low, median, high] = quartiles(times);
        println!("| {what} | {least:.0} | {median:.0} | {low:.0} to {high:.0} |");
        median
    }

    /// How often the calling thread has lost its core so far.
    #[cfg(target_os = "linux")]
    #[allow(unsafe_code)]
    fn switches() -> (i64, i64) {
        // SAFETY: the call fills a plain structure of ours.
        let usage = unsafe {
            let mut usage: libc::rusage = std::mem::zeroed();
            assert_eq!(libc::getrusage(libc::RUSAGE_THREAD, &raw mut usage), 0);
            usage
        };
        (usage.ru_nvcsw, usage.ru_nivcsw)
    }

    /// Not known how.
    #[cfg(not(target_os = "linux"))]
    fn switches() -> (i64, i64) {
        (0, 0)
    }

    pub(super) fn main() {
        let rounds = std::env::args().nth(1).map_or(31, |text| text.parse().expect("a number of rounds"));
        // No contestant shall have it easier because the process has one thread only.
        let (ready, over) = (Barrier::new(2), AtomicBool::new(false));
        thread::scope(|scope| {
            let other = scope.spawn(|| {
                ready.wait();
                while !over.load(Relaxed) {
                    thread::park();
                }
            });
            ready.wait();
            measure(5 * rounds, rounds);
            over.store(true, Relaxed);
            other.thread().unpark();
        });
    }

    /// Samples of one thread are short, so that most of them are not interrupted by what else runs; so there can be more.
    fn measure(rounds: usize, crew_rounds: usize) {
        let cores = thread::available_parallelism().map_or(0, usize::from);
        let (arch, system) = (std::env::consts::ARCH, std::env::consts::OS);
        println!("{rounds} rounds with one thread, {crew_rounds} with several, on {cores} cores ({arch} on {system}).");
        println!("Nanoseconds per pair of acquire and release.");
        let registering = nanos(|| _ = membarrier::is_there());
        assert!(membarrier::is_there(), "there is no membarrier here, and so nothing to compare");

        let medians = row(
            "One thread, one lock",
            rounds,
            &[
                alone("sixfold::Lock, scoped", Ours(sixfold::Lock::new()), || ()),
                alone("sixfold::Lock, by hand", OursByHand(sixfold::Lock::new()), || ()),
                alone("std", Std(std::sync::Mutex::new(())), || ()),
                alone("parking_lot", ParkingLot(parking_lot::Mutex::new(())), || ()),
                alone("experiment, scoped", Scoped(light()), || ()),
                alone("experiment, by hand, by a store (inexact)", ByStore(light()), || ()),
                alone("experiment, by hand, by an exchange", ByExchange(light()), || ()),
                alone("experiment, scoped, after it was waited for once", Scoped(waited_for()), || ()),
                alone("a compare-exchange and a store", OneChange(AtomicU8::new(0)), || ()),
                alone("a compare-exchange and an exchange", TwoChanges(AtomicU8::new(0)), || ()),
            ],
        );
        with_section("a counter goes up", rounds, count_up);
        with_section("20 steps of arithmetic", rounds, || steps(20));
        with_section("60 steps of arithmetic", rounds, || steps(60));
        row(
            "One thread, 4096 locks in turn",
            rounds,
            &[
                many("sixfold::Lock, scoped", || Ours(sixfold::Lock::new())),
                many("std", || Std(std::sync::Mutex::new(()))),
                many("parking_lot", || ParkingLot(parking_lot::Mutex::new(()))),
                many("experiment, scoped", || Scoped(light())),
                many("experiment, scoped, never light", || Scoped(Lock::new_heavy())),
            ],
        );
        for (threads, section) in [(2, 0), (2, 50), (4, 500)] {
            row(
                &format!("{threads} threads, a section of {section} ns"),
                crew_rounds,
                &[
                    crew("sixfold::Lock, scoped", || Ours(sixfold::Lock::new()), threads, section),
                    crew("std", || Std(std::sync::Mutex::new(())), threads, section),
                    crew("parking_lot", || ParkingLot(parking_lot::Mutex::new(())), threads, section),
                    crew("experiment, scoped", || Scoped(Lock::new()), threads, section),
                    crew("experiment, scoped, never light", || Scoped(Lock::new_heavy()), threads, section),
                ],
            );
        }

        if cores < 2 {
            return; // Nobody runs beside who issues a heavy fence.
        }
        println!("\n**membarrier**, nanoseconds per call\n\n| | least | median | quarters |\n|---|--:|--:|--:|");
        price("no other thread runs", || Some(nanos(|| _ = membarrier::issue())));
        let (turns, over) = (AtomicU64::new(0), AtomicBool::new(false));
        let barrier = thread::scope(|scope| {
            scope.spawn(|| {
                while !over.load(Relaxed) {
                    turns.fetch_add(1, Relaxed);
                }
            });
            let barrier = price("another thread runs", || {
                let before = (turns.load(Relaxed), switches());
                let time = nanos(|| _ = membarrier::issue());
                // It has run at the same time, not instead of this one.
                (turns.load(Relaxed) != before.0 && switches() == before.1).then_some(time)
            });
            over.store(true, Relaxed);
            barrier
        });
        println!("\nTo register took {:.1} µs with two threads in the process.", registering / 1e3);
        let gain = medians[0] - medians[4];
        println!("One call, with another thread running, costs what {:.0} light pairs have gained.", barrier / gain);
    }
}
