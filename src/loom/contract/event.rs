//! The flag of `Event`, and the threads that wait for it to be set.

use super::versions::Versions;
use crate::deadline::Deadline;
use crate::loom::execution::{Caller, Identity};
use crate::loom::report::waiting;
use crate::loom::sleeper::{Patience, Sleeper, can_sleep};
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};
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
    set: Versions<bool>,
    /// Those who began to wait while it was not set.
    waiters: RefCell<Vec<Rc<Sleeper<()>>>>,
}

impl RawEvent {
    #[track_caller]
    pub(crate) const fn new() -> Self {
        Self { identity: Identity::new() }
    }

    fn state(&self) -> Rc<State> {
        self.identity.state(|execution| State { set: Versions::new(execution, false), waiters: RefCell::default() })
    }

    pub(crate) fn is_set(&self) -> bool {
        self.state().set.look(Acquire)
    }

    /// Sets the flag and frees all waiters, whatever becomes of the flag before they get going.
    pub(crate) fn set(&self) {
        let state = self.state();
        state.set.step(Release);
        state.set.set(true);
        for waiter in state.waiters.take() {
            waiter.give(());
        }
    }

    pub(crate) fn clear(&self) {
        let state = self.state();
        state.set.step(Acquire);
        state.set.set(false);
    }

    /// Waits until the flag is set, or until `deadline`, which is asked for only if it is not set already.
    #[track_caller]
    pub(crate) fn wait(&self, deadline: impl FnOnce() -> Deadline) -> bool {
        self.is_set()
            || match deadline() {
                Deadline::Passed => false,
                deadline => self.wait_slow(deadline, Location::caller()),
            }
    }

    fn wait_slow(&self, deadline: Deadline, place: Caller) -> bool {
        let state = self.state();
        state.set.step_by(|set| if set { Acquire } else { Relaxed });
        if state.set.now() {
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
                state.set.step_by(|_| if waiter.given().is_some() { Acquire } else { Relaxed });
                if waiter.given().is_some() {
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
