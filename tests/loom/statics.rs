//! An object of type `T = ()` is as new in every execution of every model, wherever it lives: as a static, or made
//! outside of the model. What an execution has left of it is not seen by the next, nor by a model that runs meanwhile.

use crate::common::{explore, explore_bounded};
use crate::objects::Objects;
use loom::thread;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

static OBJECTS: Objects = Objects::new();

/// Panics, with the type, if one of them is other than new. Leaves them as they were.
fn assert_new(o: &Objects) {
    assert!(!o.lock.locked() && o.lock.release().is_err(), "Lock");
    assert!(o.lock.try_acquire() && o.lock.release().is_ok(), "Lock");
    assert!(!o.nested.locked() && !o.nested.is_owned() && o.nested.release().is_err(), "RLock");
    assert!(o.nested.try_acquire() && o.nested.release().is_ok() && o.nested.release().is_err(), "RLock: its levels");
    assert!(!o.condition.locked() && o.condition.notify_all().is_err(), "Condition over a Lock");
    assert_eq!(o.condition.hold().notify_all(), 0, "Condition over a Lock: its waiters");
    assert!(!o.monitor.locked() && o.monitor.notify_all().is_err() && o.monitor.release().is_err(), "Condition");
    assert_eq!(o.monitor.hold().notify_all(), 0, "Condition: its waiters");
    assert_eq!((o.permits.value(), o.no_permits.value()), (1, 0), "Semaphore");
    assert!(o.permits.try_acquire() && !o.permits.try_acquire(), "Semaphore");
    o.permits.release();
    assert!(o.bounded.value() == 1 && o.bounded.release().is_err(), "BoundedSemaphore");
    assert!(!o.event.is_set() && !o.event.wait_timeout(std::time::Duration::ZERO), "Event");
    assert!(!o.barrier.broken() && o.barrier.n_waiting() == 0, "Barrier");
    assert_eq!(o.alone.wait(), Ok(0), "Barrier");
}

/// Leaves all of them other than new, and held.
fn leave_used(o: &Objects) {
    std::mem::forget(o.lock.hold());
    o.nested.acquire();
    o.nested.acquire();
    o.condition.acquire();
    std::mem::forget((o.monitor.hold(), o.monitor.hold()));
    o.permits.acquire();
    o.no_permits.release_many(3);
    o.bounded.acquire();
    o.event.set();
    o.barrier.abort();
}

fn assert_used(o: &Objects) {
    assert!(o.lock.locked() && o.nested.is_owned() && o.condition.locked() && o.monitor.locked());
    assert_eq!((o.permits.value(), o.no_permits.value(), o.bounded.value()), (0, 3, 0));
    assert!(o.event.is_set() && o.barrier.broken());
}

#[test]
fn a_static_that_is_left_held_is_as_new_in_the_next_model() {
    for _ in 0..3 {
        explore(|| {
            assert_new(&OBJECTS);
            leave_used(&OBJECTS);
            assert_used(&OBJECTS);
        });
    }
}

/// The thread that holds it differs from execution to execution.
#[test]
fn a_static_that_another_thread_has_left_held_is_as_new_in_the_next_execution() {
    static OBJECTS: Objects = Objects::new();
    static EXECUTIONS: AtomicUsize = AtomicUsize::new(0);
    explore_bounded(1, || {
        EXECUTIONS.fetch_add(1, SeqCst);
        assert!(!OBJECTS.nested.locked() && !OBJECTS.nested.is_owned() && OBJECTS.nested.release().is_err());
        assert!(!OBJECTS.monitor.locked() && OBJECTS.monitor.release().is_err());
        assert!(!OBJECTS.lock.locked() && !OBJECTS.condition.locked());
        let take = || {
            // In turn: only one of them has it in the end, at one of two levels.
            let _ = OBJECTS.nested.try_acquire() && OBJECTS.nested.try_acquire();
            let _ = OBJECTS.monitor.try_acquire();
            let _ = OBJECTS.lock.try_acquire();
            let _ = OBJECTS.condition.try_acquire();
        };
        let other = thread::spawn(take);
        take();
        other.join().unwrap();
        assert!(OBJECTS.nested.locked() && OBJECTS.monitor.locked());
    });
    assert!(EXECUTIONS.load(SeqCst) > 1);
}

#[test]
fn a_static_is_as_new_after_a_model_that_failed() {
    static OBJECTS: Objects = Objects::new();
    for _ in 0..3 {
        let failed = catch_unwind(|| {
            sixfold::model(|| {
                assert_new(&OBJECTS);
                leave_used(&OBJECTS);
                panic!("the model's own assertion");
            });
        });
        let message = *failed.unwrap_err().downcast::<&str>().expect("it is the model's");
        assert_eq!(message, "the model's own assertion");
    }
    explore(|| assert_new(&OBJECTS));
}

/// Those who waited when it failed wait no more.
#[test]
fn a_static_is_as_new_after_a_model_that_failed_while_threads_waited() {
    type Wait = fn(&Objects);
    static OBJECTS: Objects = Objects::new();
    let waits: [Wait; 7] = [
        |o| o.condition.hold().wait(),
        |o| o.monitor.hold().wait(),
        |o| (o.lock.acquire(), o.lock.acquire()).0,
        |o| o.no_permits.acquire(),
        |o| (o.bounded.acquire(), o.bounded.acquire()).0,
        |o| o.event.wait(),
        |o| _ = o.barrier.wait(),
    ];
    for wait in waits {
        let failed = catch_unwind(|| {
            sixfold::model(move || {
                let other = thread::spawn(move || wait(&OBJECTS));
                other.join().unwrap();
            });
        });
        assert!(failed.is_err(), "it is a deadlock");
        sixfold::model(|| {
            assert_new(&OBJECTS);
            leave_used(&OBJECTS);
        });
    }
}

#[test]
fn an_object_made_outside_of_the_model_is_as_new_in_each_execution() {
    let objects = Arc::new(Objects::new());
    for _ in 0..2 {
        let inside = objects.clone();
        explore(move || {
            assert_new(&inside);
            leave_used(&inside);
        });
        let inside = objects.clone();
        explore_bounded(1, move || {
            let other = thread::spawn({
                let inside = inside.clone();
                move || drop((inside.nested.hold(), inside.monitor.hold(), inside.permits.hold()))
            });
            inside.nested.acquire();
            inside.nested.release().unwrap();
            drop((inside.lock.hold(), inside.monitor.hold()));
            other.join().unwrap();
            assert_new(&inside);
            leave_used(&inside);
        });
    }
}

/// Two threads of the system, each with its model, over the same objects. They go step by step.
#[test]
fn two_models_at_the_same_time_do_not_see_each_other_in_a_static() {
    static OBJECTS: Objects = Objects::new();
    static CAME: AtomicUsize = AtomicUsize::new(0);
    static FAILED: AtomicBool = AtomicBool::new(false);
    /// Both have come so often, unless one has failed.
    fn meet(times: usize) {
        CAME.fetch_add(1, SeqCst);
        while CAME.load(SeqCst) < 2 * times && !FAILED.load(SeqCst) {
            std::thread::yield_now();
        }
    }
    let run = || {
        let ran = catch_unwind(AssertUnwindSafe(|| {
            explore(|| {
                assert_new(&OBJECTS);
                meet(1);
                leave_used(&OBJECTS);
                meet(2);
                assert_used(&OBJECTS);
                meet(3);
                OBJECTS.nested.release().unwrap();
                OBJECTS.nested.release().unwrap();
                assert!(!OBJECTS.nested.locked() && OBJECTS.nested.release().is_err());
                OBJECTS.monitor.release().unwrap();
                assert!(OBJECTS.monitor.locked());
                OBJECTS.event.clear();
                meet(4);
            });
        }));
        FAILED.fetch_or(ran.is_err(), SeqCst);
        ran.unwrap_or_else(|why| std::panic::resume_unwind(why));
    };
    std::thread::scope(|scope| {
        let models = [scope.spawn(run), scope.spawn(run)];
        models.into_iter().for_each(|model| model.join().expect("the model passes"));
    });
}

/// As before, with threads and many executions, each model at its own pace.
#[test]
fn two_explorations_at_the_same_time_share_statics() {
    static OBJECTS: Objects = Objects::new();
    let run = || {
        for _ in 0..5 {
            explore_bounded(1, || {
                assert!(!OBJECTS.nested.locked() && !OBJECTS.monitor.locked() && OBJECTS.permits.value() == 1);
                let other = thread::spawn(|| {
                    drop(OBJECTS.nested.hold());
                    OBJECTS.permits.acquire();
                });
                {
                    let _outer = OBJECTS.nested.hold();
                    drop(OBJECTS.nested.hold());
                    assert!(OBJECTS.nested.is_owned());
                }
                assert!(!OBJECTS.nested.is_owned());
                other.join().unwrap();
                assert_eq!(OBJECTS.permits.value(), 0);
                OBJECTS.monitor.acquire();
                OBJECTS.nested.acquire();
            });
        }
    };
    std::thread::scope(|scope| {
        let models = [scope.spawn(run), scope.spawn(run)];
        models.into_iter().for_each(|model| model.join().expect("the model passes"));
    });
}
