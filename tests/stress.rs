//! All types under load with more threads than cores, tiny timeouts and panics; what must be conserved is counted.
#![cfg(not(loom))]

mod common;

use common::{LONG, until, watchdog};
use sixfold::{Barrier, BoundedSemaphore, Condition, Event, Lock, RLock, Semaphore};
use std::cell::Cell;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

const THREADS: usize = 6;

/// A small number that looks random and is the same each time.
fn scramble(seed: usize) -> usize {
    (seed as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23) as usize
}

/// From nothing to some microseconds.
fn tiny(seed: usize) -> Duration {
    Duration::from_micros((scramble(seed) % 50) as u64)
}

/// Runs `body` and lets it panic without a message, as a guarded section that fails.
fn failing<T>(body: impl FnOnce() -> T) {
    let result = catch_unwind(AssertUnwindSafe(|| {
        let _value = body();
        resume_unwind(Box::new("part of the test"));
    }));
    assert!(result.is_err());
}

#[test]
fn a_lock_counts_right_whatever_way_it_is_taken() {
    let _watchdog = watchdog();
    let (lock, entered) = (Lock::with_value(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for me in 0..THREADS {
            let (lock, entered) = (&lock, &entered);
            scope.spawn(move || {
                for round in 0..500 {
                    let held = match scramble(round * THREADS + me) % 4 {
                        0 => lock.try_hold(),
                        1 => lock.hold_timeout(tiny(round)),
                        2 => Some(lock.hold()),
                        _ => {
                            failing(|| lock.hold());
                            None
                        }
                    };
                    if let Some(mut held) = held {
                        *held += 1;
                        entered.fetch_add(1, Relaxed);
                    }
                }
            });
        }
    });
    assert_eq!(lock.into_inner(), entered.load(Relaxed));
}

#[test]
fn an_rlock_counts_right_at_any_depth() {
    let _watchdog = watchdog();
    let (lock, entered) = (RLock::with_value(Cell::new(0)), AtomicUsize::new(0));
    fn descend(lock: &RLock<Cell<usize>>, entered: &AtomicUsize, levels: usize) {
        if let Some(held) = lock.hold_timeout(tiny(levels)) {
            held.set(held.get() + 1);
            entered.fetch_add(1, Relaxed);
            if levels > 0 {
                descend(lock, entered, levels - 1);
            }
            failing(|| lock.hold());
            assert!(lock.is_owned());
        }
    }
    thread::scope(|scope| {
        for me in 0..THREADS {
            let (lock, entered) = (&lock, &entered);
            scope.spawn(move || (0..200).for_each(|round| descend(lock, entered, scramble(round + me) % 4)));
        }
    });
    assert!(!lock.locked());
    assert_eq!(lock.into_inner().get(), entered.load(Relaxed));
}

#[test]
fn semaphores_conserve_their_permits() {
    let _watchdog = watchdog();
    const PERMITS: usize = 3;
    let (plain, bounded) = (Semaphore::new(PERMITS), BoundedSemaphore::new(PERMITS));
    let inside = [AtomicUsize::new(0), AtomicUsize::new(0)];
    thread::scope(|scope| {
        for me in 0..THREADS {
            let (plain, bounded, inside) = (&plain, &bounded, &inside);
            scope.spawn(move || {
                for round in 0..300 {
                    let seed = round * THREADS + me;
                    if plain.acquire_timeout(tiny(seed)) {
                        // Sometimes another with it, and both back at once.
                        let more = usize::from(seed.is_multiple_of(3) && plain.try_acquire());
                        assert!(inside[0].fetch_add(1, Relaxed) < PERMITS);
                        inside[0].fetch_sub(1, Relaxed);
                        plain.release_many(1 + more);
                    }
                    failing(|| {
                        let held = bounded.hold();
                        assert!(inside[1].fetch_add(1, Relaxed) < PERMITS);
                        inside[1].fetch_sub(1, Relaxed);
                        held
                    });
                }
            });
        }
    });
    assert_eq!((plain.value(), bounded.value()), (PERMITS, PERMITS));
    assert!(bounded.release().is_err());
}

/// As many waits return true as waiters were selected, under a storm of notifies and time-outs.
fn notifies_are_conserved<L: sixfold::RawLockable + Default + Sync + std::fmt::Debug>() {
    let _watchdog = watchdog();
    let condition = Condition::with_lock(L::default());
    let (selected, notified, waiting) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(THREADS));
    thread::scope(|scope| {
        for me in 0..THREADS {
            let (condition, notified, waiting) = (&condition, &notified, &waiting);
            scope.spawn(move || {
                for round in 0..200 {
                    let mut held = condition.hold();
                    if held.wait_timeout(tiny(round * THREADS + me)) {
                        notified.fetch_add(1, Relaxed);
                    }
                }
                waiting.fetch_sub(1, Relaxed);
            });
        }
        for me in 0..2 {
            let (condition, selected, waiting) = (&condition, &selected, &waiting);
            scope.spawn(move || {
                let mut round = me;
                while waiting.load(Relaxed) > 0 {
                    round += 1;
                    let held = condition.hold();
                    let n = if round % 5 == 0 { held.notify_all() } else { held.notify(round % 3) };
                    selected.fetch_add(n, Relaxed);
                    drop(held);
                    thread::yield_now();
                }
            });
        }
    });
    assert_eq!(selected.load(Relaxed), notified.load(Relaxed));
    assert!(format!("{condition:?}").starts_with("Condition { waiters: 0,"));
    assert!(!condition.locked());
}

#[test]
fn a_condition_over_a_lock_conserves_its_notifies() {
    notifies_are_conserved::<Lock>();
}

#[test]
fn a_condition_over_an_rlock_conserves_its_notifies() {
    notifies_are_conserved::<RLock>();
}

#[test]
fn a_bounded_queue_loses_nothing_and_makes_nothing_up() {
    const ITEMS: usize = 1_000;
    let _watchdog = watchdog();
    let lock = Lock::with_value(VecDeque::new());
    let (not_empty, not_full) = (Condition::with_lock(&lock), Condition::with_lock(&lock));
    let (sum, left) = (AtomicUsize::new(0), AtomicUsize::new(3 * ITEMS));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for item in 1..=ITEMS {
                    let mut queue = not_full.hold();
                    queue.wait_for(|queue| queue.len() < 4);
                    queue.push_back(item);
                    not_empty.notify(1).unwrap();
                }
            });
            scope.spawn(|| {
                while left.load(Relaxed) > 0 {
                    let mut queue = not_empty.hold();
                    if queue.wait_for_timeout(|queue| !queue.is_empty(), Duration::from_micros(300)) {
                        sum.fetch_add(queue.pop_front().unwrap(), Relaxed);
                        left.fetch_sub(1, Relaxed);
                        not_full.notify(1).unwrap();
                    }
                }
            });
        }
    });
    assert_eq!(sum.load(Relaxed), 3 * ITEMS * (ITEMS + 1) / 2);
}

#[test]
fn an_event_frees_all_who_wait_each_time_it_is_pulsed() {
    let _watchdog = watchdog();
    let (event, done) = (Event::new(), AtomicUsize::new(0));
    thread::scope(|scope| {
        for me in 0..THREADS {
            let (event, done) = (&event, &done);
            scope.spawn(move || {
                for round in 0..100 {
                    if round % 2 == 0 {
                        event.wait();
                    } else {
                        let _ = event.wait_timeout(tiny(round * THREADS + me));
                    }
                }
                done.fetch_add(1, Relaxed);
            });
        }
        while done.load(Relaxed) < THREADS {
            event.set();
            event.clear();
            thread::yield_now();
        }
    });
}

#[test]
fn a_barrier_gives_each_index_once_a_round_among_resets_aborts_and_time_outs() {
    let _watchdog = watchdog();
    let (barrier, stop) = (Barrier::with_action(3, thread::yield_now), AtomicBool::new(false));
    let got = [const { AtomicUsize::new(0) }; 3];
    thread::scope(|scope| {
        for me in 0..THREADS {
            let (barrier, stop, got) = (&barrier, &stop, &got);
            scope.spawn(move || {
                let mut round = me;
                while !stop.load(Relaxed) {
                    round += THREADS;
                    match barrier.wait_timeout(tiny(round) * 40) {
                        Ok(index) => _ = got[index].fetch_add(1, Relaxed),
                        // Only a broken one: else each reset would fail a round whose parties reset the next.
                        Err(_) if barrier.broken() => barrier.reset(),
                        Err(_) => {}
                    }
                    if scramble(round).is_multiple_of(97) {
                        barrier.abort();
                    }
                }
            });
        }
        until(|| got[0].load(Relaxed) >= 200);
        stop.store(true, Relaxed);
    });
    let [first, second, third] = got.each_ref().map(|got| got.load(Relaxed));
    assert!(first == second && second == third, "{first}, {second}, {third}");
    barrier.reset();
    assert!(!barrier.broken() && barrier.n_waiting() == 0);
}

/// Threads that end while they hold: the others run into their time and go on with the rest.
#[test]
fn what_a_dead_thread_holds_is_missing_and_nothing_else() {
    let _watchdog = watchdog();
    let (lock, rlock, permits) = (Lock::new(), RLock::new(), Semaphore::new(2));
    thread::scope(|scope| {
        scope.spawn(|| {
            lock.acquire();
            rlock.acquire();
            permits.acquire();
        });
    });
    thread::scope(|scope| {
        for me in 0..THREADS {
            let (lock, rlock, permits) = (&lock, &rlock, &permits);
            scope.spawn(move || {
                assert!(!lock.acquire_timeout(tiny(me)) && !rlock.acquire_timeout(tiny(me)));
                assert!(permits.hold_timeout(LONG).is_some());
            });
        }
    });
    lock.release().unwrap();
    assert!(lock.try_acquire() && rlock.release().is_err() && permits.value() == 1);
}
