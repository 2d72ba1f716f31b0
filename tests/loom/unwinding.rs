//! What destructors do while a failed model unwinds ends neither the process nor the report, and does not hang.
//!
//! Each case runs in a process of its own. What the destructor does there has no meaning any more: it only has to end.

use crate::child;
use crate::common::A_WHILE;
use crate::objects::Objects;
use loom::thread;
use sixfold::LockGuard;
use std::sync::Arc;
use std::time::{Duration, Instant};

type Act = fn(&Objects);

/// A value whose drop uses objects.
struct AtDrop(Arc<Objects>, Act);

impl Drop for AtDrop {
    fn drop(&mut self) {
        self.1(&self.0);
    }
}

fn soon() -> Instant {
    Instant::now() + Duration::from_millis(5)
}

/// What a drop may do: each call of each type, on what is free and on what another thread has.
const ACTS: &[(&str, Act)] = &[
    ("nothing", |_| ()),
    ("Lock::hold", |o| drop(o.lock.hold())),
    ("Lock::hold, taken", |o| drop(o.taken_lock.hold())),
    ("Lock::acquire", |o| o.lock.acquire()),
    ("Lock::acquire, taken", |o| o.taken_lock.acquire()),
    ("Lock::acquire and release", |o| {
        o.lock.acquire();
        let _ = o.lock.release();
    }),
    ("Lock::release", |o| _ = o.taken_lock.release()),
    ("Lock::release, free", |o| _ = o.lock.release()),
    ("Lock::try_hold", |o| drop(o.lock.try_hold())),
    ("Lock::hold_timeout, taken", |o| drop(o.taken_lock.hold_timeout(A_WHILE))),
    ("Lock::acquire_deadline, taken", |o| _ = o.taken_lock.acquire_deadline(soon())),
    ("Lock::unlocked", |o| LockGuard::unlocked(&mut o.lock.hold(), || ())),
    ("Lock::hold, mapped", |o| drop(LockGuard::map(o.lock.hold(), |value| value))),
    ("Lock::locked", |o| _ = o.lock.locked()),
    ("RLock::hold", |o| drop(o.nested.hold())),
    ("RLock::hold twice", |o| drop((o.nested.hold(), o.nested.hold()))),
    ("RLock::hold, taken", |o| drop(o.taken_nested.hold())),
    ("RLock::acquire, taken", |o| o.taken_nested.acquire()),
    ("RLock::release", |o| _ = o.taken_nested.release()),
    ("RLock::acquire_timeout, taken", |o| _ = o.taken_nested.acquire_timeout(A_WHILE)),
    ("RLock::locked", |o| _ = (o.nested.locked(), o.nested.is_owned())),
    ("Semaphore::hold", |o| drop(o.permits.hold())),
    ("Semaphore::hold, taken", |o| drop(o.no_permits.hold())),
    ("Semaphore::acquire, taken", |o| o.no_permits.acquire()),
    ("Semaphore::release", |o| o.no_permits.release()),
    ("Semaphore::release_many", |o| o.no_permits.release_many(3)),
    ("Semaphore::acquire_timeout, taken", |o| _ = o.no_permits.acquire_timeout(A_WHILE)),
    ("Semaphore::hold_many, taken", |o| drop(o.permits.hold_many(2))),
    ("Semaphore::try_hold_many", |o| drop(o.permits.try_hold_many(1))),
    ("Semaphore::acquire_many_timeout, taken", |o| _ = o.permits.acquire_many_timeout(2, A_WHILE)),
    ("Semaphore::drain", |o| _ = o.permits.drain()),
    ("Semaphore::value", |o| _ = o.permits.value()),
    ("BoundedSemaphore::hold", |o| drop(o.bounded.hold())),
    ("BoundedSemaphore::acquire, taken", |o| o.no_bounded.acquire()),
    ("BoundedSemaphore::release", |o| _ = o.no_bounded.release()),
    ("BoundedSemaphore::release, too many", |o| _ = o.bounded.release_many(2)),
    ("Condition::hold and notify", |o| _ = o.condition.hold().notify(1)),
    ("Condition::hold, taken", |o| _ = o.taken_condition.hold().notify_all()),
    ("Condition::notify by hand", |o| {
        o.condition.acquire();
        let _ = o.condition.notify(1);
        let _ = o.condition.release();
    }),
    ("Condition::notify, not held", |o| _ = o.condition.notify_all()),
    ("Condition::wait", |o| o.condition.hold().wait()),
    ("Condition::wait_with", |o| o.condition.wait_with(&mut o.condition.as_lock().hold())),
    ("Condition::wait_some_with_timeout", |o| {
        let mut held = o.condition.hold();
        let _ = o.condition.wait_some_with_timeout(&mut held, |()| None::<()>, A_WHILE);
    }),
    ("Condition::notify_with", |o| _ = o.condition.notify_all_with(&o.condition.hold())),
    ("Condition::wait_for", |o| o.condition.hold().wait_for(|()| false)),
    ("Condition::wait_for_timeout", |o| _ = o.condition.hold().wait_for_timeout(|()| false, A_WHILE)),
    ("Condition::wait_for by hand", |o| {
        o.condition.acquire();
        let _ = o.condition.wait_for(|| false);
        let _ = o.condition.release();
    }),
    ("Condition::wait by hand, taken", |o| _ = o.taken_condition.wait()),
    ("Condition over an RLock, hold and notify_all", |o| _ = o.monitor.hold().notify_all()),
    ("Condition over an RLock, hold, taken", |o| drop(o.taken_monitor.hold())),
    ("Condition over an RLock, wait", |o| o.monitor.hold().wait()),
    ("Condition over an RLock, wait_for", |o| o.monitor.hold().wait_for(|()| false)),
    ("Condition over an RLock, wait_timeout", |o| _ = o.monitor.hold().wait_timeout(A_WHILE)),
    ("Condition over an RLock, wait_for by hand", |o| {
        o.monitor.acquire();
        let _ = o.monitor.wait_for(|| false);
        let _ = o.monitor.release();
    }),
    ("Event::set", |o| o.event.set()),
    ("Event::set and clear", |o| {
        o.event.set();
        o.event.clear();
    }),
    ("Event::wait", |o| o.event.wait()),
    ("Event::wait_timeout", |o| _ = o.event.wait_timeout(A_WHILE)),
    ("Event::is_set", |o| _ = o.event.is_set()),
    ("Barrier::wait", |o| _ = o.barrier.wait()),
    ("Barrier::wait, alone", |o| _ = o.alone.wait()),
    ("Barrier::wait_timeout", |o| _ = o.barrier.wait_timeout(A_WHILE)),
    ("Barrier::abort", |o| o.barrier.abort()),
    ("Barrier::reset", |o| o.barrier.reset()),
    ("Barrier::party", |o| o.barrier.party().leave()),
    ("Barrier::wait, a party less", |o| {
        let _party = o.barrier.party();
        let _ = o.barrier.wait();
    }),
    ("Barrier::n_waiting", |o| _ = (o.barrier.n_waiting(), o.barrier.broken())),
    ("objects that are new", |_| {
        let new = Objects::new();
        drop((new.lock.hold(), new.nested.hold(), new.permits.hold(), new.bounded.hold(), new.monitor.hold()));
        new.event.set();
        new.event.wait();
    }),
    ("all of them", |o| {
        for (_, act) in ACTS.iter().filter(|(name, _)| *name != "all of them") {
            act(o);
        }
    }),
];

/// Each act in the drop of a model that fails with `message` while somebody waits, as `fails` makes it.
#[track_caller]
fn each_act<F: Fn() + Copy>(test: F, message: &str, fails: fn(Arc<Objects>, Act)) {
    if let Some(case) = child::case() {
        let (_, act) = *ACTS.iter().find(|(name, _)| *name == case).expect("the parent names an act");
        sixfold::model(move || {
            let objects = Arc::new(Objects::new());
            objects.take();
            fails(objects, act);
        });
        return;
    }
    child::all_right(ACTS.iter().map(|(name, _)| name), |name| {
        let ended = child::run(test, name);
        ended.failed_with(message)?;
        // The contract model alone writes reports.
        match ended.reports().len() {
            1 => Ok(()),
            0 if cfg!(sixfold_checked) => Ok(()),
            reports => Err(format!("{reports} reports: {}", ended.err)),
        }
    });
}

const ASSERTION: &str = "the model's own assertion";

#[test]
fn a_drop_in_a_thread_of_a_deadlock_leaves_the_report() {
    each_act(a_drop_in_a_thread_of_a_deadlock_leaves_the_report, "deadlock", |objects, act| {
        let other = thread::spawn(move || {
            let _at_drop = AtDrop(objects.clone(), act);
            objects.no_permits.acquire(); // for ever
        });
        other.join().unwrap();
    });
}

#[test]
fn a_drop_in_the_main_thread_of_a_deadlock_leaves_the_report() {
    each_act(a_drop_in_the_main_thread_of_a_deadlock_leaves_the_report, "deadlock", |objects, act| {
        let _at_drop = AtDrop(objects.clone(), act);
        objects.no_permits.acquire(); // for ever
    });
}

#[test]
fn drops_in_both_threads_of_a_deadlock_leave_one_report() {
    each_act(drops_in_both_threads_of_a_deadlock_leave_one_report, "deadlock", |objects, act| {
        let _at_drop = AtDrop(objects.clone(), act);
        let other = thread::spawn({
            let objects = objects.clone();
            move || {
                let _at_drop = AtDrop(objects.clone(), act);
                let _held = objects.lock.hold();
                let _nested = objects.monitor.hold();
                objects.no_permits.acquire(); // for ever
            }
        });
        let _permit = objects.permits.hold();
        objects.barrier.wait().unwrap(); // for ever
        other.join().unwrap();
    });
}

#[test]
fn a_drop_in_a_thread_that_fails_leaves_the_report() {
    each_act(a_drop_in_a_thread_that_fails_leaves_the_report, ASSERTION, |objects, act| {
        let other = thread::spawn({
            let objects = objects.clone();
            move || {
                let _at_drop = AtDrop(objects, act);
                panic!("{ASSERTION}");
            }
        });
        objects.no_permits.acquire(); // meanwhile
        other.join().unwrap();
    });
}

#[test]
fn a_drop_in_the_main_thread_that_fails_leaves_the_report() {
    each_act(a_drop_in_the_main_thread_that_fails_leaves_the_report, ASSERTION, |objects, act| {
        let _at_drop = AtDrop(objects.clone(), act);
        thread::spawn(move || objects.no_permits.acquire());
        thread::yield_now(); // until it waits
        panic!("{ASSERTION}");
    });
}

#[test]
fn a_drop_in_a_thread_that_waits_while_another_fails_leaves_the_report() {
    each_act(a_drop_in_a_thread_that_waits_while_another_fails_leaves_the_report, ASSERTION, |objects, act| {
        thread::spawn(move || {
            let _at_drop = AtDrop(objects.clone(), act);
            objects.no_permits.acquire();
        });
        thread::yield_now(); // until it waits
        panic!("{ASSERTION}");
    });
}

/// The failure is caught, and what comes after it in this process is as if nothing had been.
#[test]
fn a_model_after_a_failed_one_whose_drops_used_objects_passes() {
    if child::case().is_some() {
        for (_, act) in ACTS {
            let failed = std::panic::catch_unwind(|| {
                sixfold::model(move || {
                    let objects = Arc::new(Objects::new());
                    objects.take();
                    let _at_drop = AtDrop(objects.clone(), *act);
                    objects.no_permits.acquire();
                });
            });
            assert!(failed.is_err());
            sixfold::model(|| {
                let lock = Arc::new(sixfold::Lock::new());
                let other = thread::spawn({
                    let lock = lock.clone();
                    move || drop(lock.hold())
                });
                drop(lock.hold());
                other.join().unwrap();
            });
        }
        return;
    }
    child::all_right(["all acts"], |case| {
        child::run(a_model_after_a_failed_one_whose_drops_used_objects_passes, case).passed()
    });
}
