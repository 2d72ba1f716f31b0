//! Random programs of calls, by one thread, against the plainest model of what each type is.
#![cfg(not(loom))]

use proptest::prelude::*;
use sixfold::{Barrier, BoundedSemaphore, Condition, Event, Lock, RLock, Semaphore};
use std::time::{Duration, Instant};

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) }
}

/// A call that does not wait for long, whatever the state.
#[derive(Clone, Copy, Debug)]
enum Call {
    Try,
    Zero,
    Past,
    TryHold,
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
        4 => Just(Call::Release),
        2 => (0..4usize).prop_map(Call::ReleaseMany),
        1 => Just(Call::ForgetHold),
    ];
    prop::collection::vec(call, 0..40)
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
        let (lock, mut held) = (Lock::new(), false);
        for call in calls {
            match call {
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
        }
    }

    #[test]
    fn an_rlock_of_one_thread_is_a_depth(calls in calls()) {
        let (lock, mut depth) = (RLock::new(), 0);
        for call in calls {
            match call {
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
        }
    }

    #[test]
    fn a_semaphore_is_a_number(start in 0..4usize, calls in calls()) {
        let (permits, mut value) = (Semaphore::new(start), start);
        for call in calls {
            match call {
                Call::Release => {
                    permits.release();
                    value += 1;
                }
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
        let (permits, mut value) = (BoundedSemaphore::new(bound), bound);
        for call in calls {
            match call {
                Call::Release | Call::ReleaseMany(_) => {
                    let (n, result) = match call {
                        Call::ReleaseMany(n) => (n, permits.release_many(n)),
                        _ => (1, permits.release()),
                    };
                    prop_assert_eq!(result.is_ok(), value + n <= bound);
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

    /// One thread at a barrier of one passes unless it is broken; at a barrier of two it breaks it.
    #[test]
    fn a_barrier_of_one_thread_passes_or_breaks(parties in 1..3usize, calls in prop::collection::vec(0..4u8, 0..40)) {
        let (barrier, mut broken) = (Barrier::new(parties).with_timeout(Duration::ZERO), false);
        for call in calls {
            match call {
                0 => { barrier.abort(); broken = true; }
                1 => { barrier.reset(); broken = false; }
                call => {
                    let result = if call == 2 { barrier.wait() } else { barrier.wait_deadline(Instant::now()) };
                    prop_assert_eq!(result.ok(), (!broken && parties == 1).then_some(0));
                    broken |= parties > 1;
                }
            }
            prop_assert_eq!((barrier.broken(), barrier.n_waiting()), (broken, 0));
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
