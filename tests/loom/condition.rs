//! `Condition`: over `Lock` and `RLock`, no notify is lost, spent twice, or made up.

use crate::common::{A_WHILE, Outcomes, Plain, bump, explore_bounded, must_have_reached, spawn};
use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, Ordering::Relaxed};
use loom::thread;
use sixfold::{Condition, Lock, RLock};
use std::time::Duration;

/// Goes on as soon as so many threads wait. Only in models where they must come to that.
fn until_waiting<L: std::fmt::Debug>(condition: &Condition<L>, waiters: usize) {
    let waiting = format!("Condition {{ waiters: {waiters}, .. }}");
    while format!("{condition:?}") != waiting {
        thread::yield_now();
    }
}

/// The models that are the same over both locks.
macro_rules! over {
    ($lock:ident, $name:ident) => {
        mod $name {
            use super::*;

            type Monitor = (Condition<$lock>, Plain<usize>);

            fn monitor() -> Arc<Monitor> {
                Arc::new((Condition::with_lock($lock::new()), Plain::new(0)))
            }

            /// Adds one under the lock and tells one waiter.
            fn add_and_notify((condition, count): &Monitor) -> usize {
                let held = condition.hold();
                bump(count);
                held.notify(1)
            }

            #[test]
            fn a_waiter_for_a_predicate_is_not_left_behind() {
                explore_bounded(4, || {
                    let shared = monitor();
                    let waiter = spawn(&shared, |(condition, count)| {
                        let mut held = condition.hold();
                        held.wait_for(|()| count.get() == 1);
                        bump(count);
                    });
                    add_and_notify(&shared);
                    waiter.join().unwrap();
                    assert_eq!(shared.1.get(), 2);
                });
            }

            #[test]
            fn a_wait_without_a_loop_returns_only_after_a_notify() {
                explore_bounded(3, || {
                    let shared = monitor();
                    let waiter = spawn(&shared, |(condition, count)| {
                        let mut held = condition.hold();
                        if count.get() == 0 {
                            held.wait();
                        }
                        assert_eq!(count.get(), 1);
                    });
                    add_and_notify(&shared);
                    waiter.join().unwrap();
                });
            }

            #[test]
            fn a_timed_wait_says_true_exactly_if_it_was_selected() {
                static SEEN: Outcomes<(bool, usize)> = Outcomes::new();
                explore_bounded(3, || {
                    let shared = monitor();
                    let waiter = spawn(&shared, |(condition, count)| {
                        let mut held = condition.hold();
                        let notified = held.wait_timeout(A_WHILE);
                        bump(count);
                        notified
                    });
                    let selected = add_and_notify(&shared);
                    let notified = waiter.join().unwrap();
                    SEEN.add((notified, selected));
                    assert_eq!(shared.1.get(), 2);
                });
                SEEN.are([(false, 0), (true, 1)]);
                must_have_reached(&["the time of a waiter was up after it was moved to the lock's queue"]);
            }

            /// CPython: a waiter that has timed out and waits for the lock swallows the notify that was meant for the
            /// next one.
            #[test]
            fn a_notify_is_not_spent_on_a_waiter_that_has_timed_out() {
                static SEEN: Outcomes<(bool, bool, usize)> = Outcomes::new();
                explore_bounded(2, || {
                    let shared = monitor();
                    let wait = |(condition, _): &Monitor| condition.hold().wait_timeout(A_WHILE);
                    let waiters = [spawn(&shared, wait), spawn(&shared, wait)];
                    let selected = add_and_notify(&shared);
                    let [one, other] = waiters.map(|waiter| waiter.join().unwrap());
                    SEEN.add((one, other, selected));
                    assert_eq!(usize::from(one) + usize::from(other), selected);
                });
                SEEN.are([(false, false, 0), (true, false, 1), (false, true, 1)]);
            }

            #[test]
            fn two_waiters_are_let_out_by_one_notify_all() {
                explore_bounded(2, || {
                    let shared = monitor();
                    let wait = |(condition, count): &Monitor| {
                        let mut held = condition.hold();
                        held.wait_for(|()| count.get() > 0);
                        bump(count);
                    };
                    let waiters = [spawn(&shared, wait), spawn(&shared, wait)];
                    {
                        let held = shared.0.hold();
                        bump(&shared.1);
                        held.notify_all();
                    }
                    waiters.into_iter().for_each(|waiter| waiter.join().unwrap());
                    assert_eq!(shared.1.get(), 3);
                });
            }

            #[test]
            fn two_conditions_on_one_lock_have_queues_of_their_own() {
                explore_bounded(3, || {
                    let lock = std::sync::Arc::new($lock::new());
                    let [ping, pong] = [(); 2].map(|()| Condition::with_lock(lock.clone()));
                    let shared = Arc::new((ping, pong, Plain::new(0)));
                    let other = spawn(&shared, |(ping, pong, turn)| {
                        let mut held = ping.hold();
                        held.wait_for(|()| turn.get() == 1);
                        turn.set(2);
                        pong.notify(1).unwrap();
                    });
                    let (ping, pong, turn) = &*shared;
                    let mut held = pong.hold();
                    turn.set(1);
                    ping.notify(1).unwrap();
                    held.wait_for(|()| turn.get() == 2);
                    drop(held);
                    other.join().unwrap();
                });
            }

            #[test]
            fn a_zero_timeout_lets_go_of_the_lock_and_takes_it_back() {
                explore_bounded(3, || {
                    let shared = monitor();
                    let other = spawn(&shared, |(condition, count)| {
                        let _held = condition.hold();
                        bump(count);
                    });
                    {
                        let mut held = shared.0.hold();
                        bump(&shared.1);
                        assert!(!held.wait_timeout(Duration::ZERO));
                        bump(&shared.1);
                    }
                    other.join().unwrap();
                    assert_eq!(shared.1.get(), 3);
                });
            }
        }
    };
}
over!(Lock, over_a_lock);
over!(RLock, over_an_rlock);

#[test]
fn waiting_lets_go_of_all_levels_and_takes_them_back() {
    explore_bounded(3, || {
        let shared = Arc::new((Condition::new(), Plain::new(0)));
        let other = spawn(&shared, |(condition, count)| {
            let held = condition.hold();
            bump(count);
            held.notify(1);
        });
        let (condition, count) = &*shared;
        condition.acquire();
        condition.acquire();
        condition.wait_for(|| count.get() == 1).unwrap();
        condition.release().unwrap();
        assert!(condition.as_lock().is_owned(), "one level is left");
        bump(count);
        condition.release().unwrap();
        assert!(!condition.as_lock().is_owned());
        other.join().unwrap();
    });
}

/// A lock has no owner, so it may be released by a stranger just when a notify moves a waiter into its line. Then nobody
/// will release it again, and the notify has to wake the waiter itself.
#[test]
fn a_waiter_selected_while_a_stranger_releases_the_lock_is_woken() {
    static SEEN: Outcomes<bool> = Outcomes::new();
    explore_bounded(3, || {
        let condition = Arc::new(Condition::with_lock(Lock::new()));
        let waiter = spawn(&condition, |condition| {
            condition.acquire();
            condition.wait().unwrap();
            condition.release().unwrap();
        });
        until_waiting(&condition, 1);
        condition.acquire();
        let stranger = spawn(&condition, |condition| condition.release().unwrap());
        let selected = condition.notify(1);
        SEEN.add(selected.is_ok());
        stranger.join().unwrap();
        if selected.is_err() {
            // The stranger was first: nothing was notified, and the lock is free to try again.
            condition.acquire();
            assert_eq!(condition.notify(1), Ok(1));
            condition.release().unwrap();
        }
        waiter.join().unwrap();
    });
    SEEN.are([false, true]);
    must_have_reached(&["a waiter was selected while the lock was free"]);
}

/// As before, with two: one is woken, and the other is in the line behind it.
#[test]
fn all_waiters_selected_while_a_stranger_releases_the_lock_come_out() {
    explore_bounded(2, || {
        let condition = Arc::new(Condition::with_lock(Lock::new()));
        let wait = |condition: &Condition<Lock>| {
            condition.acquire();
            condition.wait().unwrap();
            condition.release().unwrap();
        };
        let waiters = [spawn(&condition, wait), spawn(&condition, wait)];
        until_waiting(&condition, 2);
        condition.acquire();
        let stranger = spawn(&condition, |condition| condition.release().unwrap());
        if condition.notify_all() != Ok(2) {
            condition.acquire();
            assert_eq!(condition.notify_all(), Ok(2));
            condition.release().unwrap();
        }
        stranger.join().unwrap();
        waiters.into_iter().for_each(|waiter| waiter.join().unwrap());
    });
}

/// A stranger notifies while the waiter lets go, comes out, and waits again: it is selected once.
#[test]
fn notify_all_is_for_those_only_who_waited_when_it_began() {
    static SEEN: Outcomes<Option<usize>> = Outcomes::new();
    explore_bounded(4, || {
        let condition = Arc::new(Condition::with_lock(Lock::new()));
        let waiter = spawn(&condition, |condition| {
            let mut held = condition.hold();
            let _ = held.wait_timeout(A_WHILE);
            let _ = held.wait_timeout(A_WHILE);
        });
        SEEN.add(condition.notify_all().ok());
        waiter.join().unwrap();
    });
    SEEN.are([None, Some(0), Some(1)]);
}

/// The wait is over, and the lock is taken by a newcomer: the waiter gets it in the end, and has what it was promised.
#[test]
fn a_selected_waiter_competes_with_a_newcomer_for_the_lock() {
    explore_bounded(3, || {
        let shared = Arc::new((Condition::with_lock(Lock::new()), Plain::new(0)));
        let waiter = spawn(&shared, |(condition, count)| {
            let mut held = condition.hold();
            held.wait_for(|()| count.get() > 0);
            bump(count);
        });
        let newcomer = spawn(&shared, |(condition, count)| {
            let _held = condition.hold();
            bump(count);
            condition.notify(1).unwrap();
        });
        {
            let _held = shared.0.hold();
            bump(&shared.1);
            shared.0.notify(1).unwrap();
        }
        waiter.join().unwrap();
        newcomer.join().unwrap();
        assert_eq!(shared.1.get(), 3);
    });
}

/// A queue of one place between a producer and a consumer of two items.
#[test]
fn a_bounded_queue_passes_everything_on() {
    explore_bounded(2, || {
        let lock = std::sync::Arc::new(Lock::with_value(None));
        let [not_empty, not_full] = [(); 2].map(|()| Condition::with_lock(lock.clone()));
        let shared = Arc::new((not_empty, not_full));
        let producer = spawn(&shared, |(not_empty, not_full)| {
            for item in 1..=2 {
                let mut slot = not_full.hold();
                slot.wait_for(Option::is_none);
                *slot = Some(item);
                not_empty.notify(1).unwrap();
            }
        });
        let (not_empty, not_full) = &*shared;
        for item in 1..=2 {
            let mut slot = not_empty.hold();
            slot.wait_for(Option::is_some);
            assert_eq!(slot.take(), Some(item));
            not_full.notify(1).unwrap();
        }
        producer.join().unwrap();
    });
}

/// The stranger knows, without an order, that a thread waits. So its notify may come too early, or too late for the lock.
#[test]
fn a_stranger_may_notify_too_early() {
    type Notify = fn(&Condition<Lock>) -> Option<usize>;
    static ONE: Outcomes<Option<usize>> = Outcomes::new();
    static ALL: Outcomes<Option<usize>> = Outcomes::new();
    let kinds: [(&'static Outcomes<Option<usize>>, Notify); 2] =
        [(&ONE, |condition| condition.notify(1).ok()), (&ALL, |condition| condition.notify_all().ok())];
    // The real machines come to both with two preemptions, and take minutes with three.
    let preemptions = if cfg!(sixfold_checked) { 2 } else { 3 };
    for (seen, notify) in kinds {
        explore_bounded(preemptions, move || {
            let shared = Arc::new((Condition::with_lock(Lock::new()), Plain::new(false), AtomicBool::new(false)));
            let waiter = spawn(&shared, |(condition, waits, _)| {
                condition.acquire();
                waits.set(true);
                condition.wait().unwrap();
                condition.release().unwrap();
            });
            let stranger = thread::spawn({
                let shared = shared.clone();
                move || {
                    if shared.2.load(Relaxed) {
                        seen.add(notify(&shared.0));
                    }
                }
            });
            let (condition, waits, news) = &*shared;
            condition.acquire();
            if waits.get() {
                news.store(true, Relaxed);
            }
            stranger.join().unwrap();
            condition.release().unwrap();
            // One that was not notified by the stranger is notified here.
            loop {
                condition.acquire();
                let waits = waits.get();
                if waits {
                    condition.notify(1).unwrap();
                }
                condition.release().unwrap();
                if waits {
                    break;
                }
                thread::yield_now();
            }
            waiter.join().unwrap();
        });
        seen.must_have([Some(0), Some(1)]);
    }
}
