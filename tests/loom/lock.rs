use crate::common::{Outcomes, Plain, explore, explore_bounded};
use loom::sync::Arc;
use loom::thread;
use sixfold::Lock;
use std::time::Duration;

/// A time that neither is up at once nor lasts for ever.
const A_WHILE: Duration = Duration::from_secs(1);

#[test]
fn two_threads_exclude_each_other_by_hand() {
    explore(|| {
        let shared = Arc::new((Lock::new(), Plain::new(0)));
        let other = {
            let shared = shared.clone();
            thread::spawn(move || {
                shared.0.acquire();
                shared.1.set(shared.1.get() + 1);
                shared.0.release().unwrap();
            })
        };
        shared.0.acquire();
        shared.1.set(shared.1.get() + 1);
        shared.0.release().unwrap();
        other.join().unwrap();
        assert_eq!(shared.1.get(), 2);
    });
}

#[test]
fn three_threads_exclude_each_other_and_none_is_left_asleep() {
    explore_bounded(3, || {
        let shared = Arc::new((Lock::new(), Plain::new(0)));
        let others: Vec<_> = (0..2)
            .map(|_| {
                let shared = shared.clone();
                thread::spawn(move || {
                    let _held = shared.0.hold();
                    shared.1.set(shared.1.get() + 1);
                })
            })
            .collect();
        {
            let _held = shared.0.hold();
            shared.1.set(shared.1.get() + 1);
        }
        others.into_iter().for_each(|other| other.join().unwrap());
        assert_eq!(shared.1.get(), 3);
    });
}

#[test]
fn a_timed_acquire_is_served_or_gives_up_and_leaves_no_trace() {
    static SEEN: Outcomes<bool> = Outcomes::new();
    explore(|| {
        let shared = Arc::new((Lock::new(), Plain::new(0)));
        shared.0.acquire();
        let other = {
            let shared = shared.clone();
            thread::spawn(move || {
                let served = shared.0.acquire_timeout(A_WHILE);
                SEEN.add(served);
                if served {
                    shared.1.set(shared.1.get() + 1);
                    shared.0.release().unwrap();
                }
            })
        };
        shared.1.set(shared.1.get() + 1);
        shared.0.release().unwrap();
        shared.0.acquire();
        shared.1.set(shared.1.get() + 1);
        shared.0.release().unwrap();
        other.join().unwrap();
        assert!(shared.0.try_acquire(), "it is free in the end");
    });
    SEEN.are([false, true]);
}

/// Enough rounds against a newcomer that the waiter loses its patience and has the lock reserved.
#[test]
fn a_waiter_that_loses_again_and_again_is_handed_the_lock() {
    explore_bounded(3, || {
        let shared = Arc::new((Lock::new(), Plain::new(0)));
        shared.0.acquire();
        let other = {
            let shared = shared.clone();
            thread::spawn(move || {
                shared.0.acquire();
                shared.1.set(shared.1.get() + 1);
                shared.0.release().unwrap();
            })
        };
        for _ in 0..4 {
            shared.1.set(shared.1.get() + 1);
            shared.0.release().unwrap();
            shared.0.acquire();
        }
        shared.0.release().unwrap();
        other.join().unwrap();
        assert_eq!(shared.1.get(), 5);
    });
}
