//! `Semaphore` and `BoundedSemaphore`: permits are conserved, published, and nobody is left asleep beside one.

use crate::common::{A_WHILE, Outcomes, Plain, bump, explore, explore_bounded, must_have_reached, spawn};
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use sixfold::{BoundedSemaphore, Semaphore};
use std::time::Duration;

#[test]
fn one_permit_excludes() {
    explore(|| {
        let shared = Arc::new((Semaphore::new(1), Plain::new(0)));
        let section = |(permits, count): &(Semaphore, Plain<usize>)| {
            let _held = permits.hold();
            bump(count);
        };
        let other = spawn(&shared, section);
        section(&shared);
        other.join().unwrap();
        assert_eq!((shared.0.value(), shared.1.get()), (1, 2));
    });
}

/// A release of the only permit has a way of its own.
#[test]
fn the_only_permit_of_a_bounded_semaphore_excludes() {
    explore(|| {
        let shared = Arc::new((BoundedSemaphore::new(1), Plain::new(0)));
        let section = |(permits, count): &(BoundedSemaphore, Plain<usize>)| {
            let _held = permits.hold();
            bump(count);
        };
        let other = spawn(&shared, section);
        section(&shared);
        other.join().unwrap();
        assert_eq!((shared.0.value(), shared.1.get()), (1, 2));
        assert!(shared.0.release().is_err());
    });
}

#[test]
fn one_permit_excludes_three() {
    explore_bounded(3, || {
        let shared = Arc::new((Semaphore::new(1), Plain::new(0)));
        let section = |(permits, count): &(Semaphore, Plain<usize>)| {
            let _held = permits.hold();
            bump(count);
        };
        let others = [spawn(&shared, section), spawn(&shared, section)];
        section(&shared);
        others.into_iter().for_each(|other| other.join().unwrap());
        assert_eq!((shared.0.value(), shared.1.get()), (1, 3));
    });
}

#[test]
fn two_permits_admit_two_of_three() {
    static SEEN: Outcomes<usize> = Outcomes::new();
    explore_bounded(3, || {
        let shared = Arc::new((Semaphore::new(2), AtomicUsize::new(0)));
        let section = |(permits, inside): &(Semaphore, AtomicUsize)| {
            let _held = permits.hold();
            SEEN.add(inside.fetch_add(1, Relaxed) + 1);
            inside.fetch_sub(1, Relaxed);
        };
        let others = [spawn(&shared, section), spawn(&shared, section)];
        section(&shared);
        others.into_iter().for_each(|other| other.join().unwrap());
        assert_eq!(shared.0.value(), 2);
    });
    SEEN.are([1, 2]);
}

/// A try fails if there is no permit, and not because another was faster to change the word.
#[test]
fn two_tries_for_two_permits_both_succeed() {
    explore(|| {
        let permits = Arc::new(Semaphore::new(2));
        let other = spawn(&permits, |permits| assert!(permits.try_acquire()));
        assert!(permits.try_acquire());
        other.join().unwrap();
        assert_eq!(permits.value(), 0);
    });
}

#[test]
fn of_two_tries_for_one_permit_one_succeeds() {
    explore(|| {
        let permits = Arc::new(Semaphore::new(1));
        let other = spawn(&permits, Semaphore::try_acquire);
        let mine = permits.try_acquire();
        assert_ne!(mine, other.join().unwrap());
        assert_eq!(permits.value(), 0);
    });
}

#[test]
fn a_release_publishes_to_who_takes_the_permit() {
    explore(|| {
        let shared = Arc::new((Semaphore::new(0), Plain::new(0)));
        let other = spawn(&shared, |shared| {
            shared.0.acquire();
            assert_eq!(shared.1.get(), 1);
        });
        shared.1.set(1);
        shared.0.release();
        other.join().unwrap();
    });
}
/// The permits of two releases lie together; whoever takes either sees what both did before.
#[test]
fn an_acquire_sees_all_releases_that_made_its_permit() {
    explore_bounded(3, || {
        let shared = Arc::new((Semaphore::new(0), [Plain::new(0), Plain::new(0)]));
        let first = spawn(&shared, |shared| {
            shared.1[0].set(1);
            shared.0.release();
        });
        let second = spawn(&shared, |shared| {
            shared.1[1].set(1);
            shared.0.release();
        });
        shared.0.acquire();
        shared.0.acquire();
        assert_eq!(shared.1[0].get() + shared.1[1].get(), 2);
        first.join().unwrap();
        second.join().unwrap();
    });
}

#[test]
fn a_timed_acquire_takes_a_permit_or_leaves_it() {
    static SEEN: Outcomes<bool> = Outcomes::new();
    explore(|| {
        let shared = Arc::new((Semaphore::new(0), Plain::new(0)));
        let other = spawn(&shared, |shared| {
            let taken = shared.0.acquire_timeout(A_WHILE);
            if taken {
                assert_eq!(shared.1.get(), 1);
            }
            taken
        });
        shared.1.set(1);
        shared.0.release();
        let taken = other.join().unwrap();
        SEEN.add(taken);
        assert_eq!(shared.0.value(), usize::from(!taken));
    });
    SEEN.are([false, true]);
}

#[test]
fn a_time_out_does_not_swallow_the_permit_of_another_waiter() {
    static SEEN: Outcomes<bool> = Outcomes::new();
    explore_bounded(3, || {
        let permits = Arc::new(Semaphore::new(0));
        let timed = spawn(&permits, |permits| {
            let taken = permits.acquire_timeout(A_WHILE);
            if taken {
                permits.release();
            }
            taken
        });
        let patient = spawn(&permits, Semaphore::acquire);
        permits.release();
        SEEN.add(timed.join().unwrap());
        patient.join().unwrap();
        assert_eq!(permits.value(), 0);
    });
    SEEN.are([false, true]);
    must_have_reached(&["a sleep in the main queue ended by itself", "a waiter was served when its time was up"]);
}

/// Enough rounds against who releases that the waiter has a permit reserved; two are released then.
#[test]
fn a_waiter_that_loses_again_and_again_is_handed_a_permit_and_the_rest_is_free() {
    static SEEN: Outcomes<usize> = Outcomes::new();
    explore_bounded(4, || {
        let shared = Arc::new((Semaphore::new(0), Plain::new(0)));
        let waiter = spawn(&shared, |shared| {
            shared.0.acquire();
            assert!(shared.1.get() > 0);
        });
        let mut lost = 0;
        for round in 1..=3 {
            shared.1.set(round);
            shared.0.release();
            if !shared.0.try_acquire() {
                break; // It has it.
            }
            lost += 1;
        }
        SEEN.add(lost);
        shared.0.release_many(2);
        waiter.join().unwrap();
        assert_eq!(shared.0.value(), if lost == 3 { 1 } else { 2 });
    });
    SEEN.are([0, 1, 2, 3]);
    must_have_reached(&["a newcomer was faster than the woken thread", "a sleeper was granted what it waits for"]);
}

/// A starving waiter is granted its permit, and the rest must still wake the next in the queue.
#[test]
fn a_release_of_many_serves_the_starving_waiter_and_the_queue() {
    explore_bounded(2, || {
        let permits = Arc::new(Semaphore::new(0));
        let waiters = [spawn(&permits, Semaphore::acquire), spawn(&permits, Semaphore::acquire)];
        let mut owed = 2;
        for _ in 0..2 {
            permits.release();
            if !permits.try_acquire() {
                owed -= 1;
                break;
            }
        }
        permits.release_many(owed);
        waiters.into_iter().for_each(|waiter| waiter.join().unwrap());
        assert_eq!(permits.value(), 0);
    });
}

#[test]
fn a_starving_request_may_be_given_up_at_any_moment() {
    static SEEN: Outcomes<bool> = Outcomes::new();
    explore_bounded(5, || {
        let permits = Arc::new(Semaphore::new(0));
        let timed = spawn(&permits, |permits| permits.acquire_timeout(A_WHILE));
        let mut given = 0;
        for _ in 0..3 {
            permits.release();
            given = 1;
            if !permits.try_acquire() {
                break;
            }
            given = 0;
        }
        let taken = timed.join().unwrap();
        SEEN.add(taken);
        assert_eq!(permits.value() + usize::from(taken), given);
        assert!(given == 0 || permits.try_acquire() != taken, "no flag is left behind");
    });
    SEEN.are([false, true]);
    must_have_reached(&["a sleep in the starving queue ended by itself"]);
}

#[test]
fn of_two_releases_with_room_for_one_one_fails() {
    explore(|| {
        let permits = Arc::new(BoundedSemaphore::new(2));
        permits.acquire();
        let other = spawn(&permits, |permits| permits.release().is_ok());
        let mine = permits.release().is_ok();
        assert!(mine != other.join().unwrap());
        assert_eq!(permits.value(), 2);
    });
}

#[test]
fn a_bounded_release_of_many_is_all_or_nothing_beside_a_waiter() {
    explore_bounded(3, || {
        let permits = Arc::new(BoundedSemaphore::new(2));
        permits.acquire();
        permits.acquire();
        let waiter = spawn(&permits, BoundedSemaphore::acquire);
        assert!(permits.release_many(3).is_err());
        assert!(permits.release_many(2).is_ok());
        waiter.join().unwrap();
        assert_eq!(permits.value(), 1);
    });
}

#[test]
fn zero_is_one_try_and_the_longest_time_never_gives_up() {
    explore(|| {
        let permits = Arc::new(Semaphore::new(0));
        assert!(!permits.acquire_timeout(Duration::ZERO));
        let other = spawn(&permits, |permits| assert!(permits.acquire_timeout(Duration::MAX)));
        permits.release();
        other.join().unwrap();
    });
}

/// In a process of its own each, since a step for each permit would have no end.
#[test]
fn many_permits_take_as_long_as_one() {
    const ALL: usize = Semaphore::MAX_VALUE;
    const MODELS: [(&str, fn()); 4] = [
        ("released", || {
            let permits = Semaphore::new(0);
            permits.release_many(ALL);
            assert_eq!(permits.value(), ALL);
            permits.acquire();
            permits.release();
            assert_eq!(permits.value(), ALL);
        }),
        ("there from the start", || {
            let permits = BoundedSemaphore::new(BoundedSemaphore::MAX_VALUE);
            permits.acquire();
            assert!(permits.release_many(2).is_err() && permits.release_many(BoundedSemaphore::MAX_VALUE).is_err());
            assert!(permits.release().is_ok() && permits.release().is_err());
            assert_eq!(permits.value(), permits.bound());
        }),
        ("released in two parts", || {
            let permits = Semaphore::new(1);
            permits.release_many(ALL / 2);
            permits.release_many(ALL - ALL / 2 - 1);
            assert_eq!(permits.value(), ALL);
        }),
        ("released to threads that wait", || {
            let permits = Arc::new(Semaphore::new(0));
            let sleepers = [(); 2].map(|()| spawn(&permits, Semaphore::acquire));
            permits.release_many(ALL);
            sleepers.into_iter().for_each(|sleeper| sleeper.join().unwrap());
            assert_eq!(permits.value(), ALL - 2);
        }),
    ];
    crate::child::each_passes(many_permits_take_as_long_as_one, &MODELS.map(|(name, _)| name), |case| {
        let (_, model) = MODELS.into_iter().find(|(name, _)| *name == case).expect("the parent names a case");
        explore_bounded(2, model);
    });
}

/// As many permits are given as two want, and a try comes beside the one that sleeps: it never fails beside a permit that nobody
/// else wants.
#[test]
fn a_try_beside_a_free_permit_succeeds() {
    static SEEN: Outcomes<(bool, bool)> = Outcomes::new();
    explore_bounded(4, || {
        let permits = Arc::new(Semaphore::new(0));
        let other = spawn(&permits, Semaphore::acquire);
        permits.release();
        let first = permits.try_acquire();
        permits.release();
        let second = permits.try_acquire();
        SEEN.add((first, second));
        match (first, second) {
            (true, true) => {
                permits.release_many(2);
                assert!(permits.try_acquire(), "the other wants one of two");
            }
            (false, false) => permits.release(),
            _ => (),
        }
        other.join().unwrap();
    });
    SEEN.are([(false, true), (true, false), (true, true)]);
}

#[test]
fn debug_shows_the_value_and_the_bound() {
    explore(|| {
        let permits = Semaphore::new(3);
        permits.acquire();
        assert!(format!("{permits:?}").contains('2'), "{permits:?}");
        let bounded = BoundedSemaphore::new(7);
        bounded.acquire();
        let shown = format!("{bounded:?}");
        assert!(shown.contains('6') && shown.contains('7'), "{shown}");
    });
}

#[test]
fn a_batch_excludes_single_requests() {
    explore(|| {
        let shared = Arc::new((Semaphore::new(2), Plain::new(0)));
        let other = spawn(&shared, |(permits, count): &(Semaphore, Plain<usize>)| {
            let _batch = permits.hold_many(2);
            bump(count);
        });
        let (permits, count) = &*shared;
        for _ in 0..2 {
            let _held = permits.hold();
            bump(count);
        }
        other.join().unwrap();
        assert_eq!((permits.value(), count.get()), (2, 3));
    });
}

#[test]
fn a_batch_sees_what_was_done_before_each_of_its_permits_was_released() {
    explore(|| {
        let shared = Arc::new((Semaphore::new(0), [Plain::new(0), Plain::new(0)]));
        let releases = |(permits, places): &(Semaphore, [Plain<usize>; 2]), me: usize| {
            places[me].set(1);
            permits.release();
        };
        let shared_too = shared.clone();
        let one = loom::thread::spawn(move || releases(&shared_too, 0));
        let shared_too = shared.clone();
        let other = loom::thread::spawn(move || releases(&shared_too, 1));
        shared.0.acquire_many(2);
        assert_eq!((shared.1[0].get(), shared.1[1].get()), (1, 1));
        one.join().unwrap();
        other.join().unwrap();
    });
}

#[test]
fn a_timed_batch_sees_what_was_done_before_each_of_its_permits_was_released() {
    static SEEN: Outcomes<bool> = Outcomes::new();
    explore_bounded(3, || {
        let shared = Arc::new((Semaphore::new(0), [Plain::new(0), Plain::new(0)]));
        let other = spawn(&shared, |(permits, places): &(Semaphore, [Plain<usize>; 2])| {
            for place in places {
                place.set(1);
                permits.release();
            }
        });
        let taken = shared.0.acquire_many_timeout(2, A_WHILE);
        if taken {
            assert_eq!((shared.1[0].get(), shared.1[1].get()), (1, 1));
        }
        other.join().unwrap();
        assert_eq!(shared.0.value(), if taken { 0 } else { 2 });
        SEEN.add(taken);
    });
    SEEN.must_have([false, true]);
}

#[test]
fn a_batch_that_gives_up_leaves_what_was_collected_to_the_next() {
    static SEEN: Outcomes<bool> = Outcomes::new();
    explore_bounded(3, || {
        // One permit of two is out for good.
        let permits = Arc::new(Semaphore::new(1));
        let batch = spawn(&permits, |permits: &Semaphore| {
            assert!(!permits.acquire_many_timeout(2, A_WHILE), "there is only one");
        });
        let at_once = permits.try_acquire();
        if !at_once {
            permits.acquire();
        }
        batch.join().unwrap();
        assert_eq!(permits.value(), 0);
        SEEN.add(at_once);
    });
    SEEN.must_have([true]);
    // Whether a batch starves by then depends on how long the machine makes it wait.
    if cfg!(not(sixfold_checked)) {
        SEEN.must_have([false]);
    }
}

#[test]
fn drained_permits_were_released_before() {
    static SEEN: Outcomes<usize> = Outcomes::new();
    explore(|| {
        let shared = Arc::new((Semaphore::new(0), Plain::new(0)));
        let other = spawn(&shared, |(permits, place): &(Semaphore, Plain<usize>)| {
            place.set(1);
            permits.release_many(2);
        });
        let taken = shared.0.drain();
        if taken > 0 {
            assert_eq!(shared.1.get(), 1);
        }
        other.join().unwrap();
        assert_eq!(shared.0.value() + taken, 2);
        SEEN.add(taken);
    });
    SEEN.are([0, 2]);
}

#[test]
fn a_guard_of_many_gives_back_as_many_as_there_is_room_for() {
    explore_bounded(3, || {
        let permits = Arc::new(BoundedSemaphore::new(3));
        let all = permits.hold_many(3);
        let stranger = spawn(&permits, |permits: &BoundedSemaphore| permits.release().is_ok());
        drop(all);
        stranger.join().unwrap();
        assert_eq!(permits.value(), 3);
    });
}
