//! The permits of `Semaphore` and `BoundedSemaphore`: a number, and a queue of waiters in the order in which they came.
//!
//! A permit that is released goes to the first waiter, and a waiter has no other way to a permit. That loses no outcome: a
//! newcomer that is faster than a waiter is, to everybody else, that waiter having come later.

use super::history::History;
use crate::deadline::Deadline;
use crate::loom::execution::{Caller, Execution, Identity};
use crate::loom::report::{gave_back, took, waiting};
use crate::loom::sleeper::{Patience, Sleeper, can_sleep};
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::panic::Location;
use std::rc::Rc;

const FOR: &str = "for a permit of the semaphore";

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
    free: History<u64>,
    /// Each waiter is given the change that frees it.
    queue: RefCell<VecDeque<Rc<Sleeper<usize>>>>,
}

impl Permits {
    /// As the real one.
    pub(crate) const MOST: u64 = i32::MAX as u64;

    #[track_caller]
    pub(crate) const fn new(permits: u64) -> Self {
        Self { identity: Identity::new(), initial: permits }
    }

    fn state(&self) -> Rc<State> {
        self.identity
            .state(|execution| State { free: History::of_steps(execution, self.initial), queue: RefCell::default() })
    }

    /// Permits that are free: a snapshot.
    pub(crate) fn free(&self) -> u64 {
        self.state().free.look(|free| free)
    }

    #[track_caller]
    pub(crate) fn try_acquire(&self) -> bool {
        let state = self.state();
        // The real machine looks first, and gives up on what it sees: that may be old news.
        if !state.free.look(|free| free > 0) {
            return false;
        }
        while state.free.now() > 0 {
            if state.free.try_step(Acquire) {
                self.took(&state, Location::caller());
                return true;
            }
        }
        state.free.sees_the_last(|free| free > 0);
        false
    }

    fn took(&self, state: &State, place: Caller) {
        state.free.change(state.free.now() - 1);
        took(&self.identity, place);
    }

    /// Waits for a permit until `deadline`. False: the time was up.
    #[track_caller]
    pub(crate) fn acquire_until(&self, deadline: impl FnOnce() -> Deadline) -> bool {
        match deadline() {
            Deadline::Passed => self.try_acquire(),
            Deadline::Never => {
                self.acquire(Location::caller());
                true
            }
            Deadline::At(()) => self.acquire_timed(Location::caller()),
        }
    }

    fn acquire(&self, place: Caller) {
        let state = self.state();
        if !can_sleep() {
            self.wait(&state, place, Patience::for_ever(), false);
            return;
        }
        state.free.step(Acquire);
        if state.free.now() > 0 {
            self.took(&state, place);
        } else {
            let waiter = Sleeper::new();
            state.queue.borrow_mut().push_back(waiter.clone());
            waiter.sleep(FOR, &self.identity, place);
            took(&self.identity, place);
        }
    }

    fn acquire_timed(&self, place: Caller) -> bool {
        self.wait(&self.state(), place, Patience::new(std::ptr::from_ref(place).addr()), true)
    }

    /// Waits for a permit without sleeping, as long as `patience` says.
    fn wait(&self, state: &State, place: Caller, mut patience: Patience, timed: bool) -> bool {
        state.free.step_by(|free| if free > 0 { Acquire } else { Relaxed });
        if state.free.now() > 0 {
            self.took(state, place);
            return true;
        }
        let waiter = Sleeper::new();
        state.queue.borrow_mut().push_back(waiter.clone());
        waiting(FOR, &self.identity, place, timed, || {
            loop {
                let last = patience.is_at_its_end();
                state.free.visit();
                if let Some(release) = waiter.given() {
                    state.free.acquire_change(release);
                    took(&self.identity, place);
                    return true;
                }
                if last {
                    state.queue.borrow_mut().retain(|other| !Rc::ptr_eq(other, &waiter));
                    return false;
                }
            }
        })
    }

    /// Gives back `n` permits, at most up to `most` in all.
    ///
    /// A failure publishes nothing. Whether it fails is known after the step, and its ordering is to be said before. So a
    /// model whose releases fit begins with the cheaper way, and starts over if one does not.
    pub(crate) fn release(&self, n: u64, most: u64) -> Result<(), TooMany> {
        if n == 0 {
            return Ok(());
        }
        let state = self.state();
        let fits = |free| n <= most - free;
        let published = fits(state.free.now()) && !Execution::is_careful_with(self.identity.created, most < Self::MOST);
        if published {
            state.free.step(Release);
        } else {
            state.free.step_by(|free| if fits(free) { Release } else { Relaxed });
        }
        let free = state.free.now();
        if !fits(free) {
            if published {
                Execution::start_over_and_be_careful_with(self.identity.created);
            }
            return Err(TooMany);
        }
        let served = state.queue.borrow().len().min(n as usize);
        state.free.change(free + n - served as u64);
        gave_back(&self.identity, n);
        let served: Vec<_> = state.queue.borrow_mut().drain(..served).collect();
        for waiter in served {
            waiter.give(state.free.version());
        }
        Ok(())
    }
}
