//! Rounds in which a number of parties wait for each other: `Barrier`.
//!
//! Its steps order nothing by themselves. A party publishes its arrival, the last one acquires all of them, and publishes
//! the end of the round; whoever breaks it publishes that. The parties that sleep happen after whoever wakes them.

use super::history::History;
use crate::deadline::Deadline;
use crate::error::{BrokenBarrierError, BrokenBarrierKind};
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
    /// The round is complete: one of its parties runs the action.
    complete: bool,
    /// What has broken the barrier.
    broken: Option<BrokenBarrierKind>,
    /// Parties that have left for good.
    left: usize,
}

type Outcome = Result<(), BrokenBarrierError>;

/// What ends the sleep of a party.
#[derive(Clone, Copy)]
enum Given {
    /// The round has ended, by this change.
    End(Outcome, usize),
    /// A party has left that alone was missing. This one is to run the action.
    Lead,
}

/// In one execution.
struct State {
    open: History<Open>,
    /// How many rounds have ended.
    round: Cell<u64>,
    /// The changes by which parties have arrived in this round, or left.
    arrivals: RefCell<Vec<usize>>,
    /// The change that has broken the barrier, if it is broken.
    breaking: Cell<usize>,
    /// What has ended the last round that others ended while its action ran.
    interrupted: Cell<BrokenBarrierKind>,
    /// Those who have arrived and wait.
    parties: RefCell<Vec<Rc<Sleeper<Given>>>>,
    /// Those who came while the action ran.
    newcomers: RefCell<Vec<Rc<Sleeper<()>>>>,
    /// Parties that threads have claimed.
    claimed: Cell<usize>,
}

const NOT_ENTERED: BrokenBarrierError = BrokenBarrierError::new(BrokenBarrierKind::NotEntered, false);

fn failed(kind: BrokenBarrierKind) -> BrokenBarrierError {
    BrokenBarrierError::new(kind, false)
}

impl State {
    /// Ends the round, after the calling thread has met to publish that. Whoever waits is told, and the next round begins.
    /// `failure`: why it did not trip.
    fn end(&self, failure: Option<BrokenBarrierKind>) {
        let Open { broken, left, .. } = self.open.now();
        // The first cause stays.
        let cause = broken.or(failure);
        let breaks = failure.is_some_and(|kind| kind != BrokenBarrierKind::Reset);
        self.open.change(Open { waiting: 0, complete: false, broken: cause.filter(|_| breaks), left });
        let change = self.open.version();
        self.breaking.set(change);
        self.round.set(self.round.get() + 1);
        self.arrivals.take();
        for party in self.parties.take() {
            party.give(Given::End(cause.map_or(Ok(()), |kind| Err(failed(kind))), change));
        }
        for newcomer in self.newcomers.take() {
            newcomer.give(());
        }
    }

    /// Ends round `round`, if it is still the current one.
    fn end_round(&self, round: u64, failure: Option<BrokenBarrierKind>) -> bool {
        self.open.meet_to_publish();
        let current = self.round.get() == round;
        if current {
            self.end(failure);
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
            open: History::of_steps(execution, Open { waiting: 0, complete: false, broken: None, left: 0 }),
            round: Cell::new(0),
            arrivals: RefCell::default(),
            breaking: Cell::new(0),
            interrupted: Cell::new(BrokenBarrierKind::Aborted),
            parties: RefCell::default(),
            newcomers: RefCell::default(),
            claimed: Cell::new(0),
        })
    }

    pub(crate) fn waiting(&self) -> usize {
        self.state().open.look(|open| open.waiting)
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.state().open.look(|open| open.broken.is_some())
    }

    /// Parties that have not left, of `parties` at first.
    pub(crate) fn parties(&self, parties: usize) -> usize {
        parties - self.state().open.look(|open| open.left)
    }

    /// Arrives and waits for the round to end. The party that completes it runs `action`. A thread that gives up at the door,
    /// before it is a party of any round, breaks nothing.
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
            let open = state.open.now();
            if let Some(kind) = open.broken {
                state.open.acquire(state.breaking.get());
                return Err(BrokenBarrierError::new(kind, true));
            }
            if model_has_failed() {
                return Err(NOT_ENTERED);
            }
            if open.complete {
                if self.wait_for_the_round(&state, deadline, place) {
                    continue;
                }
                return Err(NOT_ENTERED);
            }
            let waiting = open.waiting + 1;
            let complete = waiting == parties - open.left;
            state.open.change(Open { waiting, complete, ..open });
            state.arrivals.borrow_mut().push(state.open.version());
            let joined = if complete {
                self.lead(&state, state.round.get(), action)
            } else {
                self.follow(&state, deadline, place, action)
            };
            return joined.map(|()| open.waiting);
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

    /// As the party that runs the action of `round`, which is complete.
    fn lead(&self, state: &State, round: u64, action: impl FnOnce()) -> Outcome {
        /// Breaks the round if the action does not return.
        struct Unfinished<'a>(&'a State, u64);
        impl Drop for Unfinished<'_> {
            fn drop(&mut self) {
                in_drop(|| _ = self.0.end_round(self.1, Some(BrokenBarrierKind::ActionPanicked)));
            }
        }

        let arrivals = state.arrivals.borrow().clone();
        for arrival in arrivals {
            state.open.acquire(arrival);
        }
        let unfinished = Unfinished(state, round);
        action();
        std::mem::forget(unfinished);
        if state.end_round(round, None) { Ok(()) } else { Err(failed(state.interrupted.get())) }
    }

    /// As any other party.
    fn follow(&self, state: &State, deadline: Deadline, place: Caller, action: impl FnOnce()) -> Outcome {
        let round = state.round.get();
        let party = Sleeper::new();
        state.parties.borrow_mut().push(party.clone());
        let sleep = || party.sleep(FOR, &self.identity, place);
        let mut patience = match deadline {
            Deadline::Never if can_sleep() => return self.go_on(state, round, sleep(), action),
            Deadline::Never => Some(Patience::for_ever()),
            Deadline::At(()) => Some(Patience::new(std::ptr::from_ref(place).addr())),
            Deadline::Passed => None,
        };
        let given = waiting(FOR, &self.identity, place, deadline != Deadline::Never, || {
            loop {
                let last = patience.as_mut().is_none_or(Patience::is_at_its_end);
                state.open.meet_to_publish();
                if let Some(given) = party.given() {
                    if let Given::End(_, change) = given {
                        state.open.acquire(change);
                    }
                    return Some(given);
                }
                if !last {
                    continue;
                }
                if state.open.now().complete {
                    // How the round ends does not depend on time any more.
                    return None;
                }
                state.end(Some(BrokenBarrierKind::OtherTimedOut));
                return Some(Given::End(Err(failed(BrokenBarrierKind::TimedOut)), state.open.version()));
            }
        });
        let given = given.or_else(sleep);
        self.go_on(state, round, given, action)
    }

    /// After what has ended the sleep of a party. `None`: the model has failed, and nobody completes a round any more.
    fn go_on(&self, state: &State, round: u64, given: Option<Given>, action: impl FnOnce()) -> Outcome {
        match given {
            Some(Given::End(outcome, _)) => outcome,
            Some(Given::Lead) => self.lead(state, round, action),
            None => Err(NOT_ENTERED),
        }
    }

    /// Breaks the barrier; its waiters fail.
    pub(crate) fn abort(&self) {
        self.fail(BrokenBarrierKind::Aborted);
    }

    /// Makes the barrier as new; its waiters fail.
    pub(crate) fn reset(&self) {
        self.fail(BrokenBarrierKind::Reset);
    }

    fn fail(&self, kind: BrokenBarrierKind) {
        let state = self.state();
        state.open.meet_to_publish();
        if state.open.now().complete {
            state.interrupted.set(kind);
        }
        state.end(Some(kind));
    }

    /// Claims one of the parties. False: all are claimed.
    pub(crate) fn claim(&self, parties: usize) -> bool {
        let state = self.state();
        state.open.meet();
        let is_free = state.claimed.get() < parties - state.open.now().left;
        if is_free {
            state.claimed.set(state.claimed.get() + 1);
        }
        is_free
    }

    /// A party that was claimed leaves for good, `panicked` or not.
    pub(crate) fn leave(&self, parties: usize, panicked: bool) {
        if panicked {
            self.fail(BrokenBarrierKind::PartyPanicked);
        }
        let state = self.state();
        state.open.meet_to_publish();
        state.claimed.set(state.claimed.get().saturating_sub(1)); // 0: after a failure
        let open = state.open.now();
        let left = (open.left + 1) % parties;
        let is_last = open.waiting > 0 && open.waiting == parties - open.left - 1;
        let completes = is_last && open.broken.is_none() && !open.complete;
        state.open.change(Open { complete: open.complete || completes, left, ..open });
        if open.broken.is_none() {
            state.arrivals.borrow_mut().push(state.open.version());
        }
        if completes {
            let leader = state.parties.borrow_mut().remove(0);
            leader.give(Given::Lead);
        }
    }
}
