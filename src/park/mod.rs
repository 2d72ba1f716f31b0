//! Sleeping and waking by address: what every machine of this crate waits with.
//!
//! Each address ([`Key`]) has a queue of sleepers, first come first served, and each queue a lock of its own that is
//! held only for a few instructions. [`park`] asks `validate` under that lock whether there is still a reason to
//! sleep, joins the queue, lets go of the lock, runs `before_sleep` and sleeps. The `unpark_…` calls take sleepers
//! out of the queue under the same lock, and hand each a token.
//!
//! | promise | what a machine builds on it |
//! |---|---|
//! | P1: `validate`, `timed_out`, filters and callbacks of one key exclude each other and see each other's writes | state that changes only in there needs no ordering of its own |
//! | P2: a sleeper is taken out of its queue once: by an unpark or by its time-out, never by both | a time-out and a wake cannot both be claimed, and neither is lost |
//! | P3: what the waker did before `unpark_…` happens before `park` returns [`Parked::Woken`] | what the waker has seen is seen by the thread that it hands something to; what others did, the waker must acquire first |
//! | P4: the queue is first in, first out, and a requeue appends in the same order | the oldest waiter is selected first |
//! | P5: a sleeper joins its queue before `before_sleep` runs | whoever sees the effect of `before_sleep` also finds the sleeper |
//!
//! There are two halves with the same signatures, and this is the only place that chooses. [`lot`] is
//! `parking_lot_core`; `loom::park` is its twin on loom's objects. `tests.rs` holds both to the promises above.
//!
//! # Safety, for all calls
//!
//! 1. The key is the address of, or inside, an object of this crate that lives until the call returns.
//! 2. `validate`, `timed_out`, filters and callbacks neither panic nor call anything of this module.
//! 3. `before_sleep` may unpark others; it neither parks nor panics.
#![allow(unsafe_code)]

use crate::deadline::Deadline;

#[cfg(not(loom))]
mod lot;
#[cfg(not(loom))]
mod spin;
#[cfg(test)]
mod tests;

#[cfg(loom)]
pub(crate) use crate::loom::park::{
    Spin, Starvation, Turn, TurnOrWait, Wait, park, park_watchfully, unpark_filter, unpark_requeue,
};
#[cfg(not(loom))]
pub(crate) use lot::{park, park_watchfully, unpark_filter, unpark_requeue};
#[cfg(not(loom))]
pub(crate) use spin::{Spin, Starvation, Turn, TurnOrWait, Wait};

/// The address that a queue belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key(usize);

impl Key {
    /// The key of `object`: its address.
    pub(crate) fn of<T>(object: &T) -> Self {
        Self(core::ptr::from_ref(object).addr())
    }

    /// Tells the keys apart.
    #[cfg(loom)]
    pub(crate) fn address(self) -> usize {
        self.0
    }

    /// The address after it: a second queue for an object of at least two bytes.
    pub(crate) fn second(self) -> Self {
        Self(self.0 + 1)
    }
}

/// How [`park`] ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parked {
    /// Taken out of the queue by another thread, which passed this token.
    Woken(usize),
    /// `validate` said no; the thread has not slept.
    Invalid,
    /// The deadline passed first; `timed_out` has run.
    TimedOut,
}

/// The next sleep of a waiter whose turn does not come, as policy has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sleep {
    /// It has waited too long: its turn is to come next.
    pub(crate) is_starving: bool,
    /// The sleep ends before the deadline of the call, so that the waiter looks again.
    pub(crate) is_alarm: bool,
    pub(crate) until: Deadline,
}

/// What an unpark found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Unparked {
    /// How many threads were woken.
    pub(crate) woken: usize,
    /// How many threads were moved to the other queue.
    pub(crate) requeued: usize,
    /// Whether threads are left in the queue.
    pub(crate) more: bool,
}

/// What to do with the sleeper at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pick {
    /// Wake it and look at the next.
    Wake,
    /// Leave it and look at the next.
    Skip,
    /// Leave it and look no further.
    Stop,
}

/// What [`unpark_requeue`] does with the sleepers of the first queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Requeue {
    /// Nothing; the callback is not called.
    Abort,
    /// Wake the oldest, leave the others.
    WakeOne,
    /// Move the oldest to the other queue, leave the others.
    MoveOne,
    /// Wake the oldest, move the others.
    WakeOneMoveRest,
    /// Move all.
    MoveAll,
}

/// Wakes every sleeper of `key` that parked with `token`.
///
/// In rounds of [`ROUND`], so that the queue lock is held for a bounded time and the wakers need no memory.
///
/// # Safety
/// Rule 1 of the module.
pub(crate) unsafe fn unpark_group(key: Key, token: usize) {
    /// `parking_lot_core` keeps this many wake-ups on its stack.
    const ROUND: usize = 8;

    loop {
        let mut woken = 0;
        let pick = |parked_with| {
            if woken == ROUND {
                Pick::Stop
            } else if parked_with == token {
                woken += 1;
                Pick::Wake
            } else {
                Pick::Skip
            }
        };
        // SAFETY: rule 1 is our caller's promise; the closures only count (rule 2).
        let found = unsafe { unpark_filter(key, pick, |_| 0) };
        if found.woken < ROUND {
            return;
        }
    }
}
