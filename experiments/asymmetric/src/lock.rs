//! The lock: two bytes, of which the first is written by a plain store where nobody waits.
//!
//! `held` says whether it is held. `line` says who waits, and in which way the lock is given back:
//!
//! ```text
//!   HEAVY LIGHT  AWAKE PARKED
//!   0     0      0     0       NEW: releases exchange; the first one decides between the next two
//!   0     1      0     0       LIGHT: a scoped release stores
//!   1     1      any   any     somebody is about to wait, and issues the heavy fence or has been refused it
//!   1     0      any   any     HEAVY, for good: releases exchange
//!
//!   PARKED: threads may sleep in the line.
//!   AWAKE: one of them is awake and answers for the others, or is being woken.
//! ```
//!
//! # Who releases
//!
//! - An *exchange*: `held := FREE` by a swap, then a look at `line`, in full order.
//! - A *light release*, if a first look has found `LIGHT` and nothing else: `held := FREE` by a store, a light fence, a second
//!   look. If that finds `LIGHT` and nothing else again, that is all; otherwise a full fence and a third look.
//!
//! Whose last look finds `PARKED` and not `AWAKE` wakes the oldest sleeper, unless the lock is held again by then: the
//! holder will look too.
//!
//! # Who waits
//!
//! 1. *End light releases*: set `HEAVY`; if `LIGHT` was set, issue the heavy fence and then clear `LIGHT`.
//! 2. *Announce*: set `PARKED`, in the same step drop `AWAKE` if it is one's own; a full fence.
//! 3. Under the queue's lock: sleep if `PARKED` is still set and `held` is `HELD`.
//!
//! # Why no wake is lost
//!
//! - L1: after step 1, each release is visible to the waiter or does not end with its second look. For if the second look
//!   misses `HEAVY`, the light fence is before the heavy one, and so is the store. A second waiter learns this with
//!   `LIGHT` being clear.
//! - L2: let a waiter, in step 3, read `HELD` as a holder has written it. The release of this holder, and of every later
//!   one, is not visible to the waiter then. So none of them ends with its second look (L1), each has a full fence between
//!   store and last look, and that fence is after the waiter's: it finds `PARKED`.
//! - L3: `PARKED` is cleared only under the queue's lock, when nobody is in the queue; who has announced itself before and
//!   comes to step 3 after sees that.
//! - L4: a release that finds `AWAKE` leaves the rest to its owner. That one either goes back to step 2 with its full
//!   fence, and then sees the release; or has taken the lock, drops `AWAKE`, and after a full fence looks whether the lock is
//!   free again: somebody may have released it by hand.
//! - L5: a last look may find flags that belong to a later owner's time. To claim `AWAKE` is right at any time: if nobody
//!   sleeps, it is dropped again.
//!
//! # Orderings
//!
//! Taking is Acquire, giving back is Release or more. `line` is Relaxed except in the look after an exchange, which together
//! with the exchange is in the one order of all that is `SeqCst`. What else is needed are the fences above. They also carry L1
//! from the waiter that has issued the heavy fence to the next: clearing `LIGHT` comes after a fence, and finding it clear
//! comes before one.

use crate::fences::{Fences, Step};
use core::fmt;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};

#[cfg(loom)]
use crate::model::{AtomicU8, Queue, Spin};
#[cfg(not(loom))]
use crate::parking::{Queue, Spin};
#[cfg(not(loom))]
use core::sync::atomic::AtomicU8;

const FREE: u8 = 0;
const HELD: u8 = 1;

/// Nothing is known yet.
const NEW: u8 = 0;
/// Threads may sleep in the line.
const PARKED: u8 = 1;
/// A thread from the line is awake and answers for the others.
const AWAKE: u8 = 2;
/// Releases may be light.
const LIGHT: u8 = 4;
/// No new light release begins.
const HEAVY: u8 = 8;

/// Whether who gives the lock back must wake a sleeper: nobody is awake who would.
const fn must_wake(line: u8) -> bool {
    line & (PARKED | AWAKE) == PARKED
}

/// A lock without a value.
#[repr(C)]
pub struct Lock {
    /// Its address is the key, and must be the lock's.
    queue: Queue,
    fences: Fences,
    held: AtomicU8,
    line: AtomicU8,
}

#[cfg(not(loom))]
const _: () = assert!(size_of::<Lock>() == 2 && core::mem::offset_of!(Lock, queue) == 0);

/// Nobody holds the lock that was to be released.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NotHeld;

/// Holds a [`Lock`] until dropped.
#[must_use = "the lock is released as soon as the guard is dropped"]
#[derive(Debug)]
pub struct Guard<'a> {
    lock: &'a Lock,
}

#[cfg(not(loom))]
impl Lock {
    /// A lock that is free.
    pub const fn new() -> Self {
        Self::with_line(NEW)
    }

    /// A lock that never has light releases: what this one is where there is no `membarrier`.
    pub const fn new_heavy() -> Self {
        Self::with_line(HEAVY)
    }

    const fn with_line(line: u8) -> Self {
        Self { queue: Queue, fences: Fences, held: AtomicU8::new(FREE), line: AtomicU8::new(line) }
    }
}

#[cfg(loom)]
impl Lock {
    /// A lock that is free, in a model.
    pub fn new(fences: Fences) -> Self {
        Self { queue: Queue::new(), fences, held: AtomicU8::new(FREE), line: AtomicU8::new(NEW) }
    }

    /// As it is after its first release.
    pub fn new_light(fences: Fences) -> Self {
        Self { queue: Queue::new(), fences, held: AtomicU8::new(FREE), line: AtomicU8::new(LIGHT) }
    }
}

#[cfg(not(loom))]
impl Default for Lock {
    fn default() -> Self {
        Self::new()
    }
}

impl Lock {
    /// Waits until the lock is free and takes it.
    #[inline]
    pub fn acquire(&self) {
        let order = self.fences.order(Step::Acquire, Acquire);
        if self.held.compare_exchange_weak(FREE, HELD, order, Relaxed).is_err() {
            self.acquire_slow();
        }
    }

    /// Takes the lock if it is free.
    #[inline]
    pub fn try_acquire(&self) -> bool {
        self.held.load(Relaxed) == FREE && self.take()
    }

    /// Waits until the lock is free and holds it while the guard lives.
    #[inline]
    pub fn hold(&self) -> Guard<'_> {
        self.acquire();
        Guard { lock: self }
    }

    /// Releases the lock, whoever acquired it. Of several calls at the same time each has an acquire of its own, or an error.
    #[inline]
    pub fn release(&self) -> Result<(), NotHeld> {
        if self.exchange() { Ok(()) } else { Err(NotHeld) }
    }

    /// As [`release`](Self::release), but by a store: of several calls at the same time, all may believe to have released what
    /// was acquired once.
    #[inline]
    pub fn release_lightly(&self) -> Result<(), NotHeld> {
        if self.held.load(Relaxed) == FREE {
            return Err(NotHeld);
        }
        self.give_back();
        Ok(())
    }

    /// Whether releases are light at present.
    pub fn is_light(&self) -> bool {
        self.line.load(Relaxed) == LIGHT
    }

    #[inline]
    fn take(&self) -> bool {
        self.held.compare_exchange(FREE, HELD, self.fences.order(Step::Acquire, Acquire), Relaxed).is_ok()
    }

    /// The release of a guard.
    #[inline]
    fn give_back(&self) {
        if self.line.load(Relaxed) != LIGHT {
            self.exchange();
            return;
        }
        self.held.store(FREE, self.fences.order(Step::StoreReleases, Release));
        self.fences.light();
        if self.line.load(Relaxed) != LIGHT {
            self.met_a_waiter();
        }
    }

    /// After a light release: somebody waits or is about to.
    #[cold]
    fn met_a_waiter(&self) {
        self.fences.full(Step::LightMetWaiter);
        self.wake_if_needed();
    }

    /// Gives the lock back by an exchange. Whether it was held.
    #[inline]
    fn exchange(&self) -> bool {
        let was = self.held.swap(FREE, self.fences.order(Step::ExchangeReleases, SeqCst));
        self.fences.full_between_seq_cst(Step::ExchangeThenLook);
        let line = self.line.load(SeqCst);
        if line != LIGHT && line != HEAVY {
            self.exchanged(line);
        }
        was == HELD
    }

    #[cold]
    fn exchanged(&self, line: u8) {
        if line == NEW {
            let mode = if self.fences.can_be_heavy() { LIGHT } else { HEAVY };
            // An error means that another thread has decided, or waits already.
            _ = self.line.compare_exchange(NEW, mode, Relaxed, Relaxed);
        } else {
            self.wake_if_needed();
        }
    }

    /// Wakes the oldest sleeper if nobody else does or will.
    fn wake_if_needed(&self) {
        loop {
            let line = self.line.load(Relaxed);
            if !must_wake(line) || self.held.load(Relaxed) == HELD {
                return;
            }
            if self.line.compare_exchange_weak(line, line | AWAKE, Relaxed, Relaxed).is_ok() {
                return self.wake_one();
            }
        }
    }

    /// Wakes the oldest sleeper as the owner of `AWAKE`, which passes to it.
    fn wake_one(&self) {
        self.queue.unpark_one(|found, more| {
            let over = match (found, more) {
                (false, _) => PARKED | AWAKE,
                (true, false) => PARKED,
                (true, true) => return,
            };
            self.line.fetch_and(!over, Relaxed);
        });
    }

    #[cold]
    fn acquire_slow(&self) {
        let mut spin = Spin::new();
        // `AWAKE`, if it is this thread's.
        let mut mine = 0;
        loop {
            if self.held.load(Relaxed) == FREE {
                if self.take() {
                    if mine != 0 {
                        self.line.fetch_and(!mine, Relaxed);
                        self.fences.full(Step::TakenThenLook);
                        self.wake_if_needed();
                    }
                    return;
                }
                continue;
            }
            let mut line = self.line.load(Relaxed);
            if (mine != 0 || line & PARKED == 0) && spin.again() {
                continue;
            }
            let mut is_sure = true;
            if line & (HEAVY | LIGHT) != HEAVY {
                is_sure = self.end_light_releases();
                line = self.line.load(Relaxed);
            }
            if self.line.compare_exchange_weak(line, line & !mine | PARKED, Relaxed, Relaxed).is_err() {
                continue;
            }
            mine = 0;
            self.fences.full(Step::AnnouncedThenLook);
            let validate = || self.line.load(Relaxed) & PARKED != 0 && self.held.load(Relaxed) == HELD;
            let timed_out = |last| {
                if last {
                    self.line.fetch_and(!PARKED, Relaxed);
                }
            };
            if self.queue.park(!is_sure, validate, timed_out) {
                (mine, spin) = (AWAKE, Spin::new());
            }
        }
    }

    /// Step 1 of waiting. False: the system has refused the heavy fence, and a release may go unseen.
    fn end_light_releases(&self) -> bool {
        if self.line.fetch_or(HEAVY, Relaxed) & LIGHT != 0 {
            if !self.fences.heavy() {
                return false;
            }
            self.line.fetch_and(!LIGHT, Relaxed);
        }
        true
    }
}

impl fmt::Debug for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lock").field("held", &(self.held.load(Relaxed) == HELD)).finish_non_exhaustive()
    }
}

impl Drop for Guard<'_> {
    #[inline]
    fn drop(&mut self) {
        // A model that fails has ended before its threads unwind.
        #[cfg(loom)]
        if std::thread::panicking() {
            return;
        }
        self.lock.give_back();
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::fences::membarrier;
    use std::thread;

    /// A filter for system calls may come after the first light release.
    #[test]
    fn where_the_heavy_fence_is_refused_later_waiting_takes_longer_and_no_wake_is_lost() {
        static LOCK: Lock = Lock::new();
        drop(LOCK.hold());
        if !LOCK.is_light() {
            return; // There is no membarrier here.
        }
        membarrier::IS_REFUSED.store(true, Relaxed);
        let held = LOCK.hold();
        let waiter = thread::spawn(|| drop(LOCK.hold()));
        while LOCK.line.load(Relaxed) & PARKED == 0 {
            thread::yield_now();
        }
        // As a light release whose store comes late: it looks before the waiter can be seen, and wakes nobody.
        core::mem::forget(held);
        LOCK.held.store(FREE, Release);
        waiter.join().unwrap();
        assert_eq!(LOCK.line.load(Relaxed) & (HEAVY | LIGHT), HEAVY | LIGHT);
        drop(LOCK.hold());
    }
}
