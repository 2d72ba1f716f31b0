//! The lock on real threads. A wake that is lost hangs a test, and a watchdog ends it.
#![cfg(not(loom))]

use sixfold_asymmetric::{Lock, NotHeld, membarrier};
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// Fails if `body` has not come to its end after a minute.
fn watched(body: impl FnOnce() + Send + 'static) {
    let (over, ear) = mpsc::channel();
    let body = thread::spawn(move || {
        body();
        over.send(()).unwrap();
    });
    if ear.recv_timeout(Duration::from_secs(60)) == Err(RecvTimeoutError::Timeout) {
        panic!("a thread is left asleep");
    }
    body.join().unwrap();
}

/// Adds in two steps, which only the lock keeps together.
fn bump(count: &AtomicU64) {
    let before = count.load(Relaxed);
    std::hint::spin_loop();
    count.store(before + 1, Relaxed);
}

#[test]
fn the_first_release_makes_it_light_and_the_first_waiter_ends_that_for_good() {
    watched(|| {
        static LOCK: Lock = Lock::new();
        assert!(!LOCK.is_light());
        drop(LOCK.hold());
        assert_eq!(LOCK.is_light(), membarrier::is_there());
        let held = LOCK.hold();
        let waiter = thread::spawn(|| drop(LOCK.hold()));
        while LOCK.is_light() {
            thread::yield_now();
        }
        drop(held);
        waiter.join().unwrap();
        drop(LOCK.hold());
        assert!(!LOCK.is_light());
    });
}

#[test]
fn a_release_too_many_is_an_error() {
    let lock = Lock::new();
    for _ in 0..3 {
        assert_eq!(lock.release(), Err(NotHeld));
        assert_eq!(lock.release_lightly(), Err(NotHeld));
        lock.acquire();
        assert!(!lock.try_acquire());
        assert_eq!(lock.release(), Ok(()));
        lock.acquire();
        assert_eq!(lock.release_lightly(), Ok(()));
    }
}

/// Where it is decided who waits: many young locks, each contended from its first moments on.
#[test]
fn young_locks_exclude_and_lose_no_wake() {
    const LOCKS: usize = 2000;
    const TIMES: u64 = 20;
    watched(|| {
        let locks: Vec<_> = (0..LOCKS).map(|_| (Lock::new(), AtomicU64::new(0))).collect();
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for (lock, count) in &locks {
                        for _ in 0..TIMES {
                            let _held = lock.hold();
                            bump(count);
                            if count.load(Relaxed).is_multiple_of(8) {
                                thread::yield_now();
                            }
                        }
                    }
                });
            }
        });
        assert!(locks.iter().all(|(_, count)| count.load(Relaxed) == 4 * TIMES));
        let waited_for = locks.iter().filter(|(lock, _)| !lock.is_light()).count();
        assert!(waited_for > LOCKS / 100, "only {waited_for} locks have been waited for");
    });
}

#[test]
fn by_hand_and_scoped_exclude_each_other() {
    const TIMES: u64 = 50_000;
    watched(|| {
        let (lock, count) = (Lock::new(), AtomicU64::new(0));
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    for _ in 0..TIMES {
                        lock.acquire();
                        bump(&count);
                        lock.release().unwrap();
                    }
                });
                scope.spawn(|| {
                    for _ in 0..TIMES {
                        let _held = lock.hold();
                        bump(&count);
                    }
                });
            }
        });
        assert_eq!(count.load(Relaxed), 4 * TIMES);
    });
}
