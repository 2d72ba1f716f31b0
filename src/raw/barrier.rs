//! Rounds in which a number of parties wait for each other: the machine of `Barrier`.
//!
//! ```text
//!   arrived    COMPLETE  BROKEN
//!   0 ..       0         0       gathering: so many have arrived in this round and sleep in the queue
//!   1 ..       1         0       complete: one of them runs the action, the others sleep; newcomers wait at the door
//!   0          0         1       broken: whoever arrives is turned away
//! ```
//!
//! The party that completes the round by its arrival runs the action. If a party completes it by leaving for good, the one that
//! has waited longest is woken to run it. Meanwhile others may leave, too: so `COMPLETE` is a bit of its own, and the
//! parties of a complete round are those that have arrived.
//!
//! The queue's lock is the lock of this machine: a party arrives in `validate`, gives up in `timed_out`, and a round
//! ends in the callback that takes its parties out of the queue. So arriving and falling asleep are one step, and so
//! are ending a round and waking all who are in it. Whoever ends a round wakes all who are in it in the same step, with
//! a token that says how it ended. One case differs: a party that breaks the barrier by its time-out wakes the others
//! right after (I1).
//!
//! - I1: all in the queue, but for those at the door, are parties of the current round, or of the round whose
//!   time-out broke the barrier. The latter are taken out before the next party can arrive.
//! - I2: a round ends once: `round` is counted up in the step that ends it. The party that runs the action can tell
//!   by it whether somebody else has ended the round meanwhile.
//! - I3: a party whose time runs out while the action runs must learn how the round ends, and has left the queue. It
//!   counts itself in `late`, goes back to the queue without a deadline, and no round ends while `late` is not 0.
//!
//! # Orderings
//!
//! Relaxed: all changes are made under the queue's lock (parking, P1), which also orders what the parties did before
//! they arrived before the action, and the action before what they do afterwards (P3). `waiting`, `parties` and `is_broken` look
//! without the lock, are snapshots, and order nothing.
#![allow(unsafe_code)]

use crate::deadline::Deadline;
use crate::error::{BrokenBarrierError, BrokenBarrierKind};
use crate::park::{self, Key, Parked, Pick};
use crate::shim::atomic::AtomicUsize;
use crate::shim::atomic::Ordering::Relaxed;
use crate::shim::thread;

pub(super) const BROKEN: usize = 1;
pub(super) const COMPLETE: usize = 2;
/// One party that has arrived. So a quarter of the address space is as many parties as can arrive.
pub(super) const ARRIVED: usize = 4;

/// The token of a round that was completed.
pub(super) const TRIPPED: usize = 0;
/// The token of the party that is to run the action, since the last that was missing has left.
pub(super) const LEAD: usize = 1;
/// The token of a round that has failed, and of what kind the failure is.
pub(super) const FAILED: usize = 2;

const fn failed(kind: BrokenBarrierKind) -> usize {
    FAILED + kind as usize
}

/// What is behind a token of a failure, or behind what was kept of one.
fn kind_of(token: usize) -> BrokenBarrierKind {
    use BrokenBarrierKind::{ActionPanicked, OtherTimedOut, PartyPanicked, Reset};
    let is = |kind: &BrokenBarrierKind| failed(*kind) == token;
    [OtherTimedOut, Reset, ActionPanicked, PartyPanicked].into_iter().find(is).unwrap_or(BrokenBarrierKind::Aborted)
}

/// The error of a party that has waited.
fn error(token: usize) -> BrokenBarrierError {
    BrokenBarrierError::new(kind_of(token), false)
}

const NOT_ENTERED: BrokenBarrierError = BrokenBarrierError::new(BrokenBarrierKind::NotEntered, false);

/// The machine. All but `word` changes under the queue's lock only.
pub(crate) struct RawBarrier {
    word: AtomicUsize,
    /// How many rounds have ended.
    round: AtomicUsize,
    /// Parties between two sleeps (I3).
    late: AtomicUsize,
    /// The token of what has broken the barrier, if it is broken.
    cause: AtomicUsize,
    /// The token of what has ended a round while its action ran: the last such round, if that has happened to several whose
    /// actions run still.
    interrupted: AtomicUsize,
    /// Parties that threads have claimed.
    claimed: AtomicUsize,
    /// Parties that have left for good.
    left: AtomicUsize,
}

/// What a thread found when it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// It is a party, with this index, and sleeps until the round ends.
    Party(usize),
    /// It is the last party of the round, with this index.
    Last(usize),
    /// The round is complete; the next has not begun.
    Door,
    /// The barrier is broken.
    Broken,
    /// Its time was up at the door, and it is not the last party of the next round. Only that would not have to wait.
    TooLate,
}

/// What a party found when its time was up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GaveUp {
    /// The round waits for others: so it is broken now.
    Broke,
    /// The round is complete, and how it ends does not depend on time.
    Late,
    /// The round was broken by somebody else.
    Broken,
}

/// What comes of an attempt to end a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Ended,
    /// It had ended already.
    Gone,
    /// Parties are between two sleeps (I3).
    Late,
}

/// How many parties have arrived.
pub(super) const fn arrived(word: usize) -> usize {
    word / ARRIVED
}

/// A thread comes: the word after it, and what the thread is. `late`: its time is up already.
pub(super) const fn arrive(word: usize, parties: usize, late: bool) -> (usize, Arrival) {
    let index = arrived(word);
    if word & BROKEN != 0 {
        (word, Arrival::Broken)
    } else if word & COMPLETE != 0 {
        (word, Arrival::Door)
    } else if index + 1 == parties {
        ((word + ARRIVED) | COMPLETE, Arrival::Last(index))
    } else if late {
        (word, Arrival::TooLate)
    } else {
        (word + ARRIVED, Arrival::Party(index))
    }
}

/// The time of a party is up.
pub(super) const fn give_up(word: usize) -> GaveUp {
    if word & BROKEN != 0 {
        GaveUp::Broken
    } else if word & COMPLETE != 0 {
        GaveUp::Late
    } else {
        GaveUp::Broke
    }
}

/// A party has left for good, and `parties` remain. True: only that one was missing, so the round is complete.
pub(super) const fn leave(word: usize, parties: usize) -> (usize, bool) {
    let completes = word & (BROKEN | COMPLETE) == 0 && word > 0 && arrived(word) == parties;
    (if completes { word | COMPLETE } else { word }, completes)
}

/// Somebody would end `round`, or whatever round there is.
pub(super) const fn end(current: usize, late: usize, round: Option<usize>) -> End {
    match round {
        Some(round) if round != current => End::Gone,
        _ if late > 0 => End::Late,
        _ => End::Ended,
    }
}

/// How a round is to end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    Tripped,
    Failed(BrokenBarrierKind),
}

impl Ending {
    /// Where the next round begins.
    const fn word(self) -> usize {
        match self {
            Self::Tripped | Self::Failed(BrokenBarrierKind::Reset) => 0,
            Self::Failed(_) => BROKEN,
        }
    }

    const fn token(self) -> usize {
        match self {
            Self::Tripped => TRIPPED,
            Self::Failed(kind) => failed(kind),
        }
    }
}

/// What [`arrive`](RawBarrier::arrive) tells.
struct Arrived {
    arrival: Arrival,
    round: usize,
    parked: Parked,
    gave_up: GaveUp,
    /// The token of what has broken the barrier, where that is what it found.
    cause: usize,
}

impl RawBarrier {
    pub(crate) const fn new() -> Self {
        Self {
            word: AtomicUsize::new(0),
            round: AtomicUsize::new(0),
            late: AtomicUsize::new(0),
            cause: AtomicUsize::new(0),
            interrupted: AtomicUsize::new(0),
            claimed: AtomicUsize::new(0),
            left: AtomicUsize::new(0),
        }
    }

    fn queue(&self) -> Key {
        Key::of(&self.word)
    }

    /// Where those wait who want to end a round and must not yet (I3).
    fn late_queue(&self) -> Key {
        Key::of(&self.late)
    }

    /// Parties that wait for others, or for the action.
    pub(crate) fn waiting(&self) -> usize {
        arrived(self.word.load(Relaxed))
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.word.load(Relaxed) & BROKEN != 0
    }

    /// Parties that have not left, of `parties` at first.
    pub(crate) fn parties(&self, parties: usize) -> usize {
        parties - self.left.load(Relaxed)
    }

    /// Arrives and waits for the round to end. The party that completes it runs `action`. A thread that gives up at the door,
    /// before it is a party of any round, breaks nothing.
    pub(crate) fn wait(
        &self,
        parties: usize,
        deadline: Deadline,
        action: impl FnOnce(),
    ) -> Result<usize, BrokenBarrierError> {
        let mut was_at_door = false;
        loop {
            // A thread whose time has passed at the door is no part of the next round, and must not break it.
            let late = was_at_door && deadline.has_passed();
            let Arrived { arrival, round, parked, gave_up, cause } = self.arrive(parties, deadline, late);
            return match (arrival, parked) {
                (Arrival::Last(index), _) => self.lead(round, action).map(|()| index),
                (Arrival::Party(index), Parked::Woken(TRIPPED)) => Ok(index),
                (Arrival::Party(index), Parked::Woken(LEAD)) => {
                    reached!("a party that left has completed the round");
                    self.lead(round, action).map(|()| index)
                }
                (Arrival::Party(_), Parked::Woken(token)) => Err(error(token)),
                (Arrival::Party(index), Parked::TimedOut) => self.time_out(gave_up, cause).map(|()| index),
                (Arrival::Broken, _) => Err(BrokenBarrierError::new(kind_of(cause), true)),
                (Arrival::TooLate | Arrival::Party(_), _) => Err(NOT_ENTERED),
                (Arrival::Door, _) if self.wait_at_door(deadline) => {
                    was_at_door = true;
                    continue;
                }
                (Arrival::Door, _) => Err(NOT_ENTERED),
            };
        }
    }

    /// Arrives, and if others are still to come, sleeps.
    fn arrive(&self, parties: usize, deadline: Deadline, late: bool) -> Arrived {
        let mut arrival = Arrival::Broken;
        let mut round = 0;
        let mut gave_up = GaveUp::Broken;
        let (mut cause, mut cause_then) = (0, 0);
        let validate = || {
            arrival = self.enter(parties, late);
            round = self.round.load(Relaxed);
            cause = self.cause.load(Relaxed);
            matches!(arrival, Arrival::Party(_))
        };
        let timed_out = |_, _| {
            gave_up = self.give_up();
            cause_then = self.cause.load(Relaxed);
        };
        // SAFETY: 1. The key lies inside `self`, which is borrowed for the call.
        // 2. The closures read and change our own words, no more.
        // 3. Nothing runs before sleeping.
        let parked = unsafe { park::park_watchfully(self.queue(), 0, deadline, u32::MAX, validate, || (), timed_out) };
        let cause = if parked == Parked::TimedOut { cause_then } else { cause };
        Arrived { arrival, round, parked, gave_up, cause }
    }

    /// Under the queue's lock.
    fn enter(&self, parties: usize, late: bool) -> Arrival {
        let word = self.word.load(Relaxed);
        let (next, arrival) = arrive(word, self.parties(parties), late);
        if next != word {
            self.word.store(next, Relaxed);
        }
        if arrival == Arrival::Door {
            reached!("a party came while the action ran");
        }
        arrival
    }

    /// A party's time is up; it has left the queue. Under the queue's lock.
    fn give_up(&self) -> GaveUp {
        let gave_up = give_up(self.word.load(Relaxed));
        match gave_up {
            GaveUp::Broken => {}
            GaveUp::Broke => {
                self.cause.store(failed(BrokenBarrierKind::OtherTimedOut), Relaxed);
                self.begin(BROKEN);
            }
            GaveUp::Late => {
                reached!("the time of a party was up while the action ran");
                self.late.store(self.late.load(Relaxed) + 1, Relaxed);
            }
        }
        gave_up
    }

    /// The round is over and `word` is where the next begins. Under the queue's lock.
    fn begin(&self, word: usize) {
        self.word.store(word, Relaxed);
        self.round.store(self.round.load(Relaxed).wrapping_add(1), Relaxed);
    }

    /// Runs the action for the round, and ends it.
    fn lead(&self, round: usize, action: impl FnOnce()) -> Result<(), BrokenBarrierError> {
        /// Breaks the round if the action does not return.
        struct Unfinished<'a>(&'a RawBarrier, usize);
        impl Drop for Unfinished<'_> {
            fn drop(&mut self) {
                thread::in_drop(|| _ = self.0.end(Some(self.1), Ending::Failed(BrokenBarrierKind::ActionPanicked)));
            }
        }

        let unfinished = Unfinished(self, round);
        action();
        core::mem::forget(unfinished);
        if self.end(Some(round), Ending::Tripped) { Ok(()) } else { Err(error(self.interrupted.load(Relaxed))) }
    }

    #[cold]
    fn time_out(&self, gave_up: GaveUp, cause: usize) -> Result<(), BrokenBarrierError> {
        match gave_up {
            GaveUp::Broken => Err(error(cause)),
            GaveUp::Broke => {
                self.sweep();
                Err(BrokenBarrierError::new(BrokenBarrierKind::TimedOut, false))
            }
            GaveUp::Late => self.wait_late(),
        }
    }

    /// Wakes the parties of the round that broke the barrier. If it was reset meanwhile, that has woken them.
    fn sweep(&self) {
        let pick = |_| if self.is_broken() { Pick::Wake } else { Pick::Stop };
        // SAFETY: 1. the key lies inside `self`, which is borrowed; 2. the closures only read our words.
        unsafe { park::unpark_filter(self.queue(), pick, |_| self.cause.load(Relaxed)) };
    }

    /// Goes back to the queue to learn how the round ends (I3).
    fn wait_late(&self) -> Result<(), BrokenBarrierError> {
        let validate = || {
            self.late.store(self.late.load(Relaxed) - 1, Relaxed);
            true
        };
        // SAFETY: 1. Both keys lie inside `self`, which is borrowed for the calls.
        // 2. The closures change our own words, no more.
        // 3. Before sleeping we only unpark.
        let parked = unsafe {
            let let_them_end = || _ = park::unpark_filter(self.late_queue(), |_| Pick::Wake, |_| 0);
            park::park(self.queue(), 0, Deadline::Never, validate, let_them_end, |_, _| ())
        };
        match parked {
            Parked::Woken(TRIPPED) => Ok(()),
            Parked::Woken(token) => Err(error(token)),
            // After a failed model only.
            Parked::Invalid | Parked::TimedOut => Err(NOT_ENTERED),
        }
    }

    /// Waits until the complete round has ended. False: the time was up.
    #[cold]
    fn wait_at_door(&self, deadline: Deadline) -> bool {
        let validate = || self.word.load(Relaxed) & COMPLETE != 0;
        let timed_out = |_, _| reached!("the time of a thread at the door was up");
        // SAFETY: as in `arrive`.
        let parked = unsafe { park::park(self.queue(), 0, deadline, validate, || (), timed_out) };
        parked != Parked::TimedOut
    }

    /// Ends the current round, if it is `round` or if none is given, and wakes all who are in it. False if that round had ended
    /// already.
    fn end(&self, round: Option<usize>, ending: Ending) -> bool {
        loop {
            match self.try_end(round, ending) {
                End::Ended => return true,
                End::Gone => {
                    reached!("a round was ended while its action ran");
                    return false;
                }
                End::Late => {
                    reached!("a round did not end before a late party was back");
                    self.wait_for_late();
                }
            }
        }
    }

    fn try_end(&self, round: Option<usize>, ending: Ending) -> End {
        // All picks and the callback are under one hold of the queue's lock and find the same.
        let outlook = || {
            // Whoever ends any round need not know which it is.
            let current = if round.is_some() { self.round.load(Relaxed) } else { 0 };
            end(current, self.late.load(Relaxed), round)
        };
        let mut end = End::Gone;
        let pick = |_| if outlook() == End::Ended { Pick::Wake } else { Pick::Stop };
        let callback = |_| {
            end = outlook();
            if end != End::Ended {
                return TRIPPED;
            }
            let word = self.word.load(Relaxed);
            // The first cause stays.
            let token = if word & BROKEN != 0 { self.cause.load(Relaxed) } else { ending.token() };
            self.cause.store(token, Relaxed);
            // Not if it is the one that runs the action who ends the round: another may still run that of an earlier one.
            if word & COMPLETE != 0 && round.is_none() {
                self.interrupted.store(token, Relaxed);
            }
            self.begin(ending.word());
            token
        };
        // SAFETY: 1. The key lies inside `self`, which is borrowed for the call.
        // 2. The closures read and change our own words, no more.
        unsafe { park::unpark_filter(self.queue(), pick, callback) };
        end
    }

    #[cold]
    fn wait_for_late(&self) {
        let validate = || self.late.load(Relaxed) > 0;
        // SAFETY: as in `arrive`.
        unsafe { park::park(self.late_queue(), 0, Deadline::Never, validate, || (), |_, _| ()) };
    }

    /// Breaks the barrier; its waiters fail.
    pub(crate) fn abort(&self) {
        self.end(None, Ending::Failed(BrokenBarrierKind::Aborted));
    }

    /// Makes the barrier as new; its waiters fail.
    pub(crate) fn reset(&self) {
        self.end(None, Ending::Failed(BrokenBarrierKind::Reset));
    }

    /// Claims one of the parties. False: all are claimed.
    pub(crate) fn claim(&self, parties: usize) -> bool {
        let mut is_free = false;
        let callback = |_| {
            let claimed = self.claimed.load(Relaxed);
            is_free = claimed < self.parties(parties);
            if is_free {
                self.claimed.store(claimed + 1, Relaxed);
            }
            TRIPPED
        };
        // SAFETY: as in `try_end`.
        unsafe { park::unpark_filter(self.queue(), |_| Pick::Stop, callback) };
        // After a failure of the model nothing is counted any more.
        is_free || thread::model_has_failed()
    }

    /// A party that was claimed leaves for good, `panicked` or not.
    pub(crate) fn leave(&self, parties: usize, panicked: bool) {
        if panicked {
            self.end(None, Ending::Failed(BrokenBarrierKind::PartyPanicked));
        }
        let outlook = || leave(self.word.load(Relaxed), self.parties(parties) - 1);
        let mut is_first = true;
        let pick = |_| {
            // While a round gathers, none but its parties are in the queue.
            let wakes = core::mem::replace(&mut is_first, false) && outlook().1;
            if wakes { Pick::Wake } else { Pick::Stop }
        };
        let callback = |_| {
            let (word, _) = outlook();
            if word != self.word.load(Relaxed) {
                self.word.store(word, Relaxed);
            }
            self.claimed.store(self.claimed.load(Relaxed) - 1, Relaxed);
            let left = self.left.load(Relaxed) + 1;
            // The next group can use it as it was.
            self.left.store(if left == parties { 0 } else { left }, Relaxed);
            LEAD
        };
        // SAFETY: as in `try_end`.
        unsafe { park::unpark_filter(self.queue(), pick, callback) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_whose_time_was_up_at_the_door_enters_only_as_the_last_party() {
        assert_eq!(arrive(0, 2, true), (0, Arrival::TooLate));
        assert_eq!(arrive(ARRIVED, 2, true), (2 * ARRIVED + COMPLETE, Arrival::Last(1)));
        assert_eq!(arrive(2 * ARRIVED + COMPLETE, 2, true), (2 * ARRIVED + COMPLETE, Arrival::Door));
        assert_eq!(arrive(BROKEN, 2, true), (BROKEN, Arrival::Broken));
        assert_eq!(arrive(0, 2, false), (ARRIVED, Arrival::Party(0)));
    }

    #[test]
    fn a_party_that_leaves_completes_a_round_only_if_it_alone_was_missing() {
        assert_eq!(leave(2 * ARRIVED, 2), (2 * ARRIVED + COMPLETE, true));
        assert_eq!(leave(ARRIVED, 2), (ARRIVED, false));
        assert_eq!(leave(0, 0), (0, false), "nobody is there to run the action");
        assert_eq!(leave(2 * ARRIVED + COMPLETE, 2), (2 * ARRIVED + COMPLETE, false), "it is complete already");
        assert_eq!(leave(BROKEN, 0), (BROKEN, false));
    }

    #[test]
    fn every_kind_of_failure_has_a_token_of_its_own() {
        use BrokenBarrierKind::{Aborted, ActionPanicked, OtherTimedOut, PartyPanicked, Reset};
        for kind in [OtherTimedOut, Aborted, Reset, ActionPanicked, PartyPanicked] {
            assert_eq!(kind_of(failed(kind)), kind);
        }
    }

    #[test]
    #[cfg(not(loom))]
    fn a_round_that_a_leaving_party_completes_is_complete_while_its_action_runs() {
        let barrier = RawBarrier::new();
        assert!(barrier.claim(2));
        std::thread::scope(|scope| {
            let leads = scope.spawn(|| {
                barrier.wait(2, Deadline::Never, || assert_eq!(barrier.word.load(Relaxed), ARRIVED + COMPLETE))
            });
            while barrier.waiting() == 0 {
                std::thread::yield_now();
            }
            barrier.leave(2, false);
            assert_eq!(leads.join().unwrap(), Ok(0));
        });
    }
}
