//! RawBarrier in which a number of parties wait for each other: the machine of `Barrier`.
//!
//! ```text
//!   arrived        BROKEN
//!   0 .. parties   0       gathering: so many have arrived in this round and sleep in the queue
//!   parties        0       complete: the last to arrive runs the action, the others sleep; newcomers wait at the door
//!   0              1       broken: whoever arrives is turned away
//! ```
//!
//! The queue's lock is the lock of this machine: a party arrives in `validate`, gives up in `timed_out`, and a round
//! ends in the callback that takes its parties out of the queue. So arriving and falling asleep are one step, and so
//! are ending a round and waking all who are in it. Nobody is ever asleep in a round that is over, and nobody who is
//! awake needs to guess how its round ended: the waker's token says so.
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
//! they arrived before the action, and the action before what they do afterwards (P3). `waiting` and `is_broken` look
//! without the lock, are snapshots, and order nothing.
#![allow(unsafe_code)]

use crate::deadline::Deadline;
use crate::error::BrokenBarrierError;
use crate::park::{self, Key, Parked, Pick};
use crate::shim::atomic::AtomicUsize;
use crate::shim::atomic::Ordering::Relaxed;
use crate::shim::thread;

pub(super) const BROKEN: usize = 1;
/// One party that has arrived. So half of the address space is as many parties as can arrive.
pub(super) const ARRIVED: usize = 2;

/// The token of a round that was completed.
pub(super) const TRIPPED: usize = 0;
/// The token of a round that was broken, aborted or reset.
pub(super) const FAILED: usize = 1;

/// The machine.
pub(crate) struct RawBarrier {
    word: AtomicUsize,
    /// How many rounds have ended.
    round: AtomicUsize,
    /// Parties between two sleeps (I3).
    late: AtomicUsize,
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
    } else if index == parties {
        (word, Arrival::Door)
    } else if index + 1 == parties {
        (word + ARRIVED, Arrival::Last(index))
    } else if late {
        (word, Arrival::TooLate)
    } else {
        (word + ARRIVED, Arrival::Party(index))
    }
}

/// The time of a party is up.
pub(super) const fn give_up(word: usize, parties: usize) -> GaveUp {
    if word & BROKEN != 0 {
        GaveUp::Broken
    } else if arrived(word) == parties {
        GaveUp::Late
    } else {
        GaveUp::Broke
    }
}

/// Somebody would end `round`, or whatever round there is.
pub(super) const fn end(current: usize, late: usize, round: Option<usize>) -> End {
    match round {
        Some(round) if round != current => End::Gone,
        _ if late > 0 => End::Late,
        _ => End::Ended,
    }
}

impl RawBarrier {
    pub(crate) const fn new() -> Self {
        Self { word: AtomicUsize::new(0), round: AtomicUsize::new(0), late: AtomicUsize::new(0) }
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

    /// Arrives and waits for the round to end. The last party runs `action`. A thread that gives up at the door, before it is a
    /// party of any round, breaks nothing.
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
            let (arrival, round, parked, gave_up) = self.arrive(parties, deadline, late);
            return match (arrival, parked) {
                (Arrival::Last(index), _) => self.lead(round, action).map(|()| index),
                (Arrival::Party(index), Parked::Woken(TRIPPED)) => Ok(index),
                (Arrival::Party(index), Parked::TimedOut) => self.time_out(gave_up).map(|()| index),
                (Arrival::Party(_) | Arrival::Broken | Arrival::TooLate, _) => Err(BrokenBarrierError {}),
                (Arrival::Door, _) if thread::model_has_failed() => Err(BrokenBarrierError {}),
                (Arrival::Door, _) if self.wait_at_door(parties, deadline) => {
                    was_at_door = true;
                    continue;
                }
                (Arrival::Door, _) => Err(BrokenBarrierError {}),
            };
        }
    }

    /// Arrives, and if others are still to come, sleeps. The number is that of the round, if it is complete.
    fn arrive(&self, parties: usize, deadline: Deadline, late: bool) -> (Arrival, usize, Parked, GaveUp) {
        let mut arrival = Arrival::Broken;
        let mut round = 0;
        let mut gave_up = GaveUp::Broken;
        let validate = || {
            arrival = self.enter(parties, late);
            if let Arrival::Last(_) = arrival {
                round = self.round.load(Relaxed);
            }
            matches!(arrival, Arrival::Party(_))
        };
        // SAFETY: 1. The key lies inside `self`, which is borrowed for the call.
        // 2. The closures read and change our own words, no more.
        // 3. Nothing runs before sleeping.
        let parked = unsafe {
            park::park_watchfully(
                self.queue(),
                0,
                deadline,
                u32::MAX,
                validate,
                || (),
                |_, _| gave_up = self.give_up(parties),
            )
        };
        (arrival, round, parked, gave_up)
    }

    /// Under the queue's lock.
    fn enter(&self, parties: usize, late: bool) -> Arrival {
        let word = self.word.load(Relaxed);
        let (next, arrival) = arrive(word, parties, late);
        if next != word {
            self.word.store(next, Relaxed);
        }
        if arrival == Arrival::Door {
            reached!("a party came while the action ran");
        }
        arrival
    }

    /// A party's time is up; it has left the queue. Under the queue's lock.
    fn give_up(&self, parties: usize) -> GaveUp {
        let gave_up = give_up(self.word.load(Relaxed), parties);
        match gave_up {
            GaveUp::Broken => {}
            GaveUp::Broke => self.begin(BROKEN),
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
                thread::in_drop(|| _ = self.0.end(Some(self.1), FAILED, BROKEN));
            }
        }

        let unfinished = Unfinished(self, round);
        action();
        core::mem::forget(unfinished);
        if self.end(Some(round), TRIPPED, 0) { Ok(()) } else { Err(BrokenBarrierError {}) }
    }

    #[cold]
    fn time_out(&self, gave_up: GaveUp) -> Result<(), BrokenBarrierError> {
        match gave_up {
            GaveUp::Broken => Err(BrokenBarrierError {}),
            GaveUp::Broke => {
                self.sweep();
                Err(BrokenBarrierError {})
            }
            GaveUp::Late => self.wait_late(),
        }
    }

    /// Wakes the parties of the round that broke the barrier. If it was reset meanwhile, that has woken them.
    fn sweep(&self) {
        let pick = |_| if self.is_broken() { Pick::Wake } else { Pick::Stop };
        // SAFETY: 1. the key lies inside `self`, which is borrowed; 2. the closures only read our word.
        unsafe { park::unpark_filter(self.queue(), pick, |_| FAILED) };
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
        if parked == Parked::Woken(TRIPPED) { Ok(()) } else { Err(BrokenBarrierError {}) }
    }

    /// Waits until the complete round has ended. False: the time was up.
    #[cold]
    fn wait_at_door(&self, parties: usize, deadline: Deadline) -> bool {
        let validate = || self.waiting() == parties;
        let timed_out = |_, _| reached!("the time of a thread at the door was up");
        // SAFETY: as in `arrive`.
        let parked = unsafe { park::park(self.queue(), 0, deadline, validate, || (), timed_out) };
        parked != Parked::TimedOut
    }

    /// Ends the current round, if it is `round` or if none is given: wakes all who are in it with `token`, and lets
    /// the next begin with `word`. False if that round had ended already.
    fn end(&self, round: Option<usize>, token: usize, word: usize) -> bool {
        loop {
            match self.try_end(round, token, word) {
                End::Ended => return true,
                End::Gone => {
                    reached!("a round was ended while its action ran");
                    return false;
                }
                End::Late if thread::model_has_failed() => return false,
                End::Late => {
                    reached!("a round did not end before a late party was back");
                    self.wait_for_late();
                }
            }
        }
    }

    fn try_end(&self, round: Option<usize>, token: usize, word: usize) -> End {
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
            if end == End::Ended {
                self.begin(word);
            }
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
        self.end(None, FAILED, BROKEN);
    }

    /// Makes the barrier as new; its waiters fail.
    pub(crate) fn reset(&self) {
        self.end(None, FAILED, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_whose_time_was_up_at_the_door_enters_only_as_the_last_party() {
        assert_eq!(arrive(0, 2, true), (0, Arrival::TooLate));
        assert_eq!(arrive(ARRIVED, 2, true), (2 * ARRIVED, Arrival::Last(1)));
        assert_eq!(arrive(2 * ARRIVED, 2, true), (2 * ARRIVED, Arrival::Door));
        assert_eq!(arrive(BROKEN, 2, true), (BROKEN, Arrival::Broken));
        assert_eq!(arrive(0, 2, false), (ARRIVED, Arrival::Party(0)));
    }
}
