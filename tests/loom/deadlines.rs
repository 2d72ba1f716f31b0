//! A model reads no clock while it runs. So a deadline means the same in all executions, however slow one of them is:
//! a time-out if it was in the future when the model began, and one try if it was past.

use crate::common::{A_WHILE, Plain};
use crate::objects::Objects;
use loom::thread;
use sixfold::Barrier;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How a call says when it gives up.
#[derive(Clone, Copy)]
enum Until {
    Timeout,
    Deadline(Instant),
}

/// Makes a call that gives up, with a time-out or a deadline. Whether it was served.
type Call = fn(&Objects, Until) -> bool;

/// What may serve the call, in another thread.
type Serve = fn(&Objects);

macro_rules! call {
    (|$o:ident| $($object:ident).+, $timeout:ident, $deadline:ident $(, $ready:expr)?; $served:expr) => {
        |$o, until| {
            let served = $served;
            match until {
                Until::Timeout => served($($object).+.$timeout($($ready,)? A_WHILE)),
                Until::Deadline(deadline) => served($($object).+.$deadline($($ready,)? deadline)),
            }
        }
    };
}

/// What a guard over a condition waits for, after it was told.
fn notify(o: &Objects) {
    let held = o.condition.hold();
    o.tell();
    held.notify(1);
}

fn notify_nested(o: &Objects) {
    let held = o.monitor.hold();
    o.tell();
    held.notify(1);
}

/// Each `…_deadline` call of each type, in a thread that does not have what it waits for.
const CALLS: &[(&str, Call, Serve)] = &[
    (
        "Lock::acquire_deadline",
        call!(|o| o.taken_lock, acquire_timeout, acquire_deadline; |served: bool| served),
        |o| o.taken_lock.release().unwrap(),
    ),
    (
        "Lock::hold_deadline",
        call!(|o| o.taken_lock, hold_timeout, hold_deadline; |held: Option<_>| held.is_some()),
        |o| o.taken_lock.release().unwrap(),
    ),
    (
        "RLock::acquire_deadline",
        call!(|o| o.taken_nested, acquire_timeout, acquire_deadline; |served: bool| served),
        |o| o.taken_nested.release().unwrap(),
    ),
    (
        "RLock::hold_deadline",
        call!(|o| o.taken_nested, hold_timeout, hold_deadline; |held: Option<_>| held.is_some()),
        |o| o.taken_nested.release().unwrap(),
    ),
    (
        "Condition<Lock>::acquire_deadline",
        call!(|o| o.taken_condition, acquire_timeout, acquire_deadline; |served: bool| served),
        |o| o.taken_condition.release().unwrap(),
    ),
    (
        "Condition<Lock>::hold_deadline",
        call!(|o| o.taken_condition, hold_timeout, hold_deadline; |held: Option<_>| held.is_some()),
        |o| o.taken_condition.release().unwrap(),
    ),
    (
        "Condition<RLock>::acquire_deadline",
        call!(|o| o.taken_monitor, acquire_timeout, acquire_deadline; |served: bool| served),
        |o| o.taken_monitor.release().unwrap(),
    ),
    (
        "Condition<RLock>::hold_deadline",
        call!(|o| o.taken_monitor, hold_timeout, hold_deadline; |held: Option<_>| held.is_some()),
        |o| o.taken_monitor.release().unwrap(),
    ),
    (
        "Semaphore::acquire_deadline",
        call!(|o| o.no_permits, acquire_timeout, acquire_deadline; |served: bool| served),
        |o| o.no_permits.release(),
    ),
    (
        "Semaphore::hold_deadline",
        call!(|o| o.no_permits, hold_timeout, hold_deadline; |held: Option<_>| held.is_some()),
        |o| o.no_permits.release(),
    ),
    (
        "BoundedSemaphore::acquire_deadline",
        call!(|o| o.no_bounded, acquire_timeout, acquire_deadline; |served: bool| served),
        |o| o.no_bounded.release().unwrap(),
    ),
    (
        "BoundedSemaphore::hold_deadline",
        call!(|o| o.no_bounded, hold_timeout, hold_deadline; |held: Option<_>| held.is_some()),
        |o| o.no_bounded.release().unwrap(),
    ),
    ("Event::wait_deadline", call!(|o| o.event, wait_timeout, wait_deadline; |set: bool| set), |o| o.event.set()),
    (
        "Barrier::wait_deadline",
        call!(|o| o.barrier, wait_timeout, wait_deadline; |index: Result<usize, _>| index.is_ok()),
        // A party that does not wait for others.
        |o| _ = o.barrier.wait_timeout(Duration::ZERO),
    ),
    (
        "ConditionGuard<Lock>::wait_deadline",
        |o, until| {
            let mut held = o.condition.hold();
            match until {
                Until::Timeout => held.wait_timeout(A_WHILE),
                Until::Deadline(deadline) => held.wait_deadline(deadline),
            }
        },
        notify,
    ),
    (
        "ConditionGuard<Lock>::wait_for_deadline",
        |o, until| {
            let mut held = o.condition.hold();
            match until {
                Until::Timeout => held.wait_for_timeout(|()| o.told(), A_WHILE),
                Until::Deadline(deadline) => held.wait_for_deadline(|()| o.told(), deadline),
            }
        },
        notify,
    ),
    (
        "ConditionGuard<RLock>::wait_deadline",
        |o, until| {
            let mut held = o.monitor.hold();
            match until {
                Until::Timeout => held.wait_timeout(A_WHILE),
                Until::Deadline(deadline) => held.wait_deadline(deadline),
            }
        },
        notify_nested,
    ),
    (
        "ConditionGuard<RLock>::wait_for_deadline",
        |o, until| {
            let mut held = o.monitor.hold();
            match until {
                Until::Timeout => held.wait_for_timeout(|()| o.told(), A_WHILE),
                Until::Deadline(deadline) => held.wait_for_deadline(|()| o.told(), deadline),
            }
        },
        notify_nested,
    ),
    (
        "Condition<Lock>::wait_deadline",
        |o, until| {
            o.condition.acquire();
            let notified = match until {
                Until::Timeout => o.condition.wait_timeout(A_WHILE),
                Until::Deadline(deadline) => o.condition.wait_deadline(deadline),
            };
            o.condition.release().unwrap();
            notified.unwrap()
        },
        notify,
    ),
    (
        "Condition<Lock>::wait_for_deadline",
        |o, until| {
            o.condition.acquire();
            let ready = match until {
                Until::Timeout => o.condition.wait_for_timeout(|| o.told(), A_WHILE),
                Until::Deadline(deadline) => o.condition.wait_for_deadline(|| o.told(), deadline),
            };
            o.condition.release().unwrap();
            ready.unwrap()
        },
        notify,
    ),
    (
        "Condition<RLock>::wait_deadline",
        |o, until| {
            o.monitor.acquire();
            let notified = match until {
                Until::Timeout => o.monitor.wait_timeout(A_WHILE),
                Until::Deadline(deadline) => o.monitor.wait_deadline(deadline),
            };
            o.monitor.release().unwrap();
            notified.unwrap()
        },
        notify_nested,
    ),
    (
        "Condition<RLock>::wait_for_deadline",
        |o, until| {
            o.monitor.acquire();
            let ready = match until {
                Until::Timeout => o.monitor.wait_for_timeout(|| o.told(), A_WHILE),
                Until::Deadline(deadline) => o.monitor.wait_for_deadline(|| o.told(), deadline),
            };
            o.monitor.release().unwrap();
            ready.unwrap()
        },
        notify_nested,
    ),
];

/// What the executions of a model came to, and how many there were.
#[derive(Debug, PartialEq)]
struct Explored {
    outcomes: BTreeSet<bool>,
    executions: usize,
}

/// Longer than a fast execution takes, and short.
const A_MOMENT: Duration = Duration::from_millis(2);

/// No execution in particular.
const NONE: usize = usize::MAX;

/// Explores `call` in one thread beside `serve` in another, which has what there is to have. `until` is asked in each execution; execution `slow` loses
/// its core for a while between that and the call.
fn explore(call: Call, serve: Serve, until: impl Fn() -> Until + Send + Sync + 'static, slow: usize) -> Explored {
    let outcomes = Arc::new(Mutex::new(BTreeSet::new()));
    let executions = Arc::new(AtomicUsize::new(0));
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    sixfold::model_with(&builder, {
        let (outcomes, executions) = (outcomes.clone(), executions.clone());
        move || {
            let objects = Arc::new(Objects::new());
            objects.take();
            let until = until();
            let is_slow = executions.fetch_add(1, SeqCst) == slow;
            let caller = thread::spawn({
                let objects = objects.clone();
                move || {
                    if is_slow {
                        std::thread::sleep(4 * A_MOMENT);
                    }
                    call(&objects, until)
                }
            });
            serve(&objects);
            let served = caller.join().unwrap();
            outcomes.lock().unwrap().insert(served);
        }
    });
    let outcomes = outcomes.lock().unwrap().clone();
    Explored { outcomes, executions: executions.load(SeqCst) }
}

/// Each call is explored as a time-out is.
fn each(judge: impl Fn(Call, Serve) -> Result<(), String>) {
    crate::child::all_right(CALLS.iter().map(|(name, ..)| name), |name| {
        let (_, call, serve) = *CALLS.iter().find(|(other, ..)| other == *name).expect("it is from there");
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| judge(call, serve))).unwrap_or_else(|why| {
            let why =
                why.downcast_ref::<String>().cloned().or_else(|| why.downcast_ref::<&str>().map(|&why| why.into()));
            Err(format!("the model fails: {}", why.unwrap_or_default()))
        })
    });
}

fn must_be_as(explored: &Explored, expected: &Explored, of: &str) -> Result<(), String> {
    if explored == expected {
        return Ok(());
    }
    Err(format!("{of} comes to {explored:?}, not to {expected:?}"))
}

/// So many executions are slow, one in each model.
const SLOW: std::ops::Range<usize> = 0..6;

#[test]
fn a_deadline_in_the_future_is_a_time_out_whichever_execution_is_slow() {
    each(|call, serve| {
        let timed = explore(call, serve, || Until::Timeout, NONE);
        for slow in SLOW {
            let explored = explore(call, serve, || Until::Deadline(Instant::now() + A_MOMENT), slow);
            must_be_as(&explored, &timed, &format!("with execution {slow} slow, it"))?;
        }
        Ok(())
    });
}

#[test]
fn a_deadline_that_was_past_before_the_model_is_one_try_whichever_execution_is_slow() {
    each(|call, serve| {
        let past = Instant::now();
        let first = explore(call, serve, move || Until::Deadline(past), NONE);
        for slow in SLOW {
            let explored = explore(call, serve, move || Until::Deadline(past), slow);
            must_be_as(&explored, &first, &format!("with execution {slow} slow, it"))?;
        }
        Ok(())
    });
}

/// The deadline was computed before the model began. In which execution it passes must not show.
#[test]
fn a_deadline_that_passes_while_the_model_runs_is_the_same_in_all_executions() {
    each(|call, serve| {
        let timed = explore(call, serve, || Until::Timeout, NONE);
        for slow in SLOW {
            let deadline = Instant::now() + 3 * A_MOMENT;
            let explored = explore(call, serve, move || Until::Deadline(deadline), slow);
            // Where this thread has lost its core before the model began, the deadline was past from the start.
            let past = explore(call, serve, move || Until::Deadline(deadline - A_WHILE), NONE);
            if explored != past {
                must_be_as(&explored, &timed, &format!("with execution {slow} slow, it"))?;
            }
        }
        Ok(())
    });
}

/// One try does not wait: nothing else is explored.
#[test]
fn a_past_deadline_is_one_try_that_fails_on_what_is_not_there() {
    static EXECUTIONS: AtomicUsize = AtomicUsize::new(0);
    let past = Instant::now();
    for (name, call, _) in CALLS {
        println!("{name}");
        EXECUTIONS.store(0, SeqCst);
        sixfold::model(move || {
            EXECUTIONS.fetch_add(1, SeqCst);
            let objects = Arc::new(Objects::new());
            let taken = objects.clone();
            thread::spawn(move || taken.take()).join().unwrap();
            for _ in 0..3 {
                assert!(!call(&objects, Until::Deadline(past)), "{name}");
                assert!(!call(&objects, Until::Deadline(past - A_WHILE)), "{name}");
            }
        });
        assert_eq!(EXECUTIONS.load(SeqCst), 1, "{name}");
    }
}

/// What is there is taken, also late.
#[test]
fn a_past_deadline_is_one_try_that_succeeds_on_what_is_there() {
    let past = Instant::now();
    crate::common::explore(move || {
        let o = Objects::new();
        o.no_permits.release();
        o.event.set();
        o.tell();
        assert!(o.lock.acquire_deadline(past) && o.nested.acquire_deadline(past) && o.nested.acquire_deadline(past));
        assert!(o.taken_lock.hold_deadline(past).is_some() && o.taken_nested.hold_deadline(past).is_some());
        assert!(o.condition.acquire_deadline(past) && o.monitor.hold_deadline(past).is_some());
        assert!(o.permits.acquire_deadline(past) && o.no_permits.hold_deadline(past).is_some());
        assert!(o.bounded.acquire_deadline(past) && o.event.wait_deadline(past));
        assert_eq!(o.alone.wait_deadline(past), Ok(0));
        assert_eq!(o.condition.wait_for_deadline(|| o.told(), past), Ok(true));
        assert!(o.monitor.hold().wait_for_deadline(|()| o.told(), past));
    });
}

/// A loop that polls until a deadline ends, and the deadline is the same one all the time.
#[test]
fn a_loop_that_polls_until_a_deadline_is_the_same_whichever_execution_is_slow() {
    let mut counts = BTreeSet::new();
    for slow in SLOW {
        let executions = Arc::new(AtomicUsize::new(0));
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = Some(2);
        sixfold::model_with(&builder, {
            let executions = executions.clone();
            move || {
                let deadline = Instant::now() + A_MOMENT;
                let shared = Arc::new((sixfold::Event::new(), Barrier::new(2), Plain::new(0)));
                let other = thread::spawn({
                    let shared = shared.clone();
                    move || {
                        shared.2.set(1);
                        shared.0.set();
                    }
                });
                if executions.fetch_add(1, SeqCst) == slow {
                    std::thread::sleep(4 * A_MOMENT);
                }
                while !shared.0.wait_deadline(deadline) {}
                assert_eq!(shared.2.get(), 1);
                assert!(shared.1.wait_deadline(deadline).is_err());
                other.join().unwrap();
            }
        });
        counts.insert(executions.load(SeqCst));
    }
    assert_eq!(counts.len(), 1, "{counts:?} executions");
}
