//! The flag of `Event`, and the threads that wait for it to be set.

use super::history::History;
use super::meetings::Meetings;
use crate::deadline::Deadline;
use crate::loom::execution::{Caller, Identity};
use crate::loom::report::waiting;
use crate::loom::sleeper::{Patience, Sleeper, can_sleep};
use core::sync::atomic::Ordering::{Acquire, Release};
use std::cell::RefCell;
use std::panic::Location;
use std::rc::Rc;

const FOR: &str = "for a set of the event";

/// The flag.
pub(crate) struct RawEvent {
    identity: Identity,
}

/// In one execution.
struct State {
    set: History<bool>,
    /// Those who began to wait while it was not set. Each is given the change that frees it.
    waiters: RefCell<Vec<Rc<Sleeper<usize>>>>,
    /// Of threads that look and know that it is set. Only a `clear` makes a difference to them.
    known_to_be_set: Meetings,
}

fn is_set(set: bool) -> bool {
    set
}

impl State {
    /// Whether the calling thread must see that it is set. Then a look is in conflict with `clear` alone.
    fn is_known_to_be_set(&self) -> bool {
        let is_known = || self.set.now() && self.set.knows(is_set);
        is_known() && {
            self.known_to_be_set.look();
            is_known()
        }
    }
}

impl RawEvent {
    #[track_caller]
    pub(crate) const fn new() -> Self {
        Self { identity: Identity::new() }
    }

    fn state(&self) -> Rc<State> {
        self.identity.state(|execution| State {
            set: History::of_steps(execution, false),
            waiters: RefCell::default(),
            known_to_be_set: Meetings::default(),
        })
    }

    pub(crate) fn is_set(&self) -> bool {
        let state = self.state();
        state.is_known_to_be_set() || state.set.look_and_acquire(is_set)
    }

    /// Sets the flag and frees all waiters, whatever becomes of the flag before they get going.
    pub(crate) fn set(&self) {
        let state = self.state();
        state.set.step(Release);
        if !state.set.now() {
            state.set.change(true);
        }
        for waiter in state.waiters.take() {
            waiter.give(state.set.version());
        }
    }

    /// Happens after all sets before, also after those that found the flag set.
    pub(crate) fn clear(&self) {
        let state = self.state();
        // Again if a thread has looked in between.
        loop {
            let looks = state.known_to_be_set.count();
            state.known_to_be_set.visit();
            state.set.step(Acquire);
            if state.known_to_be_set.count() == looks {
                break;
            }
        }
        if state.set.now() {
            state.set.change(false);
        }
    }

    /// Waits until the flag is set, or until `deadline`.
    #[track_caller]
    pub(crate) fn wait(&self, deadline: impl FnOnce() -> Deadline) -> bool {
        match deadline() {
            Deadline::Passed => self.is_set(),
            deadline => self.wait_until(deadline, Location::caller()),
        }
    }

    fn wait_until(&self, deadline: Deadline, place: Caller) -> bool {
        let state = self.state();
        if state.is_known_to_be_set() {
            return true;
        }
        // That the flag was not set once makes no difference to a thread that waits: so no old news.
        state.set.visit();
        if state.set.now() {
            state.set.acquire_the_last(is_set);
            return true;
        }
        let waiter = Sleeper::new();
        state.waiters.borrow_mut().push(waiter.clone());
        if deadline == Deadline::Never && can_sleep() {
            waiter.sleep(FOR, &self.identity, place);
            return true;
        }
        let mut patience = match deadline {
            Deadline::Never => Patience::for_ever(),
            _ => Patience::new(std::ptr::from_ref(place).addr()),
        };
        waiting(FOR, &self.identity, place, deadline != Deadline::Never, || {
            loop {
                let last = patience.is_at_its_end();
                state.set.visit();
                if let Some(set) = waiter.given() {
                    state.set.acquire_change(set);
                    return true;
                }
                if last {
                    state.waiters.borrow_mut().retain(|other| !Rc::ptr_eq(other, &waiter));
                    return false;
                }
            }
        })
    }
}
