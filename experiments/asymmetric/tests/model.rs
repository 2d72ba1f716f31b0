//! The models: `RUSTFLAGS="--cfg loom" cargo test --release`.
//!
//! A wake that is lost shows as a deadlock, two holders at a time as a race for the plain variable that the lock guards.
#![cfg(loom)]
#![allow(unsafe_code)]

use loom::cell::UnsafeCell;
use loom::thread;
use sixfold_asymmetric::model::{Fences, LightFence};
use sixfold_asymmetric::{Lock, NotHeld, Step};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

/// A lock and what it guards.
struct Shared {
    lock: Lock,
    count: UnsafeCell<usize>,
}

// SAFETY: loom stops the model before an access that races.
unsafe impl Sync for Shared {}
// SAFETY: as above.
unsafe impl Send for Shared {}

impl Shared {
    fn new(lock: Lock) -> Arc<Self> {
        Arc::new(Self { lock, count: UnsafeCell::new(0) })
    }

    fn bump(&self) {
        // SAFETY: loom stops the model before an access that races.
        self.count.with_mut(|count| unsafe { *count += 1 });
    }

    fn count(&self) -> usize {
        // SAFETY: as in `bump`.
        self.count.with(|count| unsafe { *count })
    }

    fn section(&self) {
        let _held = self.lock.hold();
        self.bump();
    }

    fn section_by_hand(&self) {
        self.lock.acquire();
        self.bump();
        self.lock.release().unwrap();
    }
}

/// Explores the executions of `body` that take a running thread off its core at most so many times, or all.
fn explore(preemptions: Option<usize>, body: impl Fn() + Send + Sync + 'static) {
    let executions = Arc::new(AtomicUsize::new(0));
    let count = executions.clone();
    let mut model = loom::model::Builder::new();
    // `LOOM_MAX_PREEMPTIONS` goes deeper.
    let preemptions = model.preemption_bound.or(preemptions);
    model.preemption_bound = preemptions;
    model.max_branches = 10_000;
    let start = std::time::Instant::now();
    model.check(move || {
        count.fetch_add(1, Relaxed);
        body();
    });
    let name = std::thread::current().name().unwrap_or("model").to_owned();
    let bound = preemptions.map_or("complete".into(), |n| format!("at most {n} preemptions"));
    println!("{name}: {} executions, {bound}, {:.1} s", executions.load(Relaxed), start.elapsed().as_secs_f32());
}

fn spawn<T: 'static>(shared: &Arc<Shared>, body: impl FnOnce(&Shared) -> T + 'static) -> thread::JoinHandle<T> {
    let shared = shared.clone();
    thread::spawn(move || body(&shared))
}

/// The main thread and others, one for each section.
fn all_at_once(shared: &Arc<Shared>, mine: impl FnOnce(&Shared), others: usize, theirs: fn(&Shared)) {
    let others: Vec<_> = (0..others).map(|_| spawn(shared, theirs)).collect();
    mine(shared);
    others.into_iter().for_each(|other| other.join().unwrap());
}

fn two_threads(fences: Fences) {
    let shared = Shared::new(Lock::new_light(fences));
    all_at_once(&shared, Shared::section, 1, Shared::section);
    assert_eq!(shared.count(), 2);
}

fn three_threads(fences: Fences) {
    let shared = Shared::new(Lock::new_light(fences));
    all_at_once(&shared, Shared::section, 2, Shared::section);
    assert_eq!(shared.count(), 3);
}

/// Two wait, and a third thread releases for both: for itself first, and then whoever has been the first of the two.
fn released_for_others(fences: Fences) {
    let shared = Shared::new(Lock::new_light(fences));
    shared.lock.acquire();
    let others = [spawn(&shared, |shared| shared.lock.acquire()), spawn(&shared, |shared| shared.lock.acquire())];
    shared.lock.release().unwrap();
    while shared.lock.release() == Err(NotHeld) {
        thread::yield_now();
    }
    others.into_iter().for_each(|other| other.join().unwrap());
    assert!(!shared.lock.try_acquire());
}

#[test]
fn two_threads_exclude_each_other_and_none_is_left_asleep() {
    explore(Some(5), || two_threads(Fences::all()));
}

#[test]
fn two_threads_by_hand() {
    explore(Some(5), || {
        let shared = Shared::new(Lock::new_light(Fences::all()));
        all_at_once(&shared, Shared::section_by_hand, 1, Shared::section_by_hand);
        assert_eq!(shared.count(), 2);
    });
}

#[test]
fn one_by_hand_and_one_scoped() {
    explore(Some(5), || {
        let shared = Shared::new(Lock::new_light(Fences::all()));
        all_at_once(&shared, Shared::section, 1, Shared::section_by_hand);
        assert_eq!(shared.count(), 2);
    });
}

#[test]
fn the_lock_is_taken_again_between_a_store_and_its_look() {
    explore(Some(3), || {
        let shared = Shared::new(Lock::new_light(Fences::all()));
        let twice = |shared: &Shared| {
            shared.section();
            shared.section();
        };
        all_at_once(&shared, twice, 1, twice);
        assert_eq!(shared.count(), 4);
    });
}

#[test]
fn a_new_lock_becomes_light_while_others_come() {
    explore(Some(4), || {
        let shared = Shared::new(Lock::new(Fences::all()));
        let twice = |shared: &Shared| {
            shared.section();
            shared.section();
        };
        all_at_once(&shared, twice, 1, Shared::section);
        assert_eq!(shared.count(), 3);
    });
}

#[test]
fn three_threads_exclude_each_other_and_none_is_left_asleep() {
    explore(Some(2), || three_threads(Fences::all()));
}

#[test]
fn three_threads_by_hand() {
    explore(Some(2), || {
        let shared = Shared::new(Lock::new_light(Fences::all()));
        all_at_once(&shared, Shared::section_by_hand, 2, Shared::section_by_hand);
        assert_eq!(shared.count(), 3);
    });
}

#[test]
fn a_try_in_between_takes_the_lock_only_if_it_is_free() {
    explore(Some(2), || {
        let shared = Shared::new(Lock::new_light(Fences::all()));
        let waiter = spawn(&shared, Shared::section);
        let tried = spawn(&shared, |shared| {
            let taken = shared.lock.try_acquire();
            if taken {
                shared.bump();
                shared.lock.release().unwrap();
            }
            taken
        });
        shared.section();
        waiter.join().unwrap();
        assert_eq!(tried.join().unwrap(), shared.count() == 3);
    });
}

#[test]
fn who_is_woken_and_released_at_once_by_another_leaves_nobody_asleep() {
    explore(Some(2), || released_for_others(Fences::all()));
}

/// All answers that two releases of one acquire may come to.
fn answers_of_two_releases(release: fn(&Lock) -> Result<(), NotHeld>) -> Vec<[Result<(), NotHeld>; 2]> {
    let seen = Arc::new(Mutex::new(vec![]));
    let all = seen.clone();
    explore(None, move || {
        let shared = Shared::new(Lock::new_light(Fences::all()));
        shared.lock.acquire();
        let other = spawn(&shared, move |shared| release(&shared.lock));
        let mut answers = [release(&shared.lock), other.join().unwrap()];
        answers.sort();
        let mut seen = seen.lock().unwrap();
        if !seen.contains(&answers) {
            seen.push(answers);
        }
    });
    let mut seen = all.lock().unwrap().split_off(0);
    seen.sort();
    seen
}

#[test]
fn of_two_exchanges_for_one_acquire_exactly_one_is_an_error() {
    assert_eq!(answers_of_two_releases(Lock::release), [[Ok(()), Err(NotHeld)]]);
}

#[test]
fn of_two_stores_for_one_acquire_both_may_believe_it() {
    let both = [Ok(()), Ok(())];
    assert_eq!(answers_of_two_releases(Lock::release_lightly), [both, [Ok(()), Err(NotHeld)]]);
}

/// The model is seen to fail: `what` with one step left out.
macro_rules! fails {
    ($($name:ident: $step:ident, $preemptions:expr, $body:expr, $message:literal;)*) => {$(
        #[test]
        #[should_panic(expected = $message)]
        fn $name() {
            explore($preemptions, || $body(Fences::without(Step::$step)));
        }
    )*};
}

fails! {
    without_the_heavy_fence_a_wake_is_lost: Heavy, Some(4), two_threads, "deadlock";
    without_the_light_fence_a_wake_is_lost: Light, Some(4), two_threads, "deadlock";
    without_the_fence_of_a_light_release_that_has_met_a_waiter_a_wake_is_lost: LightMetWaiter, Some(4), two_threads, "deadlock";
    without_the_fence_of_an_exchange_a_wake_is_lost: ExchangeThenLook, Some(3), three_threads, "deadlock";
    without_the_fence_of_a_waiter_a_wake_is_lost: AnnouncedThenLook, Some(3), three_threads, "deadlock";
    without_the_fence_after_taking_a_wake_is_lost: TakenThenLook, Some(3), released_for_others, "deadlock";
    without_acquire_two_sections_race: Acquire, Some(4), two_threads, "Causality violation";
    without_release_in_a_store_two_sections_race: StoreReleases, Some(4), two_threads, "Causality violation";
    without_release_in_an_exchange_two_sections_race: ExchangeReleases, Some(3), three_threads, "Causality violation";
}

/// Why the light fence is not simply `SeqCst` in the models: then it would pair with the full fence of a waiter too, which in
/// reality it does not, and the models could not tell whether the heavy fence is there.
#[test]
fn with_a_light_fence_that_is_too_strong_nobody_notices_that_the_heavy_one_is_missing() {
    explore(Some(5), || two_threads(Fences::new(LightFence::SeqCst, None)));
    explore(Some(5), || two_threads(Fences::new(LightFence::SeqCst, Some(Step::Heavy))));
}
