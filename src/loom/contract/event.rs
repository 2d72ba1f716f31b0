//! The flag of `Event`, and who waits for it to be raised.

use super::object::Versions;
use crate::deadline::Deadline;
use crate::loom::execution::{Caller, Identity, WhileWaiting};
use crate::loom::sleeper::{Patience, Sleeper};
use core::sync::atomic::Ordering::{Acquire, Release};
use std::cell::RefCell;
use std::panic::Location;
use std::rc::Rc;

/// The flag.
pub(crate) struct RawEvent {
    identity: Identity,
}

/// In one execution.
struct State {
    set: Versions<bool>,
    /// Those who began to wait while it was down.
    waiting: RefCell<Vec<Rc<Sleeper<()>>>>,
}

impl RawEvent {
    #[track_caller]
    pub(crate) const fn new() -> Self {
        Self { identity: Identity::new() }
    }

    fn state(&self) -> Rc<State> {
        self.identity.state(|execution| State { set: Versions::new(execution, false), waiting: RefCell::default() })
    }

    pub(crate) fn is_set(&self) -> bool {
        self.state().set.look(Acquire)
    }

    /// Raises the flag and frees who waits, whatever becomes of the flag before they get going.
    pub(crate) fn set(&self) {
        let state = self.state();
        state.set.step(Release);
        state.set.set(true);
        for sleeper in state.waiting.take() {
            sleeper.give(());
        }
    }

    pub(crate) fn clear(&self) {
        let state = self.state();
        state.set.step(Acquire);
        state.set.set(false);
    }

    /// Waits until the flag is raised, or until `deadline`, which is asked for only if it is not up already.
    #[track_caller]
    pub(crate) fn wait(&self, deadline: impl FnOnce() -> Deadline) -> bool {
        self.is_set()
            || match deadline() {
                Deadline::Passed => false,
                deadline => self.wait_slow(deadline, Location::caller()),
            }
    }

    fn wait_slow(&self, deadline: Deadline, place: Caller) -> bool {
        const WHAT: &str = "for a set of the event";
        let state = self.state();
        state.set.step(Acquire);
        if state.set.now() {
            return true;
        }
        let sleeper = Sleeper::new();
        state.waiting.borrow_mut().push(sleeper.clone());
        if deadline == Deadline::Never {
            sleeper.sleep(WHAT, &self.identity, place);
            return true;
        }
        let _waiting = WhileWaiting::new(WHAT, &self.identity, place, true);
        let mut patience = Patience::new(std::ptr::from_ref(place).addr());
        loop {
            let last = patience.is_at_its_end();
            state.set.step(Acquire);
            if sleeper.given().is_some() {
                return true;
            }
            if last {
                state.waiting.borrow_mut().retain(|other| !Rc::ptr_eq(other, &sleeper));
                return false;
            }
        }
    }
}
