//! What belongs to one execution of a model: created at its first use of this crate, gone when it ends.
//!
//! Our objects are made by `const fn`s, also as statics that live through all executions, and can be moved between
//! uses. So they contain nothing of loom's. An object is an [`Identity`], and what it is made of under loom is found
//! here by its number, and made anew in each execution.
//!
//! After a failure, destructors still run in the thread that failed, and may use our objects. Loom panics when touched
//! then, and a second panic would abort the process. So whatever touches loom comes by here, and does without loom
//! from then on.

use super::report::{Hold, Waiting};
use super::thread::{self, Known, local, quietly};
use loom::sync::Mutex;
use loom::sync::atomic::AtomicU64;
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::rc::{Rc, Weak};
use std::sync::atomic::{
    AtomicU64 as Untracked,
    Ordering::{self, Acquire, Relaxed},
};
use std::time::Instant;

/// A place in the source of a user of this crate.
#[allow(unreachable_pub)] // in signatures of a sealed trait
pub type Caller = &'static Location<'static>;

/// One execution.
pub(crate) struct Execution {
    /// No other execution of the process has it.
    serial: u64,
    started: Instant,
    /// Loom atomics, all 0 at first. Loom holds an atomic to have been made by a thread, at a moment, and fails the model
    /// if another thread that does not happen after that moment uses it. So they are made together, as early as
    /// possible, and given out on demand.
    slots: Vec<AtomicU64>,
    /// Those from here on have never been given out.
    fresh: Cell<usize>,
    /// Those of dropped objects, with the threads that dropped them.
    returned: RefCell<Vec<(usize, usize)>>,
    stamps: Cell<u64>,
    objects: RefCell<HashMap<u64, Rc<dyn Any>>>,
    /// The model runs by way of [`model`](crate::model()), which has begun this execution.
    begun: bool,
    /// Loom's number of the execution, if a thread of it has been asked.
    number_of_looms: Option<u64>,
    /// Loom cannot be used any more.
    failed: Cell<bool>,
    pub(super) known: RefCell<Vec<Known>>,
    /// How often this crate was called.
    steps: Cell<u64>,
    give_ups: RefCell<HashMap<(usize, usize), u32>>,
    pub(super) waiting: RefCell<Vec<Waiting>>,
    pub(super) holds: RefCell<HashMap<u64, Vec<Hold>>>,
}

/// What lasts for all executions of a model.
#[derive(Default)]
struct Model {
    /// How many slots the executions before this one needed.
    most_slots: usize,
    /// Deadlines that were judged, whether they had passed, and in which execution.
    deadlines: HashMap<Instant, Judged>,
    /// Where the bounded semaphores were created to which too many permits were released.
    careful_with: HashSet<Caller>,
}

#[derive(Clone, Copy)]
struct Judged {
    passed: bool,
    serial: u64,
    /// It was made outside of the executions, since more than one has come by it.
    lasts: bool,
}

/// Panics with this make [`model`](crate::model()) start over, since an object of it asks for another treatment.
pub(crate) struct StartOver;

/// Keeps the execution of a model that was not begun by [`model`](crate::model()).
struct Root(Rc<Execution>);

loom::lazy_static! {
    /// To look at it is to happen after the slots were made.
    static ref ROOT: Root = Root(Execution::new(false));
}

thread_local! {
    static CURRENT: RefCell<Option<Rc<Execution>>> = const { RefCell::new(None) };
    static MODEL: RefCell<Model> = RefCell::default();
}

/// A new model begins, about which nothing is known.
pub(crate) fn begin_model() {
    MODEL.take();
}

/// The model starts over, and remembers what it needs.
pub(crate) fn start_over() {
    let slots = 2 * slots_taken();
    MODEL.with_borrow_mut(|model| model.most_slots = model.most_slots.max(slots));
}

/// How many slots the last execution needed.
fn slots_taken() -> usize {
    CURRENT.with_borrow(|current| current.as_ref().map_or(0, |execution| execution.fresh.get()))
}

/// The model has ended. What it has left is dropped now, unless it failed.
pub(crate) fn end_model() {
    CURRENT.take();
}

/// The execution that is running, or was the last to run.
pub(super) fn last() -> Option<Rc<Execution>> {
    CURRENT.with_borrow(Clone::clone)
}

/// The execution that the calling thread belongs to.
pub(crate) fn current() -> Rc<Execution> {
    let execution = match local() {
        Some(local) => local.execution().clone(),
        None => last().expect("an execution has failed"),
    };
    execution.steps.set(execution.steps.get() + 1);
    execution
}

impl Execution {
    fn new(begun: bool) -> Rc<Self> {
        /// More than the models that we know of need. The next execution makes as many as the ones before have used, and
        /// half as many again: each costs a tenth of a microsecond.
        const FIRST: usize = 2048;
        const RESERVE: usize = 64;
        static LAST: Untracked = Untracked::new(0);

        let serial = LAST.fetch_add(1, Relaxed) + 1;
        let used = slots_taken();
        let slots = MODEL.with_borrow_mut(|model| {
            model.forget_deadlines(serial);
            model.most_slots = model.most_slots.max(used);
            match model.most_slots {
                0 => FIRST,
                most => most + most / 2 + RESERVE,
            }
        });
        let execution = Rc::new(Self {
            serial,
            started: Instant::now(),
            slots: (0..slots).map(|_| AtomicU64::new(0)).collect(),
            fresh: Cell::new(0),
            returned: RefCell::default(),
            stamps: Cell::new(1),
            objects: RefCell::default(),
            begun,
            number_of_looms: thread::execution_of_loom(),
            failed: Cell::new(false),
            known: RefCell::default(),
            steps: Cell::new(0),
            give_ups: RefCell::default(),
            waiting: RefCell::default(),
            holds: RefCell::default(),
        });
        CURRENT.set(Some(execution.clone()));
        execution
    }

    /// Begins an execution before its threads do, so that all of them happen after what the objects are made of.
    pub(crate) fn begin() {
        Self::new(true);
    }

    /// The one that a thread belongs to which is here for the first time.
    pub(super) fn of_this_thread() -> Rc<Self> {
        match last() {
            Some(execution) if execution.begun => execution,
            // After the model's main function has returned there are no statics of loom's any more.
            last => quietly(|| ROOT.0.clone()).unwrap_or_else(|| {
                let this = thread::execution_of_loom();
                let is_this = |execution: &Rc<Self>| this.is_none() || execution.number_of_looms == this;
                last.filter(is_this).unwrap_or_else(|| Self::new(false))
            }),
        }
    }

    /// Whether the last execution has failed, in the sense of [`fail`](Self::fail).
    pub(super) fn has_failed() -> bool {
        last().is_some_and(|execution| execution.failed.get())
    }

    /// Loom cannot be used any more, since its threads are stuck or are being dropped.
    pub(super) fn fail() {
        if let Some(execution) = last() {
            execution.failed.set(true);
        }
    }

    /// Runs `action`, which uses loom. While a thread unwinds, the model may have failed: then it runs `instead`.
    pub(super) fn try_loom<R>(action: impl FnOnce() -> R, instead: impl FnOnce() -> R) -> R {
        if !std::thread::panicking() {
            return action();
        }
        if Self::has_failed() {
            return instead();
        }
        catch_unwind(AssertUnwindSafe(action)).unwrap_or_else(|_| {
            Self::fail();
            instead()
        })
    }

    /// A number that is given out once in an execution.
    pub(crate) fn stamp(&self) -> u64 {
        self.stamps.replace(self.stamps.get() + 1)
    }

    fn take_slot(self: &Rc<Self>, index: usize, used: bool) -> Slot {
        Slot { execution: Rc::downgrade(self), index, used, latest: Cell::new(0) }
    }

    /// A slot that nobody has. Whoever had it before may have left a value in it, which a load may still return.
    pub(crate) fn slot(self: &Rc<Self>) -> Slot {
        let fresh = self.fresh.get();
        if fresh < self.slots.len() {
            self.fresh.set(fresh + 1);
            return self.take_slot(fresh, false);
        }
        // Its own thread's by preference: so that fewer orders are tried.
        let me = thread::me();
        let mut returned = self.returned.borrow_mut();
        let mine = returned.iter().rposition(|&(_, thread)| thread == me);
        if let Some(index) = mine.or_else(|| returned.len().checked_sub(1)) {
            let (slot, _) = returned.swap_remove(index);
            return self.take_slot(slot, true);
        }
        drop(returned);
        if std::thread::panicking() {
            // A panic would leave a destructor. From here on the model does without loom, and so without slots.
            Self::fail();
            return self.take_slot(0, true);
        }
        if self.begun {
            std::panic::resume_unwind(Box::new(StartOver));
        }
        panic!(
            "an execution of this model uses many more objects of sixfold than those before it (there was room for {fresh} \
             atomics): start the model with `sixfold::model`, which makes more"
        );
    }

    /// Whether too many permits were released to a semaphore that was created there, in some execution of the model. Also
    /// where it is `likely` that they will be and the model could not start over.
    pub(crate) fn is_careful_with(created: Caller, likely: bool) -> bool {
        likely && !current().begun || MODEL.with_borrow(|model| model.careful_with.contains(created))
    }

    /// Too many permits were released to a semaphore that was created there.
    pub(crate) fn start_over_and_be_careful_with(created: Caller) {
        MODEL.with_borrow_mut(|model| model.careful_with.insert(created));
        if current().begun && !std::thread::panicking() {
            std::panic::resume_unwind(Box::new(StartOver));
        }
    }

    /// How often this crate was called: tells whether others have done anything.
    pub(super) fn steps(&self) -> u64 {
        self.steps.get()
    }

    /// Whether a wait of this thread at `site` may still give up at any moment; counts it.
    pub(super) fn may_give_up(&self, site: usize, at_most: u32) -> bool {
        let mut give_ups = self.give_ups.borrow_mut();
        let count = give_ups.entry((thread::me(), site)).or_default();
        *count += 1;
        *count <= at_most
    }

    /// Whether `deadline` had passed when the execution began. The answer is the same in all executions of a model: the
    /// first one decides about a deadline that was made outside of them.
    pub(crate) fn judge_deadline(&self, deadline: Instant) -> bool {
        MODEL.with_borrow_mut(|model| {
            let judged = model.deadlines.entry(deadline).or_insert(Judged {
                passed: deadline < self.started,
                serial: self.serial,
                lasts: false,
            });
            judged.lasts |= judged.serial != self.serial;
            judged.passed
        })
    }
}

impl Model {
    /// Deadlines that were made inside of an execution do not come again.
    fn forget_deadlines(&mut self, serial: u64) {
        const MANY: usize = 4096;
        if self.deadlines.len() > MANY {
            self.deadlines.retain(|_, judged| judged.lasts || judged.serial + 1 == serial);
        }
    }
}

/// A loom atomic of an execution, given to one object at a time.
#[derive(Debug)]
pub(crate) struct Slot {
    execution: Weak<Execution>,
    index: usize,
    /// Another object had it before.
    used: bool,
    /// The value, for after a failure.
    latest: Cell<u64>,
}

impl Slot {
    fn with<R>(&self, action: impl FnOnce(&AtomicU64) -> R, instead: impl FnOnce(&Cell<u64>) -> R) -> R {
        let execution = self.execution.upgrade().expect("a slot is used in its execution");
        Execution::try_loom(|| action(&execution.slots[self.index]), || instead(&self.latest))
    }

    /// Whether another object had it before: then it may hold any value.
    pub(crate) fn is_used(&self) -> bool {
        self.used
    }

    /// A step that is in conflict with all others at this slot, and nothing else.
    pub(crate) fn meet(&self) {
        self.with(|slot| _ = slot.compare_exchange(u64::MAX, 0, Relaxed, Relaxed), |_| ());
    }

    /// As [`meet`](Self::meet); and the caller happens after the last store, and what that continues, if it was a Release.
    pub(crate) fn acquire(&self) {
        self.with(|slot| _ = slot.compare_exchange(u64::MAX, 0, Acquire, Acquire), |_| ());
    }

    pub(crate) fn load(&self, order: Ordering) -> u64 {
        self.with(|slot| slot.load(order), Cell::get)
    }

    pub(crate) fn store(&self, value: u64, order: Ordering) {
        self.with(|slot| slot.store(value, order), |_| ());
        self.latest.set(value);
    }

    pub(crate) fn add(&self, n: u64, order: Ordering) -> u64 {
        let old = self.with(|slot| slot.fetch_add(n, order), Cell::get);
        self.latest.set(old.wrapping_add(n));
        old
    }

    #[cfg_attr(not(sixfold_checked), allow(dead_code))]
    pub(crate) fn and(&self, bits: u64, order: Ordering) -> u64 {
        let old = self.with(|slot| slot.fetch_and(bits, order), Cell::get);
        self.latest.set(old & bits);
        old
    }

    pub(crate) fn compare_exchange(&self, from: u64, to: u64, order: Ordering) -> Result<(), u64> {
        let swapped = self.with(
            |slot| slot.compare_exchange(from, to, order, Relaxed).map(drop),
            |latest| if latest.get() == from { Ok(()) } else { Err(latest.get()) },
        );
        if swapped.is_ok() {
            self.latest.set(to);
        }
        swapped
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(execution) = self.execution.upgrade() {
            let thread = thread::me();
            execution.returned.borrow_mut().push((self.index, thread));
        }
    }
}

/// A place where threads meet: each visit is a step that is in conflict with all others, and nothing else.
///
/// It is a mutex that is locked for ever: a try to lock it fails, and orders nothing. Unlike an atomic it may be made at
/// any time.
#[derive(Debug)]
pub(crate) struct Meeting(Option<Mutex<()>>);

impl Meeting {
    /// Passes a scheduling point.
    pub(crate) fn new() -> Self {
        let locked = || {
            let mutex = Mutex::new(());
            std::mem::forget(mutex.try_lock());
            Some(mutex)
        };
        Self(Execution::try_loom(locked, || None))
    }

    pub(crate) fn visit(&self) {
        if let Some(mutex) = &self.0 {
            Execution::try_loom(|| drop(mutex.try_lock()), || ());
        }
    }
}

/// An object of this crate: what is the same in all executions.
pub(crate) struct Identity {
    /// 0 until the first use. It is the object's wherever that is moved to.
    number: Untracked,
    /// The execution that used it first.
    first: Untracked,
    pub(crate) created: Caller,
}

impl Identity {
    #[track_caller]
    pub(crate) const fn new() -> Self {
        Self { number: Untracked::new(0), first: Untracked::new(0), created: Location::caller() }
    }

    pub(super) fn number(&self) -> u64 {
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
    pub(crate) fn state<T: 'static>(&self, make: impl FnOnce(&Rc<Execution>) -> T) -> Rc<T> {
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
                let current = current.try_borrow().ok()?.clone()?;
                current.objects.try_borrow_mut().ok()?.remove(&number)
            });
        }
    }
}
