//! State that all threads of a model share, and its past, which some of them may still see.

use crate::model::execution::{Execution, Slot, current};
use core::sync::atomic::Ordering::{self, Relaxed};
use std::cell::{Cell, RefCell};

/// A word that every step changes, if only its version.
///
/// The loom atomic holds the version, and the states that belong to the versions are kept beside it. So loom orders all
/// steps, and carries the edges that their orderings say; a step decides what to do after loom has let it go on; and
/// who only looks may see any state that a plain load of the real word could return.
pub(super) struct Versions<S> {
    slot: Slot,
    states: RefCell<Vec<S>>,
}

impl<S: Copy> Versions<S> {
    pub(super) fn new(execution: &Execution, state: S) -> Self {
        Self { slot: execution.slot(), states: RefCell::new(vec![state]) }
    }

    /// The state that is there now. Between a step and the next scheduling point nobody changes it.
    pub(super) fn now(&self) -> S {
        *self.states.borrow().last().expect("there is a first")
    }

    /// Changes the state; after a step, and before the next scheduling point.
    pub(super) fn set(&self, state: S) {
        *self.states.borrow_mut().last_mut().expect("there is a first") = state;
    }

    /// One step, with the edges of a read-modify-write of ordering `order`.
    pub(super) fn step(&self, order: Ordering) {
        current().atomic(self.slot).fetch_add(1, order);
        self.add_version();
    }

    /// One step whose ordering depends on the state that it finds. Tries again where somebody comes between.
    pub(super) fn step_by(&self, order: impl Fn(S) -> Ordering) {
        loop {
            let version = self.states.borrow().len() as u64 - 1;
            if self.step_from(version, order(self.now())).is_ok() {
                return;
            }
        }
    }

    /// One step if `version` is still the last; if not, the last, without an edge.
    fn step_from(&self, version: u64, order: Ordering) -> Result<(), u64> {
        current().atomic(self.slot).compare_exchange(version, version + 1, order, Relaxed)?;
        self.add_version();
        Ok(())
    }

    fn add_version(&self) {
        let now = self.now();
        self.states.borrow_mut().push(now);
    }

    /// Looks, and goes on as long as `go_on` says, with one step of ordering `order` that starts at the state looked at.
    /// True: the step was made. False: `go_on` said no, on what may be old news.
    pub(super) fn step_if(&self, go_on: impl Fn(S) -> bool, order: Ordering) -> bool {
        let mut version = current().atomic(self.slot).load(Relaxed);
        while go_on(self.at(version)) {
            match self.step_from(version, order) {
                Ok(()) => return true,
                Err(now) => version = now,
            }
        }
        false
    }

    /// A state that a load could return: what is there, or was.
    pub(super) fn look(&self, order: Ordering) -> S {
        self.at(current().atomic(self.slot).load(order))
    }

    fn at(&self, version: u64) -> S {
        self.states.borrow()[version as usize]
    }
}

/// When a lock was taken and released, in turn: event 1 takes it, event 2 releases it, and so on.
///
/// Each event is a store to an atomic of its own. So events are not in conflict with each other, because the lock itself
/// puts them in order. Who looks is in conflict with the event before and the one after, and sees the last one only if
/// it happens before the look; otherwise loom tries both.
pub(super) struct Timeline {
    events: Cell<u64>,
    slots: RefCell<Vec<Slot>>,
}

impl Timeline {
    pub(super) const fn new() -> Self {
        Self { events: Cell::new(0), slots: RefCell::new(Vec::new()) }
    }

    /// How many events there were.
    pub(super) fn now(&self) -> u64 {
        self.events.get()
    }

    /// The slot of event `event`. After many events, the slots are used again: right, but loom tries more orders.
    fn slot(&self, execution: &Execution, event: u64) -> Slot {
        const MOST: usize = 64;
        let mut slots = self.slots.borrow_mut();
        while slots.len() as u64 <= event && slots.len() < MOST {
            match execution.try_slot() {
                Some(slot) => slots.push(slot),
                None => break,
            }
        }
        if slots.is_empty() {
            slots.push(execution.slot());
        }
        slots[event as usize % slots.len()]
    }

    /// Announces event `event`: a scheduling point. Event or not, it is the caller's to decide afterwards.
    pub(super) fn announce(&self, event: u64) {
        let execution = current();
        let slot = self.slot(&execution, event);
        execution.atomic(slot).store(event, Relaxed);
    }

    /// A scheduling point that is in conflict with those who look, and not with other events.
    pub(super) fn pause(&self) {
        let execution = current();
        let next = self.now() + 1;
        execution.atomic(self.slot(&execution, next)).store(0, Relaxed);
        if self.now() >= next {
            self.announce(next); // It has happened meanwhile, and shall be seen.
        }
    }

    /// It has happened.
    pub(super) fn happened(&self, event: u64) {
        self.events.set(event);
    }

    /// Lets loom try this moment before and after the event that comes next. True: none came while it did.
    pub(super) fn before_next(&self) -> bool {
        let execution = current();
        let now = self.now();
        execution.atomic(self.slot(&execution, now + 1)).load(Relaxed);
        self.now() == now
    }

    /// The last event, or the one before it where that is still to be seen.
    pub(super) fn look(&self) -> u64 {
        let execution = current();
        loop {
            if !self.before_next() {
                continue;
            }
            let now = self.now();
            if now == 0 {
                return 0;
            }
            let seen = execution.atomic(self.slot(&execution, now)).load(Relaxed);
            if self.now() == now {
                return if seen == now { now } else { now - 1 };
            }
        }
    }
}
