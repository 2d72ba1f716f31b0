//! Holds and waits with a time limit, and without one.

use super::*;

pub(super) fn timed_holds_of_a_free_lock_succeed_whatever_the_time<L: Fresh, W: Way>() {
    let condition = fresh::<L>();
    let past = Instant::now();
    assert!(W::try_hold(&condition).is_some());
    for timeout in [Duration::ZERO, TICK, Duration::MAX] {
        assert!(W::hold_timeout(&condition, timeout).is_some());
    }
    for deadline in [past, far()] {
        assert!(W::hold_deadline(&condition, deadline).is_some());
    }
    assert!(!condition.locked());
}

pub(super) fn timed_holds_of_a_lock_held_elsewhere_give_up_after_their_time<L: Fresh, W: Way>() {
    let _watchdog = watchdog();
    let condition = fresh::<L>();
    let past = Instant::now();
    let held = W::hold(&condition);
    thread::scope(|scope| {
        scope.spawn(|| {
            assert!(W::try_hold(&condition).is_none());
            assert!(W::hold_timeout(&condition, Duration::ZERO).is_none());
            assert!(W::hold_deadline(&condition, past).is_none());
            let (given_up, elapsed) = timed(|| W::hold_timeout(&condition, TICK).is_none());
            assert!(given_up && (TICK..LONG).contains(&elapsed), "{elapsed:?}");
            let (given_up, elapsed) = timed(|| W::hold_deadline(&condition, Instant::now() + TICK).is_none());
            assert!(given_up && (TICK..LONG).contains(&elapsed), "{elapsed:?}");
        });
    });
    drop(held);
    assert!(W::try_hold(&condition).is_some());
}

pub(super) fn holds_without_end_wait_for_the_lock<L: Fresh, W: Way>() {
    let _watchdog = watchdog();
    let condition = fresh::<L>();
    thread::scope(|scope| {
        let held = W::hold(&condition);
        let waiters = [
            spawn(scope, || W::hold_timeout(&condition, Duration::MAX).is_some()),
            spawn(scope, || W::hold_deadline(&condition, far()).is_some()),
        ];
        waiters.iter().for_each(|waiter| waiter.until_asleep());
        drop(held);
        waiters.into_iter().for_each(|waiter| assert!(waiter.join()));
    });
}

pub(super) fn waits_without_end_last_until_the_notify<L: Fresh, W: Way>() {
    let _watchdog = watchdog();
    let waits: [fn(&mut W::Held<'_, L>, &AtomicBool) -> bool; 4] = [
        |held, _| held.wait_timeout(Duration::MAX),
        |held, _| held.wait_deadline(far()),
        |held, ready| held.wait_for_timeout(|| ready.load(Relaxed), Duration::MAX),
        |held, ready| held.wait_for_deadline(|| ready.load(Relaxed), far()),
    ];
    let condition = fresh::<L>();
    for wait in waits {
        let ready = AtomicBool::new(false);
        thread::scope(|scope| {
            let waiter = spawn(scope, || wait(&mut W::hold(&condition), &ready));
            until_waiting(&condition, 1);
            waiter.until_asleep();
            let held = W::hold(&condition);
            ready.store(true, Relaxed);
            assert_eq!(held.notify(1), 1);
            drop(held);
            assert!(waiter.join());
        });
    }
}
