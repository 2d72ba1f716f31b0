//! `Lock`: exclusion, no lost wake-up, time-outs, hand-over.

use crate::common::{A_WHILE, Outcomes, Plain, bump, explore, explore_bounded, must_have_reached, spawn};
use loom::sync::Arc;
use sixfold::Lock;
use std::time::{Duration, Instant};

type Guarded = (Lock, Plain<usize>);

fn guarded() -> Arc<Guarded> {
    Arc::new((Lock::new(), Plain::new(0)))
}

fn section((lock, count): &Guarded) {
    let _held = lock.hold();
    bump(count);
}

fn section_by_hand((lock, count): &Guarded) {
    lock.acquire();
    bump(count);
    lock.release().unwrap();
}

#[test]
fn two_threads_exclude_each_other_by_hand() {
    explore(|| {
        let shared = guarded();
        let other = spawn(&shared, section_by_hand);
        section_by_hand(&shared);
        other.join().unwrap();
        assert_eq!(shared.1.get(), 2);
    });
}

#[test]
fn two_threads_exclude_each_other_twice() {
    explore_bounded(4, || {
        let shared = guarded();
        let twice = |shared: &Guarded| {
            section(shared);
            section(shared);
        };
        let other = spawn(&shared, twice);
        twice(&shared);
        other.join().unwrap();
        assert_eq!(shared.1.get(), 4);
    });
}

#[test]
fn three_threads_exclude_each_other_and_none_is_left_asleep() {
    explore_bounded(3, || {
        let shared = guarded();
        let others = [spawn(&shared, section), spawn(&shared, section)];
        section(&shared);
        others.into_iter().for_each(|other| other.join().unwrap());
        assert_eq!(shared.1.get(), 3);
    });
}

#[test]
fn a_try_takes_the_lock_only_if_it_is_free() {
    static SEEN: Outcomes<bool> = Outcomes::new();
    explore(|| {
        let shared = guarded();
        let other = spawn(&shared, |shared| {
            let held = shared.0.try_hold();
            SEEN.add(held.is_some());
            held.is_some().then(|| bump(&shared.1));
        });
        section(&shared);
        other.join().unwrap();
        assert!(!shared.0.locked());
    });
    SEEN.are([false, true]);
}

#[test]
fn a_timed_acquire_is_served_or_gives_up_and_leaves_no_trace() {
    static SEEN: Outcomes<bool> = Outcomes::new();
    explore_bounded(4, || {
        let shared = guarded();
        shared.0.acquire();
        let other = spawn(&shared, |shared| {
            let held = shared.0.hold_timeout(A_WHILE);
            SEEN.add(held.is_some());
            held.is_some().then(|| bump(&shared.1));
        });
        bump(&shared.1);
        shared.0.release().unwrap();
        section(&shared);
        other.join().unwrap();
        assert!(shared.0.try_acquire(), "it is free in the end");
    });
    SEEN.are([false, true]);
}

#[test]
fn a_time_out_does_not_swallow_the_wake_of_another_waiter() {
    explore_bounded(3, || {
        let shared = guarded();
        shared.0.acquire();
        let timed = spawn(&shared, |shared| {
            if shared.0.acquire_timeout(A_WHILE) {
                bump(&shared.1);
                shared.0.release().unwrap();
            }
        });
        let patient = spawn(&shared, section);
        shared.0.release().unwrap();
        timed.join().unwrap();
        patient.join().unwrap();
    });
    must_have_reached(&[
        "a walk along the main queue woke nobody",
        "a sleep in the main queue ended by itself",
        "a waiter was served when its time was up",
        "a waiter was served when it joined a queue",
    ]);
}

#[test]
fn zero_and_the_past_are_one_try_and_the_longest_time_never_gives_up() {
    let past = Instant::now();
    explore(move || {
        let shared = guarded();
        shared.0.acquire();
        assert!(!shared.0.acquire_timeout(Duration::ZERO));
        assert!(!shared.0.acquire_deadline(past));
        let other = spawn(&shared, |shared| {
            assert!(shared.0.acquire_timeout(Duration::MAX));
            bump(&shared.1);
        });
        bump(&shared.1);
        shared.0.release().unwrap();
        other.join().unwrap();
    });
}

/// Enough rounds against a newcomer that the waiter loses its patience and has the lock reserved.
#[test]
fn a_waiter_that_loses_again_and_again_is_handed_the_lock() {
    explore_bounded(4, || {
        let shared = guarded();
        shared.0.acquire();
        let other = spawn(&shared, section_by_hand);
        for _ in 0..3 {
            bump(&shared.1);
            shared.0.release().unwrap();
            shared.0.acquire();
        }
        shared.0.release().unwrap();
        other.join().unwrap();
        assert_eq!(shared.1.get(), 4);
    });
    must_have_reached(&["a newcomer was faster than the woken thread", "a sleeper was granted what it waits for"]);
}

/// As before, with a waiter whose time may be up when it has the lock reserved, and another that still waits then.
#[test]
fn a_handoff_whose_waiter_gives_up_is_no_loss_for_the_others() {
    static SEEN: Outcomes<bool> = Outcomes::new();
    explore_bounded(2, || {
        let shared = guarded();
        shared.0.acquire();
        let timed = spawn(&shared, |shared| {
            let held = shared.0.hold_timeout(A_WHILE);
            SEEN.add(held.is_some());
            held.is_some().then(|| bump(&shared.1));
        });
        let patient = spawn(&shared, section);
        for _ in 0..2 {
            shared.0.release().unwrap();
            shared.0.acquire();
        }
        bump(&shared.1);
        shared.0.release().unwrap();
        timed.join().unwrap();
        patient.join().unwrap();
        assert!(!shared.0.locked());
    });
    SEEN.are([false, true]);
}

#[test]
fn a_release_by_another_thread_publishes_what_it_did() {
    explore(|| {
        let shared = guarded();
        shared.0.acquire();
        let other = spawn(&shared, |shared| {
            bump(&shared.1);
            shared.0.release().unwrap();
        });
        section(&shared);
        other.join().unwrap();
    });
}

#[test]
fn a_release_by_another_thread_may_come_before_and_after_a_look_of_the_holder() {
    static SEEN: Outcomes<(bool, bool)> = Outcomes::new();
    explore(|| {
        let lock = Arc::new(Lock::new());
        let holder = spawn(&lock, |lock| {
            lock.acquire();
            lock.locked()
        });
        let released = lock.release().is_ok();
        SEEN.add((released, holder.join().unwrap()));
    });
    SEEN.are([(false, true), (true, false), (true, true)]);
}
