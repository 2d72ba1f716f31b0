//! Rounds in which a number of parties wait for each other: `Barrier`.
//!
//! Its steps order nothing by themselves. A party publishes its arrival, the last one acquires all of them, and publishes
//! the end of the round; whoever breaks it publishes that. The parties that sleep happen after whoever wakes them.

use super::history::History;
use crate::deadline::Deadline;
use crate::error::BrokenBarrierError;
use crate::loom::execution::{Caller, Identity};
use crate::loom::report::waiting;
use crate::loom::sleeper::{Patience, Sleeper, can_sleep};
use crate::shim::thread::{in_drop, model_has_failed};
use std::cell::{Cell, RefCell};
use std::panic::Location;
use std::rc::Rc;

const FOR: &str = "for the other parties of the barrier";
const FOR_THE_ROUND: &str = "for the round before to end, of the barrier";

/// The machine.
pub(crate) struct RawBarrier {
    identity: Identity,
}

/// What everybody may look at.
#[derive(Clone, Copy)]
struct Open {
    /// Parties that have arrived in this round.
    waiting: usize,
    broken: bool,
}

/// How a round ended.
#[derive(Clone, Copy)]
struct End {
    tripped: bool,
    /// The change that ended it.
    change: usize,
}

/// In one execution.
struct State {
    open: History<Open>,
    /// How many rounds have ended.
    round: Cell<u64>,
    /// The changes by which parties have arrived in this round.
    arrivals: RefCell<Vec<usize>>,
    /// The change that has broken the barrier, if it is broken.
    breaking: Cell<usize>,
    /// Those who have arrived and wait.
    parties: RefCell<Vec<Rc<Sleeper<End>>>>,
    /// Those who came while the action ran.
    newcomers: RefCell<Vec<Rc<Sleeper<()>>>>,
}

type Outcome = Result<(), BrokenBarrierError>;

fn outcome(tripped: bool) -> Outcome {
    if tripped { Ok(()) } else { Err(BrokenBarrierError {}) }
}

impl State {
    /// Ends the round, after the calling thread has met to publish that. Whoever waits is told `tripped`, and the next round
    /// begins.
    fn end(&self, tripped: bool, broken: bool) {
        self.open.change(Open { waiting: 0, broken });
        let change = self.open.version();
        self.breaking.set(change);
        self.round.set(self.round.get() + 1);
        self.arrivals.take();
        for party in self.parties.take() {
            party.give(End { tripped, change });
        }
        for newcomer in self.newcomers.take() {
            newcomer.give(());
        }
    }

    /// Ends round `round`, if it is still the current one.
    fn end_round(&self, round: u64, tripped: bool) -> bool {
        self.open.meet_to_publish();
        let current = self.round.get() == round;
        if current {
            self.end(tripped, !tripped);
        }
        current
    }
}

impl RawBarrier {
    #[track_caller]
    pub(crate) const fn new() -> Self {
        Self { identity: Identity::new() }
    }

    fn state(&self) -> Rc<State> {
        self.identity.state(|execution| State {
            open: History::of_steps(execution, Open { waiting: 0, broken: false }),
            round: Cell::new(0),
            arrivals: RefCell::default(),
            breaking: Cell::new(0),
            parties: RefCell::default(),
            newcomers: RefCell::default(),
        })
    }

    pub(crate) fn waiting(&self) -> usize {
        self.state().open.look(|open| open.waiting)
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.state().open.look(|open| open.broken)
    }

    /// Arrives and waits for the round to end. The last party runs `action`. A thread that gives up at the door, before it is a
    /// party of any round, breaks nothing.
    #[track_caller]
    pub(crate) fn wait(
        &self,
        parties: usize,
        deadline: Deadline,
        action: impl FnOnce(),
    ) -> Result<usize, BrokenBarrierError> {
        let place = Location::caller();
        let state = self.state();
        loop {
            state.open.meet_to_publish();
            let Open { waiting, broken } = state.open.now();
            if broken {
                state.open.acquire(state.breaking.get());
                return Err(BrokenBarrierError {});
            }
            if model_has_failed() {
                return Err(BrokenBarrierError {});
            }
            if waiting == parties {
                if self.wait_for_the_round(&state, deadline, place) {
                    continue;
                }
                return Err(BrokenBarrierError {});
            }
            state.open.change(Open { waiting: waiting + 1, broken });
            state.arrivals.borrow_mut().push(state.open.version());
            let joined = if waiting + 1 == parties {
                self.lead(&state, action)
            } else {
                self.follow(&state, parties, deadline, place)
            };
            return joined.map(|()| waiting);
        }
    }

    /// Waits until the complete round has ended. False: the time was up.
    fn wait_for_the_round(&self, state: &State, deadline: Deadline, place: Caller) -> bool {
        let newcomer = Sleeper::new();
        state.newcomers.borrow_mut().push(newcomer.clone());
        let mut patience = match deadline {
            Deadline::Never if can_sleep() => {
                newcomer.sleep(FOR_THE_ROUND, &self.identity, place);
                return true;
            }
            Deadline::Never => Some(Patience::for_ever()),
            Deadline::At(()) => Some(Patience::new(std::ptr::from_ref(place).addr())),
            Deadline::Passed => None,
        };
        waiting(FOR_THE_ROUND, &self.identity, place, deadline != Deadline::Never, || {
            loop {
                let last = patience.as_mut().is_none_or(Patience::is_at_its_end);
                // The end of the round is a step, too: it may come before the time is up.
                state.open.meet_to_publish();
                if newcomer.given().is_some() {
                    return true;
                }
                if last {
                    state.newcomers.borrow_mut().retain(|other| !Rc::ptr_eq(other, &newcomer));
                    return model_has_failed();
                }
            }
        })
    }

    /// As the last party: all have arrived.
    fn lead(&self, state: &State, action: impl FnOnce()) -> Outcome {
        /// Breaks the round if the action does not return.
        struct Unfinished<'a>(&'a State, u64);
        impl Drop for Unfinished<'_> {
            fn drop(&mut self) {
                in_drop(|| _ = self.0.end_round(self.1, false));
            }
        }

        let round = state.round.get();
        let arrivals = state.arrivals.borrow().clone();
        for arrival in arrivals {
            state.open.acquire(arrival);
        }
        let unfinished = Unfinished(state, round);
        action();
        std::mem::forget(unfinished);
        outcome(state.end_round(round, true))
    }

    /// As any other party.
    fn follow(&self, state: &State, parties: usize, deadline: Deadline, place: Caller) -> Outcome {
        let party = Sleeper::new();
        state.parties.borrow_mut().push(party.clone());
        let mut patience = match deadline {
            Deadline::Never if can_sleep() => return self.sleep(&party, place),
            Deadline::Never => Some(Patience::for_ever()),
            Deadline::At(()) => Some(Patience::new(std::ptr::from_ref(place).addr())),
            Deadline::Passed => None,
        };
        let ended = waiting(FOR, &self.identity, place, deadline != Deadline::Never, || {
            loop {
                let last = patience.as_mut().is_none_or(Patience::is_at_its_end);
                state.open.meet_to_publish();
                if let Some(end) = party.given() {
                    state.open.acquire(end.change);
                    return Some(outcome(end.tripped));
                }
                if !last {
                    continue;
                }
                if state.open.now().waiting == parties {
                    // How the round ends does not depend on time any more.
                    return None;
                }
                state.end(false, true);
                return Some(Err(BrokenBarrierError {}));
            }
        });
        match ended {
            Some(outcome) => outcome,
            None => self.sleep(&party, place),
        }
    }

    /// Sleeps until the round has ended.
    fn sleep(&self, party: &Sleeper<End>, place: Caller) -> Outcome {
        // After a failure nobody completes a round.
        outcome(party.sleep(FOR, &self.identity, place).is_some_and(|end| end.tripped))
    }

    /// Breaks the barrier; its waiters fail.
    pub(crate) fn abort(&self) {
        let state = self.state();
        state.open.meet_to_publish();
        state.end(false, true);
    }

    /// Makes the barrier as new; its waiters fail.
    pub(crate) fn reset(&self) {
        let state = self.state();
        state.open.meet_to_publish();
        state.end(false, false);
    }
}
