//! RLock: Python's `RLockTests`, and what they leave out.
#![cfg(not(loom))]

mod common;
#[path = "common/locks.rs"]
#[macro_use]
mod locks;

lock_tests!(RLock);

/// The depth as another thread sees it.
fn depth(lock: &RLock) -> u64 {
    let text = elsewhere(|| format!("{lock:?}"));
    let depth = text.split("depth: ").nth(1).unwrap();
    depth[..depth.find(',').unwrap()].parse().unwrap()
}

/// Cases 2, 3 and 24, adapted.
#[test]
fn debug_shows_owner_and_depth_to_everybody() {
    let lock = RLock::new();
    assert_eq!(format!("{lock:?}"), "RLock { locked: false, owner: None, depth: 0, .. }");
    lock.acquire();
    lock.acquire();
    let mine = format!("{lock:?}");
    assert!(mine.starts_with("RLock { locked: true, owner: Some(") && mine.ends_with("), depth: 2, .. }"), "{mine}");
    assert_eq!(elsewhere(|| format!("{lock:?}")), mine);
}

/// Cases 18 and 25.
#[test]
fn the_owner_goes_up_and_down_without_waiting() {
    let lock = RLock::new();
    for (acquire, levels) in [(true, 1), (true, 2), (false, 1), (true, 2), (false, 1), (false, 0)] {
        if acquire {
            lock.acquire();
        } else {
            lock.release().unwrap();
        }
        assert_eq!((depth(&lock), lock.locked(), lock.is_owned()), (levels, levels > 0, levels > 0));
    }
}

/// Case 19.
#[test]
fn one_release_too_many_is_an_error_after_a_balanced_sequence_too() {
    let lock = RLock::new();
    assert!(lock.release().is_err());
    lock.acquire();
    lock.acquire();
    lock.release().unwrap();
    lock.release().unwrap();
    assert!(lock.release().is_err());
    assert!(!lock.locked());
}

/// Case 21.
#[test]
fn the_depth_counts_every_kind_of_hold() {
    let lock = RLock::new();
    let first = lock.hold();
    assert!(lock.try_acquire() && lock.acquire_timeout(Duration::ZERO) && lock.acquire_deadline(Instant::now()));
    let second = lock.try_hold().unwrap();
    let third = lock.hold_timeout(Duration::ZERO).unwrap();
    assert_eq!(depth(&lock), 6);
    drop((first, second, third));
    assert_eq!(depth(&lock), 3);
    (0..3).for_each(|_| lock.release().unwrap());
    assert_eq!(depth(&lock), 0);
}

/// Case 22.
#[test]
fn a_stranger_cannot_release() {
    let lock = RLock::new();
    assert!(elsewhere(|| lock.release().is_err()));
    lock.acquire();
    assert!(elsewhere(|| lock.release().is_err()));
    assert!(lock.is_owned() && depth(&lock) == 1);
}

/// Case 23.
#[test]
fn ownership_is_the_callers_from_the_first_acquire_to_the_last_release() {
    let lock = RLock::new();
    assert!(!lock.is_owned());
    lock.acquire();
    lock.acquire();
    assert!(lock.is_owned() && !elsewhere(|| lock.is_owned()));
    lock.release().unwrap();
    assert!(lock.is_owned());
    lock.release().unwrap();
    assert!(!lock.is_owned());
}

/// Case 26, and no later thread inherits it (in CPython one with the same identifier does).
#[test]
fn a_thread_that_ends_while_holding_leaves_it_held_for_good() {
    let _watchdog = watchdog();
    let lock = RLock::new();
    elsewhere(|| lock.acquire());
    assert!(lock.locked() && !lock.is_owned());
    for _ in 0..100 {
        assert!(elsewhere(|| !lock.is_owned() && !lock.try_acquire() && lock.release().is_err()));
    }
    assert!(!lock.acquire_timeout(Duration::from_millis(1)));
}

#[test]
fn others_are_let_in_only_after_the_last_level() {
    let _watchdog = watchdog();
    let lock = RLock::new();
    thread::scope(|scope| {
        lock.acquire();
        lock.acquire();
        let other = spawn(scope, || lock.acquire());
        other.until_asleep();
        lock.release().unwrap();
        other.until_asleep();
        assert!(lock.is_owned());
        lock.release().unwrap();
        other.join();
    });
}

#[test]
fn a_panic_in_an_inner_scope_gives_back_that_level_only() {
    let lock = RLock::new();
    let _outer = lock.hold();
    let inner = catch_unwind(|| {
        let _inner = lock.hold();
        panic!("inside");
    });
    assert!(inner.is_err());
    assert!(lock.is_owned() && depth(&lock) == 1);
}

#[test]
fn guards_may_be_dropped_in_any_order() {
    let lock = RLock::with_value(5);
    let (first, second) = (lock.hold(), lock.hold());
    drop(first);
    assert!(elsewhere(|| lock.try_hold().is_none()));
    assert_eq!(*second, 5);
    drop(second);
    assert!(!lock.locked());
}

/// The number of a thread outlives its other thread-locals.
#[test]
fn the_owner_is_known_while_the_thread_local_variables_are_dropped() {
    static LOCK: RLock = RLock::new();
    struct AtExit;
    impl Drop for AtExit {
        fn drop(&mut self) {
            assert!(LOCK.is_owned());
            LOCK.acquire();
            LOCK.release().unwrap();
            LOCK.release().unwrap();
        }
    }
    thread_local!(static AT_EXIT: AtExit = const { AtExit });
    let _watchdog = watchdog();
    thread::spawn(|| {
        AT_EXIT.with(|_| ());
        LOCK.acquire();
    })
    .join()
    .unwrap();
    LOCK.acquire();
    assert!(LOCK.is_owned());
}
