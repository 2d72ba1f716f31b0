//! Waiting: Python's own cases, and list A of the contract.

use super::*;

/// Case 36.
pub(super) fn five_waiters_are_woken_as_many_as_each_notify_says<L: Fresh, W: Way>() {
    let _watchdog = watchdog();
    let condition = fresh::<L>();
    for _ in 0..2 {
        let [once, twice] = [(); 2].map(|()| AtomicUsize::new(0));
        let released = AtomicBool::new(true);
        let passed = || (once.load(Relaxed), twice.load(Relaxed));
        let wait_twice = || {
            let mut held = W::hold(&condition);
            for count in [&once, &twice] {
                assert!(held.wait_timeout(Duration::MAX));
                assert!(released.load(Relaxed), "returned before the notifier released");
                count.fetch_add(1, Relaxed);
            }
        };
        let notify = |notify: fn(&W::Held<'_, L>) -> usize| {
            let held = W::hold(&condition);
            released.store(false, Relaxed);
            let before = passed();
            let selected = notify(&held);
            thread::yield_now();
            assert_eq!(passed(), before);
            released.store(true, Relaxed);
            selected
        };
        thread::scope(|scope| {
            let waiters: Vec<_> = (0..5).map(|_| spawn(scope, wait_twice)).collect();
            until_waiting(&condition, 5);
            assert_eq!(notify(|held| held.notify(3)), 3);
            until(|| passed() == (3, 0) && waits(&condition, 5));
            assert_eq!(notify(|held| held.notify(5)), 5);
            until(|| passed() == (5, 3) && waits(&condition, 2));
            assert_eq!(notify(|held| held.notify_all()), 2);
            waiters.into_iter().for_each(|waiter| waiter.join());
        });
        assert_eq!(passed(), (5, 5));
    }
}

/// Case 37.
pub(super) fn five_timed_waits_without_a_notify_are_false_after_their_time<L: Fresh, W: Way>() {
    let _watchdog = watchdog();
    let condition = fresh::<L>();
    let wait = || {
        let mut held = W::hold(&condition);
        timed(|| held.wait_timeout(TICK))
    };
    thread::scope(|scope| {
        for waiter in [(); 5].map(|()| spawn(scope, wait)) {
            let (notified, elapsed) = waiter.join();
            assert!(!notified);
            assert!((TICK..LONG).contains(&elapsed), "{elapsed:?}");
        }
    });
    assert!(waits(&condition, 0));
}

/// Case 38.
pub(super) fn wait_for_returns_when_the_fourth_of_four_increments_is_made<L: Fresh, W: Way>() {
    let _watchdog = watchdog();
    let (condition, state) = (fresh::<L>(), AtomicUsize::new(0));
    thread::scope(|scope| {
        let waiter = spawn(scope, || {
            W::hold(&condition).wait_for(|| state.load(Relaxed) == 4);
            state.load(Relaxed)
        });
        for _ in 0..4 {
            until_waiting(&condition, 1);
            let held = W::hold(&condition);
            state.fetch_add(1, Relaxed);
            assert_eq!(held.notify(1), 1);
        }
        assert_eq!(waiter.join(), 4);
    });
}

/// Case 39.
pub(super) fn wait_for_gives_up_after_its_time_when_the_fourth_increment_is_missing<L: Fresh, W: Way>() {
    let _watchdog = watchdog();
    let (condition, state) = (fresh::<L>(), AtomicUsize::new(0));
    thread::scope(|scope| {
        let waiter = spawn(scope, || {
            let mut held = W::hold(&condition);
            timed(|| held.wait_for_timeout(|| state.load(Relaxed) == 4, SHORT))
        });
        for _ in 0..3 {
            until(|| waits(&condition, 1) || waiter.is_finished());
            let held = W::hold(&condition);
            state.fetch_add(1, Relaxed);
            held.notify(1);
        }
        let (ready, elapsed) = waiter.join();
        assert!(!ready);
        assert!((SHORT..LONG).contains(&elapsed), "{elapsed:?}");
    });
}

/// A1.
pub(super) fn no_notify_falls_between_joining_the_queue_and_letting_go_of_the_lock<L: Fresh, W: Way>() {
    const ROUNDS: usize = 100;
    let _watchdog = watchdog();
    let (condition, holds) = (fresh::<L>(), AtomicBool::new(false));
    thread::scope(|scope| {
        let waiter = spawn(scope, || {
            for _ in 0..ROUNDS {
                let mut held = W::hold(&condition);
                holds.store(true, Relaxed);
                held.wait();
            }
        });
        for _ in 0..ROUNDS {
            until(|| holds.load(Relaxed));
            // The waiter has held the lock and not been notified: whoever gets the lock now finds it in the queue.
            let held = W::hold(&condition);
            holds.store(false, Relaxed);
            assert_eq!(held.notify(1), 1);
        }
        waiter.join();
    });
}

/// A2.
pub(super) fn a_timed_wait_comes_back_late_and_with_the_lock_if_somebody_else_holds_it<L: Fresh, W: Way>() {
    let _watchdog = watchdog();
    let waits: [fn(&mut W::Held<'_, L>) -> bool; 4] = [
        |held| held.wait_timeout(TICK),
        |held| held.wait_deadline(Instant::now() + TICK),
        |held| held.wait_for_timeout(|| false, TICK),
        |held| held.wait_for_deadline(|| false, Instant::now() + TICK),
    ];
    for wait in waits {
        let (condition, inside) = (fresh::<L>(), AtomicBool::new(false));
        thread::scope(|scope| {
            let mut held = W::hold(&condition);
            let other = spawn(scope, || {
                let _held = W::hold(&condition);
                inside.store(true, Relaxed);
                thread::sleep(2 * TICK);
                inside.store(false, Relaxed);
            });
            other.until_asleep();
            assert!(!wait(&mut held));
            assert!(!inside.load(Relaxed), "two have the lock");
            assert!(condition.as_lock().is_taken());
        });
    }
}

/// A2.
pub(super) fn a_wait_of_no_time_lets_go_of_the_lock_and_takes_it_back<L: Fresh, W: Way>() {
    let _watchdog = watchdog();
    let past = Instant::now();
    let waits: [&dyn Fn(&mut W::Held<'_, L>) -> bool; 4] = [
        &|held| held.wait_timeout(Duration::ZERO),
        &|held| held.wait_deadline(past),
        &|held| held.wait_for_timeout(|| false, Duration::ZERO),
        &|held| held.wait_for_deadline(|| false, past),
    ];
    for wait in waits {
        let (condition, was_in) = (fresh::<L>(), AtomicBool::new(false));
        thread::scope(|scope| {
            let mut held = W::hold(&condition);
            let other = spawn(scope, || {
                let _held = W::hold(&condition);
                was_in.store(true, Relaxed);
            });
            other.until_asleep();
            // Not every one of these waits has to let the other one in: it needs a moment to wake.
            while !was_in.load(Relaxed) {
                assert!(!wait(&mut held));
                assert!(condition.as_lock().is_taken());
            }
            other.join();
        });
        assert!(waits_for_nothing(&condition));
    }
}

/// Free, and nobody waits.
pub(super) fn waits_for_nothing<L: Kind>(condition: &Condition<L>) -> bool {
    !condition.locked() && waits(condition, 0)
}

/// A3.
pub(super) fn an_untimed_wait_ends_by_a_notify_and_nothing_else<L: Fresh, W: Way>() {
    let _watchdog = watchdog();
    let (condition, notified) = (fresh::<L>(), AtomicBool::new(false));
    thread::scope(|scope| {
        let waiter = spawn(scope, || {
            W::hold(&condition).wait();
            assert!(notified.load(Relaxed), "returned without a notify");
        });
        until_waiting(&condition, 1);
        for _ in 0..100 {
            let mut held = W::hold(&condition);
            assert_eq!(held.notify(0), 0);
            assert!(!held.wait_timeout(Duration::ZERO));
            drop(held);
            assert!(condition.try_hold().is_some());
        }
        waiter.until_asleep();
        assert!(waits(&condition, 1));
        let held = W::hold(&condition);
        notified.store(true, Relaxed);
        assert_eq!(held.notify(1), 1);
        drop(held);
        waiter.join();
    });
}

/// A4. CPython wakes nobody here.
pub(super) fn a_notify_goes_past_a_waiter_that_has_timed_out_and_has_not_got_the_lock_back<L: Fresh, W: Way>() {
    let _watchdog = watchdog();
    let (condition, second) = (fresh::<L>(), AtomicBool::new(false));
    thread::scope(|scope| {
        let impatient = spawn(scope, || W::hold(&condition).wait_timeout(TICK));
        until(|| waits(&condition, 1) || impatient.is_finished());
        let patient = spawn(scope, || {
            let mut held = W::hold(&condition);
            second.store(true, Relaxed);
            held.wait_timeout(Duration::MAX)
        });
        until(|| second.load(Relaxed));
        let held = W::hold(&condition);
        until_waiting(&condition, 1); // The other one has timed out and wants the lock.
        assert_eq!(held.notify(1), 1);
        drop(held);
        assert!(!impatient.join());
        assert!(patient.join());
    });
}

/// A4.
pub(super) fn a_waiter_that_was_selected_in_time_says_so_however_late_it_gets_the_lock<L: Fresh, W: Way>() {
    let _watchdog = watchdog();
    let condition = fresh::<L>();
    thread::scope(|scope| {
        let waiter = spawn(scope, || W::hold(&condition).wait_timeout(SHORT));
        until(|| waits(&condition, 1) || waiter.is_finished());
        let held = W::hold(&condition);
        let selected = held.notify(1); // 0 only if all this has taken longer than the wait.
        let newcomer = spawn(scope, || drop(W::hold(&condition)));
        newcomer.until_asleep();
        thread::sleep(SHORT);
        drop(held);
        assert_eq!(usize::from(waiter.join()), selected);
        newcomer.join();
    });
    assert!(waits_for_nothing(&condition));
}

/// A4.
pub(super) fn as_many_waits_say_notified_as_were_selected<L: Fresh, W: Way>() {
    const ROUNDS: u64 = 100;
    let _watchdog = watchdog();
    let (condition, done) = (fresh::<L>(), AtomicBool::new(false));
    thread::scope(|scope| {
        let impatient = [0, 1].map(|offset| {
            let condition = &condition;
            spawn(scope, move || {
                let wait = |round| W::hold(condition).wait_timeout(Duration::from_micros((offset + round) % 60));
                (0..ROUNDS).filter(|&round| wait(round)).count()
            })
        });
        let patient = spawn(scope, || {
            let mut notified = 0;
            let mut held = W::hold(&condition);
            while !done.load(Relaxed) {
                held.wait();
                notified += 1;
            }
            notified
        });
        let mut selected = 0;
        while !impatient.iter().all(|waiter| waiter.is_finished()) {
            selected += W::hold(&condition).notify(1);
            thread::yield_now();
        }
        let held = W::hold(&condition);
        done.store(true, Relaxed);
        selected += held.notify_all();
        drop(held);
        let notified = impatient.map(|waiter| waiter.join()).iter().sum::<usize>() + patient.join();
        assert_eq!(notified, selected);
    });
}

/// A6.
#[test]
fn over_a_lock_it_counts_that_somebody_holds_it() {
    let _watchdog = watchdog();
    let condition = Condition::with_lock(Lock::new());
    thread::scope(|scope| {
        let waiter = spawn(scope, || condition.hold().wait_timeout(Duration::MAX));
        until_waiting(&condition, 1);
        condition.acquire();
        let foreign = spawn(scope, || (condition.notify(1), condition.notify_all(), condition.wait()));
        until_waiting(&condition, 1);
        // The foreign wait has released our hold, and who was selected gets the lock.
        assert!(waiter.join());
        assert!(condition.acquire_timeout(LONG));
        assert_eq!(condition.notify(1), Ok(1));
        condition.release().unwrap();
        assert_eq!(foreign.join(), (Ok(1), Ok(0), Ok(())));
    });
    assert!(condition.locked(), "the foreign wait has taken it back");
    condition.release().unwrap();
}

/// A6.
#[test]
fn over_an_rlock_it_counts_that_the_caller_holds_it() {
    let _watchdog = watchdog();
    let condition = Condition::new();
    thread::scope(|scope| {
        let waiter = spawn(scope, || condition.hold().wait_timeout(Duration::MAX));
        until_waiting(&condition, 1);
        condition.acquire();
        let foreign = spawn(scope, || assert_nothing_is_allowed(&condition));
        foreign.join();
        assert!(condition.as_lock().is_owned());
        assert!(waits(&condition, 1));
        assert_eq!(condition.notify(1), Ok(1));
        condition.release().unwrap();
        assert!(waiter.join());
    });
}

/// Every call that needs the lock, by a thread that does not hold it.
#[track_caller]
pub(super) fn assert_nothing_is_allowed<L: Kind>(condition: &Condition<L>) {
    let never_asked = || -> bool { unreachable!("asked without the lock") };
    assert!(condition.wait().is_err());
    for timeout in [Duration::ZERO, TICK, Duration::MAX] {
        assert!(condition.wait_timeout(timeout).is_err());
        assert!(condition.wait_for_timeout(never_asked, timeout).is_err());
    }
    for deadline in [Instant::now(), far()] {
        assert!(condition.wait_deadline(deadline).is_err());
        assert!(condition.wait_for_deadline(never_asked, deadline).is_err());
    }
    assert!(condition.wait_for(never_asked).is_err());
    for n in [0, 1, usize::MAX] {
        assert!(condition.notify(n).is_err());
    }
    assert!(condition.notify_all().is_err());
}

/// A7.
pub(super) fn a_notify_does_not_make_another_threads_try_acquire_fail<L: Fresh>() {
    let _watchdog = watchdog();
    let (condition, done) = (fresh::<L>(), AtomicBool::new(false));
    thread::scope(|scope| {
        let stray = spawn(scope, || {
            while !done.load(Relaxed) {
                // Ours does no harm, and over a `Lock` it is right now and then.
                assert!(matches!(condition.notify(1), Ok(0) | Err(NotHeldError { .. })));
            }
        });
        let failed = (0..2000).filter(|_| !condition.try_acquire() || condition.release().is_err()).count();
        done.store(true, Relaxed);
        stray.join();
        assert_eq!(failed, 0);
    });
}

/// A8, case 20.
#[test]
fn a_wait_by_hand_at_depth_three_lets_others_in_and_comes_back_at_depth_three() {
    let _watchdog = watchdog();
    let condition = Condition::new();
    (0..3).for_each(|_| condition.acquire());
    thread::scope(|scope| {
        let other = spawn(scope, || condition.hold().notify(1));
        condition.wait().unwrap();
        assert_eq!(other.join(), 1);
        assert_depth(&condition, 3);
        assert_eq!(condition.wait_timeout(Duration::ZERO), Ok(false));
        assert_depth(&condition, 3);
        assert_eq!(condition.wait_for_timeout(|| false, TICK), Ok(false));
    });
    for depth in (1..=3).rev() {
        assert_depth(&condition, depth);
        condition.release().unwrap();
    }
    assert_depth(&condition, 0);
    assert!(condition.release().is_err());
    assert!(condition.wait().is_err());
}

/// A8, case 20.
#[test]
fn a_wait_of_the_third_nested_guard_lets_others_in_and_comes_back_at_depth_three() {
    let _watchdog = watchdog();
    let condition = Condition::new();
    let outer = condition.as_lock().hold();
    let middle = condition.hold();
    let mut inner = condition.hold();
    thread::scope(|scope| {
        let other = spawn(scope, || condition.hold().notify(1));
        inner.wait();
        assert_eq!(other.join(), 1);
        assert_depth(&condition, 3);
        assert!(!inner.wait_timeout(Duration::ZERO));
    });
    assert_depth(&condition, 3);
    drop(inner);
    assert_depth(&condition, 2);
    drop(middle);
    assert_depth(&condition, 1);
    drop(outer);
    assert_depth(&condition, 0);
}

#[track_caller]
pub(super) fn assert_depth(condition: &Condition, depth: usize) {
    let shown = format!("{:?}", condition.as_lock());
    assert!(shown.contains(&format!("depth: {depth},")), "{shown}");
    assert_eq!(condition.as_lock().is_owned(), depth > 0);
    let free_elsewhere = thread::scope(|scope| scope.spawn(|| condition.try_hold().is_some()).join().unwrap());
    assert_eq!(free_elsewhere, depth == 0);
}
