//! Several permits at once, and the guards that hold them: `Semaphore` and `BoundedSemaphore`.
#![cfg(not(loom))]

mod common;

use common::{LONG, SHORT, place_of_panic, says, spawn, timed, until, watchdog};
use sixfold::{ArcSemaphoreGuard, BoundedSemaphore, Semaphore};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

macro_rules! both {
    ($name:ident, $semaphore:ident) => {
        mod $name {
            use super::*;

            #[test]
            fn a_request_takes_all_or_none() {
                let permits = $semaphore::new(3);
                assert!(permits.try_acquire_many(2));
                assert!(!permits.try_acquire_many(2));
                assert!(!permits.acquire_many_timeout(2, SHORT));
                assert!(!permits.acquire_many_deadline(2, Instant::now()));
                assert_eq!(permits.value(), 1);
                assert!(permits.try_hold_many(2).is_none() && permits.try_hold_many(1).is_some());
                assert_eq!(permits.value(), 1);
            }

            #[test]
            fn a_request_for_none_returns_at_once_whoever_waits() {
                let _watchdog = watchdog();
                let permits = $semaphore::new(1);
                let held = permits.hold();
                thread::scope(|scope| {
                    let waiter = spawn(scope, || permits.acquire());
                    waiter.until_asleep();
                    permits.acquire_many(0);
                    assert!(permits.try_acquire_many(0) && permits.acquire_many_timeout(0, Duration::ZERO));
                    assert_eq!(permits.hold_many(0).permits(), 0);
                    drop(held);
                    waiter.join();
                });
            }

            #[test]
            fn a_request_that_can_never_be_served_panics_at_the_caller_in_every_call() {
                let permits = Arc::new($semaphore::new(3));
                let too_many = $semaphore::MAX_VALUE + 1;
                let calls: [&dyn Fn(); 12] = [
                    &|| permits.acquire_many(too_many),
                    &|| _ = permits.try_acquire_many(too_many),
                    &|| _ = permits.acquire_many_timeout(too_many, Duration::ZERO),
                    &|| _ = permits.acquire_many_deadline(too_many, Instant::now()),
                    &|| drop(permits.hold_many(too_many)),
                    &|| drop(permits.try_hold_many(too_many)),
                    &|| drop(permits.hold_many_timeout(too_many, LONG)),
                    &|| drop(permits.hold_many_deadline(too_many, Instant::now())),
                    &|| drop(permits.hold_many_arc(too_many)),
                    &|| drop(permits.try_hold_many_arc(too_many)),
                    &|| drop(permits.hold_many_arc_timeout(too_many, LONG)),
                    &|| drop(permits.hold_many_arc_deadline(too_many, Instant::now())),
                ];
                for call in calls {
                    let (file, _) = place_of_panic(call);
                    assert!(file.contains("tests/many_permits.rs"), "{file}");
                }
                assert_eq!(permits.value(), 3);
            }

            #[test]
            fn a_large_request_is_not_passed_for_ever() {
                let _watchdog = watchdog();
                let permits = $semaphore::new(4);
                let ends = AtomicUsize::new(0);
                thread::scope(|scope| {
                    for _ in 0..3 {
                        scope.spawn(|| {
                            while ends.load(Relaxed) == 0 {
                                drop(permits.hold());
                            }
                        });
                    }
                    for _ in 0..20 {
                        assert_eq!(permits.hold_many(4).permits(), 4);
                    }
                    ends.store(1, Relaxed);
                });
                assert_eq!(permits.value(), 4);
            }

            #[test]
            fn a_large_request_that_gives_up_leaves_what_was_collected_to_the_next() {
                let _watchdog = watchdog();
                let permits = $semaphore::new(2);
                let held = permits.hold();
                thread::scope(|scope| {
                    let large = scope.spawn(|| permits.acquire_many_timeout(2, SHORT));
                    // From some time on it starves, and what is there is for it.
                    let small = scope.spawn(|| drop(permits.hold()));
                    assert!(!large.join().unwrap());
                    small.join().unwrap();
                });
                drop(held);
                assert!(permits.try_acquire_many(2));
            }

            #[test]
            fn requests_of_all_sizes_conserve_the_permits() {
                let _watchdog = watchdog();
                let permits = $semaphore::new(5);
                let out = AtomicUsize::new(0);
                thread::scope(|scope| {
                    for me in 0..4_usize {
                        let (permits, out) = (&permits, &out);
                        scope.spawn(move || {
                            for round in 0..500 {
                                let n = (me + round) % 5 + 1;
                                let held = match round % 3 {
                                    0 => permits.try_hold_many(n),
                                    1 => permits.hold_many_timeout(n, Duration::from_micros(50)),
                                    _ => Some(permits.hold_many(n)),
                                };
                                if let Some(mut held) = held {
                                    assert!(out.fetch_add(n, Relaxed) + n <= 5, "more are out than there are");
                                    let part = held.split(n / 2).expect("it has more");
                                    out.fetch_sub(n, Relaxed);
                                    drop(part);
                                }
                            }
                        });
                    }
                });
                assert_eq!(permits.value(), 5);
            }

            #[test]
            fn guards_split_merge_and_forget() {
                let permits = $semaphore::new(5);
                let mut four = permits.hold_many(4);
                let one = four.split(1).unwrap();
                assert!(four.split(4).is_none());
                assert_eq!((four.permits(), one.permits(), permits.value()), (3, 1, 1));
                assert_eq!(four.split(0).unwrap().permits(), 0);
                drop(one);
                assert_eq!(permits.value(), 2);
                four.merge(permits.hold());
                assert_eq!((four.permits(), permits.value()), (4, 1));
                four.forget();
                assert_eq!(permits.value(), 1);
            }

            #[test]
            fn guards_of_two_semaphores_are_not_merged_and_give_their_permits_back() {
                let (one, other) = (Arc::new($semaphore::new(1)), Arc::new($semaphore::new(1)));
                let text = says(|| one.hold().merge(other.hold()));
                assert!(text.contains("two semaphores"), "{text}");
                assert!(catch_unwind(AssertUnwindSafe(|| one.hold_arc().merge(other.hold_arc()))).is_err());
                assert_eq!((one.value(), other.value()), (1, 1));
            }

            #[test]
            fn an_owned_guard_may_be_all_that_is_left_of_its_semaphore() {
                let permits = Arc::new($semaphore::new(3));
                let mut batch = permits.hold_many_arc(2);
                batch.merge(permits.hold_arc());
                let weak = Arc::downgrade(&permits);
                drop(permits);
                assert_eq!((batch.permits(), batch.as_semaphore().value()), (3, 0));
                thread::spawn(move || drop(batch)).join().unwrap();
                assert!(weak.upgrade().is_none());
            }

            #[test]
            fn debug_of_a_guard_says_how_many_it_holds() {
                let permits = Arc::new($semaphore::new(3));
                let shown = format!("{:?} {:?}", permits.hold_many(2), permits.hold_many_arc(1));
                assert!(shown.contains("permits: 2") && shown.contains("permits: 1"), "{shown}");
            }
        }
    };
}
both!(plain, Semaphore);
both!(bounded, BoundedSemaphore);

#[test]
fn a_request_beyond_the_bound_panics_and_says_with_what_to_compare() {
    let permits = BoundedSemaphore::new(3);
    let text = says(|| permits.acquire_many(4));
    assert!(text.contains("bound()") && text.contains('4') && text.contains('3'), "{text}");
    assert!(permits.try_acquire_many(3));
}

#[test]
fn a_guard_gives_back_as_many_as_there_is_room_for() {
    let permits = BoundedSemaphore::new(3);
    let all = permits.hold_many(3);
    permits.release().unwrap();
    drop(all);
    assert_eq!(permits.value(), 3);
    let permits = Semaphore::new(Semaphore::MAX_VALUE);
    let some = permits.hold_many(5);
    permits.release_many(3);
    drop(some);
    assert_eq!(permits.value(), Semaphore::MAX_VALUE);
}

#[test]
fn guards_that_would_hold_more_than_there_can_be_are_not_merged() {
    let permits = Semaphore::new(Semaphore::MAX_VALUE);
    let mut most = permits.hold_many(Semaphore::MAX_VALUE);
    permits.release();
    let text = says(AssertUnwindSafe(|| most.merge(permits.hold())));
    assert!(text.contains("MAX_VALUE"), "{text}");
    assert_eq!((most.permits(), permits.value()), (Semaphore::MAX_VALUE, 1));
}

#[test]
fn reduce_takes_what_is_free_and_never_more() {
    let permits = Semaphore::new(5);
    assert_eq!((permits.reduce(3), permits.reduce(3), permits.reduce(3)), (3, 2, 0));
    permits.release_many(4);
    assert_eq!((permits.reduce(0), permits.drain(), permits.value()), (0, 4, 0));
}

#[test]
fn what_is_collected_for_a_waiter_is_for_nobody_else() {
    let _watchdog = watchdog();
    let permits = Semaphore::new(2);
    let held = permits.hold();
    thread::scope(|scope| {
        let large = spawn(scope, || permits.hold_many(2).permits());
        until(|| {
            let taken = permits.try_acquire();
            if taken {
                permits.release();
                thread::yield_now();
            }
            !taken
        });
        assert_eq!((permits.value(), permits.reduce(1), permits.drain()), (1, 0, 0));
        assert!(!permits.acquire_timeout(Duration::ZERO));
        drop(held);
        assert_eq!(large.join(), 2);
    });
    assert_eq!(permits.value(), 2);
}

#[test]
fn a_wait_for_many_ends_at_its_time() {
    let _watchdog = watchdog();
    let permits = Semaphore::new(1);
    let (taken, took) = timed(|| permits.acquire_many_timeout(2, SHORT));
    assert!(!taken && took >= SHORT);
    assert_eq!(permits.value(), 1);
}

#[test]
fn a_pool_can_keep_owned_permits_in_a_struct() {
    struct Job(ArcSemaphoreGuard);
    let slots = Arc::new(Semaphore::new(2));
    let jobs: Vec<Job> = (0..2).map(|_| Job(slots.hold_arc())).collect();
    assert!(slots.try_hold_arc().is_none() && slots.hold_arc_timeout(Duration::ZERO).is_none());
    assert_eq!(jobs.iter().map(|job| job.0.permits()).sum::<usize>(), 2);
    drop(jobs);
    assert!(slots.hold_arc_deadline(Instant::now()).is_some());
}
