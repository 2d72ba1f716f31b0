//! Those who wait to be notified: the machine of `Condition`, over any [`RawLock`].
//!
//! The word counts the threads in the queue of its address: those that wait and have not been selected yet.
//!
//! - I1: the count changes only under the queue's lock, together with the queue, so it is exact there.
//! - I2: a thread joins the queue before it lets go of the lock. So whoever holds the lock later finds it there, and
//!   no notification falls between the two.
//! - I3: a thread leaves the queue by being selected or by its time-out, not by both (parking, P2): a notification is
//!   not spent on a thread that reports a time-out.
//!
//! Selecting wakes nobody while the lock is held: the thread is moved to the lock's queue, and a release of the lock
//! wakes up to four that were moved there. If the lock is free, which takes a release by a stranger, the thread is
//! woken at once, with the duty to see to the others.
//!
//! # Orderings
//!
//! Relaxed: under the queue's lock by I1. `notify` and `Debug` look without it. A notifier that holds the lock acquired
//! it after the waiter had counted itself (I2) and released it. A stranger's `notify` may miss a waiter that nothing
//! orders before it.
#![allow(unsafe_code)]

use super::lock::{MOVED, RawLock};
use crate::deadline::Deadline;
use crate::park::{self, Key, Parked, Requeue, Unparked};
use crate::shim::atomic::AtomicU32;
use crate::shim::atomic::Ordering::Relaxed;
use crate::shim::caller::Caller;
use crate::shim::thread::model_has_failed;

/// At most this many waiters spin. The others are far from the front.
const SPINNING: u32 = 8;

/// The queue of a condition.
pub(crate) struct WaitQueue {
    count: AtomicU32,
}

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Waited {
    /// Selected by a notify. If not, the time was up.
    pub(crate) notified: bool,
    /// Woken, and so it has the duty to see to the lock's queue: it must acquire the lock with [`RawLock::reacquire`].
    pub(crate) awake: bool,
}

impl WaitQueue {
    pub(crate) const fn new() -> Self {
        Self { count: AtomicU32::new(0) }
    }

    fn queue(&self) -> Key {
        Key::of(self)
    }

    /// How many wait now.
    #[inline]
    pub(crate) fn count(&self) -> u32 {
        self.count.load(Relaxed)
    }

    /// Joins the queue, runs `release_all`, which releases `lock` entirely, and sleeps until selected and woken, or until
    /// `deadline`. The lock is not held on return.
    #[cold]
    pub(crate) fn wait(&self, _: &RawLock, deadline: Deadline, _: Caller, release_all: impl FnOnce()) -> Waited {
        let mut selected = false;
        let validate = || {
            self.add(1);
            true
        };
        let timed_out = |key, _| {
            if key == self.queue() {
                self.remove(1);
            } else {
                reached!("the time of a waiter was up after it was moved to the lock's queue");
                selected = true;
            }
        };
        // SAFETY: 1. The key is the address of `self`, borrowed for the call, as is `lock`, where we may be moved to.
        // 2. `validate` and `timed_out` count and change the lock's word, no more.
        // 3. `release_all` releases the lock, which may unpark, but neither parks nor panics.
        match unsafe {
            park::park_watchfully(self.queue(), MOVED as usize, deadline, SPINNING, validate, release_all, timed_out)
        } {
            // Nobody has notified it, and nobody will.
            Parked::Woken(_) if model_has_failed() => Waited { notified: false, awake: false },
            Parked::Woken(_) => Waited { notified: true, awake: true },
            Parked::TimedOut => Waited { notified: selected, awake: false },
            Parked::Invalid => unreachable!("there is always a reason to sleep"),
        }
    }

    /// Selects up to `n` waiters, oldest first, for the queue of `lock`. Returns how many there were to select.
    #[inline]
    pub(crate) fn notify(&self, lock: &RawLock, n: usize) -> usize {
        if self.count() == 0 || n == 0 { 0 } else { self.notify_slow(lock, n) }
    }

    #[cold]
    fn notify_slow(&self, lock: &RawLock, n: usize) -> usize {
        // Those that wait now, and not those that come while we are at it, which a stranger's release makes possible.
        let n = n.min(self.count() as usize);
        let mut selected = 0;
        while selected < n {
            let found = self.select(lock, n - selected);
            selected += found;
            if found == 0 {
                break;
            }
        }
        selected
    }

    /// Selects all waiters if `n` is enough for all, else one.
    fn select(&self, lock: &RawLock, n: usize) -> usize {
        let validate = || {
            let count = self.count() as usize;
            if count == 0 {
                return Requeue::Abort;
            }
            match (lock.prepare_requeue(), n >= count) {
                (false, true) => Requeue::MoveAll,
                (false, false) => Requeue::MoveOne,
                (true, all) => {
                    reached!("a waiter was selected while the lock was free");
                    if all { Requeue::WakeOneMoveRest } else { Requeue::WakeOne }
                }
            }
        };
        let callback = |found: Unparked| {
            self.remove((found.woken + found.requeued) as u32);
            0
        };
        // SAFETY: 1. The keys are the addresses of `self` and of `lock`, both borrowed for the call.
        // 2. The closures count and change the lock's word, no more.
        let found = unsafe { park::unpark_requeue(self.queue(), lock.queue(), validate, callback) };
        found.woken + found.requeued
    }

    /// Under the queue's lock.
    fn add(&self, n: u32) {
        self.count.store(self.count() + n, Relaxed);
    }

    /// Under the queue's lock.
    fn remove(&self, n: u32) {
        self.count.store(self.count() - n, Relaxed);
    }
}
