//! Guards that own their lock, guards of a part, `unlocked`, `AnyLock`, and what `Debug` shows.
#![cfg(not(loom))]

mod common;

use common::{says, watchdog};
use sixfold::{
    AnyLock, ArcLockGuard, ArcRLockGuard, Condition, Lock, LockGuard, MappedLockGuard, MappedRLockGuard, RLock,
    RLockGuard,
};
use std::cell::{Cell, RefCell};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn an_owned_guard_holds_its_lock_and_may_be_all_that_is_left_of_it() {
    let lock = Arc::new(Lock::with_value(vec![1]));
    let mut held = lock.hold_arc();
    held.push(2);
    assert!(lock.try_hold_arc().is_none() && lock.hold_arc_timeout(Duration::ZERO).is_none());
    assert!(lock.hold_arc_deadline(Instant::now()).is_none());
    let weak = Arc::downgrade(&lock);
    drop(lock);
    assert_eq!(thread::spawn(move || held.len()).join().unwrap(), 2);
    assert!(weak.upgrade().is_none());
}

#[test]
fn an_owned_guard_of_an_rlock_is_one_level() {
    let lock = Arc::new(RLock::with_value(3));
    let outer = lock.hold_arc();
    let inner = lock.try_hold_arc().unwrap();
    drop(outer);
    assert!(lock.is_owned() && *inner == 3);
    assert!(Arc::ptr_eq(ArcRLockGuard::as_lock(&inner), &lock));
    drop(inner);
    assert!(!lock.locked());
}

#[test]
fn a_mapped_guard_holds_the_lock_on_and_changes_its_part() {
    let pair = Lock::with_value((1, String::from("a")));
    let mut name = LockGuard::map(pair.hold(), |pair| &mut pair.1);
    name.push('b');
    assert!(pair.locked());
    let mut text: MappedLockGuard<'_, str> = MappedLockGuard::map(name, String::as_mut_str);
    text.make_ascii_uppercase();
    assert!(pair.locked() && format!("{text} {text:?}") == "AB \"AB\"");
    let text = MappedLockGuard::filter_map(text, |text| text.get_mut(9..)).map(drop).unwrap_err();
    assert!(pair.locked());
    drop(text);
    assert!(!pair.locked());
    assert_eq!(*pair.hold(), (1, "AB".into()));
}

#[test]
fn a_mapped_guard_can_be_dropped_in_another_thread() {
    let pair = Lock::with_value((1, 2));
    let part = LockGuard::map(pair.hold(), |pair| &mut pair.0);
    thread::scope(|scope| _ = scope.spawn(move || drop(part)));
    assert!(!pair.locked());
}

#[test]
fn a_panic_while_the_part_is_chosen_releases_the_hold() {
    let lock = Lock::with_value(1);
    assert!(catch_unwind(|| LockGuard::map(lock.hold(), |_| -> &mut u8 { panic!("on purpose") })).is_err());
    assert!(
        catch_unwind(|| LockGuard::filter_map(lock.hold(), |_| -> Option<&mut u8> { panic!("on purpose") })).is_err()
    );
    assert!(!lock.locked());
    let part = |lock| LockGuard::map(Lock::hold(lock), |value| value);
    assert!(catch_unwind(|| MappedLockGuard::map(part(&lock), |_| -> &mut u8 { panic!("on purpose") })).is_err());
    assert!(!lock.locked());
    let lock = RLock::with_value(1);
    assert!(catch_unwind(|| RLockGuard::map(lock.hold(), |_| -> &u8 { panic!("on purpose") })).is_err());
    assert!(!lock.locked());
}

#[test]
fn a_mapped_guard_of_an_rlock_is_one_level() {
    let list = RLock::with_value((Cell::new(1), vec![1, 2]));
    let cell: MappedRLockGuard<'_, Cell<i32>> = RLockGuard::map(list.hold(), |list| &list.0);
    let second = RLockGuard::filter_map(list.hold(), |list| list.1.get(1)).unwrap();
    assert!(RLockGuard::filter_map(list.hold(), |list| list.1.get(9)).is_err());
    cell.set(5);
    drop(cell);
    assert!(list.is_owned() && *second == 2);
    drop(MappedRLockGuard::map(second, |second| second));
    assert!(!list.locked());
    assert_eq!(list.hold().0.get(), 5);
}

#[test]
fn unlocked_lets_others_in_and_comes_back_with_the_lock() {
    let _watchdog = watchdog();
    let lock = Arc::new(Lock::with_value(0));
    let mut held = lock.hold();
    let seen = LockGuard::unlocked(&mut held, || {
        thread::scope(|scope| scope.spawn(|| *lock.hold() += 1).join().unwrap());
        7
    });
    assert_eq!((seen, *held), (7, 1));
    assert!(lock.locked());
    drop(held);
    let mut held = lock.hold_arc();
    assert!(ArcLockGuard::unlocked(&mut held, || lock.try_hold().is_some()));
    assert!(lock.locked());
}

#[test]
fn unlocked_reacquires_after_a_panic() {
    let lock = Lock::with_value(1);
    let mut held = lock.hold();
    let panicked = catch_unwind(AssertUnwindSafe(|| LockGuard::unlocked(&mut held, || panic!("on purpose"))));
    assert!(panicked.is_err() && lock.locked());
    assert_eq!(*held, 1);
    drop(held);
    assert!(!lock.locked());
}

#[test]
fn unlocked_says_that_the_hold_was_released_by_hand_and_runs_nothing() {
    let lock = Arc::new(Lock::new());
    let mut held = lock.hold();
    lock.release().unwrap();
    let text = says(AssertUnwindSafe(|| LockGuard::unlocked(&mut held, || unreachable!("it must not run"))));
    assert!(text.contains("a LockGuard has lost its hold"), "{text}");
    let mut held = lock.hold_arc();
    lock.release().unwrap();
    let text = says(AssertUnwindSafe(|| ArcLockGuard::unlocked(&mut held, || unreachable!("it must not run"))));
    assert!(text.contains("an ArcLockGuard has lost its hold"), "{text}");
}

#[test]
fn debug_shows_the_value_of_a_lock_that_is_free_and_never_waits() {
    let lock = Lock::with_value(4217);
    assert_eq!(format!("{lock:?}"), "Lock { locked: false, value: 4217 }");
    assert!(!lock.locked());
    let held = lock.hold();
    assert_eq!(format!("{lock:?}"), "Lock { locked: true, value: <locked> }");
    drop(held);
    assert_eq!(format!("{:?}", Lock::new()), "Lock { locked: false, .. }");
    let condition = Condition::with_lock(&lock);
    assert_eq!(format!("{condition:?}"), "Condition { waiters: 0, lock: Lock { locked: false, value: 4217 } }");
}

#[test]
fn debug_shows_the_value_of_an_rlock_to_its_owner_only() {
    let lock = RLock::with_value(4217);
    assert!(format!("{lock:?}").contains("value: 4217"));
    let held = lock.hold();
    assert!(format!("{lock:?}").contains("value: 4217"));
    thread::scope(|scope| {
        scope.spawn(|| assert!(format!("{lock:?}").contains("value: <locked>")));
    });
    drop(held);
    assert!(!lock.locked());
}

/// The value would otherwise be read without the lock.
#[test]
fn a_debug_that_drops_the_guard_does_not_free_the_lock_under_itself() {
    struct Sly;
    thread_local!(static GUARD: RefCell<Option<RLockGuard<'static, (u8, Sly)>>> = const { RefCell::new(None) });
    static LOCK: RLock<(u8, Sly)> = RLock::with_value((1, Sly));
    impl fmt::Debug for Sly {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            drop(GUARD.take());
            write!(f, "{}", if LOCK.is_owned() { "owned" } else { "free" })
        }
    }
    GUARD.set(Some(LOCK.hold()));
    assert!(format!("{LOCK:?}").contains("owned"));
    assert!(!LOCK.locked());
}

#[test]
fn any_lock_holds_with_the_lock_s_own_guard() {
    fn read<L: AnyLock<Value = u8>>(lock: &L) -> (u8, bool, bool, bool) {
        let held = lock.hold();
        let again = lock.try_hold().is_some();
        let timed = lock.hold_timeout(Duration::ZERO).is_some() && lock.hold_deadline(Instant::now()).is_some();
        (*held, lock.locked(), again, timed)
    }
    assert_eq!(read(&Lock::with_value(1)), (1, true, false, false));
    assert_eq!(read(&RLock::with_value(2)), (2, true, true, true));
    assert_eq!(read(&Condition::with_value(3)), (3, true, false, false));
}
