//! `RLock`: ownership, levels, and the same as `Lock` beneath.

use crate::common::{A_WHILE, Outcomes, Plain, bump, explore, explore_bounded, spawn};
use loom::sync::Arc;
use sixfold::RLock;

type Guarded = (RLock, Plain<usize>);

fn guarded() -> Arc<Guarded> {
    Arc::new((RLock::new(), Plain::new(0)))
}

fn nested_section((lock, count): &Guarded) {
    let _outer = lock.hold();
    bump(count);
    {
        let _inner = lock.hold();
        bump(count);
    }
    bump(count);
}

#[test]
fn nested_sections_of_two_threads_exclude_each_other() {
    explore(|| {
        let shared = guarded();
        let other = spawn(&shared, nested_section);
        nested_section(&shared);
        other.join().unwrap();
        assert_eq!(shared.1.get(), 6);
    });
}

#[test]
fn three_threads_exclude_each_other_and_none_is_left_asleep() {
    explore_bounded(3, || {
        let shared = guarded();
        let others = [spawn(&shared, nested_section), spawn(&shared, nested_section)];
        nested_section(&shared);
        others.into_iter().for_each(|other| other.join().unwrap());
        assert_eq!(shared.1.get(), 9);
    });
}

#[test]
fn only_the_owner_owns_and_releases() {
    explore(|| {
        let shared = guarded();
        shared.0.acquire();
        let other = spawn(&shared, |shared| {
            assert!(!shared.0.is_owned());
            assert!(shared.0.release().is_err());
        });
        shared.0.acquire();
        shared.0.release().unwrap();
        assert!(shared.0.is_owned());
        shared.0.release().unwrap();
        other.join().unwrap();
        assert!(!shared.0.locked());
    });
}

#[test]
fn a_thread_that_ended_while_holding_leaves_no_heir() {
    explore(|| {
        let shared = guarded();
        spawn(&shared, |shared| shared.0.acquire()).join().unwrap();
        let later = spawn(&shared, |shared| {
            assert!(!shared.0.is_owned());
            assert!(!shared.0.try_acquire());
        });
        later.join().unwrap();
        assert!(shared.0.locked() && shared.0.release().is_err());
    });
}

#[test]
fn a_timed_acquire_is_served_or_gives_up_and_leaves_no_trace() {
    static SEEN: Outcomes<bool> = Outcomes::new();
    explore_bounded(3, || {
        let shared = guarded();
        shared.0.acquire();
        let other = spawn(&shared, |shared| {
            let served = shared.0.acquire_timeout(A_WHILE);
            SEEN.add(served);
            if served {
                bump(&shared.1);
                shared.0.release().unwrap();
            }
        });
        bump(&shared.1);
        shared.0.release().unwrap();
        nested_section(&shared);
        other.join().unwrap();
        assert!(shared.0.try_acquire(), "it is free in the end");
    });
    SEEN.are([false, true]);
}

#[test]
fn debug_shows_owner_and_depth() {
    explore(|| {
        let lock = RLock::new();
        assert!(format!("{lock:?}").contains("locked: false, owner: None, depth: 0"), "{lock:?}");
        lock.acquire();
        lock.acquire();
        let held = format!("{lock:?}");
        assert!(held.contains("locked: true, owner: Some(") && held.contains("depth: 2"), "{held}");
        lock.release().unwrap();
        lock.release().unwrap();
    });
}
