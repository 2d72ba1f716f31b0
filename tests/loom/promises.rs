//! What a dependent may rely on in its own models: what is found, what is not, and that models end.
//!
//! Each of these runs on the contract model and on the real machines.

use crate::common::{A_WHILE, Outcomes, Plain, bump, explore, explore_bounded, spawn};
use crate::objects::Objects;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use loom::thread;
use sixfold::{Barrier, BoundedSemaphore, Condition, Event, Lock, RLock, Semaphore};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

// Races that our types do not rule out must be found.

/// The trap: a model of a semaphore that orders one acquire after the other would hide this.
#[test]
#[should_panic(expected = "Causality violation")]
fn two_holders_of_two_permits_race() {
    explore_bounded(3, || {
        let shared = Arc::new((Semaphore::new(2), Plain::new(0)));
        let section = |(permits, count): &(Semaphore, Plain<usize>)| {
            let _held = permits.hold();
            bump(count);
        };
        let other = spawn(&shared, section);
        section(&shared);
        other.join().unwrap();
    });
}

/// The first to take a permit keeps it; the second takes the other, and nothing orders it after the first.
#[test]
#[should_panic(expected = "Causality violation")]
fn to_take_a_permit_is_not_to_happen_after_another_who_took_one() {
    explore(|| {
        let shared = Arc::new((Semaphore::new(2), Plain::new(0)));
        let other = spawn(&shared, |shared| {
            shared.1.set(1);
            shared.0.acquire();
        });
        shared.0.acquire();
        shared.1.get();
        other.join().unwrap();
    });
}

/// Not even if the two permits are what is left: an acquire publishes nothing.
#[test]
#[should_panic(expected = "Causality violation")]
fn a_release_does_not_happen_after_another_release() {
    explore(|| {
        let shared = Arc::new((Semaphore::new(0), Plain::new(0)));
        let other = spawn(&shared, |shared| {
            shared.1.set(1);
            shared.0.release();
        });
        shared.0.release();
        shared.1.get();
        other.join().unwrap();
    });
}

#[test]
#[should_panic(expected = "Causality violation")]
fn a_try_that_fails_orders_nothing() {
    explore(|| {
        let shared = Arc::new((Lock::new(), Plain::new(0)));
        let other = spawn(&shared, |shared| {
            shared.1.set(1);
            shared.0.acquire();
        });
        if shared.0.try_acquire() {
            shared.0.release().unwrap();
        } else {
            shared.1.get();
        }
        other.join().unwrap();
    });
}

#[test]
#[should_panic(expected = "Causality violation")]
fn to_see_a_lock_released_orders_nothing() {
    explore(|| {
        let shared = Arc::new((Lock::new(), Plain::new(0)));
        shared.0.acquire();
        let other = spawn(&shared, |shared| {
            shared.1.set(1);
            shared.0.release().unwrap();
        });
        if !shared.0.locked() {
            shared.1.get();
        }
        other.join().unwrap();
    });
}

#[test]
#[should_panic(expected = "Causality violation")]
fn a_wait_that_gave_up_orders_nothing() {
    explore(|| {
        let shared = Arc::new((Event::new(), Plain::new(0)));
        let other = spawn(&shared, |shared| {
            shared.1.set(1);
            shared.0.set();
        });
        let _ = shared.0.wait_timeout(A_WHILE);
        shared.1.get();
        other.join().unwrap();
    });
}

#[test]
#[should_panic(expected = "Causality violation")]
fn data_published_after_the_set_races() {
    explore(|| {
        let shared = Arc::new((Event::new(), Plain::new(0)));
        let other = spawn(&shared, |shared| {
            shared.0.set();
            shared.1.set(1);
        });
        shared.0.wait();
        shared.1.get();
        other.join().unwrap();
    });
}

/// Two threads: `fails` is a call that fails, after a write to the data. The other thread knows that it has failed, and
/// nothing more. What it does, `then`, must not put its read after that write.
fn a_failure_publishes(fails: fn(&Objects) -> bool, then: fn(&Objects) -> bool) {
    explore_bounded(3, move || {
        let shared = Arc::new((Objects::new(), Plain::new(0), AtomicBool::new(false)));
        shared.0.lock.acquire();
        shared.0.bounded.acquire();
        let other = thread::spawn({
            let shared = shared.clone();
            move || {
                let (objects, data, failed) = &*shared;
                objects.take();
                if then(objects) && failed.load(Relaxed) {
                    objects.lock.acquire();
                    objects.bounded.acquire();
                    drop((objects.taken_nested.hold(), objects.taken_monitor.hold()));
                    data.get();
                }
            }
        });
        let (objects, data, failed) = &*shared;
        data.set(1);
        if fails(objects) {
            failed.store(true, Relaxed);
        }
        other.join().unwrap();
    });
}

/// There is one permit to give back, and the other thread was faster.
#[test]
#[should_panic(expected = "Causality violation")]
fn a_release_of_a_permit_too_many_publishes_nothing() {
    a_failure_publishes(|o| o.bounded.release().is_err(), |o| o.bounded.release().is_ok() && o.lock.release().is_ok());
}

#[test]
#[should_panic(expected = "Causality violation")]
fn a_release_of_many_permits_too_many_publishes_nothing() {
    let release: fn(&Objects) -> bool = |o| o.bounded.release().is_ok() && o.lock.release().is_ok();
    a_failure_publishes(|o| o.bounded.release_many(7).is_err(), release);
}

#[test]
#[should_panic(expected = "Causality violation")]
fn a_release_of_a_free_lock_publishes_nothing() {
    a_failure_publishes(|o| o.lock.release().is_err(), |o| o.lock.release().is_ok() && o.bounded.release().is_ok());
}

#[test]
#[should_panic(expected = "Causality violation")]
fn a_release_by_one_that_is_not_the_owner_publishes_nothing() {
    let release: fn(&Objects) -> bool = |o| {
        o.taken_nested.release().unwrap();
        o.bounded.release().is_ok() && o.lock.release().is_ok()
    };
    a_failure_publishes(|o| o.taken_nested.release().is_err(), release);
}

#[test]
#[should_panic(expected = "Causality violation")]
fn a_notify_by_one_that_is_not_the_owner_publishes_nothing() {
    let release: fn(&Objects) -> bool = |o| {
        o.taken_monitor.release().unwrap();
        o.bounded.release().is_ok() && o.lock.release().is_ok()
    };
    a_failure_publishes(|o| o.taken_monitor.notify_all().is_err(), release);
}

#[test]
#[should_panic(expected = "Causality violation")]
fn a_notify_of_a_condition_whose_lock_is_free_publishes_nothing() {
    let hold: fn(&Objects) -> bool = |o| {
        drop(o.condition.hold());
        o.bounded.release().is_ok() && o.lock.release().is_ok()
    };
    a_failure_publishes(|o| o.condition.notify(1).is_err(), hold);
}

// Old news: a plain look may be stale, also where that makes two threads pass each other.

#[test]
fn two_threads_that_set_and_then_look_may_both_miss_the_other() {
    static SEEN: Outcomes<(bool, bool)> = Outcomes::new();
    explore(|| {
        let events = Arc::new([Event::new(), Event::new()]);
        let other = spawn(&events, |events| {
            events[1].set();
            events[0].is_set()
        });
        events[0].set();
        let mine = events[1].is_set();
        SEEN.add((mine, other.join().unwrap()));
    });
    SEEN.are([(false, false), (false, true), (true, false), (true, true)]);
}

#[test]
fn two_threads_that_release_and_then_try_may_both_fail() {
    static SEEN: Outcomes<(bool, bool)> = Outcomes::new();
    explore(|| {
        let locks = Arc::new([Lock::new(), Lock::new()]);
        locks.iter().for_each(Lock::acquire);
        let other = spawn(&locks, |locks| {
            locks[1].release().unwrap();
            locks[0].try_acquire()
        });
        locks[0].release().unwrap();
        let mine = locks[1].try_acquire();
        SEEN.add((mine, other.join().unwrap()));
    });
    SEEN.are([(false, false), (false, true), (true, false), (true, true)]);
}

#[test]
fn two_threads_that_give_a_permit_and_then_try_may_both_fail() {
    static SEEN: Outcomes<(bool, bool)> = Outcomes::new();
    explore(|| {
        let permits = Arc::new([Semaphore::new(0), Semaphore::new(0)]);
        let other = spawn(&permits, |permits| {
            permits[1].release();
            permits[0].try_acquire()
        });
        permits[0].release();
        let mine = permits[1].try_acquire();
        SEEN.add((mine, other.join().unwrap()));
    });
    SEEN.are([(false, false), (false, true), (true, false), (true, true)]);
}

/// What the first look and the second call of one thread say, which knows without an order that another thread has done
/// its `changes`. They may say all that was so at some time, in that order.
fn after_old_news(
    changes: fn(&Objects),
    first: fn(&Objects) -> bool,
    second: fn(&Objects) -> bool,
) -> BTreeSet<(bool, bool)> {
    let seen = std::sync::Arc::new(std::sync::Mutex::new(BTreeSet::new()));
    let pairs = seen.clone();
    explore(move || {
        let shared = Arc::new((Objects::new(), AtomicBool::new(false)));
        let other = thread::spawn({
            let shared = shared.clone();
            move || {
                changes(&shared.0);
                changes(&shared.0);
                shared.1.store(true, Relaxed);
            }
        });
        if shared.1.load(Relaxed) {
            let pair = (first(&shared.0), second(&shared.0));
            pairs.lock().unwrap().insert(pair);
        }
        other.join().unwrap();
    });
    let seen = seen.lock().unwrap();
    seen.clone()
}

const ALL_PAIRS: [(bool, bool); 4] = [(false, false), (false, true), (true, false), (true, true)];

#[test]
fn two_looks_at_a_lock_see_all_that_they_may() {
    let changes: fn(&Objects) = |o| drop(o.lock.hold());
    assert_eq!(after_old_news(changes, |o| o.lock.locked(), |o| o.lock.locked()), ALL_PAIRS.into());
}

#[test]
fn two_looks_at_an_rlock_see_all_that_they_may() {
    let changes: fn(&Objects) = |o| drop(o.nested.hold());
    assert_eq!(after_old_news(changes, |o| o.nested.locked(), |o| o.nested.locked()), ALL_PAIRS.into());
}

#[test]
fn two_looks_at_the_lock_of_a_condition_see_all_that_they_may() {
    let changes: fn(&Objects) = |o| drop(o.condition.hold());
    assert_eq!(after_old_news(changes, |o| o.condition.locked(), |o| o.condition.locked()), ALL_PAIRS.into());
    let changes: fn(&Objects) = |o| drop(o.monitor.hold());
    assert_eq!(after_old_news(changes, |o| o.monitor.locked(), |o| o.monitor.locked()), ALL_PAIRS.into());
}

#[test]
fn two_looks_at_a_semaphore_see_all_that_they_may() {
    let changes: fn(&Objects) = |o| drop(o.permits.hold());
    assert_eq!(after_old_news(changes, |o| o.permits.value() == 1, |o| o.permits.value() == 1), ALL_PAIRS.into());
    let changes: fn(&Objects) = |o| drop(o.bounded.hold());
    assert_eq!(after_old_news(changes, |o| o.bounded.value() == 1, |o| o.bounded.value() == 1), ALL_PAIRS.into());
}

#[test]
fn two_looks_at_an_event_see_all_that_they_may() {
    let changes: fn(&Objects) = |o| {
        o.event.set();
        o.event.clear();
    };
    assert_eq!(after_old_news(changes, |o| o.event.is_set(), |o| o.event.is_set()), ALL_PAIRS.into());
}

#[test]
fn two_looks_at_a_barrier_see_all_that_they_may() {
    let changes: fn(&Objects) = |o| {
        o.barrier.abort();
        o.barrier.reset();
    };
    assert_eq!(after_old_news(changes, |o| o.barrier.broken(), |o| o.barrier.broken()), ALL_PAIRS.into());
}

/// The second call is a try. It may fail although the look saw the lock free.
#[test]
fn a_try_after_a_look_fails_and_succeeds_as_it_may() {
    let changes: fn(&Objects) = |o| drop(o.lock.hold());
    assert_eq!(after_old_news(changes, |o| o.lock.locked(), |o| o.lock.try_acquire()), ALL_PAIRS.into());
    let changes: fn(&Objects) = |o| drop(o.nested.hold());
    assert_eq!(after_old_news(changes, |o| o.nested.locked(), |o| o.nested.try_acquire()), ALL_PAIRS.into());
    let changes: fn(&Objects) = |o| drop(o.condition.hold());
    assert_eq!(after_old_news(changes, |o| o.condition.locked(), |o| o.condition.try_acquire()), ALL_PAIRS.into());
}

/// What happens before the look is seen.
#[test]
fn a_look_after_a_join_is_not_stale() {
    explore(|| {
        let shared = Arc::new((Lock::new(), Semaphore::new(0), Event::new(), Barrier::new(1)));
        shared.0.acquire();
        let other = spawn(&shared, |(lock, permits, event, barrier)| {
            lock.release().unwrap();
            permits.release();
            event.set();
            barrier.abort();
        });
        other.join().unwrap();
        let (lock, permits, event, barrier) = &*shared;
        assert!(!lock.locked() && lock.try_acquire());
        assert!(permits.value() == 1 && permits.try_acquire());
        assert!(event.is_set() && event.wait_timeout(Duration::ZERO));
        assert!(barrier.broken());
    });
}

/// Loom alone would not try the acquire before the first look, because the acquirer looks too.
#[test]
fn a_look_may_come_before_and_after_an_acquire() {
    static LOCKED: Outcomes<bool> = Outcomes::new();
    static VALUES: Outcomes<usize> = Outcomes::new();
    explore(|| {
        let shared = Arc::new((Lock::new(), Semaphore::new(1)));
        let other = spawn(&shared, |(lock, permits)| {
            assert!(lock.try_acquire());
            assert!(permits.try_acquire());
        });
        LOCKED.add(shared.0.locked());
        VALUES.add(shared.1.value());
        other.join().unwrap();
    });
    LOCKED.are([false, true]);
    VALUES.are([0, 1]);
}

/// The random programs have found these four: what one thread was about to do hid from loom what another had done.
#[test]
fn a_clear_that_is_on_its_way_may_come_before_and_after_a_look() {
    static SEEN: Outcomes<bool> = Outcomes::new();
    explore(|| {
        let event = Arc::new(Event::new());
        let other = spawn(&event, |event| {
            event.set();
            SEEN.add(event.is_set());
        });
        event.clear();
        other.join().unwrap();
    });
    SEEN.are([false, true]);
}

#[test]
fn two_looks_that_are_on_their_way_do_not_hide_each_other() {
    static SEEN: Outcomes<(bool, bool, bool)> = Outcomes::new();
    let body = || {
        let lock = Arc::new(Lock::new());
        let other = spawn(&lock, |lock| {
            drop(lock.hold());
            lock.locked()
        });
        let first = lock.try_hold().is_some();
        let second = lock.locked();
        let third = lock.hold_timeout(A_WHILE).is_some();
        let theirs = other.join().unwrap();
        if third {
            SEEN.add((first, second, theirs));
        }
    };
    // The machines take long, and come to it with few preemptions.
    if cfg!(sixfold_checked) {
        explore_bounded(2, body)
    } else {
        explore(body)
    }
    assert!(SEEN.contain((false, false, true)), "the try fails, the look sees it free, and then it is taken");
}

#[test]
fn a_stranger_may_find_the_lock_held_and_then_free() {
    static SEEN: Outcomes<(bool, bool)> = Outcomes::new();
    explore(|| {
        let condition = Arc::new(Condition::with_lock(Lock::new()));
        let other = spawn(&condition, |condition| drop(condition.hold()));
        SEEN.add((condition.notify(1).is_ok(), condition.notify(1).is_ok()));
        other.join().unwrap();
    });
    SEEN.are([(false, false), (false, true), (true, false), (true, true)]);
}

#[test]
fn a_thread_that_polls_does_not_keep_another_from_its_step() {
    explore_bounded(3, || {
        let permits = Arc::new(Semaphore::new(0));
        let other = spawn(&permits, |permits| {
            for _ in 0..3 {
                assert!(!permits.acquire_timeout(A_WHILE));
            }
        });
        assert!(!permits.acquire_timeout(A_WHILE));
        other.join().unwrap();
    });
}

// Timed waits.

#[test]
fn a_loop_that_polls_a_timed_wait_ends() {
    explore_bounded(3, || {
        let shared = Arc::new((Event::new(), Semaphore::new(0), Lock::new(), Plain::new(0)));
        shared.2.acquire();
        let other = spawn(&shared, |(event, permits, lock, data)| {
            data.set(1);
            event.set();
            permits.release();
            lock.release().unwrap();
        });
        let (event, permits, lock, data) = &*shared;
        while !event.wait_timeout(A_WHILE) {}
        assert_eq!(data.get(), 1);
        while !permits.acquire_timeout(A_WHILE) {}
        while !lock.acquire_timeout(A_WHILE) {}
        other.join().unwrap();
    });
}

#[test]
fn a_loop_that_polls_a_condition_ends() {
    explore_bounded(2, || {
        let shared = Arc::new(Condition::with_lock(Lock::with_value(0)));
        let other = spawn(&shared, |condition| *condition.hold() = 1);
        {
            let mut held = shared.hold();
            while *held == 0 {
                // Nobody notifies: a bug that a timeout papers over.
                let _ = held.wait_timeout(A_WHILE);
            }
        }
        other.join().unwrap();
    });
}

#[test]
fn two_threads_that_poll_for_each_other_both_end() {
    explore_bounded(2, || {
        let events = Arc::new([Event::new(), Event::new()]);
        let other = spawn(&events, |events| {
            while !events[0].wait_timeout(A_WHILE) {}
            events[1].set();
        });
        events[0].set();
        while !events[1].wait_timeout(A_WHILE) {}
        other.join().unwrap();
    });
}

/// A deadlock is reported only when no timed waiter is left.
#[test]
fn a_timed_wait_resolves_what_would_be_a_deadlock() {
    explore(|| {
        let locks = Arc::new([Lock::new(), Lock::new()]);
        let other = spawn(&locks, |locks| {
            let _second = locks[1].hold();
            let _ = locks[0].hold_timeout(A_WHILE);
        });
        let _first = locks[0].hold();
        let _second = locks[1].hold();
        drop((_first, _second));
        other.join().unwrap();
    });
}

#[test]
fn what_is_there_is_taken_and_zero_does_not_branch() {
    static EXECUTIONS: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let past = Instant::now();
    explore(move || {
        EXECUTIONS.fetch_add(1, Relaxed);
        let (lock, permits, event) = (Lock::new(), Semaphore::new(1), Event::new());
        assert!(lock.acquire_timeout(A_WHILE) && permits.acquire_timeout(A_WHILE));
        assert!(!lock.acquire_timeout(Duration::ZERO) && !lock.acquire_deadline(past));
        assert!(!permits.acquire_timeout(Duration::ZERO) && !permits.acquire_deadline(past));
        assert!(!event.wait_timeout(Duration::ZERO) && !event.wait_deadline(past));
        assert!(Barrier::new(2).wait_timeout(Duration::ZERO).is_err());
        assert!(!Condition::with_lock(&lock).wait_timeout(Duration::ZERO).unwrap());
    });
    assert_eq!(EXECUTIONS.load(Relaxed), 1);
}

// Objects.

static PERMITS: Semaphore = Semaphore::new(1);
static LOCK: Lock = Lock::new();
static NESTED: RLock = RLock::new();
static FLAG: Event = Event::new();
static BOUNDED: BoundedSemaphore = BoundedSemaphore::new(2);
static MONITOR: Condition = Condition::new();
static MEETING: Barrier = Barrier::new(1);

/// Each execution leaves all of them other than it found them.
#[test]
fn statics_are_as_new_in_every_execution() {
    explore_bounded(2, || {
        let section = || {
            PERMITS.acquire();
            assert!(BOUNDED.try_acquire());
            NESTED.acquire();
            MONITOR.hold().notify_all();
            FLAG.set();
            let _ = MEETING.wait();
            assert!(!FLAG.wait_timeout(Duration::ZERO) || FLAG.is_set());
            NESTED.release().unwrap();
            PERMITS.release();
        };
        assert!(!FLAG.is_set() && !LOCK.locked() && !MEETING.broken() && !NESTED.locked());
        assert_eq!((PERMITS.value(), BOUNDED.value()), (1, 2));
        let other = thread::spawn(section);
        section();
        other.join().unwrap();
        LOCK.acquire();
        PERMITS.acquire();
        MEETING.abort();
        assert_eq!(BOUNDED.value(), 0);
    });
}

/// An object may be moved as long as nobody borrows it, and is what it was.
#[test]
fn an_object_that_is_moved_keeps_its_state() {
    explore(|| {
        let permits = Semaphore::new(2);
        permits.acquire();
        let lock = Lock::new();
        lock.acquire();
        let moved = Arc::new((permits, lock));
        assert_eq!(moved.0.value(), 1);
        assert!(moved.1.locked());
        let other = spawn(&moved, |moved| moved.1.release().unwrap());
        moved.1.acquire();
        other.join().unwrap();
    });
}

/// Where an object was, another one may be: they are not mistaken for each other.
#[test]
fn an_object_at_the_place_of_another_one_is_new() {
    explore(|| {
        for _ in 0..3 {
            let lock = Box::new(Lock::new());
            assert!(lock.try_acquire());
        }
    });
}

#[test]
fn a_token_for_a_threads_own_park_is_left_to_it() {
    // In the models of the machines an event sleeps by `loom::thread::park` itself.
    for token_first in [false, cfg!(not(sixfold_checked))] {
        explore(move || {
            let event = Arc::new(Event::new());
            let sleeper = spawn(&event, |event| {
                event.wait();
                thread::park();
            });
            if token_first {
                sleeper.thread().unpark();
            }
            event.set();
            if !token_first {
                sleeper.thread().unpark();
            }
            sleeper.join().unwrap();
        });
    }
}

#[test]
fn a_condition_goes_over_looms_arc_too() {
    explore_bounded(2, || {
        let lock = Arc::new(Lock::with_value(0));
        let condition = Arc::new(Condition::with_lock(lock.clone()));
        let other = spawn(&condition, |condition| {
            *condition.hold() = 1;
            condition.hold().notify(1);
        });
        condition.hold().wait_for(|count| *count == 1);
        other.join().unwrap();
        assert_eq!(*lock.hold(), 1);
    });
}

/// The other thread waits behind one that has the lock by a try, and that fails.
#[test]
#[should_panic(expected = "the model's own assertion")]
fn a_failure_while_another_waits_unwinds_without_an_abort() {
    explore(|| {
        let shared = std::sync::Arc::new((Lock::new(), AtomicUsize::new(0)));
        let held = shared.0.try_hold();
        let other = thread::spawn({
            let shared = shared.clone();
            move || {
                shared.1.store(1, Relaxed);
                drop(shared.0.hold());
            }
        });
        thread::yield_now();
        assert!(shared.1.load(Relaxed) == 0, "the model's own assertion");
        drop(held);
        other.join().unwrap();
    });
}

#[test]
#[should_panic(expected = "deadlock")]
fn a_deadlock_unwinds_through_guards_without_an_abort() {
    explore(|| {
        let locks = std::sync::Arc::new((Lock::new(), RLock::new(), Semaphore::new(1), Barrier::new(2)));
        let other = thread::spawn({
            let locks = locks.clone();
            move || {
                let _permit = locks.2.hold();
                let _nested = locks.1.hold();
                let _held = locks.0.hold();
                let _ = locks.3.wait();
            }
        });
        let _held = locks.0.hold();
        let _nested = locks.1.hold();
        drop(locks.2.hold());
        other.join().unwrap();
    });
}

/// A try that fails although it has looked at a permit on old news knows better from then on.
#[test]
fn a_look_after_a_try_that_failed_sees_no_older_permit() {
    static SEEN: Outcomes<(bool, usize)> = Outcomes::new();
    explore(|| {
        let permits = Arc::new(Semaphore::new(1));
        let other = spawn(&permits, |permits| assert!(permits.try_acquire() || permits.value() == 0));
        let mine = permits.try_acquire();
        SEEN.add((mine, permits.value()));
        other.join().unwrap();
    });
    SEEN.are([(false, 0), (true, 0)]);
}

/// The first two waits at one place may give up at any moment.
#[test]
fn a_wait_that_is_repeated_may_give_up_twice_before_the_others_have_done_anything() {
    static SEEN: Outcomes<(bool, bool)> = Outcomes::new();
    explore(|| {
        let event = Arc::new(Event::new());
        let other = spawn(&event, Event::set);
        let waits = [(); 2].map(|()| event.wait_timeout(A_WHILE));
        SEEN.add((waits[0], waits[1]));
        other.join().unwrap();
    });
    SEEN.are([(false, false), (false, true), (true, true)]);
}
