//! Panics point at the caller, say what to do, and leave the object as it was.
#![cfg(not(loom))]

mod common;

use common::{message, place_of_panic};
use sixfold::{BoundedSemaphore, Condition, ConditionGuard, Lock, RLock, RawLockable, Semaphore};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// The line it is called in, and what it was given: for the two on one line.
macro_rules! points_here {
    ($call:expr) => {
        assert_eq!(place_of_panic(|| $call), (file!().to_owned(), line!()), stringify!($call));
    };
}

#[test]
fn a_semaphore_with_too_many_permits() {
    points_here!(Semaphore::new(Semaphore::MAX_VALUE + 1));
    points_here!(BoundedSemaphore::new(BoundedSemaphore::MAX_VALUE + 1));
}

#[test]
fn a_release_past_the_maximum() {
    let full = Semaphore::new(Semaphore::MAX_VALUE);
    points_here!(full.release());
    points_here!(full.release_many(2));
    assert_eq!(full.value(), Semaphore::MAX_VALUE);
}

fn guards_without_a_hold<L: RawLockable + Default>() {
    type Use<L> = fn(&mut ConditionGuard<'_, L>);
    let uses: [Use<L>; 8] = [
        |held| held.wait(),
        |held| _ = held.wait_timeout(Duration::ZERO),
        |held| _ = held.wait_deadline(Instant::now()),
        |held| held.wait_for(|_| false),
        |held| _ = held.wait_for_timeout(|_| false, Duration::ZERO),
        |held| _ = held.wait_for_deadline(|_| false, Instant::now()),
        |held| _ = held.notify(1),
        |held| _ = held.notify_all(),
    ];
    for call in uses {
        let condition = Condition::with_lock(L::default());
        let mut held = condition.hold();
        condition.release().unwrap();
        let (file, _) = place_of_panic(|| call(&mut held));
        assert_eq!(file, file!());
        let panic = catch_unwind(AssertUnwindSafe(|| call(&mut held))).unwrap_err();
        assert!(message(panic).contains("by hand"));
        assert!(!condition.locked(), "nothing has changed");
        assert_eq!(format!("{condition:?}"), "Condition { waiters: 0, .. }");
        drop(held);
        assert!(condition.release().is_err(), "the drop had nothing to give back");
        assert!(condition.try_acquire());
    }
}

#[test]
fn a_condition_guard_that_has_lost_its_hold() {
    guards_without_a_hold::<Lock>();
    guards_without_a_hold::<RLock>();
}
