//! State that all threads of a model share, and its past, which some of them may still see.

use crate::loom::execution::{Execution, Slot, current};
use core::sync::atomic::Ordering::{self, Acquire, Relaxed};
use std::cell::{Cell, RefCell};

/// A word that every step changes, if only its version.
///
/// The loom atomic holds the version, and the states that belong to the versions are kept beside it. So loom orders all
/// steps, and carries the edges that their orderings say; a step decides what to do after loom has let it go on; and
/// who only looks may see any state that a plain load of the real word could return.
pub(super) struct Versions<S> {
    slot: Slot,
    /// Where those meet who look. Loom remembers the last access to an atomic alone: after a look by one thread, and a
    /// look and a step by another, it would not try the step before the first look.
    looks: Slot,
    states: RefCell<Vec<S>>,
}

impl<S: Copy> Versions<S> {
    pub(super) fn new(execution: &Execution, state: S) -> Self {
        Self { slot: execution.slot(), looks: execution.slot(), states: RefCell::new(vec![state]) }
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
        let mut version = self.look_at_version(Relaxed);
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
        self.at(self.look_at_version(order))
    }

    fn look_at_version(&self, order: Ordering) -> u64 {
        let execution = current();
        execution.meet(self.looks);
        execution.atomic(self.slot).load(order)
    }

    fn at(&self, version: u64) -> S {
        self.states.borrow()[version as usize]
    }
}

/// When a lock was taken and released, in turn: event 1 takes it, event 2 releases it, and so on.
///
/// An event is a store to atomics that no other event uses. So events are not in conflict with each other, because the
/// lock itself puts them in order. Who looks is in conflict with the event before and the one after, and sees the last
/// one for certain only if it happens before the look; otherwise loom tries both.
pub(super) struct Timeline {
    events: Cell<u64>,
    /// Two for each event: where those meet whose order matters, and the event's number once it has happened.
    slots: RefCell<Vec<[Slot; 2]>>,
}

impl Timeline {
    pub(super) const fn new() -> Self {
        Self { events: Cell::new(0), slots: RefCell::new(Vec::new()) }
    }

    /// How many events there were.
    pub(super) fn now(&self) -> u64 {
        self.events.get()
    }

    /// The slots of event `event`. After many events, they are used again: right, but loom tries more orders.
    fn slots(&self, event: u64) -> [Slot; 2] {
        const MOST: usize = 32;
        let execution = current();
        let mut slots = self.slots.borrow_mut();
        while slots.len() as u64 <= event && slots.len() < MOST {
            match execution.spare_slots() {
                Some(pair) => slots.push(pair),
                None => break,
            }
        }
        if slots.is_empty() {
            slots.push([execution.slot(), execution.slot()]);
        }
        slots[event as usize % slots.len()]
    }

    /// A scheduling point that is in conflict with all who do the same, and with the event itself.
    pub(super) fn meet(&self, event: u64) {
        let [order, _] = self.slots(event);
        current().meet(order);
    }

    /// Prepares event `event`, with the edges of a store of ordering `order`. False: another one came first. True: it
    /// shall happen before the next scheduling point.
    pub(super) fn prepare(&self, event: u64, order: Ordering) -> bool {
        self.meet(event);
        if self.now() + 1 != event {
            return false;
        }
        let [_, number] = self.slots(event);
        current().atomic(number).store(event, order);
        self.now() + 1 == event
    }

    /// Makes the caller happen after event `event`, if that was a Release.
    pub(super) fn acquire(&self, event: u64) {
        let [_, number] = self.slots(event);
        let _ = current().atomic(number).compare_exchange(u64::MAX, 0, Acquire, Acquire);
    }

    /// It has happened.
    pub(super) fn happened(&self, event: u64) {
        self.events.set(event);
    }

    /// A scheduling point for those who look and for strangers, and for nobody else.
    pub(super) fn pause(&self) {
        self.meet(self.now() + 1);
    }

    /// Lets loom try this moment before and after each event. True: none came while it did.
    pub(super) fn at_any_moment(&self) -> bool {
        let now = self.now();
        self.meet(now);
        self.meet(now + 1);
        self.now() == now
    }

    /// The last event, or the one before it where that is still to be seen.
    pub(super) fn look(&self) -> u64 {
        loop {
            let now = self.now();
            self.meet(now + 1);
            let [_, number] = self.slots(now);
            let seen = current().atomic(number).load(Relaxed);
            if self.now() == now {
                return if seen == now { now } else { now - 1 };
            }
        }
    }
}
