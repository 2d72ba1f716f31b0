//! Conditions with a guard of their lock.

use crate::common::{SHORT, place_of_panic, says, spawn, timed, watchdog};
use sixfold::{Condition, GuardOf, Lock, LockGuard, Lockable, RLock, RLockGuard};
use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn a_queue_with_two_conditions_and_one_guard_passes_everything_on() {
    let _watchdog = watchdog();
    let lock = Arc::new(Lock::with_value(VecDeque::new()));
    let (filled, emptied) = (Condition::with_lock(lock.clone()), Condition::with_lock(&*lock));
    thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0..500 {
                let mut held = lock.hold_arc();
                emptied.wait_for_with(&mut held, |queue| queue.len() < 2);
                held.push_back(number);
                filled.notify_with(&held, 1);
            }
        });
        for number in 0..500 {
            let mut held = emptied.hold(); // a sibling's guard
            assert_eq!(filled.wait_some_with(&mut held, VecDeque::pop_front), number);
            emptied.notify_with(&held, 1);
        }
    });
}

fn all_calls_with<L: Lockable, G: GuardOf<L>>(condition: &Condition<L>, held: &mut G) -> Vec<String> {
    let mut said = Vec::new();
    let mut call = |call: &mut dyn FnMut(&mut G)| said.push(says(AssertUnwindSafe(|| call(held))));
    call(&mut |held| condition.wait_with(held));
    call(&mut |held| _ = condition.wait_with_timeout(held, Duration::ZERO));
    call(&mut |held| _ = condition.wait_with_deadline(held, Instant::now()));
    call(&mut |held| condition.wait_for_with(held, |_| true));
    call(&mut |held| _ = condition.wait_for_with_timeout(held, |_| true, Duration::ZERO));
    call(&mut |held| _ = condition.wait_for_with_deadline(held, |_| true, Instant::now()));
    call(&mut |held| _ = condition.notify_with(held, 1));
    call(&mut |held| _ = condition.notify_all_with(held));
    said
}

#[test]
fn the_guard_of_another_lock_panics_in_every_call_and_nothing_has_changed() {
    let _watchdog = watchdog();
    let (lock, other) = (Lock::with_value(vec![1]), Lock::with_value(vec![2]));
    let condition = Condition::with_lock(&lock);
    let mut wrong = other.hold();
    for text in all_calls_with(&condition, &mut wrong) {
        assert!(text.contains("holds another lock"), "{text}");
    }
    let text = says(AssertUnwindSafe(|| condition.wait_some_with(&mut wrong, Vec::pop)));
    assert!(text.contains("holds another lock"), "{text}");
    assert!(other.locked() && !lock.locked());
    assert_eq!(*wrong, [2]);
    let (file, _) = place_of_panic(AssertUnwindSafe(|| _ = condition.notify_with(&wrong, 1)));
    assert!(file.contains("with_guard.rs"), "{file}");
}

#[test]
fn a_guard_that_has_lost_its_hold_panics_in_every_call() {
    let _watchdog = watchdog();
    let condition = Condition::with_lock(Lock::new());
    let mut held = condition.as_lock().hold();
    condition.release().unwrap();
    for text in all_calls_with(&condition, &mut held) {
        assert!(text.contains("has lost its hold"), "{text}");
    }
}

#[test]
fn a_wait_with_a_guard_ends_at_its_time_and_holds_the_lock() {
    let _watchdog = watchdog();
    let lock = Lock::with_value(vec![1]);
    let condition = Condition::with_lock(&lock);
    let mut held = lock.hold();
    let (notified, took) = timed(|| condition.wait_with_timeout(&mut held, SHORT));
    assert!(!notified && took >= SHORT && lock.locked());
    assert!(!condition.wait_with_deadline(&mut held, Instant::now()));
    assert!(!condition.wait_for_with_timeout(&mut held, Vec::is_empty, SHORT));
    assert_eq!(condition.wait_some_with_timeout(&mut held, Vec::pop, SHORT), Some(1));
    assert_eq!(condition.wait_some_with_deadline(&mut held, Vec::pop, Instant::now()), None);
}

#[test]
fn what_comes_with_the_last_look_is_taken() {
    let lock = Lock::with_value(0);
    let condition = Condition::with_lock(&lock);
    let mut looks = 0;
    let found = condition.wait_some_with_timeout(
        &mut lock.hold(),
        |_| {
            looks += 1;
            (looks == 2).then_some(looks)
        },
        Duration::from_millis(1),
    );
    assert_eq!(found, Some(2));
}

#[test]
fn all_levels_of_an_rlock_are_released_and_outer_and_mapped_guards_keep_their_references() {
    let _watchdog = watchdog();
    let count = RLock::with_value(AtomicUsize::new(0));
    let changed = Condition::with_lock(&count);
    thread::scope(|scope| {
        let outer = count.hold();
        let part = RLockGuard::map(count.hold(), |count| count);
        scope.spawn(|| {
            let held = count.hold();
            held.store(5, Relaxed);
            changed.notify_all_with(&held);
        });
        let mut inner = count.hold();
        changed.wait_for_with(&mut inner, |count| count.load(Relaxed) == 5);
        assert_eq!((outer.load(Relaxed), part.load(Relaxed)), (5, 5));
    });
    assert!(!count.locked());
}

#[test]
fn an_owned_guard_of_a_condition_waits_and_notifies() {
    let _watchdog = watchdog();
    let jobs = Arc::new(Condition::with_value(Vec::new()));
    thread::scope(|scope| {
        let taker = spawn(scope, || {
            let mut held = jobs.hold_arc();
            jobs.wait_some_with(&mut held, Vec::pop)
        });
        taker.until_asleep();
        let mut held = jobs.hold_arc();
        held.push(3);
        assert_eq!(jobs.notify_with(&held, 1), 1);
        drop(held);
        assert_eq!(taker.join(), 3);
    });
    assert!(jobs.try_hold_arc().is_some() && jobs.hold_arc_timeout(SHORT).is_some());
}

#[test]
fn a_notify_reaches_only_the_waiters_of_its_own_condition() {
    let _watchdog = watchdog();
    let lock = Lock::with_value(0);
    let (evens, odds) = (Condition::with_lock(&lock), Condition::with_lock(&lock));
    thread::scope(|scope| {
        let waiter = spawn(scope, || {
            let mut held: LockGuard<'_, i32> = lock.hold();
            evens.wait_with(&mut held);
        });
        waiter.until_asleep();
        let held = lock.hold();
        assert_eq!((odds.notify_all_with(&held), evens.notify_all_with(&held)), (0, 1));
        drop(held);
        waiter.join();
    });
}

#[test]
fn the_value_and_the_lock_come_out_of_a_condition() {
    static MONITOR: Condition<Lock<Vec<u8>>> = Condition::with_value(Vec::new());
    MONITOR.hold().push(1);
    let mut owned = Condition::with_value(3);
    *owned.get_mut() += 1;
    assert_eq!(owned.into_lock().into_inner(), 4);
    let mut owned = Condition::with_lock(RLock::with_value(3));
    *owned.get_mut() += 1;
    assert_eq!(*owned.hold(), 4);
}
