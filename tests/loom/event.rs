//! `Event`: nobody is left behind, nobody is let go by a set that was not theirs.

use crate::common::{A_WHILE, Outcomes, Plain, explore, explore_bounded, must_have_reached, spawn};
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use sixfold::Event;
use std::time::Duration;

#[test]
fn a_set_publishes_to_who_waits_and_to_who_looks() {
    static SEEN: Outcomes<bool> = Outcomes::new();
    explore_bounded(4, || {
        let shared = Arc::new((Event::new(), Plain::new(0)));
        let waiter = spawn(&shared, |shared| {
            shared.0.wait();
            assert_eq!(shared.1.get(), 1);
        });
        let looker = spawn(&shared, |shared| {
            let set = shared.0.is_set();
            SEEN.add(set);
            assert!(!set || shared.1.get() == 1);
        });
        shared.1.set(1);
        shared.0.set();
        waiter.join().unwrap();
        looker.join().unwrap();
    });
    SEEN.are([false, true]);
}

#[test]
fn two_waiters_are_freed_by_one_set() {
    explore_bounded(4, || {
        let event = Arc::new(Event::new());
        let waiters = [spawn(&event, Event::wait), spawn(&event, Event::wait)];
        event.set();
        waiters.into_iter().for_each(|waiter| waiter.join().unwrap());
    });
}

/// The waiter may begin before the first set, between the clear and the second, or after. That the first one frees it,
/// if it began before, is shown beside the machine, where it can be seen that it has begun.
#[test]
fn set_followed_by_clear_frees_who_waits() {
    static SEEN: Outcomes<bool> = Outcomes::new();
    explore(|| {
        let shared = Arc::new((Event::new(), Plain::new(0)));
        let waiter = spawn(&shared, |shared| {
            shared.0.wait();
            // One of the two sets came before; both were after the 1.
            assert!(shared.1.get() >= 1);
            SEEN.add(shared.0.is_set());
        });
        shared.1.set(1);
        shared.0.set();
        shared.0.clear();
        shared.0.set();
        waiter.join().unwrap();
    });
    SEEN.are([false, true]);
}

/// One waiter is about to sleep when its generation ends, and another one sleeps in the next: the first must notice.
#[test]
fn two_waiters_of_different_generations_are_both_freed() {
    explore_bounded(3, || {
        let event = Arc::new(Event::new());
        let waiters = [spawn(&event, Event::wait), spawn(&event, Event::wait)];
        event.set();
        event.clear();
        event.set();
        waiters.into_iter().for_each(|waiter| waiter.join().unwrap());
    });
    must_have_reached(&["a generation was over before its waiter slept"]);
}

/// A waker that is late must not let go who began to wait after the clear.
#[test]
fn a_late_waker_leaves_the_next_generation_asleep() {
    explore_bounded(3, || {
        let shared = Arc::new((Event::new(), Plain::new(0)));
        let early = spawn(&shared, |shared| shared.0.wait());
        let setter = spawn(&shared, |shared| shared.0.set());
        early.join().unwrap();
        // The set has freed the early one; its waker may still be at it.
        shared.0.clear();
        let freed = shared.0.wait_timeout(A_WHILE);
        setter.join().unwrap();
        assert!(!freed, "no set came after the clear");
    });
}

#[test]
fn a_timed_wait_says_whether_the_set_came_in_time() {
    static SEEN: Outcomes<bool> = Outcomes::new();
    explore(|| {
        let shared = Arc::new((Event::new(), Plain::new(0)));
        let waiter = spawn(&shared, |shared| {
            let set = shared.0.wait_timeout(A_WHILE);
            SEEN.add(set);
            assert!(!set || shared.1.get() == 1);
        });
        shared.1.set(1);
        shared.0.set();
        waiter.join().unwrap();
        assert!(shared.0.wait_timeout(Duration::ZERO));
    });
    SEEN.are([false, true]);
}
/// A consumer that clears and then looks, a producer that adds and then sets, also onto a flag that is up already.
#[test]
fn work_added_before_a_set_is_not_missed_by_a_consumer_that_clears_first() {
    explore(|| {
        let shared = Arc::new((Event::new(), AtomicUsize::new(0)));
        shared.0.set();
        let producer = spawn(&shared, |shared| {
            shared.1.store(1, Relaxed);
            shared.0.set();
        });
        shared.0.clear();
        if shared.1.load(Relaxed) == 0 {
            shared.0.wait(); // The set is still to come, or is up.
            assert_eq!(shared.1.load(Relaxed), 1);
        }
        producer.join().unwrap();
    });
}

#[test]
fn the_longest_time_never_gives_up() {
    explore(|| {
        let event = Arc::new(Event::new());
        let waiter = spawn(&event, |event| assert!(event.wait_timeout(Duration::MAX)));
        event.set();
        waiter.join().unwrap();
    });
}
