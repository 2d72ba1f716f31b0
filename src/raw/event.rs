//! A flag that can be raised and lowered, and how often it was raised: the machine of `Event`.
//!
//! ```text
//!   epoch   PARKED SET
//!   e       0      0     lowered; nobody sleeps
//!   e       1      0     lowered; threads of epoch e may sleep
//!   e       0      1     raised; nobody needs to sleep
//! ```
//!
//! - I1: raising a lowered flag begins a new epoch. Lowering it does not.
//! - I2: who waits belongs to the epoch in which it began to, and leaves as soon as that epoch is over, whatever the
//!   flag says by then. So `set` frees everybody who waits, even if `clear` follows at once.
//! - I3: `set` wakes the threads of the epoch that it ended and no others. So a waker that is late does not wake those
//!   who began to wait after a `clear`.
//! - I4: a set `PARKED` with nobody asleep is harmless; a clear one with somebody of the current epoch asleep is not,
//!   and cannot be: `PARKED` is cleared by ending the epoch, or under the queue's lock when nobody is in the queue.
//!
//! # Orderings
//!
//! - `set` is a Release read-modify-write, also when the flag is up already; looking at the flag is Acquire: what was
//!   done before `set` happens before what follows the sight of it. The epoch that a waiter finds changed was
//!   changed by such a `set`, and a `clear` in between continues its release sequence.
//! - `clear` is an Acquire read-modify-write. Take a consumer that clears and then looks for work, and a producer that
//!   adds work and then sets. Of the two, one comes second on this word: either the producer, and the flag stays up; or
//!   the consumer, and it sees the work. A plain store, or a `set` that only looks, would let both miss.
//! - `PARKED` is Relaxed: it is judged together with the epoch, in one word, under the queue's lock.
#![allow(unsafe_code)]

use crate::deadline::Deadline;
use crate::park::{self, Key, Parked, Spin};
use crate::shim::atomic::AtomicUsize;
use crate::shim::atomic::Ordering::{Acquire, Relaxed, Release};
use crate::shim::thread::model_has_failed;

const SET: usize = 1;
const PARKED: usize = 2;
const EPOCH: usize = 4;

/// The epoch alone. It wraps around after 2^30 or 2^62 of them, and its token after at least 2^26: a thread would have to
/// miss all its wakers until then.
const fn epoch(state: usize) -> usize {
    state & !(SET | PARKED)
}

/// What the threads of an epoch park with.
const fn token(epoch: usize) -> usize {
    (epoch / EPOCH) & park::MOST
}

/// The flag.
pub(crate) struct RawEvent {
    word: AtomicUsize,
}

impl RawEvent {
    pub(crate) const fn new() -> Self {
        Self { word: AtomicUsize::new(0) }
    }

    fn queue(&self) -> Key {
        Key::of(self)
    }

    #[inline]
    pub(crate) fn is_set(&self) -> bool {
        self.word.load(Acquire) & SET != 0
    }

    /// Raises the flag and frees who waits.
    #[inline]
    pub(crate) fn set(&self) {
        let mut state = self.word.load(Relaxed);
        loop {
            let next = if state & SET == 0 { epoch(state).wrapping_add(EPOCH) | SET } else { state };
            match self.word.compare_exchange_weak(state, next, Release, Relaxed) {
                Ok(_) => break,
                Err(now) => state = now,
            }
        }
        if state & PARKED != 0 {
            self.wake(epoch(state));
        }
    }

    #[cold]
    fn wake(&self, epoch: usize) {
        // SAFETY: 1. the key is the address of `self`, which is borrowed for the call.
        unsafe { park::unpark_group(self.queue(), token(epoch)) };
    }

    #[inline]
    pub(crate) fn clear(&self) {
        self.word.fetch_and(!SET, Acquire);
    }

    /// Waits until the flag is raised, or until `deadline`, which is asked for only if it is not up already.
    #[inline]
    pub(crate) fn wait(&self, deadline: impl FnOnce() -> Deadline) -> bool {
        self.is_set() || self.wait_slow(deadline())
    }

    #[cold]
    fn wait_slow(&self, deadline: Deadline) -> bool {
        let mut state = self.word.load(Acquire);
        let mine = epoch(state);
        let is_over = |state| state & SET != 0 || epoch(state) != mine;
        let mut spin = Spin::new(self.queue(), deadline);
        loop {
            if is_over(state) || model_has_failed() {
                return true;
            }
            if deadline == Deadline::Passed {
                return false;
            }
            if !spin.again() && self.announce(state) {
                match self.sleep(mine, deadline) {
                    Parked::Woken(_) => return true,
                    Parked::Invalid => {
                        reached!("an epoch was over before its waiter slept");
                    }
                    // It may have been raised after the time ran out and before we noticed: then that counts.
                    Parked::TimedOut => return is_over(self.word.load(Acquire)),
                }
            }
            state = self.word.load(Acquire);
        }
    }

    /// Says in the word that somebody is going to sleep.
    fn announce(&self, state: usize) -> bool {
        state & PARKED != 0 || self.word.compare_exchange_weak(state, state | PARKED, Relaxed, Relaxed).is_ok()
    }

    fn sleep(&self, mine: usize, deadline: Deadline) -> Parked {
        let validate = || self.word.load(Relaxed) == mine | PARKED;
        let timed_out = |_, was_last: bool| {
            if was_last {
                self.word.fetch_and(!PARKED, Relaxed);
            }
        };
        // SAFETY: 1. The key is the address of `self`, which is borrowed for the call.
        // 2. The closures read and change our word, no more.
        // 3. Nothing runs before sleeping.
        unsafe { park::park(self.queue(), token(mine), deadline, validate, || (), timed_out) }
    }
}

#[cfg(all(test, loom))]
mod tests {
    use super::*;
    use loom::sync::Arc;
    use loom::thread;

    /// The classic bug of naive events: the waiter is woken, finds the flag down, and sleeps on for ever.
    #[test]
    fn set_followed_by_clear_frees_who_has_begun_to_wait() {
        crate::model(|| {
            let event = Arc::new(RawEvent::new());
            let waiter = {
                let event = event.clone();
                thread::spawn(move || assert!(event.wait(|| Deadline::Never)))
            };
            while event.word.load(Relaxed) & PARKED == 0 {
                thread::yield_now();
            }
            event.set();
            event.clear();
            waiter.join().unwrap();
        });
    }
}
