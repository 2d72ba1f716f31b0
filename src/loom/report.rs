//! What a failed model says: who waits for what, and who has it. And what a long one says of its progress.

use super::execution::{Caller, Execution, Identity, last};
use super::thread::{Who, local};
use loom::model::Builder;
use std::fmt::Write;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A thread that waits.
pub(super) struct Waiting {
    thread: Rc<Who>,
    what: &'static str,
    object: u64,
    created: Caller,
    place: Caller,
    timed: bool,
}

/// A thread that has an object, and since where.
pub(super) struct Hold {
    thread: Rc<Who>,
    since: Caller,
    /// How many permits, or one level.
    n: u64,
}

/// The calling thread has taken `object`.
pub(crate) fn took(object: &Identity, since: Caller) {
    took_many(object, 1, since);
}

/// The calling thread has taken `n` of `object`.
pub(crate) fn took_many(object: &Identity, n: u64, since: Caller) {
    if let Some(local) = local() {
        let hold = Hold { thread: local.who().clone(), since, n };
        local.execution().holds.borrow_mut().entry(object.number()).or_default().push(hold);
    }
}

/// `n` holds of `object` were given back: the caller's as far as it has some, then others'.
pub(crate) fn gave_back(object: &Identity, mut n: u64) {
    let Some(local) = local() else { return };
    if let Some(holds) = local.execution().holds.borrow_mut().get_mut(&object.number()) {
        while n > 0 && !holds.is_empty() {
            let mine = holds.iter().rposition(|hold| hold.thread.number == local.who().number);
            let hold = &mut holds[mine.unwrap_or(0)];
            let given = n.min(hold.n);
            n -= given;
            hold.n -= given;
            if hold.n == 0 {
                holds.remove(mine.unwrap_or(0));
            }
        }
    }
}

/// Runs `wait`, in which the calling thread waits at `place` for something; `what`: in words that "created at" can follow.
/// If the model fails meanwhile, the report says so.
pub(crate) fn waiting<R>(
    what: &'static str,
    object: &Identity,
    place: Caller,
    timed: bool,
    wait: impl FnOnce() -> R,
) -> R {
    /// Shows the report if the wait ends by unwinding.
    struct Unwinding;
    impl Drop for Unwinding {
        fn drop(&mut self) {
            show_report();
        }
    }

    let Some(local) = local() else { return wait() };
    let thread = local.who().clone();
    let execution = local.execution();
    let waiting = Waiting { thread, what, object: object.number(), created: object.created, place, timed };
    execution.waiting.borrow_mut().push(waiting);
    let unwinding = Unwinding;
    let result = wait();
    std::mem::forget(unwinding);
    let mut waiting = execution.waiting.borrow_mut();
    let mine = waiting.iter().rposition(|waiting| waiting.thread.number == local.who().number);
    if let Some(mine) = mine {
        waiting.remove(mine);
    }
    result
}

/// Shows the report of the last execution, once, if anybody waits.
pub(crate) fn show_report() {
    let Some(execution) = last() else { return };
    if !execution.waiting.borrow().is_empty() {
        let report = execution.report();
        execution.waiting.borrow_mut().clear();
        show(&report);
    }
}

fn show(report: &str) {
    #[cfg(all(test, not(sixfold_checked)))]
    tests::SHOWN.with_borrow_mut(|shown| shown.push_str(report));
    eprint!("{report}");
}

impl Execution {
    /// Says who waits for what, and who has it.
    fn report(&self) -> String {
        let mut report = String::from("sixfold: when the model failed,\n");
        for waiting in &*self.waiting.borrow() {
            let Waiting { thread, what, object, created, place, timed } = waiting;
            let but = if *timed { ", for a limited time" } else { "" };
            write!(report, "  {thread} waited at {place}{but}, {what} created at {created}").unwrap();
            let holds = self.holds.borrow();
            for (n, hold) in holds.get(object).into_iter().flatten().enumerate() {
                let comma = if n == 0 { ";" } else { "," };
                if hold.thread.number == thread.number {
                    write!(report, "{comma} it has that ITSELF since {}", hold.since).unwrap();
                } else {
                    write!(report, "{comma} {} has it since {}", hold.thread, hold.since).unwrap();
                }
            }
            report.push('\n');
        }
        report
    }
}

/// How the run of a model gets on.
pub(crate) struct Progress {
    started: Instant,
    executions: AtomicU64,
    /// When to say the next time how many there were.
    next: Mutex<Duration>,
}

/// Models that take longer say how far they are.
const LONG: Duration = Duration::from_secs(10);

impl Progress {
    pub(crate) fn new() -> Self {
        Self { started: Instant::now(), executions: AtomicU64::new(0), next: Mutex::new(LONG) }
    }

    /// One more execution begins.
    pub(crate) fn count(&self) {
        let executions = self.executions.fetch_add(1, Relaxed);
        let elapsed = self.started.elapsed();
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        if elapsed >= *next {
            *next = 2 * elapsed;
            eprintln!("sixfold: {executions} executions in {} s, and there are more", elapsed.as_secs());
        }
    }

    /// The run has ended without a failure: says so if `builder` has stopped it before all executions were explored.
    pub(crate) fn ended(&self, builder: &Builder) {
        let executions = self.executions.load(Relaxed);
        // Where loom looks whether to stop.
        let looked = (executions + 1).is_multiple_of(builder.checkpoint_interval as u64);
        let reached = |most: Option<usize>| most.is_some_and(|most| executions + 1 >= most as u64);
        let stopped = if reached(builder.max_permutations) {
            "the permutations"
        } else if builder.max_duration.is_some_and(|longest| self.started.elapsed() >= longest) {
            "the duration"
        } else {
            return;
        };
        if looked {
            eprintln!(
                "sixfold: stopped after {executions} executions, by the bound on {stopped}: not all executions were \
                 explored. {HOW_TO_BOUND}"
            );
        }
    }
}

const HOW_TO_BOUND: &str = "Bound the preemptions instead, with LOOM_MAX_PREEMPTIONS=2 or 3, or let the model have fewer \
                            threads, or fewer calls in each";

/// What to say of a failure, `message`, that is loom's limit and not the model's fault.
pub(crate) fn explain(message: &str, builder: &Builder) -> Option<String> {
    if message.contains("self.threads.len() < self.max()") {
        let most = builder.max_threads;
        return Some(format!(
            "a model can have at most {most} threads, its own included, and this one spawns more: the limit is loom's. Ask \
             the question of fewer threads, two or three"
        ));
    }
    if message.contains("exceeded maximum number of branches") {
        eprintln!(
            "sixfold: an execution had more than {} steps. A loop that waits for another thread has to wait by a call, as \
             `wait` or `loom::thread::yield_now`; if the model is just long, set LOOM_MAX_BRANCHES. {HOW_TO_BOUND}",
            builder.max_branches
        );
    }
    None
}

#[cfg(all(test, not(sixfold_checked)))]
mod tests {
    use crate::{Barrier, Condition, Event, Lock, Semaphore, model};
    use loom::thread;
    use std::cell::RefCell;
    use std::panic::catch_unwind;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
    use std::time::Duration;

    thread_local! {
        pub(super) static SHOWN: RefCell<String> = const { RefCell::new(String::new()) };
    }

    /// What is shown when `body` has failed as a model.
    fn report_of(body: fn()) -> String {
        assert!(catch_unwind(move || model(body)).is_err(), "the model has to fail");
        SHOWN.take()
    }

    #[track_caller]
    fn assert_says(report: &str, parts: &[&str]) {
        for part in parts {
            assert!(report.contains(part), "{part:?} is missing in:\n{report}");
        }
    }

    #[test]
    fn two_locks_in_two_orders_are_reported_with_who_has_what() {
        let report = report_of(|| {
            let locks = Arc::new([Lock::new(), Lock::new()]);
            let other = thread::Builder::new().name("backwards".into());
            let other = other.spawn({
                let locks = locks.clone();
                move || {
                    let _second = locks[1].hold();
                    let _first = locks[0].hold();
                }
            });
            let _first = locks[0].hold();
            let _second = locks[1].hold();
            drop((_first, _second));
            other.unwrap().join().unwrap();
        });
        assert_says(
            &report,
            &["ThreadId(0) waited at src", "thread \"backwards\" waited at src", "for the lock created at src"],
        );
        assert_says(&report, &["; thread \"backwards\" has it since src", "; ThreadId(0) has it since src"]);
    }

    #[test]
    fn a_second_acquire_by_the_same_thread_is_reported_as_such() {
        let report = report_of(|| {
            let lock = Lock::with_value(1);
            let _held = lock.hold();
            let _again = lock.hold();
        });
        assert_says(&report, &["ThreadId(0) waited at", "it has that ITSELF since src"]);
    }

    #[test]
    fn permits_events_and_notifications_that_never_come_are_reported() {
        let report = report_of(|| {
            let permits = Semaphore::new(1);
            permits.acquire();
            permits.acquire();
        });
        assert_says(&report, &["for a permit of the semaphore created at src", "it has that ITSELF since src"]);
        let report = report_of(|| Event::new().wait());
        assert_says(&report, &["for a set of the event created at src"]);
        let report = report_of(|| Condition::with_lock(Lock::new()).hold().wait());
        assert_says(&report, &["to be notified by the condition created at src"]);
    }

    #[test]
    fn a_failed_assertion_beside_a_wait_is_reported_with_the_wait() {
        let report = report_of(|| {
            let permits = Arc::new(Semaphore::new(0));
            let other = thread::spawn({
                let permits = permits.clone();
                move || permits.acquire()
            });
            thread::yield_now();
            assert!(permits.try_acquire(), "of its own");
            other.join().unwrap();
        });
        assert_says(&report, &["ThreadId(1) waited at src", "for a permit of the semaphore created at src"]);
    }

    #[test]
    fn a_wait_for_a_round_of_a_barrier_to_end_is_reported_as_one_for_a_limited_time() {
        let report = report_of(|| {
            let inside = Arc::new(Event::new());
            let is_waiting = Arc::new(AtomicBool::new(false));
            let barrier = Arc::new(Barrier::with_action(1, {
                let (inside, is_waiting) = (inside.clone(), is_waiting.clone());
                move || {
                    inside.set();
                    thread::yield_now();
                    assert!(!is_waiting.load(Relaxed), "of its own");
                }
            }));
            thread::spawn({
                let barrier = barrier.clone();
                move || {
                    inside.wait();
                    is_waiting.store(true, Relaxed);
                    _ = barrier.wait_timeout(Duration::from_secs(1));
                    is_waiting.store(false, Relaxed);
                }
            });
            _ = barrier.wait();
        });
        assert_says(&report, &["ThreadId(1) waited at src", "of the barrier created at src", ", for a limited time"]);
    }

    #[test]
    fn a_deadlock_that_shows_in_a_join_is_reported_too() {
        let report = report_of(|| {
            let permits = Arc::new(Semaphore::new(0));
            let other = thread::spawn({
                let permits = permits.clone();
                move || permits.acquire()
            });
            _ = permits.try_acquire();
            thread::yield_now();
            other.join().unwrap();
        });
        assert_says(&report, &["ThreadId(1) waited at src", "for a permit of the semaphore created at src"]);
    }

    /// The lock of the first condition takes more slots when a wait gives up, and the second one comes only then.
    #[test]
    fn an_object_may_be_used_in_some_executions_only() {
        model(|| {
            let first = Arc::new(Condition::with_lock(Lock::with_value(0)));
            let second = Condition::with_lock(Lock::new());
            let waiter = thread::spawn({
                let first = first.clone();
                move || first.hold().wait_for_timeout(|n| *n == 1, Duration::from_secs(1))
            });
            let mut held = first.hold();
            *held = 1;
            held.notify(1);
            drop(held);
            if !waiter.join().unwrap() {
                second.hold().notify(1);
            }
        });
    }

    #[test]
    fn a_failure_after_everybody_has_stopped_waiting_reports_nothing() {
        let report = report_of(|| {
            let lock = Lock::new();
            drop(lock.hold());
            panic!("of its own");
        });
        assert_eq!(report, "");
    }

    #[test]
    fn outside_of_a_model_the_message_says_so() {
        let failure = catch_unwind(|| Semaphore::new(1).acquire()).unwrap_err();
        let message = failure.downcast::<&str>().expect("a message");
        assert!(message.contains("is used outside of a model"), "{message}");
    }

    #[test]
    fn a_lock_with_a_value_must_not_be_used_in_two_executions() {
        static COUNT: Lock<u32> = Lock::with_value(0);
        let failure = catch_unwind(|| {
            model(|| *COUNT.hold() += 1);
            model(|| *COUNT.hold() += 1);
        });
        let message = failure.unwrap_err().downcast::<String>().expect("a message");
        assert!(message.contains("guards a value and is used in more than one execution"), "{message}");
    }
}
