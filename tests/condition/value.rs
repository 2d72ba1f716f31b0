//! The lock of a condition, and what it guards.

use super::*;

/// Case 33.
#[test]
fn the_default_lock_is_reentrant() {
    for condition in [Condition::new(), Condition::default()] {
        condition.acquire();
        assert!(condition.try_acquire());
        let _held = condition.try_hold().expect("it is ours");
        condition.release().unwrap();
        condition.release().unwrap();
        assert!(condition.locked(), "the guard holds it");
    }
}

/// Case 33.
#[test]
fn a_given_lock_and_the_condition_are_the_same_lock_in_both_directions() {
    let lock = Lock::new();
    let condition = Condition::with_lock(&lock);
    lock.acquire();
    assert!(condition.locked());
    assert!(!condition.try_acquire());
    condition.release().unwrap();
    assert!(!lock.locked());
    let held = condition.hold();
    assert!(!lock.try_acquire());
    drop(held);
    assert!(lock.try_acquire());
    assert!(std::ptr::eq(*condition.as_lock(), &lock));
}

/// Case 33.
#[test]
fn a_given_rlock_and_the_condition_are_the_same_lock_in_both_directions() {
    let lock = Arc::new(RLock::new());
    let condition = Condition::with_lock(lock.clone());
    lock.acquire();
    assert!(condition.locked());
    assert_eq!(condition.notify(1), Ok(0));
    condition.acquire();
    lock.release().unwrap();
    assert!(lock.is_owned());
    condition.release().unwrap();
    assert!(!lock.locked());
    assert!(Arc::ptr_eq(condition.as_lock(), &lock));
}

#[test]
fn debug_shows_what_its_lock_shows_and_never_waits() {
    let condition = Condition::with_lock(Lock::with_value("secret"));
    assert_eq!(format!("{condition:?}"), "Condition { waiters: 0, lock: Lock { locked: false, value: \"secret\" } }");
    let held = condition.hold();
    assert_eq!(format!("{condition:?}"), "Condition { waiters: 0, lock: Lock { locked: true, value: <locked> } }");
    assert_eq!(format!("{held:?} {held}"), "\"secret\" secret");
}

#[test]
fn a_guard_over_a_lock_changes_the_value_and_finds_it_changed_after_a_wait() {
    let _watchdog = watchdog();
    let lock = Lock::with_value([0, 0]);
    let lock: &Lock<[usize]> = &lock;
    let [here, there] = [(); 2].map(|()| Condition::with_lock(lock));
    thread::scope(|scope| {
        let other = spawn(scope, || {
            let mut held = there.hold();
            held.wait_for(|values| values[0] == 1);
            held[1] = 2;
            assert_eq!(here.notify(1), Ok(1));
        });
        let mut held = here.hold();
        held[0] = 1;
        there.notify(1).unwrap();
        assert!(held.wait_for_timeout(|values| values[1] == 2, Duration::MAX));
        assert_eq!(&*held, [1, 2]);
        assert!(!held.wait_timeout(Duration::ZERO));
        drop(held);
        other.join();
    });
}

#[test]
fn a_bounded_queue_in_an_arc_of_a_lock_keeps_the_order_of_each_producer() {
    const THREADS: usize = 3;
    const ITEMS: usize = 100;
    let _watchdog = watchdog();
    let lock = Arc::new(Lock::with_value(VecDeque::new()));
    let [not_empty, not_full] = [(); 2].map(|()| Condition::with_lock(lock.clone()));
    let produce = |producer| {
        for item in 0..ITEMS {
            let mut queue = not_full.hold();
            queue.wait_for(|queue| queue.len() < 2);
            queue.push_back((producer, item));
            not_empty.notify(1).unwrap();
        }
    };
    let mut next = [0; THREADS];
    thread::scope(|scope| {
        let produce = &produce;
        (0..THREADS).for_each(|number| drop(spawn(scope, move || produce(number))));
        for _ in 0..THREADS * ITEMS {
            let mut queue = not_empty.hold();
            queue.wait_for(|queue| !queue.is_empty());
            let (producer, item) = queue.pop_front().expect("waited for");
            not_full.notify(1).unwrap();
            assert_eq!(item, next[producer]);
            next[producer] += 1;
        }
    });
    assert_eq!(next, [ITEMS; THREADS]);
    assert!(lock.hold().is_empty());
}

#[test]
fn outer_guards_of_an_rlock_read_the_value_after_and_during_an_inner_wait() {
    let _watchdog = watchdog();
    let condition = Condition::with_lock(RLock::with_value(AtomicUsize::new(0)));
    thread::scope(|scope| {
        let outermost = condition.as_lock().hold();
        let outer = condition.hold();
        let mut inner = condition.hold();
        let other = spawn(scope, || {
            let held = condition.hold();
            held.store(1, Relaxed);
            held.notify(1)
        });
        inner.wait_for(|value| {
            let seen = value.load(Relaxed);
            assert_eq!((outer.load(Relaxed), outermost.load(Relaxed)), (seen, seen));
            seen == 1
        });
        assert_eq!(other.join(), 1);
        assert_eq!([outermost.load(Relaxed), outer.load(Relaxed), inner.load(Relaxed)], [1; 3]);
        drop(inner);
        drop(outer);
        assert!(condition.locked(), "one level is left");
        assert!(condition.as_lock().is_owned());
        drop(outermost);
        assert!(!condition.locked());
    });
}
