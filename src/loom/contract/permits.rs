//! The permits of `Semaphore` and `BoundedSemaphore`: a number, and those who wait in the order in which they came.
//!
//! A permit that is given back goes to the first who waits, and who waits has no other way to a permit. That loses no
//! outcome: a newcomer that is faster than a thread in the line is, to everybody else, that thread having come later.

use super::object::Versions;
use crate::deadline::Deadline;
use crate::loom::execution::{Caller, Identity, WhileWaiting, current};
use crate::loom::sleeper::{Patience, Sleeper};
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::panic::Location;
use std::rc::Rc;

/// Giving back would make more permits than there may be. Nothing has changed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooMany;

/// A number of permits.
pub(crate) struct Permits {
    identity: Identity,
    initial: u64,
}

/// In one execution.
struct State {
    /// Permits that are free.
    free: Versions<u64>,
    line: RefCell<VecDeque<Rc<Sleeper<()>>>>,
}

impl Permits {
    /// As the real one.
    pub(crate) const MOST: u64 = u64::MAX / 8;

    #[track_caller]
    pub(crate) const fn new(permits: u64) -> Self {
        Self { identity: Identity::new(), initial: permits }
    }

    fn state(&self) -> Rc<State> {
        self.identity
            .state(|execution| State { free: Versions::new(execution, self.initial), line: RefCell::default() })
    }

    /// Permits that are free: a snapshot.
    pub(crate) fn free(&self) -> u64 {
        self.state().free.look(Relaxed)
    }

    #[track_caller]
    pub(crate) fn try_take(&self) -> bool {
        let state = self.state();
        let taken = state.free.step_if(|free| free > 0, Acquire);
        if taken {
            self.took(&state, Location::caller());
        }
        taken
    }

    fn took(&self, state: &State, place: Caller) {
        state.free.set(state.free.now() - 1);
        current().took(&self.identity, place);
    }

    /// Waits for a permit until `deadline`. False: the time was up.
    #[track_caller]
    pub(crate) fn take_until(&self, deadline: impl FnOnce() -> Deadline) -> bool {
        match deadline() {
            Deadline::Passed => self.try_take(),
            Deadline::Never => {
                self.take(Location::caller());
                true
            }
            Deadline::At(()) => self.take_timed(Location::caller()),
        }
    }

    fn take(&self, place: Caller) {
        let state = self.state();
        state.free.step(Acquire);
        if state.free.now() > 0 {
            self.took(&state, place);
        } else {
            let sleeper = Sleeper::new();
            state.line.borrow_mut().push_back(sleeper.clone());
            sleeper.sleep("for a permit of the semaphore", &self.identity, place);
            current().took(&self.identity, place);
        }
    }

    fn take_timed(&self, place: Caller) -> bool {
        let state = self.state();
        state.free.step_by(|free| if free > 0 { Acquire } else { Relaxed });
        if state.free.now() > 0 {
            self.took(&state, place);
            return true;
        }
        let sleeper = Sleeper::new();
        state.line.borrow_mut().push_back(sleeper.clone());
        let _waiting = WhileWaiting::new("for a permit of the semaphore", &self.identity, place, true);
        let mut patience = Patience::new(std::ptr::from_ref(place).addr());
        loop {
            let last = patience.is_at_its_end();
            state.free.step_by(|_| if sleeper.given().is_some() { Acquire } else { Relaxed });
            if sleeper.given().is_some() {
                current().took(&self.identity, place);
                return true;
            }
            if last {
                state.line.borrow_mut().retain(|other| !Rc::ptr_eq(other, &sleeper));
                return false;
            }
        }
    }

    /// Gives back `n` permits, at most up to `most` in all.
    pub(crate) fn give(&self, n: u64, most: u64) -> Result<(), TooMany> {
        let state = self.state();
        let fits = |free| n <= most - free;
        if fits(state.free.now()) {
            state.free.step(Release);
        } else {
            // A failure publishes nothing.
            state.free.step_by(|free| if fits(free) { Release } else { Relaxed });
        }
        let free = state.free.now();
        if !fits(free) {
            return Err(TooMany);
        }
        let served = state.line.borrow().len().min(n as usize);
        state.free.set(free + n - served as u64);
        for _ in 0..n {
            current().gave_back(&self.identity);
        }
        let served: Vec<_> = state.line.borrow_mut().drain(..served).collect();
        for sleeper in served {
            sleeper.give(());
        }
        Ok(())
    }
}

impl fmt::Debug for Permits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permits").field("free", &self.free()).finish()
    }
}
