//! How long things take, and what that costs the machine.

use std::hint::black_box;
use std::sync::Barrier;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::thread;
use std::time::{Duration, Instant};

/// What one measurement gave.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    pub operations: u64,
    pub elapsed: Duration,
    /// Processor time of the threads that did them, from the first operation of each to its last. In the row of the pools
    /// that of the process, which lacks what running threads have used since the scheduler's last tick.
    pub cpu: Duration,
    /// Operations of each thread, where the threads did the same for the same time.
    pub each: Vec<u64>,
    /// The longest wait of one operation, where that was measured.
    pub longest_wait: Option<Duration>,
}

impl Sample {
    /// Nanoseconds per operation.
    pub fn nanos(&self) -> f64 {
        self.elapsed.as_nanos() as f64 / self.operations.max(1) as f64
    }

    /// Nanoseconds of processor time per operation.
    pub fn cpu_nanos(&self) -> f64 {
        self.cpu.as_nanos() as f64 / self.operations.max(1) as f64
    }

    /// Jain's index of fairness: 1 if all threads did the same, 1/n if one did everything.
    pub fn jain(&self) -> Option<f64> {
        let (sum, squares) = self.each.iter().fold((0.0, 0.0), |(sum, squares), &ops| {
            let ops = ops as f64;
            (sum + ops, squares + ops * ops)
        });
        (squares > 0.0).then(|| sum * sum / (self.each.len() as f64 * squares))
    }
}

/// Something that can be measured.
pub enum Run {
    /// So many operations.
    Operations(Box<dyn Fn(u64) -> Sample>),
    /// For so long.
    Time(Box<dyn Fn(Duration) -> Sample>),
}

impl Run {
    pub fn operations(run: impl Fn(u64) -> Sample + 'static) -> Self {
        Self::Operations(Box::new(run))
    }

    pub fn time(run: impl Fn(Duration) -> Sample + 'static) -> Self {
        Self::Time(Box::new(run))
    }
}

/// One thread calls `body` `n` times.
pub fn alone(n: u64, mut body: impl FnMut()) -> Sample {
    let stretch = Stretch::of(|| (0..n).for_each(|_| body()));
    Sample { operations: n, elapsed: stretch.end - stretch.start, cpu: stretch.cpu, ..Sample::default() }
}

/// `threads` threads call `body` with their number, `n` times each; all together are `n` operations.
pub fn crew(threads: usize, n: u64, body: impl Fn(usize, u64) + Sync) -> Sample {
    crew_with_parts(&vec![n; threads], n, body)
}

/// Thread `i` calls `body` `rounds[i]` times; all together are `operations`.
pub fn crew_with_parts(rounds: &[u64], operations: u64, body: impl Fn(usize, u64) + Sync) -> Sample {
    let ready = Barrier::new(rounds.len());
    let stretches: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = rounds
            .iter()
            .enumerate()
            .map(|(i, &rounds)| {
                let (body, ready) = (&body, &ready);
                scope.spawn(move || {
                    spread(i, || _ = ready.wait());
                    Stretch::of(|| (0..rounds).for_each(|round| body(i, round)))
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("a bench does not panic")).collect()
    });
    Sample { operations, elapsed: span(&stretches), cpu: sum(&stretches), ..Sample::default() }
}

/// `threads` threads call `body` with their number over and over for about `time`. An operation is one call.
pub fn for_a_while(threads: usize, time: Duration, body: impl Fn(usize) + Sync) -> Sample {
    successes_for_a_while(threads, time, |i| {
        body(i);
        true
    })
}

/// The same, and an operation is a call that returns true.
pub fn successes_for_a_while(threads: usize, time: Duration, body: impl Fn(usize) -> bool + Sync) -> Sample {
    let (ready, stop) = (Barrier::new(threads + 1), AtomicBool::new(false));
    let done: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..threads)
            .map(|i| {
                let (body, ready, stop) = (&body, &ready, &stop);
                scope.spawn(move || {
                    spread(i, || _ = ready.wait());
                    let mut successes = 0;
                    let stretch = Stretch::of(|| {
                        while !stop.load(Relaxed) {
                            successes += u64::from(body(i));
                        }
                    });
                    (successes, stretch)
                })
            })
            .collect();
        ready.wait();
        thread::sleep(time);
        stop.store(true, Relaxed);
        threads.into_iter().map(|thread| thread.join().expect("a bench does not panic")).collect()
    });
    let (each, stretches): (Vec<u64>, Vec<_>) = done.into_iter().unzip();
    let (elapsed, cpu) = (span(&stretches), sum(&stretches));
    Sample { operations: each.iter().sum(), elapsed, cpu, each, longest_wait: None }
}

/// Thread 0 takes its turn again as soon as one is over. Thread 1 does the same with as much work outside, and its longest
/// wait is measured. `turn` waits for a turn, calls its argument, and works for `section`.
pub fn beside_a_hog(time: Duration, section: u64, turn: impl Fn(&dyn Fn()) + Sync) -> Sample {
    let longest = AtomicU64::new(0);
    let sample = for_a_while(2, time, |me| {
        if me == 0 {
            turn(&|| ());
        } else {
            turn_with_wait(&turn, &longest);
            work(section);
        }
    });
    Sample { longest_wait: Some(Duration::from_nanos(longest.into_inner())), each: vec![], ..sample }
}

/// Several threads that all take their turn again at once. `turn` is as above.
pub fn equals(threads: usize, time: Duration, turn: impl Fn(&dyn Fn()) + Sync) -> Sample {
    let longest = AtomicU64::new(0);
    let sample = for_a_while(threads, time, |_| turn_with_wait(&turn, &longest));
    Sample { longest_wait: Some(Duration::from_nanos(longest.into_inner())), ..sample }
}

fn turn_with_wait(turn: impl Fn(&dyn Fn()), longest: &AtomicU64) {
    let start = Instant::now();
    turn(&|| {
        let waited = start.elapsed().as_nanos() as u64;
        if waited > longest.load(Relaxed) {
            longest.fetch_max(waited, Relaxed);
        }
    });
}

/// What one thread spent on its operations.
struct Stretch {
    start: Instant,
    end: Instant,
    cpu: Duration,
}

impl Stretch {
    /// Each thread asks for its own time. That of the process lacks what threads that are running now have used since the
    /// last tick of the scheduler; and where there are more threads than cores, a thread that asks when all begin may
    /// get a core late.
    fn of(operations: impl FnOnce()) -> Self {
        let (start, cpu) = (Instant::now(), cpu_time_of_this_thread());
        operations();
        let cpu = cpu_time_of_this_thread() - cpu;
        Self { start, end: Instant::now(), cpu }
    }
}

/// From the first start to the last end.
fn span(stretches: &[Stretch]) -> Duration {
    let start = stretches.iter().map(|stretch| stretch.start).min().expect("there are threads");
    let end = stretches.iter().map(|stretch| stretch.end).max().expect("there are threads");
    end - start
}

fn sum(stretches: &[Stretch]) -> Duration {
    stretches.iter().map(|stretch| stretch.cpu).sum()
}

/// The processor time that the calling thread has used so far.
fn cpu_time_of_this_thread() -> Duration {
    #[cfg(unix)]
    return time_of(libc::CLOCK_THREAD_CPUTIME_ID);
    #[cfg(not(unix))]
    Duration::ZERO // unknown there
}

/// The processor time that the process has used so far, but for what running threads have used since the scheduler last
/// looked at them.
pub fn cpu_time() -> Duration {
    #[cfg(unix)]
    return time_of(libc::CLOCK_PROCESS_CPUTIME_ID);
    #[cfg(not(unix))]
    Duration::ZERO // unknown there
}

#[cfg(unix)]
fn time_of(clock: libc::clockid_t) -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a timespec of ours, which is all that the call writes to.
    let result = unsafe { libc::clock_gettime(clock, &raw mut time) };
    assert_eq!(result, 0, "every Unix has this clock");
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Keeps a processor busy for about `nanos`.
#[inline]
pub fn work(nanos: u64) {
    if nanos > 0 {
        black_box(steps(black_box(nanos * steps_per_microsecond() / 1000)));
    }
}

/// Called with a number that the compiler does not know: else it moves the work out of what is measured.
/// In registers only, and the same code for all contestants: with a value in memory some took twice as long as others.
#[inline(never)]
fn steps(n: u64) -> u64 {
    let mut x = n | 1;
    for _ in 0..n {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
    }
    x
}

/// Measured once.
#[inline]
fn steps_per_microsecond() -> u64 {
    static STEPS: std::sync::OnceLock<u64> = std::sync::OnceLock::new();
    *STEPS.get_or_init(|| {
        const TRY: u64 = 1_000_000;
        let measure = || {
            let start = Instant::now();
            black_box(steps(black_box(TRY)));
            start.elapsed()
        };
        let best = (0..5).map(|_| measure()).min().expect("five tries");
        TRY * 1000 / best.as_nanos().max(1) as u64
    })
}

/// The processors that the calling thread may use.
#[cfg(target_os = "linux")]
fn processors() -> libc::cpu_set_t {
    // SAFETY: a set of processors is plain memory, and the call writes to ours and no more.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        assert_eq!(libc::sched_getaffinity(0, size_of_val(&set), &raw mut set), 0);
        set
    }
}

#[cfg(target_os = "linux")]
fn use_processors(set: &libc::cpu_set_t) {
    // SAFETY: the call reads the set and no more.
    assert_eq!(unsafe { libc::sched_setaffinity(0, size_of_val(set), set) }, 0);
}

/// The `i`-th processor of a set, counted round and round.
#[cfg(target_os = "linux")]
fn one_processor(i: usize, set: &libc::cpu_set_t) -> libc::cpu_set_t {
    // SAFETY: a set of processors is plain memory, and the numbers are below its size.
    unsafe {
        let all: Vec<usize> = (0..libc::CPU_SETSIZE as usize).filter(|&core| libc::CPU_ISSET(core, set)).collect();
        let mut one: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(all[i % all.len()], &mut one);
        one
    }
}

/// Runs `action` with the calling thread, and all that it starts, on one of its processors only: the `i`-th, counted
/// round and round.
#[cfg(target_os = "linux")]
fn on_core<R>(i: usize, action: impl FnOnce() -> R) -> R {
    let before = processors();
    use_processors(&one_processor(i, &before));
    let result = action();
    use_processors(&before);
    result
}

/// Not known how; runs it as it is.
#[cfg(not(target_os = "linux"))]
fn on_core<R>(_: usize, action: impl FnOnce() -> R) -> R {
    action()
}

/// Runs `action` with the calling thread, and all that it starts, on one processor only.
pub fn on_one_core<R>(action: impl FnOnce() -> R) -> R {
    on_core(0, action)
}

/// Pins the calling thread, and all that it starts from now on, to one processor.
#[cfg(target_os = "linux")]
pub fn pin() -> bool {
    use_processors(&one_processor(0, &processors()));
    true
}

/// Not known how.
#[cfg(not(target_os = "linux"))]
pub fn pin() -> bool {
    false
}

/// Lets thread `i` of several begin on a processor of its own, as far as there are enough. From then on the system may
/// move it. Without this, all may begin on the same, and the luck of a run decides for milliseconds to come.
fn spread(i: usize, get_ready: impl FnOnce()) {
    on_core(i, get_ready);
}
