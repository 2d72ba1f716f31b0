//! The scenarios, each with the law that it keeps.

use crate::Run;
use sixfold::{Barrier, BoundedSemaphore, Condition, Event, Lock, RLock, Semaphore};
use std::cell::Cell;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

/// The message of the panics that belong to the load.
pub(crate) const EXPECTED: &str = "a fault of the soak";

/// A scenario: runs until it is told to stop, and panics if its law is broken.
type Scenario = fn(Run<'_>);

pub(crate) const ALL: [(&str, Scenario); 8] = [
    ("Lock: both halves of the value are the same", lock),
    ("Lock by hand: released by others, holders that end", lock_by_hand),
    ("RLock: as many levels given back as taken", rlock),
    ("Condition: every item once and in order", queue),
    ("Condition: as many notified as were selected", notify),
    ("Semaphores: never more inside than permits", semaphores),
    ("Event: nobody stays behind a set", event),
    ("Barrier: a round is all of the parties or none", barrier),
];

fn fail_as_expected() -> ! {
    std::panic::panic_any(EXPECTED)
}

/// Runs `section`, which may panic as a part of the load.
fn survive(run: &Run<'_>, section: impl FnOnce()) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(section)) {
        if panic.downcast_ref::<&str>() != Some(&EXPECTED) {
            std::panic::resume_unwind(panic);
        }
        run.report.fault();
    }
}

fn lock(mut run: Run<'_>) {
    let lock = Lock::with_value((0_u64, 0_u64));
    thread::scope(|scope| {
        for _ in 0..4 {
            let (mut run, lock) = (run.fork(), &lock);
            scope.spawn(move || {
                while run.goes_on() {
                    let held = match run.below(4) {
                        0 => lock.try_hold(),
                        1 | 2 => lock.hold_timeout(run.a_while()),
                        _ => Some(lock.hold()),
                    };
                    if !run.report.of(held.is_some()) {
                        continue;
                    }
                    let fails = run.one_in(500);
                    survive(&run, move || {
                        let mut held = held.expect("looked at above");
                        assert_eq!(held.0, held.1, "two were inside");
                        held.0 += 1;
                        std::hint::black_box(&mut held);
                        held.1 += 1;
                        if fails {
                            fail_as_expected();
                        }
                    });
                }
            });
        }
    });
    assert!(!lock.locked(), "everybody has gone");
}

fn lock_by_hand(mut run: Run<'_>) {
    let (lock, inside) = (Lock::new(), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..3 {
            let (mut run, lock, inside) = (run.fork(), &lock, &inside);
            scope.spawn(move || {
                while run.goes_on() {
                    let patience = run.a_while();
                    if !run.report.of(lock.acquire_timeout(patience)) {
                        continue;
                    }
                    assert_eq!(inside.fetch_add(1, Relaxed), 0, "two have the lock");
                    let leave = move || {
                        inside.fetch_sub(1, Relaxed);
                        lock.release().expect("it is held");
                    };
                    if run.one_in(50) {
                        run.report.fault();
                        // This thread's hold is released by another, or taken over by one that ends.
                        thread::scope(|scope| _ = scope.spawn(leave));
                    } else {
                        leave();
                    }
                }
            });
        }
    });
    assert!(lock.release().is_err(), "everybody has gone");
}

fn rlock(mut run: Run<'_>) {
    /// One level; counted down before its hold is given back, also by a panic.
    struct Level<'a>(&'a Cell<u64>);
    impl Drop for Level<'_> {
        fn drop(&mut self) {
            self.0.set(self.0.get() - 1);
        }
    }
    fn nest(run: &mut Run<'_>, lock: &RLock<Cell<u64>>, depth: u64) {
        let Some(held) = lock.hold_timeout(run.a_while()) else {
            assert_eq!(depth, 0, "the owner waits for nobody");
            run.report.of(false);
            return;
        };
        run.report.done();
        held.set(held.get() + 1);
        let _level = Level(&held);
        assert_eq!(held.get(), depth + 1, "somebody else is inside");
        let fails = run.one_in(300);
        if run.below(4) > 0 && depth < 6 {
            nest(run, lock, depth + 1);
        }
        if fails {
            fail_as_expected();
        }
    }
    let lock = RLock::with_value(Cell::new(0));
    thread::scope(|scope| {
        for _ in 0..4 {
            let (mut run, lock) = (run.fork(), &lock);
            scope.spawn(move || {
                while run.goes_on() {
                    let mut forked = run.fork();
                    survive(&run, || {
                        nest(&mut forked, lock, 0);
                    });
                    assert!(!lock.is_owned(), "all levels were given back");
                }
            });
        }
    });
    assert!(!lock.locked());
}

fn queue(mut run: Run<'_>) {
    const PRODUCERS: usize = 3;
    type Items = VecDeque<(usize, u64)>;
    let lock = Arc::new(Lock::with_value(Items::new()));
    let [room, items] = [(); 2].map(|()| Condition::with_lock(lock.clone()));
    let (put, got) = (AtomicU64::new(0), AtomicU64::new(0));
    // In which order the items of each producer came out.
    let order = Lock::with_value([0_u64; PRODUCERS]);
    let producing = AtomicUsize::new(PRODUCERS);
    thread::scope(|scope| {
        for producer in 0..PRODUCERS {
            let (mut run, room, items, put, producing) = (run.fork(), &room, &items, &put, &producing);
            scope.spawn(move || {
                let mut next = 1;
                while run.goes_on() {
                    let mut queue = room.hold();
                    let patience = run.a_while();
                    if run.report.of(queue.wait_for_timeout(|queue| queue.len() < 4, patience)) {
                        queue.push_back((producer, next));
                        next += 1;
                        put.fetch_add(1, Relaxed);
                        items.notify(1).expect("it is held");
                    }
                }
                producing.fetch_sub(1, Relaxed);
                items.hold().notify_all();
            });
        }
        for _ in 0..3 {
            let (mut run, room, items, got, order, producing) = (run.fork(), &room, &items, &got, &order, &producing);
            scope.spawn(move || {
                loop {
                    let mut queue = items.hold();
                    let over = || producing.load(Relaxed) == 0;
                    let fails = run.one_in(1_000);
                    if fails {
                        survive(&run, || _ = queue.wait_for_timeout(|_| fail_as_expected(), Duration::ZERO));
                    }
                    queue.wait_for(|queue| !queue.is_empty() || over());
                    let Some((producer, item)) = queue.pop_front() else { break };
                    run.report.done();
                    let mut order = order.hold();
                    assert_eq!(item, order[producer] + 1, "producer {producer}'s items are out of order");
                    order[producer] = item;
                    got.fetch_add(1, Relaxed);
                    room.notify(1).expect("it is held");
                }
            });
        }
    });
    assert_eq!(put.load(Relaxed), got.load(Relaxed), "every item comes out once");
}

fn notify(mut run: Run<'_>) {
    let condition = Condition::new();
    let (selected, notified, waiters) = (AtomicU64::new(0), AtomicU64::new(0), AtomicUsize::new(3));
    thread::scope(|scope| {
        for _ in 0..3 {
            let (mut run, condition, notified, waiters) = (run.fork(), &condition, &notified, &waiters);
            scope.spawn(move || {
                while run.goes_on() {
                    let mut held = condition.hold();
                    let patience = run.a_while();
                    let again = run.one_in(2).then(|| condition.hold());
                    let woken = match again {
                        // Two levels deep: both are let go.
                        Some(mut inner) => inner.wait_timeout(patience),
                        None if run.one_in(3) => {
                            held.wait();
                            true
                        }
                        None => held.wait_timeout(patience),
                    };
                    assert!(condition.as_lock().is_owned());
                    if run.report.of(woken) {
                        notified.fetch_add(1, Relaxed);
                    }
                }
                waiters.fetch_sub(1, Relaxed);
            });
        }
        for _ in 0..2 {
            let (mut run, condition, selected, waiters) = (run.fork(), &condition, &selected, &waiters);
            scope.spawn(move || {
                while run.goes_on() || waiters.load(Relaxed) > 0 {
                    {
                        let held = condition.hold();
                        let n = if run.one_in(4) { held.notify_all() } else { held.notify(run.below(3) as usize) };
                        selected.fetch_add(n as u64, Relaxed);
                    }
                    thread::sleep(Duration::from_micros(run.below(50)));
                }
            });
        }
    });
    assert_eq!(selected.load(Relaxed), notified.load(Relaxed), "who was selected was told so, and nobody else");
}

fn semaphores(mut run: Run<'_>) {
    const PERMITS: usize = 3;
    let (free, bounded) = (Semaphore::new(PERMITS), BoundedSemaphore::new(PERMITS));
    let inside = [AtomicUsize::new(0), AtomicUsize::new(0)];
    let enter = |n: usize| assert!(inside[n].fetch_add(1, Relaxed) < PERMITS, "more inside than permits");
    let leave = |n: usize, many: usize| _ = inside[n].fetch_sub(many, Relaxed);
    thread::scope(|scope| {
        for _ in 0..5 {
            let (mut run, free, bounded, enter, leave) = (run.fork(), &free, &bounded, &enter, &leave);
            scope.spawn(move || {
                while run.goes_on() {
                    // Some at once, all given back at once.
                    let mut taken = 0;
                    for _ in 0..=run.below(PERMITS as u64) {
                        let patience = run.a_while();
                        let got = if taken == 0 && run.one_in(3) {
                            free.acquire();
                            true
                        } else {
                            free.acquire_timeout(patience)
                        };
                        if run.report.of(got) {
                            enter(0);
                            taken += 1;
                        }
                    }
                    leave(0, taken);
                    free.release_many(taken);

                    let patience = run.a_while();
                    if let Some(held) = bounded.hold_timeout(patience) {
                        enter(1);
                        let fails = run.one_in(200);
                        survive(&run, || {
                            let _held = held;
                            leave(1, 1);
                            if fails {
                                fail_as_expected();
                            }
                        });
                        run.report.done();
                    }
                    assert!(bounded.release_many(PERMITS + 1).is_err(), "that is more than there can be");
                }
            });
        }
    });
    assert_eq!((free.value(), bounded.value()), (PERMITS, PERMITS), "all permits are back");
}

fn event(mut run: Run<'_>) {
    let event = Event::new();
    let waiters = AtomicUsize::new(4);
    // Counted up before each set. Who waits since before that must come out, whatever `clear` does.
    let sets = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..4 {
            let (mut run, event, waiters, sets) = (run.fork(), &event, &waiters, &sets);
            scope.spawn(move || {
                while run.goes_on() {
                    let before = sets.load(Relaxed);
                    let patience = run.a_while();
                    let came = if run.one_in(3) {
                        event.wait();
                        true
                    } else {
                        event.wait_timeout(patience)
                    };
                    if run.report.of(came) {
                        // The first set may have been under way already.
                        assert!(sets.load(Relaxed) >= before.max(1), "freed by no set");
                    }
                }
                waiters.fetch_sub(1, Relaxed);
            });
        }
        while run.goes_on() || waiters.load(Relaxed) > 0 {
            sets.fetch_add(1, Relaxed);
            event.set();
            event.clear();
            if run.one_in(3) {
                thread::sleep(Duration::from_micros(run.below(100)));
            }
        }
    });
}

fn barrier(mut run: Run<'_>) {
    const PARTIES: usize = 3;
    /// What became of the round whose action ran last.
    #[derive(Default)]
    struct Round {
        number: u64,
        indices: Vec<usize>,
    }
    let round = Arc::new(Lock::with_value(Round::default()));
    let chance = Lock::with_value(run.fork().random);
    let barrier = Barrier::with_action(PARTIES, {
        let round = round.clone();
        move || {
            let mut round = round.hold();
            // All who passed the round before have said so before they came again.
            round.indices.sort_unstable();
            assert!(
                round.indices.is_empty() || round.indices == [0, 1, 2],
                "round {} was passed by {:?}",
                round.number,
                round.indices
            );
            round.indices.clear();
            round.number += 1;
            let mut chance = chance.hold();
            *chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            if *chance >> 56 == 0 {
                fail_as_expected();
            }
        }
    });
    let parties = AtomicUsize::new(PARTIES);
    thread::scope(|scope| {
        for _ in 0..PARTIES {
            let (mut run, barrier, round, parties) = (run.fork(), &barrier, &round, &parties);
            scope.spawn(move || {
                while run.goes_on() {
                    let patience = run.a_while() * 20;
                    let forever = run.one_in(2);
                    survive(&run, || {
                        let passed = if forever { barrier.wait() } else { barrier.wait_timeout(patience) };
                        if let Ok(index) = passed {
                            round.hold().indices.push(index);
                        }
                        if !run.report.of(passed.is_ok()) {
                            thread::yield_now(); // It is broken until somebody resets it.
                        }
                    });
                }
                parties.fetch_sub(1, Relaxed);
            });
        }
        while run.goes_on() || parties.load(Relaxed) > 0 {
            thread::sleep(Duration::from_micros(run.below(500)));
            if run.one_in(10) || !run.goes_on() {
                barrier.abort();
            }
            if run.goes_on() && (barrier.broken() || run.one_in(50)) {
                barrier.reset();
            }
        }
    });
}
