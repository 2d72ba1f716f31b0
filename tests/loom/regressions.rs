//! Bugs that others have shipped, as models of ours. Each has been seen to fail on a machine that was broken in the way
//! that is noted; `ci/break.py` breaks it so again.

use crate::common::{A_WHILE, Outcomes, Plain, bump, explore, explore_bounded, spawn};
use loom::sync::Arc;
use sixfold::{Barrier, Condition, Event, Lock, Semaphore};

/// libc++, llvm #46357: `release` wakes a waiter only if the count was 0. The second of two releases finds the permit of
/// the first, which nobody has taken yet, and its sleeper sleeps on.
///
/// Broken: of two permits, who takes the first wakes nobody for the second. (Whether a release wakes does not depend on
/// the count here.)
#[test]
fn llvm_46357_two_releases_back_to_back() {
    explore_bounded(2, || {
        let permits = Arc::new(Semaphore::new(0));
        let sleeper = spawn(&permits, Semaphore::acquire);
        // Not the main thread: the releases of that one wake a second sleeper for good measure, and hide the bug.
        let releaser = spawn(&permits, |permits| {
            permits.release();
            permits.release();
        });
        permits.acquire();
        sleeper.join().unwrap();
        releaser.join().unwrap();
        assert_eq!(permits.value(), 0);
    });
}
/// libc++, llvm #77659: a waiter that was woken takes its permit, and nobody passes on that there is another.
///
/// Broken: a thread that takes a permit in the line wakes nobody.
#[test]
fn llvm_77659_a_release_of_two_wakes_one_who_wakes_the_next() {
    explore_bounded(3, || {
        let permits = Arc::new(Semaphore::new(0));
        let sleepers = [spawn(&permits, Semaphore::acquire), spawn(&permits, Semaphore::acquire)];
        permits.release_many(2);
        sleepers.into_iter().for_each(|sleeper| sleeper.join().unwrap());
        assert_eq!(permits.value(), 0);
    });
}

/// libstdc++, pytorch #177884: a waiter has seen no permit and is about to sleep when one comes; the release does not
/// see the waiter, and the waiter does not look again.
///
/// Broken: a waiter does not look again under the queue's lock.
#[test]
fn pytorch_177884_a_release_while_the_waiter_is_about_to_sleep() {
    static SEEN: Outcomes<usize> = Outcomes::new();
    explore(|| {
        let permits = Arc::new(Semaphore::new(0));
        let waiter = spawn(&permits, Semaphore::acquire);
        permits.release();
        SEEN.add(permits.value());
        waiter.join().unwrap();
    });
    SEEN.are([0, 1]);
}

/// rustfs #4498: waiters with different predicates on one queue. A notify of one may reach the one whose predicate does
/// not hold, and the other sleeps on; so all are notified, and all look.
///
/// Broken: a notify of all selects one.
#[test]
fn rustfs_4498_two_predicates_on_one_queue() {
    explore_bounded(2, || {
        let state = Arc::new(Condition::with_lock(Lock::with_value((0, 0))));
        let small = spawn(&state, |state| {
            let mut held = state.hold();
            held.wait_for(|(free, _)| *free >= 1);
            held.0 -= 1;
        });
        let large = spawn(&state, |state| {
            let mut held = state.hold();
            held.wait_for(|(free, _)| *free >= 2);
            held.0 -= 2;
        });
        {
            let mut held = state.hold();
            held.0 = 3;
            held.notify_all();
        }
        small.join().unwrap();
        large.join().unwrap();
        assert_eq!(state.hold().0, 0);
    });
}

/// rsevents: a waiter whose time is up takes the flag, or the mark of the other sleeper, down with it.
///
/// Broken: a waiter whose time is up clears the mark although others sleep.
#[test]
fn rsevents_a_time_out_erases_neither_the_set_nor_the_other_sleeper() {
    explore_bounded(4, || {
        let event = Arc::new(Event::new());
        let timed = spawn(&event, |event| _ = event.wait_timeout(A_WHILE));
        let patient = spawn(&event, Event::wait);
        event.set();
        timed.join().unwrap();
        patient.join().unwrap();
        assert!(event.is_set());
    });
}
/// CPython: a waiter that has timed out, and waits for the lock to say so, is selected by a notify that was meant for the
/// next one.
///
/// Broken: a waiter that was selected first reports a time-out if its time was up before it had the lock.
#[test]
fn cpython_a_notify_is_not_spent_on_a_waiter_that_has_timed_out() {
    static SEEN: Outcomes<(bool, usize)> = Outcomes::new();
    explore_bounded(3, || {
        let shared = Arc::new((Condition::with_lock(Lock::new()), Plain::new(0)));
        let timed = spawn(&shared, |(condition, count)| {
            let mut held = condition.hold();
            let notified = held.wait_timeout(A_WHILE);
            bump(count);
            notified
        });
        let held = shared.0.hold();
        let selected = held.notify(1);
        drop(held);
        let notified = timed.join().unwrap();
        SEEN.add((notified, selected));
        assert_eq!(usize::from(notified), selected);
    });
    SEEN.are([(false, 0), (true, 1)]);
}

/// CPython #143424: the lock is on its way to a waiter, and a third thread releases it.
///
/// Broken: a release does not look whether the lock is held.
#[test]
fn cpython_143424_a_foreign_release_while_the_lock_is_on_its_way() {
    static SEEN: Outcomes<(bool, bool)> = Outcomes::new();
    explore_bounded(3, || {
        let shared = Arc::new((Lock::new(), Plain::new(0)));
        shared.0.acquire();
        let waiter = spawn(&shared, |shared| shared.0.acquire());
        let stranger = spawn(&shared, |shared| shared.0.release().is_ok());
        let mine = shared.0.release().is_ok();
        let theirs = stranger.join().unwrap();
        waiter.join().unwrap();
        SEEN.add((mine, theirs));
        // The waiter acquired once, after one of the releases; the other found that hold, or none.
        assert_eq!(shared.0.locked(), !(mine && theirs));
    });
    SEEN.are([(false, true), (true, false), (true, true)]);
}
/// CPython #148820: the waiter is gone, and with it what it slept on, while its waker is still at it. Here it is not only
/// gone but back, asleep again and then woken by another, when the first waker comes to its end.
///
/// Broken: the waker changes the word after it has let the waiter go.
#[test]
fn cpython_148820_the_waiter_is_gone_and_back_before_its_waker_is_done() {
    explore_bounded(3, || {
        let permits = Arc::new(Semaphore::new(0));
        let waiter = spawn(&permits, |permits| {
            permits.acquire();
            permits.acquire();
        });
        let other = spawn(&permits, Semaphore::release);
        permits.release();
        other.join().unwrap();
        waiter.join().unwrap();
        assert_eq!(permits.value(), 0);
    });
}

/// CPython: an abort right after the round has tripped fails parties that were released already.
///
/// Broken: whoever is woken looks whether the barrier is broken.
#[test]
fn cpython_an_abort_does_not_reach_back_into_a_round_that_has_tripped() {
    static SEEN: Outcomes<(bool, bool)> = Outcomes::new();
    explore(|| {
        let barrier = Arc::new(Barrier::new(2));
        let other = spawn(&barrier, |barrier| {
            let passed = barrier.wait().is_ok();
            barrier.abort();
            passed
        });
        let mine = barrier.wait().is_ok();
        SEEN.add((mine, other.join().unwrap()));
        assert!(barrier.broken());
    });
    SEEN.are([(true, true)]);
}
/// CPython: a party that leaves early gives its place back, and two parties of the next round get the same index.
///
/// Broken: a round begins where the last one has ended.
#[test]
fn cpython_no_index_is_given_twice_after_a_party_has_left() {
    static SEEN: Outcomes<(bool, usize, usize)> = Outcomes::new();
    explore_bounded(3, || {
        let barrier = Arc::new(Barrier::new(2));
        let left = barrier.wait_timeout(std::time::Duration::ZERO).is_err();
        barrier.reset();
        let other = spawn(&barrier, |barrier| barrier.wait().unwrap());
        let mine = barrier.wait().unwrap();
        let theirs = other.join().unwrap();
        assert_eq!(mine + theirs, 1, "one of each index");
        SEEN.add((left, mine, theirs));
    });
    SEEN.are([(true, 0, 1), (true, 1, 0)]);
}

/// The naive event: a waiter is woken by a set, finds the flag down again by a clear, and sleeps on. Seen from outside;
/// that a waiter who sleeps already is freed is shown beside the machine.
///
/// Broken: a set does not begin a generation.
#[test]
fn set_and_clear_frees_who_has_begun_to_wait() {
    explore_bounded(3, || {
        let shared = Arc::new((Event::new(), Event::new(), Plain::new(0)));
        let waiter = spawn(&shared, |(event, begun, data)| {
            begun.set();
            let freed = event.wait_timeout(A_WHILE);
            assert!(!freed || data.get() == 1);
        });
        shared.1.wait();
        shared.2.set(1);
        shared.0.set();
        shared.0.clear();
        waiter.join().unwrap();
    });
}
