//! Semaphore and BoundedSemaphore: Python's `SemaphoreTests` and `BoundedSemaphoreTests`, and what they leave out.
#![cfg(not(loom))]

mod common;

use common::{LONG, SHORT, message, place_of_panic, spawn, timed, until, watchdog};
use sixfold::{BoundedSemaphore, Semaphore};
use std::panic::catch_unwind;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

/// What the tests that go over both need to be the same.
trait Give {
    fn give(&self, n: usize);
}

impl Give for Semaphore {
    fn give(&self, n: usize) {
        if n == 1 { self.release() } else { self.release_many(n) }
    }
}

impl Give for BoundedSemaphore {
    fn give(&self, n: usize) {
        if n == 1 { self.release() } else { self.release_many(n) }.expect("not more than were taken");
    }
}

macro_rules! semaphore_tests {
    ($name:ident, $semaphore:ident) => {
        mod $name {
            use super::*;

            /// A semaphore of which all `n` permits are taken.
            fn taken(n: usize) -> $semaphore {
                let permits = $semaphore::new(n);
                (0..n).for_each(|_| permits.acquire());
                permits
            }

            /// Case 41.
            #[test]
            fn permits_are_taken_and_given_back() {
                for n in [1, 2, 7] {
                    let permits = $semaphore::new(n);
                    (0..n).for_each(|_| permits.acquire());
                    assert!(!permits.try_acquire() && permits.value() == 0);
                    (0..n).for_each(|_| permits.give(1));
                    assert_eq!(permits.value(), n);
                }
            }

            /// Case 42.
            #[test]
            fn it_can_be_dropped_with_permits_out() {
                drop(Box::new(taken(3)));
            }

            /// Cases 43 and 44, as Python has them: some permits are there at the start, and each thread takes two.
            #[test]
            fn ten_threads_that_take_two_each_pass_as_permits_come() {
                let _watchdog = watchdog();
                for at_once in [false, true] {
                    let (permits, passed) = ($semaphore::new(7), AtomicUsize::new(0));
                    thread::scope(|scope| {
                        let threads = [(); 10].map(|()| {
                            spawn(scope, || {
                                for _ in 0..2 {
                                    permits.acquire();
                                    passed.fetch_add(1, Relaxed);
                                }
                            })
                        });
                        let mut released = 7;
                        for n in [0, 6, 5, 2] {
                            if at_once {
                                permits.give(n);
                            } else {
                                (0..n).for_each(|_| permits.give(1));
                            }
                            released += n;
                            until(|| passed.load(Relaxed) == released);
                            assert_eq!((passed.load(Relaxed), permits.value()), (released, 0));
                        }
                        threads.into_iter().for_each(|thread| thread.join());
                    });
                    assert_eq!((passed.load(Relaxed), permits.value()), (20, 0));
                }
            }

            /// Cases 43 and 44: by ones, and by many.
            #[test]
            fn exactly_as_many_pass_as_are_released() {
                let _watchdog = watchdog();
                for at_once in [false, true] {
                    let (permits, passed) = (taken(7), AtomicUsize::new(0));
                    thread::scope(|scope| {
                        let threads: Vec<_> = (0..10)
                            .map(|_| {
                                spawn(scope, || {
                                    permits.acquire();
                                    passed.fetch_add(1, Relaxed);
                                })
                            })
                            .collect();
                        threads.iter().for_each(|thread| thread.until_asleep());
                        let mut released = 0;
                        for n in [3, 1, 6] {
                            if at_once {
                                permits.give(n);
                            } else {
                                (0..n).for_each(|_| permits.give(1));
                            }
                            released += n;
                            until(|| passed.load(Relaxed) == released);
                            let waiting = threads.iter().filter(|thread| !thread.is_finished());
                            assert!(waiting.count() >= 10 - released);
                        }
                        threads.into_iter().for_each(|thread| thread.join());
                    });
                    assert_eq!((passed.load(Relaxed), permits.value()), (10, 0));
                }
            }

            /// Cases 45 and 46.
            #[test]
            fn of_many_tries_as_many_succeed_as_there_are_permits() {
                let permits = $semaphore::new(3);
                let succeeded = AtomicUsize::new(0);
                thread::scope(|scope| {
                    for _ in 0..5 {
                        scope.spawn(|| {
                            for _ in 0..2 {
                                succeeded.fetch_add(permits.try_acquire().into(), Relaxed);
                            }
                        });
                    }
                });
                assert_eq!((succeeded.load(Relaxed), permits.try_acquire()), (3, false));
                permits.give(1);
                assert!(permits.try_acquire());
            }

            type Timed = (&'static str, fn(&$semaphore, Duration) -> bool);

            /// All timed calls; those that take a deadline get the one that is so far ahead.
            const TIMED: [Timed; 4] = [
                ("acquire_timeout", |permits, time| permits.acquire_timeout(time)),
                ("acquire_deadline", |permits, time| permits.acquire_deadline(Instant::now() + time)),
                ("hold_timeout", |permits, time| permits.hold_timeout(time).map(std::mem::forget).is_some()),
                ("hold_deadline", |permits, time| {
                    permits.hold_deadline(Instant::now() + time).map(std::mem::forget).is_some()
                }),
            ];

            /// Case 47, adapted: there are no two arguments to contradict each other.
            #[test]
            fn a_timed_call_takes_what_is_there_and_else_gives_up_after_its_time_and_not_before() {
                let _watchdog = watchdog();
                for (name, call) in TIMED {
                    let permits = $semaphore::new(2);
                    assert!(call(&permits, LONG) && call(&permits, Duration::ZERO), "{name}");
                    let (served, took) = timed(|| call(&permits, SHORT));
                    assert!(!served && took >= SHORT, "{name} after {took:?}");
                    permits.give(1);
                    assert!(call(&permits, SHORT) && permits.value() == 0, "{name}");
                }
            }

            #[test]
            fn zero_and_the_past_are_one_try_and_the_longest_time_waits_until_served() {
                let _watchdog = watchdog();
                let (permits, past) = (taken(1), Instant::now());
                assert!(!permits.acquire_timeout(Duration::ZERO) && !permits.acquire_deadline(past));
                assert!(permits.hold_timeout(Duration::ZERO).is_none() && permits.hold_deadline(past).is_none());
                thread::scope(|scope| {
                    for by_hand in [true, false] {
                        let permits = &permits;
                        let waiter = spawn(scope, move || {
                            if by_hand {
                                permits.acquire_timeout(Duration::MAX)
                            } else {
                                permits.hold_timeout(Duration::MAX).map(std::mem::forget).is_some()
                            }
                        });
                        waiter.until_asleep();
                        permits.give(1);
                        assert!(waiter.join());
                    }
                });
                permits.give(1);
                assert!(permits.acquire_timeout(Duration::MAX));
            }

            #[test]
            fn every_timed_call_is_served_in_its_sleep() {
                let _watchdog = watchdog();
                for (name, call) in TIMED {
                    let permits = taken(1);
                    thread::scope(|scope| {
                        let waiter = spawn(scope, || call(&permits, LONG));
                        waiter.until_asleep();
                        permits.give(1);
                        assert!(waiter.join(), "{name}");
                    });
                    assert_eq!(permits.value(), 0, "{name}");
                }
            }

            /// A sleeper that gives up leaves the line to the others.
            #[test]
            fn who_gives_up_does_not_take_the_others_along() {
                let _watchdog = watchdog();
                let permits = taken(2);
                thread::scope(|scope| {
                    let patient = [(); 2].map(|()| spawn(scope, || permits.acquire()));
                    patient.iter().for_each(|waiter| waiter.until_asleep());
                    assert!(!permits.acquire_timeout(SHORT / 10));
                    permits.give(2);
                    patient.into_iter().for_each(|waiter| waiter.join());
                });
                assert_eq!(permits.value(), 0);
            }

            /// Case 48.
            #[test]
            fn the_default_is_one_permit() {
                let _watchdog = watchdog();
                let permits = $semaphore::default();
                assert_eq!(permits.value(), 1);
                permits.acquire();
                thread::scope(|scope| {
                    let other = spawn(scope, || permits.acquire());
                    other.until_asleep();
                    permits.give(1);
                    other.join();
                });
            }

            /// Case 49.
            #[test]
            fn scopes_give_back_at_their_end_and_on_panic() {
                let permits = $semaphore::new(2);
                {
                    let _first = permits.hold();
                    assert_eq!(permits.value(), 1);
                    {
                        let _second = permits.try_hold().unwrap();
                        assert!(permits.try_hold().is_none());
                    }
                    assert_eq!(permits.value(), 1);
                }
                let panicked = catch_unwind(|| {
                    let _held = permits.hold();
                    panic!("inside");
                });
                assert!(panicked.is_err());
                assert_eq!(permits.value(), 2);
                std::mem::forget(permits.hold());
                assert_eq!(permits.value(), 1, "a forgotten guard keeps its permit");
            }

            #[test]
            fn a_release_of_none_does_nothing() {
                let permits = $semaphore::new(1);
                permits.give(0);
                assert_eq!(permits.value(), 1);
                permits.acquire();
                permits.give(0);
                assert!(!permits.try_acquire());
            }

            #[test]
            fn a_thread_that_took_nothing_may_release() {
                let permits = taken(1);
                thread::scope(|scope| _ = scope.spawn(|| permits.give(1)));
                assert_eq!(permits.value(), 1);
            }

            /// Lost wake-ups that others shipped: the second of two releases finds a permit that is not taken yet.
            #[test]
            fn two_releases_at_once_wake_two_sleepers() {
                let _watchdog = watchdog();
                for at_once in [false, true] {
                    let permits = taken(2);
                    for _ in 0..100 {
                        thread::scope(|scope| {
                            let sleepers = [(); 2].map(|()| spawn(scope, || permits.acquire()));
                            sleepers.iter().for_each(|sleeper| sleeper.until_asleep());
                            if at_once {
                                permits.give(2);
                            } else {
                                permits.give(1);
                                permits.give(1);
                            }
                            sleepers.into_iter().for_each(|sleeper| sleeper.join());
                        });
                        assert_eq!(permits.value(), 0);
                    }
                }
            }

            #[test]
            fn a_release_of_many_wakes_as_many_sleepers() {
                let _watchdog = watchdog();
                for n in [3, 9, 20] {
                    let permits = taken(n);
                    for _ in 0..2 {
                        thread::scope(|scope| {
                            let sleepers: Vec<_> = (0..n).map(|_| spawn(scope, || permits.acquire())).collect();
                            sleepers.iter().for_each(|sleeper| sleeper.until_asleep());
                            permits.give(n);
                            sleepers.into_iter().for_each(|sleeper| sleeper.join());
                        });
                        assert_eq!(permits.value(), 0);
                    }
                }
            }

            /// The permit that comes when the time is up is taken, or it stays; and then it is the next sleeper's.
            #[test]
            fn a_permit_that_meets_a_time_out_is_not_swallowed() {
                let _watchdog = watchdog();
                for round in 0..100 {
                    let permits = taken(1);
                    thread::scope(|scope| {
                        let hasty = spawn(scope, || {
                            if permits.acquire_timeout(Duration::from_micros(round % 100 + 50)) {
                                permits.give(1);
                            }
                        });
                        let patient = spawn(scope, || permits.acquire());
                        permits.give(1);
                        hasty.join();
                        patient.join();
                    });
                    assert_eq!(permits.value(), 0);
                }
            }

            /// Time-outs that race releases: no permit is lost and none is made.
            #[test]
            fn permits_are_conserved_when_time_outs_race_releases() {
                let _watchdog = watchdog();
                let (permits, inside) = ($semaphore::new(2), AtomicUsize::new(0));
                thread::scope(|scope| {
                    for n in 0..6 {
                        let (permits, inside) = (&permits, &inside);
                        scope.spawn(move || {
                            for round in 0..200 {
                                if permits.acquire_timeout(Duration::from_micros((round * 7 + n) % 40)) {
                                    assert!(inside.fetch_add(1, Relaxed) < 2);
                                    std::hint::spin_loop();
                                    inside.fetch_sub(1, Relaxed);
                                    permits.give(1);
                                }
                            }
                        });
                    }
                });
                assert_eq!(permits.value(), 2);
            }

            #[test]
            fn a_sleeper_is_not_passed_for_ever_over_one_permit() {
                passed_a_few_times_at_most(1);
            }

            #[test]
            fn a_sleeper_is_not_passed_for_ever_over_two_permits() {
                passed_a_few_times_at_most(2);
            }

            /// Two hogs share all `n` permits. They give them back only when the sleeper is seen asleep and take them
            /// again at once, so that each time may cost it one wake-up in vain, however busy the machine is.
            fn passed_a_few_times_at_most(n: usize) {
                /// For the times after the promised millisecond: one is promised. Somewhat more, for a sleep that is not in
                /// the line.
                const MOST: usize = 20;
                const LONG_ENOUGH: Duration = Duration::from_millis(2);
                let _watchdog = watchdog();
                let permits = taken(n);
                let (grabbed, done) = (AtomicUsize::new(n), AtomicBool::new(false));
                let grab = || _ = grabbed.fetch_add(permits.try_acquire().into(), Relaxed);
                let (start, mut most) = (Instant::now(), 0);
                thread::scope(|scope| {
                    scope.spawn(|| {
                        while !done.load(Relaxed) {
                            grab();
                            thread::yield_now();
                        }
                    });
                    // Many short waits: how often the sleeper really loses is up to the system.
                    while most <= MOST && start.elapsed() < 10 * SHORT {
                        let sleeper = spawn(scope, || permits.acquire());
                        let (mut passed, mut since) = (0, None::<Instant>);
                        for turn in 0.. {
                            most = most.max(passed);
                            if most > MOST {
                                break;
                            }
                            sleeper.until_asleep();
                            if turn == 1 {
                                since = Some(Instant::now()); // It has lost, and knows it.
                            }
                            grabbed.store(0, Relaxed);
                            permits.give(n);
                            (0..n).for_each(|_| grab());
                            until(|| grabbed.load(Relaxed) == n || sleeper.is_finished());
                            if grabbed.load(Relaxed) < n {
                                // The sleeper's permit is the hogs' again, as are the others soon.
                                until(|| grabbed.load(Relaxed) == n - 1);
                                break;
                            }
                            passed += usize::from(since.is_some_and(|since| since.elapsed() > LONG_ENOUGH));
                        }
                    }
                    done.store(true, Relaxed);
                    if most > MOST {
                        permits.give(n);
                    }
                });
                assert!(most <= MOST, "a sleeper was passed {most} times after it had lost for long enough");
            }

            /// However often sleepers were passed, two permits that nobody else wants serve two of them.
            #[test]
            fn sleepers_that_were_passed_are_all_served_in_the_end() {
                let _watchdog = watchdog();
                let start = Instant::now();
                for round in (0..36).take_while(|_| start.elapsed() < 10 * SHORT) {
                    let permits = taken(2);
                    let (grabbed, done) = (AtomicUsize::new(2), AtomicBool::new(false));
                    let grab = || _ = grabbed.fetch_add(permits.try_acquire().into(), Relaxed);
                    thread::scope(|scope| {
                        let hog = scope.spawn(|| {
                            while !done.load(Relaxed) {
                                grab();
                                thread::yield_now();
                            }
                        });
                        let sleepers = [(); 2].map(|()| spawn(scope, || permits.acquire()));
                        for _ in 0..(round * 5 + 10) % 12 {
                            sleepers.iter().for_each(|sleeper| sleeper.until_asleep());
                            grabbed.store(0, Relaxed);
                            permits.give(2);
                            (0..2).for_each(|_| grab());
                            let served = || sleepers.iter().any(|sleeper| sleeper.is_finished());
                            until(|| grabbed.load(Relaxed) == 2 || served());
                            if grabbed.load(Relaxed) < 2 {
                                break;
                            }
                        }
                        done.store(true, Relaxed);
                        hog.join().unwrap();
                        permits.give(grabbed.load(Relaxed));
                        sleepers.into_iter().for_each(|sleeper| sleeper.join());
                    });
                    assert_eq!(permits.value(), 0);
                }
            }

            /// One that was passed as often as may be is next; if it gives up then, the permit is there for others.
            #[test]
            fn who_was_passed_and_gives_up_leaves_the_permit_to_others() {
                let _watchdog = watchdog();
                let start = Instant::now();
                while start.elapsed() < 4 * SHORT {
                    let permits = taken(1);
                    let (grabbed, done) = (AtomicUsize::new(1), AtomicBool::new(false));
                    let grab = || _ = grabbed.fetch_add(permits.try_acquire().into(), Relaxed);
                    thread::scope(|scope| {
                        scope.spawn(|| {
                            while !done.load(Relaxed) {
                                grab();
                                thread::yield_now();
                            }
                        });
                        let hasty = spawn(scope, || permits.acquire_timeout(SHORT / 5));
                        for _ in 0..5 {
                            // Time for it to go back to sleep. Without, it is passed less often.
                            (0..200).take_while(|_| !hasty.is_finished()).for_each(|_| thread::yield_now());
                            grabbed.store(0, Relaxed);
                            permits.give(1);
                            grab();
                            until(|| grabbed.load(Relaxed) == 1 || hasty.is_finished());
                            if hasty.is_finished() {
                                break;
                            }
                        }
                        let served = hasty.join();
                        done.store(true, Relaxed);
                        if served {
                            permits.give(1);
                        }
                    });
                    if permits.value() == 0 {
                        permits.give(1);
                    }
                    assert!(permits.try_acquire() && !permits.try_acquire());
                }
            }

            #[test]
            fn who_takes_a_permit_sees_what_was_done_before_it_was_given() {
                let _watchdog = watchdog();
                let (permits, data) = (taken(1), AtomicUsize::new(0));
                let seen = taken(1);
                thread::scope(|scope| {
                    scope.spawn(|| {
                        for round in 1..=1000 {
                            permits.acquire();
                            assert_eq!(data.load(Relaxed), round);
                            seen.give(1);
                        }
                    });
                    for round in 1..=1000 {
                        data.store(round, Relaxed);
                        permits.give(1);
                        seen.acquire();
                    }
                });
            }

            /// Case 40, adapted.
            #[test]
            fn more_than_the_maximum_is_refused_where_it_is_made() {
                const MOST: usize = $semaphore::MAX_VALUE;
                assert_eq!($semaphore::new(MOST).value(), MOST);
                assert!(MOST >= (1 << 30) - 1);
                if let Some(more) = MOST.checked_add(1) {
                    let panic = catch_unwind(|| $semaphore::new(more)).unwrap_err();
                    assert!(message(panic).contains("MAX_VALUE"));
                }
            }
        }
    };
}
semaphore_tests!(unbounded, Semaphore);
semaphore_tests!(bounded, BoundedSemaphore);

/// Case 50.
#[test]
fn a_release_beyond_the_first_value_adds_a_permit() {
    let permits = Semaphore::new(1);
    permits.release();
    assert!(permits.try_acquire() && permits.try_acquire() && !permits.try_acquire());
    permits.release_many(5);
    assert_eq!(permits.value(), 5);
}

/// Case 51 and 53.
#[test]
fn debug_shows_the_permits() {
    let permits = Semaphore::new(3);
    assert_eq!(format!("{permits:?}"), "Semaphore { value: 3 }");
    permits.acquire();
    assert_eq!(format!("{permits:?}"), "Semaphore { value: 2 }");
    permits.release_many(2);
    assert_eq!(format!("{permits:?}"), "Semaphore { value: 4 }");
    let bounded = BoundedSemaphore::new(3);
    let held = bounded.hold();
    assert_eq!(format!("{bounded:?}"), "BoundedSemaphore { value: 2, bound: 3 }");
    assert!(format!("{held:?}").contains("value: 2"));
}

/// Case 52.
#[test]
fn a_bounded_release_too_many_is_an_error_that_changes_nothing() {
    let permits = BoundedSemaphore::new(1);
    for _ in 0..2 {
        let error = permits.release().unwrap_err();
        assert!(error.to_string().contains("more permits than were acquired"), "{error}");
        assert_eq!((permits.value(), permits.bound()), (1, 1));
        permits.acquire();
        permits.release().unwrap();
    }
}

#[test]
fn a_bounded_release_of_many_is_all_or_nothing() {
    let _watchdog = watchdog();
    let permits = BoundedSemaphore::new(3);
    permits.acquire();
    assert!(permits.release_many(2).is_err() && permits.value() == 2);
    permits.release_many(1).unwrap();
    assert!(permits.release_many(usize::MAX).is_err() && permits.value() == 3);

    // Also beside a sleeper, which it must not wake.
    (0..3).for_each(|_| permits.acquire());
    thread::scope(|scope| {
        let sleeper = spawn(scope, || permits.acquire());
        sleeper.until_asleep();
        assert!(permits.release_many(4).is_err() && permits.release_many(usize::MAX).is_err());
        sleeper.until_asleep();
        assert_eq!(permits.value(), 0);
        permits.release_many(3).unwrap();
        sleeper.join();
    });
    assert_eq!(permits.value(), 2);
}

#[test]
fn without_permits_a_bounded_semaphore_has_nothing_to_release() {
    let _watchdog = watchdog();
    let permits = BoundedSemaphore::new(0);
    assert!(permits.release().is_err() && !permits.try_acquire() && permits.bound() == 0);
    assert!(permits.release_many(0).is_ok());
    thread::scope(|scope| {
        let sleeper = spawn(scope, || permits.acquire_timeout(SHORT));
        while !sleeper.is_finished() {
            assert!(permits.release().is_err());
            thread::yield_now();
        }
        assert!(!sleeper.join(), "a release that fails wakes nobody");
    });
}

#[test]
fn of_many_bounded_releases_at_once_as_many_succeed_as_were_acquired() {
    let _watchdog = watchdog();
    let permits = BoundedSemaphore::new(3);
    for _ in 0..100 {
        permits.acquire();
        permits.acquire();
        let released = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| released.fetch_add(permits.release().is_ok().into(), Relaxed));
            }
        });
        assert_eq!((released.load(Relaxed), permits.value()), (2, 3));
    }
}

#[test]
fn a_guard_for_whose_permit_there_is_no_room_leaves_it_at_that() {
    let bounded = BoundedSemaphore::new(1);
    let held = bounded.hold();
    bounded.release().unwrap();
    drop(held);
    assert_eq!(bounded.value(), 1);

    let bounded = BoundedSemaphore::new(3);
    let held = [(); 3].map(|()| bounded.hold());
    bounded.release_many(2).unwrap();
    drop(held);
    assert_eq!(bounded.value(), 3, "one had room, two had not");

    let full = Semaphore::new(Semaphore::MAX_VALUE);
    let held = full.hold();
    full.release();
    drop(held);
    assert_eq!(full.value(), Semaphore::MAX_VALUE);
}

#[test]
fn too_many_permits_panic_at_the_caller_and_change_nothing() {
    macro_rules! panics_here {
        ($call:expr) => {
            assert_eq!(place_of_panic(|| $call), (file!().to_owned(), line!()), stringify!($call));
        };
    }
    // On 32 bits there is no greater number.
    if let Some(more) = Semaphore::MAX_VALUE.checked_add(1) {
        panics_here!(Semaphore::new(more));
        panics_here!(BoundedSemaphore::new(more));
    }
    let full = Semaphore::new(Semaphore::MAX_VALUE);
    panics_here!(full.release());
    panics_here!(full.release_many(1));
    full.acquire();
    panics_here!(full.release_many(2));
    panics_here!(full.release_many(usize::MAX));
    assert_eq!(full.value(), Semaphore::MAX_VALUE - 1);
    full.release();
    assert!(full.try_acquire());
}

#[test]
fn semaphores_can_be_statics() {
    static PERMITS: Semaphore = Semaphore::new(2);
    static BOUNDED: BoundedSemaphore = BoundedSemaphore::new(2);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (PERMITS.hold(), BOUNDED.hold()).0);
        }
    });
    assert_eq!((PERMITS.value(), BOUNDED.value()), (2, 2));
}
