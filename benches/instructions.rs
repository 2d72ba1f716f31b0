//! The paths on which nobody waits, to be counted in instructions: `instructions CASE N` runs one of them N times, and
//! without arguments lists them. `ci/instructions.py` runs each under callgrind with two N; the difference is what a call
//! costs, whatever else the machine is doing.

use sixfold::{BoundedSemaphore, Condition, Event, Lock, RLock, Semaphore};
use std::hint::black_box;

type Case = (&'static str, fn(u64));

fn repeat(n: u64, mut body: impl FnMut()) {
    (0..n).for_each(|_| body());
}

const CASES: [Case; 18] = [
    ("nothing", |n| repeat(n, || _ = black_box(0))),
    ("lock, by hand", |n| {
        let lock = Lock::new();
        repeat(n, || {
            black_box(&lock).acquire();
            black_box(&lock).release().expect("it is held");
        });
    }),
    ("lock, scoped", |n| {
        let lock = Lock::with_value(0u64);
        repeat(n, || *black_box(&lock).hold() += 1);
    }),
    ("lock, try that fails", |n| {
        let lock = Lock::new();
        let _held = lock.hold();
        repeat(n, || _ = black_box(black_box(&lock).try_acquire()));
    }),
    ("rlock, scoped", |n| {
        let lock = RLock::new();
        repeat(n, || drop(black_box(black_box(&lock).hold())));
    }),
    ("rlock, nested", |n| {
        let lock = RLock::new();
        let _held = lock.hold();
        repeat(n, || drop(black_box(black_box(&lock).hold())));
    }),
    ("semaphore, by hand", |n| {
        let semaphore = Semaphore::new(1);
        repeat(n, || {
            black_box(&semaphore).acquire();
            black_box(&semaphore).release();
        });
    }),
    ("semaphore, scoped", |n| {
        let semaphore = Semaphore::new(1);
        repeat(n, || drop(black_box(black_box(&semaphore).hold())));
    }),
    ("semaphore, scoped, guard not moved", |n| {
        let semaphore = Semaphore::new(1);
        repeat(n, || {
            let _held = black_box(&semaphore).hold();
        });
    }),
    ("semaphore, two permits, scoped, guard not moved", |n| {
        let semaphore = Semaphore::new(2);
        repeat(n, || {
            let _held = black_box(&semaphore).hold_many(2);
        });
    }),
    ("semaphore, try that fails", |n| {
        let semaphore = Semaphore::new(0);
        repeat(n, || _ = black_box(black_box(&semaphore).try_acquire()));
    }),
    ("bounded semaphore, by hand", |n| {
        let semaphore = BoundedSemaphore::new(1);
        repeat(n, || {
            black_box(&semaphore).acquire();
            black_box(&semaphore).release().expect("it was acquired");
        });
    }),
    ("event, is_set", |n| {
        let event = Event::new();
        repeat(n, || _ = black_box(black_box(&event).is_set()));
    }),
    ("event, wait when set", |n| {
        let event = Event::new();
        event.set();
        repeat(n, || black_box(&event).wait());
    }),
    ("event, set and clear", |n| {
        let event = Event::new();
        repeat(n, || {
            black_box(&event).set();
            black_box(&event).clear();
        });
    }),
    ("condition, notify with nobody waiting", |n| {
        let condition = Condition::with_lock(Lock::with_value(0));
        let held = condition.hold();
        repeat(n, || _ = black_box(black_box(&held).notify(1)));
    }),
    ("condition, notify_all with nobody waiting", |n| {
        let condition = Condition::with_lock(Lock::with_value(0));
        let held = condition.hold();
        repeat(n, || _ = black_box(black_box(&held).notify_all()));
    }),
    ("condition, hold", |n| {
        let condition = Condition::with_lock(Lock::with_value(0));
        repeat(n, || *black_box(&condition).hold() += 1);
    }),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    match &arguments[..] {
        [name, n] => {
            let (_, run) =
                CASES.iter().find(|(case, _)| case == name).expect("the first argument is the name of a case");
            run(n.parse().expect("the second argument is a number"));
        }
        _ => CASES.iter().for_each(|(case, _)| println!("{case}")),
    }
}
