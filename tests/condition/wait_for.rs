//! Waiting for a predicate: list B of the contract.

use super::*;

/// B1.
pub(super) fn a_predicate_that_is_true_at_once_is_asked_once_and_the_lock_is_kept<L: Fresh, W: Way>() {
    let _watchdog = watchdog();
    let (condition, was_in) = (fresh::<L>(), AtomicBool::new(false));
    let asked = Cell::new(0);
    let ready = || {
        asked.set(asked.get() + 1);
        true
    };
    thread::scope(|scope| {
        let mut held = W::hold(&condition);
        let other = spawn(scope, || {
            let _held = W::hold(&condition);
            was_in.store(true, Relaxed);
        });
        other.until_asleep();
        held.wait_for(ready);
        for timeout in [Duration::ZERO, TICK, Duration::MAX] {
            assert!(held.wait_for_timeout(ready, timeout));
        }
        for deadline in [Instant::now(), far()] {
            assert!(held.wait_for_deadline(ready, deadline));
        }
        assert_eq!(asked.get(), 6);
        assert!(!was_in.load(Relaxed), "it let go of the lock");
    });
}

/// B2.
pub(super) fn the_first_answer_is_free_and_the_time_counts_from_there<L: Fresh, W: Way>() {
    let _watchdog = watchdog();
    let condition = fresh::<L>();
    let answered = Cell::new(None);
    let mut asked = 0;
    let ready = || {
        asked += 1;
        if asked == 1 {
            thread::sleep(2 * TICK);
            answered.set(Some(Instant::now()));
        }
        false
    };
    assert!(!W::hold(&condition).wait_for_timeout(ready, TICK));
    let elapsed = answered.get().expect("it was asked").elapsed();
    assert!((TICK..LONG).contains(&elapsed), "{elapsed:?}");
    assert_eq!(asked, 2);
}

/// B2.
pub(super) fn answers_after_the_first_use_up_the_time<L: Fresh, W: Way>() {
    let _watchdog = watchdog();
    let (condition, asked) = (fresh::<L>(), AtomicUsize::new(0));
    thread::scope(|scope| {
        let waiter = spawn(scope, || {
            let ready = || {
                if asked.fetch_add(1, Relaxed) > 0 {
                    thread::sleep(SHORT);
                }
                false
            };
            W::hold(&condition).wait_for_timeout(ready, SHORT)
        });
        until(|| waits(&condition, 1) || waiter.is_finished());
        W::hold(&condition).notify(1);
        assert!(!waiter.join());
    });
    assert_eq!(asked.load(Relaxed), 2);
}

/// B3.
pub(super) fn without_time_the_predicate_is_asked_twice<L: Fresh, W: Way>() {
    let condition = fresh::<L>();
    let past = Instant::now();
    let mut asked = 0;
    let mut ready = || {
        asked += 1;
        false
    };
    let mut held = W::hold(&condition);
    assert!(!held.wait_for_timeout(&mut ready, Duration::ZERO));
    assert!(!held.wait_for_deadline(&mut ready, past));
    assert_eq!(asked, 4);
}

/// B4.
pub(super) fn the_last_answer_counts_also_after_the_time_ran_out<L: Fresh, W: Way>() {
    let condition = fresh::<L>();
    let mut held = W::hold(&condition);
    for timeout in [Duration::ZERO, TICK] {
        let mut asked = 0;
        let mut the_second_time = || {
            asked += 1;
            asked % 2 == 0
        };
        assert!(held.wait_for_timeout(&mut the_second_time, timeout));
        assert!(held.wait_for_deadline(&mut the_second_time, Instant::now() + timeout));
        assert_eq!(asked, 4);
    }
}

/// B5.
pub(super) fn constant_notifies_do_not_make_a_timed_wait_for_longer<L: Fresh, W: Way>() {
    let _watchdog = watchdog();
    let condition = fresh::<L>();
    thread::scope(|scope| {
        let waiter = spawn(scope, || {
            let mut held = W::hold(&condition);
            timed(|| held.wait_for_timeout(|| false, TICK))
        });
        while !waiter.is_finished() {
            W::hold(&condition).notify(1);
            thread::yield_now();
        }
        let (ready, elapsed) = waiter.join();
        assert!(!ready);
        assert!((TICK..LONG).contains(&elapsed), "{elapsed:?}");
    });
}
