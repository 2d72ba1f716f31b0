//! Lock: Python's `LockTests`, and what they leave out.
#![cfg(not(loom))]

mod common;
#[path = "common/locks.rs"]
#[macro_use]
mod locks;

lock_tests!(Lock);

/// Cases 2 and 3, adapted.
#[test]
fn debug_shows_whether_it_is_locked_and_takes_nothing() {
    let lock = Lock::new();
    assert_eq!(format!("{lock:?}"), "Lock { locked: false, .. }");
    let _held = lock.hold();
    assert_eq!(format!("{lock:?}"), "Lock { locked: true, .. }");
}

/// Case 14.
#[test]
fn a_second_acquire_in_the_same_thread_waits_for_another_thread_to_release() {
    let _watchdog = watchdog();
    let lock = Lock::new();
    thread::scope(|scope| {
        let both = spawn(scope, || {
            lock.acquire();
            lock.acquire();
        });
        both.until_asleep();
        lock.release().unwrap();
        both.join();
    });
    assert!(lock.locked());
}

/// Case 15.
#[test]
fn one_thread_may_acquire_and_another_release() {
    let lock = Lock::new();
    lock.acquire();
    elsewhere(|| lock.release().unwrap());
    assert!(lock.try_acquire());
}

#[test]
fn a_thread_that_ends_while_holding_leaves_it_held_and_others_may_release_it() {
    let lock = Lock::new();
    elsewhere(|| lock.acquire());
    assert!(lock.locked() && !lock.try_acquire());
    lock.release().unwrap();
    assert!(lock.try_acquire());
}

#[test]
fn a_guard_may_be_dropped_in_another_thread() {
    let lock = Lock::with_value(1);
    let mut held = lock.hold();
    *held = 2;
    elsewhere(move || drop(held));
    assert_eq!(*lock.try_hold().unwrap(), 2);
}

/// After a by-hand release somebody else has acquired: the guard then gives back that hold, as Python's `with` would.
#[test]
fn a_guard_over_no_value_acts_on_whatever_hold_there_is() {
    let lock = Lock::new();
    let held = lock.hold();
    lock.release().unwrap();
    elsewhere(|| lock.acquire());
    drop(held);
    assert!(!lock.locked());
}

#[test]
fn of_many_releases_as_many_succeed_as_it_was_acquired() {
    let _watchdog = watchdog();
    let lock = Lock::new();
    for _ in 0..200 {
        lock.acquire();
        let released = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| _ = lock.release().is_ok().then(|| released.fetch_add(1, Relaxed)));
            }
        });
        assert_eq!((released.load(Relaxed), lock.locked()), (1, false));
    }
}

#[test]
fn statics_are_shared_by_all_threads() {
    static COUNT: Lock<Vec<usize>> = Lock::with_value(Vec::new());
    thread::scope(|scope| {
        for n in 0..4 {
            scope.spawn(move || COUNT.hold().push(n));
        }
    });
    let mut counted = COUNT.hold();
    counted.sort();
    assert_eq!(*counted, [0, 1, 2, 3]);
}
