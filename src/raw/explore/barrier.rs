//! The barrier, whose transitions have another shape: all are under the lock of one queue, and a round ends for all at once.

use super::super::barrier::{
    ARRIVED, Arrival, BROKEN, COMPLETE, End, FAILED, GaveUp, TRIPPED, arrive, arrived, end, give_up, leave,
};
use std::collections::HashSet;

const THREADS: usize = 4;

/// Somebody is about to end a round, or any.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Ending {
    round: Option<usize>,
    token: usize,
    word: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum At {
    Idle,
    /// `late`: its time was up at the door.
    Arrives {
        timed: bool,
        late: bool,
    },
    /// Asleep as a party of this round.
    Party {
        round: usize,
        timed: bool,
    },
    /// Has seen that the round is complete.
    SeesDoor {
        timed: bool,
    },
    /// Asleep until the complete round has ended.
    Door {
        timed: bool,
    },
    /// Runs the action of this round.
    Acts {
        round: usize,
    },
    Ends(Ending),
    /// Has seen that a party is between two sleeps.
    SeesLate(Ending),
    /// Asleep until it is back.
    WaitsForLate(Ending),
    /// Has broken the round, and wakes its parties.
    Sweeps,
    /// A party whose time was up while the action ran; it is to sleep again.
    Late {
        round: usize,
    },
    /// ... it is in the queue again, and wakes those who wait for that. A token: it is out of the queue already.
    Back {
        round: usize,
        woken: Option<usize>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct State {
    word: usize,
    /// Those that have not left.
    parties: usize,
    round: usize,
    late: usize,
    threads: [At; THREADS],
}

impl State {
    fn begin(&mut self, word: usize) {
        self.word = word;
        self.round += 1;
    }

    /// Takes all out of the queue.
    fn wake_all(&mut self, token: usize, ended: usize) -> Result<(), String> {
        for at in &mut self.threads {
            match *at {
                At::Party { round, .. } | At::Back { round, woken: None } if token == TRIPPED && round != ended => {
                    return Err("a party comes out with a round that is not its own".into());
                }
                At::Party { .. } => *at = At::Idle,
                At::Door { timed } => *at = At::Arrives { timed, late: false },
                At::Back { round, woken: None } => *at = At::Back { round, woken: Some(token) },
                _ => {}
            }
        }
        Ok(())
    }

    /// A party leaves for good, of `parties` at first: every state that can come next.
    fn leave(&self, parties: usize, add: &mut impl FnMut(Self)) -> Result<(), String> {
        let (word, completes) = leave(self.word, self.parties - 1);
        let parties = if self.parties == 1 { parties } else { self.parties - 1 };
        let left = Self { word, parties, ..*self };
        let mut was_added = false;
        for (thread, at) in self.threads.iter().enumerate() {
            // The order of the queue is not kept: any of its parties may be the one that is woken to run the action.
            if let (true, At::Party { round, .. }) = (completes, *at) {
                let mut next = left;
                next.threads[thread] = At::Acts { round };
                add(next.in_order());
                was_added = true;
            }
        }
        if completes && !was_added {
            return Err("a round is complete, and nobody is there to run the action".into());
        }
        if !completes {
            add(left.in_order());
        }
        Ok(())
    }

    /// Every state that can come next, with `parties` at the barrier at first.
    fn next(&self, parties: usize, add: &mut impl FnMut(Self)) -> Result<(), String> {
        for (thread, at) in self.threads.iter().enumerate() {
            if *at == At::Idle {
                self.leave(parties, add)?;
            }
            let mut to = |mut next: Self, at| {
                next.threads[thread] = at;
                add(next.in_order());
            };
            match *at {
                At::Idle => {
                    to(*self, At::Arrives { timed: false, late: false });
                    to(*self, At::Arrives { timed: true, late: false });
                    for word in [BROKEN, 0] {
                        to(*self, At::Ends(Ending { round: None, token: FAILED, word }));
                    }
                }
                At::Arrives { timed, late } => {
                    if timed && !late {
                        to(*self, At::Arrives { timed, late: true });
                    }
                    let (word, arrival) = arrive(self.word, self.parties, late);
                    let at = match arrival {
                        Arrival::Party(_) => At::Party { round: self.round, timed },
                        Arrival::Last(_) => At::Acts { round: self.round },
                        Arrival::Door => At::SeesDoor { timed },
                        Arrival::Broken | Arrival::TooLate => At::Idle,
                    };
                    to(Self { word, ..*self }, at);
                }
                At::Party { timed: false, .. } | At::Door { timed: false } | At::WaitsForLate(_) => {}
                At::Party { round, .. } => match give_up(self.word) {
                    GaveUp::Broken => to(*self, At::Idle),
                    GaveUp::Late => to(Self { late: self.late + 1, ..*self }, At::Late { round }),
                    GaveUp::Broke => {
                        let mut next = *self;
                        next.begin(BROKEN);
                        to(next, At::Sweeps);
                    }
                },
                At::SeesDoor { timed } if self.word & COMPLETE != 0 => to(*self, At::Door { timed }),
                At::SeesDoor { timed } => to(*self, At::Arrives { timed, late: false }),
                // It breaks nothing.
                At::Door { .. } => to(*self, At::Idle),
                At::Acts { round } => {
                    to(*self, At::Ends(Ending { round: Some(round), token: TRIPPED, word: 0 }));
                    // The action panics.
                    to(*self, At::Ends(Ending { round: Some(round), token: FAILED, word: BROKEN }));
                }
                At::Ends(ending) => match end(self.round, self.late, ending.round) {
                    End::Gone => to(*self, At::Idle),
                    End::Late => to(*self, At::SeesLate(ending)),
                    End::Ended => {
                        let mut next = *self;
                        next.wake_all(ending.token, self.round)?;
                        next.begin(ending.word);
                        to(next, At::Idle);
                    }
                },
                At::SeesLate(ending) if self.late > 0 => to(*self, At::WaitsForLate(ending)),
                At::SeesLate(ending) => to(*self, At::Ends(ending)),
                At::Sweeps => {
                    let mut next = *self;
                    if self.word & BROKEN != 0 {
                        next.wake_all(FAILED, self.round)?;
                    }
                    to(next, At::Idle);
                }
                At::Late { round } => to(Self { late: self.late - 1, ..*self }, At::Back { round, woken: None }),
                At::Back { round, woken } => {
                    let mut next = *self;
                    for other in &mut next.threads {
                        if let At::WaitsForLate(ending) = *other {
                            *other = At::Ends(ending);
                        }
                    }
                    to(next, if woken.is_some() { At::Idle } else { At::Party { round, timed: false } });
                }
            }
        }
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        let count = |is: &dyn Fn(&At) -> bool| self.threads.iter().filter(|at| is(at)).count();
        let is_of_the_round = |at: &At| match *at {
            At::Party { round, .. } | At::Late { round } | At::Back { round, woken: None } => round == self.round,
            _ => false,
        };
        let leads = |at: &At| match *at {
            At::Acts { round } => round == self.round,
            At::Ends(ending) | At::SeesLate(ending) | At::WaitsForLate(ending) => ending.round == Some(self.round),
            _ => false,
        };
        if self.word & BROKEN != 0 && self.word != BROKEN {
            return Err("a thread has entered a barrier that is broken".into());
        }
        if self.late != count(&|at| matches!(at, At::Late { .. })) {
            return Err("I3: late does not count those between two sleeps".into());
        }
        if self.word & BROKEN == 0 && arrived(self.word) != count(&is_of_the_round) + count(&leads) {
            return Err("the parties that have arrived are not those that wait".into());
        }
        if self.word & COMPLETE != 0 && count(&leads) != 1 {
            return Err("a complete round has no leader".into());
        }
        if self.word & (BROKEN | COMPLETE) == 0 && arrived(self.word) >= self.parties {
            return Err("all parties that are left have arrived, and the round is not complete".into());
        }
        let is_behind = |at: &At| matches!(*at, At::Party { round, .. } if round != self.round);
        if count(&is_behind) > 0 && count(&|at| *at == At::Sweeps) == 0 {
            return Err("I1: a party sleeps whose round is over, and nobody wakes it".into());
        }
        if count(&|at| matches!(at, At::Door { .. })) > 0 && self.word & COMPLETE == 0 {
            return Err("a thread is at the door, and no round is complete".into());
        }
        let may_wait = self.late > 0 || count(&|at| matches!(at, At::Back { .. })) > 0;
        if count(&|at| matches!(at, At::WaitsForLate(_))) > 0 && !may_wait {
            return Err("somebody waits for a late party, and there is none".into());
        }
        Ok(())
    }

    /// The threads are alike, and of a round it only counts whether it is the same as another.
    fn in_order(mut self) -> Self {
        let mut known = vec![self.round];
        for at in &mut self.threads {
            known.extend(at.round().map(|round| *round));
        }
        known.sort_unstable();
        known.dedup();
        let name = |round: usize| known.iter().position(|other| *other == round).expect("it is known");
        for at in &mut self.threads {
            if let Some(round) = at.round() {
                *round = name(*round);
            }
        }
        self.round = name(self.round);
        self.threads.sort_unstable();
        self
    }
}

impl At {
    fn round(&mut self) -> Option<&mut usize> {
        match self {
            Self::Party { round, .. } | Self::Acts { round } | Self::Late { round } | Self::Back { round, .. } => {
                Some(round)
            }
            Self::Ends(ending) | Self::SeesLate(ending) | Self::WaitsForLate(ending) => ending.round.as_mut(),
            _ => None,
        }
    }
}

#[test]
fn a_round_ends_once_and_for_its_own_parties_in_every_interleaving() {
    assert_eq!(ARRIVED, 4, "two bits are for BROKEN and COMPLETE");
    for parties in [1, 2, 3] {
        let start = State { word: 0, parties, round: 0, late: 0, threads: [At::Idle; THREADS] };
        let mut seen = HashSet::from([start]);
        let mut open = vec![start];
        while let Some(state) = open.pop() {
            let checked = state.check().and_then(|()| {
                state.next(parties, &mut |next| {
                    if seen.insert(next) {
                        open.push(next);
                    }
                })
            });
            if let Err(what) = checked {
                panic!("barrier, {what}: {state:?}");
            }
        }
        println!(
            "| barrier | safe | {THREADS} threads, {parties} parties, action, abort, reset, timed, leaving | {} | | |",
            seen.len()
        );
    }
}
