//! Misuse by hand and under a guard, and predicates that panic.

use super::*;

/// Cases 20 and 34.
pub(super) fn waiting_without_holding_is_an_error_before_and_after_a_balanced_pair<L: Fresh>() {
    let _watchdog = watchdog();
    let condition = fresh::<L>();
    for _ in 0..2 {
        assert_nothing_is_allowed(&condition);
        assert!(waits_for_nothing(&condition));
        condition.acquire();
        assert_eq!(condition.wait_timeout(Duration::ZERO), Ok(false));
        condition.release().unwrap();
    }
    assert_nothing_is_allowed(&condition);
}

/// Case 35.
pub(super) fn notifying_without_holding_is_an_error_and_selects_nobody<L: Fresh>() {
    let _watchdog = watchdog();
    let condition = fresh::<L>();
    thread::scope(|scope| {
        let waiters = line_up::<L, ByHand>(scope, &condition, 2);
        // A waiter counts just before it lets go of the lock.
        until(|| !condition.locked());
        for n in [0, 1, usize::MAX] {
            assert!(condition.notify(n).is_err());
        }
        assert!(condition.notify_all().is_err());
        assert!(waits(&condition, 2));
        waiters.iter().for_each(|waiter| waiter.until_asleep());
        assert_eq!(condition.hold().notify_all(), 2);
        all_notified(waiters);
    });
}

/// B1: Python asks without a look at the lock.
pub(super) fn wait_for_without_holding_is_an_error_also_if_the_answer_would_be_true<L: Fresh>() {
    let condition = fresh::<L>();
    let asked = Cell::new(false);
    let ready = || {
        asked.set(true);
        true
    };
    assert!(condition.wait_for(ready).is_err());
    assert!(condition.wait_for_timeout(ready, Duration::ZERO).is_err());
    assert!(condition.wait_for_deadline(ready, far()).is_err());
    assert!(!asked.get());
    assert!(waits_for_nothing(&condition));
}

pub(super) fn release_without_holding_is_an_error<L: Fresh>() {
    let condition = fresh::<L>();
    assert!(condition.release().is_err());
    condition.acquire();
    assert_eq!(condition.release(), Ok(()));
    assert!(condition.release().is_err());
    assert!(condition.try_acquire());
}

/// All that a guard can be asked for and that needs the lock. No predicate is to be asked.
pub(super) fn uses_of_a_guard<L: Kind>() -> [fn(&mut ConditionGuard<'_, L>); 9] {
    [
        |guard| guard.wait(),
        |guard| _ = guard.wait_timeout(Duration::ZERO),
        |guard| _ = guard.wait_deadline(far()),
        |guard| guard.wait_for(|_| unreachable!("asked without the lock")),
        |guard| _ = guard.wait_for_timeout(|_| unreachable!("asked without the lock"), TICK),
        |guard| _ = guard.wait_for_deadline(|_| unreachable!("asked without the lock"), far()),
        |guard| _ = guard.notify(0),
        |guard| _ = guard.notify(1),
        |guard| _ = guard.notify_all(),
    ]
}

/// Asserts that `call` panics for the lost hold, and says that the caller, in this file, is to blame.
#[track_caller]
pub(super) fn assert_loss_is_reported(call: impl FnOnce()) {
    let (file, message) = panic_of(call);
    assert!(message.contains("lost its hold to a release by hand"), "{message}");
    assert_eq!(file, file!(), "{message}");
}

pub(super) fn a_guard_whose_hold_was_released_by_hand_panics_at_its_caller_and_changes_nothing<L: Fresh>() {
    let _watchdog = watchdog();
    for call in uses_of_a_guard() {
        let condition = fresh::<L>();
        thread::scope(|scope| {
            let waiters = line_up::<L, Scoped>(scope, &condition, 1);
            let mut guard = condition.hold();
            condition.release().unwrap();
            assert_loss_is_reported(|| call(&mut guard));
            assert!(!condition.locked());
            assert!(waits(&condition, 1));
            drop(guard);
            assert!(!condition.locked());
            assert_eq!(condition.try_hold().map(|held| held.notify(1)), Some(1));
            all_notified(waiters);
        });
        assert!(waits_for_nothing(&condition));
    }
}

#[test]
fn a_guard_that_lost_its_rlock_to_another_thread_panics_and_its_drop_leaves_that_hold_alone() {
    let _watchdog = watchdog();
    for call in uses_of_a_guard() {
        let (condition, done) = (Condition::new(), AtomicBool::new(false));
        thread::scope(|scope| {
            let mut guard = condition.hold();
            condition.release().unwrap();
            let other = spawn(scope, || {
                condition.acquire();
                until(|| done.load(Relaxed));
                condition.release()
            });
            until(|| condition.locked());
            assert_loss_is_reported(|| call(&mut guard));
            drop(guard);
            assert!(condition.locked());
            done.store(true, Relaxed);
            assert_eq!(other.join(), Ok(()));
        });
        assert!(waits_for_nothing(&condition));
    }
}

/// A6, for a guard.
#[test]
fn a_guard_that_lost_its_lock_to_another_thread_acts_on_that_hold() {
    let _watchdog = watchdog();
    let condition = Condition::with_lock(Lock::new());
    thread::scope(|scope| {
        let waiters = line_up::<_, Scoped>(scope, &condition, 1);
        let mut guard = condition.hold();
        condition.release().unwrap();
        spawn(scope, || condition.acquire()).join();
        assert_eq!(guard.notify(1), 1);
        assert!(condition.locked());
        assert!(!guard.wait_timeout(TICK), "it lets the waiter have it");
        assert!(condition.locked());
        drop(guard);
        all_notified(waiters);
    });
}

/// Asks all three calls by hand; each is to fail because of what `ready` does.
pub(super) fn a_predicate_that_releases_by_hand_ends_a_wait_by_hand_with_an_error<L: Fresh>() {
    let _watchdog = watchdog();
    let condition = fresh::<L>();
    let ready = || {
        condition.release().unwrap();
        false
    };
    let waits_for: [&dyn Fn() -> bool; 3] = [
        &|| condition.wait_for(ready).is_err(),
        &|| condition.wait_for_timeout(ready, Duration::ZERO).is_err(),
        &|| condition.wait_for_deadline(ready, far()).is_err(),
    ];
    for is_err in waits_for {
        condition.acquire();
        assert!(is_err());
        assert!(waits_for_nothing(&condition));
    }
    assert_works(&condition);
}

pub(super) fn a_predicate_that_releases_by_hand_makes_a_guard_panic_at_its_caller<L: Fresh>() {
    let _watchdog = watchdog();
    let condition = fresh::<L>();
    let ready = || {
        condition.release().unwrap();
        false
    };
    let waits_for: [&dyn Fn(&mut ConditionGuard<'_, L>); 3] = [
        &|guard| guard.wait_for(|_| ready()),
        &|guard| _ = guard.wait_for_timeout(|_| ready(), Duration::ZERO),
        &|guard| _ = guard.wait_for_deadline(|_| ready(), far()),
    ];
    for wait_for in waits_for {
        let mut guard = condition.hold();
        assert_loss_is_reported(|| wait_for(&mut guard));
        assert!(waits_for_nothing(&condition));
        drop(guard);
        assert!(waits_for_nothing(&condition));
    }
    assert_works(&condition);
}

/// A waiter is let out by a notify.
pub(super) fn assert_works<L: Kind>(condition: &Condition<L>) {
    thread::scope(|scope| {
        let waiters = line_up::<L, Scoped>(scope, condition, 1);
        assert_eq!(condition.hold().notify(1), 1);
        all_notified(waiters);
    });
    assert!(waits_for_nothing(condition));
}

/// A predicate that panics when it is asked for the `n`th time.
pub(super) fn panics_when_asked(n: usize) -> impl FnMut() -> bool {
    let mut asked = 0;
    move || {
        asked += 1;
        assert!(asked < n, "predicate");
        false
    }
}

pub(super) fn by_hand_the_lock_is_still_held_after_a_predicate_panicked<L: Fresh>() {
    let _watchdog = watchdog();
    let condition = fresh::<L>();
    thread::scope(|scope| {
        let waiters = line_up::<L, ByHand>(scope, &condition, 2);
        condition.acquire();
        // The second time is after a wait.
        for n in [1, 2] {
            let wait_for = || _ = condition.wait_for_timeout(panics_when_asked(n), Duration::ZERO);
            assert_eq!(panic_of(wait_for).1, "predicate");
            assert!(condition.as_lock().is_taken());
            assert!(waits(&condition, 2));
        }
        assert_eq!(condition.notify(2), Ok(2));
        condition.release().unwrap();
        all_notified(waiters);
    });
    assert!(waits_for_nothing(&condition));
}

pub(super) fn a_guard_releases_the_lock_when_a_predicate_panics<L: Fresh>() {
    let _watchdog = watchdog();
    let condition = fresh::<L>();
    thread::scope(|scope| {
        let waiters = line_up::<L, Scoped>(scope, &condition, 2);
        for n in [1, 2] {
            let mut ready = panics_when_asked(n);
            let wait_for = || _ = condition.hold().wait_for_timeout(|_| ready(), Duration::ZERO);
            assert_eq!(panic_of(wait_for).1, "predicate");
            assert!(!condition.locked());
            assert!(waits(&condition, 2));
        }
        assert_eq!(condition.hold().notify_all(), 2);
        all_notified(waiters);
    });
    assert!(waits_for_nothing(&condition));
}

#[test]
fn a_predicate_that_panics_leaves_an_rlock_at_its_depth() {
    let condition = Condition::new();
    condition.acquire();
    condition.acquire();
    assert_eq!(panic_of(|| _ = condition.wait_for_timeout(panics_when_asked(2), Duration::ZERO)).1, "predicate");
    assert_depth(&condition, 2);
    assert_eq!(panic_of(|| condition.hold().wait_for(|()| panic!("predicate"))).1, "predicate");
    assert_depth(&condition, 2);
}
