//! The report of a failed model names the lines of the user where threads wait, for every call that can wait.
//!
//! Each case runs in a process of its own, and its standard error is read.

use crate::child::{self, Ended};
use crate::common::A_WHILE;
use crate::objects::Objects;
use loom::thread;
use sixfold::{Barrier, ConditionGuard, Lock, RLock};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A call that waits: the line that it is in, its name, the call. It is all on that line.
type Call<F> = (u32, &'static str, F);

/// By hand, or of an object: what `Objects::take` takes is taken, by another thread.
type OfObject = Call<fn(&Objects)>;

/// Of a guard over a `Lock`.
type OfLockGuard = Call<fn(&mut ConditionGuard<'_, Lock>)>;

/// Of a guard over an `RLock`.
type OfNestedGuard = Call<fn(&mut ConditionGuard<'_, RLock>)>;

/// Calls that wait until the end of time.
const FOR_EVER: &[OfObject] = &[
    (line!(), "Lock::acquire", |o| o.taken_lock.acquire()),
    (line!(), "Lock::hold", |o| drop(o.taken_lock.hold())),
    (line!(), "Lock::acquire_timeout(MAX)", |o| _ = o.taken_lock.acquire_timeout(Duration::MAX)),
    (line!(), "Lock::hold_timeout(MAX)", |o| drop(o.taken_lock.hold_timeout(Duration::MAX))),
    (line!(), "RLock::acquire", |o| o.taken_nested.acquire()),
    (line!(), "RLock::hold", |o| drop(o.taken_nested.hold())),
    (line!(), "RLock::acquire_timeout(MAX)", |o| _ = o.taken_nested.acquire_timeout(Duration::MAX)),
    (line!(), "RLock::hold_timeout(MAX)", |o| drop(o.taken_nested.hold_timeout(Duration::MAX))),
    (line!(), "Semaphore::acquire", |o| o.no_permits.acquire()),
    (line!(), "Semaphore::hold", |o| drop(o.no_permits.hold())),
    (line!(), "Semaphore::acquire_timeout(MAX)", |o| _ = o.no_permits.acquire_timeout(Duration::MAX)),
    (line!(), "Semaphore::hold_timeout(MAX)", |o| drop(o.no_permits.hold_timeout(Duration::MAX))),
    (line!(), "BoundedSemaphore::acquire", |o| o.no_bounded.acquire()),
    (line!(), "BoundedSemaphore::hold", |o| drop(o.no_bounded.hold())),
    (line!(), "BoundedSemaphore::acquire_timeout(MAX)", |o| _ = o.no_bounded.acquire_timeout(Duration::MAX)),
    (line!(), "BoundedSemaphore::hold_timeout(MAX)", |o| drop(o.no_bounded.hold_timeout(Duration::MAX))),
    (line!(), "Condition<Lock>::acquire", |o| o.taken_condition.acquire()),
    (line!(), "Condition<Lock>::hold", |o| drop(o.taken_condition.hold())),
    (line!(), "Condition<Lock>::acquire_timeout(MAX)", |o| _ = o.taken_condition.acquire_timeout(Duration::MAX)),
    (line!(), "Condition<Lock>::hold_timeout(MAX)", |o| drop(o.taken_condition.hold_timeout(Duration::MAX))),
    (line!(), "Condition<RLock>::acquire", |o| o.taken_monitor.acquire()),
    (line!(), "Condition<RLock>::hold", |o| drop(o.taken_monitor.hold())),
    (line!(), "Condition<RLock>::acquire_timeout(MAX)", |o| _ = o.taken_monitor.acquire_timeout(Duration::MAX)),
    (line!(), "Condition<RLock>::hold_timeout(MAX)", |o| drop(o.taken_monitor.hold_timeout(Duration::MAX))),
    (line!(), "Event::wait", |o| o.event.wait()),
    (line!(), "Event::wait_timeout(MAX)", |o| _ = o.event.wait_timeout(Duration::MAX)),
    (line!(), "Barrier::wait", |o| _ = o.barrier.wait()),
    (line!(), "Barrier::wait_timeout(MAX)", |o| _ = o.barrier.wait_timeout(Duration::MAX)),
];

/// Waits for a notify by hand, with the lock taken before.
const FOR_A_NOTIFY: &[OfObject] = &[
    (line!(), "Condition<Lock>::wait", |o| _ = o.condition.wait()),
    (line!(), "Condition<Lock>::wait_timeout(MAX)", |o| _ = o.condition.wait_timeout(Duration::MAX)),
    (line!(), "Condition<Lock>::wait_for", |o| _ = o.condition.wait_for(|| false)),
    (line!(), "Condition<Lock>::wait_for_timeout(MAX)", |o| _ = o.condition.wait_for_timeout(|| false, Duration::MAX)),
    (line!(), "Condition<RLock>::wait", |o| _ = o.monitor.wait()),
    (line!(), "Condition<RLock>::wait_timeout(MAX)", |o| _ = o.monitor.wait_timeout(Duration::MAX)),
    (line!(), "Condition<RLock>::wait_for", |o| _ = o.monitor.wait_for(|| false)),
    (line!(), "Condition<RLock>::wait_for_timeout(MAX)", |o| _ = o.monitor.wait_for_timeout(|| false, Duration::MAX)),
];

const OF_A_LOCK_GUARD: &[OfLockGuard] = &[
    (line!(), "guard<Lock>::wait", |held| held.wait()),
    (line!(), "guard<Lock>::wait_timeout(MAX)", |held| _ = held.wait_timeout(Duration::MAX)),
    (line!(), "guard<Lock>::wait_for", |held| held.wait_for(|()| false)),
    (line!(), "guard<Lock>::wait_for_timeout(MAX)", |held| _ = held.wait_for_timeout(|()| false, Duration::MAX)),
];

const OF_A_NESTED_GUARD: &[OfNestedGuard] = &[
    (line!(), "guard<RLock>::wait", |held| held.wait()),
    (line!(), "guard<RLock>::wait_timeout(MAX)", |held| _ = held.wait_timeout(Duration::MAX)),
    (line!(), "guard<RLock>::wait_for", |held| held.wait_for(|()| false)),
    (line!(), "guard<RLock>::wait_for_timeout(MAX)", |held| _ = held.wait_for_timeout(|()| false, Duration::MAX)),
];

fn later() -> Instant {
    Instant::now() + Duration::from_secs(600)
}

/// Calls that give up some time. They are made again and again.
const FOR_A_WHILE: &[OfObject] = &[
    (line!(), "Lock::acquire_timeout", |o| _ = o.taken_lock.acquire_timeout(A_WHILE)),
    (line!(), "Lock::acquire_deadline", |o| _ = o.taken_lock.acquire_deadline(later())),
    (line!(), "Lock::hold_timeout", |o| drop(o.taken_lock.hold_timeout(A_WHILE))),
    (line!(), "Lock::hold_deadline", |o| drop(o.taken_lock.hold_deadline(later()))),
    (line!(), "RLock::acquire_timeout", |o| _ = o.taken_nested.acquire_timeout(A_WHILE)),
    (line!(), "RLock::acquire_deadline", |o| _ = o.taken_nested.acquire_deadline(later())),
    (line!(), "RLock::hold_timeout", |o| drop(o.taken_nested.hold_timeout(A_WHILE))),
    (line!(), "RLock::hold_deadline", |o| drop(o.taken_nested.hold_deadline(later()))),
    (line!(), "Semaphore::acquire_timeout", |o| _ = o.no_permits.acquire_timeout(A_WHILE)),
    (line!(), "Semaphore::acquire_deadline", |o| _ = o.no_permits.acquire_deadline(later())),
    (line!(), "Semaphore::hold_timeout", |o| drop(o.no_permits.hold_timeout(A_WHILE))),
    (line!(), "Semaphore::hold_deadline", |o| drop(o.no_permits.hold_deadline(later()))),
    (line!(), "BoundedSemaphore::acquire_timeout", |o| _ = o.no_bounded.acquire_timeout(A_WHILE)),
    (line!(), "BoundedSemaphore::acquire_deadline", |o| _ = o.no_bounded.acquire_deadline(later())),
    (line!(), "BoundedSemaphore::hold_timeout", |o| drop(o.no_bounded.hold_timeout(A_WHILE))),
    (line!(), "BoundedSemaphore::hold_deadline", |o| drop(o.no_bounded.hold_deadline(later()))),
    (line!(), "Condition<Lock>::acquire_timeout", |o| _ = o.taken_condition.acquire_timeout(A_WHILE)),
    (line!(), "Condition<Lock>::acquire_deadline", |o| _ = o.taken_condition.acquire_deadline(later())),
    (line!(), "Condition<Lock>::hold_timeout", |o| drop(o.taken_condition.hold_timeout(A_WHILE))),
    (line!(), "Condition<Lock>::hold_deadline", |o| drop(o.taken_condition.hold_deadline(later()))),
    (line!(), "Condition<RLock>::acquire_timeout", |o| _ = o.taken_monitor.acquire_timeout(A_WHILE)),
    (line!(), "Condition<RLock>::acquire_deadline", |o| _ = o.taken_monitor.acquire_deadline(later())),
    (line!(), "Condition<RLock>::hold_timeout", |o| drop(o.taken_monitor.hold_timeout(A_WHILE))),
    (line!(), "Condition<RLock>::hold_deadline", |o| drop(o.taken_monitor.hold_deadline(later()))),
    (line!(), "Event::wait_timeout", |o| _ = o.event.wait_timeout(A_WHILE)),
    (line!(), "Event::wait_deadline", |o| _ = o.event.wait_deadline(later())),
];

const A_BARRIER_FOR_A_WHILE: &[Call<fn(&Barrier)>] = &[
    (line!(), "Barrier::wait with a time-out of its own", |barrier| _ = barrier.wait()),
    (line!(), "Barrier::wait_timeout", |barrier| _ = barrier.wait_timeout(A_WHILE)),
    (line!(), "Barrier::wait_deadline", |barrier| _ = barrier.wait_deadline(later())),
];

/// As `FOR_A_NOTIFY`, for a limited time.
const FOR_A_NOTIFY_FOR_A_WHILE: &[OfObject] = &[
    (line!(), "Condition<Lock>::wait_timeout", |o| _ = o.condition.wait_timeout(A_WHILE)),
    (line!(), "Condition<Lock>::wait_deadline", |o| _ = o.condition.wait_deadline(later())),
    (line!(), "Condition<Lock>::wait_for_timeout", |o| _ = o.condition.wait_for_timeout(|| false, A_WHILE)),
    (line!(), "Condition<Lock>::wait_for_deadline", |o| _ = o.condition.wait_for_deadline(|| false, later())),
    (line!(), "Condition<RLock>::wait_timeout", |o| _ = o.monitor.wait_timeout(A_WHILE)),
    (line!(), "Condition<RLock>::wait_deadline", |o| _ = o.monitor.wait_deadline(later())),
    (line!(), "Condition<RLock>::wait_for_timeout", |o| _ = o.monitor.wait_for_timeout(|| false, A_WHILE)),
    (line!(), "Condition<RLock>::wait_for_deadline", |o| _ = o.monitor.wait_for_deadline(|| false, later())),
];

/// One try for a notify. The lock is let go and taken back.
const NO_TIME_FOR_A_NOTIFY: &[OfObject] = &[
    (line!(), "Condition<Lock>::wait_timeout(0)", |o| _ = o.condition.wait_timeout(Duration::ZERO)),
    (line!(), "Condition<RLock>::wait_timeout(0)", |o| _ = o.monitor.wait_timeout(Duration::ZERO)),
];

const OF_A_LOCK_GUARD_FOR_A_WHILE: &[OfLockGuard] = &[
    (line!(), "guard<Lock>::wait_timeout", |held| _ = held.wait_timeout(A_WHILE)),
    (line!(), "guard<Lock>::wait_deadline", |held| _ = held.wait_deadline(later())),
    (line!(), "guard<Lock>::wait_for_timeout", |held| _ = held.wait_for_timeout(|()| false, A_WHILE)),
    (line!(), "guard<Lock>::wait_for_deadline", |held| _ = held.wait_for_deadline(|()| false, later())),
];

const OF_A_NESTED_GUARD_FOR_A_WHILE: &[OfNestedGuard] = &[
    (line!(), "guard<RLock>::wait_timeout", |held| _ = held.wait_timeout(A_WHILE)),
    (line!(), "guard<RLock>::wait_deadline", |held| _ = held.wait_deadline(later())),
    (line!(), "guard<RLock>::wait_for_timeout", |held| _ = held.wait_for_timeout(|()| false, A_WHILE)),
    (line!(), "guard<RLock>::wait_for_deadline", |held| _ = held.wait_for_deadline(|()| false, later())),
];

/// A call and the line where its caller waits. Shown as its name.
#[derive(Clone)]
struct Case {
    name: &'static str,
    line: u32,
    run: Arc<dyn Fn(&Objects) + Send + Sync>,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

fn of_objects(calls: &'static [OfObject]) -> impl Iterator<Item = Case> {
    calls.iter().map(|&(line, name, call)| Case { name, line, run: Arc::new(call) })
}

/// A barrier is as new before each of its waits, and its parties do not come.
fn of_barriers(calls: &'static [Call<fn(&Barrier)>]) -> impl Iterator<Item = Case> {
    calls.iter().map(|&(line, name, call)| {
        let run = move |_: &Objects| {
            let barrier = Barrier::new(2).with_timeout(A_WHILE);
            for _ in 0..ROUNDS {
                barrier.reset();
                call(&barrier);
            }
        };
        Case { name, line, run: Arc::new(run) }
    })
}

/// With the locks of both conditions taken by hand, and then `started`.
fn by_hand(calls: &'static [OfObject], started: fn(&Objects)) -> impl Iterator<Item = Case> {
    calls.iter().map(move |&(line, name, call)| {
        let run = move |o: &Objects| {
            o.condition.acquire();
            o.monitor.acquire();
            started(o);
            call(o);
            o.condition.release().unwrap();
            o.monitor.release().unwrap();
        };
        Case { name, line, run: Arc::new(run) }
    })
}

/// With a guard of the one and with the lock of the other, and then `started`.
fn scoped(
    calls: &'static [OfLockGuard],
    nested: &'static [OfNestedGuard],
    started: fn(&Objects),
) -> impl Iterator<Item = Case> {
    let over_a_lock = calls.iter().map(move |&(line, name, call)| {
        let run = move |o: &Objects| {
            let mut held = o.condition.hold();
            started(o);
            call(&mut held);
        };
        Case { name, line, run: Arc::new(run) }
    });
    let over_an_rlock = nested.iter().map(move |&(line, name, call)| {
        let run = move |o: &Objects| {
            // Two levels, to be let go and taken back.
            let _outer = o.monitor.hold();
            let mut held = o.monitor.hold();
            started(o);
            call(&mut held);
        };
        Case { name, line, run: Arc::new(run) }
    });
    over_a_lock.chain(over_an_rlock)
}

/// So often does a thread give up at one place in the source, and more, so that it lets others go on meanwhile.
const ROUNDS: usize = 5;

fn again_and_again(case: Case) -> Case {
    let run = case.run.clone();
    Case { run: Arc::new(move |o| (0..ROUNDS).for_each(|_| run(o))), ..case }
}

/// The model of each case fails with `message`, and the report says that a thread waits at the line of the case. No
/// line of the report is about the sources of this crate.
#[track_caller]
fn each_names_its_line<F: Fn() + Copy>(test: F, cases: Vec<Case>, message: &str, how: &str, fails: fn(&Case)) {
    if let Some(name) = child::case() {
        let case = cases.iter().find(|case| case.name == name).expect("the parent names a case");
        fails(case);
        return;
    }
    child::all_right(cases, |case| {
        let ended = child::run(test, case.name);
        ended.failed_with(message)?;
        names(&ended, &format!(" waited at {}:{}:", file!(), case.line), how)
    });
}

fn names(ended: &Ended, place: &str, how: &str) -> Result<(), String> {
    let reports = ended.reports();
    let lines = reports.concat();
    if reports.len() == 1
        && lines.iter().any(|line| line.contains(place) && line.contains(how))
        && lines.iter().all(|line| !line.contains("src/"))
    {
        return Ok(());
    }
    Err(format!("its line is{place}, and it says\n{}", ended.err))
}

/// A thread that runs `case`. What there is to take is taken by the calling thread.
fn start(case: &Case) -> (Arc<Objects>, thread::JoinHandle<()>) {
    let objects = Arc::new(Objects::new());
    objects.take();
    let other = thread::spawn({
        let (objects, run) = (objects.clone(), case.run.clone());
        move || run(&objects)
    });
    (objects, other)
}

fn model(case: &Case, body: fn(&Case)) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    let case = case.clone();
    sixfold::model_with(&builder, move || body(&case));
}

fn all_that_wait_for_ever() -> Vec<Case> {
    let nothing = |_: &Objects| ();
    of_objects(FOR_EVER)
        .chain(by_hand(FOR_A_NOTIFY, nothing))
        .chain(scoped(OF_A_LOCK_GUARD, OF_A_NESTED_GUARD, nothing))
        .collect()
}

#[test]
fn a_deadlock_is_reported_at_the_line_of_each_call() {
    each_names_its_line(
        a_deadlock_is_reported_at_the_line_of_each_call,
        all_that_wait_for_ever(),
        "deadlock",
        "",
        |case| {
            model(case, |case| {
                let (_objects, other) = start(case);
                other.join().unwrap();
            });
        },
    );
}

/// The closure of the model has returned, and with it are gone the objects that only it has.
#[test]
fn a_thread_that_nobody_joins_is_reported_at_the_line_of_each_call() {
    each_names_its_line(
        a_thread_that_nobody_joins_is_reported_at_the_line_of_each_call,
        all_that_wait_for_ever(),
        "deadlock",
        "",
        |case| model(case, |case| drop(start(case))),
    );
}

/// The thread has waited, is notified, and then waits for a lock that it does not get.
#[test]
fn a_lock_that_is_not_taken_back_after_a_notify_is_reported_at_the_line_of_the_wait() {
    let cases: Vec<_> =
        by_hand(FOR_A_NOTIFY, Objects::tell).chain(scoped(OF_A_LOCK_GUARD, OF_A_NESTED_GUARD, Objects::tell)).collect();
    each_names_its_line(
        a_lock_that_is_not_taken_back_after_a_notify_is_reported_at_the_line_of_the_wait,
        cases,
        "deadlock",
        "",
        |case| {
            model(case, |case| {
                let (objects, other) = start(case);
                thread::yield_now(); // until it waits
                assert!(objects.told());
                if case.name.contains("<Lock>") {
                    let held = objects.condition.hold();
                    assert_eq!(held.notify(1), 1);
                    other.join().unwrap();
                } else {
                    let held = objects.monitor.hold();
                    assert_eq!(held.notify(1), 1);
                    other.join().unwrap();
                }
            });
        },
    );
}

/// The time of a wait is over, and then the thread waits for a lock that it does not get.
#[test]
fn a_lock_that_is_not_taken_back_after_a_time_out_is_reported_at_the_line_of_the_wait() {
    let cases: Vec<_> = by_hand(FOR_A_NOTIFY_FOR_A_WHILE, Objects::tell)
        .chain(by_hand(NO_TIME_FOR_A_NOTIFY, Objects::tell))
        .chain(scoped(OF_A_LOCK_GUARD_FOR_A_WHILE, OF_A_NESTED_GUARD_FOR_A_WHILE, Objects::tell))
        .collect();
    each_names_its_line(
        a_lock_that_is_not_taken_back_after_a_time_out_is_reported_at_the_line_of_the_wait,
        cases,
        "deadlock",
        "for the lock",
        |case| {
            model(case, |case| {
                let (objects, other) = start(case);
                thread::yield_now(); // until it waits, or is done
                // Where the wait has begun, this lets it end and keeps the lock.
                if case.name.contains("<Lock>") {
                    let held = objects.condition.hold();
                    let _kept = objects.told().then_some(held);
                    other.join().unwrap();
                } else {
                    let held = objects.monitor.hold();
                    let _kept = objects.told().then_some(held);
                    other.join().unwrap();
                }
            });
        },
    );
}

/// The thread waits for a limited time, and another fails meanwhile.
#[test]
fn a_timed_wait_is_reported_at_the_line_of_each_call() {
    let nothing = |_: &Objects| ();
    let cases: Vec<_> = of_objects(FOR_A_WHILE)
        .map(again_and_again)
        .chain(of_barriers(A_BARRIER_FOR_A_WHILE))
        .chain(by_hand(FOR_A_NOTIFY_FOR_A_WHILE, nothing).map(again_and_again))
        .chain(scoped(OF_A_LOCK_GUARD_FOR_A_WHILE, OF_A_NESTED_GUARD_FOR_A_WHILE, nothing).map(again_and_again))
        .collect();
    each_names_its_line(
        a_timed_wait_is_reported_at_the_line_of_each_call,
        cases,
        "the model's own assertion",
        "for a limited time",
        |case| {
            model(case, |case| {
                let _started = start(case);
                thread::yield_now(); // until it lets others go on
                panic!("the model's own assertion");
            });
        },
    );
}
