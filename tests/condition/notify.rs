//! Notifying.

use super::*;

pub(super) fn notify_zero_selects_nobody<L: Fresh, W: Way>() {
    let _watchdog = watchdog();
    let condition = fresh::<L>();
    thread::scope(|scope| {
        let waiters = line_up::<L, W>(scope, &condition, 2);
        assert_eq!(W::hold(&condition).notify(0), 0);
        assert!(waits(&condition, 2));
        waiters.iter().for_each(|waiter| waiter.until_asleep());
        assert_eq!(W::hold(&condition).notify_all(), 2);
        all_notified(waiters);
    });
}

pub(super) fn notify_says_how_many_it_selected<L: Fresh, W: Way>() {
    let _watchdog = watchdog();
    let condition = fresh::<L>();
    for (n, selected) in [(1, [1, 1, 1, 0]), (2, [2, 1, 0, 0]), (3, [3, 0, 0, 0]), (usize::MAX, [3, 0, 0, 0])] {
        thread::scope(|scope| {
            let waiters = line_up::<L, W>(scope, &condition, 3);
            let held = W::hold(&condition);
            let mut left = 3;
            for selected in selected {
                assert_eq!(held.notify(n), selected);
                left -= selected;
                assert!(waits(&condition, left));
            }
            assert_eq!(held.notify_all(), 0);
            drop(held);
            all_notified(waiters);
        });
    }
}

pub(super) fn waiters_are_selected_oldest_first<L: Fresh, W: Way>() {
    const WAITERS: usize = 5;
    let _watchdog = watchdog();
    // Also two at a time: which of the two returns first is open, but nobody else does.
    for at_once in [1, 2] {
        let (condition, order) = (fresh::<L>(), Mutex::new(Vec::new()));
        thread::scope(|scope| {
            for number in 0..WAITERS {
                let (condition, order) = (&condition, &order);
                spawn(scope, move || {
                    W::hold(condition).wait();
                    order.lock().unwrap().push(number);
                });
                until_waiting(condition, number + 1);
            }
            for first in (0..WAITERS).step_by(at_once) {
                let selected = W::hold(&condition).notify(at_once);
                until(|| order.lock().unwrap().len() == first + selected);
                let mut out = order.lock().unwrap().clone();
                out.sort_unstable();
                assert_eq!(out, Vec::from_iter(0..first + selected));
            }
        });
    }
}

pub(super) fn a_waiter_that_times_out_in_the_middle_leaves_the_others_in_their_order<L: Fresh, W: Way>() {
    let _watchdog = watchdog();
    let condition = fresh::<L>();
    thread::scope(|scope| {
        let mut patient = line_up::<L, W>(scope, &condition, 1);
        let impatient = spawn(scope, || W::hold(&condition).wait_timeout(TICK));
        until(|| waits(&condition, 2) || impatient.is_finished());
        patient.push(spawn(scope, || W::hold(&condition).wait_timeout(Duration::MAX)));
        assert!(!impatient.join());
        until_waiting(&condition, 2);
        for (waiter, left) in patient.into_iter().zip([1, 0]) {
            assert_eq!(W::hold(&condition).notify(1), 1);
            assert!(waiter.join());
            assert!(waits(&condition, left));
        }
    });
}

pub(super) fn nobody_returns_before_the_notifier_releases<L: Fresh, W: Way>() {
    let _watchdog = watchdog();
    let (condition, released) = (fresh::<L>(), AtomicBool::new(false));
    thread::scope(|scope| {
        let waiters = [(); 3].map(|()| {
            spawn(scope, || {
                let mut held = W::hold(&condition);
                held.wait();
                assert!(released.load(Relaxed), "returned before the notifier released");
            })
        });
        until_waiting(&condition, 3);
        let held = W::hold(&condition);
        assert_eq!(held.notify_all(), 3);
        waiters.iter().for_each(|waiter| waiter.until_asleep());
        released.store(true, Relaxed);
        drop(held);
        waiters.into_iter().for_each(|waiter| waiter.join());
    });
}

pub(super) fn notify_all_is_not_for_those_who_wait_later<L: Fresh, W: Way>() {
    let _watchdog = watchdog();
    let condition = fresh::<L>();
    thread::scope(|scope| {
        let waiters = line_up::<L, W>(scope, &condition, 3);
        let mut held = W::hold(&condition);
        assert_eq!(held.notify_all(), 3);
        assert!(!held.wait_timeout(TICK), "we wait later");
        drop(held);
        all_notified(waiters);
    });
}

pub(super) fn a_notify_that_nobody_waits_for_is_forgotten<L: Fresh, W: Way>() {
    let condition = fresh::<L>();
    let mut held = W::hold(&condition);
    assert_eq!(held.notify(1), 0);
    assert!(!held.wait_timeout(Duration::ZERO));
    assert_eq!(held.notify_all(), 0);
    assert!(!held.wait_timeout(TICK));
}

pub(super) fn conditions_on_one_lock_have_queues_of_their_own<L: Fresh, W: Way>() {
    let _watchdog = watchdog();
    let lock = L::fresh();
    let conditions = [(); 3].map(|()| Condition::with_lock(&lock));
    thread::scope(|scope| {
        let waiters = conditions.each_ref().map(|condition| line_up::<_, W>(scope, condition, 2));
        for (number, waiters) in waiters.into_iter().enumerate() {
            let held = W::hold(&conditions[number]);
            assert_eq!(held.notify_all(), 2);
            assert_eq!(held.notify_all(), 0);
            drop(held);
            all_notified(waiters);
            for later in &conditions[number + 1..] {
                assert!(waits(later, 2));
            }
        }
    });
    assert!(conditions.iter().all(waits_for_nothing));
}

pub(super) fn debug_shows_how_many_wait_and_blocks_on_nothing<L: Fresh, W: Way>() {
    let _watchdog = watchdog();
    let condition = fresh::<L>();
    let shown = |waiters| assert!(waits(&condition, waiters));
    shown(0);
    thread::scope(|scope| {
        let waiters = line_up::<L, W>(scope, &condition, 2);
        shown(2);
        let held = W::hold(&condition);
        held.notify(1);
        shown(1);
        scope.spawn(|| shown(1)).join().unwrap();
        held.notify(1);
        shown(0);
        drop(held);
        all_notified(waiters);
    });
}
