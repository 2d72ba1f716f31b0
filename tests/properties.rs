//! Random programs of calls, by one thread, against the plainest model of what each type is.
#![cfg(not(loom))]

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use sixfold::{Barrier, BoundedSemaphore, Condition, Event, Lock, RLock, Semaphore};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// The same programs each time: what fails once fails again, without a file that remembers it.
fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, rng_seed: RngSeed::Fixed(7), ..ProptestConfig::with_cases(256) }
}

/// A call that does not wait for long, whatever the state.
#[derive(Clone, Copy, Debug)]
enum Call {
    Try,
    Zero,
    Past,
    TryHold,
    /// Holds in a scope that `Close` ends.
    Open,
    /// Drops a guard, not always the youngest, also if its hold was released by hand meanwhile.
    Close(usize),
    Release,
    ReleaseMany(usize),
    ForgetHold,
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let call = prop_oneof![
        3 => Just(Call::Try),
        1 => Just(Call::Zero),
        1 => Just(Call::Past),
        1 => Just(Call::TryHold),
        2 => Just(Call::Open),
        2 => (0..4usize).prop_map(Call::Close),
        4 => Just(Call::Release),
        2 => prop_oneof![4 => 0..4usize, 1 => Just(usize::MAX)].prop_map(Call::ReleaseMany),
        1 => Just(Call::ForgetHold),
    ];
    prop::collection::vec(call, 0..40)
}

/// Drops one of the guards, if there are any.
fn close<G>(guards: &mut Vec<G>, which: usize) -> bool {
    let any = !guards.is_empty();
    if any {
        drop(guards.swap_remove(which % guards.len()));
    }
    any
}

/// What the calls that take have in common.
macro_rules! take {
    ($object:expr, $call:expr) => {
        match $call {
            Call::Try => $object.try_acquire(),
            Call::Zero => $object.acquire_timeout(Duration::ZERO),
            Call::Past => $object.acquire_deadline(Instant::now()),
            Call::ForgetHold => $object.try_hold().map(std::mem::forget).is_some(),
            _ => unreachable!("it does not take"),
        }
    };
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_lock_is_a_bit(calls in calls()) {
        let (lock, mut held, mut guards) = (Lock::new(), false, vec![]);
        for call in calls {
            match call {
                Call::Open => {
                    let guard = lock.hold_timeout(Duration::ZERO);
                    prop_assert_eq!(guard.is_some(), !held);
                    guards.extend(guard);
                    held = true;
                }
                // A lock has no owner: the guard gives back whatever hold there is.
                Call::Close(which) => held &= !close(&mut guards, which),
                Call::Release | Call::ReleaseMany(_) => {
                    prop_assert_eq!(lock.release().is_ok(), held);
                    held = false;
                }
                Call::TryHold => prop_assert_eq!(lock.try_hold().is_some(), !held),
                take => {
                    prop_assert_eq!(take!(lock, take), !held);
                    held = true;
                }
            }
            prop_assert_eq!(lock.locked(), held);
            prop_assert_eq!(format!("{lock:?}"), format!("Lock {{ locked: {held}, .. }}"));
        }
        guards.clear();
    }

    #[test]
    fn an_rlock_of_one_thread_is_a_depth(calls in calls()) {
        let (lock, mut depth, mut guards) = (RLock::new(), 0, vec![]);
        for call in calls {
            match call {
                Call::Open => {
                    guards.push(lock.hold());
                    depth += 1;
                }
                Call::Close(which) => depth = i32::max(depth - i32::from(close(&mut guards, which)), 0),
                Call::Release | Call::ReleaseMany(_) => {
                    prop_assert_eq!(lock.release().is_ok(), depth > 0);
                    depth = i32::max(depth - 1, 0);
                }
                Call::TryHold => prop_assert!(lock.try_hold().is_some()),
                take => {
                    prop_assert!(take!(lock, take));
                    depth += 1;
                }
            }
            prop_assert_eq!((lock.locked(), lock.is_owned()), (depth > 0, depth > 0));
            let shown = format!("{lock:?}");
            let expected = format!("depth: {depth}, ..");
            prop_assert!(shown.contains(&expected), "{} is not {}", shown, expected);
        }
    }

    #[test]
    fn a_semaphore_is_a_number(start in 0..4usize, calls in calls()) {
        let (permits, mut value, mut guards) = (Semaphore::new(start), start, vec![]);
        for call in calls {
            match call {
                Call::Open => {
                    let guard = permits.hold_deadline(Instant::now());
                    prop_assert_eq!(guard.is_some(), value > 0);
                    value -= usize::from(guard.is_some());
                    guards.extend(guard);
                }
                Call::Close(which) => value += usize::from(close(&mut guards, which)),
                Call::Release => {
                    permits.release();
                    value += 1;
                }
                Call::ReleaseMany(usize::MAX) => {} // It panics; `tests/semaphore.rs` has that.
                Call::ReleaseMany(n) => {
                    permits.release_many(n);
                    value += n;
                }
                Call::TryHold => prop_assert_eq!(permits.try_hold().is_some(), value > 0),
                take => {
                    prop_assert_eq!(take!(permits, take), value > 0);
                    value = value.saturating_sub(1);
                }
            }
            prop_assert_eq!(permits.value(), value);
        }
    }

    #[test]
    fn a_bounded_semaphore_is_a_number_with_a_bound(bound in 0..4usize, calls in calls()) {
        let (permits, mut value, mut guards) = (BoundedSemaphore::new(bound), bound, vec![]);
        for call in calls {
            match call {
                Call::Open => {
                    let guard = permits.hold_timeout(Duration::ZERO);
                    prop_assert_eq!(guard.is_some(), value > 0);
                    value -= usize::from(guard.is_some());
                    guards.extend(guard);
                }
                // Without room for its permit the guard leaves it at that.
                Call::Close(which) => value = bound.min(value + usize::from(close(&mut guards, which))),
                Call::Release | Call::ReleaseMany(_) => {
                    let (n, result) = match call {
                        Call::ReleaseMany(n) => (n, permits.release_many(n)),
                        _ => (1, permits.release()),
                    };
                    prop_assert_eq!(result.is_ok(), n <= bound - value);
                    if result.is_ok() {
                        value += n;
                    }
                }
                Call::TryHold => prop_assert_eq!(permits.try_hold().is_some(), value > 0),
                take => {
                    prop_assert_eq!(take!(permits, take), value > 0);
                    value = value.saturating_sub(1);
                }
            }
            prop_assert_eq!((permits.value(), permits.bound()), (value, bound));
        }
    }

    #[test]
    fn an_event_is_a_bit(calls in prop::collection::vec(0..4u8, 0..40)) {
        let (event, mut set) = (Event::new(), false);
        for call in calls {
            match call {
                0 => { event.set(); set = true; }
                1 => { event.clear(); set = false; }
                2 => prop_assert_eq!(event.wait_timeout(Duration::ZERO), set),
                _ => prop_assert_eq!(event.wait_deadline(Instant::now()), set),
            }
            prop_assert_eq!(event.is_set(), set);
        }
    }

    /// One thread at a barrier of one passes unless it is broken; at a barrier of more it breaks it.
    #[test]
    fn a_barrier_of_one_thread_passes_or_breaks(parties in 1..4usize, calls in prop::collection::vec(0..6u8, 0..40)) {
        let ran = Arc::new(AtomicUsize::new(0));
        let action = { let ran = ran.clone(); move || _ = ran.fetch_add(1, Relaxed) };
        let barrier = Barrier::with_action(parties, action).with_timeout(Duration::ZERO);
        let (mut broken, mut passed) = (false, 0);
        for call in calls {
            match call {
                0 => { barrier.abort(); broken = true; }
                1 | 2 => { barrier.reset(); broken = false; }
                call => {
                    let result = match call {
                        3 => barrier.wait(),
                        4 => barrier.wait_timeout(Duration::ZERO),
                        _ => barrier.wait_deadline(Instant::now()),
                    };
                    prop_assert_eq!(result.ok(), (!broken && parties == 1).then_some(0));
                    passed += usize::from(result.is_ok());
                    broken |= parties > 1;
                }
            }
            prop_assert_eq!((barrier.broken(), barrier.n_waiting(), barrier.parties()), (broken, 0, parties));
            prop_assert_eq!(ran.load(Relaxed), passed);
        }
    }

    /// A condition of one thread: nobody to notify, nothing to wait for, and the lock comes back as deep as it went.
    #[test]
    fn a_condition_of_one_thread_is_its_lock(calls in prop::collection::vec(0..6u8, 0..40)) {
        let (condition, mut depth) = (Condition::new(), 0);
        for call in calls {
            match call {
                0 | 1 => { condition.acquire(); depth += 1; }
                2 => { prop_assert_eq!(condition.release().is_ok(), depth > 0); depth = i32::max(depth - 1, 0); }
                3 => prop_assert_eq!(condition.notify_all().ok(), (depth > 0).then_some(0)),
                4 => prop_assert_eq!(condition.wait_timeout(Duration::ZERO).ok(), (depth > 0).then_some(false)),
                _ => prop_assert_eq!(condition.wait_for_timeout(|| false, Duration::ZERO).ok(), (depth > 0).then_some(false)),
            }
            let shown = format!("{:?}", condition.as_lock());
            let expected = format!("depth: {depth}, ..");
            prop_assert!(shown.contains(&expected), "{} is not {}", shown, expected);
        }
    }
}
