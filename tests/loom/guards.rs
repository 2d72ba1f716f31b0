//! Guards that own their lock or hold a part of its value, `unlocked`, and conditions with any guard of their lock.

use crate::common::{A_WHILE, Outcomes, Plain, bump, explore, explore_bounded, spawn};
use loom::sync::Arc;
use sixfold::{ArcLockGuard, Condition, Lock, LockGuard};
use std::sync::Arc as StdArc;

#[test]
fn an_owned_guard_excludes_and_its_value_outlives_the_last_handle() {
    explore(|| {
        let lock = StdArc::new(Lock::with_value(0));
        let other = loom::thread::spawn({
            let lock = lock.clone();
            move || *lock.hold_arc() += 1
        });
        let mut held = lock.hold_arc();
        drop(lock);
        *held += 1;
        let seen = *held;
        drop(held);
        other.join().unwrap();
        assert!(seen == 1 || seen == 2);
    });
}

#[test]
fn a_mapped_guard_excludes() {
    explore(|| {
        let pair = Arc::new((Lock::with_value((0, 0)), Plain::new(0)));
        let section = |(lock, count): &(Lock<(usize, usize)>, Plain<usize>)| {
            let mut second = LockGuard::map(lock.hold(), |pair| &mut pair.1);
            *second += 1;
            bump(count);
        };
        let other = spawn(&pair, section);
        section(&pair);
        other.join().unwrap();
        assert_eq!((*pair.0.hold(), pair.1.get()), ((0, 2), 2));
    });
}

#[test]
fn unlocked_lets_others_in_and_excludes_them_again() {
    static SEEN: Outcomes<usize> = Outcomes::new();
    explore(|| {
        let shared = Arc::new((StdArc::new(Lock::with_value(0_usize)), Plain::new(0)));
        let other = spawn(&shared, |(lock, count): &(StdArc<Lock<usize>>, Plain<usize>)| {
            let mut held = lock.hold_arc();
            bump(count);
            *held += 1;
        });
        let mut held = shared.0.hold_arc();
        bump(&shared.1);
        let before = *held;
        ArcLockGuard::unlocked(&mut held, || ());
        bump(&shared.1);
        SEEN.add(*held - before);
        drop(held);
        other.join().unwrap();
        assert_eq!(shared.1.get(), 3);
    });
    SEEN.must_have([0, 1]);
}

type Slot = StdArc<Lock<Option<usize>>>;

#[test]
fn a_slot_with_two_conditions_and_one_guard_passes_everything_on() {
    explore_bounded(2, || {
        let slot: Slot = StdArc::new(Lock::with_value(None));
        let shared = Arc::new((slot.clone(), Condition::with_lock(slot.clone()), Condition::with_lock(slot)));
        let maker = spawn(&shared, |(slot, filled, emptied): &(Slot, Condition<Slot>, Condition<Slot>)| {
            for number in 0..2 {
                let mut held = slot.hold();
                emptied.wait_for_with(&mut held, Option::is_none);
                *held = Some(number);
                filled.notify_with(&held, 1);
            }
        });
        let (_, filled, emptied) = &*shared;
        for number in 0..2 {
            let mut held = emptied.hold();
            assert_eq!(filled.wait_some_with(&mut held, Option::take), number);
            emptied.notify_with(&held, 1);
        }
        maker.join().unwrap();
    });
}

#[test]
fn a_timed_wait_for_something_takes_it_or_leaves_it() {
    static SEEN: Outcomes<bool> = Outcomes::new();
    explore_bounded(2, || {
        let slot: Slot = StdArc::new(Lock::with_value(None));
        let shared = Arc::new((slot.clone(), Condition::with_lock(slot)));
        let maker = spawn(&shared, |(slot, filled): &(Slot, Condition<Slot>)| {
            let mut held = slot.hold_arc();
            *held = Some(1);
            filled.notify_all_with(&held);
        });
        let (slot, filled) = &*shared;
        let taken = filled.wait_some_with_timeout(&mut slot.hold(), Option::take, A_WHILE);
        maker.join().unwrap();
        assert_eq!(taken.is_none(), slot.hold().is_some(), "it is in one place");
        SEEN.add(taken.is_some());
    });
    SEEN.must_have([false, true]);
}
