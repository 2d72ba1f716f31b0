//! What belongs to one execution of a model: created at its first use of this crate, gone when it ends.
//!
//! Our objects are made by `const fn`s, also as statics that live through all executions, and can be moved between
//! uses. So they contain nothing of loom's. An object is an [`Identity`], and what it is made of under loom is found
//! here by its number, and made anew in each execution.
//!
//! All threads of a model are fibers of one thread of the system. So a thread-local of the system is common to them,
//! unknown to loom, and adds no happens-before edge between them; and what happens between two scheduling points of
//! loom's is one step.

use loom::sync::atomic::AtomicU64;
use loom::thread::{Thread, ThreadId};
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fmt::Write;
use std::panic::Location;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64 as Untracked, Ordering::Relaxed};

/// A place in the source of who uses this crate.
pub(crate) type Caller = &'static Location<'static>;

/// One execution.
pub(crate) struct Execution {
    /// No other execution of the process has it.
    serial: u64,
    /// Loom atomics, all 0 at first. Loom holds an atomic to have been made by a thread, at a moment, and fails the model
    /// if another thread that does not happen after that moment uses it. So they are made together, as early as
    /// possible, and given out on demand.
    slots: Vec<AtomicU64>,
    taken_slots: Cell<usize>,
    objects: RefCell<HashMap<u64, Rc<dyn Any>>>,
    /// The model's main function has returned.
    ended: Cell<bool>,
    threads: RefCell<Vec<ThreadId>>,
    /// How often this crate was called.
    steps: Cell<u64>,
    give_ups: RefCell<HashMap<(ThreadId, usize), u32>>,
    pub(super) waiting: RefCell<Vec<Waiting>>,
    holds: RefCell<HashMap<u64, Vec<(Thread, Caller)>>>,
}

/// So many slots more than any execution before has used are there at least. An object needs two to four: so half of them
/// are room for eight that come in some executions only, and the rest for what spare slots make cheaper.
const RESERVE: usize = 64;

/// A loom atomic of this execution.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot(usize);

/// Keeps the execution, and ends it when loom drops its statics.
struct Root(Rc<Execution>);

impl Drop for Root {
    fn drop(&mut self) {
        self.0.ended.set(true);
        MOST_SLOTS.set(MOST_SLOTS.get().max(self.0.taken_slots.get()));
    }
}

loom::lazy_static! {
    /// To look at it is to happen after the slots were made.
    static ref ROOT: Root = Root(CURRENT.with_borrow(Clone::clone).expect("set before"));
}

thread_local! {
    static CURRENT: RefCell<Option<Rc<Execution>>> = const { RefCell::new(None) };
    /// How many slots the executions before this one needed.
    static MOST_SLOTS: Cell<usize> = const { Cell::new(0) };
}

/// A new model begins, about which nothing is known.
pub(crate) fn forget() {
    MOST_SLOTS.set(0);
}

/// The execution that the calling thread belongs to.
pub(crate) fn current() -> Rc<Execution> {
    let execution = match CURRENT.with_borrow(Clone::clone) {
        Some(execution) if execution.is_of(&loom::thread::current()) => execution,
        _ => Execution::start(),
    };
    execution.steps.set(execution.steps.get() + 1);
    execution
}

impl Execution {
    fn start() -> Rc<Self> {
        /// More than the models that we know of need. The next execution makes as many as the ones before have used, and
        /// some: each costs as much time as a step or two.
        const FIRST: usize = 256;
        static LAST: Untracked = Untracked::new(0);

        if std::panic::catch_unwind(loom::thread::current).is_err() {
            panic!(
                "sixfold was built with `--cfg loom` and is used outside of a model, or inside of one on a thread that \
                 loom does not know: call it inside of `sixfold::model(|| …)` or `loom::model(|| …)`, on threads of \
                 `loom::thread`, or build without the flag"
            );
        }
        let slots = match MOST_SLOTS.get() {
            0 => FIRST,
            most => most + (most / 2).max(RESERVE),
        };
        let execution = Rc::new(Self {
            serial: LAST.fetch_add(1, Relaxed) + 1,
            slots: (0..slots).map(|_| AtomicU64::new(0)).collect(),
            taken_slots: Cell::new(0),
            objects: RefCell::default(),
            ended: Cell::new(false),
            threads: RefCell::default(),
            steps: Cell::new(0),
            give_ups: RefCell::default(),
            waiting: RefCell::default(),
            holds: RefCell::default(),
        });
        CURRENT.set(Some(execution.clone()));
        let _: &Root = &ROOT;
        execution
    }

    /// Whether `thread` runs in this execution. A thread that outlives the main function goes on in it.
    fn is_of(&self, thread: &Thread) -> bool {
        let known = self.threads.borrow().contains(&thread.id());
        if !self.ended.get() {
            if !known {
                self.threads.borrow_mut().push(thread.id());
            }
            let _: &Root = &ROOT;
            return true;
        }
        known
    }

    /// Takes two slots that nobody has, for who is better off with them and can do without. Those that objects need which
    /// no execution before has used stay.
    pub(crate) fn spare_slots(&self) -> Option<[Slot; 2]> {
        let left = self.slots.len() - self.taken_slots.get();
        (left >= RESERVE / 2 + 2).then(|| [self.slot(), self.slot()])
    }

    /// Takes a slot that nobody has.
    pub(crate) fn slot(&self) -> Slot {
        let slot = self.taken_slots.get();
        assert!(
            slot < self.slots.len(),
            "an execution of this model uses many more objects of sixfold than those before it (there was room for {slot} \
             atomics): use each of them once, as by `locked()`, before the first thread is spawned"
        );
        self.taken_slots.set(slot + 1);
        Slot(slot)
    }

    pub(crate) fn atomic(&self, Slot(slot): Slot) -> &AtomicU64 {
        &self.slots[slot]
    }

    /// A step that is in conflict with all others at `slot`, and nothing else.
    pub(crate) fn meet(&self, slot: Slot) {
        let _ = self.atomic(slot).compare_exchange(u64::MAX, 0, Relaxed, Relaxed);
    }

    /// The number of the calling thread among those of this execution, in the order in which they came here.
    #[cfg(sixfold_checked)]
    pub(super) fn thread_index(&self) -> usize {
        let me = loom::thread::current().id();
        self.threads.borrow().iter().position(|&thread| thread == me).unwrap_or(0)
    }

    /// How often this crate was called: tells whether others have done anything.
    pub(super) fn steps(&self) -> u64 {
        self.steps.get()
    }

    /// Whether a wait of this thread at `site` may still give up at any moment; counts it.
    pub(super) fn may_give_up(&self, site: usize, at_most: u32) -> bool {
        let mut give_ups = self.give_ups.borrow_mut();
        let count = give_ups.entry((loom::thread::current().id(), site)).or_default();
        *count += 1;
        *count <= at_most
    }

    /// The calling thread has taken `object`.
    pub(crate) fn took(&self, object: &Identity, place: Caller) {
        let holder = (loom::thread::current(), place);
        self.holds.borrow_mut().entry(object.number()).or_default().push(holder);
    }

    /// A hold of `object` was given back: the caller's, if it has one, or else somebody's.
    pub(crate) fn gave_back(&self, object: &Identity) {
        let me = loom::thread::current().id();
        if let Some(holders) = self.holds.borrow_mut().get_mut(&object.number()) {
            let mine = holders.iter().rposition(|(holder, _)| holder.id() == me).unwrap_or(0);
            if !holders.is_empty() {
                holders.remove(mine);
            }
        }
    }

    /// Shows the report if anybody waits, once: all who wait unwind one after the other.
    fn show_report(&self) {
        if !self.waiting.borrow().is_empty() {
            show(&self.report());
            self.waiting.borrow_mut().clear();
        }
    }

    /// Says who waits for what, and who has it.
    pub(super) fn report(&self) -> String {
        let mut report = String::from("sixfold: when the model failed,\n");
        for waiting in &*self.waiting.borrow() {
            let Waiting { thread, what, object, created, place, timed } = waiting;
            let but = if *timed { ", for a limited time" } else { "" };
            write!(report, "  {} waited at {place}{but}, {what} created at {created}", Named(thread)).unwrap();
            let holds = self.holds.borrow();
            for (n, (holder, since)) in holds.get(object).into_iter().flatten().enumerate() {
                let comma = if n == 0 { ";" } else { "," };
                if holder.id() == thread.id() {
                    write!(report, "{comma} it has that ITSELF since {since}").unwrap();
                } else {
                    write!(report, "{comma} {} has it since {since}", Named(holder)).unwrap();
                }
            }
            report.push('\n');
        }
        report
    }
}

/// A thread as a person would call it.
struct Named<'a>(&'a Thread);

impl std::fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0.name() {
            Some(name) => write!(f, "thread \"{name}\""),
            None => write!(f, "{:?}", self.0.id()),
        }
    }
}

/// An object of this crate: what is the same in all executions.
pub(crate) struct Identity {
    /// 0 until the first use. It is the object's wherever that is moved to.
    number: Untracked,
    /// The execution that used it first.
    first: Untracked,
    created: Caller,
}

impl Identity {
    #[track_caller]
    pub(crate) const fn new() -> Self {
        Self { number: Untracked::new(0), first: Untracked::new(0), created: Location::caller() }
    }

    fn number(&self) -> u64 {
        static LAST: Untracked = Untracked::new(0);
        match self.number.load(Relaxed) {
            0 => {
                let number = LAST.fetch_add(1, Relaxed) + 1;
                // Two models may use the same static at the same time, each in a thread of the system of its own.
                match self.number.compare_exchange(0, number, Relaxed, Relaxed) {
                    Ok(_) => number,
                    Err(number) => number,
                }
            }
            number => number,
        }
    }

    /// What the object is in this execution; `make` says what it is at first.
    pub(crate) fn state<T: 'static>(&self, make: impl FnOnce(&Execution) -> T) -> Rc<T> {
        let execution = current();
        let number = self.number();
        if let Some(state) = execution.objects.borrow().get(&number) {
            return state.clone().downcast().expect("one identity, one type");
        }
        let state = Rc::new(make(&execution));
        execution.objects.borrow_mut().insert(number, state.clone());
        state
    }

    /// Panics if another execution has used the object before this one.
    #[track_caller]
    pub(crate) fn must_be_of_this_execution(&self) {
        let this = current().serial;
        if let Err(first) = self.first.compare_exchange(0, this, Relaxed, Relaxed)
            && first != this
        {
            panic!(
                "the lock created at {} guards a value and is used in more than one execution of a model, which \
                 would begin with the value that the one before has left: create it inside of the model, or in a \
                 `loom::lazy_static!`",
                self.created
            );
        }
    }
}

impl Drop for Identity {
    fn drop(&mut self) {
        let number = *self.number.get_mut();
        if number != 0 {
            // What it was made of is dropped after the borrow.
            let _state = CURRENT.try_with(|current| {
                let current = current.try_borrow().ok()?;
                current.as_ref()?.objects.try_borrow_mut().ok()?.remove(&number)
            });
        }
    }
}

/// A thread that waits, for the report.
pub(super) struct Waiting {
    pub(super) thread: Thread,
    pub(super) what: &'static str,
    pub(super) object: u64,
    pub(super) created: Caller,
    pub(super) place: Caller,
    pub(super) timed: bool,
}

/// While it lives, a model runs. If that fails where nobody's wait unwinds, as in a `join`, the report is shown at the end.
pub(crate) struct WhileRunning;

impl Drop for WhileRunning {
    fn drop(&mut self) {
        if std::thread::panicking()
            && let Some(execution) = CURRENT.with_borrow(Clone::clone)
        {
            execution.show_report();
        }
    }
}

fn show(report: &str) {
    #[cfg(all(test, not(sixfold_checked)))]
    tests::SHOWN.with_borrow_mut(|shown| shown.push_str(report));
    eprint!("{report}");
}

/// While it lives, the calling thread waits. If the model fails meanwhile, the report is shown, once.
pub(crate) struct WhileWaiting(Rc<Execution>);

impl WhileWaiting {
    /// `what`: what for, in words that "created at" can follow.
    pub(crate) fn new(what: &'static str, object: &Identity, place: Caller, timed: bool) -> Self {
        let execution = current();
        let thread = loom::thread::current();
        let (object, created) = (object.number(), object.created);
        execution.waiting.borrow_mut().push(Waiting { thread, what, object, created, place, timed });
        Self(execution)
    }
}

impl Drop for WhileWaiting {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.show_report();
        } else {
            let me = loom::thread::current().id();
            let mut waiting = self.0.waiting.borrow_mut();
            let mine = waiting.iter().rposition(|waiting| waiting.thread.id() == me);
            if let Some(mine) = mine {
                waiting.remove(mine);
            }
        }
    }
}

#[cfg(all(test, not(sixfold_checked)))]
mod tests {
    use crate::{Condition, Event, Lock, Semaphore, model};
    use loom::thread;
    use std::cell::RefCell;
    use std::panic::catch_unwind;
    use std::sync::Arc;
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
