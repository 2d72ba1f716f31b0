//! Objects live shorter or longer than a closure: many of them in one execution, threads that nobody joins, and drops of
//! thread-locals.

use crate::child;
use crate::common::{A_WHILE, Plain, bump};
use crate::objects::Objects;
use loom::thread;
use sixfold::{
    Barrier, BoundedSemaphore, BoundedSemaphoreGuard, Condition, ConditionGuard, Event, Lock, LockGuard, RLock,
    RLockGuard, Semaphore, SemaphoreGuard,
};
use std::cell::RefCell;
use std::sync::Arc;
use std::time::{Duration, Instant};

type Act = fn(&Objects);

/// What a thread can do with new objects, alone.
const ACTS: &[(&str, Act)] = &[
    ("Lock, by hand", |o| {
        o.lock.acquire();
        assert!(o.lock.locked() && !o.lock.try_acquire());
        o.lock.release().unwrap();
    }),
    ("Lock, scoped", |o| drop(o.lock.hold())),
    ("Lock, timed", |o| {
        let held = o.lock.hold_timeout(A_WHILE);
        assert!(held.is_some() && !o.lock.acquire_timeout(A_WHILE));
    }),
    ("RLock, by hand", |o| {
        o.nested.acquire();
        o.nested.acquire();
        o.nested.release().unwrap();
        assert!(o.nested.locked() && o.nested.is_owned());
        o.nested.release().unwrap();
        assert!(!o.nested.locked() && !o.nested.is_owned());
    }),
    ("RLock, scoped", |o| drop((o.nested.hold(), o.nested.try_hold().unwrap()))),
    ("RLock, timed", |o| drop(o.nested.hold_deadline(Instant::now() + Duration::from_secs(600)).unwrap())),
    ("Condition over a Lock, by hand", |o| {
        assert!(o.condition.notify_all().is_err());
        o.condition.acquire();
        assert_eq!(o.condition.notify(1), Ok(0));
        assert_eq!(o.condition.wait_timeout(A_WHILE), Ok(false));
        o.condition.release().unwrap();
    }),
    ("Condition over a Lock, scoped", |o| {
        let mut held = o.condition.hold();
        assert!(held.notify_all() == 0 && !held.wait_timeout(Duration::ZERO));
        held.wait_for(|()| true);
    }),
    ("Condition over an RLock, by hand", |o| {
        o.monitor.acquire();
        o.monitor.acquire();
        assert_eq!(o.monitor.wait_timeout(A_WHILE), Ok(false));
        o.monitor.release().unwrap();
        o.monitor.release().unwrap();
        assert!(o.monitor.release().is_err());
    }),
    ("Condition over an RLock, scoped", |o| assert_eq!(o.monitor.hold().notify(1), 0)),
    ("Semaphore, by hand", |o| {
        o.permits.acquire();
        assert!(!o.permits.try_acquire() && !o.permits.acquire_timeout(A_WHILE));
        o.permits.release();
        assert_eq!(o.permits.value(), 1);
    }),
    ("Semaphore, scoped", |o| drop(o.permits.hold())),
    ("BoundedSemaphore, by hand", |o| {
        o.bounded.acquire();
        o.bounded.release().unwrap();
        assert!(o.bounded.release().is_err());
    }),
    ("BoundedSemaphore, scoped", |o| drop(o.bounded.try_hold().unwrap())),
    ("Event", |o| {
        assert!(!o.event.is_set() && !o.event.wait_timeout(A_WHILE));
        o.event.set();
        o.event.wait();
        o.event.clear();
    }),
    ("Barrier", |o| {
        assert_eq!(o.alone.wait(), Ok(0));
        assert!(o.barrier.wait_timeout(A_WHILE).is_err() && o.barrier.broken());
        o.barrier.reset();
        o.barrier.abort();
        assert!(o.barrier.wait().is_err() && o.barrier.n_waiting() == 0);
    }),
    ("new objects", |_| {
        let new = Objects::new();
        drop((new.lock.hold(), new.nested.hold(), new.monitor.hold(), new.permits.hold(), new.bounded.hold()));
        new.event.set();
        new.event.wait();
        new.alone.wait().unwrap();
    }),
];

// Threads that nobody joins.

/// The thread starts when the closure of the model has returned, and is the first to use the objects.
#[test]
fn a_thread_that_nobody_joins_may_use_every_type() {
    for (name, act) in ACTS {
        println!("{name}");
        sixfold::model(move || {
            let objects = Arc::new(Objects::new());
            thread::spawn(move || act(&objects));
        });
    }
}

/// As before. Nothing of this crate knows of the model until then.
#[test]
fn a_thread_that_nobody_joins_may_use_every_type_in_a_model_of_looms_own() {
    for (name, act) in ACTS {
        println!("{name}");
        loom::model(move || {
            let objects = Arc::new(Objects::new());
            thread::spawn(move || act(&objects));
        });
    }
}

/// Two of them, which nothing keeps apart but what they share.
#[test]
fn two_threads_that_nobody_joins_exclude_each_other() {
    struct Shared(Objects, Plain<usize>);
    type Section = fn(&Shared);
    let sections: [Section; 6] = [
        |Shared(o, count)| (o.lock.hold(), bump(count)).1,
        |Shared(o, count)| (o.nested.hold(), o.nested.hold(), bump(count)).2,
        |Shared(o, count)| (o.condition.hold(), bump(count)).1,
        |Shared(o, count)| (o.monitor.hold(), bump(count)).1,
        |Shared(o, count)| (o.permits.hold(), bump(count)).1,
        |Shared(o, count)| (o.bounded.hold(), bump(count)).1,
    ];
    for section in sections {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = Some(2);
        sixfold::model_with(&builder, move || {
            let shared = Arc::new(Shared(Objects::new(), Plain::new(0)));
            for _ in 0..2 {
                let shared = shared.clone();
                thread::spawn(move || section(&shared));
            }
        });
    }
}

/// One waits for the other after the closure of the model has returned.
#[test]
fn two_threads_that_nobody_joins_may_wait_for_each_other() {
    let pairs: [(Act, Act); 7] = [
        (|o| o.event.wait(), |o| o.event.set()),
        (|o| o.no_permits.acquire(), |o| o.no_permits.release()),
        (|o| drop(o.no_permits.hold()), |o| o.no_permits.release_many(2)),
        (|o| _ = o.barrier.wait().unwrap(), |o| _ = o.barrier.wait().unwrap()),
        (|o| o.barrier.wait().map(drop).unwrap_or(()), |o| o.barrier.abort()),
        (
            |o| o.condition.hold().wait_for(|()| o.told()),
            |o| {
                let held = o.condition.hold();
                o.tell();
                held.notify(1);
            },
        ),
        (
            |o| o.monitor.hold().wait_for(|()| o.told()),
            |o| {
                o.monitor.acquire();
                o.tell();
                o.monitor.notify_all().unwrap();
                o.monitor.release().unwrap();
            },
        ),
    ];
    for (one, other) in pairs {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = Some(2);
        sixfold::model_with(&builder, move || {
            let objects = Arc::new(Objects::new());
            for act in [one, other] {
                let objects = objects.clone();
                thread::spawn(move || act(&objects));
            }
        });
    }
}

/// One that is stuck for ever is found as in a thread that is joined. `reports` has all calls, and the lines.
#[test]
fn a_thread_that_nobody_joins_and_that_waits_for_ever_is_a_deadlock() {
    let waits: [(&str, Act); 8] = [
        ("Lock", |o| (o.lock.acquire(), o.lock.acquire()).1),
        ("RLock", |o| o.taken_nested.acquire()),
        ("Condition over a Lock", |o| o.condition.hold().wait()),
        ("Condition over an RLock", |o| o.monitor.hold().wait_for(|()| false)),
        ("Semaphore", |o| o.no_permits.acquire()),
        ("BoundedSemaphore", |o| (o.bounded.acquire(), o.bounded.acquire()).1),
        ("Event", |o| o.event.wait()),
        ("Barrier", |o| _ = o.barrier.wait()),
    ];
    child::all_right(waits.map(|(name, _)| name), |name| {
        let (_, wait) = waits.into_iter().find(|(other, _)| other == name).expect("it is from there");
        let failed = std::panic::catch_unwind(|| {
            sixfold::model(move || {
                let objects = Arc::new(Objects::new());
                objects.take();
                thread::spawn(move || wait(&objects));
            });
        });
        let why = failed.err().ok_or("it passes")?;
        let why = why.downcast_ref::<String>().cloned().unwrap_or_default();
        if why.contains("deadlock") { Ok(()) } else { Err(format!("it fails with {why:?}")) }
    });
}

// Thread-locals.

/// A value that uses objects when it is dropped.
struct AtEnd(Arc<Objects>, Act);

impl Drop for AtEnd {
    fn drop(&mut self) {
        self.1(&self.0);
    }
}

loom::thread_local! {
    static AT_END: RefCell<Option<AtEnd>> = RefCell::new(None);
}

/// What the drop of a thread-local does, and how the other thread waits for it. `Objects::take` was called by that one.
const AT_THE_END: &[(&str, Act, Act)] = &[
    ("Lock::release", |o| o.taken_lock.release().unwrap(), |o| o.taken_lock.acquire()),
    ("Semaphore::release", |o| o.no_permits.release(), |o| o.no_permits.acquire()),
    ("Semaphore::release_many", |o| o.no_permits.release_many(2), |o| drop((o.no_permits.hold(), o.no_permits.hold()))),
    ("BoundedSemaphore::release", |o| o.no_bounded.release().unwrap(), |o| o.no_bounded.acquire()),
    ("Event::set", |o| o.event.set(), |o| o.event.wait()),
    (
        "Condition::notify",
        |o| {
            let held = o.condition.hold();
            o.tell();
            held.notify(1);
        },
        |o| o.condition.hold().wait_for(|()| o.told()),
    ),
    (
        "Condition::notify_all, by hand",
        |o| {
            o.condition.acquire();
            o.tell();
            o.condition.notify_all().unwrap();
            o.condition.release().unwrap();
        },
        |o| o.condition.hold().wait_for(|()| o.told()),
    ),
    (
        "Condition over an RLock, notify",
        |o| {
            let held = o.monitor.hold();
            o.tell();
            held.notify(1);
        },
        |o| o.monitor.hold().wait_for(|()| o.told()),
    ),
    (
        "Condition over an RLock, notify_all, by hand",
        |o| {
            o.monitor.acquire();
            o.monitor.acquire();
            o.tell();
            o.monitor.notify_all().unwrap();
            o.monitor.release().unwrap();
            o.monitor.release().unwrap();
        },
        |o| o.monitor.hold().wait_for(|()| o.told()),
    ),
    ("Barrier::wait", |o| _ = o.barrier.wait().unwrap(), |o| _ = o.barrier.wait().unwrap()),
    ("Barrier::abort", |o| o.barrier.abort(), |o| assert!(o.barrier.wait().is_err())),
    (
        "Lock::hold that waits",
        |o| {
            drop(o.taken_lock.hold());
            o.event.set();
        },
        |o| {
            o.taken_lock.release().unwrap();
            o.event.wait();
        },
    ),
    (
        "RLock::hold that waits",
        |o| {
            drop(o.taken_nested.hold());
            o.event.set();
        },
        |o| {
            o.taken_nested.release().unwrap();
            o.event.wait();
        },
    ),
    (
        "Semaphore::acquire that waits",
        |o| {
            o.no_permits.acquire();
            o.event.set();
        },
        |o| {
            o.no_permits.release();
            o.event.wait();
        },
    ),
    (
        "Event::wait that waits",
        |o| {
            o.event.wait();
            assert!(o.event.is_set());
            o.no_permits.release();
        },
        |o| {
            o.event.set();
            o.no_permits.acquire();
        },
    ),
    (
        "Condition::wait that waits",
        |o| {
            let mut held = o.condition.hold();
            o.tell();
            held.notify(1);
            held.wait();
            drop(held);
            o.event.set();
        },
        |o| {
            let mut held = o.condition.hold();
            held.wait_for(|()| o.told());
            assert_eq!(held.notify(1), 1);
            drop(held);
            o.event.wait();
        },
    ),
    (
        "Semaphore::acquire that waits while the other lets it go first",
        |o| {
            o.no_permits.acquire();
            assert!(o.told());
            o.event.set();
        },
        |o| {
            (0..4).for_each(|_| thread::yield_now());
            o.tell();
            o.no_permits.release();
            o.event.wait();
        },
    ),
    (
        "timed calls",
        |o| {
            assert!(!o.taken_lock.acquire_timeout(A_WHILE) && !o.taken_nested.acquire_timeout(A_WHILE));
            assert!(!o.no_permits.acquire_timeout(A_WHILE) && !o.no_bounded.acquire_timeout(A_WHILE));
            assert!(!o.event.wait_timeout(A_WHILE) && !o.monitor.hold().wait_timeout(A_WHILE));
            o.event.set();
        },
        |o| o.event.wait(),
    ),
];

fn explore_bounded(preemptions: usize, body: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.max_branches = 10_000;
    sixfold::model_with(&builder, body);
}

/// `ACTS` too, for which nobody waits.
fn at_the_end() -> impl Iterator<Item = (&'static str, Act, Act)> {
    let alone = ACTS.iter().map(|&(name, act)| -> (&str, Act, Act) { (name, act, |_| ()) });
    AT_THE_END.iter().copied().chain(alone)
}

/// Each in a process of its own, since a panic in the drop of a thread-local may end the process.
#[track_caller]
fn each_at_the_end<F: Fn() + Copy>(test: F, model: impl Fn(Act, Act)) {
    let names: Vec<_> = at_the_end().map(|(name, ..)| name).collect();
    child::each_passes(test, &names, |case| {
        let (_, act, wait) = at_the_end().find(|(name, ..)| *name == case).expect("the parent names a case");
        model(act, wait);
    });
}

/// `before`: what the thread does before it ends, or nothing.
fn at_the_end_of_a_thread(before: Option<Act>, act: Act, wait: Act) {
    explore_bounded(1, move || {
        let objects = Arc::new(Objects::new());
        objects.take();
        let at_end = AtEnd(objects.clone(), act);
        thread::spawn(move || {
            if let Some(act) = before {
                act(&at_end.0);
            }
            AT_END.with(|slot| *slot.borrow_mut() = Some(at_end));
        });
        wait(&objects);
    });
}

#[test]
fn the_drop_of_a_thread_local_may_be_the_first_use_of_its_thread() {
    each_at_the_end(the_drop_of_a_thread_local_may_be_the_first_use_of_its_thread, |act, wait| {
        at_the_end_of_a_thread(None, act, wait);
    });
}

#[test]
fn the_drop_of_a_thread_local_may_use_what_its_thread_has_used_before() {
    let before: Act = |o| {
        drop((o.lock.hold(), o.nested.hold(), o.condition.hold(), o.monitor.hold()));
        drop((o.permits.hold(), o.bounded.hold()));
        assert!(!o.nested.is_owned());
        let _ = o.event.is_set();
        o.alone.wait().unwrap();
    };
    each_at_the_end(the_drop_of_a_thread_local_may_use_what_its_thread_has_used_before, |act, wait| {
        at_the_end_of_a_thread(Some(before), act, wait);
    });
}

/// Arrives at a barrier when it is dropped.
struct Arrival(Arc<Barrier>);

impl Drop for Arrival {
    fn drop(&mut self) {
        assert_eq!(self.0.wait(), Ok(0));
    }
}

loom::thread_local! {
    static ARRIVAL: RefCell<Option<Arrival>> = RefCell::new(None);
}

#[test]
fn the_drop_of_a_thread_local_may_wait_for_the_end_of_a_round_of_a_barrier() {
    let test = the_drop_of_a_thread_local_may_wait_for_the_end_of_a_round_of_a_barrier;
    child::each_passes(test, &["both"], |_| {
        explore_bounded(2, || {
            let barrier = Arc::new(Barrier::with_action(1, thread::yield_now));
            let arrival = Arrival(barrier.clone());
            thread::spawn(move || ARRIVAL.with(|slot| *slot.borrow_mut() = Some(arrival)));
            assert_eq!(barrier.wait(), Ok(0));
        });
    });
}

/// The main thread of a model has thread-locals too. They are dropped when the closure has returned.
#[test]
fn the_drop_of_a_thread_local_of_the_main_thread_may_use_every_type() {
    each_at_the_end(the_drop_of_a_thread_local_of_the_main_thread_may_use_every_type, |act, wait| {
        explore_bounded(1, move || {
            let objects = Arc::new(Objects::new());
            let ready = Arc::new(Event::new());
            thread::spawn({
                let (objects, ready) = (objects.clone(), ready.clone());
                move || {
                    objects.take();
                    ready.set();
                    wait(&objects);
                }
            });
            ready.wait();
            AT_END.with(|slot| *slot.borrow_mut() = Some(AtEnd(objects, act)));
        });
    });
}

/// Guards of statics, kept by a thread until its end.
#[derive(Default)]
struct Kept {
    lock: Option<LockGuard<'static>>,
    nested: Vec<RLockGuard<'static>>,
    condition: Option<ConditionGuard<'static, Lock>>,
    monitor: Vec<ConditionGuard<'static, RLock>>,
    permit: Option<SemaphoreGuard<'static>>,
    bounded: Option<BoundedSemaphoreGuard<'static>>,
}

loom::thread_local! {
    static KEPT: RefCell<Kept> = RefCell::default();
}

static OBJECTS: Objects = Objects::new();

/// The end of the thread gives it back to the one that waits for it.
#[test]
fn a_guard_that_a_thread_local_keeps_is_given_back_at_the_end_of_the_thread() {
    type Keep = fn(&mut Kept);
    let kinds: [(&str, Keep, fn()); 6] = [
        ("Lock", |kept| kept.lock = Some(OBJECTS.lock.hold()), || drop(OBJECTS.lock.hold())),
        (
            "RLock",
            |kept| kept.nested = vec![OBJECTS.nested.hold(), OBJECTS.nested.hold()],
            || drop(OBJECTS.nested.hold()),
        ),
        (
            "Condition over a Lock",
            |kept| kept.condition = Some(OBJECTS.condition.hold()),
            || drop(OBJECTS.condition.hold()),
        ),
        (
            "Condition over an RLock",
            |kept| kept.monitor = vec![OBJECTS.monitor.hold(), OBJECTS.monitor.hold()],
            || drop(OBJECTS.monitor.hold()),
        ),
        ("Semaphore", |kept| kept.permit = Some(OBJECTS.permits.hold()), || drop(OBJECTS.permits.hold())),
        ("BoundedSemaphore", |kept| kept.bounded = Some(OBJECTS.bounded.hold()), || drop(OBJECTS.bounded.hold())),
    ];
    let names = kinds.map(|(name, ..)| name);
    child::each_passes(a_guard_that_a_thread_local_keeps_is_given_back_at_the_end_of_the_thread, &names, |case| {
        let (_, keep, take) = kinds.into_iter().find(|(name, ..)| *name == case).expect("the parent names a case");
        explore_bounded(2, move || {
            thread::spawn(move || KEPT.with(|kept| keep(&mut kept.borrow_mut())));
            take();
        });
    });
}

/// An owner is the same thread to the end, also for what it does in the drops of its thread-locals.
#[test]
fn a_thread_is_still_the_owner_in_the_drop_of_a_thread_local() {
    child::each_passes(a_thread_is_still_the_owner_in_the_drop_of_a_thread_local, &["both"], |_| {
        explore_bounded(2, || {
            let objects = Arc::new(Objects::new());
            let at_end = AtEnd(objects.clone(), |o| {
                assert!(o.nested.is_owned() && o.nested.try_acquire());
                assert_eq!(o.monitor.wait_timeout(A_WHILE), Ok(false));
                for _ in 0..2 {
                    o.nested.release().unwrap();
                }
                assert!(o.nested.release().is_err());
                o.monitor.release().unwrap();
            });
            thread::spawn(move || {
                at_end.0.nested.acquire();
                at_end.0.monitor.acquire();
                AT_END.with(|slot| *slot.borrow_mut() = Some(at_end));
            });
            objects.nested.acquire();
            objects.monitor.acquire();
            assert!(objects.nested.is_owned());
            objects.nested.release().unwrap();
            objects.monitor.release().unwrap();
        });
    });
}

// Many objects.

/// For each type: one is made and used.
const MAKE_AND_USE: &[(&str, fn())] = &[
    ("Lock", || drop(Lock::new().hold())),
    ("Lock with a value", || *Lock::with_value(1).hold() += 1),
    ("Lock, by hand", || {
        let lock = Lock::new();
        lock.acquire();
        lock.release().unwrap();
    }),
    ("Lock, held at its end", || Lock::new().acquire()),
    ("RLock", || {
        let lock = RLock::new();
        drop((lock.hold(), lock.hold()));
    }),
    ("RLock, held at its end", || RLock::new().acquire()),
    ("Condition over a Lock", || {
        let condition = Condition::with_lock(Lock::with_value(0));
        *condition.hold() = 1;
        assert_eq!(condition.hold().notify(1), 0);
    }),
    ("Condition over an RLock", || {
        let condition = Condition::new();
        condition.acquire();
        assert_eq!(condition.wait_timeout(Duration::ZERO), Ok(false));
        condition.release().unwrap();
    }),
    ("Semaphore", || {
        let permits = Semaphore::new(1);
        drop(permits.hold());
        assert_eq!(permits.value(), 1);
    }),
    ("BoundedSemaphore", || {
        let permits = BoundedSemaphore::new(1);
        permits.acquire();
        permits.release().unwrap();
    }),
    ("Event", || {
        let event = Event::new();
        event.set();
        event.wait();
    }),
    ("Barrier", || _ = Barrier::new(1).wait().unwrap()),
];

fn roomy(preemptions: Option<usize>) -> loom::model::Builder {
    let mut builder = loom::model::Builder::new();
    builder.max_branches = 200_000;
    builder.preemption_bound = preemptions;
    builder
}

#[test]
fn a_thousand_objects_may_come_one_after_the_other() {
    for (name, make_and_use) in MAKE_AND_USE {
        println!("{name}");
        sixfold::model_with(&roomy(None), || (0..1000).for_each(|_| make_and_use()));
    }
}

/// Where the main thread has used none.
#[test]
fn a_thousand_objects_may_come_one_after_the_other_in_another_thread() {
    for (name, make_and_use) in MAKE_AND_USE {
        println!("{name}");
        sixfold::model_with(&roomy(Some(0)), || {
            let other = thread::spawn(|| (0..1000).for_each(|_| make_and_use()));
            other.join().unwrap();
        });
    }
}

/// A hundred at once, all of them used by the main thread, and some by both.
#[test]
fn a_hundred_objects_may_live_at_once() {
    fn alive<T: Send + Sync + 'static>(name: &str, make: fn() -> T, act: fn(&T)) {
        println!("{name}");
        for first_in_the_main_thread in [true, false] {
            sixfold::model_with(&roomy(Some(1)), move || {
                let all: Arc<Vec<T>> = Arc::new((0..100).map(|_| make()).collect());
                if first_in_the_main_thread {
                    all.iter().for_each(act);
                }
                let other = thread::spawn({
                    let all = all.clone();
                    move || all.iter().skip(98).for_each(act)
                });
                all.iter().for_each(act);
                other.join().unwrap();
            });
        }
    }
    alive("Lock", Lock::new, |lock| drop(lock.hold()));
    alive("RLock", RLock::new, |lock| drop((lock.hold(), lock.hold())));
    alive("Condition over a Lock", || Condition::with_lock(Lock::new()), |condition| _ = condition.hold().notify(1));
    alive("Condition over an RLock", Condition::new, |condition| _ = condition.hold().notify_all());
    alive("Semaphore", || Semaphore::new(1), |permits| drop(permits.hold()));
    alive("BoundedSemaphore", || BoundedSemaphore::new(1), |permits| drop(permits.hold()));
    alive("Event", Event::new, |event| {
        event.set();
        event.wait();
    });
    alive("Barrier", || Barrier::new(1), |barrier| _ = barrier.wait());
}
