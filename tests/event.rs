//! Event: Python's `EventTests`, and what they leave out.
#![cfg(not(loom))]

mod common;

use common::{LONG, SHORT, spawn, timed, until, watchdog};
use sixfold::Event;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

/// Case 27.
#[test]
fn the_flag_goes_up_and_down_and_again_is_no_change() {
    let event = Event::default();
    assert!(!event.is_set());
    for _ in 0..2 {
        event.set();
        assert!(event.is_set());
    }
    for _ in 0..2 {
        event.clear();
        assert!(!event.is_set());
    }
}

/// Case 28.
#[test]
fn one_set_frees_all_who_wait_and_the_next_wait_is_immediate() {
    let _watchdog = watchdog();
    let event = Event::new();
    for _ in 0..2 {
        thread::scope(|scope| {
            let waiters = [(); 5].map(|()| {
                spawn(scope, || {
                    event.wait();
                    assert!(event.wait_timeout(Duration::ZERO) && event.wait_timeout(LONG));
                })
            });
            waiters.iter().for_each(|waiter| waiter.until_asleep());
            event.set();
            waiters.into_iter().for_each(|waiter| waiter.join());
        });
        event.clear();
    }
}

/// Case 29.
#[test]
fn a_timed_wait_gives_up_after_its_time_and_not_before() {
    let _watchdog = watchdog();
    let event = Event::new();
    let (set, took) = timed(|| event.wait_timeout(SHORT));
    assert!(!set && took >= SHORT, "{took:?}");
    let (set, took) = timed(|| event.wait_deadline(Instant::now() + SHORT));
    assert!(!set && took >= SHORT, "{took:?}");
    event.set();
    assert!(event.wait_timeout(SHORT) && event.wait_deadline(Instant::now() + SHORT));
}

#[test]
fn zero_and_the_past_look_once() {
    let _watchdog = watchdog();
    let (event, past) = (Event::new(), Instant::now());
    assert!(!event.wait_timeout(Duration::ZERO) && !event.wait_deadline(past));
    event.set();
    assert!(event.wait_timeout(Duration::ZERO) && event.wait_deadline(past));
}

#[test]
fn the_longest_time_waits_until_set() {
    let _watchdog = watchdog();
    let event = Event::new();
    thread::scope(|scope| {
        let waiter = spawn(scope, || event.wait_timeout(Duration::MAX));
        waiter.until_asleep();
        event.set();
        assert!(waiter.join());
    });
    assert!(event.wait_timeout(Duration::MAX));
}

/// Case 30; also for more than are woken in one go.
#[test]
fn set_followed_at_once_by_clear_frees_all_who_wait() {
    let _watchdog = watchdog();
    let event = Event::new();
    for n in [5, 9, 20] {
        thread::scope(|scope| {
            let timed: Vec<_> = (0..n).map(|_| spawn(scope, || event.wait_timeout(LONG))).collect();
            let untimed: Vec<_> = (0..n).map(|_| spawn(scope, || event.wait())).collect();
            timed.iter().for_each(|waiter| waiter.until_asleep());
            untimed.iter().for_each(|waiter| waiter.until_asleep());
            event.set();
            event.clear();
            timed.into_iter().for_each(|waiter| assert!(waiter.join()));
            untimed.into_iter().for_each(|waiter| waiter.join());
        });
        assert!(!event.is_set());
    }
}

#[test]
fn who_comes_after_the_clear_waits_for_the_next_set() {
    let _watchdog = watchdog();
    let event = Event::new();
    event.set();
    event.clear();
    thread::scope(|scope| {
        let waiter = spawn(scope, || event.wait());
        waiter.until_asleep();
        event.clear();
        waiter.until_asleep();
        event.set();
        waiter.join();
    });
}

/// The set is still at work waking many when somebody clears and waits anew: that one is not meant.
#[test]
fn a_set_that_is_still_waking_does_not_wake_who_comes_after_the_clear() {
    let _watchdog = watchdog();
    for _ in 0..5 {
        let event = Event::new();
        thread::scope(|scope| {
            let sleepers: Vec<_> = (0..17).map(|_| spawn(scope, || event.wait())).collect();
            sleepers.iter().for_each(|sleeper| sleeper.until_asleep());
            let late = scope.spawn(|| {
                while !event.is_set() {
                    thread::yield_now();
                }
                event.clear();
                assert!(!event.wait_timeout(SHORT / 10), "it was not set again");
            });
            event.set();
            late.join().unwrap();
            sleepers.into_iter().for_each(|sleeper| sleeper.join());
        });
    }
}

#[test]
fn a_timed_wait_is_served_in_its_sleep() {
    let _watchdog = watchdog();
    let event = Event::new();
    thread::scope(|scope| {
        let waiters = [
            spawn(scope, || event.wait_timeout(LONG)),
            spawn(scope, || event.wait_deadline(Instant::now() + LONG)),
            spawn(scope, || event.wait_timeout(Duration::MAX)),
        ];
        waiters.iter().for_each(|waiter| waiter.until_asleep());
        event.set();
        waiters.into_iter().for_each(|waiter| assert!(waiter.join()));
    });
}

#[test]
fn who_gives_up_does_not_take_the_others_along() {
    let _watchdog = watchdog();
    let event = Event::new();
    thread::scope(|scope| {
        let patient = [(); 2].map(|()| spawn(scope, || event.wait()));
        patient.iter().for_each(|waiter| waiter.until_asleep());
        assert!(!event.wait_timeout(SHORT / 10));
        event.set();
        patient.into_iter().for_each(|waiter| waiter.join());
    });
}

/// A set on a raised flag is no new set: it frees nobody later.
#[test]
fn a_set_again_and_a_clear_again_change_nothing_for_later_waits() {
    let _watchdog = watchdog();
    let event = Event::new();
    event.set();
    event.set();
    event.clear();
    assert!(!event.wait_timeout(Duration::ZERO) && !event.wait_timeout(SHORT / 10));
    event.clear();
    event.set();
    assert!(event.is_set() && event.wait_timeout(Duration::ZERO));
}

/// Many pulses, and waiters that come and go: each pulse frees those that wait, and a wait for the end is not freed early.
#[test]
fn pulses_free_every_waiter_of_their_time() {
    let _watchdog = watchdog();
    let (pulse, ready) = (Event::new(), AtomicUsize::new(0));
    thread::scope(|scope| {
        let waiters = [(); 3].map(|()| {
            spawn(scope, || {
                for round in 1..=100 {
                    ready.fetch_add(1, Relaxed);
                    pulse.wait();
                    assert!(ready.load(Relaxed) >= round);
                }
            })
        });
        while waiters.iter().any(|waiter| !waiter.is_finished()) {
            pulse.set();
            pulse.clear();
            thread::yield_now();
        }
        waiters.into_iter().for_each(|waiter| waiter.join());
    });
}

/// In CPython a wait may time out, be overtaken by a set before it returns, and say false with the flag up. Here it is
/// false only if no set came before its time was up.
#[test]
fn a_wait_that_says_false_was_not_overtaken_by_a_set() {
    let _watchdog = watchdog();
    for round in 0..300 {
        let (event, time) = (Event::new(), Duration::from_micros(round % 60));
        thread::scope(|scope| {
            let waiter = scope.spawn(|| {
                let start = Instant::now();
                (event.wait_timeout(time), start + time)
            });
            event.set();
            let set_before = Instant::now();
            let (freed, deadline) = waiter.join().unwrap();
            assert!(freed || set_before >= deadline, "it was set in time");
        });
        assert!(event.is_set());
    }
}

#[test]
fn sets_by_many_threads_at_once_are_one() {
    let _watchdog = watchdog();
    for _ in 0..100 {
        let event = Event::new();
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| event.wait());
                scope.spawn(|| event.set());
            }
        });
        event.clear();
        assert!(!event.is_set());
    }
}

#[test]
fn who_is_told_sees_what_was_done_before_the_set() {
    let _watchdog = watchdog();
    for round in 0..300 {
        let (event, data) = (Event::new(), AtomicUsize::new(0));
        thread::scope(|scope| {
            scope.spawn(|| {
                if round % 2 == 0 {
                    event.wait();
                } else {
                    while !event.is_set() {
                        std::hint::spin_loop();
                    }
                }
                assert_eq!(data.load(Relaxed), 1);
            });
            data.store(1, Relaxed);
            event.set();
        });
    }
}

/// A consumer that clears and then looks, a producer that adds and then sets. The second item of a round comes when the
/// consumer is about to clear, and no later set makes up for it. It is added by a plain store, which orders nothing.
#[test]
fn no_item_is_missed_by_a_consumer_that_clears_before_it_looks() {
    let _watchdog = watchdog();
    let (event, made, used) = (Event::new(), AtomicUsize::new(0), AtomicUsize::new(0));
    let (start, done) = (Instant::now(), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Relaxed) {
                event.wait();
                event.clear();
                used.store(made.load(Relaxed), Relaxed);
            }
        });
        for round in (0..3_000).take_while(|_| start.elapsed() < 4 * SHORT) {
            made.store(2 * round + 1, Relaxed);
            event.set();
            (0..round % 100).for_each(|_| std::hint::spin_loop());
            made.store(2 * round + 2, Relaxed);
            event.set();
            until(|| used.load(Relaxed) == 2 * round + 2);
        }
        done.store(true, Relaxed);
        event.set();
    });
}

/// Case 32, adapted.
#[test]
fn debug_shows_the_flag() {
    static EVENT: Event = Event::new();
    assert_eq!(format!("{EVENT:?}"), "Event { set: false }");
    EVENT.set();
    assert_eq!(format!("{EVENT:?}"), "Event { set: true }");
}
