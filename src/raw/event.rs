//! A flag that can be raised and lowered, and how often it was raised: the machine of `Event`.
//!
//! | bits | name | meaning |
//! |--:|---|---|
//! | 1, lowest | `SET` | the flag is up |
//! | 1 | `PARKED` | threads of this generation may sleep |
//! | the others | generation | how often the flag was raised |
//!
//! - I1: raising a lowered flag begins a new generation. Lowering it does not.
//! - I2: a waiter belongs to the generation in which it started, and leaves as soon as that is over, whatever the flag says
//!   by then. So `set` releases all waiters, even if `clear` follows at once.
//! - I3: `set` wakes the threads of the generation that it ended and no others. So a waker that is late does not wake threads
//!   that began to wait after a `clear`.
//! - I4: a set `PARKED` with nobody asleep is harmless. A clear one with somebody of the current generation asleep cannot
//!   be: `PARKED` is cleared by ending the generation, or under the queue's lock when nobody is in the queue.
//!
//! The transitions are pure functions, which the explorer runs through every interleaving.
//!
//! # Orderings
//!
//! - `set` is a Release read-modify-write, also when the flag is up already. Looking at the flag is Acquire. So what was
//!   done before `set` happens before what follows the sight of it. A waiter that finds its generation over reads from such a
//!   `set`, and a `clear` in between continues its release sequence.
//! - `clear` is an Acquire read-modify-write. Take a consumer that clears and then looks for work, and a producer that
//!   adds work and then sets. Of the two, one comes second on this word: either the producer, and the flag stays up; or
//!   the consumer, and it sees the work. A plain store, or a `set` that only looks, would let both miss.
//! - `PARKED` is Relaxed: it is judged together with the generation, in one word, under the queue's lock.
#![allow(unsafe_code)]

use crate::deadline::Deadline;
use crate::park::{self, Key, Parked, Spin, Wait};
use crate::shim::atomic::AtomicUsize;
use crate::shim::atomic::Ordering::{Acquire, Relaxed, Release};
use crate::shim::thread::model_has_failed;

pub(super) const SET: usize = 1;
pub(super) const PARKED: usize = 2;
const GENERATION: usize = 4;

/// It wraps around after 2^30 or 2^62 of them: a thread would have to miss all its wakers until then.
pub(super) const fn generation(word: usize) -> usize {
    word / GENERATION
}

/// The word after a `set`.
pub(super) const fn raised(word: usize) -> usize {
    if word & SET == 0 { generation(word).wrapping_add(1).wrapping_mul(GENERATION) + SET } else { word }
}

/// The generation whose sleepers the `set` that has found `word` must wake.
pub(super) const fn to_wake(word: usize) -> Option<usize> {
    if word & PARKED == 0 { None } else { Some(generation(word)) }
}

/// Whether a waiter of `mine` is free.
pub(super) const fn is_over(word: usize, mine: usize) -> bool {
    word & SET != 0 || generation(word) != mine
}

/// Whether a waiter of `mine` may fall asleep, under the queue's lock: it is not free, and the next `set` will know of it.
pub(super) const fn may_sleep(word: usize, mine: usize) -> bool {
    !is_over(word, mine) && word & PARKED != 0
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

    /// Raises the flag and releases all waiters.
    #[inline]
    pub(crate) fn set(&self) {
        let mut word = self.word.load(Relaxed);
        while let Err(now) = self.word.compare_exchange_weak(word, raised(word), Release, Relaxed) {
            word = now;
        }
        if let Some(generation) = to_wake(word) {
            self.wake(generation);
        }
    }

    #[cold]
    fn wake(&self, generation: usize) {
        // SAFETY: 1. the key is the address of `self`, which is borrowed for the call.
        unsafe { park::unpark_group(self.queue(), generation) };
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
        let mut word = self.word.load(Acquire);
        let mine = generation(word);
        let mut spin = Wait::new(self.queue(), deadline, false);
        loop {
            if is_over(word, mine) || model_has_failed() {
                spin.hit();
                return true;
            }
            if deadline == Deadline::Passed {
                return false;
            }
            if !spin.again(true) && self.announce(word) {
                match self.sleep(mine, deadline) {
                    Parked::Woken(_) => return true,
                    Parked::Invalid => {
                        reached!("a generation was over before its waiter slept");
                    }
                    // It may have been raised after the time ran out and before we noticed: then that counts.
                    Parked::TimedOut => return is_over(self.word.load(Acquire), mine),
                }
            }
            word = self.word.load(Acquire);
        }
    }

    /// Says in the word that somebody is going to sleep.
    fn announce(&self, word: usize) -> bool {
        word & PARKED != 0 || self.word.compare_exchange_weak(word, word | PARKED, Relaxed, Relaxed).is_ok()
    }

    fn sleep(&self, mine: usize, deadline: Deadline) -> Parked {
        let validate = || may_sleep(self.word.load(Relaxed), mine);
        let time_out = |_, last: bool| {
            if last {
                self.word.fetch_and(!PARKED, Relaxed);
            }
        };
        // SAFETY: 1. The key is the address of `self`, which is borrowed for the call.
        // 2. The closures read and change our word, no more.
        // 3. Nothing runs before sleeping.
        unsafe { park::park(self.queue(), mine, deadline, validate, || (), time_out) }
    }
}

#[cfg(all(test, loom))]
mod tests {
    use super::*;
    use loom::sync::Arc;
    use loom::thread;

    /// The classic bug of naive events: the waiter is woken, finds the flag down, and sleeps on for ever.
    #[test]
    fn set_followed_by_clear_frees_a_thread_that_has_begun_to_wait() {
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
